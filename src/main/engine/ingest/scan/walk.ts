import { isUtf8 } from 'node:buffer';
import { closeSync, openSync, readdirSync, readSync, statSync, type Dirent, type Stats } from 'node:fs';
import { basename, dirname, extname, sep } from 'node:path';
import type { ErrorCode } from '../../../../contract/index.ts';
import { errorCodeOf, errorMessageOf } from '../../errors.ts';
import { sniff } from '../../pixels/sniff.ts';
import type { ScanEntry } from './entry.ts';

export interface WalkOptions {
  /** Absolute. Folders are walked, files are taken as they are. */
  readonly paths: readonly string[];
  /** A folder that is never entered from above: the workspace itself. */
  readonly exclude: string;
  /** False looks at the folders' own files only. */
  readonly recursive: boolean;
}

/** A path as text for people and, where its bytes are not UTF-8, the bytes to open it with. */
interface Path {
  readonly text: string;
  readonly raw: Buffer | null;
}

/** Folders that other programs keep for themselves beside the user's pictures. */
const FOREIGN_FOLDERS: ReadonlySet<string> = new Set(['@eaDir', '#recycle', '$RECYCLE.BIN', 'System Volume Information', '__MACOSX', 'lost+found']);

/** Endings of image files, readable or not: their bytes decide when they are read. */
export const IMAGE_EXTENSIONS: ReadonlySet<string> = new Set([
  'jpg', 'jpeg', 'jpe', 'jfif', 'png', 'apng', 'webp', 'gif', 'bmp', 'dib', 'tif', 'tiff', 'avif', 'heic', 'heif', 'hif', 'jxl', 'ico', 'psd', 'psb',
  'jp2', 'j2k', 'jpx', 'svg', 'dng', 'cr2', 'cr3', 'crw', 'nef', 'nrw', 'arw', 'orf', 'rw2', 'pef', 'raf', 'srw', 'x3f', 'exr', 'hdr',
]);

/** Enough of a file for the sniffer to tell an image. */
const SNIFF_BYTES = 4096;

/**
 * Every file below the given paths, in a fixed order, each as one entry. What cannot be read, and what is left out, is
 * an entry too, so that the counts add up. Links to files are followed, links to folders are not.
 * Synchronous: it is meant for a thread of its own.
 */
export function* walk({ paths, exclude, recursive }: WalkOptions): Generator<ScanEntry> {
  const entered = new Set<string>();
  for (const text of paths) {
    const path: Path = { text, raw: null };
    const stats = look(path);
    if (!(stats instanceof Error) && stats.isDirectory()) yield* walkFolder(path, { exclude, recursive, entered });
    else yield entryOf(path, stats, true);
  }
}

interface FolderOptions {
  readonly exclude: string;
  readonly recursive: boolean;
  readonly entered: Set<string>;
}

function* walkFolder(folder: Path, options: FolderOptions): Generator<ScanEntry> {
  let children: readonly Child[];
  try {
    const { dev, ino } = statSync(folder.raw ?? folder.text, { bigint: true });
    const identity = `${dev}:${ino}`;
    if (options.entered.has(identity)) {
      yield refused(folder, 'skipped', 'filtered', 'the folder has been read already, through another path');
      return;
    }
    options.entered.add(identity);
    children = list(folder);
  } catch (error) {
    yield refused(folder, 'failed', errorCodeOf(error), `the folder cannot be read: ${errorMessageOf(error)}`);
    return;
  }
  const folders: Path[] = [];
  for (const { path, name, entry } of children) {
    if (name.startsWith('.') || (entry.isDirectory() && FOREIGN_FOLDERS.has(name))) {
      yield refused(path, 'skipped', 'filtered', name.startsWith('.') ? 'hidden files and folders are left out' : 'another program keeps this folder for itself');
      continue;
    }
    if (entry.isDirectory()) {
      folders.push(path);
      continue;
    }
    const stats = look(path);
    // A link may lead anywhere, to a parent, to another disk, to the catalog itself: what the user did not name is not read.
    if (!(stats instanceof Error) && stats.isDirectory()) yield refused(path, 'skipped', 'filtered', 'links to folders are not followed');
    else yield entryOf(path, stats, false);
  }
  if (!options.recursive) return;
  for (const path of folders) {
    if (path.text === options.exclude) yield refused(path, 'skipped', 'filtered', 'this is the catalog itself');
    else yield* walkFolder(path, options);
  }
}

