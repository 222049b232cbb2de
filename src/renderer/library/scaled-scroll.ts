/**
 * Browsers stop laying out at about 16 to 33 million pixels, less than a million pictures need. Past `MAX_HEIGHT` the
 * scroll bar therefore spans a shorter track. Small movements still move the content pixel for pixel; only a jump
 * (dragging the bar) is translated by proportion. After scrolling has come to rest, the bar is put where it belongs.
 */
export const MAX_HEIGHT = 8_000_000;

export interface ScrollState {
  /** What the element's scrollTop is. */
  readonly track: number;
  /** Where in the content the viewport begins. */
  readonly top: number;
}

export interface ScrollRange {
  readonly contentHeight: number;
  readonly viewportHeight: number;
}

export function trackHeight({ contentHeight }: ScrollRange): number {
  return Math.min(contentHeight, MAX_HEIGHT);
}

/**
 * The state after the element reports `track` as its new scrollTop. Where its `track` differs from the one reported,
 * the bar has reached an end before the content has, and must be moved there.
 */
export function scrolledTo(state: ScrollState, track: number, range: ScrollRange): ScrollState {
  if (range.contentHeight <= MAX_HEIGHT) return { track, top: clamp(track, furthestTop(range)) };
  const furthestTrack = trackHeight(range) - range.viewportHeight;
  const moved = track - state.track;
  if (Math.abs(moved) > range.viewportHeight * 2) return { track, top: clamp(track / furthestTrack * furthestTop(range), furthestTop(range)) };
  const top = clamp(state.top + moved, furthestTop(range));
  return track <= 0 || track >= furthestTrack ? stateAt(top, range) : { track, top };
}

/** The state that shows the content from `top`, with the bar where it belongs. */
export function stateAt(top: number, range: ScrollRange): ScrollState {
  const furthest = furthestTop(range);
  const clamped = clamp(top, furthest);
  if (range.contentHeight <= MAX_HEIGHT) return { track: clamped, top: clamped };
  return { track: Math.round(clamped / furthest * (trackHeight(range) - range.viewportHeight)), top: clamped };
}

/** The least movement that brings the band from `start` to `end` into view. */
export function topToReveal(state: ScrollState, start: number, end: number, { viewportHeight }: ScrollRange): number {
  if (start < state.top) return start;
  if (end > state.top + viewportHeight) return end - viewportHeight;
  return state.top;
}

function furthestTop({ contentHeight, viewportHeight }: ScrollRange): number {
  return Math.max(0, contentHeight - viewportHeight);
}

function clamp(top: number, furthest: number): number {
  return Math.min(Math.max(0, top), furthest);
}
