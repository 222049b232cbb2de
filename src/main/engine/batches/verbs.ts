import { setImmediate } from 'node:timers/promises';
import type Database from 'better-sqlite3';
import type { Batch, BatchState, ErrorCode } from '../../../contract/index.ts';
import { ProofsheetError } from '../errors.ts';
import { isOpen, type BatchStore } from './batch-store.ts';

/**
 * What can be done to an import, or to one of its parts. Saying a verb twice is the same as saying it once: what is
 * already so is no error. A million items are moved some thousands at a time, so that others are served meanwhile.
 * @throws ProofsheetError `not-found`; `bad-input` when the batch is past the verb: paused after its end, say
 */
export interface BatchVerbs {
  pause(id: number): void;
  resume(id: number): void;
  /** Queues failed and cancelled items again, or with `code` those that failed for this reason. @returns how many */
  retry(id: number, code: ErrorCode | undefined, now: number): Promise<number>;
  cancel(id: number, now: number): Promise<void>;
  delete(id: number, now: number): void;
  restore(id: number): void;
  /** Opens a part for items that were queued again. What a cancel has left unread of its import stays unread. */
  reopen(partId: number): void;
  /** Takes some of what is queued in cancelled batches out of the queue. @returns whether there was any */
  sweepCancelled(now: number): boolean;
}

/** A transaction of so many items holds up the engine for some hundredths of a second. */
const ITEMS_AT_ONCE = 5000;

