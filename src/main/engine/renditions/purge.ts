import { readdirSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type Database from 'better-sqlite3';
import type { PurgeReport } from '../../../contract/index.ts';
import { presetSchema } from '../../../contract/index.ts';
import { errorCodeOf, errorMessageOf } from '../errors.ts';
import { PIPELINE_VERSION, renditionPath } from './store.ts';

export interface PurgeOptions {
  readonly days: number;
  readonly apply: boolean;
  readonly now: number;
}

const DAY_MS = 86_400_000;

/**
 * Mark and sweep, both ways: files without a row, rows without a file, and renditions of assets whose every source is
 * gone or that an older pipeline made, when they are older than `days`. A row goes only after its file went, so a purge
 * that is cut short is finished by the next.
 */
export async function purgeRenditions(db: Database.Database, folder: string, { days, apply, now }: PurgeOptions): Promise<PurgeReport> {
  const cutoff = now - days * DAY_MS;
  const known = db.prepare<[Uint8Array, string], { assetId: number; createdAt: number; pipeline: number; referred: number }>(`
    SELECT r.asset_id AS assetId, r.created_at AS createdAt, r.pipeline,
      a.stored = 1 OR EXISTS (SELECT 1 FROM source s WHERE s.asset_id = a.id AND s.missing_since IS NULL) AS referred
    FROM rendition r JOIN asset a ON a.id = r.asset_id WHERE a.sha256 = ? AND r.preset = ?`);
  const removeRow = db.prepare<[number, string]>('DELETE FROM rendition WHERE asset_id = ? AND preset = ?');
  const report = { found: 0, toDelete: 0, bytesToFree: 0, deletedCount: 0, deletedBytes: 0, errors: [] as PurgeReport['errors'] };

  function remove(path: string, bytes: number, row: { assetId: number; preset: string } | null): void {
    report.toDelete += 1;
    report.bytesToFree += bytes;
    if (!apply) return;
    try {
      rmSync(path, { force: true });
      if (row) removeRow.run(row.assetId, row.preset);
      report.deletedCount += 1;
      report.deletedBytes += bytes;
    } catch (error) {
      report.errors.push({ path, code: errorCodeOf(error), message: errorMessageOf(error) });
    }
  }

  for (const { path, name } of await filesOf(folder)) {
    const match = /^([0-9a-f]{64})\.([a-z]+)\.jpg$/.exec(name);
    const preset = presetSchema.safeParse(match?.[2]);
    if (!match?.[1] || !preset.success) continue;
    report.found += 1;
    const { size, mtimeMs } = statSync(path);
    const row = known.get(Buffer.from(match[1], 'hex'), preset.data);
    if (!row) {
      if (mtimeMs <= cutoff) remove(path, size, null);
    } else if ((row.referred === 0 || row.pipeline < PIPELINE_VERSION) && row.createdAt <= cutoff) remove(path, size, { assetId: row.assetId, preset: preset.data });
  }

  for (const { assetId, sha256, preset } of rowsWithoutFile(db, folder)) remove(renditionPath(folder, sha256, presetSchema.parse(preset)), 0, { assetId, preset });

  return {
    dryRun: !apply, purgeDays: days, cutoffDate: new Date(cutoff).toISOString(), renditionsFound: report.found, renditionsToDelete: report.toDelete,
    bytesToFree: report.bytesToFree, deletedCount: report.deletedCount, deletedBytes: report.deletedBytes, errors: report.errors,
  };
}

function rowsWithoutFile(db: Database.Database, folder: string): { assetId: number; sha256: string; preset: string }[] {
  const rows = db.prepare<[], { assetId: number; sha256: string; preset: string }>(
    'SELECT r.asset_id AS assetId, lower(hex(a.sha256)) AS sha256, r.preset FROM rendition r JOIN asset a ON a.id = r.asset_id').all();
  return rows.filter(({ sha256, preset }) => statSync(renditionPath(folder, sha256, presetSchema.parse(preset)), { throwIfNoEntry: false }) === undefined);
}

async function filesOf(folder: string): Promise<{ path: string; name: string }[]> {
  const files: { path: string; name: string }[] = [];
  for (const shard of readdirSync(folder, { withFileTypes: true })) {
    if (!shard.isDirectory() || !/^[0-9a-f]{2}$/.test(shard.name)) continue;
    for (const name of readdirSync(join(folder, shard.name))) files.push({ path: join(folder, shard.name, name), name });
    // A million files take seconds: let other requests through between two folders.
    await new Promise(setImmediate);
  }
  return files;
}
