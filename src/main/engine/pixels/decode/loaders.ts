import sharp from 'sharp';

/**
 * Lets libvips read the formats we hand to it and nothing else, whatever a file's bytes claim to be.
 * It holds for the whole process, and for a moment nothing at all can be read: call it once, before any thread decodes.
 */
export function restrictLoaders(): void {
  sharp.block({ operation: ['VipsForeignLoad'] });
  sharp.unblock({
    operation: [
      'VipsForeignLoadJpeg', 'VipsForeignLoadPng', 'VipsForeignLoadWebp', 'VipsForeignLoadNsgif', 'VipsForeignLoadTiff', 'VipsForeignLoadHeif',
    ],
  });
}