export function createBatchVerbs(db: Database.Database, batches: BatchStore): BatchVerbs {
  const setPaused = db.prepare<[number, number]>('UPDATE batch SET paused = ? WHERE id = ?');
  const setCancelled = db.prepare<[number, number]>('UPDATE batch SET cancelled_at = ? WHERE id = ?');
  const setDeleted = db.prepare<[number | null, number]>('UPDATE batch SET deleted_at = ? WHERE id = ?');
  const restoreBatch = db.prepare<[number]>('UPDATE batch SET deleted_at = NULL, finished_at = NULL WHERE id = ?');
  const reopenBatch = db.prepare<[{ id: number; readsOn: number }]>(`
    UPDATE batch SET finished_at = NULL, cancelled_at = NULL, paused = 0,
      scan = CASE WHEN scan = 'cut' AND @readsOn THEN 'running' WHEN scan = 'running' AND cancelled_at IS NOT NULL AND NOT @readsOn THEN 'cut' ELSE scan END
    WHERE id = @id`);
  const idRange = db.prepare<[number], { first: number | null; last: number | null }>('SELECT min(id) AS first, max(id) AS last FROM job INDEXED BY job_batch WHERE batch_id = ?');
  const requeue = db.prepare<[Record<string, unknown>]>(`
    UPDATE job NOT INDEXED SET state = 'queued', lane = host_id, attempts = 0, deaths = 0, run_after = 0, run_order = @now, error_code = NULL, error_message = NULL, verdict = NULL, finished_at = NULL
    WHERE id BETWEEN @first AND @last AND batch_id = @batchId AND state IN ('failed', 'quarantined', 'cancelled') AND (@code IS NULL OR error_code = @code)`);
  const cancelledWithWork = db.prepare<[], number>(`
    SELECT b.id FROM batch b INDEXED BY batch_finished CROSS JOIN tally t ON t.batch_id = b.id AND t.dimension = 'state' AND t.value = 'queued'
    WHERE b.finished_at IS NULL AND b.cancelled_at IS NOT NULL AND t.n > 0 LIMIT 1`).pluck();
  const cancelQueued = db.prepare<[number, number, number]>(`
    UPDATE job SET state = 'cancelled', error_code = 'cancelled', error_message = 'the batch was cancelled', finished_at = ?
    WHERE id IN (SELECT id FROM job INDEXED BY job_claim WHERE batch_id = ? AND state = 'queued' LIMIT ?)`);

  interface Meant {
    readonly importId: number;
    readonly parts: readonly Batch[];
  }

  function meant(id: number): Meant {
    const batch = batches.get(id);
    return { importId: batch.parentId ?? id, parts: batch.parentId === null ? batches.parts(id) : [batch] };
  }

  /** Runs a verb on the parts it means, and on their import. */
  function act(id: number, change: (meant: Meant) => void): void {
    db.transaction(() => { change(meant(id)); }).immediate();
  }

  function refuse(id: number, verb: string): never {
    const { name, state, deletedAt } = batches.get(id);
    throw new ProofsheetError('bad-input', `Cannot ${verb} “${name}”: ${deletedAt === null ? STATE_IN_WORDS[state] : 'it is deleted'}.`);
  }

  /** Nothing of the import is open any more, nor will be: a list that is still being read will have more parts. */
  function isCalledOff(importId: number): boolean {
    const { kind, scanning } = batches.get(importId);
    return (kind === 'folder' || !scanning) && batches.parts(importId).every((part) => !isOpen(part) || part.state === 'cancelled');
  }

  const reopen = db.transaction((partId: number, readsOn: boolean): void => {
    reopenBatch.run({ id: partId, readsOn: Number(readsOn) });
    const { parentId } = batches.get(partId);
    if (parentId !== null) reopenBatch.run({ id: parentId, readsOn: Number(readsOn) });
  });

  /** One window of ids at a time, each row once: what fails again meanwhile is not queued for ever. */
  async function requeuePart({ id }: Batch, code: ErrorCode | undefined, now: number, readsOn: boolean): Promise<number> {
    const { first, last } = idRange.get(id) ?? { first: null, last: null };
    if (first === null || last === null) return 0;
    let queued = 0;
    for (let from = first; from <= last; from += ITEMS_AT_ONCE) {
      queued += db.transaction(() => {
        const { changes } = requeue.run({ first: from, last: from + ITEMS_AT_ONCE - 1, batchId: id, code: code ?? null, now });
        if (changes > 0) reopen(id, readsOn);
        return changes;
      }).immediate();
      await setImmediate();
    }
    return queued;
  }

  function sweepCancelled(now: number): boolean {
    const id = cancelledWithWork.get();
    return id !== undefined && cancelQueued.run(now, id, ITEMS_AT_ONCE).changes > 0;
  }

  return {
    sweepCancelled,
    reopen(partId) { reopen(partId, false); },
    pause(id) {
      act(id, ({ parts, importId }) => {
        if (!parts.some(isOpen)) refuse(id, 'pause');
        for (const part of parts) if (isOpen(part)) setPaused.run(1, part.id);
        // Parts that are still to be read are paused with it.
        if (id === importId) setPaused.run(1, importId);
      });
    },
    resume(id) {
      act(id, ({ parts, importId }) => {
        if (!parts.some(isOpen)) refuse(id, 'resume');
        for (const part of parts) setPaused.run(0, part.id);
        setPaused.run(0, importId);
      });
    },
    async retry(id, code, now) {
      const { parts, importId } = meant(id);
      if (batches.get(id).deletedAt !== null) refuse(id, 'retry');
      // What was called off while it was being read is read on where all of the import is meant.
      const readsOn = code === undefined && (id === importId || batches.get(importId).kind === 'folder');
      if (readsOn) for (const part of parts) if (part.state === 'cancelled') reopen(part.id, true);
      let queued = 0;
      for (const part of parts) if (part.failed + part.cancelled > 0 && part.deletedAt === null) queued += await requeuePart(part, code, now, readsOn);
      return queued;
    },
    async cancel(id, now) {
      act(id, ({ parts, importId }) => {
        const open = parts.filter(isOpen);
        if (open.length === 0 && !parts.some((part) => part.state === 'cancelled')) refuse(id, 'cancel');
        for (const part of open) setCancelled.run(now, part.id);
        if (open.length > 0 && (id === importId || isCalledOff(importId))) setCancelled.run(now, importId);
      });
      while (sweepCancelled(now)) await setImmediate();
    },
    delete(id, now) {
      act(id, ({ parts, importId }) => {
        for (const part of parts) if (part.deletedAt === null) setDeleted.run(now, part.id);
        if (batches.parts(importId).every((part) => part.deletedAt !== null)) setDeleted.run(now, importId);
      });
    },
    restore(id) {
      act(id, ({ parts, importId }) => {
        for (const part of parts) restoreBatch.run(part.id);
        restoreBatch.run(importId);
      });
    },
  };
}

const STATE_IN_WORDS: Readonly<Record<BatchState, string>> = {
  'draft': 'it has not begun', 'queued': 'it waits to begin', 'running': 'it is running', 'paused': 'it is paused', 'completed': 'it has ended',
  'completed-with-errors': 'it has ended', 'cancelled': 'it was cancelled', 'failed': 'it has failed',
};
