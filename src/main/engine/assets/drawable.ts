import type Database from 'better-sqlite3';
import { ProofsheetError } from '../errors.ts';
import type { PictureCache } from '../renditions/cache.ts';
import { callTask } from '../tasks/call.ts';
import type { TaskRunner } from '../tasks/pool.ts';
import type { DrawableInput, drawableTask } from './drawable-task.ts';
import type { Originals } from './originals.ts';
import { readTileIndex, type TileIndex } from './tile-index.ts';
import type { tilesTask } from './tiles-task.ts';

interface Picture { readonly path: string; readonly format: string }

/** A copy lies in the cache, named after its content; the original can be replaced at any time. */
export interface Drawable extends Picture { readonly isCopy: boolean }

export interface TilePlace { readonly level: number; readonly column: number; readonly row: number }

/** A part of a file. */
export interface Tile extends Picture { readonly offset: number; readonly bytes: number }

export interface Drawables {
  /** @throws ProofsheetError `not-found`, `vanished`, `stale`, and what reading and decoding may throw */
  find(assetId: number): Promise<Drawable>;
  /** Level 0 is the full size. The same errors, and `not-found` where there is no such tile. */
  tile(assetId: number, place: TilePlace): Promise<Tile>;
}

export interface DrawablesDependencies {
  readonly db: Database.Database;
  readonly originals: Originals;
  readonly pool: TaskRunner;
  readonly cache: PictureCache;
}

interface Row { readonly sha256: string; readonly format: string; readonly orientation: number; readonly colorSpace: string }

/** Pictures at full size for the window: the original where a browser draws it as we do, else a copy out of the cache. */
export function createDrawables({ db, originals, pool, cache }: DrawablesDependencies): Drawables {
  const find = db.prepare<[number], Row>('SELECT lower(hex(sha256)) AS sha256, format, orientation, color_space AS colorSpace FROM asset WHERE id = ?');
  const underway = new Map<string, Promise<Drawable>>();
  const tiling = new Map<string, Promise<TileIndex>>();

  async function copyOf(assetId: number, sha256: string): Promise<Drawable> {
    for (const [suffix, format] of COPIES) {
      const path = await cache.find(sha256, suffix);
      if (path !== null) return { path, format, isCopy: true };
    }
    const [opaque, transparent] = COPIES.map(([suffix]) => cache.pathOf(sha256, suffix));
    const input: DrawableInput = { source: { paths: originals.all(assetId), sha256 }, folder: cache.folder, paths: { opaque: opaque ?? '', transparent: transparent ?? '' } };
    const { path } = await callTask<typeof drawableTask>(pool, 'drawable', input);
    await cache.trim();
    return { path, format: path === opaque ? 'jpeg' : 'png', isCopy: true };
  }

  async function tilesOf(assetId: number, sha256: string): Promise<TileIndex> {
    const known = await cache.find(sha256, TILES);
    if (known !== null) return await readTileIndex(known);
    const index = await callTask<typeof tilesTask>(pool, 'tiles', { source: { paths: originals.all(assetId), sha256 }, folder: cache.folder, path: cache.pathOf(sha256, TILES) });
    await cache.trim();
    return index;
  }

  function rowOf(assetId: number): Row {
    const row = find.get(assetId);
    if (!row) throw new ProofsheetError('not-found', `There is no asset ${assetId}.`);
    return row;
  }

  return {
    async tile(assetId, { level, column, row }) {
      const { sha256 } = rowOf(assetId);
      let making = tiling.get(sha256);
      if (!making) {
        making = tilesOf(assetId, sha256).finally(() => { tiling.delete(sha256); });
        tiling.set(sha256, making);
      }
      const { format, levels } = await making;
      const { columns, offsets } = levels[level] ?? { columns: 0, offsets: [] };
      const [offset, end] = offsets.slice(row * columns + column);
      if (column >= columns || offset === undefined || end === undefined) throw new ProofsheetError('not-found', `Asset ${assetId} has no tile ${column}, ${row} at level ${level}.`);
      return { path: cache.pathOf(sha256, TILES), format, offset, bytes: end - offset };
    },
    async find(assetId) {
      const row = rowOf(assetId);
      const path = originals.find(assetId);
      if (typeof path === 'string' && isDrawn(row)) return { path, format: row.format, isCopy: false };
      let making = underway.get(row.sha256);
      if (!making) {
        making = copyOf(assetId, row.sha256).finally(() => { underway.delete(row.sha256); });
        underway.set(row.sha256, making);
      }
      return await making;
    },
  };
}

const TILES = 'tiles';
const COPIES = [['full.jpg', 'jpeg'], ['full.png', 'png']] as const;

/** Formats every browser draws. Only in JPEGs do all of them turn what was stored turned; CMYK they show in colours of their own. */
function isDrawn({ format, orientation, colorSpace }: Row): boolean {
  if (format === 'jpeg') return colorSpace !== 'cmyk';
  return ['png', 'webp', 'gif', 'avif', 'bmp'].includes(format) && orientation === 1;
}
