import { statSync } from 'node:fs';
import { basename } from 'node:path';
import type Database from 'better-sqlite3';
import type { Imports } from './imports.ts';
import { reasonToLeaveOut } from './scan/walk.ts';
import { watchTree, type TreeWatch } from './watch-tree.ts';

export interface Following {
  list(): { path: string; since: string }[];
  /** Watches a folder from now on; `copy` keeps a copy of each original that comes in. */
  follow(path: string, copy: boolean): void;
  unfollow(path: string): void;
  /** Takes up the folders followed in earlier runs, and what changed in them while nobody watched. */
  resume(): void;
  stop(): Promise<void>;
}

export interface FollowingDependencies {
  readonly db: Database.Database;
  readonly imports: Imports;
  readonly exclude: string;
  readonly onChanged: () => void;
  readonly now: () => number;
  readonly onDefect: (error: unknown) => void;
}

/** A folder is looked at when it has been quiet this long, since files are usually written in many steps … */
const QUIET_MS = 1000;
/** … or when it has been waiting this long: a camera that is being copied from is never quiet. */
const LONGEST_WAIT_MS = 10_000;
/** A tree that cannot be watched whole is looked at this often, and so is one whose drive is not plugged in. */
const UNWATCHED_LOOK_MS = 60_000;

interface Followed {
  readonly path: string;
  readonly since: number;
  readonly copy: number;
}

interface Watch {
  readonly path: string;
  readonly copy: boolean;
  tree: TreeWatch | null;
  /** Folders in which something happened. */
  readonly dirty: Set<string>;
  /** The whole tree is to be looked at. */
  whole: boolean;
  waitingSince: number | null;
  timer: NodeJS.Timeout | undefined;
  fallback: NodeJS.Timeout | undefined;
  isClosed: boolean;
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
  let working: Promise<void> = Promise.resolve();

  function begin(path: string, copy: boolean): void {
    const watched: Watch = { path, copy, tree: null, dirty: new Set(), whole: true, waitingSince: null, timer: undefined, fallback: undefined, isClosed: false };
    watches.set(path, watched);
    inTurn(() => look(watched));
  }

  async function plant(watched: Watch): Promise<TreeWatch> {
    return watchTree({
      root: watched.path, isLeftOut: (folder) => folder === exclude || reasonToLeaveOut(basename(folder)) !== null,
      onChanged: (folder) => { note(watched, folder); },
      onError(error) {
        if (watched.fallback === undefined) onDefect(error);
        lookNowAndThen(watched);
      },
    });
  }

  function lookNowAndThen(watched: Watch): void {
    if (!watched.isClosed) watched.fallback ??= setInterval(() => { note(watched, null); }, UNWATCHED_LOOK_MS);
  }

  /** @param folder null is the whole tree */
  function note(watched: Watch, folder: string | null): void {
    if (watched.isClosed) return;
    if (folder === null) watched.whole = true;
    else watched.dirty.add(folder);
    watched.waitingSince ??= now();
    const wait = Math.max(0, Math.min(QUIET_MS, watched.waitingSince + LONGEST_WAIT_MS - now()));
    clearTimeout(watched.timer);
    watched.timer = setTimeout(() => { inTurn(() => look(watched)); }, wait);
  }

  async function look(watched: Watch): Promise<void> {
    if (watched.isClosed) return;
    const { path, copy } = watched;
    const folders = [...watched.dirty].sort();
    // Planted before the first look at all of it: what came in before the watching began is found by that look.
    const whole = watched.whole || watched.tree === null;
    watched.dirty.clear();
    watched.whole = false;
    watched.waitingSince = null;
    if (!isFolder(path)) {
      // A drive that is not plugged in, most likely: nothing can be said of what was in it.
      watched.tree?.close();
      watched.tree = null;
      lookNowAndThen(watched);
      return;
    }
    const tree = (watched.tree ??= await plant(watched));
    if (watches.get(path) !== watched) tree.close();
    // What an import is about to come upon is not news.
    await imports.scansEnded();
    const added: string[] = [];
    for (const folder of folders) {
      const change = await tree.refresh(folder);
      for (const gone of change.gone) imports.markGone(gone);
      added.push(...change.added);
    }
    const looks = whole
      ? [{ paths: [path], recursive: true }]
      : [{ paths: added, recursive: true }, { paths: folders.filter(isFolder), recursive: false }];
    for (const { paths, recursive } of looks) {
      if (paths.length === 0) continue;
      for (const folder of await imports.addChanged({ paths, recursive, copy })) note(watched, folder);
    }
  }

  /** One thing at a time, in the order of asking. */
  function inTurn(task: () => Promise<void>): void {
    working = working.then(task).catch(onDefect);
  }

  function end(path: string): void {
    const watched = watches.get(path);
    if (!watched) return;
    watches.delete(path);
    watched.isClosed = true;
    clearTimeout(watched.timer);
    clearInterval(watched.fallback);
    watched.tree?.close();
  }

  return {
    list: () => list.all().map(({ path, since }) => ({ path, since: new Date(since).toISOString() })),
    follow(path, copy) {
      insert.run(path, now(), Number(copy));
      if (watches.get(path)?.copy !== copy) {
        end(path);
        begin(path, copy);
      }
      onChanged();
    },
    unfollow(path) {
      remove.run(path);
      end(path);
      onChanged();
    },
    resume() {
      for (const { path, copy } of list.all()) if (!watches.has(path)) begin(path, copy === 1);
    },
    async stop() {
      for (const path of [...watches.keys()]) end(path);
      await working;
    },
  };
}

function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
}
