import type { Transform } from '../../../contract/index.ts';
import { overlap, type Alignment } from './verify-align.ts';
import type { Channels, Planes } from './planes.ts';
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
export function cutOverlap(first: Look, second: Look, { transform, window }: Alignment, planes: Planes): Overlap | null {
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
  return { ...size, isResampled, first: cutChannels(first, transform, inFirst, size, planes), second: cutChannels(second, 'identity', inSecond, size, planes) };
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
function cutChannels({ rgb, width: lookWidth, height: lookHeight }: Look, transform: Transform, part: Part, { width, height }: Size, planes: Planes): Channels {
  const { start, across, down, width: turnedWidth, height: turnedHeight } = walkOf({ width: lookWidth, height: lookHeight }, transform);
  const columns = partCoverage(turnedWidth, part.left, part.width, width, planes);
  const rows = partCoverage(turnedHeight, part.top, part.height, height, planes);
  const picture = planes.takeBytes(rgb.length);
  picture.set(rgb);
  const row = planes.take(4 * turnedWidth);
  const channels = [planes.take(width * height), planes.take(width * height), planes.take(width * height)] as const;
  planes.passes.cut(
    picture.byteOffset, start, across, down, columns.first, columns.end, row.byteOffset,
    columns.starts.byteOffset, columns.indices.byteOffset, columns.weights.byteOffset, rows.starts.byteOffset, rows.indices.byteOffset, rows.weights.byteOffset,
    width, height, channels[0].byteOffset, channels[1].byteOffset, channels[2].byteOffset,
  );
  return channels;
}

/** Cell c is the sum of the pixels `indices[s]` times `weights[s]`, for s from `starts[c]` up to but not including `starts[c + 1]`. */
interface PartCoverage {
  readonly starts: Uint32Array;
  readonly indices: Uint32Array;
  readonly weights: Float32Array;
  /** The pixels that are asked for lie from here up to but not including there. */
  readonly first: number;
  readonly end: number;
}

/** Like areaCoverage, of a part of the side that begins and ends between pixels. */
function partCoverage(length: number, start: number, span: number, cells: number, planes: Planes): PartCoverage {
  const size = span / cells;
  // Less than one pixel to a cell is a straight line between two pixels, or steps would be seen.
  const reach = Math.max(1, size);
  const most = Math.ceil(reach) + 2;
  const [starts, indices, weights] = [planes.takeWords(cells + 1), planes.takeWords(cells * most), planes.take(cells * most)];
  let [count, first, end] = [0, length, 0];
  starts[0] = 0;
  for (let cell = 0; cell < cells; cell++) {
    const middle = start + (cell + 0.5) * size;
    const [from, to] = [middle - reach / 2, middle + reach / 2];
    for (let index = Math.floor(from); index < to; index++) {
      const covered = Math.min(to, index + 1) - Math.max(from, index);
      if (covered <= 1e-9) continue;
      const pixel = Math.max(0, Math.min(length - 1, index));
      first = Math.min(first, pixel);
      end = Math.max(end, pixel + 1);
      indices[count] = pixel;
      weights[count++] = covered / reach;
    }
    starts[cell + 1] = count;
  }
  return { starts, indices, weights, first, end };
}
