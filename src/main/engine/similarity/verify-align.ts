import { TRANSFORMS, type Transform } from '../../../contract/index.ts';
import { turnFeatures } from './features.ts';
import { MIN_AGREEING, placeByFeatures } from './features-geometry.ts';
import type { Box } from './variants-borders.ts';
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
export function align(first: Look, second: Look): Alignment | null {
  const plain = bestOf(first, second, TRANSFORMS.flatMap((transform) => guessWindows(first, second, transform).map((window) => ({ transform, window }))));
  if (plain && plain.score > SURE) return plain;
  const found = TRANSFORMS.flatMap((transform) => {
    const window = windowByFeatures(first, second, transform);
    return window ? [{ transform, window }] : [];
  });
  const featured = found.length === 0 ? null : bestOf(first, second, found);
  return plain && featured && plain.score >= featured.score ? plain : featured ?? plain;
}

interface Guess { readonly transform: Transform; readonly window: Window }

function bestOf(first: Look, second: Look, guesses: readonly Guess[]): Alignment | null {
  const [coarse] = second.levels;
  const [coarseFirst] = first.levels;
  if (!coarse || !coarseFirst) return null;
  const turned = new Map<Transform, Plane>();
  const turnedFirst = (transform: Transform): Plane => {
    const plane = turned.get(transform) ?? turnPlane(coarseFirst, transform);
    turned.set(transform, plane);
    return plane;
  };
  const scored = guesses.map((guess) => ({ ...guess, score: correlate(turnedFirst(guess.transform), coarse, guess.window) })).toSorted((a, b) => b.score - a.score);
  const [likeliest] = scored;
  const behind = (likeliest?.score ?? 0) > SURE ? BEHIND : HOPELESS;
  const coarsely = scored.slice(0, REFINED).filter(({ score }) => score > (likeliest?.score ?? 0) - behind)
    .map((guess) => ({ guess, ...refineAt(turnedFirst(guess.transform), coarse, guess.window) })).toSorted((a, b) => b.score - a.score);
  let best: Alignment | null = null;
  for (const { guess, window, score } of coarsely) {
    if (score < MIN_COARSE) break;
    if (best && (best.score > SURE || score < (coarsely[0]?.score ?? 0) - BEHIND)) break;
    const refined = refineFinely(first, second, guess, { window, score });
    if (!best || refined.score > best.score) best = refined;
  }
  return best;
}

interface Refined { readonly window: Window; readonly score: number }

/** A refinement that does not fit better than its start leaves it. */
function refineAt(first: Plane, second: Plane, start: Window): Refined {
  const refined = refine(first, second, start, 6);
  const [before, after] = [correlate(first, second, start), correlate(first, second, refined)];
  return after > before ? { window: refined, score: after } : { window: start, score: before };
}

