import { PDQ_SIGNS } from './pdq.ts';
import type { Planes } from './planes.ts';

/** A place in a picture that is found again in a crop of it, and what it looks like there. */
export interface Feature {
  /** In shares of the long edge, from the left and from the top. */
  readonly x: number;
  readonly y: number;
  /** Extent, in shares of the long edge. */
  readonly size: number;
  /** Signs of the lowest 32 and the next 16 frequencies of the patch around it, the lowest bit first. */
  readonly low: number;
  readonly high: number;
}

/** With a frequency its transpose is among the first 16 and the first 48, so that turning a picture permutes them. */
const FEATURE_BITS = 48;
/** Long edge of the finest level that is searched, in pixels. */
const BASE_SIDE = 200;
const STEP = 2 ** (1 / 3);
const LEVELS = 9;
/** Half the side of a patch, in pixels of its level. */
const RADIUS = 8;
const PATCH = 16;
const MIN_RESPONSE = 4;

interface Level { readonly plane: Float32Array; readonly response: Float32Array; readonly width: number; readonly height: number }

/**
 * The strongest blobs and corners of a picture, at most `count`: maxima of the determinant of the Hessian over place and
 * scale (Lindeberg, "Feature detection with automatic scale selection", 1998), in levels a third of an octave apart,
 * each with the signs of the lowest frequencies of the patch around it, as PDQ has them of the whole picture.
 * @param luma one of the planes
 */
export function extractFeatures(luma: Float32Array, width: number, height: number, count: number, planes: Planes): readonly Feature[] {
  const levels = makeLevels(luma, width, height, planes);
  return findMaxima(levels).toSorted((a, b) => b.strength - a.strength).slice(0, count).map(({ x, y, level }) => describe(levels, x, y, level));
}

/** Steps to half the size. */
const HALVING = 3;

function makeLevels(luma: Float32Array, width: number, height: number, planes: Planes): readonly Level[] {
  const levels: Level[] = [];
  const sharp = [{ plane: luma, width, height }];
  const first = Math.min(1, BASE_SIDE / Math.max(width, height));
  for (let index = 0; index < LEVELS; index++) {
    const scale = first / STEP ** index;
    const [w, h] = [Math.round(width * scale), Math.round(height * scale)];
    if (Math.min(w, h) < 2 * RADIUS + 2) break;
    // From the level of twice the size, which is a quarter of the work.
    const from = sharp[Math.max(Math.min(index, 1), index + 1 - HALVING)] ?? { plane: luma, width, height };
    const plane = w === from.width && h === from.height ? from.plane : planes.average(from.plane, from.width, from.height, w, h);
    sharp.push({ plane, width: w, height: h });
    const [soft, scratch, response] = [planes.take(w * h), planes.take(w * h), planes.take(w * h)];
    planes.passes.smooth(plane.byteOffset, soft.byteOffset, scratch.byteOffset, w, h);
    planes.passes.hessian(soft.byteOffset, response.byteOffset, w, h);
    levels.push({ plane: soft, response, width: w, height: h });
  }
  return levels;
}

interface Maximum { readonly x: number; readonly y: number; readonly level: number; readonly strength: number }

function findMaxima(levels: readonly Level[]): Maximum[] {
  const found: Maximum[] = [];
  for (const [level, { response, width, height }] of levels.entries()) {
    for (let y = RADIUS - 2; y < height - RADIUS + 2; y++) {
      for (let x = RADIUS - 2; x < width - RADIUS + 2; x++) {
        const at = y * width + x;
        const value = response[at] ?? 0;
        if (value < MIN_RESPONSE) continue;
        if (!isPeak(response, width, at, value)) continue;
        if (isBeaten(levels[level - 1], x, y, width, height, value) || isBeaten(levels[level + 1], x, y, width, height, value)) continue;
        found.push({ x: x + offset(response[at - 1], value, response[at + 1]), y: y + offset(response[at - width], value, response[at + width]), level, strength: value * STEP ** (2 * level) });
      }
    }
  }
  return found;
}

