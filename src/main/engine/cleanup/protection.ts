import { realpathSync, statSync, type BigIntStats } from 'node:fs';
import { realpath, stat } from 'node:fs/promises';
import { isAbsolute, resolve, sep } from 'node:path';
import { ProofsheetError } from '../errors.ts';
import type { FilePath } from './files.ts';
import { folderOf, foldersUp, keyOf } from './paths.ts';

export interface Protection {
  /** By the path alone, as a list of many files needs it. */
  covers(path: FilePath): boolean;
  /**
   * By where the folder of a file really lies, whatever links lead there, and by what folders it lies in, whatever they
   * are called: mounted twice, in other letters on a volume that does not tell them apart, in composed or decomposed ones.
   */
  coversReally(path: FilePath): Promise<boolean>;
}

/** Letters that differ in case only may name the same folder there. */
const FOLDS_CASE = process.platform === 'darwin' || process.platform === 'win32';

/**
 * The folders in which nothing is ever moved.
 * @throws ProofsheetError `bad-input` for a folder that is not absolute: it would protect another one for every host
 */
export function createProtection(folders: readonly string[]): Protection {
  const named = folders.map((folder) => {
    if (!isAbsolute(folder)) throw new ProofsheetError('bad-input', `A protected folder is named by its whole path, not “${folder}”.`);
    return resolve(folder);
  });
  const prefixes = [...new Set(named.flatMap((folder) => [folder, realPathOf(folder)]))].map((folder) => comparable(withEnd(folder)));
  const identities = new Set(named.flatMap(identitiesOf));
  const covers = (path: string): boolean => {
    const key = comparable(withEnd(path));
    return prefixes.some((prefix) => key.startsWith(prefix));
  };
  // Bytes are compared as bytes: what is written in latin1 here is one character for each of them.
  const inBytes = prefixes.map((prefix) => Buffer.from(prefix).toString('latin1'));
  const coversPath = (path: FilePath): boolean => (typeof path === 'string' ? covers(path) : inBytes.some((prefix) => comparable(`${keyOf(path)}${sep}`).startsWith(prefix)));
  return {
    covers: coversPath,
    async coversReally(path) {
      if (prefixes.length === 0) return false;
      if (coversPath(path)) return true;
      const folder = folderOf(path);
      const real = typeof folder === 'string' ? await realpath(folder) : await realpath(folder, { encoding: 'buffer' });
      if (coversPath(real)) return true;
      for (const above of foldersUp(real)) if (identities.has(identityOf(await stat(above, { bigint: true })))) return true;
      return false;
    },
  };
}

/** The folder itself when it is not there: it protects what may come. */
function realPathOf(folder: string): string {
  try {
    return realpathSync(folder);
  } catch {
    return folder;
  }
}

/** None when it is not there, or cannot be looked at: its path protects it then. */
function identitiesOf(folder: string): string[] {
  try {
    return [identityOf(statSync(folder, { bigint: true }))];
  } catch {
    return [];
  }
}

function identityOf({ dev, ino }: BigIntStats): string {
  return `${dev} ${ino}`;
}

function withEnd(path: string): string {
  return path.endsWith(sep) ? path : path + sep;
}

function comparable(path: string): string {
  return FOLDS_CASE ? path.toLowerCase() : path;
}
