import type Database from 'better-sqlite3';
import type { Batch, ErrorCode, Progress } from '../../../contract/index.ts';
import type { BatchStore } from './batch-store.ts';

export interface ProgressMeter {
  /** Open imports, and those that ended a moment ago. */
  snapshot(): Progress[];
  /** Notes that items of these parts have finished. */
  touch(batchIds: ReadonlySet<number>): void;
}

/** Weight of the newest second in the rate: half of it is from the last seven seconds. */
const SMOOTHING = 0.1;
/** A rate needs this many seconds before it is worth an estimate. */
const SETTLING_SECONDS = 3;
const SHOWN_AFTER_END_MS = 30_000;
/** Longer gaps between two finished items are pauses, not work. */
const LONGEST_STEP_MS = 10_000;

interface Meter {
  at: number;
  finished: number;
  rate: number;
  measuredSeconds: number;
  /** Null when the batch was at its end already when it was first measured. */
  readonly resumedFrom: number | null;
}

const OF_IMPORTS = `
  SELECT b.id, (SELECT coalesce(sum(active_ms), 0) FROM batch p WHERE p.parent_id = b.id) AS activeMs,
    (SELECT coalesce(sum(bytes_done), 0) FROM batch p WHERE p.parent_id = b.id) AS bytesDone
  FROM batch b INDEXED BY batch_finished WHERE b.parent_id IS NULL AND b.deleted_at IS NULL`;
/** Two ranges of one index: asked five times a second, it must not read every import there ever was. */
export const SHOWN_IMPORTS = `${OF_IMPORTS} AND b.finished_at IS NULL UNION ALL ${OF_IMPORTS} AND b.finished_at > ? ORDER BY id`;

export function createProgressMeter(db: Database.Database, batches: BatchStore, pausedBecause: () => ErrorCode | null, now: () => number): ProgressMeter {
  const shown = db.prepare<[number], { id: number; activeMs: number; bytesDone: number }>(SHOWN_IMPORTS);
  const addActive = db.prepare<[number, number]>('UPDATE batch SET active_ms = active_ms + ? WHERE id = ?');
  const meters = new Map<number, Meter>();
  const lastTouch = new Map<number, number>();
  const began = now();

  function measure(batch: Batch): Meter {
    const finished = batch.done + batch.failed + batch.skipped + batch.cancelled;
    const at = now();
    const meter = meters.get(batch.id);
    if (!meter) {
      const fresh = { at, finished, rate: 0, measuredSeconds: 0, resumedFrom: finished > 0 && batch.finishedAt === null && Date.parse(batch.createdAt) < began ? finished : null };
      meters.set(batch.id, fresh);
      return fresh;
    }
    // Finished items that were queued again are no work done backwards.
    meter.finished = Math.min(meter.finished, finished);
    const seconds = (at - meter.at) / 1000;
    if (seconds < 0.2) return meter;
    const rate = (finished - meter.finished) / seconds;
    // The first seconds count in full, then the weight of a sample is its share of time.
    const weight = Math.max(1 - (1 - SMOOTHING) ** seconds, seconds / (meter.measuredSeconds + seconds));
    meter.rate += (rate - meter.rate) * Math.min(1, weight);
    meter.measuredSeconds += seconds;
    meter.at = at;
    meter.finished = finished;
    return meter;
  }

  return {
    snapshot() {
      const rows = shown.all(now() - SHOWN_AFTER_END_MS);
      const ids = new Set(rows.map(({ id }) => id));
      for (const id of meters.keys()) if (!ids.has(id)) meters.delete(id);
      return rows.map(({ id, activeMs, bytesDone }) => {
        const batch = batches.get(id);
        const meter = measure(batch);
        const left = batch.queued + batch.running;
        const open = batch.state === 'running' || batch.state === 'queued';
        return {
          batch, bytesDone, itemsPerSecond: open ? meter.rate : 0,
          etaSeconds: open && !batch.scanning && meter.rate > 0 && meter.measuredSeconds >= SETTLING_SECONDS ? left / meter.rate : null,
          elapsedSeconds: activeMs / 1000,
          failures: batches.failureCounts(id),
          resumedFrom: meter.resumedFrom,
          pausedBecause: open ? pausedBecause() : null,
        };
      });
    },
    touch(batchIds) {
      const at = now();
      for (const id of batchIds) {
        const step = at - (lastTouch.get(id) ?? at);
        if (step > 0) addActive.run(Math.min(step, LONGEST_STEP_MS), id);
        lastTouch.set(id, at);
      }
    },
  };
}
