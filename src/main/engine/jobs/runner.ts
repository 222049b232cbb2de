import { errorCodeSchema, type ErrorCode } from '../../../contract/index.ts';
import type { GroupCommit } from '../catalog/group-commit.ts';
import { errorCodeOf, errorMessageOf } from '../errors.ts';
import type { TaskCall } from '../tasks/define-task.ts';
import type { TaskRunner } from '../tasks/pool.ts';
import type { ClaimedJob, JobQueue, Outcome } from './queue.ts';
import { heals, MAX_RETRIES, retryDelay } from './retry.ts';

/** What a feature does around its task: what goes in, and what becomes of the result. */
export interface JobHandler {
  readonly task: string;
  /** The task's input, or the outcome where none is needed. */
  readonly prepare: (job: ClaimedJob) => { readonly input: unknown } | { readonly outcome: Outcome };
  /** Writes the result's rows and says how the job ended; runs inside the transaction that finishes the job. */
  readonly commit: (job: ClaimedJob, result: unknown, now: number) => Outcome;
}

export interface RunnerDependencies {
  readonly queue: JobQueue;
  readonly pool: TaskRunner;
  readonly groupCommit: GroupCommit;
  readonly handlers: readonly JobHandler[];
  readonly now: () => number;
  readonly random: () => number;
  /** Called after each commit with the batches whose items moved. */
  readonly onFinished: (batchIds: ReadonlySet<number>) => void;
  /** Called when no more can be written: nothing runs until `wake`. The lost attempt is not counted. */
  readonly onDiskFull: () => void;
  /** An error of ours that left a job leased. */
  readonly onDefect: (error: unknown) => void;
}

export interface Runner {
  /** Looks for work now: something was queued, resumed or became possible. Ends a halt. */
  wake(): void;
  /** Claims nothing more; resolves when nothing is in flight. */
  halt(): Promise<void>;
  readonly inFlight: () => number;
}

/** How many jobs wait in the pool beyond those that run, so that no worker idles while the next are claimed. */
const LOOKAHEAD = 4;

/**
 * Moves jobs from the queue through the pool into the catalog. Claims are small: what is leased when an engine dies is
 * what may have killed it, and each of those runs alone once, in a process of its own.
 */
export function createRunner({ queue, pool, groupCommit, handlers, now, random, onFinished, onDiskFull, onDefect }: RunnerDependencies): Runner {
  const handlerOf = new Map(handlers.map((handler) => [handler.task, handler]));
  let halted = true;
  let inPool = 0;
  let inFlight = 0;
  let nextPump: NodeJS.Immediate | undefined;
  let nextRetry: NodeJS.Timeout | undefined;
  let idle: (() => void)[] = [];
  let touched = new Set<number>();
  let announcement: NodeJS.Immediate | undefined;

  function schedulePump(): void {
    nextPump ??= setImmediate(pump);
  }

  function pump(): void {
    clearImmediate(nextPump);
    nextPump = undefined;
    clearTimeout(nextRetry);
    const room = pool.slots + LOOKAHEAD - inPool;
    // A claim is a transaction of its own: while every slot is busy, it waits until several jobs are wanted.
    if (halted || room < LOOKAHEAD) return;
    try {
      const jobs = queue.claim(room, now());
      inPool += jobs.length;
      inFlight += jobs.length;
      for (const job of jobs) void work(job);
      if (jobs.length < room) sleepUntilNextRetry();
    } catch (error) {
      if (errorCodeOf(error) !== 'disk-full') throw error;
      stopForFullDisk();
    }
  }

  function sleepUntilNextRetry(): void {
    const next = queue.nextRunAfter(now());
    if (next !== null) nextRetry = setTimeout(schedulePump, Math.min(Math.max(next - now(), 1), 60_000));
  }

  async function work(job: ClaimedJob): Promise<void> {
    const decide = await attempt(job).finally(() => {
      inPool -= 1;
      schedulePump();
    });
    try {
      await commit(job, decide).catch((error: unknown) => commit(job, () => afterError(job, errorCodeOf(error), errorMessageOf(error))));
    } catch (error) {
      // The catalog took neither the result nor the error: the lease stays ours and is given back when it can be written.
      if (errorCodeOf(error) === 'disk-full') stopForFullDisk();
      else onDefect(error);
    } finally {
      inFlight -= 1;
      if (inFlight === 0) {
        for (const resolve of idle) resolve();
        idle = [];
      }
    }
  }

  /** Runs the task; answers with what decides the outcome inside the finishing transaction. */
  async function attempt(job: ClaimedJob): Promise<() => Outcome> {
    const handler = handlerOf.get(job.task);
    if (!handler) return () => ({ state: 'failed', error: { code: 'internal', message: `this version has no task named ${job.task}` } });
    try {
      const prepared = handler.prepare(job);
      if ('outcome' in prepared) return () => prepared.outcome;
      const call: TaskCall = { task: job.task, input: prepared.input };
      const answer = job.deaths > 0 ? await pool.runAlone(call) : await pool.run(call);
      if ('result' in answer) return () => handler.commit(job, answer.result, now());
      // A task names a code of the list, or the system's word for what went wrong.
      const named = errorCodeSchema.safeParse(answer.error.code);
      const code = named.success ? named.data : errorCodeOf(answer.error);
      if (code === 'disk-full') stopForFullDisk();
      return () => afterError(job, code, answer.error.message);
    } catch (error) {
      return () => afterError(job, errorCodeOf(error), errorMessageOf(error));
    }
  }

  function afterError(job: ClaimedJob, code: ErrorCode, message: string): Outcome {
    const error = { code, message };
    if (code === 'disk-full') return { state: 'retry', runAfter: now(), countsAsAttempt: false, error };
    if (!heals(code) || job.attempts >= MAX_RETRIES) return { state: 'failed', error };
    return { state: 'retry', runAfter: now() + retryDelay(job.attempts + 1, random), countsAsAttempt: true, error };
  }

  async function commit(job: ClaimedJob, decide: () => Outcome): Promise<void> {
    await groupCommit.submit(() => {
      if (!queue.holds(job.id)) return;
      const outcome = decide();
      queue.finish(job, outcome.state === 'failed' ? afterError(job, outcome.error.code, outcome.error.message) : outcome, now());
      if (job.batchId !== null) touched.add(job.batchId);
    });
    // What was just written may have queued a retry or a job that follows from this one.
    schedulePump();
    announcement ??= setImmediate(() => {
      const batches = touched;
      announcement = undefined;
      touched = new Set();
      onFinished(batches);
    });
  }

  function stopForFullDisk(): void {
    if (halted) return;
    halted = true;
    onDiskFull();
  }

  return {
    wake() {
      halted = false;
      schedulePump();
    },
    async halt() {
      halted = true;
      clearTimeout(nextRetry);
      if (inFlight > 0) await new Promise<void>((resolve) => idle.push(resolve));
      // Whoever halts may close the catalog next: nothing is left to fire after that.
      clearImmediate(nextPump);
      clearImmediate(announcement);
      clearTimeout(nextRetry);
      nextPump = undefined;
      announcement = undefined;
    },
    inFlight: () => inFlight,
  };
}
