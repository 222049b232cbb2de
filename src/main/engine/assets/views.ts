import type Database from 'better-sqlite3';
import type { AssetCell, Selection, Sort } from '../../../contract/index.ts';
import type { Reader } from '../catalog/reader.ts';
import { ProofsheetError } from '../errors.ts';
import { shownLocation } from '../catalog/sources.ts';
import { parseFilter } from './filter.ts';
import { ABSENCE } from './absence.ts';
import { FLAGS } from './flags.ts';
import { carrySelection } from './selection.ts';

export interface Views {
  open(filter: string, sort: Sort, first: number): Promise<{ viewId: number; total: number; cells: AssetCell[] }>;
  window(viewId: number, start: number, count: number): Promise<AssetCell[]>;
  rankOf(viewId: number, assetId: number): Promise<number | null>;
  carrySelection(fromView: number, toView: number, selection: Selection): Promise<Selection>;
  /** The first place of each image of these ranks; one whose files are all gone has none. */
  paths(viewId: number, ranks: readonly { readonly start: number; readonly end: number }[]): Promise<string[]>;
}

/** Views kept at one time; a rank costs 8 bytes, so eight views of a million assets are 64 MB. */
const MAX_VIEWS = 8;

/** Paths are looked up on the engine's own thread: so many take less than a tenth of a second. */
const MAX_PATHS = 5000;

const SORT_COLUMNS: Readonly<Record<Sort['key'], string>> = {
  added: 'a.added_order', taken: 'a.taken_at', name: 'a.name COLLATE NOCASE', bytes: 'a.bytes', pixels: 'a.width * a.height', score: 'a.score',
};

const CELL_COLUMNS = `a.id, lower(hex(a.sha256)) AS sha256, a.name, a.width, a.height, a.format, a.placeholder, a.has_alpha AS hasAlpha, ${FLAGS}, ${ABSENCE}`;

interface CellRow extends Omit<AssetCell, 'flags' | 'hasAlpha'> {
  readonly hasAlpha: number;
  readonly flags: string;
}

/**
 * Grids of any size: a view is the ranks of its assets, made once on a thread of its own and fixed until it is opened
 * again. A window is then fetched by row id, the same cost at rank 10 and at rank 900,000.
 */
export function createViews(db: Database.Database, reader: Reader, now: () => number): Views {
  const cellById = db.prepare<[number], CellRow>(`SELECT ${CELL_COLUMNS} FROM asset a WHERE a.id = ?`);
  const total = db.prepare<[], number>(`SELECT n FROM total WHERE key = 'assets'`).pluck();
  const firstPlace = db.prepare<[number], { container: string; name: string }>(`
    SELECT c.path AS container, s.name FROM source s JOIN container c ON c.id = s.container_id WHERE s.asset_id = ? AND s.missing_since IS NULL ORDER BY s.id LIMIT 1`);
  const ranks = new Map<number, Promise<Float64Array>>();
  // Ids of an earlier engine must not name views of this one: a window may have outlived it.
  let lastId = now() * 1000;

  function ranksOf(viewId: number): Promise<Float64Array> {
    const found = ranks.get(viewId);
    if (!found) throw new ProofsheetError('bad-input', `The view ${viewId} is no longer open.`);
    // The one that was looked at last is closed last.
    ranks.delete(viewId);
    ranks.set(viewId, found);
    return found;
  }

  return {
    async open(filter, sort, first) {
      const condition = parseFilter(filter);
      const direction = sort.direction === 'ascending' ? 'ASC' : 'DESC';
      const order = `ORDER BY ${SORT_COLUMNS[sort.key]} ${direction}, a.id ${direction}`;
      const from = `FROM asset a WHERE ${condition.sql} ${order}`;
      const viewId = ++lastId;
      const ids = reader.ids(`SELECT a.id ${from}`, condition.values);
      // Whoever asks for a window sees a failure; until then it is not an unhandled one.
      ids.catch(() => undefined);
      ranks.set(viewId, ids);
      for (const stale of [...ranks.keys()].slice(0, -MAX_VIEWS)) ranks.delete(stale);
      // In the order of adding, unfiltered, the first window and the total cost nothing: paint before the ranks are there.
      if (condition.sql === '1' && sort.key === 'added') {
        const cells = db.prepare<[number], CellRow>(`SELECT ${CELL_COLUMNS} ${from} LIMIT ?`).all(first).map(toCell);
        return { viewId, total: total.get() ?? 0, cells };
      }
      const all = await ids;
      return { viewId, total: all.length, cells: cellsOf(all.subarray(0, first)) };
    },
    async window(viewId, start, count) {
      return cellsOf((await ranksOf(viewId)).subarray(start, start + count));
    },
    async rankOf(viewId, assetId) {
      const rankOfAsset = (await ranksOf(viewId)).indexOf(assetId);
      return rankOfAsset === -1 ? null : rankOfAsset;
    },
    async carrySelection(fromView, toView, selection) {
      return carrySelection(await ranksOf(fromView), await ranksOf(toView), selection);
    },
    async paths(viewId, intervals) {
      const asked = intervals.reduce((sum, { start, end }) => sum + Math.max(0, end - start), 0);
      if (asked > MAX_PATHS) throw new ProofsheetError('bad-input', `${asked} paths were asked for at once, the limit is ${MAX_PATHS}.`);
      const ids = await ranksOf(viewId);
      return intervals.flatMap(({ start, end }) => [...ids.subarray(start, end)]).flatMap((id) => {
        const place = firstPlace.get(id);
        return place ? [shownLocation(place.container, place.name)] : [];
      });
    },
  };

  function cellsOf(ids: Float64Array): AssetCell[] {
    const cells: AssetCell[] = [];
    for (const id of ids) {
      const row = cellById.get(id);
      if (row) cells.push(toCell(row));
    }
    return cells;
  }
}

function toCell(row: CellRow): AssetCell {
  return { ...row, hasAlpha: row.hasAlpha === 1, flags: JSON.parse(row.flags) as string[] };
}
