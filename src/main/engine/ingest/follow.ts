import { opendirSync, statSync } from 'node:fs';
import { basename } from 'node:path';
import type Database from 'better-sqlite3';
import type { Imports } from './imports.ts';
import { errorCodeOf } from '../errors.ts';
import { identityOf, reasonToLeaveOut } from './scan/walk.ts';
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
/** What cannot be watched whole, is not there (a drive that is not plugged in) or went wrong is looked at this often. */
const BLIND_LOOK_MS = 60_000;

interface Followed {
  readonly path: string;
  readonly since: number;
  readonly copy: number;
}

interface Watch {
  readonly path: string;
  readonly copy: boolean;
  readonly end: AbortController;
  tree: TreeWatch | null;
  /** Of the folder that the tree was planted in; another may be mounted or made in its place. */
  identity: string | null;
  /** Part of the tree is not watched. */
  isBlind: boolean;
  /** As the place is where a drive will be mounted, which is watched in vain. */
  isEmpty: boolean;
  /** Folders in which something happened. */
  readonly dirty: Set<string>;
  /** The whole tree is to be looked at. */
  whole: boolean;
  waitingSince: number | null;
  timer: NodeJS.Timeout | undefined;
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
    const watched: Watch = {
      path, copy, end: new AbortController(), tree: null, identity: null, isBlind: false, isEmpty: false, dirty: new Set(), whole: true, waitingSince: null, timer: undefined,
    };
    watches.set(path, watched);
    inTurn(() => lookSafely(watched));
  }

  async function plant(watched: Watch): Promise<TreeWatch> {
    watched.isBlind = false;
    return watchTree({
      root: watched.path, signal: watched.end.signal,
      isLeftOut: (folder) => folder === exclude || reasonToLeaveOut(basename(folder)) !== null,
      onChanged: (folder) => { note(watched, folder); },
      onBlind(error) {
        if (error && !watched.isBlind) onDefect(error);
        watched.isBlind = true;
      },
    });
  }

  function note(watched: Watch, folder: string): void {
    watched.dirty.add(folder);
    watched.waitingSince ??= now();
    lookIn(watched, Math.max(0, Math.min(QUIET_MS, watched.waitingSince + LONGEST_WAIT_MS - now())));
  }

  function lookIn(watched: Watch, ms: number): void {
    clearTimeout(watched.timer);
    if (!watched.end.signal.aborted) watched.timer = setTimeout(() => { inTurn(() => lookSafely(watched)); }, ms);
  }

  /** What a look had taken note of is not lost when it fails: everything is looked at again. */
  async function lookSafely(watched: Watch): Promise<void> {
    try {
      await look(watched);
    } catch (error) {
      watched.tree?.close();
      watched.tree = null;
      if (errorCodeOf(error) !== 'disk-full' && !watched.end.signal.aborted) onDefect(error);
    }
    if ((watched.tree === null || watched.isBlind || watched.isEmpty) && watched.dirty.size === 0) {
      watched.whole = true;
      lookIn(watched, BLIND_LOOK_MS);
    }
  }

  async function look(watched: Watch): Promise<void> {
    const { path, copy } = watched;
    const isOver = (): boolean => watched.end.signal.aborted;
    if (isOver()) return;
    const folders = [...watched.dirty].sort();
    watched.dirty.clear();
    watched.waitingSince = null;
    const identity = identityOfFolder(path);
    if (identity !== watched.identity) {
      watched.tree?.close();
      watched.tree = null;
      watched.identity = identity;
    }
    // A drive that is not plugged in, most likely: nothing can be said of what was in it.
    if (identity === null) return;
    // Planted before the first look at all of it: what came in before the watching began is found by that look.
    const whole = watched.whole || watched.tree === null;
    const tree = (watched.tree ??= await plant(watched));
    watched.isEmpty = isEmptyFolder(path);
    // What an import is about to come upon is not news.
    await imports.scansEnded();
    if (isOver()) return;
    const added: string[] = [];
    for (const folder of folders) {
      const change = await tree.refresh(folder);
      for (const gone of change.gone) await imports.markGone(gone);
      added.push(...change.added);
    }
    const looks = whole
      ? [{ paths: [path], recursive: true }]
      : [{ paths: added, recursive: true }, { paths: folders.filter((folder) => identityOfFolder(folder) !== null), recursive: false }];
    watched.whole = false;
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
    watches.delete(path);
    clearTimeout(watched?.timer);
    watched?.end.abort();
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

function identityOfFolder(path: string): string | null {
  const stats = statSync(path, { bigint: true, throwIfNoEntry: false });
  return stats?.isDirectory() ? identityOf(stats) : null;
}

function isEmptyFolder(path: string): boolean {
  using folder = opendirSync(path);
  return folder.readSync() === null;
}
