import { type Planes, quantile } from './planes.ts';

/** Side of a tile, in cells; two by two of them are a place that is followed. */
const TILE = 8;
/** Smaller eigenvalue of the slopes' sums. */
const MIN_STRUCTURE = 2 * (2 * TILE) ** 2;
const MIN_PLACES = 12;

/** Where something was followed, in cells, how far it has moved, and what share of the change there the move explains. */
interface Moves { readonly x: Float64Array; readonly y: Float64Array; readonly dx: Float64Array; readonly dy: Float64Array; readonly told: Float64Array }

/**
 * Lucas-Kanade at each place by itself: what is one and the same picture has moved nowhere. A shift and a stretch that
 * all places share is what the alignment has left, and does not count; nor do places that are cut off at black or white.
 * A move counts by how much of the change it explains: what noise, sharpening and tone change is no motion.
 * @param counted 1 where a cell counts, else 0; null where all do
 * @returns cells of the grid
 */
export function measureMotion(a: Float32Array, b: Float32Array, width: number, height: number, counted: Float32Array | null, planes: Planes): number {
  const [columns, rows] = [Math.max(0, Math.floor((width - 2) / TILE)), Math.max(0, Math.floor((height - 2) / TILE))];
  const tiles = planes.takeDoubles(columns * rows * SUMS);
  planes.passes.sumTiles(a.byteOffset, b.byteOffset, counted?.byteOffset ?? 0, width, columns, rows, tiles.byteOffset);
  const { x, y, dx, dy, told } = follow(tiles, columns, rows, planes);
  if (x.length < MIN_PLACES) return 0;
  const [across, down] = [fitLine(x, dx, planes), fitLine(y, dy, planes)];
  const moved = planes.take(x.length);
  for (let at = 0; at < moved.length; at++) moved[at] = (told[at] ?? 0) * Math.sqrt(((dx[at] ?? 0) - across(x[at] ?? 0)) ** 2 + ((dy[at] ?? 0) - down(y[at] ?? 0)) ** 2);
  return quantile(moved.sort(), 0.9);
}

/** Of each tile, six sums over its cells: xx, xy, yy of the slopes, x, y with the change, and its square. */
const SUMS = 6;

/** By two by two tiles, where there is enough structure to tell. */
function follow(tiles: Float64Array, columns: number, rows: number, planes: Planes): Moves {
  const most = Math.max(0, (columns - 1) * (rows - 1));
  const moves = { x: planes.takeDoubles(most), y: planes.takeDoubles(most), dx: planes.takeDoubles(most), dy: planes.takeDoubles(most), told: planes.takeDoubles(most) };
  let count = 0;
  for (let row = 0; row + 1 < rows; row++) {
    for (let column = 0; column + 1 < columns; column++) {
      const start = (row * columns + column) * SUMS;
      const below = start + columns * SUMS;
      const sum = (index: number): number => (tiles[start + index] ?? 0) + (tiles[start + SUMS + index] ?? 0) + (tiles[below + index] ?? 0) + (tiles[below + SUMS + index] ?? 0);
      const [xx, xy, yy, xt, yt, tt] = [sum(0), sum(1), sum(2), sum(3), sum(4), sum(5)];
      const smallest = (xx + yy - Math.sqrt((xx - yy) ** 2 + 4 * xy * xy)) / 2;
      if (smallest < MIN_STRUCTURE) continue;
      const determinant = xx * yy - xy * xy;
      const [dx, dy] = [(yy * xt - xy * yt) / determinant, (xx * yt - xy * xt) / determinant];
      moves.x[count] = column * TILE;
      moves.y[count] = row * TILE;
      moves.dx[count] = dx;
      moves.dy[count] = dy;
      moves.told[count++] = tt > 0 ? Math.max(0, dx * xt + dy * yt) / tt : 0;
    }
  }
  return { x: moves.x.subarray(0, count), y: moves.y.subarray(0, count), dx: moves.dx.subarray(0, count), dy: moves.dy.subarray(0, count), told: moves.told.subarray(0, count) };
}

/** Least squares, twice: the second time without what lies far off. */
function fitLine(x: Float64Array, y: Float64Array, planes: Planes): (x: number) => number {
  const away = planes.take(x.length).fill(0);
  const all = lineThrough(x, y, away, 0);
  for (let at = 0; at < away.length; at++) away[at] = Math.abs((y[at] ?? 0) - all(x[at] ?? 0));
  const far = quantile(away.toSorted(), 0.6) * 2 + 0.02;
  const kept = away.reduce((count, distance) => count + (distance <= far ? 1 : 0), 0);
  return kept < MIN_PLACES ? all : lineThrough(x, y, away, far);
}

function lineThrough(x: Float64Array, y: Float64Array, away: Float32Array, far: number): (x: number) => number {
  let n = 0, sumX = 0, sumY = 0, squares = 0, products = 0;
  for (let at = 0; at < x.length; at++) {
    if ((away[at] ?? 0) > far) continue;
    const [place, value] = [x[at] ?? 0, y[at] ?? 0];
    n++; sumX += place; sumY += value; squares += place * place; products += place * value;
  }
  const spread = squares - (sumX * sumX) / n;
  const slope = spread > 0 ? (products - (sumX * sumY) / n) / spread : 0;
  return (at) => sumY / n + slope * (at - sumX / n);
}
