import { statSync } from 'node:fs';
import { dirname } from 'node:path';
import type Database from 'better-sqlite3';
import { watch, type FSWatcher } from 'chokidar';
import type { Imports } from './imports.ts';

export interface Following {
  list(): { path: string; since: string }[];
  /** Watches a folder from now on; `copy` keeps a copy of each original that comes in. */
  follow(path: string, copy: boolean): void;
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

/** A folder is looked at when it has been quiet this long, since files are usually written in many steps … */
const QUIET_MS = 1000;
/** … or when it has been waiting this long: a camera that is being copied from is never quiet. */
const LONGEST_WAIT_MS = 10_000;
/** What the system cannot watch (its watches are used up, say) is looked at this often instead. */
const UNWATCHED_LOOK_MS = 60_000;

interface Followed {
  readonly path: string;
  readonly since: number;
  readonly copy: number;
}

interface Watch {
  readonly watcher: FSWatcher;
  readonly copy: boolean;
  /** Folders something happened in. */
  readonly dirty: Set<string>;
  /** The whole tree is to be looked at. */
  whole: boolean;
  waitingSince: number | null;
  timer?: NodeJS.Timeout | undefined;
  fallback?: NodeJS.Timeout | undefined;
}

/**
 * Keeps watching folders. Events only say which folders to look at again; what is new there is found by the same scan
 * as an import, so a lost or doubled event can neither lose nor double a file.
 */
export function createFollowing({ db, imports, exclude, now, onChanged, onDefect }: FollowingDependencies): Following {
  const list = db.prepare<[], Followed>('SELECT path, since, copy FROM followed ORDER BY path');
  const insert = db.prepare<[string, number, number]>('INSERT INTO followed (path, since, copy) VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET copy = excluded.copy');
  const remove = db.prepare<[string]>('DELETE FROM followed WHERE path = ?');
  const watches = new Map<string, Watch>();
  let looking: Promise<void> = Promise.resolve();

  function watchFolder(path: string, copy: boolean): void {
    const watcher = watch(path, {
      ignoreInitial: true, persistent: true, followSymlinks: false,
      ignored: (candidate) => candidate === exclude || /[\\/]\.[^\\/]/.test(candidate.slice(path.length)),
    });
    const watched: Watch = { watcher, copy, dirty: new Set(), whole: false, waitingSince: null };
    const noteFolderOf = (file: string): void => { note(path, watched, dirname(file)); };
    watcher.on('add', noteFolderOf).on('change', noteFolderOf).on('unlink', noteFolderOf);
    watcher.on('addDir', (folder) => { note(path, watched, folder); }).on('unlinkDir', (folder) => { note(path, watched, folder); });
    // What came in before the watching began, in this run or since the last one.
    watcher.on('ready', () => { note(path, watched, null); });
    watcher.on('error', (error) => {
      if (watched.fallback === undefined) onDefect(error);
      watched.fallback ??= setInterval(() => { note(path, watched, null); }, UNWATCHED_LOOK_MS);
    });
    watches.set(path, watched);
  }

  /** @param folder null is the whole tree */
  function note(path: string, watched: Watch, folder: string | null): void {
    // A name that is not UTF-8 arrives mangled and cannot be opened: its tree is looked at from the top.
    if (folder === null || folder.includes('\uFFFD')) watched.whole = true;
    else watched.dirty.add(folder);
    watched.waitingSince ??= now();
    const wait = Math.max(0, Math.min(QUIET_MS, watched.waitingSince + LONGEST_WAIT_MS - now()));
    clearTimeout(watched.timer);
    watched.timer = setTimeout(() => { look(path, watched); }, wait);
  }

  function look(path: string, watched: Watch): void {
    looking = looking.then(async () => {
      const { copy, whole } = watched;
      const folders = [...watched.dirty].sort();
      watched.dirty.clear();
      watched.whole = false;
      watched.waitingSince = null;
      // A followed folder that is not there is a drive that is not plugged in: nothing can be said of what was in it.
      if (!isFolder(path)) return;
      // What an import is about to come upon is not news.
      await imports.scansEnded();
      for (const folder of folders) if (!isFolder(folder)) imports.markGone(folder);
      const paths = whole ? [path] : folders.filter(isFolder);
      if (paths.length === 0) return;
      const unsettled = await imports.addChanged({ paths, recursive: whole, copy });
      if (unsettled && watches.get(path) === watched) for (const folder of paths) note(path, watched, whole ? null : folder);
    }).catch(onDefect);
  }

  async function unwatch(path: string): Promise<void> {
    const watched = watches.get(path);
    watches.delete(path);
    clearTimeout(watched?.timer);
    clearInterval(watched?.fallback);
    await watched?.watcher.close();
  }

  return {
    list: () => list.all().map(({ path, since }) => ({ path, since: new Date(since).toISOString() })),
    follow(path, copy) {
      insert.run(path, now(), Number(copy));
      const watched = watches.get(path);
      if (watched?.copy !== copy) {
        void unwatch(path).catch(onDefect);
        watchFolder(path, copy);
      }
      onChanged();
    },
    async unfollow(path) {
      remove.run(path);
      await unwatch(path);
      onChanged();
    },
    resume() {
      for (const { path, copy } of list.all()) {
        if (!watches.has(path)) watchFolder(path, copy === 1);
      }
    },
    async stop() {
      await Promise.all([...watches.keys()].map(unwatch));
      await looking;
    },
  };
}

function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
}
