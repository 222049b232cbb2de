import { TRANSFORMS, type Transform } from '../../../contract/index.ts';
import { turnFeatures } from './features.ts';
import { MIN_AGREEING, placeByFeatures } from './features-geometry.ts';
import type { Box } from './variants-borders.ts';
import type { Planes } from './planes.ts';
import { inverseOf, isTransposing, type Look, type Plane, type Size, sourcePoint, turnPlane } from './verify-look.ts';

/**
 * Where the second picture lies in the transformed first: a point of the second, from 0 to 1 across and down, is at
 * `left + across·x`, `top + down·y` of the first.
 */
export interface Window { readonly left: number; readonly top: number; readonly across: number; readonly down: number }

export interface Alignment {
  readonly transform: Transform;
  readonly window: Window;
  /** Correlation of the luminance where the two overlap, −1 to 1. */
  readonly score: number;
}

const REFINED = 3;
/** No other guess will do better. */
const SURE = 0.985;
/** On the coarsest level: of pairs that are at least loosely alike, none had less than 0.6. */
const MIN_COARSE = 0.5;
/** What begins so much worse does not overtake; nor what has come to be so far behind on the coarsest level. */
const HOPELESS = 0.35;
const BEHIND = 0.06;

/**
 * How the second picture fits best on the first, by its borders, its features, or as a whole; null if in no way. What is
 * cheap is tried first: features are matched only where neither the wholes nor the trimmed pictures fit.
 */
export function align(first: Look, second: Look, planes: Planes): Alignment | null {
  const pair = createPair(first, second, planes);
  const plain = bestOf(pair, TRANSFORMS.flatMap((transform) => guessWindows(first, second, transform).filter((window) => isLikely(first, second, transform, window)).map((window) => ({ transform, window }))));
  if (plain && plain.score > SURE) return plain;
  const found = TRANSFORMS.flatMap((transform) => {
    const window = windowByFeatures(first, second, transform, planes);
    return window ? [{ transform, window }] : [];
  });
  const featured = found.length === 0 ? null : bestOf(pair, found);
  return plain && featured && plain.score >= featured.score ? plain : featured ?? plain;
}

/** The levels of two pictures in the memory of their comparison, each put there when it is first asked for. */
interface Pair {
  readonly levels: number;
  readonly first: (level: number, transform: Transform) => Plane;
  readonly second: (level: number) => Plane;
  readonly planes: Planes;
}

function createPair(first: Look, second: Look, planes: Planes): Pair {
  const placed = new Map<string, Plane>();
  const place = (name: string, look: Look, level: number, transform: Transform): Plane => {
    const key = `${name} ${level} ${transform}`;
    const known = placed.get(key);
    if (known !== undefined) return known;
    const source = look.levels[level] as Plane;
    const { length } = source.values;
    // Between the last row and what would be the next is looked at, too, with a weight of nothing.
    const cells = planes.take(length + Math.max(source.width, source.height) + 1).fill(0, length);
    const plane = turnPlane(source, transform, cells.subarray(0, length));
    placed.set(key, plane);
    return plane;
  };
  return { levels: second.levels.length, planes, first: (level, transform) => place('first', first, level, transform), second: (level) => place('second', second, level, 'identity') };
}

interface Guess { readonly transform: Transform; readonly window: Window }

function bestOf(pair: Pair, guesses: readonly Guess[]): Alignment | null {
  const coarse = pair.second(0);
  const scored = guesses.map((guess) => ({ ...guess, score: correlate(pair.first(0, guess.transform), coarse, guess.window, pair.planes, FEW_SAMPLES) })).toSorted((a, b) => b.score - a.score);
  const [likeliest] = scored;
  const behind = (likeliest?.score ?? 0) > SURE ? BEHIND : HOPELESS;
  const coarsely = scored.slice(0, REFINED).filter(({ score }) => score > (likeliest?.score ?? 0) - behind)
    .map((guess) => ({ guess, ...refineAt(pair.first(0, guess.transform), coarse, guess.window, NEARLY, pair.planes) })).toSorted((a, b) => b.score - a.score);
  let best: Alignment | null = null;
  for (const { guess, window, score } of coarsely) {
    if (score < MIN_COARSE) break;
    if (best && (best.score > SURE || score < (coarsely[0]?.score ?? 0) - BEHIND)) break;
    const refined = refineFinely(pair, guess, { window, score });
    if (!best || refined.score > best.score) best = refined;
  }
  return best;
}

interface Refined { readonly window: Window; readonly score: number }

/** A refinement that does not fit better than its start leaves it. */
function refineAt(first: Plane, second: Plane, start: Window, near: number, planes: Planes): Refined {
  const refined = refine(first, second, start, near, planes);
  const [before, after] = [correlate(first, second, start, planes), correlate(first, second, refined, planes)];
  return after > before ? { window: refined, score: after } : { window: start, score: before };
}

