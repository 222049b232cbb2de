import type Database from 'better-sqlite3';
import type { DuplicateGroup, Level } from '../../../contract/index.ts';
import { keyText } from './groups-facts.ts';
import { byContent, linkGroups } from './groups-linkage.ts';
import { createGroupLoader } from './groups-load.ts';
import { createGroupMembers } from './groups-members.ts';
import { nameGroups } from './groups-names.ts';

/** An image and the group it was shown in, to be remembered. */
export interface SeenMember {
  readonly assetId: number;
  readonly name: string;
}

export interface GroupPage {
  readonly total: number;
  readonly groups: readonly DuplicateGroup[];
  /** What has to be written down so that the groups keep their names. */
  readonly seen: readonly SeenMember[];
}

export interface Groups {
  /** Groups by rank, in the order of their ids: so many, or as few as have so many members together. */
  page(level: Level, start: number, count: number, members?: number): GroupPage;
  /** 0-based, null when there is no such group any more. */
  rankOf(level: Level, groupId: string): number | null;
  /** The ranks of the groups that these images are in, ascending. */
  ranksOfAssets(level: Level, assetIds: readonly number[]): readonly number[];
  /** What was seen could not be written down: from now on only those names count that are. */
  forgetNames(level: Level): void;
}

/** All groups of a level, as they were at one revision. */
interface Grouping {
  readonly revision: number;
  readonly names: readonly string[];
  /** Ids of the members of group g: from starts[g] to starts[g + 1], the reference first. */
  readonly starts: Uint32Array;
  readonly assetIds: Uint32Array;
}

/** By id of the image: the name of the group it was shown in. */
type ShownNames = Map<number, string>;

/**
 * Computes the groups of a level when they are asked for and something has changed since (the catalog counts its
 * changes); a page then costs the rows of its members only. Runs where it may take seconds.
 */
export function createGroups(db: Database.Database): Groups {
  const revision = db.prepare<[], number>(`SELECT n FROM total WHERE key = 'similarity-revision'`).pluck();
  const writtenNames = db.prepare<[string]>('SELECT asset_id, name FROM group_name WHERE level = ? ORDER BY id').raw();
  const load = createGroupLoader(db);
  const readMembers = createGroupMembers(db);
  const cache = new Map<Level, Grouping>();
  const shown = new Map<Level, ShownNames>();

  function groupingOf(level: Level): Grouping {
    const current = revision.get() ?? 0;
    const known = cache.get(level);
    if (known?.revision === current) return known;
    // What was held is let go of before its successor takes as much again.
    cache.delete(level);
    const made = makeGrouping(level, current);
    cache.set(level, made);
    return made;
  }

  function makeGrouping(level: Level, current: number): Grouping {
    const material = load(level);
    const { assets } = material;
    const groups = linkGroups(material);
    const shownNames = shownNamesOf(level);
    const named = nameGroups(groups, { keyOf: (id) => keyText(assets, id), compareKeys: (a, b) => byContent(assets, a, b), nameOf: (id) => shownNames.get(id) });
    const order = Array.from(groups.keys()).sort((a, b) => ((named[a] ?? '') < (named[b] ?? '') ? -1 : 1));
    const starts = new Uint32Array(groups.length + 1);
    for (const [rank, group] of order.entries()) starts[rank + 1] = (starts[rank] ?? 0) + (groups[group]?.length ?? 0);
    const assetIds = new Uint32Array(starts[groups.length] ?? 0);
    for (const [rank, group] of order.entries()) assetIds.set(groups[group] ?? [], starts[rank]);
    return { revision: current, names: order.map((group) => named[group] ?? ''), starts, assetIds };
  }

  /** Read once: nobody else hands out names. */
  function shownNamesOf(level: Level): ShownNames {
    const known = shown.get(level);
    if (known !== undefined) return known;
    const names: ShownNames = new Map(writtenNames.iterate(level) as IterableIterator<[number, string]>);
    shown.set(level, names);
    return names;
  }

  return {
    // Each in one transaction, so that what is read belongs together.
    page: db.transaction((level: Level, start: number, count: number, memberLimit?: number): GroupPage => {
      const grouping = groupingOf(level);
      const shownNames = shownNamesOf(level);
      const groups: DuplicateGroup[] = [];
      const seen: SeenMember[] = [];
      let left = memberLimit ?? Infinity;
      for (let rank = start; rank < Math.min(start + count, grouping.names.length) && left > 0; rank += 1) {
        const name = grouping.names[rank] ?? '';
        const members = readMembers(grouping.assetIds.subarray(grouping.starts[rank], grouping.starts[rank + 1]));
        groups.push({ id: name, members });
        left -= members.length;
        for (const { assetId } of members) {
          if (shownNames.get(assetId) === name) continue;
          shownNames.set(assetId, name);
          seen.push({ assetId, name });
        }
      }
      return { total: grouping.names.length, groups, seen };
    }),
    rankOf: db.transaction((level: Level, groupId: string): number | null => {
      const ids = groupingOf(level).names;
      let [low, high] = [0, ids.length];
      while (low < high) {
        const middle = (low + high) >> 1;
        if ((ids[middle] ?? '') < groupId) low = middle + 1;
        else high = middle;
      }
      return ids[low] === groupId ? low : null;
    }),
    ranksOfAssets: db.transaction((level: Level, assetIds: readonly number[]): readonly number[] => {
      const { assetIds: members, starts } = groupingOf(level);
      const wanted = new Set(assetIds);
      const ranks: number[] = [];
      for (let rank = 0; rank + 1 < starts.length; rank += 1) {
        for (let at = starts[rank] ?? 0; at < (starts[rank + 1] ?? 0); at += 1) {
          if (!wanted.has(members[at] ?? 0)) continue;
          ranks.push(rank);
          break;
        }
      }
      return ranks;
    }),
    forgetNames(level) {
      shown.delete(level);
      cache.delete(level);
    },
  };
}
