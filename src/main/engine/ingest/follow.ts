import { dirname } from 'node:path';
import type Database from 'better-sqlite3';
import { watch, type FSWatcher } from 'chokidar';
import type { Imports } from './imports.ts';

export interface Following {
  list(): { path: string; since: string }[];
  /** Watches a folder from now on. */
  follow(path: string): void;
  unfollow(path: string): Promise<void>;
  /** Takes up the folders followed in earlier runs, and what changed in them while nobody watched. */
  resume(): void;
  stop(): Promise<void>;
}

export interface FollowingDependencies {
  readonly db: Database.Database;
  readonly imports: Imports;
  readonly exclude: string;
  readonly now: () => number;
  readonly onChanged: () => void;
  readonly onDefect: (error: unknown) => void;
}

/** A folder must have been quiet this long before it is looked at: files are usually written in many steps. */
const QUIET_MS = 1000;

/**
 * Keeps watching folders. Events only say which folders to look at again; what is new there is found by the same scan
 * as an import, so a lost or doubled event can neither lose nor double a file.
 */
export function createFollowing({ db, imports, exclude, now, onChanged, onDefect }: FollowingDependencies): Following {
  const list = db.prepare<[], { path: string; since: number }>('SELECT path, since FROM followed ORDER BY path');
  const insert = db.prepare<[string, number]>('INSERT INTO followed (path, since) VALUES (?, ?) ON CONFLICT DO NOTHING');
  const remove = db.prepare<[string]>('DELETE FROM followed WHERE path = ?');
  const watchers = new Map<string, FSWatcher>();
  let dirty = new Set<string>();
  let settling: NodeJS.Timeout | undefined;
  let looking: Promise<void> = Promise.resolve();

  function watchFolder(path: string): void {
    if (watchers.has(path)) return;
    const watcher = watch(path, { ignoreInitial: true, persistent: true, ignored: (candidate) => candidate === exclude || /[\\/]\.[^\\/]/.test(candidate.slice(path.length)) });
    const note = (folder: string): void => {
      dirty.add(folder);
      clearTimeout(settling);
      settling = setTimeout(look, QUIET_MS);
    };
    watcher.on('add', (file) => { note(dirname(file)); });
    watcher.on('change', (file) => { note(dirname(file)); });
    watcher.on('addDir', note);
    watcher.on('error', onDefect);
    watchers.set(path, watcher);
  }

  function look(): void {
    const folders = [...dirty].sort();
    dirty = new Set();
    looking = looking.then(() => imports.addChanged(folders, false)).catch(onDefect);
  }

  return {
    list: () => list.all().map(({ path, since }) => ({ path, since: new Date(since).toISOString() })),
    follow(path) {
      insert.run(path, now());
      watchFolder(path);
      onChanged();
    },
    async unfollow(path) {
      remove.run(path);
      await watchers.get(path)?.close();
      watchers.delete(path);
      onChanged();
    },
    resume() {
      const paths = list.all().map(({ path }) => path);
      for (const path of paths) watchFolder(path);
      if (paths.length > 0) looking = looking.then(() => imports.addChanged(paths, true)).catch(onDefect);
    },
    async stop() {
      clearTimeout(settling);
      await Promise.all([...watchers.values()].map((watcher) => watcher.close()));
      await looking;
    },
  };
}
