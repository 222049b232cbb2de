import { blocksOf, type Planes } from './planes.ts';

/**
 * How far off the tone may be for having been applied to the mean of a cell: a new tone was given to what lies in the
 * cell, strokes on paper for one, and its mean lies anywhere between the tone of the mean and the mean of the tones of
 * the darkest and the brightest of the 5 by 5 cells around. Nothing where the tone is a straight line over them.
 * @param allowed of each block, in levels: grows by as much
 */
export function allowMixing(allowed: Float32Array, luma: Float32Array, table: Float32Array, width: number, height: number, planes: Planes): void {
  const [low, high, scratch, off] = [planes.take(luma.length), planes.take(luma.length), planes.take(luma.length), planes.take(luma.length)];
  planes.passes.extremes(luma.byteOffset, low.byteOffset, scratch.byteOffset, width, height, false);
  planes.passes.extremes(luma.byteOffset, high.byteOffset, scratch.byteOffset, width, height, true);
  planes.passes.offTheLine(luma.byteOffset, low.byteOffset, high.byteOffset, table.byteOffset, off.byteOffset, off.length);
  const [columns, rows] = blocksOf(width, height);
  const roots = planes.take(allowed.length);
  planes.passes.blockRoots(off.byteOffset, width, columns, rows, roots.byteOffset);
  for (let block = 0; block < allowed.length; block++) allowed[block] = (allowed[block] ?? 0) + (roots[block] ?? 0);
}
