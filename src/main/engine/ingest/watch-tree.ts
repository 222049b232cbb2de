import { watch, type FSWatcher } from 'node:fs';
import { opendir, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { errorCodeOf } from '../errors.ts';

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
  /** Part of the tree cannot be watched: the system's watches are used up, say. */
  readonly onError: (error: Error) => void;
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
  children: ReadonlySet<string>;
}

async function watchEachFolder({ root, isLeftOut, onChanged, onError }: TreeWatchOptions): Promise<TreeWatch> {
  const nodes = new Map<string, Node>();
  let isClosed = false;

  function watchFolder(folder: string): FSWatcher | null {
    try {
      const watcher = watch(folder, () => { onChanged(folder); });
      watcher.on('error', onError);
      return watcher;
    } catch (error) {
      // Gone again before it could be watched: its parent tells.
      if (errorCodeOf(error) !== 'not-found') onError(error instanceof Error ? error : new Error(String(error)));
      return null;
    }
  }

  /** Watched before it is read, so that nothing can come in between. */
  async function add(folder: string): Promise<void> {
    const pending = [folder];
    for (let next = pending.pop(); next !== undefined && !isClosed; next = pending.pop()) {
      nodes.get(next)?.watcher?.close();
      const node: Node = { watcher: watchFolder(next), children: new Set() };
      nodes.set(next, node);
      node.children = new Set(await foldersIn(next, isLeftOut));
      pending.push(...node.children);
    }
    if (isClosed) drop(folder);
  }

  function drop(folder: string): void {
    const node = nodes.get(folder);
    nodes.delete(folder);
    node?.watcher?.close();
    for (const child of node?.children ?? []) drop(child);
  }

  await add(root);
  return {
    async refresh(folder) {
      const node = nodes.get(folder);
      if (!node) return { added: [], gone: [] };
      const present = new Set(await foldersIn(folder, isLeftOut));
      const gone = [...node.children].filter((child) => !present.has(child));
      const added = [...present].filter((child) => !node.children.has(child));
      node.children = present;
      for (const child of gone) drop(child);
      for (const child of added) await add(child);
      return { added, gone };
    },
    close() {
      isClosed = true;
      for (const { watcher } of nodes.values()) watcher?.close();
      nodes.clear();
    },
  };
}

function watchWhole({ root, isLeftOut, onChanged, onError }: TreeWatchOptions): TreeWatch {
  /** Paths that something happened to, by the folder they are in. */
  const touched = new Map<string, Set<string>>();
  const watcher = watch(root, { recursive: true }, (_event, name) => {
    const path = name === null ? root : join(root, name);
    const folder = name === null ? root : dirname(path);
    touched.set(folder, (touched.get(folder) ?? new Set()).add(path));
    onChanged(folder);
  });
  watcher.on('error', onError);
  return {
    async refresh(folder) {
      const paths = [...touched.get(folder) ?? []].filter((path) => !isLeftOut(path));
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

/** Empty for a folder that is gone or may not be read: what is known of it stays as it is. */
async function foldersIn(folder: string, isLeftOut: (folder: string) => boolean): Promise<string[]> {
  const folders: string[] = [];
  try {
    for await (const entry of await opendir(folder, { bufferSize: 1024 })) {
      const path = join(folder, entry.name);
      // A name that is not UTF-8 cannot be watched by it; its parent is, which finds it by a look at the whole tree.
      if (entry.isDirectory() && !isLeftOut(path) && !path.includes('\uFFFD')) folders.push(path);
    }
  } catch (error) {
    if (!['not-found', 'no-permission'].includes(errorCodeOf(error))) throw error;
  }
  return folders;
}
