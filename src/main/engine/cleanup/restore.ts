import { isSameFile, type FilePath, type Files } from './files.ts';
import type { Journal, JournalItem, Refusal } from './journal.ts';
import { asideOf, dropAside, putBack, setLinkAside, syncFolders } from './moves.ts';
import { folderOf, foldersUp, keyOf } from './paths.ts';
import { refusalOf } from './checks.ts';
import type { Places } from './places.ts';
import { infoOf } from './trash.ts';

export interface RestoreOptions {
  readonly files: Files;
  readonly journal: Journal;
  readonly places: Pick<Places, 'tidy'>;
}

export interface Returned {
  readonly item: JournalItem;
  readonly state: 'moved' | 'restored' | 'deleted' | 'lost';
  readonly refusal: Refusal | null;
}

/**
 * Puts files back where they were. What lies there now is never touched: its place is occupied, and the file stays where
 * it is.
 */
export async function restoreItems({ files, journal, places }: RestoreOptions, items: readonly JournalItem[]): Promise<Returned[]> {
  const away = items.filter(({ state }) => state === 'moved');
  journal.intendReturn(away.map(({ id }) => id), 'restoring');
  const outcomes: Returned[] = [];
  const touched = new Map<string, FilePath>();
  for (const item of away) {
    const path = journal.pathOf(item.sourceId);
    outcomes.push(await restoreItem(files, item, path));
    for (const folder of [folderOf(path), ...(item.place === null ? [] : [folderOf(item.place)])]) touched.set(keyOf(folder), folder);
  }
  await syncFolders(files, touched.values());
  journal.settleReturns(outcomes);
  for (const { item, state } of outcomes) if (state === 'restored' && item.place !== null) await tidyUp({ files, places }, item, item.place);
  return [...outcomes, ...items.filter(({ state }) => state !== 'moved').map(gone)];
}

/** What is left of a place when its file has gone from it. */
export async function tidyUp({ files, places }: Pick<RestoreOptions, 'files' | 'places'>, { mode }: JournalItem, place: FilePath): Promise<void> {
  if (mode === 'trash') await files.unlink(infoOf(place)).catch(() => undefined);
  else await places.tidy(place);
}

function gone(item: JournalItem): Returned {
  const refusal: Refusal = item.state === 'deleted'
    ? { code: 'vanished', reason: 'it was deleted for good when the quarantine was emptied' }
    : { code: 'vanished', reason: NOT_IN_PLACE };
  return { item, state: item.state === 'deleted' ? 'deleted' : 'lost', refusal };
}

const NOT_IN_PLACE = 'it is no longer where it had been moved to';

async function restoreItem(files: Files, item: JournalItem, path: FilePath): Promise<Returned> {
  const { place } = item;
  const stay = (code: Refusal['code'], reason: string): Returned => ({ item, state: 'moved', refusal: { code, reason } });
  try {
    if (place === null) return stay('vanished', NOT_IN_PLACE);
    const look = await files.look(place);
    if (look === null) {
      const back = await files.look(path);
      // Taken out of the system's trash with another program, say.
      if (back !== null && String(back.inode) === item.inode && String(back.device) === item.device) return { item, state: 'restored', refusal: null };
      if (!await isVolumeThere(files, place, item.device)) return stay('offline', 'the volume it lies on is not there');
      return { item, state: 'lost', refusal: { code: 'vanished', reason: NOT_IN_PLACE } };
    }
    const here = await files.look(path);
    if (here !== null && isSameFile(here, look)) {
      // It has its old name already: an earlier try got as far as this.
      await files.unlink(place);
      await dropAside(files, place);
      return { item, state: 'restored', refusal: null };
    }
    await files.makeFolder(folderOf(path));
    const isFree = item.linkInode === null || await setLinkAside(files, path, place, item.linkInode);
    const isBack = isFree && await putBack(files, place, path) === 'restored';
    if (item.linkInode !== null && isFree) await dropAside(files, place);
    return isBack ? { item, state: 'restored', refusal: null } : stay('occupied', OCCUPIED);
  } catch (error) {
    // The link that stood in for it stands in for it again.
    if (place !== null && item.linkInode !== null) await putBack(files, asideOf(place), path).catch(() => 'occupied');
    const { code, reason } = refusalOf(error);
    return stay(code, reason);
  }
}

const OCCUPIED = 'there is another file in its place now; move that one away and try again';

