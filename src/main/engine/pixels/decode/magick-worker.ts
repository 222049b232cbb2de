import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parentPort, workerData } from 'node:worker_threads';
import { ColorProfile, ColorSpace, ImageMagick, initializeImageMagick, MagickFormat, MagickReadSettings, ResourceLimits } from '@imagemagick/magick-wasm';
import { readProfile } from '../icc.ts';
import type { Pixels } from './decode.ts';

export interface MagickRequest {
  readonly bytes: Uint8Array;
  readonly format: string;
  /** As the header says, already held against the limits. */
  readonly width: number;
  readonly height: number;
  /** An ICC profile of sRGB. */
  readonly srgb: Uint8Array;
}
export type MagickReply = { readonly kind: 'decoded'; readonly pixels: Pixels } | { readonly kind: 'failed'; readonly message: string };

const FORMATS: Readonly<Record<string, MagickFormat>> = {
  heic: MagickFormat.Heic, jxl: MagickFormat.Jxl, psd: MagickFormat.Psd, jp2: MagickFormat.Jp2,
};

await initializeImageMagick(readFileSync(fileURLToPath(import.meta.resolve('@imagemagick/magick-wasm/magick.wasm'))));
const request = workerData as MagickRequest;
try {
  const pixels = decode(request);
  parentPort?.postMessage({ kind: 'decoded', pixels } satisfies MagickReply, [pixels.data.buffer as ArrayBuffer]);
} catch (error) {
  parentPort?.postMessage({ kind: 'failed', message: error instanceof Error ? error.message : 'unknown' } satisfies MagickReply);
}

function decode({ bytes, format, width, height, srgb }: MagickRequest): Pixels {
  // The decoder may not allocate for a picture much larger than the one that was admitted, nor put it on a disk.
  const side = 2n * BigInt(Math.max(width, height));
  ResourceLimits.width = side;
  ResourceLimits.height = side;
  ResourceLimits.area = BigInt(width) * BigInt(height) * 2n;
  ResourceLimits.disk = 0n;
  const settings = new MagickReadSettings({ frameIndex: 0, frameCount: 1 });
  const known = FORMATS[format];
  if (!known) throw new Error(`${format} is not decoded here`);
  settings.format = isCodestream(bytes) ? MagickFormat.J2k : known;
  return ImageMagick.read(bytes, settings, (image) => {
    image.autoOrient();
    const profile = image.getColorProfile();
    if (profile && readProfile(Buffer.from(profile.data))?.isSrgb === false) image.transformColorSpace(new ColorProfile(srgb));
    else if (image.colorSpace !== ColorSpace.sRGB) image.colorSpace = ColorSpace.sRGB;
    const channels = image.hasAlpha ? 4 : 3;
    const data = image.getPixels((pixels) => pixels.toByteArray(0, 0, image.width, image.height, channels === 4 ? 'RGBA' : 'RGB'));
    if (!data) throw new Error('no pixels');
    return { data, width: image.width, height: image.height, channels };
  });
}

/** JPEG 2000 without its container. */
function isCodestream(bytes: Uint8Array): boolean {
  return bytes[0] === 0xff && bytes[1] === 0x4f;
}
