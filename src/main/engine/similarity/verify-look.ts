import type { Transform } from '../../../contract/index.ts';
import { extractFeatures, type Feature } from './features.ts';
import { type Box, findBorders } from './variants-borders.ts';
import type { Planes } from './planes.ts';

export interface Size { readonly width: number; readonly height: number }

/** One channel or the luminance of a picture, row by row. */
export interface Plane extends Size { readonly values: Float32Array }

/** A picture as it is compared: the pixels of its card rendition, and how large it really is. */
export interface Look extends Size {
  /** Row by row, three bytes a pixel, sRGB. */
  readonly rgb: Uint8Array;
  /** Upright size of the picture itself. */
  readonly original: Size;
  /** What is inside its borders; null where it has none. */
  readonly box: Box | null;
  /** Found when they are first asked for: where the wholes fit, nobody does. */
  readonly features: (planes: Planes) => readonly Feature[];
  /** The luminance averaged to long edges of ALIGN_SIDES, or as it is where it is smaller. */
  readonly levels: readonly Plane[];
}

const ALIGN_SIDES = [48, 96, 192] as const;
/** More than are stored: they cost nothing more to find, and small overlaps have few. */
const FEATURE_COUNT = 64;

/** @param rgb the card's pixels, `width` × `height`, three bytes each */
export function createLook(rgb: Uint8Array, width: number, height: number, original: Size, planes: Planes): Look {
  planes.begin(rgb.length);
  const luma: Plane = { values: planes.pixelLuma(rgb), width, height };
  let features: readonly Feature[] | undefined;
  return {
    rgb, width, height, original,
    box: findBorders(luma.values, width, height),
    features: (lent) => features ??= lent.lend(() => extractFeatures(lent.pixelLuma(rgb), width, height, FEATURE_COUNT, lent)),
    levels: levelsOf(luma, planes),
  };
}

/** From fine to coarse, each made of the one before: the exact mean of means is the mean. */
function levelsOf(luma: Plane, planes: Planes): readonly Plane[] {
  const levels: Plane[] = [];
  let finer = luma;
  for (const side of ALIGN_SIDES.toReversed()) {
    finer = shrink(luma, finer, side, planes);
    // They are kept for other comparisons than this.
    levels.unshift({ ...finer, values: finer.values.slice() });
  }
  return levels;
}

function shrink({ width, height }: Size, finer: Plane, side: number, planes: Planes): Plane {
  const scale = Math.min(1, side / Math.max(width, height));
  const [w, h] = [Math.max(1, Math.round(width * scale)), Math.max(1, Math.round(height * scale))];
  return w === finer.width && h === finer.height ? finer : { values: planes.average(finer.values, finer.width, finer.height, w, h), width: w, height: h };
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

export function isTransposing(transform: Transform): boolean {
  return transform === 'rotate-90' || transform === 'rotate-270' || transform === 'transpose' || transform === 'transverse';
}

/** How to walk over a picture so that its pixels come in the order of the transformed one. */
interface Walk extends Size { readonly start: number; readonly across: number; readonly down: number }

export function walkOf({ width, height }: Size, transform: Transform): Walk {
  const [w, h] = isTransposing(transform) ? [height, width] : [width, height];
  const [left, top] = sourcePoint(transform, 0.5 / w, 0.5 / h);
  const [right, below] = sourcePoint(transform, 1.5 / w, 0.5 / h);
  const [downX, downY] = sourcePoint(transform, 0.5 / w, 1.5 / h);
  return {
    width: w, height: h,
    start: Math.floor(top * height) * width + Math.floor(left * width),
    across: Math.round((below - top) * height) * width + Math.round((right - left) * width),
    down: Math.round((downY - top) * height) * width + Math.round((downX - left) * width),
  };
}

/**
 * A plane of the transformed picture.
 * @param turned where it is put: as many cells
 */
export function turnPlane(plane: Plane, transform: Transform, turned: Float32Array): Plane {
  const { start, across, down, width, height } = walkOf(plane, transform);
  for (let y = 0, to = 0; y < height; y++) for (let x = 0, from = start + y * down; x < width; x++, to++, from += across) turned[to] = plane.values[from] ?? 0;
  return { values: turned, width, height };
}
