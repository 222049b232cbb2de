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
}

export interface BatchStore {
  get(id: number): Batch;
  /** Imports, newest first. */
  list(limit: number, includeDeleted: boolean): Batch[];
  parts(importId: number): Batch[];
  aggregate(id: number): BatchAggregate;
  /** The parts a verb on this id acts on: itself, or all parts of an import. */
  targets(id: number): readonly number[];
  failures(id: number): FailureGroup[];
  failureCounts(id: number): { code: ErrorCode; count: number }[];
  pause(id: number): void;
  resume(id: number): void;
  retry(id: number, code: ErrorCode | undefined, now: number): number;
  cancel(id: number, now: number): void;
  delete(id: number, now: number): void;
  restore(id: number): void;
  /** Stamps parts and imports that have come to their end, and takes the stamp from those that have work again. */
  settle(now: number): void;
}

const COLUMNS = `id, parent_id AS parentId, name, kind, sequence, total_split AS totalSplit, paused, cancelled_at AS cancelledAt, scan, spec, error_code AS errorCode, error_message AS errorMessage,
  created_at AS createdAt, finished_at AS finishedAt, deleted_at AS deletedAt`;

export function createBatchStore(db: Database.Database): BatchStore {
  const find = db.prepare<[number], BatchRow>(`SELECT ${COLUMNS} FROM batch WHERE id = ?`);
  const listImports = db.prepare<[number, number], BatchRow>(
    `SELECT ${COLUMNS} FROM batch WHERE parent_id IS NULL AND (deleted_at IS NULL OR ?) ORDER BY id DESC LIMIT ?`);
  const findParts = db.prepare<[number], BatchRow>(`SELECT ${COLUMNS} FROM batch WHERE parent_id = ? ORDER BY sequence`);
  const tallyOf = db.prepare<[number, number], { state: string; n: number }>(`
    SELECT value AS state, sum(n) AS n FROM tally WHERE dimension = 'state' AND (batch_id = ? OR batch_id IN (SELECT id FROM batch WHERE parent_id = ?)) GROUP BY value`);
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
  const stampParts = db.prepare<[number]>(`
    UPDATE batch SET finished_at = ? WHERE finished_at IS NULL AND parent_id IS NOT NULL AND scan <> 'running'
    AND NOT EXISTS (SELECT 1 FROM tally WHERE batch_id = batch.id AND dimension = 'state' AND value IN ('queued', 'leased') AND n > 0)`);
  const stampImports = db.prepare<[number]>(`
    UPDATE batch SET finished_at = ? WHERE finished_at IS NULL AND parent_id IS NULL AND scan <> 'running'
    AND NOT EXISTS (SELECT 1 FROM batch part WHERE part.parent_id = batch.id AND part.finished_at IS NULL)`);
  const unstamp = db.prepare<[number]>('UPDATE batch SET finished_at = NULL WHERE id = ?');

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

  /** Applies a verb to the parts it is possible for; refuses when that is none of them. */
  function act(id: number, verb: string, possible: (batch: Batch) => boolean, change: (partId: number) => void): void {
    db.transaction(() => {
      const parts = targets(id).map((partId) => toBatch(row(partId))).filter(possible);
      if (parts.length === 0) {
        const { name, state, deletedAt } = toBatch(row(id));
        throw new ProofsheetError('bad-input', `Cannot ${verb} “${name}”: it is ${deletedAt === null ? state : 'deleted'}.`);
      }
      for (const part of parts) change(part.id);
    }).immediate();
  }

  const isOpen = (batch: Batch): boolean => batch.deletedAt === null && (batch.scanning || batch.queued + batch.running > 0);

  return {
    get: (id) => toBatch(row(id)),
    list: (limit, includeDeleted) => listImports.all(Number(includeDeleted), limit).map(toBatch),
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
    pause: (id) => { act(id, 'pause', (batch) => isOpen(batch) && batch.state !== 'paused', (part) => setPaused.run(1, part)); },
    resume: (id) => { act(id, 'resume', (batch) => batch.deletedAt === null && batch.state === 'paused', (part) => setPaused.run(0, part)); },
    retry(id, code, now) {
      let queued = 0;
      act(id, 'retry', (batch) => batch.deletedAt === null && (batch.failed > 0 || batch.cancelled > 0), (part) => {
        setCancelled.run(null, part);
        setPaused.run(0, part);
        queued += requeue.run({ id: part, now, code: code ?? null }).changes;
        const { parentId } = row(part);
        if (parentId !== null) {
          unstamp.run(parentId);
          setCancelled.run(null, parentId);
        }
        unstamp.run(part);
      });
      return queued;
    },
    cancel(id, now) {
      act(id, 'cancel', isOpen, (part) => {
        setCancelled.run(now, part);
        cancelQueued.run(now, part);
      });
      const batch = row(id);
      if (batch.parentId === null) setCancelled.run(now, id);
    },
    delete(id, now) {
      act(id, 'delete', (batch) => batch.deletedAt === null, (part) => setDeleted.run(now, part));
      const parent = row(id).parentId;
      if (parent === null || targets(parent).every((part) => row(part).deletedAt !== null)) setDeleted.run(now, parent ?? id);
    },
    restore(id) {
      act(id, 'restore', (batch) => batch.deletedAt !== null, (part) => setDeleted.run(null, part));
      setDeleted.run(null, row(id).parentId ?? id);
    },
    settle(now) {
      stampParts.run(now);
      stampImports.run(now);
    },
  };
}

function countsOf(rows: readonly { readonly state: string; readonly n: number }[]): ItemCounts {
  const n = Object.fromEntries(rows.map((tally) => [tally.state, tally.n])) as Partial<Record<string, number>>;
  const quarantined = n['quarantined'] ?? 0;
  const counts = {
    queued: n['queued'] ?? 0, running: n['leased'] ?? 0, done: n['done'] ?? 0, failed: (n['failed'] ?? 0) + quarantined,
    skipped: n['skipped'] ?? 0, cancelled: n['cancelled'] ?? 0,
  };
  return { ...counts, quarantined, total: Object.values(counts).reduce((sum, count) => sum + count, 0) };
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
