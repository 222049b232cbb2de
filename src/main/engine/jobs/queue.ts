import type Database from 'better-sqlite3';
import type { ErrorCode } from '../../../contract/index.ts';

export type Priority = 'high' | 'normal' | 'low';

/** A low job overtakes normal ones queued more than ten minutes after it: nothing starves. */
const PRIORITY_SHIFT_MS: Readonly<Record<Priority, number>> = { high: -600_000, normal: 0, low: 600_000 };

export interface NewJob {
  readonly batchId: number | null;
  readonly task: string;
  readonly priority: Priority;
  readonly sourceId: number | null;
  /** Columns of the list row this came from, JSON. */
  readonly row?: string | null;
  readonly params?: string | null;
  /** Where its source has to be fetched from first; null for what is there. */
  readonly hostId?: number | null;
  /** At most one unfinished job with this key exists. */
  readonly dedupeKey?: string | null;
  /** A job whose outcome is known when it is made is written in its final state. */
  readonly outcome?: SettledOutcome;
}

export interface ClaimedJob {
  readonly id: number;
  readonly batchId: number | null;
  readonly task: string;
  readonly sourceId: number | null;
  readonly hostId: number | null;
  readonly params: string | null;
  readonly attempts: number;
  /** How many engines have died with this job in flight. */
  readonly deaths: number;
}

type Failure = { readonly code: ErrorCode; readonly message: string };

export type SettledOutcome =
  | { readonly state: 'done' | 'skipped'; readonly assetId: number | null; readonly assetIsNew?: boolean; readonly verdict?: string | null; readonly error?: Failure; readonly bytes?: number }
  | { readonly state: 'failed' | 'quarantined'; readonly verdict?: string | null; readonly error: Failure };

/** How a job ended, or that it goes back into the queue for a later attempt. */
export type Outcome =
  | SettledOutcome
  | { readonly state: 'retry'; readonly runAfter: number; readonly countsAsAttempt: boolean; readonly params?: string; /** Its source has to be fetched again. */ readonly refetch?: boolean; readonly error: Failure }
  /** Fetched: what is left of it is work for the pool. */
  | { readonly state: 'fetched'; readonly bytes: number };

export interface JobQueue {
  enqueue(job: NewJob, now: number): boolean;
  /** Leases up to `limit` runnable jobs, oldest run order first; runs in a transaction of its own. */
  claim(limit: number, now: number): ClaimedJob[];
  /**
   * The same of what is to be fetched, by host: so many of each.
   * @param lanes as `lanes` answered them; where the last of a host was found is noted in it
   */
  claimLanes(wanted: ReadonlyMap<number, number>, lanes: Map<number, number>, now: number): ClaimedJob[];
  /**
   * Hosts that something runnable is to be fetched from, each with the first part that has something of it; not more
   * than `limit`, since a million rows may name a million hosts.
   */
  lanes(limit: number, accepts: (host: number) => boolean): Map<number, number>;
  /** Records how a leased job ended; false when the lease is no longer ours, and then nothing must be written for it. */
  finish(job: ClaimedJob, outcome: Outcome, now: number): boolean;
  /** Whether the lease on this job is still ours. */
  holds(jobId: number): boolean;
  extendLeases(now: number): void;
  /** Gives back all our leases: the jobs were not at fault. */
  release(): void;
  /** Gives back the leases of engines that died. Each job that was in flight then is marked, and will run alone. */
  recover(): number;
  /** When the next waiting job may run, milliseconds since 1970; null when none waits. */
  nextRunAfter(now: number): number | null;
}

interface Head {
  readonly id: number;
  readonly run_order: number;
}

const LEASE_MS = 10 * 60_000;

/**
 * The durable queue: rows of the catalog, leased by one owner, finished in the same transaction as their results.
 * @param owner a name no other engine run has ever had
 */
