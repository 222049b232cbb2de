/**
 * Browsers stop laying out at about 16 to 33 million pixels, less than a million pictures need. Past `MAX_HEIGHT` the
 * scroll bar therefore spans a shorter track. Small movements still move the content pixel for pixel; only a jump
 * (dragging the bar) is translated by proportion. After scrolling has come to rest, the bar is put where it belongs.
 */
export const MAX_HEIGHT = 8_000_000;
/** This close to either end, bar and content go together pixel for pixel, so that both are reached together. */
const END_ZONE = 20_000;

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
  const moved = track - state.track;
  if (Math.abs(moved) > range.viewportHeight * 2) return { track, top: topOf(track, range) };
  const top = clamp(state.top + moved, furthestTop(range));
  return track <= 0 || track >= furthestTrack(range) ? stateAt(top, range) : { track, top };
}

/** The state that shows the content from `top`, with the bar where it belongs. */
export function stateAt(top: number, range: ScrollRange): ScrollState {
  const clamped = clamp(top, furthestTop(range));
  return { track: range.contentHeight <= MAX_HEIGHT ? clamped : Math.round(trackOf(clamped, range)), top: clamped };
}

/** The least movement that brings the band from `start` to `end` into view. */
export function topToReveal(state: ScrollState, start: number, end: number, { viewportHeight }: ScrollRange): number {
  if (start < state.top) return start;
  if (end > state.top + viewportHeight) return end - viewportHeight;
  return state.top;
}

function trackOf(top: number, range: ScrollRange): number {
  const furthest = furthestTop(range);
  if (top <= END_ZONE) return top;
  if (top >= furthest - END_ZONE) return furthestTrack(range) - (furthest - top);
  return END_ZONE + (top - END_ZONE) / (furthest - 2 * END_ZONE) * (furthestTrack(range) - 2 * END_ZONE);
}

function topOf(track: number, range: ScrollRange): number {
  const furthest = furthestTrack(range);
  if (track <= END_ZONE) return track;
  if (track >= furthest - END_ZONE) return furthestTop(range) - (furthest - track);
  return END_ZONE + (track - END_ZONE) / (furthest - 2 * END_ZONE) * (furthestTop(range) - 2 * END_ZONE);
}

function furthestTrack(range: ScrollRange): number {
  return trackHeight(range) - range.viewportHeight;
}

function furthestTop({ contentHeight, viewportHeight }: ScrollRange): number {
  return Math.max(0, contentHeight - viewportHeight);
}

function clamp(top: number, furthest: number): number {
  return Math.min(Math.max(0, top), furthest);
}
