import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type Database from 'better-sqlite3';
import { ProofsheetError } from '../errors.ts';
import { migrations as published, type Migration } from './migrations/index.ts';

/**
 * Brings a catalog to the newest version, one transaction a migration. Before the first one touches a catalog that has
 * content, the whole file is copied to `backups/`.
 * @throws ProofsheetError `workspace-newer` when a newer program has written the catalog, `workspace-older` when it was
 * made by migrations that were edited since (which happens before the first release only).
 */
export function migrate(db: Database.Database, backupFolder: string, migrations: readonly Migration[] = published): void {
  const newest = migrations.at(-1)?.version ?? 0;
  const current = Number(db.pragma('user_version', { simple: true }));
  if (current > newest) {
    throw new ProofsheetError('workspace-newer', `This catalog has format ${current}; this program knows formats up to ${newest}. Open it with a newer Proofsheet.`);
  }
  checkEditions(db, migrations.filter(({ version }) => version <= current));
  const pending = migrations.filter((migration) => migration.version > current);
  if (pending.length === 0) return;
  if (current > 0) backUp(db, backupFolder, current);
  for (const migration of pending) {
    db.transaction(() => {
      db.exec(migration.sql);
      db.exec('CREATE TABLE IF NOT EXISTS migration (version INTEGER PRIMARY KEY, edition TEXT NOT NULL) STRICT');
      db.prepare('INSERT INTO migration VALUES (?, ?)').run(migration.version, editionOf(migration));
      db.pragma(`user_version = ${migration.version}`);
    }).immediate();
  }
}

/** The tables must be those of this program's text: what was edited does not run again. */
function checkEditions(db: Database.Database, done: readonly Migration[]): void {
  const hasEditions = db.prepare(`SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = 'migration'`).get() !== undefined;
  const editions = new Map(hasEditions ? db.prepare<[], [number, string]>('SELECT version, edition FROM migration').raw().all() : []);
  for (const migration of done) {
    const [known, wanted] = [editions.get(migration.version), editionOf(migration)];
    if (known === wanted) continue;
    throw new ProofsheetError('workspace-older', `This catalog was made by an earlier state of this program: its ${migration.name} is edition ${known ?? 'unknown'}, this program's is ${wanted}. Ingest into a new workspace.`);
  }
}

/** Of its statements, whatever its comments say: 8 digits of their SHA-256. */
function editionOf({ sql }: Migration): string {
  return createHash('sha256').update(sql.replaceAll(/--.*/g, '').replaceAll(/\s+/g, ' ').trim()).digest('hex').slice(0, 8);
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