/** From what was found on the coarsest level to the finest. */
function refineFinely(first: Look, second: Look, { transform, window: start }: Guess, coarse: Refined): Alignment {
  let found = coarse;
  let turned: Plane | undefined;
  for (let level = 1; level < second.levels.length; level++) {
    turned = turnPlane(first.levels[level] as Plane, transform);
    const refined = refineAt(turned, second.levels[level] as Plane, found.window);
    found = { window: refined.window, score: Math.max(found.score, refined.score) };
  }
  if (found.score > SURE || !turned) return { transform, ...found };
  // Coarse levels lead astray where everything is fine texture.
  const direct = refineAt(turned, second.levels.at(-1) as Plane, start);
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

function windowByFeatures(first: Look, second: Look, transform: Transform): Window | null {
  const size = isTransposing(transform) ? { width: first.height, height: first.width } : { width: first.width, height: first.height };
  const [longFirst, longSecond] = [Math.max(first.width, first.height), Math.max(second.width, second.height)];
  const turned = turnFeatures(first.features, TRANSFORMS.indexOf(transform), first.width / longFirst, first.height / longFirst);
  const placement = placeByFeatures(second.features, turned);
  if (!placement || placement.agreeing < MIN_AGREEING) return null;
  const { shiftX, shiftY, scale } = placement;
  return {
    left: (shiftX * longFirst) / size.width, across: (((scale * second.width) / longSecond) * longFirst) / size.width,
    top: (shiftY * longFirst) / size.height, down: (((scale * second.height) / longSecond) * longFirst) / size.height,
  };
}

const SAMPLES = 40;

/** Correlation of the luminance over the overlap, −1 if that is under a fifth of either. */
function correlate(first: Plane, second: Plane, window: Window): number {
  const [fromX, toX] = overlap(window.left, window.across);
  const [fromY, toY] = overlap(window.top, window.down);
  const [spanX, spanY] = [toX - fromX, toY - fromY];
  if (spanX <= 0 || spanY <= 0 || spanX * spanY < 0.2 && spanX * spanY * window.across * window.down < 0.2) return -1;
  const across = Math.min(SAMPLES, second.width);
  const down = Math.min(SAMPLES, second.height);
  const inFirst = { columns: steps(window.left + window.across * fromX, window.across * spanX, across, first.width), rows: steps(window.top + window.down * fromY, window.down * spanY, down, first.height) };
  const inSecond = { columns: steps(fromX, spanX, across, second.width), rows: steps(fromY, spanY, down, second.height) };
  let sumA = 0, sumB = 0, squareA = 0, squareB = 0, product = 0;
  for (let row = 0; row < down; row++) {
    const [topA, topB] = [Math.floor(inFirst.rows[row] ?? 0), Math.floor(inSecond.rows[row] ?? 0)];
    const [v, w] = [(inFirst.rows[row] ?? 0) - topA, (inSecond.rows[row] ?? 0) - topB];
    for (let column = 0; column < across; column++) {
      const a = sample(first, inFirst.columns[column] ?? 0, topA, v);
      const b = sample(second, inSecond.columns[column] ?? 0, topB, w);
      sumA += a; sumB += b; squareA += a * a; squareB += b * b; product += a * b;
    }
  }
  const n = across * down;
  const [varA, varB] = [squareA - (sumA * sumA) / n, squareB - (sumB * sumB) / n];
  return (product - (sumA * sumB) / n) / Math.sqrt(Math.max(n, varA) * Math.max(n, varB));
}

/** Where `count` samples spread over a part of a side lie between its pixels: a whole pixel is left on the right of each. */
function steps(start: number, span: number, count: number, length: number): Float64Array {
  const places = new Float64Array(count);
  for (let at = 0; at < count; at++) places[at] = Math.max(0, Math.min(length - 1.0001, (start + ((at + 0.5) / count) * span) * length - 0.5));
  return places;
}

/** The part of the second picture's side, 0 to 1, that lies inside the first. */
export function overlap(start: number, span: number): readonly [number, number] {
  return [Math.max(0, -start / span), Math.min(1, (1 - start) / span)];
}

function sample({ values, width }: Plane, x: number, top: number, v: number): number {
  const left = Math.floor(x);
  const u = x - left;
  const at = top * width + left;
  const upper = (values[at] ?? 0) * (1 - u) + (values[at + 1] ?? 0) * u;
  return upper + ((values[at + width] ?? 0) * (1 - u) + (values[at + width + 1] ?? 0) * u - upper) * v;
}

const UNKNOWNS = 6;
/** In pixels of the plane: nearer a round need not come. */
const NEAR = 0.01;

/**
 * Gauss-Newton on the window's four numbers, with gain and offset of the luminance as two more, so that the first
 * picture seen through the window becomes the second (Baker and Matthews, "Lucas-Kanade 20 years on", 2004). What fits
 * far worse than the rest, like a logo, counts less (Huber).
 */
function refine(first: Plane, second: Plane, start: Window, rounds: number): Window {
  let state: Fit = { window: start, gain: 1, offset: 0, limit: 40 };
  for (let round = 0; round < rounds; round++) {
    const equations = accumulate(first, second, state);
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
    if (Math.max(Math.abs(delta[0] ?? 0), Math.abs(delta[1] ?? 0), Math.abs(delta[2] ?? 0), Math.abs(delta[3] ?? 0)) < NEAR / Math.max(second.width, second.height)) break;
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
function accumulate(first: Plane, second: Plane, { window, gain, offset, limit }: Fit): { normal: Float64Array; right: Float64Array; residuals: number; count: number } {
  const step = Math.ceil(Math.max(second.width, second.height) / PLACES);
  const { width, height, values } = first;
  const { width: acrossCount, height: downCount, values: target } = second;
  let residuals = 0, count = 0;
  let xx = 0, xa = 0, xy = 0, xd = 0, xv = 0, x1 = 0, aa = 0, ay = 0, ad = 0, av = 0, a1 = 0, yy = 0, yd = 0, yv = 0, y1 = 0, dd = 0, dv = 0, d1 = 0, vv = 0, v1 = 0, ones = 0;
  let rx = 0, ra = 0, ry = 0, rd = 0, rv = 0, r1 = 0;
  for (let py = 0; py < downCount; py += step) {
    const y = (py + 0.5) / downCount;
    const fromY = (window.top + window.down * y) * height - 0.5;
    if (fromY < 0 || fromY >= height - 1) continue;
    const top = Math.floor(fromY);
    const v = fromY - top;
    const above = py > 0 ? acrossCount : 0;
    const below = py < downCount - 1 ? acrossCount : 0;
    for (let px = 0; px < acrossCount; px += step) {
      const x = (px + 0.5) / acrossCount;
      const fromX = (window.left + window.across * x) * width - 0.5;
      if (fromX < 0 || fromX >= width - 1) continue;
      const left = Math.floor(fromX);
      const u = fromX - left;
      const at = top * width + left;
      const upper = (values[at] ?? 0) * (1 - u) + (values[at + 1] ?? 0) * u;
      const value = upper + ((values[at + width] ?? 0) * (1 - u) + (values[at + width + 1] ?? 0) * u - upper) * v;
      const place = py * acrossCount + px;
      const slopeX = ((target[px < acrossCount - 1 ? place + 1 : place] ?? 0) - (target[px > 0 ? place - 1 : place] ?? 0)) * 0.5 * acrossCount / window.across;
      const slopeY = ((target[place + below] ?? 0) - (target[place - above] ?? 0)) * 0.5 * downCount / window.down;
      const residual = (target[place] ?? 0) - gain * value - offset;
      const size = Math.abs(residual);
      const weight = size > limit ? limit / size : 1;
      residuals += size;
      count++;
      const slopeA = slopeX * x;
      const slopeD = slopeY * y;
      const [wx, wa, wy, wd, wv] = [weight * slopeX, weight * slopeA, weight * slopeY, weight * slopeD, weight * value];
      xx += wx * slopeX; xa += wx * slopeA; xy += wx * slopeY; xd += wx * slopeD; xv += wx * value; x1 += wx;
      aa += wa * slopeA; ay += wa * slopeY; ad += wa * slopeD; av += wa * value; a1 += wa;
      yy += wy * slopeY; yd += wy * slopeD; yv += wy * value; y1 += wy;
      dd += wd * slopeD; dv += wd * value; d1 += wd;
      vv += wv * value; v1 += wv; ones += weight;
      rx += wx * residual; ra += wa * residual; ry += wy * residual; rd += wd * residual; rv += wv * residual; r1 += weight * residual;
    }
  }
  const normal = Float64Array.of(xx, 0, 0, 0, 0, 0, xa, aa, 0, 0, 0, 0, xy, ay, yy, 0, 0, 0, xd, ad, yd, dd, 0, 0, xv, av, yv, dv, vv, 0, x1, a1, y1, d1, v1, ones);
  return { normal, right: Float64Array.of(rx, ra, ry, rd, rv, r1), residuals, count };
}

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
