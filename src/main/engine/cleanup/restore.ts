import { isDiskFailure, isSameFile, type FilePath, type Files, type Look } from './files.ts';
import type { Journal, JournalItem, Refusal, Returned } from './journal.ts';
import { asideOf, dropAside, putBack, setLinkAside, syncFolders } from './moves.ts';
import { folderOf, keyOf, shownPath } from './paths.ts';
import { refusalOf } from './checks.ts';
import { isVolumeThere, volumeOf, type Places } from './places.ts';
import { infoOf } from './trash.ts';

export interface RestoreOptions {
  readonly files: Files;
  readonly journal: Journal;
  readonly places: Pick<Places, 'tidy'>;
  /** Volumes that failed since the act began: what lies on them is left as it is. */
  readonly failed: Set<string>;
}

/**
 * Puts files back where they were. What lies there now is never touched: its place is occupied, and the file stays where
 * it is.
 */
export async function restoreItems(options: RestoreOptions, items: readonly JournalItem[]): Promise<Returned[]> {
  const { files, journal, places } = options;
  // What was lost may have been found again.
  const away = items.filter(({ state }) => state === 'moved' || state === 'lost');
  const tried = untilFailed(options, away);
  journal.intendReturn(tried.map(({ id }) => id), 'restoring');
  const outcomes: Returned[] = [];
  const touched = new Map<string, FilePath>();
  for (const item of tried) {
    const path = journal.pathOf(item.sourceId);
    outcomes.push(await unlessFailed(options, item, () => restoreItem(files, item, path)));
    for (const folder of [folderOf(path), ...(item.place === null ? [] : [folderOf(item.place)])]) touched.set(keyOf(folder), folder);
  }
  await syncFolders(files, touched.values());
  journal.settleReturns(outcomes);
  for (const { item, state } of outcomes) if (state === 'restored' && item.place !== null) await tidyUp({ files, places }, item, item.place);
  return [
    ...outcomes,
    ...away.filter((item) => !tried.includes(item)).map((item) => untouched(item, FAILED)),
    ...items.filter((item) => !away.includes(item)).map((item): Returned => ({ item, state: 'deleted', refusal: DELETED })),
  ];
}

function untilFailed({ failed }: RestoreOptions, items: readonly JournalItem[]): readonly JournalItem[] {
  return failed.size === 0 ? items : items.filter((item) => !failed.has(volumeOf(item)));
}

/** Tries no more on a volume that has failed: of each file tried there, nobody would know what became of it. */
async function unlessFailed({ files, journal, failed }: RestoreOptions, item: JournalItem, act: () => Promise<Returned>): Promise<Returned> {
  const volume = volumeOf(item);
  if (failed.has(volume)) return untouched(item, FAILED);
  const outcome = await act();
  // One file that cannot be read is no failure of all.
  const failure = outcome.refusal?.code === 'offline' || outcome.state === 'unseen' ? await failureOf(files, [item.place ?? '', journal.pathOf(item.sourceId)]) : null;
  if (failure !== null) failed.add(volume);
  return outcome;
}

/** What a look at the folders of files says of their volume; null when it is at work. */
export async function failureOf(files: Files, paths: readonly FilePath[]): Promise<Refusal | null> {
  try {
    for (const path of paths) await files.look(folderOf(path));
    return null;
  } catch (error) {
    return isDiskFailure(error) ? refusalOf(error) : null;
  }
}

/** As it was before: nothing was done to it. */
function untouched(item: JournalItem, refusal: Refusal): Returned {
  return { item, state: item.state === 'lost' ? 'lost' : 'moved', refusal };
}

/** What is left of a place when its file has gone from it. */
export async function tidyUp({ files, places }: Pick<RestoreOptions, 'files' | 'places'>, { mode }: JournalItem, place: FilePath): Promise<void> {
  if (mode === 'trash') await files.unlink(infoOf(place)).catch(() => undefined);
  else await places.tidy(place);
}

const DELETED: Refusal = { code: 'vanished', reason: 'it was deleted for good when the quarantine was emptied' };
const GONE: Refusal = { code: 'vanished', reason: 'it is no longer where it had been moved to' };
const FAILED: Refusal = { code: 'offline', reason: 'its disk failed at another file, and was left alone from then on' };
const OFFLINE: Refusal = { code: 'offline', reason: 'the volume it lies on is not there' };

