import type { RemovalMode } from '../../../contract/index.ts';
import { ProofsheetError } from '../errors.ts';
import { createChecks, refusalOf, type Checked, type Checks, type Standing } from './checks.ts';
import { errnoOf, isSameContent, type FilePath, type Files, type Look } from './files.ts';
import type { Intent, Journal, Moved, PlannedItem, Refusal } from './journal.ts';
import { moveAway, putBack, syncFolders } from './moves.ts';
import { folderOf, foldersUp, keyOf } from './paths.ts';
import { createPlaces, isVolumeThere, QUARANTINE_FOLDER, type Places } from './places.ts';
import type { Protection } from './protection.ts';
import { chooseTrashPlace, infoOf } from './trash.ts';

export interface ApplyOptions {
  readonly files: Files;
  readonly journal: Journal;
  readonly operationId: number;
  readonly mode: RemovalMode;
  readonly workspaceId: string;
  readonly protection: Protection;
  /** The planned removals in order, from a place on; a group's one after another. */
  readonly itemsFrom: (start: number, count: number) => readonly PlannedItem[];
  readonly standingOf: (item: PlannedItem) => Standing;
  readonly now: () => number;
  readonly isEnded: () => boolean;
  readonly onProgress: () => void;
}

/** Files of which the intents share one commit: its wait for the disk costs more than all else where files are small. */
const CHUNK = 32;
const READ_AT_ONCE = 4;
const SKIP_CHUNK = 500;
const MAX_PLACES = 8;

/**
 * Moves the files of a plan: each is checked, its intent is written to the disk, it is moved, looked at again, and noted
 * as moved when its new name is on the disk. What fails is skipped with its reason and stops nothing, except a full disk.
 */
export async function applyPlan(options: ApplyOptions): Promise<void> {
  const { files, journal, operationId, mode, workspaceId, protection, itemsFrom, isEnded, onProgress } = options;
  const run: Run = { ...options, checks: createChecks(files, mode, protection), places: createPlaces(files, workspaceId, operationId) };
  for (let done = journal.itemCount(operationId); ;) {
    if (isEnded()) break;
    const items = itemsFrom(done, CHUNK);
    if (items.length === 0) return;
    const isFull = await moveChunk(run, items);
    done += items.length;
    onProgress();
    if (isFull) {
      await skipRest(options, { code: 'disk-full', reason: 'the disk was full before it was its turn' });
      return;
    }
  }
  await skipRest(options, { code: 'cancelled', reason: 'the cleanup was ended before it was its turn' });
}

/** Notes of all files that were not come to why, so that the counts add up. */
export async function skipRest({ journal, operationId, itemsFrom }: Pick<ApplyOptions, 'journal' | 'operationId' | 'itemsFrom'>, refusal: Refusal): Promise<void> {
  for (let done = journal.itemCount(operationId); ;) {
    const items = itemsFrom(done, SKIP_CHUNK);
    if (items.length === 0) return;
    journal.intend(operationId, items.map((item) => ({ ...item, refusal })));
    done += items.length;
    await new Promise(setImmediate);
  }
}

interface Run extends ApplyOptions {
  readonly checks: Checks;
  readonly places: Places;
}

/** What the files of a chunk share while they are moved. */
interface Chunk {
  /** Places that they will be moved to. */
  readonly taken: Set<string>;
  /** Folders whose names have changed. */
  readonly touched: Map<string, FilePath>;
  /** Places that stayed empty. Their folders stay until all files are moved: others may be about to go there. */
  readonly unused: FilePath[];
}

/** @returns true when the disk is full */
async function moveChunk(run: Run, items: readonly PlannedItem[]): Promise<boolean> {
  const { journal, operationId } = run;
  const standings = items.map(run.standingOf);
  const checked = await inParallel(items, READ_AT_ONCE, async (item, index): Promise<Checked> => {
    if (run.isEnded()) return { refusal: { code: 'cancelled', reason: 'the cleanup was ended before it was its turn' } };
    return run.checks.check(item, at(standings, index));
  });
  // One after another: two files of one name would else be given one place in the trash.
  const intents: Intent[] = [];
  const chunk: Chunk = { taken: new Set(), touched: new Map(), unused: [] };
  for (const [index, item] of items.entries()) intents.push(await intentOf(run, { item, standing: at(standings, index), checked: at(checked, index), taken: chunk.taken }));
  const ids = journal.intend(operationId, intents);
  const outcomes: Moved[] = [];
  for (const [index, intent] of intents.entries()) {
    if ('refusal' in intent) continue;
    const outcome = await move(run, { intent, id: at(ids, index), standing: at(standings, index), checked: at(checked, index), chunk });
    outcomes.push(outcome);
  }
  await syncFolders(run.files, chunk.touched.values());
  journal.settleMoves(operationId, outcomes);
  for (const place of chunk.unused) await run.places.tidy(place);
  return [...intents, ...outcomes].some((one) => reasonOf(one)?.code === 'disk-full');
}

function reasonOf(one: Intent | Moved): Refusal | null {
  return 'refusal' in one ? one.refusal : 'unseen' in one ? one.unseen : 'failure' in one ? one.failure : null;
}

interface Coming {
  readonly item: PlannedItem;
  readonly standing: Standing;
  readonly checked: Checked;
  /** The places of those that go with it. */
  readonly taken: Set<string>;
}

