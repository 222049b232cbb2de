import { type Coverage, resample } from './resample.ts';
import { overlap, type Alignment } from './verify-align.ts';
import { isTransposing, type Look, type Plane, type Size, turnPlane } from './verify-look.ts';

/** What two aligned pictures both show, on one grid: red, green and blue of each. */
export interface Overlap extends Size {
  readonly first: readonly [Float32Array, Float32Array, Float32Array];
  readonly second: readonly [Float32Array, Float32Array, Float32Array];
}

/** Long edge of the grid on which pictures are compared, in cells. */
export const GRID_SIDE = 256;

/**
 * Brings what both show to one size: that of the coarser of the two, and at most GRID_SIDE. Each cell is the mean of
 * what it covers, so that neither picture is sharper for having been larger.
 */
export function cutOverlap(first: Look, second: Look, { transform, window }: Alignment): Overlap | null {
  const [fromX, toX] = overlap(window.left, window.across);
  const [fromY, toY] = overlap(window.top, window.down);
  if (toX - fromX <= 0.05 || toY - fromY <= 0.05) return null;
  const [firstWidth, firstHeight] = isTransposing(transform) ? [first.height, first.width] : [first.width, first.height];
  const inFirst = {
    left: (window.left + window.across * fromX) * firstWidth, width: window.across * (toX - fromX) * firstWidth,
    top: (window.top + window.down * fromY) * firstHeight, height: window.down * (toY - fromY) * firstHeight,
  };
  const inSecond = { left: fromX * second.width, width: (toX - fromX) * second.width, top: fromY * second.height, height: (toY - fromY) * second.height };
  const scale = Math.min(1, GRID_SIDE / Math.max(Math.min(inFirst.width, inSecond.width), Math.min(inFirst.height, inSecond.height)));
  const width = Math.max(1, Math.round(Math.min(inFirst.width, inSecond.width) * scale));
  const height = Math.max(1, Math.round(Math.min(inFirst.height, inSecond.height) * scale));
  const cut = (plane: Plane, part: typeof inFirst): Float32Array =>
    resample(plane.values, plane.width, partCoverage(plane.width, part.left, part.width, width), partCoverage(plane.height, part.top, part.height, height));
  const channels = (look: Look, turned: boolean, part: typeof inFirst): [Float32Array, Float32Array, Float32Array] => {
    const channel = (index: number): Float32Array => {
      const plane = { values: channelOf(look.rgb, index), width: look.width, height: look.height };
      return cut(turned ? turnPlane(plane, transform) : plane, part);
    };
    return [channel(0), channel(1), channel(2)];
  };
  return { width, height, first: channels(first, true, inFirst), second: channels(second, false, inSecond) };
}

function channelOf(rgb: Uint8Array, channel: number): Float32Array {
  const values = new Float32Array(rgb.length / 3);
  for (let pixel = 0, at = channel; pixel < values.length; pixel++, at += 3) values[pixel] = rgb[at] ?? 0;
  return values;
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