/** From what was found on the coarsest level to the finest. */
function refineFinely({ levels, first, second, planes }: Pair, { transform, window: start }: Guess, coarse: Refined): Alignment {
  let found = coarse;
  for (let level = 1; level < levels; level++) {
    const refined = refineAt(first(level, transform), second(level), found.window, level === levels - 1 ? NEAR : NEARLY, planes);
    found = { window: refined.window, score: Math.max(found.score, refined.score) };
  }
  if (found.score > SURE) return { transform, ...found };
  // Coarse levels lead astray where everything is fine texture.
  const direct = refineAt(first(levels - 1, transform), second(levels - 1), start, NEAR, planes);
  return direct.score > found.score ? { transform, ...direct } : { transform, ...found };
}

const WHOLE: Window = { left: 0, top: 0, across: 1, down: 1 };

function guessWindows(first: Look, second: Look, transform: Transform): readonly Window[] {
  const inFirst = first.box && boxShares(first.box, first, transform);
  const inSecond = second.box && boxShares(second.box, second, 'identity');
  const windows = [WHOLE];
  if (inFirst) windows.push(inFirst);
  if (inSecond) windows.push(within(WHOLE, inSecond));
  if (inFirst && inSecond) windows.push(within(inFirst, inSecond));
  return windows;
}

/** How much more the window stretches the first picture to one side than to the other, at least 1. */
function stretchOf(first: Size, second: Size, isTurned: boolean, { across, down }: Window): number {
  const aspect = (isTurned ? first.height / first.width : first.width / first.height) * (across / down) * (second.height / second.width);
  return Math.max(aspect, 1 / aspect);
}

/** What is stretched clearly less by a quarter turn more or less is not how it was made. */
const MOST_STRETCH = 1.5;

function isLikely(first: Size, second: Size, transform: Transform, window: Window): boolean {
  const isTurned = isTransposing(transform);
  return stretchOf(first, second, isTurned, window) < MOST_STRETCH * stretchOf(first, second, !isTurned, window);
}

/** A box of a picture, in shares of the sides of the transformed picture. */
function boxShares(box: Box, { width, height }: Size, transform: Transform): Window {
  const inverse = inverseOf(transform);
  const [x1, y1] = sourcePoint(inverse, box.left / width, box.top / height);
  const [x2, y2] = sourcePoint(inverse, (box.left + box.width) / width, (box.top + box.height) / height);
  return { left: Math.min(x1, x2), top: Math.min(y1, y2), across: Math.abs(x2 - x1), down: Math.abs(y2 - y1) };
}

/** The window of a whole picture whose part `part` lies on `target`. */
function within(target: Window, part: Window): Window {
  const [across, down] = [target.across / part.across, target.down / part.down];
  return { left: target.left - part.left * across, top: target.top - part.top * down, across, down };
}

function windowByFeatures(first: Look, second: Look, transform: Transform, planes: Planes): Window | null {
  const size = isTransposing(transform) ? { width: first.height, height: first.width } : { width: first.width, height: first.height };
  const [longFirst, longSecond] = [Math.max(first.width, first.height), Math.max(second.width, second.height)];
  const turned = turnFeatures(first.features(planes), TRANSFORMS.indexOf(transform), first.width / longFirst, first.height / longFirst);
  const placement = placeByFeatures(second.features(planes), turned);
  if (!placement || placement.agreeing < MIN_AGREEING) return null;
  const { shiftX, shiftY, scale } = placement;
  return {
    left: (shiftX * longFirst) / size.width, across: (((scale * second.width) / longSecond) * longFirst) / size.width,
    top: (shiftY * longFirst) / size.height, down: (((scale * second.height) / longSecond) * longFirst) / size.height,
  };
}

const SAMPLES = 40;
/** Enough to tell which of many guesses are worth a refinement. */
const FEW_SAMPLES = 24;

/** Correlation of the luminance over the overlap, −1 if that is under a fifth of either. */
function correlate(first: Plane, second: Plane, window: Window, planes: Planes, samples = SAMPLES): number {
  const [fromX, toX] = overlap(window.left, window.across);
  const [fromY, toY] = overlap(window.top, window.down);
  const [spanX, spanY] = [toX - fromX, toY - fromY];
  if (spanX <= 0 || spanY <= 0 || spanX * spanY < 0.2 && spanX * spanY * window.across * window.down < 0.2) return -1;
  const across = Math.min(samples, second.width);
  const down = Math.min(samples, second.height);
  const steps = (start: number, span: number, count: number, length: number): number => stepsOf(start, span, count, length, planes).byteOffset;
  return planes.passes.correlate(
    first.values.byteOffset, first.width,
    steps(window.left + window.across * fromX, window.across * spanX, across, first.width), steps(window.top + window.down * fromY, window.down * spanY, down, first.height),
    second.values.byteOffset, second.width, steps(fromX, spanX, across, second.width), steps(fromY, spanY, down, second.height), across, down,
  );
}

/** Where `count` samples spread over a part of a side lie between its pixels: a whole pixel is left on the right of each. */
function stepsOf(start: number, span: number, count: number, length: number, planes: Planes): Float32Array {
  const places = planes.take(count);
  for (let at = 0; at < count; at++) places[at] = Math.max(0, Math.min(length - 1.001, (start + ((at + 0.5) / count) * span) * length - 0.5));
  return places;
}

