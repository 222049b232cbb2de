import type { Asset } from '../../contract/index.ts';

/**
 * The candidate one would most likely keep first, much as the rules of the cleanup have it: not cut from another one,
 * framed or marked, more pixels, then clearly better quality, more metadata, more bytes, the older, and at last the one that came
 * first into the catalog. The rest in the same order.
 * @param derived those that were made of another one by cutting, framing or marking
 */
export function likelyKeeperFirst(assets: readonly Asset[], derived: ReadonlySet<number>): readonly Asset[] {
  const tiers = qualityTiers(assets);
  const ranks: typeof RANKS = [({ id }) => -Number(derived.has(id)), ({ width, height }) => width * height, ({ id }) => -(tiers.get(id) ?? 0), ...RANKS];
  return assets.toSorted((one, other) => {
    for (const rank of ranks) {
      const difference = rank(other) - rank(one);
      if (difference !== 0) return difference;
    }
    return one.id - other.id;
  });
}

const RANKS: readonly ((asset: Asset) => number)[] = [
  ({ metadata }) => Object.keys(metadata).length,
  ({ bytes }) => bytes,
  ({ takenAt }) => (takenAt === null ? -Number.MAX_SAFE_INTEGER : -Date.parse(takenAt)),
];

/** Points of quality that no eye sees: compression noise alone can raise the measured sharpness by a few. */
const QUALITY_STEP = 5;

/** From the best downwards, those within a step of the first of a tier are equal. */
function qualityTiers(assets: readonly Asset[]): ReadonlyMap<number, number> {
  let [first, tier] = [Infinity, -1];
  return new Map(assets.toSorted((one, other) => other.quality.score - one.quality.score).map(({ id, quality: { score } }) => {
    if (first - score > QUALITY_STEP) [first, tier] = [score, tier + 1];
    return [id, tier];
  }));
}