function isPeak(response: Float32Array, width: number, at: number, value: number): boolean {
  return value > (response[at - 1] ?? 0) && value >= (response[at + 1] ?? 0) && value > (response[at - width] ?? 0) && value >= (response[at + width] ?? 0)
    && value > (response[at - width - 1] ?? 0) && value >= (response[at + width + 1] ?? 0) && value > (response[at - width + 1] ?? 0) && value >= (response[at + width - 1] ?? 0);
}

/** Is there a stronger response at this place of the level below or above. */
function isBeaten(other: Level | undefined, x: number, y: number, width: number, height: number, value: number): boolean {
  if (!other) return false;
  const [centerX, centerY] = [Math.round(((x + 0.5) * other.width) / width - 0.5), Math.round(((y + 0.5) * other.height) / height - 0.5)];
  for (let dy = -1; dy <= 1; dy++) {
    for (let dx = -1; dx <= 1; dx++) if ((other.response[(centerY + dy) * other.width + centerX + dx] ?? 0) > value) return true;
  }
  return false;
}

/** Where a parabola through three neighbours has its top, −0.5 to 0.5. */
function offset(before = 0, here: number, after = 0): number {
  const bend = before - 2 * here + after;
  return bend < 0 ? Math.max(-0.5, Math.min(0.5, (before - after) / (2 * bend))) : 0;
}

/** Frequencies of the patch from low to high, without DC: rows and columns of an 8×8 DCT of its 16×16 samples. */
const ORDER = Array.from({ length: 64 }, (_, at) => at).slice(1)
  .toSorted((a, b) => (a >> 3) + (a & 7) - (b >> 3) - (b & 7) || Math.max(a >> 3, a & 7) - Math.max(b >> 3, b & 7) || a - b).slice(0, FEATURE_BITS);

const COSINES = Float32Array.from({ length: 8 * PATCH }, (_, at) => Math.cos((Math.PI / PATCH) * (Math.floor(at / PATCH)) * ((at % PATCH) + 0.5)));

function describe(levels: readonly Level[], x: number, y: number, index: number): Feature {
  const level = levels[index] as Level;
  const patch = samplePatch(level, x, y);
  const spectrum = transformPatch(patch);
  let [low, high] = [0, 0];
  for (const [bit, at] of ORDER.entries()) {
    if ((spectrum[at] ?? 0) <= 0) continue;
    if (bit < 32) low |= 1 << bit;
    else high |= 1 << (bit - 32);
  }
  const long = Math.max(level.width, level.height);
  return { x: (x + 0.5) / long, y: (y + 0.5) / long, size: RADIUS / long, low: low >>> 0, high: high >>> 0 };
}

function samplePatch({ plane, width, height }: Level, x: number, y: number): Float32Array {
  const patch = new Float32Array(PATCH * PATCH);
  for (let row = 0; row < PATCH; row++) {
    const fromY = Math.max(0, Math.min(height - 1.001, y + row - RADIUS + 0.5));
    const top = Math.floor(fromY);
    const v = fromY - top;
    for (let column = 0; column < PATCH; column++) {
      const fromX = Math.max(0, Math.min(width - 1.001, x + column - RADIUS + 0.5));
      const left = Math.floor(fromX);
      const u = fromX - left;
      const at = top * width + left;
      patch[row * PATCH + column] = ((plane[at] ?? 0) * (1 - u) + (plane[at + 1] ?? 0) * u) * (1 - v) + ((plane[at + width] ?? 0) * (1 - u) + (plane[at + width + 1] ?? 0) * u) * v;
    }
  }
  return patch;
}

function transformPatch(patch: Float32Array): Float32Array {
  const half = new Float32Array(8 * PATCH);
  for (let u = 0; u < 8; u++) {
    for (let row = 0; row < PATCH; row++) {
      let sum = 0;
      for (let column = 0; column < PATCH; column++) sum += (COSINES[u * PATCH + column] ?? 0) * (patch[row * PATCH + column] ?? 0);
      half[u * PATCH + row] = sum;
    }
  }
  const spectrum = new Float32Array(64);
  for (let v = 0; v < 8; v++) {
    for (let u = 0; u < 8; u++) {
      let sum = 0;
      for (let row = 0; row < PATCH; row++) sum += (COSINES[v * PATCH + row] ?? 0) * (half[u * PATCH + row] ?? 0);
      spectrum[v * 8 + u] = sum;
    }
  }
  return spectrum;
}

