import { stat } from 'node:fs/promises';
import { homedir, userInfo } from 'node:os';
import { extname, isAbsolute, join } from 'node:path';
import { ProofsheetError } from '../errors.ts';
import { errnoOf, type FilePath, type Files } from './files.ts';
import { below, folderOf, foldersUp, joinPath, nameOf } from './paths.ts';

const INFO = '.trashinfo';
/** The longest name that still leaves room for a number and the ending of its info file, in bytes. */
const MAX_NAME = 220;
const STICKY = 0o1000;

/** Refused where the system's trash cannot be put back from. */
export function requireTrash(platform: NodeJS.Platform): void {
  if (platform === 'linux' || platform === 'freebsd') return;
  throw new ProofsheetError('bad-input', 'The system’s trash can be used on Linux only: elsewhere what was moved there could not be put back with certainty. Use the quarantine, which works everywhere.');
}

/**
 * A place for a file in the trash of its volume, by the freedesktop.org trash specification 1.0: the info file is
 * written first, and its name is the claim to the place.
 * @throws ProofsheetError `no-permission` when the volume has no trash and none can be made
 */
export async function chooseTrashPlace(files: Files, path: FilePath, now: number): Promise<FilePath> {
  const { folder, base } = await trashOf(files, path);
  for (const part of ['files', 'info']) await files.makeFolder(joinPath(folder, part));
  const text = infoText(base === null ? path : below(base, path), now);
  const wanted = shortened(nameOf(path));
  for (let number = 1; ; number += 1) {
    const name = number === 1 ? wanted : numbered(wanted, number);
    if (await files.look(placeIn(folder, name)) !== null) continue;
    try {
      await files.write(joinPath(joinPath(folder, 'info'), withInfo(name)), text);
      return placeIn(folder, name);
    } catch (error) {
      if (errnoOf(error) !== 'EEXIST') throw error;
    }
  }
}

/** The info file of a place in a trash. */
export function infoOf(place: FilePath): FilePath {
  return joinPath(joinPath(folderOf(folderOf(place)), 'info'), withInfo(nameOf(place)));
}

/** @returns the trash, and the folder that its paths are relative to; null for the one in the home folder */
async function trashOf(files: Files, path: FilePath): Promise<{ readonly folder: FilePath; readonly base: FilePath | null }> {
  const { dev } = await stat(folderOf(path));
  const home = homeTrash();
  await files.makeFolder(home);
  if ((await stat(home)).dev === dev) return { folder: home, base: null };
  let top: FilePath = folderOf(path);
  for (const folder of foldersUp(top)) {
    if ((await stat(folder)).dev !== dev) break;
    top = folder;
  }
  const { uid } = userInfo();
  const shared = joinPath(top, '.Trash');
  const look = await files.look(shared);
  // Without the sticky bit, others could take away what we put there; the specification forbids it, and links.
  if (look?.kind === 'other' && (Number(look.mode) & STICKY) !== 0) return { folder: joinPath(shared, String(uid)), base: top };
  return { folder: joinPath(top, `.Trash-${uid}`), base: top };
}

function homeTrash(): string {
  const data = process.env['XDG_DATA_HOME'];
  return join(data !== undefined && isAbsolute(data) ? data : join(homedir(), '.local', 'share'), 'Trash');
}

function placeIn(trash: FilePath, name: FilePath): FilePath {
  return joinPath(joinPath(trash, 'files'), name);
}

function withInfo(name: FilePath): FilePath {
  return typeof name === 'string' ? name + INFO : Buffer.concat([name, Buffer.from(INFO)]);
}

function infoText(path: FilePath, now: number): string {
  const bytes = Buffer.from(path);
  const escaped = Array.from(bytes, (byte) => (/[\w.~/-]/.test(String.fromCharCode(byte)) ? String.fromCharCode(byte) : `%${byte.toString(16).toUpperCase().padStart(2, '0')}`)).join('');
  const local = new Date(now - new Date(now).getTimezoneOffset() * 60_000).toISOString().slice(0, 19);
  return `[Trash Info]\nPath=${escaped}\nDeletionDate=${local}\n`;
}

function shortened(name: FilePath): FilePath {
  const bytes = Buffer.from(name);
  if (bytes.length <= MAX_NAME) return name;
  const extension = typeof name === 'string' ? extname(name) : '';
  // Cut between characters, not in one.
  const stem = bytes.subarray(0, MAX_NAME - Buffer.byteLength(extension)).toString().replace(/\uFFFD+$/, '');
  return stem + extension;
}

function numbered(name: FilePath, number: number): FilePath {
  if (typeof name !== 'string') return Buffer.concat([name, Buffer.from(`.${number}`)]);
  const extension = extname(name);
  return `${name.slice(0, name.length - extension.length)}.${number}${extension}`;
}