/** A file that is still what was moved: by its identity, else by its bytes, as on a volume that has got another number since. */
async function isWhatWasMoved(files: Files, item: JournalItem, path: FilePath, look: Look): Promise<boolean> {
  if (look.kind !== 'file' || look.bytes !== BigInt(item.bytes)) return false;
  if (String(look.inode) === item.inode && String(look.device) === item.device && String(look.mtimeNs) === item.mtimeNs) return true;
  return String(look.inode) !== item.linkInode && (await files.hash(path)).sha256 === item.sha256;
}

function notWhatWasMoved(place: FilePath): Refusal {
  return { code: 'stale', reason: `what lies in its place in quarantine is not what was moved there: ${shownPath(place)}` };
}

async function restoreItem(files: Files, item: JournalItem, path: FilePath): Promise<Returned> {
  const { place, linkInode } = item;
  const stay = (refusal: Refusal): Returned => ({ item, state: 'moved', refusal });
  if (place === null) return { item, state: 'lost', refusal: GONE };
  let isTouched = false;
  try {
    const [look, here] = [await files.look(place), await files.look(path)];
    if (look === null) {
      // Taken out of the system's trash with another program, say.
      if (here !== null && await isWhatWasMoved(files, item, path, here)) return { item, state: 'restored', refusal: null };
      return await isVolumeThere(files, { ...item, place }) ? { item, state: 'lost', refusal: GONE } : stay(OFFLINE);
    }
    if (!await isWhatWasMoved(files, item, place, look)) return stay(notWhatWasMoved(place));
    isTouched = true;
    if (here !== null && isSameFile(here, look)) {
      // It has its old name already: an earlier try got as far as this.
      await files.unlink(place);
      await dropAside(files, place, item.sha256);
      return { item, state: 'restored', refusal: null };
    }
    // The user's own, as any other program would make it.
    await files.makeFolder(folderOf(path), 0o777);
    const isFree = linkInode === null || await setLinkAside(files, path, place, linkInode);
    const isBack = isFree && await putBack(files, place, path) === 'restored';
    if (linkInode !== null && isFree) await dropAside(files, place, item.sha256);
    return isBack ? { item, state: 'restored', refusal: null } : stay({ code: 'occupied', reason: 'there is another file in its place now; move that one away and try again' });
  } catch (error) {
    if (!isTouched) return untouched(item, refusalOf(error));
    // The link that stood in for it stands in for it again.
    if (linkInode !== null) await putBack(files, asideOf(place), path).catch(() => 'occupied');
    return { item, state: await isLyingThere(files, place, path) ? 'moved' : 'unseen', refusal: refusalOf(error) };
  }
}

/** Seen to be in its place, and there only. */
async function isLyingThere(files: Files, place: FilePath, path: FilePath): Promise<boolean> {
  try {
    const [there, here] = [await files.look(place), await files.look(path)];
    return there !== null && (here === null || !isSameFile(here, there));
  } catch {
    return false;
  }
}

/** Deletes files in quarantine for good. */
export async function deleteItems(options: RestoreOptions, items: readonly JournalItem[]): Promise<Returned[]> {
  const { files, journal, places } = options;
  const tried = untilFailed(options, items);
  journal.intendReturn(tried.map(({ id }) => id), 'deleting');
  const outcomes: Returned[] = [];
  for (const item of tried) outcomes.push(await unlessFailed(options, item, () => deleteItem(files, item)));
  journal.settleReturns(outcomes);
  for (const { item, state } of outcomes) if (state === 'deleted' && item.place !== null) await places.tidy(item.place);
  return [...outcomes, ...items.filter((item) => !tried.includes(item)).map((item) => untouched(item, FAILED))];
}

async function deleteItem(files: Files, item: JournalItem): Promise<Returned> {
  const { place } = item;
  const stay = (refusal: Refusal): Returned => ({ item, state: 'moved', refusal });
  if (place === null) return { item, state: 'lost', refusal: GONE };
  let isTouched = false;
  try {
    const look = await files.look(place);
    if (look === null) return await isVolumeThere(files, { ...item, place }) ? { item, state: 'lost', refusal: GONE } : stay(OFFLINE);
    // It is deleted as what was moved there, not as what somebody has put in its place or made of it.
    if (!await isWhatWasMoved(files, item, place, look)) return stay(notWhatWasMoved(place));
    isTouched = true;
    await files.unlink(place);
    return { item, state: 'deleted', refusal: null };
  } catch (error) {
    if (!isTouched) return untouched(item, refusalOf(error));
    const isThere = await files.look(place).then((look) => look !== null, () => false);
    return { item, state: isThere ? 'moved' : 'unseen', refusal: refusalOf(error) };
  }
}

