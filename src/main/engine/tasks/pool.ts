import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { Piscina } from 'piscina';
import { ProofsheetError } from '../errors.ts';
import { createBudget } from './admission.ts';
import type { TaskAnswer, TaskCall } from './define-task.ts';
import type { WorkerBudgets } from './serve.ts';

/** Where tasks run. The default is this machine; the same interface can be served by workers elsewhere. */
export interface TaskRunner {
  /** How many calls keep it busy; more are queued. */
  readonly slots: number;
  /**
   * Rejects only when the worker died under the call.
   * @throws ProofsheetError `worker-lost` when the call took longer than the limit and its thread was ended
   */
  run(call: TaskCall): Promise<TaskAnswer>;
  /**
   * Runs a call in a process of its own, one at a time.
   * @throws ProofsheetError `worker-lost` when that process dies: proof that this input is what kills.
   */
  runAlone(call: TaskCall): Promise<TaskAnswer>;
  close(): Promise<void>;
}

/** Pixels lie outside the heap; what a thread makes on it is short-lived and need not pile up. */
const THREAD_MEMORY = { maxYoungGenerationSizeMb: 8, maxOldGenerationSizeMb: 192 };

export interface PoolOptions {
  readonly workerFile: URL;
  readonly threads: number;
  readonly tasksPerThread: number;
  /** Bytes of files, and bytes of decoded pixels, that may be held at one time over all threads. */
  readonly fileBudgetBytes: number;
  readonly decodeBudgetBytes: number;
  /** What has to be done once in this process before any of its threads works. */
  readonly prepare: () => Promise<void>;
  /** How long a call may take, milliseconds; waiting for memory counts. */
  readonly taskLimitMs?: number;
}

/** Minutes more than the largest picture takes: what is not done by then hangs. */
const TASK_LIMIT_MS = 300_000;

export function createPool({ workerFile, threads, tasksPerThread, fileBudgetBytes, decodeBudgetBytes, prepare, taskLimitMs = TASK_LIMIT_MS }: PoolOptions): TaskRunner {
  // Started with the first call: a command that only reads needs no threads.
  let pool: Promise<Piscina<TaskCall, TaskAnswer>> | undefined;
  let lone: ChildProcess | undefined;
  let lastAlone: Promise<unknown> = Promise.resolve();
  let isClosed = false;

  async function start(): Promise<Piscina<TaskCall, TaskAnswer>> {
    await prepare();
    // What a dead thread held is lost with its pool: the next one starts with whole budgets.
    const budgets: WorkerBudgets = { files: createBudget(fileBudgetBytes), decodes: createBudget(decodeBudgetBytes) };
    return new Piscina<TaskCall, TaskAnswer>({
      filename: workerFile.href,
      minThreads: threads,
      maxThreads: threads,
      concurrentTasksPerWorker: tasksPerThread,
      workerData: budgets,
      resourceLimits: THREAD_MEMORY,
      recordTiming: false,
    });
  }

  async function callLoneProcess(call: TaskCall): Promise<TaskAnswer> {
    if (isClosed) throw new ProofsheetError('worker-lost', 'the engine has ended');
    if (!lone?.connected) lone = fork(fileURLToPath(workerFile), [], { serialization: 'advanced', stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
    const stop = new AbortController();
    const child = lone;
    const limit = AbortSignal.timeout(taskLimitMs);
    const end = (): void => { child.kill('SIGKILL'); };
    limit.addEventListener('abort', end);
    child.send(call);
    try {
      return await Promise.race([answerOf(child, stop.signal), deathOf(child, stop.signal)]);
    } catch (error) {
      throw limit.aborted ? tooSlow(taskLimitMs) : error;
    } finally {
      limit.removeEventListener('abort', end);
      stop.abort();
    }
  }

  return {
    slots: threads * tasksPerThread,
    async run(call) {
      if (isClosed) throw new ProofsheetError('worker-lost', 'the engine has ended');
      const limit = AbortSignal.timeout(taskLimitMs);
      const current = (pool ??= start());
      try {
        return await (await current).run(call, { signal: limit });
      } catch (error) {
        // Its neighbours wait for memory that nobody will give back: the whole pool is replaced, and they run again.
        if (pool === current) {
          pool = undefined;
          void current.then((broken) => broken.destroy(), () => undefined);
        }
        throw limit.aborted ? tooSlow(taskLimitMs) : error;
      }
    },
    runAlone(call) {
      const answer = lastAlone.then(() => callLoneProcess(call));
      lastAlone = answer.catch(() => undefined);
      return answer;
    },
    async close() {
      // What runs now fails, and is not to be tried again in a new process.
      isClosed = true;
      lone?.kill('SIGKILL');
      await (await pool)?.destroy();
    },
  };
}

function tooSlow(limitMs: number): ProofsheetError {
  return new ProofsheetError('worker-lost', `reading this file took longer than ${limitMs / 1000} s and was stopped`);
}

async function answerOf(child: ChildProcess, signal: AbortSignal): Promise<TaskAnswer> {
  const [answer] = (await once(child, 'message', { signal })) as [TaskAnswer];
  return answer;
}

async function deathOf(child: ChildProcess, signal: AbortSignal): Promise<never> {
  const [status, killedBy] = (await once(child, 'exit', { signal })) as [number | null, NodeJS.Signals | null];
  throw new ProofsheetError('worker-lost', `reading this file ended the program that read it (${killedBy ?? `exit status ${String(status)}`}), also when it was read alone`);
}
