import type { Comparison } from '../../../contract/index.ts';
import type { Size } from '../pixels/decode/decode.ts';
import type { Placement } from './placement.ts';

/** A part of a picture, in its pixels; fractions where its middle demands them. */
export interface Region extends Size {
  readonly left: number;
  readonly top: number;
}

export interface Alignment {
  readonly kind: Comparison['alignment'];
  /** What of each is compared … */
  readonly a: Region;
  readonly b: Region;
  /** … and at which size: that of the smaller part. */
  readonly size: Size;
}

/** What both show where `b` lies on `a`, at the size of the one that has fewer pixels there. */
export function alignPlaced(a: Size, b: Size, { left, top, width, height }: Placement): Alignment {
  const [x, y] = [Math.max(0, left), Math.max(0, top)];
  const [across, down] = [Math.min(1, left + width) - x, Math.min(1, top + height) - y];
  const inA = inPixels(a, { left: x, top: y, width: across, height: down });
  const inB = inPixels(b, { left: (x - left) / width, top: (y - top) / height, width: across / width, height: down / height });
  const least = (one: number, other: number): number => Math.max(1, Math.round(Math.min(one, other)));
  return { kind: 'placed', a: inA, b: inB, size: { width: least(inA.width, inB.width), height: least(inA.height, inB.height) } };
}

/** Fractions of a picture's sides in its pixels; whole ones where it was meant so. */
function inPixels({ width, height }: Size, part: Placement): Region {
  const exact = (value: number): number => (Math.abs(value - Math.round(value)) < 1e-6 ? Math.round(value) : value);
  return { left: exact(part.left * width), top: exact(part.top * height), width: exact(part.width * width), height: exact(part.height * height) };
}

/**
 * How two pictures are laid over each other. The larger is reduced to the size of the smaller. Where their proportions
 * differ by more than rounding, only the middle of the larger is compared, cut to the proportions of the smaller: to
 * squeeze it would compare nothing with nothing. The same whichever comes first.
 */
export function align(a: Size, b: Size): Alignment {
  if (a.width === b.width && a.height === b.height) return { kind: 'same-size', a: whole(a), b: whole(b), size: a };
  if (isLarger(b, a)) {
    const { a: forB, b: forA, ...rest } = align(b, a);
    return { ...rest, a: forA, b: forB };
  }
  if (isSameShape(a, b)) return { kind: 'resized', a: whole(a), b: whole(b), size: { width: Math.min(a.width, b.width), height: Math.min(a.height, b.height) } };
  const cut = middleOf(a, b);
  // A long and narrow picture may have more pixels and yet a smaller middle: then that is the size.
  const size = cut.width < b.width ? { width: Math.max(1, Math.round(cut.width)), height: Math.max(1, Math.round(cut.height)) } : b;
  return { kind: 'cropped', a: cut, b: whole(b), size };
}

function whole({ width, height }: Size): Region {
  return { left: 0, top: 0, width, height };
}

function isLarger(one: Size, other: Size): boolean {
  const difference = one.width * one.height - other.width * other.height;
  return difference > 0 || (difference === 0 && one.width > other.width);
}

/** Whether reducing the larger to the smaller's width, or height, gives the other side too, but for a pixel. */
function isSameShape(larger: Size, smaller: Size): boolean {
  return Math.abs((larger.height * smaller.width) / larger.width - smaller.height) <= 1
    || Math.abs((larger.width * smaller.height) / larger.height - smaller.width) <= 1;
}

/** The largest part of a picture, in its middle, with the proportions of another. */
function middleOf(picture: Size, shape: Size): Region {
  const scale = Math.min(picture.width / shape.width, picture.height / shape.height);
  const [width, height] = [shape.width * scale, shape.height * scale];
  return { width, height, left: (picture.width - width) / 2, top: (picture.height - height) / 2 };
}
