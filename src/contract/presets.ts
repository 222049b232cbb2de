/**
 * Longest-edge bounds in pixels; images are fitted inside and never enlarged. On its own, without schemas, because the
 * decoding threads need it and nothing else of the contract: what they do not load they need not collect.
 */
export const RENDITION_PRESETS = { thumb: 100, card: 400, zoom: 1200 } as const;

/** Pictures with more pixels are shown at full size as tiles: a browser decodes such a one whole, and again and again. */
export const TILED_FROM_PIXELS = 30e6;
/** Pixels of a tile's side; those at the right and at the bottom are smaller. */
export const TILE_SIDE = 1024;

interface PictureSize { readonly width: number; readonly height: number }

/** How many levels of tiles a picture has: the full size, and each half of it that is larger than the zoom rendition. */
export function tileLevels({ width, height }: PictureSize): number {
  return Math.max(1, Math.ceil(Math.log2(Math.max(width, height) / RENDITION_PRESETS.zoom)));
}

/** The size of a level: 0 is the full size, 1 the half of it. */
export function levelSize({ width, height }: PictureSize, level: number): PictureSize {
  return { width: Math.ceil(width / 2 ** level), height: Math.ceil(height / 2 ** level) };
}
