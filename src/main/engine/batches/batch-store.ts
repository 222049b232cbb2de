import type Database from 'better-sqlite3';
import type { Batch, BatchAggregate, BatchState, ErrorCode, FailureGroup, ItemCounts } from '../../../contract/index.ts';
import { ProofsheetError } from '../errors.ts';
import { heals } from '../jobs/retry.ts';
import { shownLocation } from '../catalog/sources.ts';

interface BatchRow {
  readonly id: number;
  readonly parentId: number | null;
  readonly name: string;
  readonly kind: 'folder' | 'list';
  readonly sequence: number;
  readonly totalSplit: number;
  readonly paused: number;
  readonly cancelledAt: number | null;
  readonly scan: 'running' | 'done' | 'failed';
  readonly spec: string | null;
  readonly errorCode: ErrorCode | null;
  readonly errorMessage: string | null;
  readonly createdAt: number;
  readonly finishedAt: number | null;
  readonly deletedAt: number | null;
}

/** What an import was asked for; kept with it, so that an engine that takes it up again knows. */
export interface ImportSpec {
  readonly paths: readonly string[];
  readonly copy: boolean;
  readonly maxBatchSize: number;
  readonly sourceColumn: string | null;
  /** Set for what a followed folder brought: only what is new or changed becomes an item, in these folders or also below. */
  readonly changesOnly?: { readonly recursive: boolean };
}

export interface BatchStore {
  get(id: number): Batch;
  /** Imports, newest first, those older than `before`. */
  list(limit: number, includeDeleted: boolean, before?: number): Batch[];
  parts(importId: number): Batch[];
  aggregate(id: number): BatchAggregate;
  /** The parts a verb on this id acts on: itself, or all parts of an import. */
  targets(id: number): readonly number[];
  failures(id: number): FailureGroup[];
  failureCounts(id: number): { code: ErrorCode; count: number }[];
  /**
   * The verbs. Saying one twice is the same as saying it once: what is already so is no error.
   * @throws ProofsheetError `not-found`; `bad-input` when the batch is past the verb: paused after its end, say
   */
  pause(id: number): void;
  resume(id: number): void;
  /** @returns how many items were queued again */
  retry(id: number, code: ErrorCode | undefined, now: number): number;
  cancel(id: number, now: number): void;
  delete(id: number, now: number): void;
  restore(id: number): void;
  /** Cancels what was queued in a part after the part was cancelled. */
  cancelLateRows(partId: number, now: number): void;
  /** Stamps the parts, and the imports, that have come to their end; among these parts, or among all. */
  settle(now: number, partIds?: Iterable<number>): void;
}

const COLUMNS = `id, parent_id AS parentId, name, kind, sequence, total_split AS totalSplit, paused, cancelled_at AS cancelledAt, scan, spec, error_code AS errorCode, error_message AS errorMessage,
  created_at AS createdAt, finished_at AS finishedAt, deleted_at AS deletedAt`;

