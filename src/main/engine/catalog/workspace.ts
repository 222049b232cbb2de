import { mkdirSync, realpathSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { ProofsheetError } from '../errors.ts';

/** Where everything of one workspace lies. All paths are absolute, with links resolved. */
export interface Workspace {
  readonly root: string;
  readonly catalog: string;
  readonly renditions: string;
  readonly originals: string;
  /** What is being fetched, and was and is not yet an original. */
  readonly downloads: string;
  /** Pictures that can be made again at any time. */
  readonly cache: string;
  readonly quarantine: string;
  readonly backups: string;
  readonly logs: string;
  readonly engineFile: string;
  /** Gives up the exclusive hold on the workspace. The kernel does it too when the process dies, however it dies. */
  readonly release: () => void;
}

/**
 * Creates the folders where missing and takes the workspace for this process alone.
 * The lock is an SQLite exclusive transaction on a file of its own: a lock of the operating system, so it never goes
 * stale, unlike a file with a process id in it.
 * @throws ProofsheetError `workspace-busy` when another process holds it.
 */
export function openWorkspace(folder: string): Workspace {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const root = realpathSync(folder);
  const release = lock(join(root, 'engine.lock'), root);
  const below = (name: string): string => {
    const path = join(root, name);
    mkdirSync(path, { recursive: true });
    return path;
  };
  return {
    root,
    catalog: join(root, 'catalog.sqlite'),
    renditions: below('renditions'),
    originals: below('originals'),
    downloads: below('downloads'),
    cache: below('cache'),
    quarantine: below('quarantine'),
    backups: below('backups'),
    logs: below('logs'),
    engineFile: join(root, 'engine.json'),
    release,
  };
}

function lock(path: string, root: string): () => void {
  const holder = new Database(path, { timeout: 0 });
  try {
    holder.pragma('journal_mode = DELETE');
    holder.exec('BEGIN EXCLUSIVE');
  } catch (error) {
    holder.close();
    if (String((error as { code?: unknown }).code).startsWith('SQLITE_BUSY')) {
      throw new ProofsheetError('workspace-busy', `Another Proofsheet engine holds the workspace ${root}.`);
    }
    throw error;
  }
  return () => holder.close();
}
