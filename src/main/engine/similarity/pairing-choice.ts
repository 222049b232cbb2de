import type { AssetFacts } from './pairs-facts.ts';

/** A family as small as this is compared all with all. */
export const SMALL_FAMILY = 8;
/** The largest of a family lead it: whoever may be one of its members has been compared with them. */
export const LEADERS = 3;
/** So many candidates an image is compared with at most; what comes of those it is alike to is not counted. */
const MOST_TRIED = 16;
/** Did an image, and those it is alike to, refuse so many of a family, it is taken for another picture than the rest of it, too. */
const MOST_REFUSALS = 2;
/** Of those it is alike to, so many are asked whom they refused. */
const MOST_ASKED = 8;

export interface NearImage { readonly facts: AssetFacts; readonly distance: number }

/** What has been found out so far. */
export interface Findings {
  /** Those an image has been compared with. */
  readonly comparedWith: (assetId: number) => ReadonlySet<number>;
  /** Those of them that it is alike to. */
  readonly alikeTo: (assetId: number) => ReadonlySet<number>;
}

/** An image that looks for its like among its candidates. */
export interface Seeker {
  readonly assetId: number;
  /** What to compare it with next, in view of what came of the last; nothing when all has been said. */
  next(): readonly number[];
}

/**
 * Few comparisons tell of many candidates: who is alike to one of a family is led to the others by that, and two
 * refusals between two families tell of the rest of both. So the largest, which leads the others, and the nearest are
 * tried, then those of what is left over: product shots have more near strangers than copies, and both are found out
 * about family by family. What is tried, is a matter of contents and of earlier findings; ties go by hash.
 */
export function createSeeker(assetId: number, found: readonly NearImage[], { comparedWith, alikeTo }: Findings): Seeker {
  let left: readonly NearImage[] = onePerPixels(found).toSorted((a, b) => a.distance - b.distance || (a.facts.sha256 < b.facts.sha256 ? -1 : 1));
  const tried = new Set<number>();

  function isKnown(candidate: number): boolean {
    if (tried.has(candidate) || comparedWith(assetId).has(candidate)) return true;
    for (const kin of alikeTo(assetId)) if (alikeTo(kin).has(candidate)) return true;
    return false;
  }

  /** For as long as the refusals stand: one that is only being asked for may yet turn out to be none. */
  function isRefused(candidate: number): boolean {
    let [refusals, asked] = [0, 0];
    for (const kin of [assetId, ...alikeTo(assetId)]) {
      const alikeToKin = alikeTo(kin);
      for (const other of comparedWith(kin)) if (!alikeToKin.has(other) && (other === candidate || alikeTo(other).has(candidate))) refusals += 1;
      asked += 1;
      if (refusals >= MOST_REFUSALS || asked > MOST_ASKED) break;
    }
    return refusals >= MOST_REFUSALS;
  }

  return {
    assetId,
    next() {
      if (tried.size >= MOST_TRIED) return [];
      left = left.filter(({ facts: { id } }) => !isKnown(id));
      const likely = left.filter(({ facts: { id } }) => !isRefused(id));
      const [nearest] = likely;
      if (nearest === undefined) return [];
      const largest = likely.reduce((first, one) => (largerFirst(one.facts, first.facts) < 0 ? one : first));
      const chosen = [...new Set([largest.facts.id, nearest.facts.id])];
      for (const id of chosen) tried.add(id);
      return chosen;
    },
  };
}

/** The order in which images lead a group, as far as they are whole: more pixels, more bytes, then by content. */
export function largerFirst(a: AssetFacts, b: AssetFacts): number {
  return b.width * b.height - a.width * a.height || b.bytes - a.bytes || (a.sha256 < b.sha256 ? -1 : 1);
}

/** Of images with equal pixels one stands for all, as long as they are decoded the same way. */
function onePerPixels(found: readonly NearImage[]): readonly NearImage[] {
  const chosen = new Map<string, NearImage>();
  for (const one of found) {
    const { id, pixels, format, sha256 } = one.facts;
    const key = pixels === null ? String(id) : `${pixels} ${format}`;
    const known = chosen.get(key);
    if (known === undefined || sha256 < known.facts.sha256) chosen.set(key, one);
  }
  return [...chosen.values()];
}
