import { constants } from 'node:fs';
import { access, realpath, stat } from 'node:fs/promises';
import { homedir } from 'node:os';
import type { RemovalMode } from '../../../contract/index.ts';
import { errorCodeOf, ProofsheetError } from '../errors.ts';
import { errnoOf, type FilePath, type Files } from './files.ts';
import { below, folderOf, foldersUp, joinPath, keyOf, nameOf } from './paths.ts';

/** Hidden, so that neither our scans nor other programs' take its files for pictures. */
export const QUARANTINE_FOLDER = '.proofsheet-quarantine';
const OTHERS = 0o077;
const STICKY = 0o1000;

export interface Places {
  /**
   * A new place for a file, on its own volume, whose folder is there. The way to the file is repeated in it, so that what
   * lies there can be told apart, and put back, by hand too.
   * @param tried how many places turned out not to be on the file's volume
   * @param taken places that others will be moved to, and this one with them
   * @throws ProofsheetError `no-permission` when there is no folder on the volume that may be written
   */
  choose(path: FilePath, itemKey: string, tried: number, taken: Set<string>): Promise<FilePath>;
  /** Removes the folders of a place that are empty now, up to and with the quarantine's own. */
  tidy(place: FilePath): Promise<void>;
}

interface Surroundings {
  /** Where the folder really lies. */
  readonly real: FilePath;
  /** The folders that a quarantine may lie in, the topmost first. */
  readonly roots: readonly FilePath[];
}

/**
 * Quarantine folders lie in the topmost folder of a file's volume that may be written, and never above the user's home
 * folder nor in a folder that is shared by all, as `/tmp` is, which systems clear. Not in the workspace: deleting a
 * catalog must not delete pictures.
 */
export function createPlaces(files: Files, workspaceId: string, operationId: number): Places {
  // A folder of a thousand files is asked about once.
  const foldersOf = new Map<string, Promise<Surroundings>>();
  const opened = new Map<string, Promise<FilePath | null>>();
  const made = new Set<string>();

  function remembered<Value>(known: Map<string, Promise<Value>>, path: FilePath, find: (path: FilePath) => Promise<Value>): Promise<Value> {
    const key = keyOf(path);
    const found = known.get(key) ?? find(path);
    known.set(key, found);
    // A disk that failed once is asked again.
    found.catch(() => { known.delete(key); });
    return found;
  }

  async function makeFolder(folder: FilePath): Promise<void> {
    if (made.has(keyOf(folder))) return;
    await files.makeFolder(folder);
    made.add(keyOf(folder));
  }

  async function surroundingsOf(folder: FilePath): Promise<Surroundings> {
    // Where it really lies: a link on the way there may lead elsewhere tomorrow.
    const real = typeof folder === 'string' ? await realpath(folder) : await realpath(folder, { encoding: 'buffer' });
    const home = await realpath(homedir()).catch(() => homedir());
    const { dev } = await stat(real);
    const roots: FilePath[] = [];
    for (const candidate of foldersUp(real)) {
      const stats = await stat(candidate);
      if (stats.dev !== dev || (stats.mode & STICKY) !== 0 || (candidate === '/' && real !== '/')) break;
      if (await mayWrite(candidate)) roots.unshift(candidate);
      if (candidate === home) break;
    }
    return { real, roots };
  }

  async function open(root: FilePath): Promise<FilePath | null> {
    const folder = joinPath(root, QUARANTINE_FOLDER);
    const before = await files.look(folder).catch(() => null);
    try {
      await files.makeFolder(folder);
    } catch (error) {
      if (errorCodeOf(error) === 'no-permission' || errnoOf(error) === 'EEXIST') return null;
      throw error;
    }
    const look = await files.look(folder);
    // A link would lead out of the volume; a folder of somebody else's is not for our files.
    if (look?.kind !== 'other' || (process.getuid !== undefined && Number(look.owner) !== process.getuid())) {
      if (before === null) await files.removeEmptyFolder(folder).catch(() => false);
      return null;
    }
    // Memory cards and network volumes have one mode for all: what cannot be closed there is as open as the pictures are.
    if ((Number(look.mode) & OTHERS) !== 0) await files.makePrivate(folder);
    return folder;
  }

  /** Makes the folders, and steps aside to a short name where the path gets too long or something is there already. */
  async function inFolder(folder: FilePath, way: FilePath, itemKey: string, taken: ReadonlySet<string>): Promise<FilePath> {
    const mirrored = joinPath(folder, way);
    try {
      await makeFolder(folderOf(mirrored));
      if (!taken.has(keyOf(mirrored)) && await files.look(mirrored) === null) return mirrored;
    } catch (error) {
      if (!['ENAMETOOLONG', 'EEXIST', 'ENOTDIR'].includes(errnoOf(error))) throw error;
    }
    await makeFolder(folder);
    const short = joinPath(folder, `~${itemKey}`);
    if (await files.look(short) !== null) throw new ProofsheetError('occupied', 'its place in quarantine is occupied');
    return short;
  }

  return {
    async choose(path, itemKey, tried, taken) {
      const { real, roots } = await remembered(foldersOf, folderOf(path), surroundingsOf);
      let left = tried;
      for (const root of roots) {
        const quarantine = await remembered(opened, root, open);
        if (quarantine === null || left-- > 0) continue;
        const own = joinPath(joinPath(quarantine, workspaceId), String(operationId));
        const place = await inFolder(own, below(root, joinPath(real, nameOf(path))), itemKey, taken);
        taken.add(keyOf(place));
        return place;
      }
      throw new ProofsheetError('no-permission', 'there is no folder on its volume that a quarantine may be made in');
    },
    async tidy(place) {
      made.clear();
      opened.clear();
      for (const folder of foldersUp(folderOf(place))) {
        // An empty folder that stays is no harm, whatever keeps it.
        const isGone = keyOf(folder).includes(QUARANTINE_FOLDER) && await files.removeEmptyFolder(folder).catch(() => false);
        if (!isGone || nameOf(folder) === QUARANTINE_FOLDER) return;
      }
    },
  };
}

/**
 * Whether the folder that a place was made in is there, on the volume that it was on: only then does an empty place say
 * that the file has gone. A volume may get another number when it is plugged in again, so the place's own folder will do.
 */
export async function isVolumeThere(files: Files, { place, mode, device }: { readonly place: FilePath; readonly mode: RemovalMode; readonly device: string | null }): Promise<boolean> {
  if (await files.look(folderOf(place)) !== null) return true;
  const above = await files.look(folderOf(ownFolderOf(place, mode)));
  return above !== null && String(above.device) === device;
}

/** The trash or the quarantine that a place lies in. */
function ownFolderOf(place: FilePath, mode: RemovalMode): FilePath {
  return mode === 'trash' ? folderOf(folderOf(place)) : foldersUp(place).find((folder) => nameOf(folder) === QUARANTINE_FOLDER) ?? folderOf(place);
}

/** Names the volume that a place lies on. Numbers of devices are given anew, so that alone they would not do. */
export function volumeOf({ place, mode, device }: { readonly place: FilePath | null; readonly mode: RemovalMode; readonly device: string | null }): string {
  return `${device ?? ''} ${place === null ? '' : keyOf(ownFolderOf(place, mode))}`;
}

async function mayWrite(folder: FilePath): Promise<boolean> {
  try {
    await access(folder, constants.W_OK | constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