interface Child {
  readonly name: string;
  readonly path: Path;
  readonly entry: Dirent | Dirent<Buffer>;
}

function list(folder: Path): Child[] {
  if (folder.raw === null) {
    const entries = readdirSync(folder.text, { withFileTypes: true });
    if (!entries.some((entry) => entry.name.includes('\uFFFD'))) {
      return entries.map((entry) => ({ name: entry.name, path: { text: join(folder.text, entry.name), raw: null }, entry })).sort(byName);
    }
  }
  // A name that is not UTF-8 reads as replacement characters and could not be opened again: take the bytes.
  const from = folder.raw ?? Buffer.from(folder.text);
  return readdirSync(from, { withFileTypes: true, encoding: 'buffer' }).map((entry) => {
    const name = shown(entry.name);
    const raw = folder.raw === null && isUtf8(entry.name) ? null : Buffer.concat([from, Buffer.from(sep), entry.name]);
    return { name, path: { text: join(folder.text, name), raw }, entry };
  }).sort(byName);
}

function byName(a: Child, b: Child): number {
  return a.name < b.name ? -1 : a.name > b.name ? 1 : 0;
}

function join(folder: string, name: string): string {
  return folder.endsWith(sep) ? folder + name : folder + sep + name;
}

function shown(bytes: Buffer): string {
  if (isUtf8(bytes)) return bytes.toString();
  return Array.from(bytes, (byte) => (byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : `\\x${byte.toString(16).padStart(2, '0')}`)).join('');
}

function look(path: Path): Stats | Error {
  try {
    return statSync(path.raw ?? path.text);
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error));
  }
}

/** @param named the user named this very file: it is read whatever it is called */
function entryOf(path: Path, stats: Stats | Error, named: boolean): ScanEntry {
  if (stats instanceof Error) return refused(path, 'failed', errorCodeOf(stats), errorMessageOf(stats));
  if (!stats.isFile()) return refused(path, 'skipped', 'filtered', 'this is neither a file nor a folder');
  const extension = extname(path.text).slice(1).toLowerCase();
  if (named || IMAGE_EXTENSIONS.has(extension) || looksLikeImage(path)) {
    return { ...locate(path), bytes: stats.size, mtimeMs: stats.mtimeMs, row: null, refusal: null };
  }
  return refused(path, 'skipped', 'not-an-image', extension === '' ? 'the file is not an image' : `the .${extension} file is not an image`);
}

/** A file without an image's ending may be one all the same: its first bytes tell. */
function looksLikeImage(path: Path): boolean {
  try {
    const file = openSync(path.raw ?? path.text, 'r');
    try {
      const head = Buffer.alloc(SNIFF_BYTES);
      return sniff(head.subarray(0, readSync(file, head, 0, SNIFF_BYTES, 0))).kind !== 'other';
    } finally {
      closeSync(file);
    }
  } catch {
    // It cannot be opened, so the worker will say why: an unreadable file is a failure to report, not a file to pass over.
    return true;
  }
}

function refused(path: Path, state: 'skipped' | 'failed', code: ErrorCode, message: string): ScanEntry {
  return { ...locate(path), bytes: null, mtimeMs: null, row: null, refusal: { state, code, message } };
}

function locate({ text, raw }: Path): { container: string; name: string; raw: Buffer | null } {
  return { container: dirname(text), name: basename(text), raw };
}
