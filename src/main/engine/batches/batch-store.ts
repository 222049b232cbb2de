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
  readonly scan: 'running' | 'cut' | 'done' | 'failed';
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
  /** Hosts that may lie on private or loopback addresses, for this import beyond those of the workspace. */
  readonly allowHosts?: readonly string[];
  /** Set for what a followed folder brought: only what is new or changed becomes an item, in these folders or also below. */
  readonly changesOnly?: { readonly recursive: boolean };
}

export interface BatchStore {
  get(id: number): Batch;
  /** Imports, newest first, those older than `before`. */
  list(limit: number, includeDeleted: boolean, before?: number): Batch[];
  parts(importId: number): Batch[];
  aggregate(id: number): BatchAggregate;
  failures(id: number): FailureGroup[];
  failureCounts(id: number): { code: ErrorCode; count: number }[];
  /** Stamps the parts, and the imports, that have come to their end; among these parts, or among all. */
  settle(now: number, partIds?: Iterable<number>): void;
}

const COLUMNS = `id, parent_id AS parentId, name, kind, sequence, total_split AS totalSplit, paused, cancelled_at AS cancelledAt, scan, spec, error_code AS errorCode, error_message AS errorMessage,
  created_at AS createdAt, finished_at AS finishedAt, deleted_at AS deletedAt`;

/** A part that was deleted by itself is out of its import's sums. */
const PARTS_COUNTED = `SELECT p.id FROM batch p JOIN batch i ON i.id = p.parent_id WHERE p.parent_id = ? AND (p.deleted_at IS NULL OR i.deleted_at IS NOT NULL)`;

export function createBatchStore(db: Database.Database): BatchStore {
  const find = db.prepare<[number], BatchRow>(`SELECT ${COLUMNS} FROM batch WHERE id = ?`);
  const listImports = db.prepare<[number, number, number], BatchRow>(
    `SELECT ${COLUMNS} FROM batch WHERE parent_id IS NULL AND id < ? AND (deleted_at IS NULL OR ?) ORDER BY id DESC LIMIT ?`);
  const findParts = db.prepare<[number], BatchRow>(`SELECT ${COLUMNS} FROM batch WHERE parent_id = ? ORDER BY sequence`);
  const tallyOf = db.prepare<[number, number], { state: string; n: number }>(`
    SELECT value AS state, sum(n) AS n FROM tally WHERE dimension IN ('state', 'asset') AND (batch_id = ? OR batch_id IN (${PARTS_COUNTED})) GROUP BY value`);
  const failureCounts = db.prepare<[number, number], { code: ErrorCode; count: number }>(`
    SELECT value AS code, sum(n) AS count FROM tally WHERE dimension = 'failure' AND n > 0
    AND (batch_id = ? OR batch_id IN (${PARTS_COUNTED})) GROUP BY value ORDER BY count DESC, value`);
  const exampleOf = db.prepare<[string, number, number], { container: string; name: string; message: string }>(`
    SELECT c.path AS container, s.name, coalesce(j.error_message, '') AS message FROM batch b
    JOIN job j INDEXED BY job_batch ON j.batch_id = b.id AND j.state IN ('failed', 'quarantined') AND j.error_code = ?
    JOIN source s ON s.id = j.source_id JOIN container c ON c.id = s.container_id WHERE b.id = ? OR b.id IN (${PARTS_COUNTED}) LIMIT 1`);
  // A cancelled part of a list that is still read gets rows until its import is cancelled too, or read to its end.
  const isAtEnd = `finished_at IS NULL AND (scan <> 'running' OR (SELECT i.cancelled_at FROM batch i WHERE i.id = coalesce(batch.parent_id, batch.id)) IS NOT NULL)`;
  const hasNoWork = `parent_id IS NOT NULL AND NOT EXISTS (SELECT 1 FROM tally WHERE batch_id = batch.id AND dimension = 'state' AND value IN ('queued', 'leased') AND n > 0)`;
  const hasNoOpenPart = `parent_id IS NULL AND NOT EXISTS (SELECT 1 FROM batch part WHERE part.parent_id = batch.id AND part.finished_at IS NULL AND part.deleted_at IS NULL)`;
  const stampParts = db.prepare<[number]>(`UPDATE batch INDEXED BY batch_finished SET finished_at = ? WHERE ${isAtEnd} AND ${hasNoWork}`);
  const stampImports = db.prepare<[number]>(`UPDATE batch INDEXED BY batch_finished SET finished_at = ? WHERE ${isAtEnd} AND ${hasNoOpenPart}`);
  const stampPart = db.prepare<[number, number]>(`UPDATE batch SET finished_at = ? WHERE id = ? AND ${isAtEnd} AND ${hasNoWork}`);
  const stampImportOf = db.prepare<[number, number]>(`UPDATE batch SET finished_at = ? WHERE id = (SELECT parent_id FROM batch WHERE id = ?) AND ${isAtEnd} AND ${hasNoOpenPart}`);

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
      state: stateOf(batch, counts, batch.parentId === null ? findParts.all(batch.id).filter((part) => part.deletedAt === null) : [batch]), scanning: batch.scan === 'running' && batch.cancelledAt === null,
      createdAt: iso(batch.createdAt), finishedAt: batch.finishedAt === null ? null : iso(batch.finishedAt), deletedAt: batch.deletedAt === null ? null : iso(batch.deletedAt),
      error: batch.errorCode === null ? null : { code: batch.errorCode, message: batch.errorMessage ?? '' }, sources: [...spec.paths], ...counts,
    };
  }

  return {
    get: (id) => toBatch(row(id)),
    list: (limit, includeDeleted, before = Number.MAX_SAFE_INTEGER) => listImports.all(before, Number(includeDeleted), limit).map(toBatch),
    parts: (importId) => findParts.all(importId).map(toBatch),
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

/** Something of it is still to be read or done. */
export function isOpen(batch: Batch): boolean {
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
