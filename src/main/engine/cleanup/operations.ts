import type Database from 'better-sqlite3';
import { MAX_SKIPPED, type ErrorCode } from '../../../contract/index.ts';
import type { Reader } from '../catalog/reader.ts';
import { shownLocation } from '../catalog/sources.ts';
import { ProofsheetError } from '../errors.ts';
import { throwIfEnded, type Act, type Acts } from './acts.ts';
import { applyPlan } from './apply.ts';
import type { Standing } from './checks.ts';
import type { Files } from './files.ts';
import { QUARANTINE_TOTALS, type Journal, type JournalItem, type OperationRow, type PlannedItem, type Refusal, type Returned } from './journal.ts';
import { createPlaces } from './places.ts';
import type { Plans } from './plan.ts';
import { createProtection } from './protection.ts';
import { createRecovery } from './recovery.ts';
import { deleteItems, restoreItems } from './restore.ts';
import { requireTrash } from './trash.ts';

export interface OperationsDependencies {
  readonly db: Database.Database;
  readonly reader: Reader;
  readonly files: Files;
  readonly journal: Journal;
  readonly plans: Plans;
  readonly acts: Acts;
  readonly protectedFolders: () => readonly string[];
  /** Resolves when no folder is being read: what was read a moment ago may still be taken in. */
  readonly scansEnded: () => Promise<void>;
  readonly now: () => number;
  /** Files came or went. */
  readonly onChanged: () => void;
  readonly onDefect: (error: unknown) => void;
  readonly patience?: Patience;
}

/** With volumes that are not there, milliseconds. */
export interface Patience {
  /** How long one may take to answer. */
  readonly answerMs: number;
  /** How often files that cannot be reached are looked for. */
  readonly recheckMs: number;
}

const PATIENCE: Patience = { answerMs: 5000, recheckMs: 30_000 };

export interface Skipped { readonly path: string; readonly code: ErrorCode; readonly reason: string }

export interface Applied {
  readonly operationId: number;
  readonly moved: number;
  readonly bytes: number;
  readonly unreachable: number;
  readonly skippedCount: number;
  readonly skipped: Skipped[];
}

export interface Restored {
  readonly operationId: number | null;
  readonly restored: number;
  readonly bytes: number;
  readonly skippedCount: number;
  readonly skipped: Skipped[];
}

/** What puts files back, or deletes them. */
interface Returning {
  readonly pages: Iterable<readonly JournalItem[]>;
  readonly act: Act;
  /** What is counted as done. */
  readonly end: 'restored' | 'deleted';
  readonly returning: typeof restoreItems;
  readonly done: { count: number; bytes: number };
  /** What was left as it is, to which more is added. */
  readonly listed: Skipped[];
}

const CHUNK = 32;
const PAGE = 500;
const ENDED: Refusal = { code: 'cancelled', reason: 'it was ended before it was its turn' };
const DAY_MS = 86_400_000;
const ROWS_AT_ONCE = 500;
/** Sources that the catalog has where their files were moved away, from an item on. Of a hundred thousand it is none. */
const WRONGLY_THERE = `
  SELECT i.id, i.source_id AS sourceId, i.asset_id AS assetId FROM operation_item i JOIN source s ON s.id = i.source_id
  WHERE i.operation_id = ? AND i.id > ? AND i.state = 'moved' AND i.link_inode IS NULL AND s.missing_since IS NULL ORDER BY i.id LIMIT ${ROWS_AT_ONCE}`;
const SKIPPED = `SELECT path, error_code AS errorCode, error_message AS errorMessage FROM operation_item WHERE operation_id = ? AND state = 'skipped' ORDER BY id LIMIT ?`;
/** What a restore can do nothing about, by the state of the file. */
const NOT_AWAY: Readonly<Partial<Record<JournalItem['state'], Pick<Skipped, 'code' | 'reason'>>>> = {
  restored: { code: 'already-applied', reason: 'it has been put back already' },
  skipped: { code: 'bad-input', reason: 'it was not moved' },
};

/** An engine may have died over it: whoever asks again learns how far it came. */
function alreadyApplied(planId: number, operation: OperationRow | undefined): ProofsheetError {
  const told = operation === undefined ? '' : `: operation ${operation.id} moved ${operation.moved} of ${operation.planned} files`;
  return new ProofsheetError('already-applied', `Plan ${planId} has been applied already${told}. Undo that, or make a new plan for what is left.`);
}