export function createBatchStore(db: Database.Database): BatchStore {
  const find = db.prepare<[number], BatchRow>(`SELECT ${COLUMNS} FROM batch WHERE id = ?`);
  const listImports = db.prepare<[number, number, number], BatchRow>(
    `SELECT ${COLUMNS} FROM batch WHERE parent_id IS NULL AND id < ? AND (deleted_at IS NULL OR ?) ORDER BY id DESC LIMIT ?`);
  const findParts = db.prepare<[number], BatchRow>(`SELECT ${COLUMNS} FROM batch WHERE parent_id = ? ORDER BY sequence`);
  const tallyOf = db.prepare<[number, number], { state: string; n: number }>(`
    SELECT value AS state, sum(n) AS n FROM tally WHERE dimension IN ('state', 'asset') AND (batch_id = ? OR batch_id IN (SELECT id FROM batch WHERE parent_id = ?)) GROUP BY value`);
  const failureCounts = db.prepare<[number, number], { code: ErrorCode; count: number }>(`
    SELECT value AS code, sum(n) AS count FROM tally WHERE dimension = 'failure' AND n > 0
    AND (batch_id = ? OR batch_id IN (SELECT id FROM batch WHERE parent_id = ?)) GROUP BY value ORDER BY count DESC, value`);
  const exampleOf = db.prepare<[string, number, number], { container: string; name: string; message: string }>(`
    SELECT c.path AS container, s.name, coalesce(j.error_message, '') AS message FROM batch b
    JOIN job j INDEXED BY job_batch ON j.batch_id = b.id AND j.state IN ('failed', 'quarantined') AND j.error_code = ?
    JOIN source s ON s.id = j.source_id JOIN container c ON c.id = s.container_id WHERE b.id = ? OR b.parent_id = ? LIMIT 1`);
  const setPaused = db.prepare<[number, number]>('UPDATE batch SET paused = ? WHERE id = ?');
  const setCancelled = db.prepare<[number | null, number]>('UPDATE batch SET cancelled_at = ? WHERE id = ?');
  const setDeleted = db.prepare<[number | null, number]>('UPDATE batch SET deleted_at = ? WHERE id = ?');
  const cancelQueued = db.prepare<[number, number]>(
    `UPDATE job SET state = 'cancelled', error_code = 'cancelled', error_message = 'the batch was cancelled', finished_at = ? WHERE batch_id = ? AND state = 'queued'`);
  const requeue = db.prepare<[Record<string, unknown>]>(`
    UPDATE job SET state = 'queued', attempts = 0, deaths = 0, run_after = 0, run_order = @now, error_code = NULL, error_message = NULL, verdict = NULL, finished_at = NULL
    WHERE batch_id = @id AND state IN ('failed', 'quarantined', 'cancelled') AND (@code IS NULL OR error_code = @code)`);
  const isAtEnd = `finished_at IS NULL AND (scan <> 'running' OR cancelled_at IS NOT NULL)`;
  const hasNoWork = `parent_id IS NOT NULL AND NOT EXISTS (SELECT 1 FROM tally WHERE batch_id = batch.id AND dimension = 'state' AND value IN ('queued', 'leased') AND n > 0)`;
  const hasNoOpenPart = `parent_id IS NULL AND NOT EXISTS (SELECT 1 FROM batch part WHERE part.parent_id = batch.id AND part.finished_at IS NULL)`;
  const stampParts = db.prepare<[number]>(`UPDATE batch INDEXED BY batch_finished SET finished_at = ? WHERE ${isAtEnd} AND ${hasNoWork}`);
  const stampImports = db.prepare<[number]>(`UPDATE batch INDEXED BY batch_finished SET finished_at = ? WHERE ${isAtEnd} AND ${hasNoOpenPart}`);
  const stampPart = db.prepare<[number, number]>(`UPDATE batch SET finished_at = ? WHERE id = ? AND ${isAtEnd} AND ${hasNoWork}`);
  const stampImportOf = db.prepare<[number, number]>(`UPDATE batch SET finished_at = ? WHERE id = (SELECT parent_id FROM batch WHERE id = ?) AND ${isAtEnd} AND ${hasNoOpenPart}`);
  const reopenBatch = db.prepare<[number]>('UPDATE batch SET finished_at = NULL, cancelled_at = NULL, paused = 0 WHERE id = ?');

  function row(id: number): BatchRow {
    const found = find.get(id);
    if (!found) throw new ProofsheetError('not-found', `There is no batch ${id}.`);
    return found;
  }

  function toBatch(batch: BatchRow): Batch {
    const counts = countsOf(tallyOf.all(batch.id, batch.id));
    const spec = JSON.parse(batch.spec ?? row(batch.parentId ?? batch.id).spec ?? '{"paths":[]}') as ImportSpec;
    return {
      id: batch.id, parentId: batch.parentId, name: batch.name, kind: batch.kind, sequence: batch.sequence, totalSplit: batch.totalSplit,
      state: stateOf(batch, counts, batch.parentId === null ? findParts.all(batch.id) : [batch]), scanning: batch.scan === 'running' && batch.cancelledAt === null,
      createdAt: iso(batch.createdAt), finishedAt: batch.finishedAt === null ? null : iso(batch.finishedAt), deletedAt: batch.deletedAt === null ? null : iso(batch.deletedAt),
      error: batch.errorCode === null ? null : { code: batch.errorCode, message: batch.errorMessage ?? '' }, sources: [...spec.paths], ...counts,
    };
  }

  function targets(id: number): readonly number[] {
    const batch = row(id);
    return batch.parentId === null ? findParts.all(id).map((part) => part.id) : [id];
  }

  /** Runs a verb on the parts it means, and on their import. */
  function act(id: number, change: (parts: readonly Batch[], importId: number) => void): void {
    db.transaction(() => { change(targets(id).map((partId) => toBatch(row(partId))), row(id).parentId ?? id); }).immediate();
  }

  function refuse(id: number, verb: string): never {
    const { name, state, deletedAt } = toBatch(row(id));
    throw new ProofsheetError('bad-input', `Cannot ${verb} “${name}”: ${deletedAt === null ? STATE_IN_WORDS[state] : 'it is deleted'}.`);
  }

  /** Nothing of the import is open any more, nor will be: a list that is still being read will have more parts. */
  function isCalledOff(importId: number): boolean {
    const { kind, scan } = row(importId);
    return (kind === 'folder' || scan !== 'running') && !findParts.all(importId).map(toBatch).some(isOpen);
  }

  return {
    get: (id) => toBatch(row(id)),
    list: (limit, includeDeleted, before = Number.MAX_SAFE_INTEGER) => listImports.all(before, Number(includeDeleted), limit).map(toBatch),
    parts: (importId) => findParts.all(importId).map(toBatch),
    targets,
    aggregate(id) {
      const batch = toBatch(row(id));
      const decided = batch.done + batch.failed;
      return { ...batch, successRate: decided === 0 ? null : batch.done / decided, parts: findParts.all(id).map(toBatch) };
    },
    failureCounts: (id) => failureCounts.all(id, id),
    failures(id) {
      row(id);
      return failureCounts.all(id, id).map(({ code, count }) => {
        const example = exampleOf.get(code, id, id);
        return { code, count, retryable: heals(code), example: { source: example ? shownLocation(example.container, example.name) : '', message: example?.message ?? '' } };
      });
    },
    pause(id) {
      act(id, (parts, importId) => {
        if (!parts.some(isOpen)) refuse(id, 'pause');
        for (const part of parts) if (isOpen(part)) setPaused.run(1, part.id);
        // Parts that are still to be read are paused with it.
        if (id === importId) setPaused.run(1, importId);
      });
    },
    resume(id) {
      act(id, (parts, importId) => {
        if (!parts.some(isOpen)) refuse(id, 'resume');
        for (const part of parts) setPaused.run(0, part.id);
        setPaused.run(0, importId);
      });
    },
    retry(id, code, now) {
      let queued = 0;
      act(id, (parts, importId) => {
        if (row(id).deletedAt !== null) refuse(id, 'retry');
        for (const part of parts) {
          const { changes } = requeue.run({ id: part.id, now, code: code ?? null });
          queued += changes;
          // What was called off while it was being read is read on, unless only one kind of failure is meant.
          if (changes > 0 || (code === undefined && part.state === 'cancelled')) reopenBatch.run(part.id);
        }
        if (queued > 0 || (code === undefined && row(importId).cancelledAt !== null)) reopenBatch.run(importId);
      });
      return queued;
    },
    cancel(id, now) {
      act(id, (parts, importId) => {
        const open = parts.filter(isOpen);
        if (open.length === 0 && !parts.some((part) => part.state === 'cancelled')) refuse(id, 'cancel');
        for (const part of open) {
          setCancelled.run(now, part.id);
          cancelQueued.run(now, part.id);
        }
        if (open.length > 0 && (id === importId || isCalledOff(importId))) setCancelled.run(now, importId);
      });
    },
    cancelLateRows(partId, now) {
      if (row(partId).cancelledAt !== null) cancelQueued.run(now, partId);
    },
    delete(id, now) {
      act(id, (parts, importId) => {
        for (const part of parts) if (part.deletedAt === null) setDeleted.run(now, part.id);
        if (targets(importId).every((part) => row(part).deletedAt !== null)) setDeleted.run(now, importId);
      });
    },
    restore(id) {
      act(id, (parts, importId) => {
        for (const part of parts) setDeleted.run(null, part.id);
        setDeleted.run(null, importId);
      });
    },
    settle(now, partIds) {
      if (partIds === undefined) {
        stampParts.run(now);
        stampImports.run(now);
        return;
      }
      for (const id of partIds) if (stampPart.run(now, id).changes > 0) stampImportOf.run(now, id);
    },
  };
}

