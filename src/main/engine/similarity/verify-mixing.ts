import { BLOCK } from './verify-blocks.ts';
import type { TakePlane } from './verify-planes.ts';

/** Half the side of the square in which what was mixed in a cell is looked for, in cells. */
const MIXED_FROM = 2;

/**
 * How far off the tone may be for having been applied to the mean of a cell: a new tone was given to what lies in the
 * cell, strokes on paper for one, and its mean lies anywhere between the tone of the mean and the mean of the tones of
 * the darkest and the brightest around. Nothing where the tone is a straight line over them.
 */
export function mixing(luma: Float32Array, table: Float32Array, width: number, height: number, take: TakePlane): Float32Array {
  const low = extremes(luma, width, height, -1, take);
  const high = extremes(luma, width, height, 1, take);
  const off = take(luma.length);
  for (let at = 0; at < off.length; at++) {
    const [value, darkest, brightest] = [luma[at] ?? 0, low[at] ?? 0, high[at] ?? 0];
    const span = brightest - darkest;
    const from = table[Math.round(darkest)] ?? 0;
    off[at] = span > 1 ? Math.abs((table[Math.round(value)] ?? 0) - from - (((table[Math.round(brightest)] ?? 0) - from) * (value - darkest)) / span) : 0;
  }
  return off;
}

/** The least or the greatest of the square around each cell. */
function extremes(plane: Float32Array, width: number, height: number, sign: 1 | -1, take: TakePlane): Float32Array {
  return alongColumns(alongRows(plane, width, height, sign, take), width, height, sign, take);
}

function alongRows(plane: Float32Array, width: number, height: number, sign: 1 | -1, take: TakePlane): Float32Array {
  const output = take(plane.length);
  for (let y = 0, at = 0; y < height; y++) {
    for (let x = 0; x < width; x++, at++) {
      let found = plane[at] ?? 0;
      for (let other = at - Math.min(x, MIXED_FROM), end = at + Math.min(width - 1 - x, MIXED_FROM); other <= end; other++) if (sign * (plane[other] ?? 0) > sign * found) found = plane[other] ?? 0;
      output[at] = found;
    }
  }
  return output;
}

function alongColumns(plane: Float32Array, width: number, height: number, sign: 1 | -1, take: TakePlane): Float32Array {
  const output = take(plane.length);
  output.set(plane);
  for (let y = 0; y < height; y++) {
    for (let row = Math.max(0, y - MIXED_FROM); row <= Math.min(height - 1, y + MIXED_FROM); row++) {
      for (let at = y * width, other = row * width, end = at + width; at < end; at++, other++) if (sign * (plane[other] ?? 0) > sign * (output[at] ?? 0)) output[at] = plane[other] ?? 0;
    }
  }
  return output;
}

export function allowMixing(allowed: Float32Array, off: Float32Array, width: number, columns: number): void {
  for (let block = 0; block < allowed.length; block++) {
    const start = Math.floor(block / columns) * BLOCK * width + (block % columns) * BLOCK;
    let squares = 0;
    for (let row = 0; row < BLOCK; row++) for (let at = start + row * width, end = at + BLOCK; at < end; at++) squares += (off[at] ?? 0) ** 2;
    allowed[block] = (allowed[block] ?? 0) + Math.sqrt(squares) / BLOCK;
  }
}
