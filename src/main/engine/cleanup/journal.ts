import type Database from 'better-sqlite3';
import type { ErrorCode, Operation, OperationItem, RemovalMode } from '../../../contract/index.ts';
import { createInheritance } from '../assets/inherited.ts';
import { createSources } from '../catalog/sources.ts';
import { ProofsheetError } from '../errors.ts';
import type { FilePath, Look } from './files.ts';

/** One file of an operation, as the journal knows it. */
export interface JournalItem {
  readonly id: number;
  readonly operationId: number;
  readonly sourceId: number;
  readonly assetId: number;
  readonly keeperId: number;
  readonly keeperAssetId: number;
  /** As it is shown. */
  readonly path: string;
  readonly bytes: number;
  readonly state: 'moving' | 'moved' | 'skipped' | 'restoring' | 'restored' | 'deleting' | 'deleted' | 'lost';
  /** For whoever asks what became of it. */
  readonly shown: OperationItem['state'];
  readonly place: FilePath | null;
  readonly device: string | null;
  readonly inode: string | null;
  readonly mtimeNs: string | null;
  readonly sha256: string;
  readonly linkInode: string | null;
  readonly movedAt: number | null;
  readonly errorCode: ErrorCode | null;
  readonly errorMessage: string | null;
  readonly mode: RemovalMode;
}

export interface Refusal {
  readonly code: ErrorCode;
  readonly reason: string;
}

/** What became of a file that was to be put back, or deleted for good. */
export interface Returned {
  readonly item: JournalItem;
  readonly state: 'moved' | 'restored' | 'deleted' | 'lost' | 'unseen';
  readonly refusal: Refusal | null;
}

export interface PlannedItem {
  readonly sourceId: number;
  readonly assetId: number;
  readonly keeperId: number;
  readonly keeperAssetId: number;
  readonly path: string;
  readonly bytes: number;
}

/** What was found of a planned file, before anything is touched: where it will go, or why it stays. */
export type Intent = PlannedItem & ({ readonly place: FilePath; readonly look: Look } | { readonly refusal: Refusal });

/**
 * @property link what lies in the place of the file now, in the mode `hard-link`
 * @property failure what went wrong with a file that was moved all the same
 */
export type Moved = { readonly item: PlannedItem; readonly id: number } & ({ readonly link: Look | null; readonly failure: Refusal | null } | { readonly refusal: Refusal } | Unseen);

/** What became of it cannot be seen, and why: its intent stays, and is looked at again in the next turn. */
export interface Unseen { readonly unseen: Refusal }

export interface OperationRow {
  readonly id: number;
  readonly kind: Operation['kind'];
  readonly mode: RemovalMode | null;
  readonly state: Operation['state'];
  readonly planId: number | null;
  readonly planned: number;
  readonly moved: number;
  readonly skipped: number;
  readonly restored: number;
  readonly unreachable: number;
  readonly bytes: number;
  readonly createdAt: number;
  readonly finishedAt: number | null;
}

export interface ItemQuery {
  readonly operationId: number;
  readonly after: number;
  readonly limit: number;
  readonly states: readonly OperationItem['state'][] | null;
}

export type Journal = ReturnType<typeof createJournal>;

const IS_INTENT = `state IN ('moving', 'restoring', 'deleting')`;
const OPERATION = `
  SELECT id, kind, mode, state, plan_id AS planId, planned, moved, skipped, restored, bytes,
    (SELECT count(*) FROM operation_item INDEXED BY operation_item_intent WHERE operation_id = operation.id AND ${IS_INTENT} AND state = 'moving' AND error_code IS NOT NULL) AS unreachable,
    created_at AS createdAt, finished_at AS finishedAt FROM operation`;
/** An intent with an error is one that somebody looked for and could not see. One to put back or to delete was moved before. */
const STATE_SHOWN = `CASE i.state WHEN 'moving' THEN iif(i.error_code IS NULL, 'planned', 'unreachable') WHEN 'restoring' THEN 'moved' WHEN 'deleting' THEN 'moved' ELSE i.state END`;
const ITEM = `
  SELECT i.id, i.operation_id AS operationId, i.source_id AS sourceId, i.asset_id AS assetId, i.keeper_id AS keeperId,
    coalesce((SELECT asset_id FROM source WHERE id = i.keeper_id), i.asset_id) AS keeperAssetId, i.path, i.bytes, i.state, ${STATE_SHOWN} AS shown, i.place,
    i.device, i.inode, i.mtime_ns AS mtimeNs, (SELECT lower(hex(sha256)) FROM asset WHERE id = i.asset_id) AS sha256, i.link_inode AS linkInode, i.moved_at AS movedAt, i.error_code AS errorCode, i.error_message AS errorMessage, o.mode
  FROM operation_item i JOIN operation o ON o.id = i.operation_id`;
