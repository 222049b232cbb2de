import { type Feature, featureDistance, turnFeatures, unpackFeatures } from './features.ts';
import { PDQ_TRANSFORMS } from './pdq.ts';

/** Two features are one and the same up to this distance of 48; half of the true ones found on crops were within 3. */
const MATCH_DISTANCE = 10;
/** How a part of a picture is looked for among all: as it is and mirrored. The other six cost as much again each. */
export const SOUGHT_TRANSFORMS = [PDQ_TRANSFORMS.indexOf('identity'), PDQ_TRANSFORMS.indexOf('flip-horizontal')] as const;
/** So many features in agreement are worth a look at the pixels. */
export const MIN_AGREEING = 3;

/** `to` = `scale` · `from` + shift, each in long edges of its picture. */
export interface Placement { readonly shiftX: number; readonly shiftY: number; readonly scale: number; readonly agreeing: number }

/**
 * The scale and shift that most pairs of like features agree on, and how many do; null if there is no such pair.
 * Pictures have at most some hundred features, so every pair is asked for its vote.
 */
export function placeByFeatures(from: readonly Feature[], to: readonly Feature[]): Placement | null {
  const matches: Match[] = [];
  for (const feature of from) {
    for (const other of to) {
      if (featureDistance(feature, other) <= MATCH_DISTANCE) matches.push({ x: feature.x, y: feature.y, toX: other.x, toY: other.y, scale: other.size / feature.size });
    }
  }
  let best: readonly Match[] = [];
  for (const seed of matches) {
    const agreeing = matches.filter((match) => agree(seed, match));
    if (agreeing.length > best.length) best = agreeing;
  }
  return best.length === 0 ? null : { ...fit(best), agreeing: best.length };
}

/** Do two pictures, of which these features are stored, share a part. The same whichever is named first. */
export function haveSharedPart(a: Uint8Array, b: Uint8Array): boolean {
  const [one, other] = [unpackFeatures(a), unpackFeatures(b)];
  return SOUGHT_TRANSFORMS.some((transform) =>
    (placeByFeatures(turnFeatures(one, transform), other)?.agreeing ?? 0) >= MIN_AGREEING
    && (placeByFeatures(turnFeatures(other, transform), one)?.agreeing ?? 0) >= MIN_AGREEING);
}

interface Match { readonly x: number; readonly y: number; readonly toX: number; readonly toY: number; readonly scale: number }

/** How far off a place may be, in long edges: half a step of what is stored, and the error of where a blob has its middle. */
const REACH = 0.009;

function agree(a: Match, b: Match): boolean {
  if (Math.abs(Math.log2(a.scale / b.scale)) > 0.5) return false;
  // The scale of one feature is known to a sixth of an octave only, which tells the more the further away the other is.
  const reach = REACH + 0.08 * Math.hypot(b.toX - a.toX, b.toY - a.toY);
  return Math.hypot(b.toX - a.toX - a.scale * (b.x - a.x), b.toY - a.toY - a.scale * (b.y - a.y)) < reach;
}

/** Least squares of one scale and two shifts. */
function fit(matches: readonly Match[]): { shiftX: number; shiftY: number; scale: number } {
  const mean = (value: (match: Match) => number): number => matches.reduce((sum, match) => sum + value(match), 0) / matches.length;
  const [x, y, toX, toY] = [mean((m) => m.x), mean((m) => m.y), mean((m) => m.toX), mean((m) => m.toY)];
  const spread = mean((m) => (m.x - x) ** 2 + (m.y - y) ** 2);
  const together = mean((m) => (m.x - x) * (m.toX - toX) + (m.y - y) * (m.toY - toY));
  const scale = spread > 1e-4 && together > 0 ? together / spread : mean((m) => m.scale);
  return { shiftX: toX - scale * x, shiftY: toY - scale * y, scale };
}
