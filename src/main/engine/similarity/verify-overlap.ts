import type { Transform } from '../../../contract/index.ts';
import type { Coverage } from './resample.ts';
import { overlap, type Alignment } from './verify-align.ts';
import type { Channels, TakePlane } from './verify-planes.ts';
import { isTransposing, type Look, type Size, walkOf } from './verify-look.ts';

/** What two aligned pictures both show, on one grid: red, green and blue of each. */
export interface Overlap extends Size {
  readonly first: Channels;
  readonly second: Channels;
  /** Do the two lie on the grid in different ways, so that the finest detail comes out differently. */
  readonly isResampled: boolean;
}

/** Long edge of the grid on which pictures are compared, in cells. */
const GRID_SIDE = 256;

/**
 * Brings what both show to one size: that of the coarser of the two, and at most GRID_SIDE. Each cell is the mean of
 * what it covers, so that neither picture is sharper for having been larger.
 */
export function cutOverlap(first: Look, second: Look, { transform, window }: Alignment, take: TakePlane): Overlap | null {
  const turned = isTransposing(transform) ? { width: first.height, height: first.width } : { width: first.width, height: first.height };
  const [fromX, toX] = within(overlap(window.left, window.across), window.left, window.across, turned.width, second.width);
  const [fromY, toY] = within(overlap(window.top, window.down), window.top, window.down, turned.height, second.height);
  if (toX - fromX <= 0.05 || toY - fromY <= 0.05) return null;
  const inFirst: Part = {
    left: (window.left + window.across * fromX) * turned.width, width: window.across * (toX - fromX) * turned.width,
    top: (window.top + window.down * fromY) * turned.height, height: window.down * (toY - fromY) * turned.height,
  };
  const inSecond: Part = { left: fromX * second.width, width: (toX - fromX) * second.width, top: fromY * second.height, height: (toY - fromY) * second.height };
  const coarser = { width: Math.min(inFirst.width, inSecond.width), height: Math.min(inFirst.height, inSecond.height) };
  const scale = Math.min(1, GRID_SIDE / Math.max(coarser.width, coarser.height));
  const size = { width: Math.max(1, Math.round(coarser.width * scale)), height: Math.max(1, Math.round(coarser.height * scale)) };
  const isResampled = Math.max(Math.abs(inFirst.width / inSecond.width - 1), Math.abs(inFirst.height / inSecond.height - 1)) > 0.004 || fromX > 0.004 || fromY > 0.004;
  return { ...size, isResampled, first: cutChannels(first, transform, inFirst, size, take), second: cutChannels(second, 'identity', inSecond, size, take) };
}

interface Part extends Size { readonly left: number; readonly top: number }

/** Where one picture ends inside the other, its outermost pixel is mixed with what lies beside it: a border, say. */
function within([from, to]: readonly [number, number], start: number, span: number, firstLength: number, secondLength: number): readonly [number, number] {
  const pixel = 1.25 * Math.max(1 / secondLength, 1 / firstLength / span);
  const [begins, ends] = [start + span * from, start + span * to];
  const isInside = (place: number, other: number): boolean => Math.min(place, 1 - place, other, 1 - other) < -0.002 || Math.abs(place - other) > 0.002 && (place > 0.002 && place < 0.998 || other > 0.002 && other < 0.998);
  return [isInside(from, begins) ? from + pixel : from, isInside(to, ends) ? to - pixel : to];
}

/** All three channels in one go, read in the order in which the transform has them. */
function cutChannels({ rgb, width: lookWidth, height: lookHeight }: Look, transform: Transform, part: Part, { width, height }: Size, take: TakePlane): Channels {
  const { start, across, down, width: turnedWidth, height: turnedHeight } = walkOf({ width: lookWidth, height: lookHeight }, transform);
  const columns = partCoverage(turnedWidth, part.left, part.width, width);
  const rows = partCoverage(turnedHeight, part.top, part.height, height);
  const [red, green, blue] = [take(width * height), take(width * height), take(width * height)];
  const [firstColumn, endColumn] = [Math.min(...columns.indices.subarray(0, columns.starts[width])), Math.max(...columns.indices.subarray(0, columns.starts[width])) + 1];
  const row = new Float64Array(3 * turnedWidth);
  for (let y = 0, to = 0; y < height; y++) {
    row.fill(0);
    for (let share = rows.starts[y] ?? 0, end = rows.starts[y + 1] ?? 0; share < end; share++) {
      const weight = rows.weights[share] ?? 0;
      let from = 3 * (start + (rows.indices[share] ?? 0) * down + firstColumn * across);
      for (let at = 3 * firstColumn; at < 3 * endColumn; at += 3, from += 3 * across) {
        row[at] = (row[at] ?? 0) + weight * (rgb[from] ?? 0);
        row[at + 1] = (row[at + 1] ?? 0) + weight * (rgb[from + 1] ?? 0);
        row[at + 2] = (row[at + 2] ?? 0) + weight * (rgb[from + 2] ?? 0);
      }
    }
    for (let x = 0, share = 0; x < width; x++, to++) {
      let r = 0, g = 0, b = 0;
      for (const end = columns.starts[x + 1] ?? 0; share < end; share++) {
        const weight = columns.weights[share] ?? 0;
        const at = 3 * (columns.indices[share] ?? 0);
        r += weight * (row[at] ?? 0); g += weight * (row[at + 1] ?? 0); b += weight * (row[at + 2] ?? 0);
      }
      red[to] = r; green[to] = g; blue[to] = b;
    }
  }
  return [red, green, blue];
}

/** Like areaCoverage, of a part of the side that begins and ends between pixels. */
function partCoverage(length: number, start: number, span: number, cells: number): Coverage {
  const size = span / cells;
  // Less than one pixel to a cell is a straight line between two pixels, or steps would be seen.
  const reach = Math.max(1, size);
  const most = Math.ceil(reach) + 2;
  const starts = new Uint32Array(cells + 1);
  const indices = new Uint32Array(cells * most);
  const weights = new Float64Array(cells * most);
  let count = 0;
  for (let cell = 0; cell < cells; cell++) {
    const middle = start + (cell + 0.5) * size;
    const [from, to] = [middle - reach / 2, middle + reach / 2];
    for (let index = Math.floor(from); index < to; index++) {
      const covered = Math.min(to, index + 1) - Math.max(from, index);
      if (covered <= 1e-9) continue;
      indices[count] = Math.max(0, Math.min(length - 1, index));
      weights[count++] = covered / reach;
    }
    starts[cell + 1] = count;
  }
  return { starts, indices, weights };
}

