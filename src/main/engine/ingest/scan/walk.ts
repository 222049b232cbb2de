import { isUtf8 } from 'node:buffer';
import { closeSync, opendirSync, openSync, readSync, statSync, type Stats } from 'node:fs';
import { basename, dirname, extname, sep } from 'node:path';
import type { ErrorCode } from '../../../../contract/index.ts';
import { errorCodeOf, errorMessageOf } from '../../errors.ts';
import { sniff } from '../../pixels/sniff.ts';
import type { FolderRead, ScanEntry } from './entry.ts';

export interface WalkOptions {
  /** Absolute. Folders are walked, files are taken as they are. */
  readonly paths: readonly string[];
  /** A folder that is never entered, by whatever path one comes to it: the workspace itself. What lies in it may be named. */
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
 * an entry too, so that the counts add up. Links to files are followed, links to folders are not. After the last file
 * of a folder comes word that it was read; a folder that could not be read has none.
 * Synchronous: it is meant for a thread of its own.
 */
export function* walk({ paths, exclude, recursive }: WalkOptions): Generator<ScanEntry | FolderRead> {
  const entered = new Set<string>();
  const own = identify(exclude);
  for (const text of paths) {
    const path: Path = { text, raw: null };
    const stats = look(path);
    if (!(stats instanceof Error) && stats.isDirectory()) yield* walkFolder(path, { own, recursive, entered });
    else yield entryOf(path, stats, true);
  }
}

interface FolderOptions {
  /** The catalog's own folder. */
  readonly own: string | null;
  readonly recursive: boolean;
  readonly entered: Set<string>;
}

function* walkFolder(folder: Path, options: FolderOptions): Generator<ScanEntry | FolderRead> {
  let children: Children;
  try {
    const identity = identityOf(statSync(folder.raw ?? folder.text, { bigint: true }));
    if (identity === options.own) {
      yield refused(folder, 'skipped', 'filtered', 'this is the catalog itself');
      return;
    }
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
  for (const name of children.files) yield visitFile(childPath(folder, name));
  const folders: Path[] = [];
  for (const name of children.folders) {
    const path = childPath(folder, name);
    const reason = reasonToLeaveOut(basename(path.text));
    if (reason === null) folders.push(path);
    else yield refused(path, 'skipped', 'filtered', reason);
  }
  yield { folderRead: folder.text, isEmpty: children.files.length + children.folders.length === 0 };
  if (!options.recursive) return;
  for (const path of folders) yield* walkFolder(path, options);
}

/** What stays the same whatever path leads to a folder. */
export function identityOf({ dev, ino }: { readonly dev: bigint; readonly ino: bigint }): string {
  return `${dev}:${ino}`;
}

function identify(folder: string): string | null {
  const stats = statSync(folder, { bigint: true, throwIfNoEntry: false });
  return stats ? identityOf(stats) : null;
}

function visitFile(path: Path): ScanEntry {
  if (isHidden(basename(path.text))) return refused(path, 'skipped', 'filtered', HIDDEN);
  const stats = look(path);
  // A link may lead anywhere, to a parent, to another disk, to the catalog itself: what the user did not name is not read.
  if (!(stats instanceof Error) && stats.isDirectory()) return refused(path, 'skipped', 'filtered', 'links to folders are not followed');
  return entryOf(path, stats, false);
}

const HIDDEN = 'hidden files and folders are left out';

function isHidden(name: string): boolean {
  return name.startsWith('.');
}

/** Why a folder of this name is not entered from above; null when it is. */
export function reasonToLeaveOut(name: string): string | null {
  if (isHidden(name)) return HIDDEN;
  return FOREIGN_FOLDERS.has(name) ? 'another program keeps this folder for itself' : null;
}

/** Names only, and bytes where they are not UTF-8: a folder may hold a million files. */
interface Children {
  readonly files: readonly (string | Buffer)[];
  readonly folders: readonly (string | Buffer)[];
}

/** How many entries the system is asked for at a time. */
const DIRECTORY_BUFFER = 1024;

function list(folder: Path): Children {
  if (folder.raw === null) {
    const children = read(folder.text);
    if (!children.files.some(isMangled) && !children.folders.some(isMangled)) return children;
  }
  // A name that is not UTF-8 reads as replacement characters and could not be opened again: take the bytes.
  const children = read(folder.raw ?? Buffer.from(folder.text));
  if (folder.raw !== null) return children;
  const plain = (name: string | Buffer): string | Buffer => (typeof name !== 'string' && isUtf8(name) ? name.toString() : name);
  return { files: children.files.map(plain), folders: children.folders.map(plain) };
}

function read(folder: string | Buffer): Children {
  // The types of Node leave the encoding 'buffer' out here, though it is documented for every call that reads folders.
  const encoding = (typeof folder === 'string' ? 'utf8' : 'buffer') as BufferEncoding;
  using directory = opendirSync(folder, { bufferSize: DIRECTORY_BUFFER, encoding });
  const files: (string | Buffer)[] = [];
  const folders: (string | Buffer)[] = [];
  for (let entry = directory.readSync(); entry !== null; entry = directory.readSync()) (entry.isDirectory() ? folders : files).push(entry.name);
  return { files: files.sort(byName), folders: folders.sort(byName) };
}

function byName(a: string | Buffer, b: string | Buffer): number {
  const [left, right] = [shown(a), shown(b)];
  return left < right ? -1 : left > right ? 1 : 0;
}

function isMangled(name: string | Buffer): boolean {
  return typeof name === 'string' && name.includes('\uFFFD');
}

function childPath(folder: Path, name: string | Buffer): Path {
  const text = join(folder.text, shown(name));
  if (typeof name === 'string' && folder.raw === null) return { text, raw: null };
  return { text, raw: Buffer.concat([folder.raw ?? Buffer.from(folder.text), Buffer.from(sep), Buffer.from(name)]) };
}

function join(folder: string, name: string): string {
  return folder.endsWith(sep) ? folder + name : folder + sep + name;
}

function shown(bytes: string | Buffer): string {
  if (typeof bytes === 'string') return bytes;
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
    return { ...locate(path), bytes: stats.size, mtimeMs: stats.mtimeMs, ctimeMs: stats.ctimeMs, host: null, row: null, refusal: null };
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
  return { ...locate(path), bytes: null, mtimeMs: null, ctimeMs: null, host: null, row: null, refusal: { state, code, message } };
}

function locate({ text, raw }: Path): { container: string; name: string; raw: Buffer | null } {
  return { container: dirname(text), name: basename(text), raw };
}
