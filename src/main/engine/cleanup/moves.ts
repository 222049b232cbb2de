import { errnoOf, isSame, isSameContent, isSameFile, type FilePath, type Files, type Look } from './files.ts';
import { ProofsheetError } from '../errors.ts';

export type PutBack = 'restored' | 'occupied';

/** A name beside a file in quarantine, for the link that stood in for it while it is being put back. */
export function asideOf(place: FilePath): FilePath {
  return typeof place === 'string' ? `${place}~link` : Buffer.concat([place, Buffer.from('~link')]);
}

/**
 * Moves a file that was hashed a moment ago, and makes sure that it was this very file that was moved: another one may
 * have come under its name between the last look and the move. Then that one is put back.
 * @returns false when it was put back, or could not be: then it lies in the place like any other
 */
export async function moveAway(files: Files, path: FilePath, place: FilePath, { look: hashed, sha256 }: { readonly look: Look; readonly sha256: string }): Promise<'moved' | 'put-back'> {
  const look = await files.look(path);
  if (look === null) throw new ProofsheetError('vanished', 'the file is no longer there');
  // Another name of it may have been moved just before, which counts as a change of the file: then its bytes decide.
  if (!isSame(look, hashed) && !(isSameContent(look, hashed) && (await files.hash(path)).sha256 === sha256)) throw new ProofsheetError('stale', 'it was changed at the last moment');
  await files.rename(path, place);
  const moved = await files.look(place);
  if (moved !== null && isSameContent(moved, hashed)) return 'moved';
  return await putBack(files, place, path) === 'restored' ? 'put-back' : 'moved';
}

/**
 * Gives a file its old name, never over another file: first the second name, which fails where there is something, then
 * the first one is taken away. At every instant it has at least one of them.
 */
export async function putBack(files: Files, place: FilePath, path: FilePath): Promise<PutBack> {
  try {
    await files.link(place, path);
  } catch (error) {
    if (errnoOf(error) === 'EEXIST') return 'occupied';
    // Memory cards and some network volumes know no second names; nor may one be given to a file of somebody else.
    if (!['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EMLINK', 'EACCES'].includes(errnoOf(error))) throw error;
    if (await files.look(path) !== null) return 'occupied';
    await files.rename(place, path);
    return 'restored';
  }
  await files.unlink(place);
  return 'restored';
}

/**
 * Takes our link out of the way of the file that it stands for. It is moved, not removed: only then can be seen that it
 * was the link, and not something that came under its name.
 * @returns false when something else lies there, and stays
 */
export async function setLinkAside(files: Files, path: FilePath, place: FilePath, linkInode: string): Promise<boolean> {
  const look = await files.look(path);
  if (look === null) return true;
  if (look.kind !== 'file' || String(look.inode) !== linkInode) return false;
  const aside = asideOf(place);
  await files.rename(path, aside);
  const moved = await files.look(aside);
  // With one name left it is the last of what the keeper was: a file of its own by now.
  if (moved !== null && isSameFile(moved, look) && moved.names > 1n) return true;
  await putBack(files, aside, path);
  return false;
}

/**
 * The link has done its service. It goes while the bytes that it names have another name: the keeper's, or that of the
 * file that was moved, which holds the same. Else they are the last of what somebody made of the keeper, and stay.
 * @param standing the SHA-256 of the file that was moved, which is seen to be there; null when it is not
 */
export async function dropAside(files: Files, place: FilePath, standing: string | null): Promise<void> {
  const aside = asideOf(place);
  const look = await files.look(aside);
  if (look !== null && (look.names > 1n || (standing !== null && (await files.hash(aside)).sha256 === standing))) await files.unlink(aside);
}

/**
 * What was renamed is on the disk when this resolves: a name that is not would come back with the power, and the journal
 * would say otherwise. A folder that cannot be opened any more is gone or closed to us; the journal is still right then
 * unless the power fails in the same second.
 */
export async function syncFolders(files: Files, folders: Iterable<FilePath>): Promise<void> {
  for (const folder of folders) await files.syncFolder(folder).catch(() => undefined);
}