const STATE_IN_WORDS: Readonly<Record<BatchState, string>> = {
  'draft': 'it has not begun', 'queued': 'it waits to begin', 'running': 'it is running', 'paused': 'it is paused', 'completed': 'it has ended',
  'completed-with-errors': 'it has ended', 'cancelled': 'it was cancelled', 'failed': 'it has failed',
};

function isOpen(batch: Batch): boolean {
  return batch.deletedAt === null && (batch.scanning || batch.queued + batch.running > 0);
}

function countsOf(rows: readonly { readonly state: string; readonly n: number }[]): ItemCounts {
  const n = Object.fromEntries(rows.map((tally) => [tally.state, tally.n])) as Partial<Record<string, number>>;
  const quarantined = n['quarantined'] ?? 0;
  const counts = {
    queued: n['queued'] ?? 0, running: n['leased'] ?? 0, done: n['done'] ?? 0, failed: (n['failed'] ?? 0) + quarantined,
    skipped: n['skipped'] ?? 0, cancelled: n['cancelled'] ?? 0,
  };
  // Whatever is done has led to an asset; what else has one was passed over because it was known.
  const unchanged = Math.max(0, (n['new'] ?? 0) + (n['existing'] ?? 0) - counts.done);
  return { ...counts, quarantined, unchanged, total: Object.values(counts).reduce((sum, count) => sum + count, 0) };
}

function stateOf(batch: BatchRow, counts: ItemCounts, parts: readonly BatchRow[]): BatchState {
  const open = batch.scan === 'running' || counts.queued + counts.running > 0;
  if (open && batch.cancelledAt === null) {
    if (parts.length > 0 && parts.every((part) => part.paused === 1)) return 'paused';
    return counts.done + counts.failed + counts.running > 0 ? 'running' : 'queued';
  }
  if (batch.cancelledAt !== null) return 'cancelled';
  if (batch.scan === 'failed') return 'failed';
  return counts.failed > 0 ? 'completed-with-errors' : 'completed';
}

function iso(time: number): string {
  return new Date(time).toISOString();
}
