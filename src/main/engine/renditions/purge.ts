import { readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type Database from 'better-sqlite3';
import { presetSchema, type Preset, type PurgeReport } from '../../../contract/index.ts';
import { errorCodeOf, errorMessageOf } from '../errors.ts';
import { renditionPath } from './store.ts';

export interface PurgeOptions {
  readonly days: number;
  readonly apply: boolean;
  readonly now: number;
}

export const DAY_MS = 86_400_000;
/** A file younger than this may belong to a job whose rows are not committed yet. */
const IN_FLIGHT_MS = 3_600_000;

interface RenditionRow {
  readonly assetId: number;
  readonly sha256: string;
  readonly preset: Preset;
  /** When the last source of the asset went missing, or the asset was made where it never had one; null while it has one. */
  readonly unusedSince: number | null;
}

/**
 * Mark and sweep, both ways: renditions of assets that have been without a source for `days`, files without a row that
 * are as old, and rows without a file. Goes through the 256 folders one at a time, so a million files need little
 * memory. A row goes only after its file went, and the zoom file goes first, whose being there says that all are: a
 * purge that is cut short is finished by the next.
 */
export async function purgeRenditions(db: Database.Database, folder: string, { days, apply, now }: PurgeOptions): Promise<Omit<PurgeReport, 'cache'>> {
  const cutoff = now - days * DAY_MS;
  // What lies in the quarantine of a cleanup can come back, and is then shown as it was.
  const unusedSince = `CASE WHEN a.stored = 1 OR EXISTS (SELECT 1 FROM source WHERE asset_id = a.id AND missing_since IS NULL)
      OR EXISTS (SELECT 1 FROM operation_item i JOIN operation o ON o.id = i.operation_id WHERE i.asset_id = a.id AND i.state IN ('moved', 'restoring', 'deleting') AND o.mode <> 'trash') THEN NULL
    ELSE coalesce((SELECT max(missing_since) FROM source WHERE asset_id = a.id), a.created_at) END`;
  const rowsOf = db.prepare<[string, string], RenditionRow>(`
    SELECT r.asset_id AS assetId, lower(hex(a.sha256)) AS sha256, r.preset, ${unusedSince} AS unusedSince
    FROM asset a JOIN rendition r ON r.asset_id = a.id WHERE a.sha256 BETWEEN unhex(?) AND unhex(?)
    ORDER BY a.sha256, r.preset DESC`);
  const isUnused = db.prepare<[number, number], number>(`SELECT ${unusedSince} <= ? FROM asset a WHERE a.id = ?`).pluck();
  const removeRow = db.prepare<[number, string]>('DELETE FROM rendition WHERE asset_id = ? AND preset = ?');
  const report = { found: 0, toDelete: 0, bytesToFree: 0, deletedCount: 0, deletedBytes: 0, errors: [] as PurgeReport['errors'] };

  async function remove(path: string, bytes: number, row: RenditionRow | null): Promise<void> {
    report.toDelete += 1;
    report.bytesToFree += bytes;
    if (!apply) return;
    await rm(path, { force: true });
    if (row) removeRow.run(row.assetId, row.preset);
    report.deletedCount += 1;
    report.deletedBytes += bytes;
  }

  /** What fails stops nothing else. */
  async function attempt(path: string, act: () => Promise<void>): Promise<void> {
    try {
      await act();
    } catch (error) {
      report.errors.push({ path, code: errorCodeOf(error), message: errorMessageOf(error) });
    }
  }

  async function purgeShard(shard: string): Promise<void> {
    // The rows first: a file that is published meanwhile is then one without a row, and too young to go.
    const rows = rowsOf.all(shard.padEnd(64, '0'), shard.padEnd(64, 'f'));
    const strays = new Set(await renditionsIn(join(folder, shard)));
    report.found += strays.size;
    for (const row of rows) {
      const path = renditionPath(folder, row.sha256, row.preset);
      const isThere = strays.delete(path);
      await attempt(path, () => purgeRow(path, row, isThere));
    }
    for (const path of strays) {
      await attempt(path, async () => {
        const bytes = await sizeOf(path, Math.min(cutoff, now - IN_FLIGHT_MS));
        if (bytes !== null) await remove(path, bytes, null);
      });
    }
  }

  async function purgeRow(path: string, row: RenditionRow, isThere: boolean): Promise<void> {
    if (!isThere) {
      report.found += 1;
      await remove(path, 0, row);
    } else if (row.unusedSince !== null && row.unusedSince <= cutoff) {
      // Its file may have come back while others were being removed.
      const bytes = await sizeOf(path, now - IN_FLIGHT_MS);
      if (bytes !== null && isUnused.get(cutoff, row.assetId) === 1) await remove(path, bytes, row);
    }
  }

  for (let byte = 0; byte < 256; byte += 1) {
    const shard = byte.toString(16).padStart(2, '0');
    // A folder that cannot be read says nothing of what lies in it: its rows stay.
    await attempt(join(folder, shard), () => purgeShard(shard));
  }

  return {
    dryRun: !apply, purgeDays: days, cutoffDate: new Date(cutoff).toISOString(), renditionsFound: report.found, renditionsToDelete: report.toDelete,
    bytesToFree: report.bytesToFree, deletedCount: report.deletedCount, deletedBytes: report.deletedBytes, errors: report.errors,
  };
}

async function renditionsIn(shard: string): Promise<string[]> {
  const names = await readdir(shard).catch((error: unknown) => {
    if (errorCodeOf(error) === 'not-found') return [];
    throw error;
  });
  return names.filter((name) => {
    const match = /^[0-9a-f]{64}\.([a-z]+)\.jpg$/.exec(name);
    return presetSchema.safeParse(match?.[1]).success;
  }).map((name) => join(shard, name));
}

/** @returns null when the file has gone meanwhile, or is younger than `before`, milliseconds since 1970 */
async function sizeOf(path: string, before: number): Promise<number | null> {
  try {
    const { size, mtimeMs } = await stat(path);
    return mtimeMs <= before ? size : null;
  } catch (error) {
    if (errorCodeOf(error) === 'not-found') return null;
    throw error;
  }
}
