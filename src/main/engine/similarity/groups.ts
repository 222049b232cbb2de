import type Database from 'better-sqlite3';
import type { DuplicateGroup, Level } from '../../../contract/index.ts';
import { createGroupMembers } from './groups-members.ts';
import { type GroupAsset, type GroupEdge, linkGroups } from './groups-linkage.ts';
import { nameGroups } from './groups-names.ts';
import { LEVEL_NUMBERS } from './pair-rows.ts';

/** A content and the group it was shown in, to be remembered. */
export interface SeenMember {
  readonly sha256: string;
  readonly name: string;
}

export interface GroupPage {
  readonly total: number;
  readonly groups: readonly DuplicateGroup[];
  /** What has to be written down so that the groups keep their names. */
  readonly seen: readonly SeenMember[];
}

export interface Groups {
  /** Groups by rank, in the order of their ids. */
  page(level: Level, start: number, count: number): GroupPage;
  /** 0-based, null when there is no such group any more. */
  rankOf(level: Level, groupId: string): number | null;
  /** The ranks of the groups that these images are in. */
  ranksOfAssets(level: Level, assetIds: readonly number[]): readonly number[];
}

/** All groups of a level, as they were at one revision. */
interface Grouping {
  readonly revision: number;
  readonly names: readonly string[];
  /** Ids of the members of group g: from starts[g] to starts[g + 1], the reference first. */
  readonly starts: Uint32Array;
  readonly assetIds: Float64Array;
  readonly shas: readonly string[];
  /** By content: the name that is written down. */
  readonly written: Map<string, string>;
}

/**
 * Computes the groups of a level when they are asked for and something has changed since (the catalog counts its
 * changes); a page then costs the rows of its members only. Runs where it may take seconds: a million images with
 * 200,000 groups take about three.
 */
export function createGroups(db: Database.Database): Groups {
  const revision = db.prepare<[], number>(`SELECT n FROM total WHERE key = 'similarity-revision'`).pluck();
  const load = createLoader(db);
  const readMembers = createGroupMembers(db);
  const cache = new Map<Level, Grouping>();

  function groupingOf(level: Level): Grouping {
    const current = revision.get() ?? 0;
    const known = cache.get(level);
    if (known?.revision === current) return known;
    // What was held is let go of before its successor takes as much again.
    cache.delete(level);
    const made = { ...load(level), revision: current };
    cache.set(level, made);
    return made;
  }

  return {
    // Each in one transaction, so that what is read belongs together.
    page: db.transaction((level: Level, start: number, count: number): GroupPage => {
      const grouping = groupingOf(level);
      const groups: DuplicateGroup[] = [];
      const seen: SeenMember[] = [];
      for (let rank = start; rank < Math.min(start + count, grouping.names.length); rank += 1) {
        const [from, to] = [grouping.starts[rank] ?? 0, grouping.starts[rank + 1] ?? 0];
        const name = grouping.names[rank] ?? '';
        groups.push({ id: name, members: readMembers(grouping.assetIds.subarray(from, to)) });
        for (const sha256 of grouping.shas.slice(from, to)) {
          if (grouping.written.get(sha256) === name) continue;
          grouping.written.set(sha256, name);
          seen.push({ sha256, name });
        }
      }
      return { total: grouping.names.length, groups, seen };
    }),
    rankOf: db.transaction((level: Level, groupId: string): number | null => {
      const { names } = groupingOf(level);
      let [low, high] = [0, names.length];
      while (low < high) {
        const middle = (low + high) >> 1;
        if ((names[middle] ?? '') < groupId) low = middle + 1;
        else high = middle;
      }
      return names[low] === groupId ? low : null;
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
  };
}

/** Reads what the groups of a level are made of, and makes them. */
function createLoader(db: Database.Database): (level: Level) => Omit<Grouping, 'revision'> {
  const pairs = db.prepare<[number]>('SELECT a_id, b_id, similarity, distance, whole FROM pair WHERE level <= ?').raw();
  const samePixels = db.prepare<[], number>(`
    SELECT id FROM asset WHERE pixel_sha256 IN (SELECT pixel_sha256 FROM asset INDEXED BY asset_pixels WHERE pixel_sha256 IS NOT NULL GROUP BY pixel_sha256 HAVING count(*) > 1)`).pluck();
  const severalFiles = db.prepare<[], number>(`
    SELECT asset_id FROM source INDEXED BY source_present WHERE asset_id IS NOT NULL AND missing_since IS NULL GROUP BY asset_id HAVING count(*) > 1`).pluck();
  const asset = db.prepare<[number], GroupAsset>(`
    SELECT lower(hex(sha256)) AS sha256, nullif(hex(pixel_sha256), '') AS pixels, width * height AS pixelCount, bytes,
      (SELECT count(*) FROM source INDEXED BY source_present WHERE asset_id = asset.id AND missing_since IS NULL) AS files FROM asset WHERE id = ?`);
  const apart = db.prepare<[]>(`
    SELECT x.id, y.id FROM not_duplicate n JOIN asset x ON x.sha256 = n.a_sha256 JOIN asset y ON y.sha256 = n.b_sha256`).raw();
  const written = db.prepare<[string]>('SELECT lower(hex(sha256)), name FROM group_name WHERE level = ?').raw();

  return (level) => {
    const assets: GroupAsset[] = [];
    const ids: number[] = [];
    const places = new Map<number, number>();
    /** Its place in the list, −1 when no file shows it now. */
    const placeOf = (id: number): number => {
      const known = places.get(id);
      if (known !== undefined) return known;
      const row = asset.get(id);
      const place = row === undefined || row.files === 0 ? -1 : assets.push(row) - 1;
      if (place !== -1) ids.push(id);
      places.set(id, place);
      return place;
    };
    const edges: GroupEdge[] = [];
    for (const row of pairs.iterate(LEVEL_NUMBERS[level]) as IterableIterator<[number, number, number, number, 'a' | 'b' | null]>) {
      const [a, b] = [placeOf(row[0]), placeOf(row[1])];
      if (a !== -1 && b !== -1) edges.push({ a, b, similarity: row[2], distance: row[3], whole: row[4] });
    }
    for (const id of samePixels.iterate()) placeOf(id);
    for (const id of severalFiles.iterate()) placeOf(id);
    const vetoes = (apart.all() as [number, number][]).map(([a, b]): [number, number] => [places.get(a) ?? -1, places.get(b) ?? -1]).filter(([a, b]) => a !== -1 && b !== -1);
    const groups = linkGroups(assets, edges, vetoes);
    const names = new Map(written.all(level) as [string, string][]);
    const named = nameGroups(groups.map(({ members }) => members.map((place) => assets[place]?.sha256 ?? '')), names);
    const order = Array.from(named.keys()).sort((a, b) => ((named[a] ?? '') < (named[b] ?? '') ? -1 : 1));
    const starts = new Uint32Array(groups.length + 1);
    const members = order.flatMap((at, rank) => {
      const list = groups[at]?.members ?? [];
      starts[rank + 1] = (starts[rank] ?? 0) + list.length;
      return list;
    });
    return {
      names: order.map((at) => named[at] ?? ''), starts, written: names,
      assetIds: Float64Array.from(members, (place) => ids[place] ?? 0), shas: members.map((place) => assets[place]?.sha256 ?? ''),
    };
  };
}
