import { derivedOf, LEVEL_NUMBERS, type PairRow } from './pair-rows.ts';
import { type Findings, largerFirst, LEADERS, SMALL_FAMILY } from './pairing-choice.ts';
import type { PairingStore } from './pairing-store.ts';
import type { AssetFacts } from './pairs-facts.ts';

export type Pair = readonly [number, number];

/** What has been compared, and what of it leads to further comparisons; lives as long as one portion. */
export interface Closure extends Findings {
  isKnown(a: number, b: number): boolean;
  /** Is to be compared now: until its finding is noted, it counts as a refusal, so that kin do not all ask the same. */
  ask(pair: Pair): void;
  /** Could not be compared after all. */
  forget(pair: Pair): void;
  note(rows: readonly PairRow[]): void;
  /** What is to be compared because of pairs that were just found to be alike. */
  open(fresh: readonly PairRow[]): Promise<readonly Pair[]>;
  /** What is left to compare in those families of these images that are small. */
  complete(assetIds: readonly number[]): Promise<readonly Pair[]>;
}

interface Known {
  readonly compared: Set<number>;
  readonly alike: Set<number>;
  /** A crop, a bordered or a marked version of another, which therefore leads no group. */
  isDerived: boolean;
}

/** Up to this level, what is alike to one image leads to the others that are. */
const CLOSED_LEVEL = LEVEL_NUMBERS.similar;
/** So often an image is compared by way of others, beside its own candidates. */
const MOST_BY_WAY = 8;
/** So many are compared with an image that comes to lead them, being larger than those who led before. */
const MOST_FOLLOWERS = 512;
/** So many are asked how large they are: beyond, a family is known by those that came first. */
const MOST_SORTED = 4096;

/**
 * Groups are stars around their reference, so what is alike to one of two that are alike is compared with the leaders of
 * the other, those that are whole and largest. A family that stays small is compared all with all in the end.
 */
export function createClosure(store: PairingStore, readFacts: (assetId: number) => AssetFacts, pixelsOf: (assetId: number) => string | null): Closure {
  const known = new Map<number, Known>();
  const spent = new Map<number, number>();
  const facts = new Map<number, AssetFacts>();
  const requireFacts = (assetId: number): AssetFacts => {
    const held = facts.get(assetId) ?? readFacts(assetId);
    facts.set(assetId, held);
    return held;
  };

  function knownOf(assetId: number): Known {
    const held = known.get(assetId);
    if (held !== undefined) return held;
    const made: Known = { compared: new Set(), alike: new Set(), isDerived: false };
    for (const one of [assetId, ...store.samePixels(assetId)]) for (const row of store.rowsOf(one)) noteAt(made, row, one);
    known.set(assetId, made);
    return made;
  }

  function noteAt(made: Known, row: PairRow, one: number): void {
    const other = row.aId === one ? row.bId : row.aId;
    made.compared.add(other);
    if (isClosed(row)) made.alike.add(other);
    if (derivedOf(row) === one) made.isDerived = true;
  }

  function isKnown(a: number, b: number): boolean {
    const pixels = pixelsOf(a);
    return a === b || knownOf(a).compared.has(b) || knownOf(b).compared.has(a) || (pixels !== null && pixels === pixelsOf(b));
  }

  const leadsFirst = (a: number, b: number): number => Number(knownOf(a).isDerived) - Number(knownOf(b).isDerived) || largerFirst(requireFacts(a), requireFacts(b));

  return {
    isKnown,
    comparedWith: (assetId) => knownOf(assetId).compared,
    alikeTo: (assetId) => knownOf(assetId).alike,
    ask([a, b]) {
      knownOf(a).compared.add(b);
      knownOf(b).compared.add(a);
    },
    forget([a, b]) {
      knownOf(a).compared.delete(b);
      knownOf(b).compared.delete(a);
    },
    note(rows) {
      for (const row of rows) {
        noteAt(knownOf(row.aId), row, row.aId);
        noteAt(knownOf(row.bId), row, row.bId);
      }
    },
    async open(fresh) {
      const found = new Map<string, Pair>();
      const ordered = new Map<number, readonly number[]>();
      /** Those alike to an image, itself among them, in the order in which they would lead. */
      const familyOf = (assetId: number): readonly number[] => {
        const family = ordered.get(assetId) ?? [assetId, ...knownOf(assetId).alike].slice(0, MOST_SORTED)
          .sort((a, b) => largerFirst(requireFacts(a), requireFacts(b))).slice(0, MOST_FOLLOWERS).sort(leadsFirst);
        ordered.set(assetId, family);
        return family;
      };
      const add = (from: number, other: number, isFree: boolean): void => {
        const used = spent.get(from) ?? 0;
        if (found.has(keyOf(from, other)) || isKnown(from, other) || (used >= MOST_BY_WAY && !isFree)) return;
        found.set(keyOf(from, other), pairOf(from, other));
        if (!isFree) spent.set(from, used + 1);
      };
      const through = (from: number, hub: number): void => {
        const family = familyOf(hub);
        for (const other of family.slice(0, LEADERS)) add(from, other, false);
        // Who comes to lead a family has to be known to all of it.
        if (leadsFirst(from, family.find((other) => other !== from) ?? from) < 0) for (const other of family) add(from, other, true);
      };
      for (const row of fresh) {
        if (!isClosed(row)) continue;
        through(row.aId, row.bId);
        through(row.bId, row.aId);
        // Each may have hundreds of others, and the engine answers meanwhile.
        await new Promise(setImmediate);
      }
      return [...found.values()];
    },
    async complete(assetIds) {
      const found = new Map<string, Pair>();
      for (const assetId of assetIds) {
        const family = smallFamilyOf(assetId);
        for (const [at, one] of family.entries()) for (const other of family.slice(at + 1)) if (!isKnown(one, other)) found.set(keyOf(one, other), pairOf(one, other));
        await new Promise(setImmediate);
      }
      return [...found.values()];
    },
  };

  /** All that a chain of likeness connects with an image, itself among them; nobody where they are too many. */
  function smallFamilyOf(assetId: number): readonly number[] {
    const family = new Set([assetId]);
    for (const one of family) {
      for (const other of knownOf(one).alike) family.add(other);
      if (family.size > SMALL_FAMILY) return [];
    }
    return [...family];
  }
}

function isClosed({ level }: PairRow): boolean {
  return level !== null && level <= CLOSED_LEVEL;
}

export function pairOf(a: number, b: number): Pair {
  return a < b ? [a, b] : [b, a];
}

export function keyOf(a: number, b: number): string {
  return a < b ? `${a} ${b}` : `${b} ${a}`;
}