async function intentOf({ files, mode, places, now }: Run, { item, standing: { path }, checked, taken }: Coming): Promise<Intent> {
  if ('refusal' in checked) return { ...item, refusal: checked.refusal };
  try {
    const place = mode === 'trash' ? await chooseTrashPlace(files, path, now()) : await places.choose(path, String(item.sourceId), 0, taken);
    return { ...item, place, look: checked.look };
  } catch (error) {
    return { ...item, refusal: refusalOf(error) };
  }
}

interface Move {
  readonly intent: PlannedItem & { readonly place: FilePath; readonly look: Look };
  readonly id: number;
  readonly standing: Standing;
  readonly checked: Checked;
  readonly chunk: Chunk;
}

async function move(run: Run, { intent, id, standing, checked, chunk }: Move): Promise<Moved> {
  const { files, mode, journal } = run;
  const { path } = standing;
  const item: PlannedItem = intent;
  let { place } = intent;
  const touch = (): void => {
    for (const folder of [folderOf(path), ...upToQuarantine(place)]) chunk.touched.set(keyOf(folder), folder);
  };
  for (let tried = 1; ; tried += 1) {
    try {
      const end = await moveAway(files, path, place, { look: intent.look, sha256: standing.sha256 });
      touch();
      if (end === 'put-back') throw new ProofsheetError('stale', 'it was replaced by another file at the last moment');
      const link = mode === 'hard-link' && !('refusal' in checked) ? await leaveLink(files, standing, place, checked.keeper) : null;
      return { item, id, link, failure: null };
    } catch (error) {
      const next = errnoOf(error) === 'EXDEV' && mode !== 'trash' && tried < MAX_PLACES ? await otherPlace(run, { item, path, tried, taken: chunk.taken }) : { refusal: refusalOf(error) };
      if ('place' in next) {
        chunk.unused.push(place);
        place = next.place;
        journal.intendElsewhere(id, place);
        continue;
      }
      touch();
      return { item, id, ...await afterFailure(run, { path, place, look: intent.look, refusal: next.refusal, chunk }) };
    }
  }
}

/** A folder of the same device may be mounted by itself, and files are not moved in or out of it. */
async function otherPlace({ places }: Run, { item, path, tried, taken }: { readonly item: PlannedItem; readonly path: FilePath; readonly tried: number; readonly taken: Set<string> }): Promise<{ readonly place: FilePath } | { readonly refusal: Refusal }> {
  try {
    return { place: await places.choose(path, String(item.sourceId), tried, taken) };
  } catch (error) {
    return { refusal: refusalOf(error) };
  }
}

/** A link to the keeper in the place of the file. Where none can be made, the file is put back, and this throws. */
async function leaveLink(files: Files, { path, keeperPath, keeperShown }: Standing, place: FilePath, keeper: Look): Promise<Look | null> {
  try {
    const now = await files.look(keeperPath);
    if (now === null || !isSameContent(now, keeper)) throw new ProofsheetError('last-copy', `the file that is kept, ${keeperShown}, was changed at the last moment`);
    await files.link(keeperPath, path);
  } catch (error) {
    // Somebody has put a file there already: theirs stays, ours can be restored when it goes.
    if (errnoOf(error) === 'EEXIST' || await putBack(files, place, path) === 'occupied') return null;
    throw error;
  }
  return files.look(path);
}

interface Failure {
  readonly path: FilePath;
  readonly place: FilePath;
  readonly look: Look;
  readonly refusal: Refusal;
  readonly chunk: Chunk;
}

/** What became of a file when an act of the disk failed, which may have been done all the same. What cannot be seen is not settled. */
async function afterFailure({ files, mode }: Run, { path, place, look, refusal, chunk }: Failure): Promise<{ readonly refusal: Refusal } | { readonly link: null; readonly failure: Refusal } | { readonly unseen: Refusal }> {
  try {
    const [there, here] = [await files.look(place), await files.look(path)];
    // Not where a link to the keeper was made, or another file was moved.
    if (there !== null) return here === null && isSameContent(there, look) ? { link: null, failure: refusal } : { unseen: refusal };
    if (!await isVolumeThere(files, { place, mode, device: String(look.device) })) return { unseen: refusal };
  } catch {
    return { unseen: refusal };
  }
  if (mode === 'trash') await files.unlink(infoOf(place)).catch(() => undefined);
  else chunk.unused.push(place);
  return { refusal };
}

/** The folder of a place and those above it that may be new, and the one that holds them. */
function upToQuarantine(place: FilePath): FilePath[] {
  const folders: FilePath[] = [];
  for (const folder of foldersUp(folderOf(place))) {
    folders.push(folder);
    if (!keyOf(folder).includes(QUARANTINE_FOLDER)) break;
  }
  return folders;
}

async function inParallel<Input, Output>(inputs: readonly Input[], width: number, act: (input: Input, index: number) => Promise<Output>): Promise<Output[]> {
  const outputs = new Array<Output>(inputs.length);
  const queue = inputs.entries();
  await Promise.all(Array.from({ length: width }, async () => {
    for (const [index, input] of queue) outputs[index] = await act(input, index);
  }));
  return outputs;
}

function at<Value>(values: readonly Value[], index: number): Value {
  const value = values[index];
  if (value === undefined) throw new Error(`There is nothing at ${index}`);
  return value;
}
