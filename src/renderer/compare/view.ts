import type { Transform } from '../../contract/index.ts';
import type { VisiblePart } from '../picture/tiles.ts';
import type { Size, Zoom } from '../picture/zoom.ts';

/** How a candidate lies when what was done to it is undone. */
export function alignedSize({ width, height }: Size, transform: Transform): Size {
  return SWAPS_SIDES.has(transform) ? { width: height, height: width } : { width, height };
}

const SWAPS_SIDES: ReadonlySet<Transform> = new Set(['rotate-90', 'rotate-270', 'transpose', 'transverse']);

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

export interface Placement extends Size {
  readonly left: number;
  readonly top: number;
  /** Screen pixels that one of the candidate's own pixels takes. */
  readonly scale: number;
}

/** Where a candidate lies in the frame: as large as the sharpest is shown, or as its own proportions fit there. */
export function place(candidate: Size, sharpest: Size, view: Zoom, frame: Size): Placement {
  const zoom = view.scale / Math.min(frame.width / sharpest.width, frame.height / sharpest.height);
  const scale = zoom * Math.min(frame.width / candidate.width, frame.height / candidate.height);
  const width = candidate.width * scale;
  const height = candidate.height * scale;
  return { width, height, scale, left: frame.width / 2 - view.x * width, top: frame.height / 2 - view.y * height };
}
