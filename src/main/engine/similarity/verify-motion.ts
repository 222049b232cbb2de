import { quantile } from './verify-planes.ts';

/** Side of a tile, in cells; two by two of them are a place that is followed. */
const TILE = 8;
/** Smaller eigenvalue of the slopes' sums. */
const MIN_STRUCTURE = 2 * (2 * TILE) ** 2;
const MIN_PLACES = 12;

interface Move { readonly x: number; readonly y: number; readonly dx: number; readonly dy: number }

/**
 * Lucas-Kanade at each place by itself: what is one and the same picture has moved nowhere. A shift and a stretch that
 * all places share is what the alignment has left, and does not count; nor do places that are cut off at black or white.
 */
export function measureMotion(a: Float32Array, b: Float32Array, width: number, height: number, isLeftOut: (x: number, y: number) => boolean): number {
  const [columns, rows] = [Math.floor((width - 2) / TILE), Math.floor((height - 2) / TILE)];
  const tiles = sumTiles(a, b, width, columns, rows, isLeftOut);
  const moves: Move[] = [];
  for (let row = 0; row + 1 < rows; row++) {
    for (let column = 0; column + 1 < columns; column++) {
      const move = follow(tiles, columns, column, row);
      if (move) moves.push(move);
    }
  }
  if (moves.length < MIN_PLACES) return 0;
  const across = fitLine(moves.map(({ x, dx }) => [x, dx]));
  const down = fitLine(moves.map(({ y, dy }) => [y, dy]));
  return quantile(Float32Array.from(moves, ({ x, y, dx, dy }) => Math.hypot(dx - across(x), dy - down(y))).sort(), 0.9);
}

/** Of each tile, five sums over its cells: xx, xy, yy of the slopes, and x, y with the change. */
const SUMS = 5;

function sumTiles(a: Float32Array, b: Float32Array, width: number, columns: number, rows: number, isLeftOut: (x: number, y: number) => boolean): Float64Array {
  const tiles = new Float64Array(Math.max(0, columns * rows * SUMS));
  for (let y = 1; y <= rows * TILE; y++) {
    for (let x = 1; x <= columns * TILE; x++) {
      if (isLeftOut(x, y)) continue;
      const at = y * width + x;
      const slopeX = ((a[at + 1] ?? 0) - (a[at - 1] ?? 0) + (b[at + 1] ?? 0) - (b[at - 1] ?? 0)) / 4;
      const slopeY = ((a[at + width] ?? 0) - (a[at - width] ?? 0) + (b[at + width] ?? 0) - (b[at - width] ?? 0)) / 4;
      const change = (b[at] ?? 0) - (a[at] ?? 0);
      const tile = (Math.floor((y - 1) / TILE) * columns + Math.floor((x - 1) / TILE)) * SUMS;
      tiles[tile] = (tiles[tile] ?? 0) + slopeX * slopeX;
      tiles[tile + 1] = (tiles[tile + 1] ?? 0) + slopeX * slopeY;
      tiles[tile + 2] = (tiles[tile + 2] ?? 0) + slopeY * slopeY;
      tiles[tile + 3] = (tiles[tile + 3] ?? 0) + slopeX * change;
      tiles[tile + 4] = (tiles[tile + 4] ?? 0) + slopeY * change;
    }
  }
  return tiles;
}

/** Of two by two tiles; null where there is not enough structure to tell. */
function follow(tiles: Float64Array, columns: number, column: number, row: number): Move | null {
  const start = (row * columns + column) * SUMS;
  const below = start + columns * SUMS;
  const sum = (index: number): number => (tiles[start + index] ?? 0) + (tiles[start + SUMS + index] ?? 0) + (tiles[below + index] ?? 0) + (tiles[below + SUMS + index] ?? 0);
  const [xx, xy, yy, xt, yt] = [sum(0), sum(1), sum(2), sum(3), sum(4)];
  const smallest = (xx + yy - Math.sqrt((xx - yy) ** 2 + 4 * xy * xy)) / 2;
  if (smallest < MIN_STRUCTURE) return null;
  const determinant = xx * yy - xy * xy;
  return { x: column * TILE, y: row * TILE, dx: (yy * xt - xy * yt) / determinant, dy: (xx * yt - xy * xt) / determinant };
}

/** Least squares, twice: the second time without what lies far off. */
function fitLine(points: readonly (readonly [number, number])[]): (x: number) => number {
  let line = (_: number): number => 0;
  let kept = points;
  for (let round = 0; round < 2; round++) {
    const mean = (index: 0 | 1): number => kept.reduce((sum, point) => sum + point[index], 0) / kept.length;
    const [meanX, meanY] = [mean(0), mean(1)];
    const [spread, together] = [kept.reduce((sum, [x]) => sum + (x - meanX) ** 2, 0), kept.reduce((sum, [x, y]) => sum + (x - meanX) * (y - meanY), 0)];
    const slope = spread > 0 ? together / spread : 0;
    line = (x) => meanY + slope * (x - meanX);
    const far = quantile(Float32Array.from(kept, ([x, y]) => Math.abs(y - line(x))).sort(), 0.6) * 2 + 0.02;
    const near = points.filter(([x, y]) => Math.abs(y - line(x)) <= far);
    if (near.length >= MIN_PLACES) kept = near;
  }
  return line;
}

