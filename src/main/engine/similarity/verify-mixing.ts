import { BLOCK } from './verify-blocks.ts';

/** Half the side of the square in which what was mixed in a cell is looked for, in cells. */
const MIXED_FROM = 2;

/**
 * How far off the tone may be for having been applied to the mean of a cell: a new tone was given to what lies in the
 * cell, strokes on paper for one, and its mean lies anywhere between the tone of the mean and the mean of the tones of
 * the darkest and the brightest around. Nothing where the tone is a straight line over them.
 */
export function mixing(luma: Float32Array, table: Float32Array, width: number, height: number): Float32Array {
  const low = extremes(luma, width, height, Math.min);
  const high = extremes(luma, width, height, Math.max);
  const off = new Float32Array(luma.length);
  const tone = (value: number): number => table[Math.max(0, Math.min(255, Math.round(value)))] ?? 0;
  for (let at = 0; at < off.length; at++) {
    const [value, darkest, brightest] = [luma[at] ?? 0, low[at] ?? 0, high[at] ?? 0];
    const [from, to] = [tone(darkest), tone(brightest)];
    if (brightest - darkest > 1) off[at] = Math.abs(tone(value) - from - ((to - from) * (value - darkest)) / (brightest - darkest));
  }
  return off;
}

/** The least or the greatest of the square around each cell. */
function extremes(plane: Float32Array, width: number, height: number, choose: (a: number, b: number) => number): Float32Array {
  const across = new Float32Array(plane.length);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      let found = plane[y * width + x] ?? 0;
      for (let column = Math.max(0, x - MIXED_FROM); column <= Math.min(width - 1, x + MIXED_FROM); column++) found = choose(found, plane[y * width + column] ?? 0);
      across[y * width + x] = found;
    }
  }
  const output = new Float32Array(plane.length);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      let found = across[y * width + x] ?? 0;
      for (let row = Math.max(0, y - MIXED_FROM); row <= Math.min(height - 1, y + MIXED_FROM); row++) found = choose(found, across[row * width + x] ?? 0);
      output[y * width + x] = found;
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