export type Recovered =
  | { readonly kind: 'skipped' | 'unseen'; readonly reason: string }
  | { readonly kind: 'moved'; readonly link: Look | null }
  | { readonly kind: 'restored' | 'deleted' | 'lost' };

const ENDED = 'Proofsheet ended before it was its turn';
const UNSEEN: Recovered = { kind: 'unseen', reason: OFFLINE.reason };

/**
 * Finds out what became of the files that an engine was busy with when it ended, from the journal's intents and from what
 * is on the disk, and finishes or takes back what was half done. While a volume is not there, nothing can be said of what
 * lies on it.
 */
export async function recoverItem(files: Files, item: JournalItem, path: FilePath, keeperPath: FilePath): Promise<Recovered> {
  const { place } = item;
  if (place === null) return { kind: 'skipped', reason: ENDED };
  const [there, here] = [await files.look(place), await files.look(path)];
  const isKnown = there !== null || await isVolumeThere(files, { ...item, place }) || (here !== null && item.state !== 'deleting' && await isWhatWasMoved(files, item, path, here));
  if (!isKnown) return UNSEEN;
  switch (item.state) {
    case 'deleting': return there === null ? { kind: 'deleted' } : { kind: 'moved', link: null };
    case 'restoring': return await recoverRestore(files, item, { place, path, there, here });
    default: return await recoverMove(files, item, { place, path, there, here }, keeperPath);
  }
}

interface Found {
  readonly place: FilePath;
  readonly path: FilePath;
  readonly there: Look | null;
  readonly here: Look | null;
}

async function recoverMove(files: Files, item: JournalItem, { place, path, there, here }: Found, keeperPath: FilePath): Promise<Recovered> {
  if (there === null) return { kind: 'skipped', reason: here === null ? 'Proofsheet ended before it was its turn, and the file is gone' : ENDED };
  if (here !== null && isSameFile(here, there)) {
    // It was being put back, or had two names all the while.
    await files.unlink(place);
    return { kind: 'skipped', reason: ENDED };
  }
  if (here === null && (item.mode === 'hard-link' || !await isWhatWasMoved(files, item, place, there))) {
    if (await putBack(files, place, path) === 'restored') return { kind: 'skipped', reason: ENDED };
  }
  if (item.mode !== 'hard-link') return { kind: 'moved', link: null };
  const [now, keeper] = [await files.look(path), await files.look(keeperPath)];
  return { kind: 'moved', link: now !== null && keeper !== null && isSameFile(now, keeper) ? now : null };
}

async function recoverRestore(files: Files, item: JournalItem, { place, path, there, here }: Found): Promise<Recovered> {
  if (there === null) return await recoverReturned(files, item, { place, path, here });
  const [aside, isIt] = [await files.look(asideOf(place)), await isWhatWasMoved(files, item, place, there)];
  if (here === null && aside !== null && (aside.names === 1n || !isIt)) {
    // It is the last name of what the keeper was, which has to be seen by who looks for it, or what it stands for does not come.
    await putBack(files, asideOf(place), path);
    return { kind: 'moved', link: null };
  }
  const standing = isIt ? item.sha256 : null;
  // With its link aside, and no file in its place, it is halfway back: it goes the other half.
  const isHalfway = here === null ? aside !== null && await putBack(files, place, path) === 'restored' : isSameFile(here, there);
  if (isHalfway) {
    if (here !== null) await files.unlink(place);
    await dropAside(files, place, standing);
    return { kind: 'restored' };
  }
  // Somebody has put another file into its place meanwhile: nothing is to be linked there any more.
  if (aside !== null) await dropAside(files, place, standing);
  return { kind: 'moved', link: null };
}

/** It is not in quarantine any more: back, if what lies in its old place is what was moved, and not somebody's other file. */
async function recoverReturned(files: Files, item: JournalItem, { place, path, here }: Omit<Found, 'there'>): Promise<Recovered> {
  const isBack = here !== null && await isWhatWasMoved(files, item, path, here);
  if (item.linkInode !== null) {
    // What the link stood for is lost: it goes on standing there.
    if (here === null && await files.look(asideOf(place)) !== null) await putBack(files, asideOf(place), path);
    else await dropAside(files, place, isBack ? item.sha256 : null);
  }
  return { kind: isBack ? 'restored' : 'lost' };
}
