import { type Comparison, RENDITION_PRESETS, type Transform } from '../../../contract/index.ts';
import { fitInside, toZoom } from '../pixels/cascade.ts';
import type { Pixels, Size } from '../pixels/decode/decode.ts';
import { resizeOnWhite, type RgbImage } from '../pixels/decode/sharp.ts';
import { freePixels } from '../pixels/free-pixels.ts';
import { areaAverage } from '../similarity/resample.ts';
import { createLook, decide, inverseOf, type Look, measurePair } from '../similarity/verify.ts';
import { sourcePoint } from '../similarity/verify-look.ts';
import { planesOfThread } from '../similarity/planes.ts';
import { rowsOf, undoneSize } from './rows.ts';

/** Where one picture lies on another, as fractions of the other's sides; it may reach beyond them. */
export type Placement = NonNullable<Comparison['bInA']>;

/** A picture as small as it need be to find where it lies on another. */
export interface Glance {
  readonly look: Look;
  /** Its luminance, with what was done to it undone, at `PLANE_SIDES`. */
  readonly planes: readonly Plane[];
  /** Its full size, with that undone. */
  readonly size: Size;
}

interface Plane extends Size { readonly values: Float32Array }

/** The longer side in pixels, from coarse to fine; what is smaller stays as it is. */
const PLANE_SIDES = [512, 1536] as const;

/** @param pixels may be fewer than the picture has: `original` is its full size */
export async function glanceAt(pixels: Pixels, original: Size, transform: Transform): Promise<Glance> {
  const zoom = await toZoom(pixels);
  const card = await shrink(zoom, RENDITION_PRESETS.card);
  const plane = await shrink(zoom, PLANE_SIDES[1]);
  const fine = lumaOf(plane, transform);
  const coarse = fitInside(fine, PLANE_SIDES[0]);
  const rgb = new Uint8Array(card.data);
  for (const made of new Set([zoom, card, plane])) if (made.data.buffer !== pixels.data.buffer) freePixels(made.data);
  return {
    look: createLook(rgb, card.width, card.height, original, planesOfThread()),
    planes: [{ ...coarse, values: areaAverage(fine.values, fine.width, fine.height, coarse.width, coarse.height) }, fine],
    size: undoneSize(original, transform),
  };
}

/**
 * Where `b`, with what was done to it undone, lies on `a` if one is cut from the other or framed; null where both show
 * the same, where they are not alike, and where something else was done to `a` to get `b`. Found as the search for
 * duplicates finds it, then made exact at a larger size.
 */
export function placeOn(a: Glance, b: Glance, transform: Transform): Placement | null {
  const measured = measurePair(a.look, b.look, planesOfThread());
  const verdict = measured && decide(measured);
  if (!measured || !verdict || measured.extent.whole === null) return null;
  const { alignment: { window, transform: found }, isSwapped } = measured;
  if ((isSwapped ? inverseOf(found) : found) !== transform) return null;
  // As b lies, a is the transformed first; with the transform undone, a lies as it is.
  const second: Placement = { left: window.left, top: window.top, width: window.across, height: window.down };
  const [large, small] = isSwapped ? [b, a] : [a, b];
  const start = isSwapped ? second : undone(second, transform);
  const exact = snapped(large.planes.reduce((best, plane, level) => fitted(plane, small.planes[level] ?? plane, best), start), large.size, small.size);
  if (isWhole(exact)) return null;
  return isSwapped ? inverted(exact) : exact;
}

/** As a share of a side: a row that was lost when a size was rounded is no crop. */
const LOST = 0.005;

function isWhole({ left, top, width, height }: Placement): boolean {
  return [left, top, 1 - left - width, 1 - top - height].every((beyond) => Math.abs(beyond) < LOST);
}

/** Where the other lies on the one. */
function inverted({ left, top, width, height }: Placement): Placement {
  return { left: -left / width, top: -top / height, width: 1 / width, height: 1 / height };
}

/** A rectangle of the transformed picture as it lies in the picture. */
function undone({ left, top, width, height }: Placement, transform: Transform): Placement {
  const [x1, y1] = sourcePoint(transform, left, top);
  const [x2, y2] = sourcePoint(transform, left + width, top + height);
  return { left: Math.min(x1, x2), top: Math.min(y1, y2), width: Math.abs(x2 - x1), height: Math.abs(y2 - y1) };
}

/** In pixels of the larger plane: how far the first step goes, and the last. */
const [FIRST_STEP, LAST_STEP] = [2, 1 / 32];
/** How many places of a side are looked at. */
const PLACES = 96;