const IN_QUARANTINE = `i.state = 'moved' AND o.mode <> 'trash'`;
/** How many files lie in quarantine that were moved there until a time, and their bytes. */
export const QUARANTINE_TOTALS = `
  SELECT count(*) AS total, coalesce(sum(i.bytes), 0) AS bytes FROM operation_item i JOIN operation o ON o.id = i.operation_id WHERE ${IN_QUARANTINE} AND i.moved_at <= ?`;
const KNOWN = ['bytes', 'mtime_ms', 'seen_key', 'asset_id', 'format', 'width', 'height', 'verdict', 'error_code', 'error_message', 'wrong_extension'] as const;

/**
 * What was done to the user's files. An intent is on the disk before the file is touched: the catalog's other commits may
 * be lost with the power, these must not, or a moved file would be known to nobody.
 */
export function createJournal(db: Database.Database, now: () => number) {
  const sources = createSources(db);
  const inheritance = createInheritance(db);
  const insertOperation = db.prepare<[Record<string, unknown>]>(
    'INSERT INTO operation (kind, mode, state, plan_id, planned, created_at) VALUES (@kind, @mode, @state, @planId, @planned, @now)');
  const findOperation = db.prepare<[number], OperationRow>(`${OPERATION} WHERE id = ?`);
  const operationOfPlan = db.prepare<[number], OperationRow>(`${OPERATION} WHERE plan_id = ?`);
  const unfinished = db.prepare<[], OperationRow>(`${OPERATION} WHERE finished_at IS NULL ORDER BY id`);
  const listOperations = db.prepare<[number, number], OperationRow>(`${OPERATION} WHERE id < ? ORDER BY id DESC LIMIT ?`);
  const count = db.prepare<[Record<string, unknown>]>(
    'UPDATE operation SET moved = moved + @moved, skipped = skipped + @skipped, restored = restored + @restored, bytes = bytes + @bytes WHERE id = @id');
  const setState = db.prepare<[string, number | null, number]>('UPDATE operation SET state = ?, finished_at = ? WHERE id = ?');
  const insertItem = db.prepare<[Record<string, unknown>]>(`
    INSERT INTO operation_item (operation_id, source_id, asset_id, keeper_id, path, bytes, state, place, device, inode, mtime_ns, known, error_code, error_message)
    VALUES (@operationId, @sourceId, @assetId, @keeperId, @path, @bytes, @state, @place, @device, @inode, @mtimeNs,
      (SELECT json_object(${KNOWN.map((column) => `'${column}', ${column}`).join(', ')}) FROM source WHERE id = @sourceId), @code, @reason)`);
  const setPlace = db.prepare<[FilePath, number]>('UPDATE operation_item SET place = ? WHERE id = ?');
  const setMoved = db.prepare<[Record<string, unknown>]>(`UPDATE operation_item SET state = 'moved', moved_at = @now, link_inode = @linkInode, error_code = @code, error_message = @reason WHERE id = @id`);
  const setSkipped = db.prepare<[string, string, number]>(`UPDATE operation_item SET state = 'skipped', place = NULL, error_code = ?, error_message = ? WHERE id = ?`);
  const setItem = db.prepare<[string, string | null, string | null, number]>('UPDATE operation_item SET state = ?, error_code = ?, error_message = ? WHERE id = ?');
  const setError = db.prepare<[string, string, number]>('UPDATE operation_item SET error_code = ?, error_message = ? WHERE id = ?');
  const findItem = db.prepare<[number], JournalItem>(`${ITEM} WHERE i.id = ?`);
  const intents = db.prepare<[number, number, number], JournalItem>(`${ITEM} WHERE i.${IS_INTENT} AND (i.operation_id, i.id) > (?, ?) ORDER BY i.operation_id, i.id LIMIT ?`);
  const intentsOf = db.prepare<[number, number], JournalItem>(`${ITEM} WHERE i.${IS_INTENT} AND i.operation_id = ? ORDER BY i.id LIMIT ?`);
  const hasIntents = db.prepare<[], number>(`SELECT EXISTS (SELECT 1 FROM operation_item WHERE ${IS_INTENT})`).pluck();
  const countIntentsOf = db.prepare<[number], { all: number; unlooked: number }>(`SELECT count(*) AS "all", count(*) FILTER (WHERE error_code IS NULL) AS unlooked FROM operation_item INDEXED BY operation_item_intent WHERE operation_id = ? AND ${IS_INTENT}`);
  const awayOf = db.prepare<[number, number, number], JournalItem>(`${ITEM} WHERE i.operation_id = ? AND i.id > ? AND i.state IN ('moved', 'deleted', 'lost') ORDER BY i.id LIMIT ?`);
  const itemsOf = db.prepare<[Record<string, unknown>], JournalItem>(`${ITEM} WHERE i.operation_id = @operationId AND i.id > @after AND (@states IS NULL OR ${STATE_SHOWN} IN (SELECT value FROM json_each(@states))) ORDER BY i.id LIMIT @limit`);
  const itemCount = db.prepare<[number], number>('SELECT count(*) FROM operation_item WHERE operation_id = ?').pluck();
  const quarantined = db.prepare<[number, number, number], JournalItem>(`${ITEM} WHERE ${IN_QUARANTINE} AND i.id > ? AND i.moved_at <= ? ORDER BY i.id LIMIT ?`);
  const leftOf = db.prepare<[number], number>(`SELECT count(*) FROM operation_item WHERE operation_id = ? AND state IN ('moved', 'deleted', 'lost')`).pluck();
  const setMissing = db.prepare<[number, number]>('UPDATE source SET missing_since = ? WHERE id = ? AND missing_since IS NULL');
  const setMtime = db.prepare<[number, number]>('UPDATE source SET mtime_ms = ? WHERE id = ?');
  const setKnown = db.prepare<[number]>(`
    UPDATE source SET missing_since = NULL, sha256 = (SELECT sha256 FROM asset WHERE id = i.asset_id), ${KNOWN.map((column) => `${column} = i.known ->> '$.${column}'`).join(', ')}
    FROM operation_item i WHERE i.id = ? AND source.id = i.source_id`);
  const merges = db.prepare<[number], number>('SELECT p.merges FROM operation o JOIN plan p ON p.id = o.plan_id WHERE o.id = ?').pluck();

  function durably<Result>(write: () => Result): Result {
    db.pragma('synchronous = FULL');
    try {
      return db.transaction(write).immediate();
    } finally {
      db.pragma('synchronous = NORMAL');
    }
  }

  function nowMissing(sourceId: number, assetId: number): void {
    setMissing.run(now(), sourceId);
    sources.nameAsset(assetId);
  }

  function add(operationId: number, counts: Partial<Record<'moved' | 'skipped' | 'restored' | 'bytes', number>>): void {
    count.run({ id: operationId, moved: 0, skipped: 0, restored: 0, bytes: 0, ...counts });
  }

  return {
    /** The paths as the catalog has them: what was moved or comes back. */
    pathOf: (sourceId: number): FilePath => {
      const path = sources.pathOf(sourceId);
      return typeof path === 'string' ? path : Buffer.from(path);
    },
    begin(kind: Operation['kind'], mode: RemovalMode | null, planId: number | null, planned: number): number {
      return Number(insertOperation.run({ kind, mode, state: 'running', planId, planned, now: now() }).lastInsertRowid);
    },
    /** What became of a plan; undefined when it was not applied. */
    operationOfPlan: (planId: number): OperationRow | undefined => operationOfPlan.get(planId),
    operation(id: number): OperationRow {
      const found = findOperation.get(id);
      if (!found) throw new ProofsheetError('not-found', `There is no operation ${id}.`);
      return found;
    },
    operations: (before: number, limit: number) => listOperations.all(before, limit),
    unfinished: () => unfinished.all(),
    /** Writes what is about to happen, and what will not. @returns the ids of the items, in order */
    intend(operationId: number, items: readonly Intent[]): number[] {
      return durably(() => {
        add(operationId, { skipped: items.filter((item) => 'refusal' in item).length });
        return items.map((item) => {
          const { sourceId, assetId, keeperId, path, bytes } = item;
          const rest = 'refusal' in item
            ? { state: 'skipped', place: null, device: null, inode: null, mtimeNs: null, ...item.refusal }
            : { state: 'moving', place: item.place, device: String(item.look.device), inode: String(item.look.inode), mtimeNs: String(item.look.mtimeNs), code: null, reason: null };
          return Number(insertItem.run({ operationId, sourceId, assetId, keeperId, path, bytes, ...rest }).lastInsertRowid);
        });
      });
    },
    /** The place turned out not to be on the file's volume, say. */
    intendElsewhere(id: number, place: FilePath): void {
      durably(() => setPlace.run(place, id));
    },
    settleMoves(operationId: number, outcomes: readonly Moved[]): void {
      db.transaction(() => {
        const merging = merges.get(operationId) === 1;
        const counts = { moved: 0, skipped: 0, bytes: 0 };
        for (const outcome of outcomes) {
          const { id, item } = outcome;
          if ('unseen' in outcome) {
            setError.run(outcome.unseen.code, outcome.unseen.reason, id);
            continue;
          }
          if ('refusal' in outcome) {
            setSkipped.run(outcome.refusal.code, outcome.refusal.reason, id);
            counts.skipped += 1;
            continue;
          }
          setMoved.run({ id, now: now(), linkInode: outcome.link === null ? null : String(outcome.link.inode), code: outcome.failure?.code ?? null, reason: outcome.failure?.reason ?? null });
          counts.moved += 1;
          counts.bytes += item.bytes;
          if (outcome.link === null) nowMissing(item.sourceId, item.assetId);
          // In its place lies the same content with the times of the keeper.
          else setMtime.run(outcome.link.mtimeMs, item.sourceId);
          if (merging) inheritance.bequeath(item.keeperAssetId, item.keeperId, id, item);
        }
        add(operationId, counts);
      }).immediate();
    },
    /** Writes that these will be put back, or deleted for good. */
    intendReturn(ids: readonly number[], state: 'restoring' | 'deleting'): void {
      if (ids.length > 0) durably(() => { for (const id of ids) setItem.run(state, null, null, id); });
    },
    settleReturns(outcomes: readonly Returned[]): void {
      db.transaction(() => {
        for (const { item, state, refusal } of outcomes) {
          if (state === 'unseen') {
            setError.run(refusal?.code ?? 'internal', refusal?.reason ?? '', item.id);
            continue;
          }
          setItem.run(state, refusal?.code ?? null, refusal?.reason ?? null, item.id);
          if (state !== 'restored') continue;
          setKnown.run(item.id);
          sources.nameAsset(item.assetId);
          inheritance.revoke(item.id);
          add(item.operationId, { restored: 1 });
        }
      }).immediate();
    },
    /** Counts what a restore or an emptying did, in an operation of its own. */
    add,
    /** Says how far an operation is undone, from its items. Those that cannot be reached are told beside that, and are left. */
    settleOperation(id: number): void {
      const open = countIntentsOf.get(id) ?? { all: 0, unlooked: 0 };
      // Nobody has looked yet.
      if (open.unlooked > 0) return;
      const { kind, restored, finishedAt } = findOperation.get(id) ?? { kind: 'cleanup', restored: 0, finishedAt: null };
      const state = kind !== 'cleanup' || restored === 0 ? 'applied' : leftOf.get(id) === 0 && open.all === 0 ? 'undone' : 'partly-undone';
      setState.run(state, finishedAt ?? now(), id);
    },
    setUndoing(id: number): void { setState.run('undoing', null, id); },
    item(id: number): JournalItem {
      const found = findItem.get(id);
      if (!found) throw new ProofsheetError('not-found', `There is no file ${id} in quarantine.`);
      return found;
    },
    /** What was begun and is not known to have ended, behind the last one of a page before. */
    intents: (after: Pick<JournalItem, 'operationId' | 'id'> | undefined, limit: number) => intents.all(after?.operationId ?? 0, after?.id ?? 0, limit),
    hasIntents: () => hasIntents.get() === 1,
    intentsOf: (operationId: number, limit: number) => intentsOf.all(operationId, limit),
    intentCount: (operationId: number) => countIntentsOf.get(operationId)?.all ?? 0,
    /** What an operation moved and did not put back. */
    away: (operationId: number, after: number, limit: number) => awayOf.all(operationId, after, limit),
    awayCount: (operationId: number) => leftOf.get(operationId) ?? 0,
    /** Those that are shown in one of the states; all when it is null. */
    items: ({ states, ...query }: ItemQuery) => itemsOf.all({ ...query, states: states && JSON.stringify(states) }),
    itemCount: (operationId: number) => itemCount.get(operationId) ?? 0,
    quarantined: (after: number, movedBefore: number, limit: number) => quarantined.all(after, movedBefore, limit),
    markMissing: (sourceId: number, assetId: number): void => db.transaction(() => nowMissing(sourceId, assetId)).immediate(),
  };
}

export function toOperation(row: OperationRow): Operation {
  const { createdAt, finishedAt, ...rest } = row;
  return { ...rest, createdAt: new Date(createdAt).toISOString(), finishedAt: finishedAt === null ? null : new Date(finishedAt).toISOString() };
}

export function toOperationItem({ id, path, bytes, shown, errorCode, errorMessage }: JournalItem): OperationItem {
  return { id, path, bytes, state: shown, code: errorCode, reason: errorMessage };
}
