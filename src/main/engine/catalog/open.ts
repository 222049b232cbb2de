import Database from 'better-sqlite3';
import { errorMessageOf, ProofsheetError } from '../errors.ts';
import { migrate } from './migrate.ts';

/**
 * Opens the catalog for writing, creating and migrating it as needed. There is one writer: the engine.
 * @throws ProofsheetError `corrupt`, `workspace-newer`, `workspace-older`
 */
export function openCatalog(path: string, backupFolder: string): Database.Database {
  const db = new Database(path);
  try {
    db.pragma('journal_mode = WAL');
    db.pragma('synchronous = NORMAL');
    db.pragma('foreign_keys = ON');
    db.pragma('cache_size = -16384');
    db.pragma('temp_store = MEMORY');
    migrate(db, backupFolder);
  } catch (error) {
    db.close();
    const code = String((error as { code?: unknown } | null)?.code);
    if (!/^SQLITE_(NOTADB|CORRUPT)/.test(code)) throw error;
    throw new ProofsheetError('corrupt', `${path} is not a catalog that can be read: ${errorMessageOf(error)}. Copies from before an upgrade lie in ${backupFolder}.`);
  }
  return db;
}