/** The placement near `start` under which both show the most alike: pushed, stretched and shrunk, in ever smaller steps. */
function fitted(large: Plane, small: Plane, start: Placement): Placement {
  let best = start;
  let likeness = correlate(large, small, best);
  for (let step = FIRST_STEP; step >= LAST_STEP; step /= 2) {
    const [x, y] = [step / large.width, step / large.height];
    for (let hasMoved = true; hasMoved;) {
      hasMoved = false;
      for (const [left, top, width, height] of MOVES) {
        const moved = { left: best.left + left * x, top: best.top + top * y, width: best.width + width * x, height: best.height + height * y };
        const found = correlate(large, small, moved);
        if (found <= likeness) continue;
        [best, likeness, hasMoved] = [moved, found, true];
      }
    }
  }
  return best;
}

/** To each side, and larger or smaller about the middle: across, down, and both. */
const MOVES = [
  [1, 0, 0, 0], [-1, 0, 0, 0], [0, 1, 0, 0], [0, -1, 0, 0],
  [-1, 0, 2, 0], [1, 0, -2, 0], [0, -1, 0, 2], [0, 1, 0, -2], [-1, -1, 2, 2], [1, 1, -2, -2],
] as const;

/** Of the luminance of both where they overlap, −1 to 1. */
function correlate(large: Plane, small: Plane, { left, top, width, height }: Placement): number {
  const [stepX, stepY] = [Math.max(1, small.width / PLACES), Math.max(1, small.height / PLACES)];
  let count = 0, sumA = 0, sumB = 0, squareA = 0, squareB = 0, product = 0;
  for (let py = stepY / 2; py < small.height; py += stepY) {
    const row = Math.floor(py);
    const y = (top + (height * (row + 0.5)) / small.height) * large.height - 0.5;
    if (y < 0 || y >= large.height - 1) continue;
    for (let px = stepX / 2; px < small.width; px += stepX) {
      const column = Math.floor(px);
      const x = (left + (width * (column + 0.5)) / small.width) * large.width - 0.5;
      if (x < 0 || x >= large.width - 1) continue;
      const [one, other] = [between(large, x, y), small.values[row * small.width + column] ?? 0];
      count++;
      sumA += one; sumB += other; squareA += one * one; squareB += other * other; product += one * other;
    }
  }
  const [varA, varB] = [squareA - (sumA * sumA) / count, squareB - (sumB * sumB) / count];
  return count === 0 || varA <= 0 || varB <= 0 ? -1 : (product - (sumA * sumB) / count) / Math.sqrt(varA * varB);
}

function between({ values, width }: Plane, x: number, y: number): number {
  const [left, top] = [Math.floor(x), Math.floor(y)];
  const [u, v, at] = [x - left, y - top, top * width + left];
  const upper = (values[at] ?? 0) * (1 - u) + (values[at + 1] ?? 0) * u;
  return upper + ((values[at + width] ?? 0) * (1 - u) + (values[at + width + 1] ?? 0) * u - upper) * v;
}

/** Who cuts or frames a picture seldom changes its size by less than this as well. */
const SAME_SCALE = 0.004;

/** Where pixels are as large in both, they lie on each other exactly. */
function snapped(placement: Placement, large: Size, small: Size): Placement {
  const [width, height] = [placement.width * large.width, placement.height * large.height];
  if (Math.abs(width / small.width - 1) > SAME_SCALE || Math.abs(height / small.height - 1) > SAME_SCALE) return placement;
  const left = Math.round(placement.left * large.width + (width - small.width) / 2);
  const top = Math.round(placement.top * large.height + (height - small.height) / 2);
  return { left: left / large.width, top: top / large.height, width: small.width / large.width, height: small.height / large.height };
}

function lumaOf(image: RgbImage, transform: Transform): Plane {
  const { width, height, read } = rowsOf({ ...image, channels: 3 }, transform);
  const values = new Float32Array(width * height);
  const row = new Uint8Array(width * 3);
  for (let y = 0, to = 0; y < height; y++) {
    read(y, row);
    for (let from = 0; from < row.length; from += 3, to++) values[to] = 0.299 * (row[from] ?? 0) + 0.587 * (row[from + 1] ?? 0) + 0.114 * (row[from + 2] ?? 0);
  }
  return { values, width, height };
}

async function shrink(image: RgbImage, side: number): Promise<RgbImage> {
  const { width, height } = fitInside(image, side);
  return width === image.width && height === image.height ? image : await resizeOnWhite({ ...image, channels: 3 }, width, height);
}