/** Bytes of a stored feature. */
export const STORED_BYTES = 9;
/** How many features of a picture are stored, the strongest; 288 bytes. */
export const STORED_FEATURES = 32;

/** Nine bytes for each: place, extent, and the 48 bits, lowest first. */
export function packFeatures(features: readonly Feature[]): Uint8Array<ArrayBuffer> {
  const stored = new Uint8Array(features.length * STORED_BYTES);
  const view = new DataView(stored.buffer);
  for (const [index, { x, y, size, low, high }] of features.entries()) {
    const at = index * STORED_BYTES;
    view.setUint8(at, Math.round(x * 255));
    view.setUint8(at + 1, Math.round(y * 255));
    view.setUint8(at + 2, Math.max(0, Math.min(255, Math.round(Math.log2(size) * 32 + 255))));
    view.setUint32(at + 3, low, true);
    view.setUint16(at + 7, high, true);
  }
  return stored;
}

export function unpackFeatures(stored: Uint8Array): readonly Feature[] {
  const view = new DataView(stored.buffer, stored.byteOffset, stored.byteLength);
  return Array.from({ length: Math.floor(stored.length / STORED_BYTES) }, (_, index) => {
    const at = index * STORED_BYTES;
    return { x: view.getUint8(at) / 255, y: view.getUint8(at + 1) / 255, size: 2 ** ((view.getUint8(at + 2) - 255) / 32), low: view.getUint32(at + 3, true), high: view.getUint16(at + 7, true) };
  });
}

/**
 * The features of the transformed picture.
 * @param index of the transform in PDQ_TRANSFORMS
 * @param across width of the picture before, in shares of its long edge; left out, places are known but for a shift
 * @param down its height
 */
export function turnFeatures(features: readonly Feature[], index: number, across = 0, down = 0): readonly Feature[] {
  const signs = PDQ_SIGNS[index];
  if (!signs || index === 0) return features;
  const [turnedAcross, turnedDown] = signs.transpose ? [down, across] : [across, down];
  const bits = TURNED_BITS[index] ?? [];
  return features.map((feature) => {
    let [low, high] = [0, 0];
    for (let bit = 0; bit < bits.length; bit++) {
      const { from, isNegated } = bits[bit] as TurnedBit;
      const isSet = ((from < 32 ? feature.low >>> from : feature.high >>> (from - 32)) & 1) === 1;
      if (isSet === isNegated) continue;
      if (bit < 32) low |= 1 << bit;
      else high |= 1 << (bit - 32);
    }
    const [x, y] = signs.transpose ? [feature.y, feature.x] : [feature.x, feature.y];
    return { x: signs.across ? turnedAcross - x : x, y: signs.down ? turnedDown - y : y, size: feature.size, low: low >>> 0, high: high >>> 0 };
  });
}

interface TurnedBit { readonly from: number; readonly isNegated: boolean }

/** For each transform, of which bit each bit is made. */
const TURNED_BITS: readonly (readonly TurnedBit[])[] = PDQ_SIGNS.map((signs) => ORDER.map((at) => {
  const [row, column] = [at >> 3, at & 7];
  return { from: signs.transpose ? ORDER.indexOf(column * 8 + row) : ORDER.indexOf(at), isNegated: (signs.down && row % 2 === 1) !== (signs.across && column % 2 === 1) };
}));

/** In how many of the 48 bits two features differ. */
export function featureDistance(a: Feature, b: Feature): number {
  return countBits(a.low ^ b.low) + countBits(a.high ^ b.high);
}

export function countBits(value: number): number {
  let bits = value - ((value >>> 1) & 0x55555555);
  bits = (bits & 0x33333333) + ((bits >>> 2) & 0x33333333);
  return Math.imul((bits + (bits >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24;
}
