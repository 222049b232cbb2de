import { type Channels, type Planes, slopeSquare } from './planes.ts';

/** Steepness from which on a cell belongs to something. */
const STEEP = 8;
const MIN_STROKES = 0.28;
const MIN_GROUND = 0.2;
const MIN_EVEN = 0.9;
/** Of strokes, red and blue together, in levels off grey. */
const MOST_COLOR = 24;

/**
 * Strokes change direction from cell to cell: there the second difference is larger than the slope. And the ground of a
 * page is of one level nearly everywhere, as few photographs' plain parts are.
 */
export function isWritten(channels: Channels, width: number, height: number, planes: Planes): boolean {
  const luma = planes.luma(channels);
  const [red, , blue] = channels;
  let steep = 0, fine = 0, ground = 0, color = 0;
  const levels = new Float64Array(66);
  for (let y = 1; y < height - 1; y++) {
    for (let at = y * width + 1, end = (y + 1) * width - 1; at < end; at++) {
      const here = luma[at] ?? 0;
      const slope = slopeSquare(luma, at, width);
      const bend = 4 * here - (luma[at - 1] ?? 0) - (luma[at + 1] ?? 0) - (luma[at - width] ?? 0) - (luma[at + width] ?? 0);
      if (slope < 1 && bend * bend < 9) {
        ground++;
        const level = Math.floor(here / 4);
        levels[level] = (levels[level] ?? 0) + 1;
      }
      if (slope + bend * bend / 4 < STEEP * STEEP) continue;
      steep++;
      color += Math.abs((red[at] ?? 0) - here) + Math.abs((blue[at] ?? 0) - here);
      if (bend * bend > 8 * slope) fine++;
    }
  }
  if (steep < 50 || fine < MIN_STROKES * steep || color > MOST_COLOR * steep || ground < MIN_GROUND * width * height) return false;
  const even = levels.reduce((most, _, level) => Math.max(most, (levels[level] ?? 0) + (levels[level + 1] ?? 0)), 0);
  return even >= MIN_EVEN * ground;
}

