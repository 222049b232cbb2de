import type { Asset } from '../../contract/index.ts';

/**
 * The candidate one would most likely keep first: more pixels, then better quality, more metadata, more bytes, the
 * older, and at last the one that came first into the catalog. The rest in the same order.
 */
export function likelyKeeperFirst(assets: readonly Asset[]): readonly Asset[] {
  return assets.toSorted((one, other) => {
    for (const rank of RANKS) {
      const difference = rank(other) - rank(one);
      if (difference !== 0) return difference;
    }
    return one.id - other.id;
  });
}

const RANKS: readonly ((asset: Asset) => number)[] = [
  ({ width, height }) => width * height,
  ({ quality }) => Math.round(quality.score),
  ({ metadata }) => Object.keys(metadata).length,
  ({ bytes }) => bytes,
  ({ takenAt }) => (takenAt === null ? -Number.MAX_SAFE_INTEGER : -Date.parse(takenAt)),
];
