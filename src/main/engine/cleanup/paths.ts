import { basename, dirname, join, relative, sep } from 'node:path';
import type { FilePath } from './files.ts';

/** The functions of `node:path` for paths that may be bytes. Bytes occur where a name is not UTF-8: on POSIX only. */
const SLASH = 0x2f;

export function folderOf(path: FilePath): FilePath {
  if (typeof path === 'string') return dirname(path);
  const end = path.lastIndexOf(SLASH);
  return end <= 0 ? '/' : plain(path.subarray(0, end));
}

export function nameOf(path: FilePath): FilePath {
  return typeof path === 'string' ? basename(path) : plain(path.subarray(path.lastIndexOf(SLASH) + 1));
}

export function joinPath(folder: FilePath, name: FilePath): FilePath {
  if (typeof folder === 'string' && typeof name === 'string') return join(folder, name);
  return Buffer.concat([Buffer.from(folder), Buffer.from(sep), Buffer.from(name)]);
}

/** The way down from a folder to something in it. */
export function below(folder: FilePath, path: FilePath): FilePath {
  if (typeof folder === 'string' && typeof path === 'string') return relative(folder, path);
  const prefix = Buffer.from(folder).length;
  const rest = Buffer.from(path).subarray(prefix);
  return rest[0] === SLASH ? rest.subarray(1) : rest;
}

/** From the folder itself up to the root of the file system. */
export function* foldersUp(folder: FilePath): Generator<FilePath> {
  for (let current = folder; ;) {
    yield current;
    const parent = folderOf(current);
    if (keyOf(parent) === keyOf(current)) return;
    current = parent;
  }
}

/** Equal for equal paths, and only for them. */
export function keyOf(path: FilePath): string {
  return typeof path === 'string' ? path : path.toString('latin1');
}

/** As people read it: the bytes of a name that are not UTF-8 as `\xNN` would be, only not told apart. */
export function shownPath(path: FilePath): string {
  return typeof path === 'string' ? path : path.toString();
}

function plain(path: Buffer): FilePath {
  const text = path.toString();
  return Buffer.from(text).equals(path) ? text : path;
}
