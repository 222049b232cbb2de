import type { Asset } from '../../contract/index.ts';

/**
 * The candidate one would most likely keep first, much as the rules of the cleanup have it: not cut from another one,
 * framed or marked, clearly more pixels, more metadata, far more bytes, the older, clearly better quality, and at last the
 * one that came first into the catalog. The rest in the same order.
 * @param derived those that were made of another one by cutting, framing or marking
 */
export function likelyKeeperFirst(assets: readonly Asset[], derived: ReadonlySet<number>): readonly Asset[] {
  const ranks: readonly ((asset: Asset) => number)[] = [
    ({ id }) => -Number(derived.has(id)),
    tiersOf(assets, ({ width, height }) => width * height, (first, pixels) => first <= RESOLUTION_STEP * pixels),
    ({ metadata }) => Object.keys(metadata).length,
    tiersOf(assets, ({ bytes }) => bytes, (first, bytes) => first <= BYTES_STEP * bytes),
    ({ takenAt }) => (takenAt === null ? -Number.MAX_SAFE_INTEGER : -Date.parse(takenAt)),
    tiersOf(assets, ({ quality }) => quality.score, (first, score) => first - score <= QUALITY_STEP),
  ];
  return assets.toSorted((one, other) => {
    for (const rank of ranks) {
      const difference = rank(other) - rank(one);
      if (difference !== 0) return difference;
    }
    return one.id - other.id;
  });
}

/** As in the rules of the cleanup, see docs/cleanup.md. */
const RESOLUTION_STEP = 1.06;
const BYTES_STEP = 2;
const QUALITY_STEP = 5;

/** From the greatest downwards, those that are not clearly less than the first of a tier are equal. */
function tiersOf(assets: readonly Asset[], valueOf: (asset: Asset) => number, isSame: (first: number, value: number) => boolean): (asset: Asset) => number {
  let [first, tier] = [Infinity, 0];
  const tiers = new Map(assets.map(valueOf).sort((a, b) => b - a).map((value) => {
    if (!isSame(first, value)) [first, tier] = [value, tier - 1];
    return [value, tier];
  }));
  return (asset) => tiers.get(valueOf(asset)) ?? 0;
}
