import type { Transform } from '../../contract/index.ts';
import type { VisiblePart } from '../picture/tiles.ts';
import type { Size, Zoom } from '../picture/zoom.ts';

/** How a candidate lies when what was done to it is undone. */
export function alignedSize({ width, height }: Size, transform: Transform): Size {
  return SWAPS_SIDES.has(transform) ? { width: height, height: width } : { width, height };
}

const SWAPS_SIDES: ReadonlySet<Transform> = new Set(['rotate-90', 'rotate-270', 'transpose', 'transverse']);

/** What undoes a transform: of them all only quarter turns are not their own undoing. */
export function inverse(transform: Transform): Transform {
  return transform === 'rotate-90' ? 'rotate-270' : transform === 'rotate-270' ? 'rotate-90' : transform;
}

/** The `a, b, c, d` of a CSS matrix that undoes a transform. */
export function undoing(transform: Transform): readonly [number, number, number, number] {
  switch (transform) {
    case 'identity': return [1, 0, 0, 1];
    case 'rotate-90': return [0, -1, 1, 0];
    case 'rotate-180': return [-1, 0, 0, -1];
    case 'rotate-270': return [0, 1, -1, 0];
    case 'flip-horizontal': return [-1, 0, 0, 1];
    case 'flip-vertical': return [1, 0, 0, -1];
    case 'transpose': return [0, 1, 1, 0];
    case 'transverse': return [0, -1, -1, 0];
  }
}

/** What of a candidate is in view, as fractions of its own sides as it is stored upright, before anything was undone. */
export function visiblePart({ left, top, width, height }: Placement, frame: Size, transform: Transform): VisiblePart {
  const [a, b, c, d] = undoing(transform);
  const within = (value: number) => Math.min(1, Math.max(0, value)) - 0.5;
  const corners = [[within(-left / width), within(-top / height)], [within((frame.width - left) / width), within((frame.height - top) / height)]] as const;
  const [xs, ys] = [corners.map(([x, y]) => a * x + b * y + 0.5), corners.map(([x, y]) => c * x + d * y + 0.5)];
  return { left: Math.min(...xs), top: Math.min(...ys), right: Math.max(...xs), bottom: Math.max(...ys) };
}

/** The candidate that the scale is counted in: the one with most pixels, so that 100 % shows all there is. */
export function sharpestOf(sizes: readonly Size[]): Size {
  return sizes.reduce((best, size) => (size.width * size.height > best.width * best.height ? size : best), sizes[0] ?? { width: 1, height: 1 });
}

/** As fractions of the sides of something larger. */
export interface Rectangle extends Size {
  readonly left: number;
  readonly top: number;
}

/** All of something. */
export const WHOLE: Rectangle = { left: 0, top: 0, width: 1, height: 1 };

/** What is looked at: its size in pixels of the sharpest candidate, and where in it each lies; null lies by itself in the middle. */
export interface Field {
  readonly size: Size;
  readonly places: readonly (Rectangle | null)[];
}

/**
 * The field of candidates of which some are cut from the first one, or hold it: so large that all are inside. Where
 * none is, the sharpest is the field.
 * @param inFirst where each of the others lies on the first; null where that is not known
 */
export function layOut(sizes: readonly Size[], inFirst: readonly (Rectangle | null)[]): Field {
  const [first] = sizes;
  if (!first || inFirst.every((one) => one === null || one === WHOLE)) return { size: sharpestOf(sizes), places: sizes.map(() => null) };
  const lying = [WHOLE, ...inFirst];
  const placed = lying.filter((one) => one !== null);
  const [left, top] = [Math.min(...placed.map((one) => one.left)), Math.min(...placed.map((one) => one.top))];
  const [width, height] = [Math.max(...placed.map((one) => one.left + one.width)) - left, Math.max(...placed.map((one) => one.top + one.height)) - top];
  // Pixels on the width of the first.
  const density = Math.max(...sizes.map((size, index) => size.width / (lying[index]?.width ?? 1)));
  return {
    size: { width: width * density, height: height * density * first.height / first.width },
    places: sizes.map((_, index) => {
      const one = lying[index];
      return one ? { left: (one.left - left) / width, top: (one.top - top) / height, width: one.width / width, height: one.height / height } : null;
    }),
  };
}

/** What lies in both; null where they do not meet. */
export function common(one: Rectangle, other: Rectangle): Rectangle | null {
  const [left, top] = [Math.max(one.left, other.left), Math.max(one.top, other.top)];
  const [width, height] = [Math.min(one.left + one.width, other.left + other.width) - left, Math.min(one.top + one.height, other.top + other.height) - top];
  return width > 0 && height > 0 ? { left, top, width, height } : null;
}

export interface Placement extends Size {
  readonly left: number;
  readonly top: number;
  /** Screen pixels that one of the candidate's own pixels takes. */
  readonly scale: number;
}

/**
 * Where a candidate lies in the frame: in its place in the field, or, without one, as large as the field is shown, or as
 * its own proportions fit there.
 */
export function place(candidate: Size, where: Rectangle | null, field: Size, view: Zoom, frame: Size): Placement {
  if (where) {
    const [fieldWidth, fieldHeight] = [field.width * view.scale, field.height * view.scale];
    return {
      width: where.width * fieldWidth, height: where.height * fieldHeight, scale: where.width * fieldWidth / candidate.width,
      left: frame.width / 2 + (where.left - view.x) * fieldWidth, top: frame.height / 2 + (where.top - view.y) * fieldHeight,
    };
  }
  const zoom = view.scale / Math.min(frame.width / field.width, frame.height / field.height);
  const scale = zoom * Math.min(frame.width / candidate.width, frame.height / candidate.height);
  const width = candidate.width * scale;
  const height = candidate.height * scale;
  return { width, height, scale, left: frame.width / 2 - view.x * width, top: frame.height / 2 - view.y * height };
}

/** What a shared view counts in: the field, and how the first candidate lies there. */
export interface Basis {
  readonly field: Size;
  readonly first: Size;
  readonly where: Rectangle | null;
}

/**
 * A view with the same point of the first candidate in the middle, after the field has changed.
 * @param frame the first candidate also stays as large as it is in a frame of that size; null: the scale stays
 */
export function rebased({ x, y, scale }: Zoom, from: Basis, to: Basis, frame: Size | null): Zoom {
  const [before, after] = [from.where ?? WHOLE, to.where ?? WHOLE];
  return {
    x: after.left + ((x - before.left) / before.width) * after.width,
    y: after.top + ((y - before.top) / before.height) * after.height,
    scale: frame ? (scale * widthOf(from, frame)) / widthOf(to, frame) : scale,
  };
}

/** Of the first candidate, in pixels of the field, as it is shown. */
function widthOf({ field, first, where }: Basis, frame: Size): number {
  return place(first, where, field, { scale: 1, x: 0, y: 0 }, frame).width;
}
