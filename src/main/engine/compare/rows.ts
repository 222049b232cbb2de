import type { Transform } from '../../../contract/index.ts';
import type { Pixels, Size } from '../pixels/decode/decode.ts';
import type { Region } from './align.ts';

/** The rows of a picture, one at a time: 8-bit RGB. */
export interface Rows extends Size {
  /** Fills `row` (three bytes a pixel) with row `y`. */
  readonly read: (y: number, row: Uint8Array) => void;
}

/** The size of a picture once what was done to it has been undone. */
export function undoneSize({ width, height }: Size, transform: Transform): Size {
  return SOURCES[transform].swaps ? { width: height, height: width } : { width, height };
}

/** A decoded picture on white, with a transform undone; nothing is copied but the row that is read. */
export function rowsOf({ data, width, height, channels }: Pixels, transform: Transform): Rows {
  const { swaps, mirrorsX, mirrorsY } = SOURCES[transform];
  const size = undoneSize({ width, height }, transform);
  // Where in the data a step to the right and a step down lead, and where the first pixel lies.
  const across = (swaps ? width : 1) * (mirrorsX ? -1 : 1) * channels;
  const down = (swaps ? 1 : width) * (mirrorsY ? -1 : 1) * channels;
  const origin = (mirrorsX ? -across * (size.width - 1) : 0) + (mirrorsY ? -down * (size.height - 1) : 0);
  return {
    ...size,
    read(y, row) {
      let from = origin + y * down;
      if (channels === 3 && across === 3) {
        row.set(data.subarray(from, from + row.length));
        return;
      }
      for (let to = 0; to < row.length; to += 3, from += across) {
        const alpha = channels === 4 ? data[from + 3] ?? 255 : 255;
        const white = 255 * (255 - alpha);
        for (let channel = 0; channel < 3; channel++) {
          const value = data[from + channel] ?? 0;
          row[to + channel] = alpha === 255 ? value : Math.round((value * alpha + white) / 255);
        }
      }
    },
  };
}

/** From where the pixel at (x, y) of the undone picture comes: with x and y swapped or not, and then counted from the other end or not. */
const SOURCES: Readonly<Record<Transform, { readonly swaps: boolean; readonly mirrorsX: boolean; readonly mirrorsY: boolean }>> = {
  'identity': { swaps: false, mirrorsX: false, mirrorsY: false },
  'flip-horizontal': { swaps: false, mirrorsX: true, mirrorsY: false },
  'flip-vertical': { swaps: false, mirrorsX: false, mirrorsY: true },
  'rotate-180': { swaps: false, mirrorsX: true, mirrorsY: true },
  'transpose': { swaps: true, mirrorsX: false, mirrorsY: false },
  'transverse': { swaps: true, mirrorsX: true, mirrorsY: true },
  // Turned clockwise by 90°, the first row lies in the last column, from top to bottom.
  'rotate-90': { swaps: true, mirrorsX: false, mirrorsY: true },
  'rotate-270': { swaps: true, mirrorsX: true, mirrorsY: false },
};

/**
 * A part of a picture at another size, row by row from the top, whatever its size in a few rows of memory. Reduced with
 * the Lanczos kernel of three lobes, widened by the scale and normalised at the edges; at its own size untouched.
 * The row that is handed out is the same array each time.
 */
export function* resizedRows(rows: Rows, region: Region, { width, height }: Size): Generator<Uint8Array, void> {
  const row = new Uint8Array(rows.width * 3);
  if (region.width === width && region.height === height && Number.isInteger(region.left) && Number.isInteger(region.top)) {
    for (let y = 0; y < height; y++) {
      rows.read(region.top + y, row);
      yield row.subarray(region.left * 3, (region.left + width) * 3);
    }
    return;
  }
  const columns = lanczosTaps(rows.width, region.left, region.width, width);
  const lines = lanczosTaps(rows.height, region.top, region.height, height);
  const kept = Array.from({ length: lines.longest }, () => new Float32Array(width * 3));
  const output = new Uint8Array(width * 3);
  let next = lines.starts[0] ?? 0;
  for (let y = 0; y < height; y++) {
    const start = lines.starts[y] ?? 0;
    const end = start + (lines.counts[y] ?? 0);
    for (next = Math.max(next, start); next < end; next++) {
      rows.read(next, row);
      squeeze(row, columns, kept[next % kept.length] ?? output);
    }
    const sum = new Float32Array(width * 3);
    for (let line = start; line < end; line++) {
      const weight = lines.weights[y * lines.longest + line - start] ?? 0;
      const from = kept[line % kept.length] ?? sum;
      for (let at = 0; at < sum.length; at++) sum[at] = (sum[at] ?? 0) + weight * (from[at] ?? 0);
    }
    for (let at = 0; at < sum.length; at++) output[at] = Math.max(0, Math.min(255, Math.round(sum[at] ?? 0)));
    yield output;
  }
}

/** Each output cell is the sum of `counts` input cells from `starts` on, each times its weight. */
interface Taps {
  readonly starts: Int32Array;
  readonly counts: Int32Array;
  /** `longest` places for each output cell. */
  readonly weights: Float32Array;
  readonly longest: number;
}

const LOBES = 3;

function lanczosTaps(length: number, from: number, span: number, outLength: number): Taps {
  const scale = span / outLength;
  const radius = LOBES * Math.max(1, scale);
  const longest = Math.ceil(2 * radius) + 1;
  const starts = new Int32Array(outLength);
  const counts = new Int32Array(outLength);
  const weights = new Float32Array(outLength * longest);
  for (let cell = 0; cell < outLength; cell++) {
    const centre = from + (cell + 0.5) * scale - 0.5;
    const start = Math.max(0, Math.ceil(centre - radius));
    const count = Math.min(length - 1, Math.floor(centre + radius)) - start + 1;
    const raw = Array.from({ length: count }, (_, tap) => lanczos((start + tap - centre) / Math.max(1, scale)));
    const total = raw.reduce((sum, weight) => sum + weight, 0);
    weights.set(raw.map((weight) => weight / total), cell * longest);
    starts[cell] = start;
    counts[cell] = count;
  }
  return { starts, counts, weights, longest };
}

function lanczos(x: number): number {
  if (Math.abs(x) < 1e-9) return 1;
  if (Math.abs(x) >= LOBES) return 0;
  const angle = Math.PI * x;
  return (LOBES * Math.sin(angle) * Math.sin(angle / LOBES)) / (angle * angle);
}

function squeeze(row: Uint8Array, { starts, counts, weights, longest }: Taps, output: Float32Array | Uint8Array): void {
  for (let cell = 0; cell < starts.length; cell++) {
    let [red, green, blue] = [0, 0, 0];
    let from = 3 * (starts[cell] ?? 0);
    const first = cell * longest;
    for (let tap = first; tap < first + (counts[cell] ?? 0); tap++, from += 3) {
      const weight = weights[tap] ?? 0;
      red += weight * (row[from] ?? 0);
      green += weight * (row[from + 1] ?? 0);
      blue += weight * (row[from + 2] ?? 0);
    }
    output[3 * cell] = red;
    output[3 * cell + 1] = green;
    output[3 * cell + 2] = blue;
  }
}