/** Whether nothing can be said of what lay in a place, because its volume is not plugged in. */
async function isVolumeThere(files: Files, place: FilePath, device: string | null): Promise<boolean> {
  for (const folder of foldersUp(folderOf(place))) {
    const look = await files.look(folder);
    if (look !== null) return String(look.device) === device;
  }
  return false;
}

/** Deletes files in quarantine for good. */
export async function deleteItems({ files, journal, places }: RestoreOptions, items: readonly JournalItem[]): Promise<Returned[]> {
  journal.intendReturn(items.map(({ id }) => id), 'deleting');
  const outcomes: Returned[] = [];
  for (const item of items) outcomes.push(await deleteItem(files, item));
  journal.settleReturns(outcomes);
  for (const { item, state } of outcomes) if (state === 'deleted' && item.place !== null) await places.tidy(item.place);
  return outcomes;
}

async function deleteItem(files: Files, item: JournalItem): Promise<Returned> {
  const stay = (code: Refusal['code'], reason: string): Returned => ({ item, state: 'moved', refusal: { code, reason } });
  try {
    const look = item.place === null ? null : await files.look(item.place);
    if (item.place === null || look === null) {
      if (item.place !== null && !await isVolumeThere(files, item.place, item.device)) return stay('offline', 'the volume it lies on is not there');
      return { item, state: 'lost', refusal: { code: 'vanished', reason: NOT_IN_PLACE } };
    }
    // It is deleted as what was moved there, not as what somebody has put in its place or made of it.
    if (look.kind !== 'file' || look.bytes !== BigInt(item.bytes)) return stay('stale', 'what lies in its place in quarantine is not what was moved there');
    await files.unlink(item.place);
    return { item, state: 'deleted', refusal: null };
  } catch (error) {
    const { code, reason } = refusalOf(error);
    return stay(code, reason);
  }
}

/**
 * Finds out what became of the files that an engine was busy with when it ended, from the journal's intents and from what
 * is on the disk, and finishes or takes back what was half done.
 */
export async function recoverItem(files: Files, item: JournalItem, path: FilePath, keeperPath: FilePath): Promise<Recovered> {
  if (item.place === null) return { kind: 'skipped', reason: ENDED };
  const [there, here] = [await files.look(item.place), await files.look(path)];
  switch (item.state) {
    case 'deleting': return { kind: there === null ? 'deleted' : 'moved', link: null };
    case 'restoring': return await recoverRestore(files, item, item.place, path);
    default: break;
  }
  if (there === null) {
    if (item.mode === 'trash') await files.unlink(infoOf(item.place)).catch(() => undefined);
    return { kind: 'skipped', reason: here === null ? 'Proofsheet ended before it was its turn, and the file is gone' : ENDED };
  }
  if (here !== null && isSameFile(here, there)) {
    // It was being put back, or had two names all the while.
    await files.unlink(item.place);
    return { kind: 'skipped', reason: ENDED };
  }
  const isHashed = String(there.inode) === item.inode && String(there.device) === item.device;
  if (here === null && (item.mode === 'hard-link' || !isHashed)) {
    if (await putBack(files, item.place, path) === 'restored') return { kind: 'skipped', reason: ENDED };
  }
  if (item.mode !== 'hard-link') return { kind: 'moved', link: null };
  const [now, keeper] = [await files.look(path), await files.look(keeperPath)];
  return { kind: 'moved', link: now !== null && keeper !== null && isSameFile(now, keeper) ? now : null };
}

export type Recovered =
  | { readonly kind: 'skipped'; readonly reason: string }
  | { readonly kind: 'moved'; readonly link: Awaited<ReturnType<Files['look']>> }
  | { readonly kind: 'restored' | 'deleted' | 'lost'; readonly link: null };

const ENDED = 'Proofsheet ended before it was its turn';

async function recoverRestore(files: Files, { linkInode }: JournalItem, place: FilePath, path: FilePath): Promise<Recovered> {
  const [there, here, aside] = [await files.look(place), await files.look(path), await files.look(asideOf(place))];
  if (there === null) {
    if (here !== null && linkInode !== null) await dropAside(files, place);
    return { kind: here === null ? 'lost' : 'restored', link: null };
  }
  // With its link aside, and no file in its place, it is halfway back: it goes the other half.
  const isHalfway = here === null ? aside !== null && await putBack(files, place, path) === 'restored' : isSameFile(here, there);
  if (isHalfway) {
    if (here !== null) await files.unlink(place);
    await dropAside(files, place);
    return { kind: 'restored', link: null };
  }
  return { kind: 'moved', link: null };
}
