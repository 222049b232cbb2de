import { type Feature, featureDistance } from './features.ts';

/** Two features are one and the same up to this distance of 48; half of the true ones found on crops were within 3. */
export const MATCH_DISTANCE = 10;

interface Size { readonly width: number; readonly height: number }

/** `to` = `scale` · `from` + shift, in pixels of the two pictures. */
export interface Placement { readonly shiftX: number; readonly shiftY: number; readonly scale: number; readonly agreeing: number }

/**
 * The scale and shift that most pairs of like features agree on, and how many do; null if there is no such pair.
 * Pictures have at most some hundred features, so every pair is asked for its vote.
 */
export function placeByFeatures(from: readonly Feature[], fromSize: Size, to: readonly Feature[], toSize: Size): Placement | null {
  const ratio = Math.max(toSize.width, toSize.height) / Math.max(fromSize.width, fromSize.height);
  const matches: Match[] = [];
  for (const feature of from) {
    for (const other of to) {
      if (featureDistance(feature, other) > MATCH_DISTANCE) continue;
      matches.push({ x: feature.x * fromSize.width, y: feature.y * fromSize.height, toX: other.x * toSize.width, toY: other.y * toSize.height, scale: (other.size / feature.size) * ratio });
    }
  }
  let best: readonly Match[] = [];
  for (const seed of matches) {
    const agreeing = matches.filter((match) => agree(seed, match));
    if (agreeing.length > best.length) best = agreeing;
  }
  return best.length === 0 ? null : { ...fit(best), agreeing: best.length };
}

interface Match { readonly x: number; readonly y: number; readonly toX: number; readonly toY: number; readonly scale: number }

function agree(a: Match, b: Match): boolean {
  if (Math.abs(Math.log2(a.scale / b.scale)) > 0.5) return false;
  // The scale of one feature is known to a sixth of an octave only, which tells the more the further away the other is.
  const reach = 3 + 0.08 * Math.hypot(b.toX - a.toX, b.toY - a.toY);
  return Math.hypot(b.toX - a.toX - a.scale * (b.x - a.x), b.toY - a.toY - a.scale * (b.y - a.y)) < reach;
}

/** Least squares of one scale and two shifts. */
function fit(matches: readonly Match[]): { shiftX: number; shiftY: number; scale: number } {
  const mean = (value: (match: Match) => number): number => matches.reduce((sum, match) => sum + value(match), 0) / matches.length;
  const [x, y, toX, toY] = [mean((m) => m.x), mean((m) => m.y), mean((m) => m.toX), mean((m) => m.toY)];
  const spread = mean((m) => (m.x - x) ** 2 + (m.y - y) ** 2);
  const together = mean((m) => (m.x - x) * (m.toX - toX) + (m.y - y) * (m.toY - toY));
  const scale = spread > 25 && together > 0 ? together / spread : mean((m) => m.scale);
  return { shiftX: toX - scale * x, shiftY: toY - scale * y, scale };
}