/**
 * What changes the user's files: applying a plan, undoing that, restoring from quarantine and emptying it. One at a time,
 * in the order of asking; and each begins by finding out what became of one that was cut short.
 */
export function createOperations({ db, reader, files, journal, plans, acts, protectedFolders, scansEnded, now, onChanged, onDefect, patience: { answerMs, recheckMs } = PATIENCE }: OperationsDependencies) {
  const workspaceId = db.prepare<[], string>('SELECT id FROM workspace_identity').pluck().get() ?? '';
  const places = createPlaces(files, workspaceId, 0);
  const standing = db.prepare<[Record<string, unknown>], { sha256: string; keeperSha256: string; keeperContainer: string; current: number | null; decision: string | null; isRead: number; isApart: number }>(`
    SELECT lower(hex(a.sha256)) AS sha256, lower(hex(k.sha256)) AS keeperSha256, s.asset_id AS current,
      (SELECT choice FROM decision d WHERE d.sha256 = a.sha256 AND d.source_id = s.id) AS decision,
      EXISTS (SELECT 1 FROM job WHERE source_id = s.id AND state IN ('queued', 'leased')) AS isRead,
      EXISTS (SELECT 1 FROM not_duplicate n WHERE n.a_sha256 = min(a.sha256, k.sha256) AND n.b_sha256 = max(a.sha256, k.sha256)) AS isApart
    FROM source s, asset a, asset k WHERE s.id = @sourceId AND a.id = @assetId AND k.id = @keeperAssetId`);
  const shown = db.prepare<[number], { container: string; name: string }>('SELECT c.path AS container, s.name FROM source s JOIN container c ON c.id = s.container_id WHERE s.id = ?');
  let isStopping = false;
  let recheck: NodeJS.Timeout | undefined;
  const recovery = createRecovery({ files, journal, plans, places, isStopping: () => isStopping, answerMs });
  let last: Promise<unknown> = Promise.resolve();
  let begun: Promise<void> = Promise.resolve();

  const isEnding = (act?: Act): boolean => isStopping || act?.isEnded === true;

  /** In turn, and after what is left of an operation that was cut short has been settled. */
  function inTurn<Result>(token: string | undefined, work: (act: Act) => Promise<Result>): Promise<Result> {
    return acts.run(token, (act) => {
      const turn = last.then(async () => {
        if (isStopping) throw new ProofsheetError('cancelled', 'Proofsheet is closing.');
        await recover();
        throwIfEnded(act);
        return await work(act);
      });
      last = turn.catch(() => undefined);
      return turn;
    });
  }

  function standingOf(item: PlannedItem): Standing {
    const found = standing.get({ ...item });
    const place = shown.get(item.keeperId);
    const refuse = (reason: string): Refusal => ({ code: 'stale', reason });
    const refusal = found === undefined || found.current !== item.assetId ? refuse('its content has been read anew since the plan was made')
      : found.isRead === 1 ? refuse('it is waiting to be read anew')
        : found.decision === 'keep' ? refuse('you have decided since to keep it')
          : found.isApart === 1 ? refuse('you have said since that it is no duplicate') : null;
    return {
      path: journal.pathOf(item.sourceId), keeperPath: journal.pathOf(item.keeperId), keeperShown: place === undefined ? '' : shownLocation(place.container, place.name),
      sha256: found?.sha256 ?? '', keeperSha256: found?.keeperSha256 ?? '', refusal,
    };
  }

  async function apply(planId: number, act: Act): Promise<Applied> {
    const plan = plans.get(planId);
    if (plan.state === 'applied') throw alreadyApplied(planId, journal.operationOfPlan(planId));
    if (plan.state !== 'ready') throw new ProofsheetError('stale', `Plan ${planId} ${plan.state === 'dropped' ? 'is no longer kept' : 'was not finished'}; make a new one.`);
    if (plan.mode === 'trash') requireTrash(process.platform);
    const protection = createProtection([...protectedFolders(), ...JSON.parse(plan.protect) as string[]]);
    const operationId = db.transaction(() => {
      plans.markApplied(planId);
      return journal.begin('cleanup', plan.mode, planId, plan.removed);
    }).immediate();
    act.operationId = operationId;
    onChanged();
    try {
      await applyPlan({
        files, journal, operationId, mode: plan.mode, workspaceId, protection, standingOf, now, onProgress: onChanged,
        itemsFrom: (start, count) => plans.removals(planId, start, count), isEnded: () => isEnding(act),
      });
      journal.settleOperation(operationId);
    } finally {
      onChanged();
    }
    void scansEnded().then(() => markMissingAgain(operationId)).catch(onDefect);
    const { moved, bytes, skipped } = journal.operation(operationId);
    const unseen = unseenOf(operationId);
    return { operationId, moved, bytes, unreachable: unseen.count, skippedCount: skipped + unseen.count, skipped: [...unseen.listed, ...await skippedOf(operationId, MAX_SKIPPED - unseen.listed.length)] };
  }

  /** A folder that was being read while its files were moved has them as it saw them. */
  async function markMissingAgain(operationId: number): Promise<void> {
    for (let after = 0; !isEnding();) {
      const rows = await reader.rows<{ id: number; sourceId: number; assetId: number }>(WRONGLY_THERE, [operationId, after]);
      if (rows.length === 0) return;
      for (const { sourceId, assetId } of rows) if (await files.look(journal.pathOf(sourceId)) === null && !isEnding()) journal.markMissing(sourceId, assetId);
      after = rows.at(-1)?.id ?? after;
      onChanged();
    }
  }

  /** Those of which it is not known what became of them; that is found out behind the act at once, or when their volume is there. */
  function unseenOf(operationId: number): { readonly count: number; readonly listed: Skipped[] } {
    const count = journal.intentCount(operationId);
    if (count > 0) void recoverSoon();
    return { count, listed: journal.intentsOf(operationId, MAX_SKIPPED).map(toSkipped) };
  }

  async function skippedOf(operationId: number, limit: number): Promise<Skipped[]> {
    const rows = await reader.rows<Parameters<typeof toSkipped>[0]>(SKIPPED, [operationId, limit]);
    return rows.map(toSkipped);
  }

  /**
   * Page by page, and within a page by chunks that share their commits. What its end, or the engine's, leaves is counted
   * too, and listed as far as there is room.
   */
  async function returnAll({ pages, act, end, returning, done, listed }: Returning): Promise<void> {
    const touched = new Set<number>();
    const failed = new Set<string>();
    for (const page of pages) {
      for (let at = 0; at < page.length; at += CHUNK) {
        const items = page.slice(at, at + CHUNK);
        const outcomes = isEnding(act) ? items.map((item): Returned => ({ item, state: 'moved', refusal: ENDED })) : await returning({ files, journal, places, failed }, items);
        for (const { item, state, refusal } of outcomes) {
          touched.add(item.operationId);
          if (state === end) {
            done.count += 1;
            done.bytes += item.bytes;
          } else if (listed.length < MAX_SKIPPED) listed.push({ path: item.path, code: refusal?.code ?? 'vanished', reason: refusal?.reason ?? '' });
        }
        if (!isEnding(act)) onChanged();
      }
      if (isEnding(act) && listed.length >= MAX_SKIPPED) break;
      // Where nothing has to be waited for, as on a volume that failed, others have their turn all the same.
      await new Promise(setImmediate);
    }
    for (const id of touched) journal.settleOperation(id);
    if (journal.hasIntents()) void recoverSoon();
    onChanged();
  }

  async function putBackAll(pages: Iterable<readonly JournalItem[]>, planned: number, act: Act, listed: Skipped[]): Promise<Omit<Restored, 'operationId'>> {
    const done = { count: 0, bytes: 0 };
    await returnAll({ pages, act, end: 'restored', returning: restoreItems, done, listed });
    return { restored: done.count, bytes: done.bytes, skippedCount: planned - done.count, skipped: listed };
  }

  async function undo(operationId: number, act: Act): Promise<Restored> {
    const operation = journal.operation(operationId);
    if (operation.kind !== 'cleanup') throw new ProofsheetError('bad-input', `Operation ${operationId} is no cleanup: ${operation.kind === 'restore' ? 'what it put back can be cleaned up again' : 'what was deleted for good cannot be brought back'}.`);
    if (operation.state === 'undone') throw new ProofsheetError('already-applied', `Operation ${operationId} has been undone already.`);
    journal.setUndoing(operationId);
    act.operationId = operationId;
    try {
      const unseen = unseenOf(operationId);
      return { operationId, ...await putBackAll(pagesOf((after) => journal.away(operationId, after, PAGE)), unseen.count + journal.awayCount(operationId), act, unseen.listed) };
    } finally {
      journal.settleOperation(operationId);
      onChanged();
    }
  }

  async function restore(ids: readonly number[] | undefined, act: Act): Promise<Restored> {
    const items = ids && [...new Set(ids)].map((id) => journal.item(id));
    const refused = items?.find(({ mode }) => mode === 'trash');
    if (refused) throw new ProofsheetError('bad-input', `${refused.path} is in the system’s trash, not in quarantine; undo its operation ${refused.operationId} instead.`);
    const planned = items?.length ?? (await quarantineTotals(Number.MAX_SAFE_INTEGER)).total;
    if (planned === 0) return { operationId: null, restored: 0, bytes: 0, skippedCount: 0, skipped: [] };
    const isAway = ({ state }: JournalItem): boolean => ['moved', 'deleted', 'lost'].includes(state);
    const others = items?.filter((item) => !isAway(item)).map((item): Skipped => ({ path: item.path, ...NOT_AWAY[item.state] ?? toSkipped(item) })) ?? [];
    const operationId = journal.begin('restore', null, null, planned);
    act.operationId = operationId;
    try {
      const result = await putBackAll(items ? [items.filter(isAway)] : pagesOf((after) => journal.quarantined(after, Number.MAX_SAFE_INTEGER, PAGE)), planned, act, others);
      journal.add(operationId, { restored: result.restored, skipped: result.skippedCount, bytes: result.bytes });
      return { operationId, ...result };
    } finally {
      journal.settleOperation(operationId);
    }
  }

  /** On the reader's thread: of a hundred thousand files it takes longer than the others can wait. */
  async function quarantineTotals(movedBefore: number): Promise<{ readonly total: number; readonly bytes: number }> {
    const [totals] = await reader.rows<{ total: number; bytes: number }>(QUARANTINE_TOTALS, [movedBefore]);
    return totals ?? { total: 0, bytes: 0 };
  }

  async function empty(days: number, isApplied: boolean, act: Act) {
    const movedBefore = now() - days * DAY_MS;
    const { total: found, bytes: bytesToFree } = await quarantineTotals(movedBefore);
    const done = { count: 0, bytes: 0 };
    const errors: Skipped[] = [];
    const report = () => ({ dryRun: !isApplied, found, bytesToFree, deletedCount: done.count, deletedBytes: done.bytes, skippedCount: isApplied ? found - done.count : 0, errors });
    if (!isApplied || found === 0) return report();
    const operationId = journal.begin('empty-quarantine', null, null, found);
    act.operationId = operationId;
    try {
      await returnAll({ pages: pagesOf((after) => journal.quarantined(after, movedBefore, PAGE)), act, end: 'deleted', returning: deleteItems, done, listed: errors });
    } finally {
      journal.add(operationId, { moved: done.count, skipped: found - done.count, bytes: done.bytes });
      journal.settleOperation(operationId);
      onChanged();
    }
    return report();
  }

  /** What cannot be told now is looked for again: a drive may be plugged in at any time. */
  async function recover(): Promise<void> {
    clearTimeout(recheck);
    if (await recovery.run()) onChanged();
    if (!isStopping && journal.hasIntents()) recheck = setTimeout(() => void recoverSoon(), recheckMs).unref();
  }

  function recoverSoon(): Promise<void> {
    return inTurn(undefined, () => Promise.resolve()).catch((error: unknown) => {
      if (!isStopping) onDefect(error);
    });
  }

  return {
    /** What was cut short is settled as soon as the engine runs. */
    begin(): void { begun = recoverSoon(); },
    /** When that has been tried: until then nobody knows how far it came. */
    settled: (): Promise<void> => begun,
    apply: (planId: number, token?: string) => inTurn(token, (act) => apply(planId, act)),
    undo: (operationId: number, token?: string) => inTurn(token, (act) => undo(operationId, act)),
    restore: (ids: readonly number[] | undefined, token?: string) => inTurn(token, (act) => restore(ids, act)),
    empty: (days: number, isApplied: boolean, token?: string) => inTurn(token, (act) => empty(days, isApplied, act)),
    quarantineTotals,
    /** Ends what is at work after the file it is busy with, and waits for that. */
    async stop(): Promise<void> {
      isStopping = true;
      clearTimeout(recheck);
      await last;
    },
  };
}

function toSkipped({ path, errorCode, errorMessage }: Pick<JournalItem, 'path' | 'errorCode' | 'errorMessage'>): Skipped {
  return { path, code: errorCode ?? 'internal', reason: errorMessage ?? '' };
}

function* pagesOf(read: (after: number) => readonly JournalItem[]): Generator<readonly JournalItem[]> {
  for (let after = 0; ;) {
    const page = read(after);
    const newest = page.at(-1)?.id;
    if (newest === undefined) return;
    yield page;
    after = newest;
  }
}
