import Database from 'better-sqlite3';
import { migrate } from './migrate.ts';

/** Opens the catalog for writing, creating and migrating it as needed. There is one writer: the engine. */
export function openCatalog(path: string, backupFolder: string): Database.Database {
  const db = new Database(path);
  db.pragma('journal_mode = WAL');
  db.pragma('synchronous = NORMAL');
  db.pragma('foreign_keys = ON');
  db.pragma('cache_size = -16384');
  db.pragma('temp_store = MEMORY');
  try {
    migrate(db, backupFolder);
  } catch (error) {
    db.close();
    throw error;
  }
  return db;
}
