import { existsSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type Database from 'better-sqlite3';
import { ProofsheetError } from '../errors.ts';
import { migrations as published, type Migration } from './migrations/index.ts';

/**
 * Brings a catalog to the newest version, one transaction a migration. Before the first one touches a catalog that has
 * content, the whole file is copied to `backups/`.
 * @throws ProofsheetError `workspace-newer` when a newer program has written the catalog.
 */
export function migrate(db: Database.Database, backupFolder: string, migrations: readonly Migration[] = published): void {
  const newest = migrations.at(-1)?.version ?? 0;
  const current = Number(db.pragma('user_version', { simple: true }));
  if (current > newest) {
    throw new ProofsheetError('workspace-newer', `This catalog has format ${current}; this program knows formats up to ${newest}. Open it with a newer Proofsheet.`);
  }
  const pending = migrations.filter((migration) => migration.version > current);
  if (pending.length === 0) return;
  if (current > 0) backUp(db, backupFolder, current);
  for (const migration of pending) {
    db.transaction(() => {
      db.exec(migration.sql);
      db.pragma(`user_version = ${migration.version}`);
    }).immediate();
  }
}

function backUp(db: Database.Database, folder: string, version: number): void {
  mkdirSync(folder, { recursive: true });
  const target = join(folder, `catalog-format-${version}.sqlite`);
  // An earlier try may have copied it and died in the migration: that copy is the one worth keeping.
  if (existsSync(target)) return;
  const part = `${target}.part`;
  rmSync(part, { force: true });
  db.prepare('VACUUM INTO ?').run(part);
  renameSync(part, target);
}