/** The part of the second picture's side, 0 to 1, that lies inside the first. */
export function overlap(start: number, span: number): readonly [number, number] {
  return [Math.max(0, -start / span), Math.min(1, (1 - start) / span)];
}

const UNKNOWNS = 6;
/** In pixels of the plane: nearer a round need not come; what a finer one takes up need not be as near. */
const NEAR = 0.01;
const NEARLY = 0.05;
const MOST_ROUNDS = 6;

/**
 * Gauss-Newton on the window's four numbers, with gain and offset of the luminance as two more, so that the first
 * picture seen through the window becomes the second (Baker and Matthews, "Lucas-Kanade 20 years on", 2004). What fits
 * far worse than the rest, like a logo, counts less (Huber).
 */
function refine(first: Plane, second: Plane, start: Window, near: number, planes: Planes): Window {
  let state: Fit = { window: start, gain: 1, offset: 0, limit: 40 };
  for (let round = 0; round < MOST_ROUNDS; round++) {
    const equations = accumulate(first, second, state, planes);
    const delta = equations.count < 20 ? null : solve(equations.normal, equations.right);
    if (!delta) return start;
    const bound = (value = 0): number => Math.max(-0.05, Math.min(0.05, value));
    const { window } = state;
    const moved = { left: window.left + bound(delta[0]), across: window.across + bound(delta[1]), top: window.top + bound(delta[2]), down: window.down + bound(delta[3]) };
    if (Math.min(moved.across, moved.down) < 0.2 || Math.max(moved.across, moved.down) > 5) return start;
    state = {
      window: moved, limit: Math.max(2, (1.5 * equations.residuals) / equations.count),
      gain: Math.max(0.2, Math.min(5, state.gain + (delta[4] ?? 0))), offset: state.offset + (delta[5] ?? 0),
    };
    if (Math.max(Math.abs(delta[0] ?? 0), Math.abs(delta[1] ?? 0), Math.abs(delta[2] ?? 0), Math.abs(delta[3] ?? 0)) < near / Math.max(second.width, second.height)) break;
  }
  return state.window;
}

interface Fit { readonly window: Window; readonly gain: number; readonly offset: number; readonly limit: number }

/** How many places of a side are looked at. */
const PLACES = 56;

/**
 * The normal equations of one round, over places of the second picture that lie in the first. Slopes are the second's:
 * seen through the window the first becomes it, and so do its slopes (Baker and Matthews' efficient second-order step
 * takes the mean of both, at five times the cost).
 */
function accumulate(first: Plane, second: Plane, { window, gain, offset, limit }: Fit, planes: Planes): { normal: Float64Array; right: Float64Array; residuals: number; count: number } {
  const sums = planes.takeDoubles(SUMS);
  planes.passes.accumulate(
    first.values.byteOffset, first.width, first.height, second.values.byteOffset, second.width, second.height, Math.ceil(Math.max(second.width, second.height) / PLACES),
    window.left, window.top, window.across, window.down, gain, offset, limit, sums.byteOffset,
  );
  const at = (index: number): number => sums[index] ?? 0;
  // Of the symmetric matrix the rows below its diagonal: left, across, top, down, gain, offset.
  const normal = Float64Array.of(
    at(0), 0, 0, 0, 0, 0,
    at(4), at(5), 0, 0, 0, 0,
    at(8), at(9), at(10), 0, 0, 0,
    at(12), at(13), at(14), at(15), 0, 0,
    at(16), at(20), at(24), at(28), at(32), 0,
    at(17), at(21), at(25), at(29), at(33), at(37),
  );
  return { normal, right: Float64Array.of(at(18), at(22), at(26), at(30), at(34), at(38)), residuals: at(40), count: at(41) };
}

/** What the pass writes: see there. */
const SUMS = 42;

/** Cholesky, with a touch of damping for pictures without structure in one direction; null where there is none at all. */
function solve(normal: Float64Array, right: Float64Array): Float64Array | null {
  const n = UNKNOWNS;
  for (let i = 0; i < n; i++) {
    for (let j = 0; j <= i; j++) {
      let value = normal[i * n + j] ?? 0;
      if (i === j) value = value * (1 + 1e-6) + 1e-9;
      for (let k = 0; k < j; k++) value -= (normal[i * n + k] ?? 0) * (normal[j * n + k] ?? 0);
      if (i === j && value <= 0) return null;
      normal[i * n + j] = i === j ? Math.sqrt(value) : value / (normal[j * n + j] ?? 1);
    }
  }
  const answer = new Float64Array(right);
  for (let i = 0; i < n; i++) {
    for (let k = 0; k < i; k++) answer[i] = (answer[i] ?? 0) - (normal[i * n + k] ?? 0) * (answer[k] ?? 0);
    answer[i] = (answer[i] ?? 0) / (normal[i * n + i] ?? 1);
  }
  for (let i = n - 1; i >= 0; i--) {
    for (let k = i + 1; k < n; k++) answer[i] = (answer[i] ?? 0) - (normal[k * n + i] ?? 0) * (answer[k] ?? 0);
    answer[i] = (answer[i] ?? 0) / (normal[i * n + i] ?? 1);
  }
  return answer;
}
