export interface Box { readonly left: number; readonly top: number; readonly width: number; readonly height: number }

/** How far a border's pixels may lie from its level: what JPEG leaves beside an edge. */
const TOLERANCE = 12;
/** So much of a line must be of the border's level. */
const SHARE = 0.985;
/** Less than this on all sides is no border but the picture's own edge. */
const MIN_BORDER = 0.01;
/** What remains must be a picture. */
const MIN_INSIDE = 0.2;

/**
 * The picture inside uniform borders (letterbox, passe-partout, scanner's bed), which may be of different widths on the
 * four sides; null if there are none worth the name, or nothing but them.
 */
export function findBorders(luma: Float32Array, width: number, height: number): Box | null {
  const isBorder = (start: number, step: number, count: number, level: number): boolean => {
    let off = 0;
    for (let index = 0; index < count; index++) if (Math.abs((luma[start + index * step] ?? 0) - level) > TOLERANCE) off++;
    return off <= count * (1 - SHARE);
  };
  const depth = (lines: number, line: (index: number) => number, step: number, count: number): number => {
    const level = medianOf(luma, line(0), step, count);
    let found = 0;
    while (found < lines && isBorder(line(found), step, count, level)) found++;
    return found;
  };
  const top = depth(height, (y) => y * width, 1, width);
  if (top === height) return null;
  const bottom = depth(height - top, (y) => (height - 1 - y) * width, 1, width);
  const inner = height - top - bottom;
  const left = depth(width, (x) => top * width + x, width, inner);
  if (left === width) return null;
  const right = depth(width - left, (x) => top * width + width - 1 - x, width, inner);
  const box = { left, top, width: width - left - right, height: inner };
  const isWide = left + right >= width * MIN_BORDER || top + bottom >= height * MIN_BORDER;
  return isWide && box.width >= width * MIN_INSIDE && box.height >= height * MIN_INSIDE ? box : null;
}

function medianOf(values: Float32Array, start: number, step: number, count: number): number {
  const line = new Float32Array(count);
  for (let index = 0; index < count; index++) line[index] = values[start + index * step] ?? 0;
  line.sort();
  return line[count >> 1] ?? 0;
}
