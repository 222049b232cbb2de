import { CANDIDATE_DISTANCE } from './variants.ts';
import type { AssetFacts } from './pairs-facts.ts';

/** A family as small as this is compared all with all. */
export const SMALL_FAMILY = 12;
/** Of more candidates, the nearest are compared: copies of one version of a picture find each other by them. */
const NEAREST = 4;
/** Of those that share local features only. */
const PARTS = 4;
/** The largest of a family lead it: whoever may be one of its members has been compared with them. */
export const LEADERS = 3;

export interface NearImage { readonly facts: AssetFacts; readonly distance: number }

/**
 * Chooses what an image is compared with, so that the cost of a family grows with its size and not with its square: the
 * nearest, and the largest, which the others will be measured against. A matter of contents alone: ties go by hash.
 */
export function chooseCandidates(found: readonly NearImage[]): readonly number[] {
  const ordered = onePerPixels(found).sort((a, b) => a.distance - b.distance || (a.facts.sha256 < b.facts.sha256 ? -1 : 1));
  if (ordered.length < SMALL_FAMILY) return ordered.map(({ facts }) => facts.id);
  const byCode = ordered.filter(({ distance }) => distance <= CANDIDATE_DISTANCE);
  const byPart = ordered.filter(({ distance }) => distance > CANDIDATE_DISTANCE);
  const chosen = [...byCode.slice(0, NEAREST), ...largest(byCode, LEADERS), ...byPart.slice(0, PARTS), ...largest(byPart, 2)];
  return [...new Set(chosen.map(({ facts }) => facts.id))];
}

function largest(images: readonly NearImage[], count: number): readonly NearImage[] {
  return images.toSorted((a, b) => largerFirst(a.facts, b.facts)).slice(0, count);
}

/** The order in which images lead a group, as far as they are whole: more pixels, more bytes, then by content. */
export function largerFirst(a: AssetFacts, b: AssetFacts): number {
  return b.width * b.height - a.width * a.height || b.bytes - a.bytes || (a.sha256 < b.sha256 ? -1 : 1);
}

/** Of images with equal pixels one stands for all, as long as they are decoded the same way. */
function onePerPixels(found: readonly NearImage[]): NearImage[] {
  const chosen = new Map<string, NearImage>();
  for (const one of found) {
    const { id, pixels, format, sha256 } = one.facts;
    const key = pixels === null ? String(id) : `${pixels} ${format}`;
    const known = chosen.get(key);
    if (known === undefined || sha256 < known.facts.sha256) chosen.set(key, one);
  }
  return [...chosen.values()];
}
