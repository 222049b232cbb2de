import type Database from 'better-sqlite3';
import { ProofsheetError } from '../errors.ts';
import type { PictureCache } from '../renditions/cache.ts';
import { callTask } from '../tasks/call.ts';
import type { TaskRunner } from '../tasks/pool.ts';
import type { DrawableInput } from './drawable-task.ts';
import type { Originals } from './originals.ts';

export interface Drawable { readonly path: string; readonly format: string }

export interface Drawables {
  /** @throws ProofsheetError `not-found`, `vanished`, `stale`, and what reading and decoding may throw */
  find(assetId: number): Promise<Drawable>;
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

  async function copyOf(assetId: number, sha256: string): Promise<Drawable> {
    for (const [suffix, format] of COPIES) {
      const path = await cache.find(sha256, suffix);
      if (path !== null) return { path, format };
    }
    const [opaque, transparent] = COPIES.map(([suffix]) => cache.pathOf(sha256, suffix));
    const input: DrawableInput = { source: { paths: originals.all(assetId), sha256 }, folder: cache.folder, paths: { opaque: opaque ?? '', transparent: transparent ?? '' } };
    const { path } = await callTask<DrawableInput, { readonly path: string }>(pool, 'drawable', input);
    await cache.trim();
    return { path, format: path === opaque ? 'jpeg' : 'png' };
  }

  return {
    async find(assetId) {
      const row = find.get(assetId);
      if (!row) throw new ProofsheetError('not-found', `There is no asset ${assetId}.`);
      const path = originals.find(assetId);
      if (typeof path === 'string' && isDrawn(row)) return { path, format: row.format };
      let making = underway.get(row.sha256);
      if (!making) {
        making = copyOf(assetId, row.sha256).finally(() => { underway.delete(row.sha256); });
        underway.set(row.sha256, making);
      }
      return await making;
    },
  };
}

const COPIES = [['full.jpg', 'jpeg'], ['full.png', 'png']] as const;

/** Formats every browser draws. Only in JPEGs do all of them turn what was stored turned; CMYK they show in colours of their own. */
function isDrawn({ format, orientation, colorSpace }: Row): boolean {
  if (format === 'jpeg') return colorSpace !== 'cmyk';
  return ['png', 'webp', 'gif', 'avif', 'bmp'].includes(format) && orientation === 1;
}
