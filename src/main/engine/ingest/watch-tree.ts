import { watch, type FSWatcher } from 'node:fs';
import { opendir, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { errorCodeOf } from '../errors.ts';
import { identityOf } from './scan/walk.ts';

/** What a closer look at a folder in which something happened showed. */
export interface FolderChange {
  /** Folders that are new, each with all below it still to be looked at. */
  readonly added: readonly string[];
  readonly gone: readonly string[];
}

export interface TreeWatch {
  /** Finds what came and went among the folders directly in this one, and watches those that came. */
  refresh(folder: string): Promise<FolderChange>;
  close(): void;
}

export interface TreeWatchOptions {
  readonly root: string;
  readonly isLeftOut: (folder: string) => boolean;
  /** Something happened in this folder: a file or folder in it was added, changed or removed. */
  readonly onChanged: (folder: string) => void;
  /** Part of the tree cannot be watched: the system's watches are used up (then with the error), or a name is not UTF-8. */
  readonly onBlind: (error: Error | null) => void;
  /** Ends the watching, also while the tree is still being gone through. */
  readonly signal: AbortSignal;
}

/**
 * Watches a tree of folders, and knows nothing of files: what a library that keeps each file's state costs (3 kB of heap)
 * is gigabytes for a million images. Linux has one watch for each folder; elsewhere the system watches trees itself.
 * Resolves when all of the tree is watched.
 */
export async function watchTree(options: TreeWatchOptions): Promise<TreeWatch> {
  return process.platform === 'linux' ? watchEachFolder(options) : watchWhole(options);
}

interface Node {
  readonly watcher: FSWatcher | null;
  /** The folders in it, by path, each with its identity: another folder may come under the name of one that went. */
  children: ReadonlyMap<string, string>;
}

async function watchEachFolder({ root, isLeftOut, onChanged, onBlind, signal }: TreeWatchOptions): Promise<TreeWatch> {
  const nodes = new Map<string, Node>();
  signal.addEventListener('abort', close);

  function watchFolder(folder: string): FSWatcher | null {
    try {
      const watcher = watch(folder, () => { onChanged(folder); });
      watcher.on('error', onBlind);
      return watcher;
    } catch (error) {
      // Gone again before it could be watched, of which its parent tells; or closed to us, and then nothing in it is ours.
      if (!['not-found', 'no-permission'].includes(errorCodeOf(error))) onBlind(error instanceof Error ? error : new Error(String(error)));
      return null;
    }
  }

  async function childrenOf(folder: string): Promise<Map<string, string>> {
    const { folders, isMangled } = await foldersIn(folder, isLeftOut);
    if (isMangled) onBlind(null);
    return folders;
  }

  /** Watched before it is read, so that nothing can come in between. */
  async function add(folder: string): Promise<void> {
    const pending = [folder];
    for (let next = pending.pop(); next !== undefined && !signal.aborted; next = pending.pop()) {
      const node: Node = { watcher: watchFolder(next), children: new Map() };
      nodes.set(next, node);
      node.children = await childrenOf(next);
      pending.push(...node.children.keys());
    }
    if (signal.aborted) close();
  }

  function drop(folder: string): void {
    const node = nodes.get(folder);
    nodes.delete(folder);
    node?.watcher?.close();
    for (const child of node?.children.keys() ?? []) drop(child);
  }

  function close(): void {
    for (const { watcher } of nodes.values()) watcher?.close();
    nodes.clear();
  }

  await add(root);
  return {
    close,
    async refresh(folder) {
      const node = nodes.get(folder);
      if (!node) return { added: [], gone: [] };
      const before = node.children;
      const present = await childrenOf(folder);
      const gone = [...before.keys()].filter((child) => present.get(child) !== before.get(child));
      const added = [...present.keys()].filter((child) => present.get(child) !== before.get(child));
      node.children = present;
      for (const child of gone) drop(child);
      for (const child of added) await add(child);
      return { added, gone };
    },
  };
}

function watchWhole({ root, isLeftOut, onChanged, onBlind, signal }: TreeWatchOptions): TreeWatch {
  /** Paths that something happened to, by the folder they are in. */
  const touched = new Map<string, Set<string>>();
  const watcher = watch(root, { recursive: true, signal }, (_event, name) => {
    const path = name === null ? root : join(root, name);
    for (let folder = path; folder.length > root.length; folder = dirname(folder)) if (isLeftOut(folder)) return;
    const folder = name === null ? root : dirname(path);
    touched.set(folder, (touched.get(folder) ?? new Set()).add(path));
    onChanged(folder);
  });
  watcher.on('error', onBlind);
  return {
    async refresh(folder) {
      const paths = [...touched.get(folder) ?? []];
      touched.delete(folder);
      const kinds = await Promise.all(paths.map(async (path) => ({ path, kind: await kindOf(path) })));
      const of = (wanted: 'folder' | 'nothing'): string[] => kinds.filter(({ kind }) => kind === wanted).map(({ path }) => path);
      return { added: of('folder'), gone: of('nothing') };
    },
    close() { watcher.close(); },
  };
}

async function kindOf(path: string): Promise<'folder' | 'file' | 'nothing'> {
  try {
    return (await stat(path)).isDirectory() ? 'folder' : 'file';
  } catch (error) {
    if (errorCodeOf(error) === 'not-found') return 'nothing';
    throw error;
  }
}

/** Empty for a folder that is gone or may not be read. */
async function foldersIn(folder: string, isLeftOut: (folder: string) => boolean): Promise<{ folders: Map<string, string>; isMangled: boolean }> {
  const folders = new Map<string, string>();
  let isMangled = false;
  await unlessGone(async () => {
    for await (const entry of await opendir(folder, { bufferSize: 1024 })) {
      const path = join(folder, entry.name);
      if (!entry.isDirectory() || isLeftOut(path)) continue;
      // A name that is not UTF-8 cannot be watched by what is shown of it.
      if (path.includes('\uFFFD')) isMangled = true;
      else await unlessGone(async () => { folders.set(path, identityOf(await stat(path, { bigint: true }))); });
    }
  });
  return { folders, isMangled };
}

async function unlessGone(read: () => Promise<void>): Promise<void> {
  try {
    await read();
  } catch (error) {
    if (!['not-found', 'no-permission'].includes(errorCodeOf(error))) throw error;
  }
}