export function createJobQueue(db: Database.Database, owner: string): JobQueue {
  // Bound by place, not by name: a million rows are queued through these two.
  const insert = db.prepare<[number | null, string, string | null, number | null, string | null, string | null, number, number | null, number | null]>(`
    INSERT INTO job (batch_id, task, dedupe_key, source_id, row, params, state, run_order, host_id, lane) VALUES (?, ?, ?, ?, ?, ?, 'queued', ?, ?, ?) ON CONFLICT DO NOTHING`);
  const insertSettled = db.prepare<[Record<string, unknown>]>(`
    INSERT INTO job (batch_id, task, source_id, row, host_id, state, run_order, asset_id, asset_is_new, verdict, error_code, error_message, finished_at)
    VALUES (@batchId, @task, @sourceId, @row, @hostId, @state, @now, @assetId, @assetIsNew, @verdict, @errorCode, @errorMessage, @now)`);
  // In the order of their making: a part is not read before the parts that were made before it, in most imports.
  const runnableBatches = db.prepare<[], { id: number; createdAt: number }>(
    `SELECT b.id, b.created_at AS createdAt FROM batch b INDEXED BY batch_finished CROSS JOIN tally t ON t.batch_id = b.id AND t.dimension = 'state' AND t.value = 'queued'
     WHERE b.finished_at IS NULL AND b.parent_id IS NOT NULL AND t.n > 0 AND b.paused = 0 AND b.cancelled_at IS NULL AND b.deleted_at IS NULL ORDER BY b.id`);
  const heads = db.prepare<[number | null, number, number], Head>(
    `SELECT id, run_order FROM job INDEXED BY job_claim
     WHERE batch_id IS ? AND lane IS NULL AND state = 'queued' AND run_after <= ? ORDER BY run_order, id LIMIT ?`);
  const headsOfLane = db.prepare<[number, number, number, number], Head>(
    `SELECT id, run_order FROM job INDEXED BY job_claim WHERE batch_id = ? AND lane = ? AND state = 'queued' AND run_after <= ? ORDER BY run_order, id LIMIT ?`);
  const nextLane = db.prepare<[number, number], number>(`SELECT lane FROM job INDEXED BY job_claim WHERE batch_id = ? AND lane > ? AND state = 'queued' ORDER BY lane LIMIT 1`).pluck();
  const lease = db.prepare<[string, number, number], ClaimedJob>(
    `UPDATE job SET state = 'leased', lease_owner = ?, lease_until = ? WHERE id = ? AND state = 'queued'
     RETURNING id, batch_id AS batchId, task, source_id AS sourceId, host_id AS hostId, params, attempts, deaths`);
  const finish = db.prepare<[Record<string, unknown>]>(`
    UPDATE job SET state = @state, asset_id = @assetId, asset_is_new = @assetIsNew, verdict = @verdict, error_code = @errorCode,
      error_message = @errorMessage, finished_at = @now, attempts = attempts + 1, deaths = 0, lease_owner = NULL, lease_until = NULL
    WHERE id = @id AND state = 'leased' AND lease_owner = @owner`);
  const requeue = db.prepare<[Record<string, unknown>]>(`
    UPDATE job SET state = 'queued', run_after = @runAfter, run_order = max(run_order, @runAfter), attempts = attempts + @burned,
      params = coalesce(@params, params), lane = iif(@refetch, host_id, lane), error_code = @errorCode, error_message = @errorMessage, lease_owner = NULL, lease_until = NULL
    WHERE id = @id AND state = 'leased' AND lease_owner = @owner`);
  const advance = db.prepare<[Record<string, unknown>]>(`
    UPDATE job SET state = 'queued', lane = NULL, run_after = 0, error_code = NULL, error_message = NULL, lease_owner = NULL, lease_until = NULL
    WHERE id = @id AND state = 'leased' AND lease_owner = @owner`);
  const addBytes = db.prepare<[number, number]>('UPDATE batch SET bytes_done = bytes_done + ? WHERE id = ?');
  const held = db.prepare<[number, string]>(`SELECT 1 FROM job WHERE id = ? AND state = 'leased' AND lease_owner = ?`).pluck();
  const extend = db.prepare<[number, string]>(`UPDATE job SET lease_until = ? WHERE state = 'leased' AND lease_owner = ?`);
  const giveBack = db.prepare<[string]>(`UPDATE job SET state = 'queued', lease_owner = NULL, lease_until = NULL WHERE state = 'leased' AND lease_owner = ?`);
  const recoverDead = db.prepare<[string]>(
    `UPDATE job SET state = 'queued', deaths = deaths + (lane IS NULL), lease_owner = NULL, lease_until = NULL WHERE state = 'leased' AND lease_owner <> ?`);
  const nextWaiting = db.prepare<[number], number | null>(
    `SELECT min(run_after) FROM job INDEXED BY job_waiting LEFT JOIN batch b ON b.id = batch_id
     WHERE state = 'queued' AND run_after > 0 AND run_after > ? AND (b.id IS NULL OR (b.paused = 0 AND b.deleted_at IS NULL))`).pluck();

  const claim = db.transaction((limit: number, now: number): ClaimedJob[] => {
    const byOrder = (a: Head, b: Head): number => a.run_order - b.run_order || a.id - b.id;
    let candidates = heads.all(null, now, limit);
    for (const { id, createdAt } of runnableBatches.iterate()) {
      // What was queued before a batch was made comes before that batch, urgent items in it included. So when that many
      // are found it need not be asked, and a claim costs the same with five thousand parts waiting as with one.
      const last = candidates[limit - 1];
      if (last !== undefined && last.run_order <= createdAt) break;
      candidates = [...candidates, ...heads.all(id, now, limit)].sort(byOrder).slice(0, limit);
    }
    const claimed: ClaimedJob[] = [];
    for (const candidate of candidates) {
      const job = lease.get(owner, now + LEASE_MS, candidate.id);
      if (job) claimed.push(job);
    }
    return claimed;
  });

  const claimLanes = db.transaction((wanted: ReadonlyMap<number, number>, lanes: Map<number, number>, now: number): ClaimedJob[] => {
    const claimed: ClaimedJob[] = [];
    const left = new Map(wanted);
    // The parts in the order of their making: one after the other is fetched, as far as its hosts have room.
    for (const { id } of runnableBatches.all()) {
      for (const [lane, count] of left) {
        if (id < (lanes.get(lane) ?? 0)) continue;
        for (const head of headsOfLane.all(id, lane, now, count)) {
          const job = lease.get(owner, now + LEASE_MS, head.id);
          if (!job) continue;
          claimed.push(job);
          lanes.set(lane, id);
          const more = (left.get(lane) ?? 0) - 1;
          if (more > 0) left.set(lane, more);
          else left.delete(lane);
        }
      }
      if (left.size === 0) break;
    }
    return claimed;
  });

  return {
    enqueue({ batchId, task, priority, sourceId, row = null, params = null, hostId = null, dedupeKey = null, outcome }, now) {
      if (outcome) return insertSettled.run({ batchId, task, sourceId, row, hostId, now, ...columnsOf(outcome) }).changes === 1;
      return insert.run(batchId, task, dedupeKey, sourceId, row, params, now + PRIORITY_SHIFT_MS[priority], hostId, hostId).changes === 1;
    },
    claimLanes: (wanted, lanes, now) => claimLanes.immediate(wanted, lanes, now),
    lanes(limit, accepts) {
      const found = new Map<number, number>();
      for (const { id } of runnableBatches.all()) {
        for (let lane = nextLane.get(id, 0); lane !== undefined; lane = nextLane.get(id, lane)) {
          if (!found.has(lane) && accepts(lane)) found.set(lane, id);
          if (found.size >= limit) return found;
        }
      }
      return found;
    },
    claim: (limit, now) => claim.immediate(limit, now),
    finish(job, outcome, now) {
      if (outcome.state === 'fetched') return advance.run({ id: job.id, owner }).changes === 1;
      if (outcome.state === 'retry') {
        return requeue.run({
          id: job.id, owner, runAfter: outcome.runAfter, burned: outcome.countsAsAttempt ? 1 : 0, params: outcome.params ?? null, refetch: Number(outcome.refetch ?? false),
          errorCode: outcome.error.code, errorMessage: outcome.error.message,
        }).changes === 1;
      }
      const ours = finish.run({ id: job.id, owner, now, ...columnsOf(outcome) }).changes === 1;
      if (ours && outcome.state === 'done' && outcome.bytes !== undefined && job.batchId !== null) addBytes.run(outcome.bytes, job.batchId);
      return ours;
    },
    holds: (jobId) => held.get(jobId, owner) === 1,
    extendLeases: (now) => { extend.run(now + LEASE_MS, owner); },
    release: () => { giveBack.run(owner); },
    recover: () => recoverDead.run(owner).changes,
    nextRunAfter: (now) => nextWaiting.get(now) ?? null,
  };
}

function columnsOf(outcome: SettledOutcome): Record<string, unknown> {
  const completed = outcome.state === 'done' || outcome.state === 'skipped' ? outcome : undefined;
  return {
    state: outcome.state, assetId: completed?.assetId ?? null, assetIsNew: completed?.assetIsNew ? 1 : 0,
    verdict: outcome.verdict ?? null, errorCode: outcome.error?.code ?? null, errorMessage: outcome.error?.message ?? null,
  };
}
