import type { Transform } from '../../../contract/index.ts';
import { areaAverage } from './resample.ts';

export interface Size { readonly width: number; readonly height: number }

/** A picture as it is compared: the pixels of its card rendition, and how large it really is. */
export interface Look extends Size {
  /** Row by row, three bytes a pixel, sRGB. */
  readonly rgb: Uint8Array;
  /** Luminance 0–255, with the weights of BT.601. */
  readonly luma: Float32Array;
  /** Upright size of the picture itself. */
  readonly original: Size;
}

/** @param rgb the card's pixels, `width` × `height`, three bytes each */
export function createLook(rgb: Uint8Array, width: number, height: number, original: Size): Look {
  const luma = new Float32Array(width * height);
  for (let pixel = 0; pixel < luma.length; pixel++) {
    luma[pixel] = 0.299 * (rgb[3 * pixel] ?? 0) + 0.587 * (rgb[3 * pixel + 1] ?? 0) + 0.114 * (rgb[3 * pixel + 2] ?? 0);
  }
  return { rgb, luma, width, height, original };
}

/** Where a point of the transformed picture lies in the picture, both from 0 to 1 across and down. */
export function sourcePoint(transform: Transform, x: number, y: number): readonly [number, number] {
  switch (transform) {
    case 'identity': return [x, y];
    case 'rotate-90': return [y, 1 - x];
    case 'rotate-180': return [1 - x, 1 - y];
    case 'rotate-270': return [1 - y, x];
    case 'flip-vertical': return [x, 1 - y];
    case 'flip-horizontal': return [1 - x, y];
    case 'transpose': return [y, x];
    case 'transverse': return [1 - y, 1 - x];
  }
}

/** What undoes a transform. */
export function inverseOf(transform: Transform): Transform {
  if (transform === 'rotate-90') return 'rotate-270';
  return transform === 'rotate-270' ? 'rotate-90' : transform;
}

/** A plane averaged to `side` × `side`. */
export function toSquare(luma: Float32Array, width: number, height: number, side: number): Float32Array {
  return areaAverage(luma, width, height, side, side);
}
