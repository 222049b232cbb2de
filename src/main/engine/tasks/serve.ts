import { isMainThread, workerData } from 'node:worker_threads';
import { errorMessageOf } from '../errors.ts';
import { admit, type Budget } from './admission.ts';
import type { LentBuffer, Task, TaskAnswer, TaskCall, TaskContext } from './define-task.ts';

/** What the pool hands to each of its threads. */
export interface WorkerBudgets {
  readonly files: Budget;
  readonly decodes: Budget;
}

/**
 * Turns a list of tasks into what the pool calls in a worker thread, and serves them over IPC when the same file is
 * run as a process of its own (a job that has brought an engine down runs there, alone).
 */
export function serveTasks(tasks: readonly Task<never, unknown>[]): (call: TaskCall) => Promise<TaskAnswer> {
  const byName = new Map(tasks.map((task) => [task.name, task]));
  const context = isMainThread ? contextOfLoneProcess() : contextOfThread(workerData as WorkerBudgets);

  async function answer({ task: name, input }: TaskCall): Promise<TaskAnswer> {
    const task = byName.get(name);
    if (!task) return { error: { message: `Expected a task among ${[...byName.keys()].join(', ')} but received ${name}`, code: null } };
    try {
      return { result: await task.run(input as never, context) };
    } catch (error) {
      const code = (error as { code?: unknown } | null)?.code;
      return { error: { message: errorMessageOf(error), code: typeof code === 'string' ? code : null } };
    }
  }

  if (isMainThread && process.send) {
    process.on('message', (call: TaskCall) => {
      void answer(call).then((reply) => process.send?.(reply));
    });
    process.on('disconnect', () => process.exit());
  }
  return answer;
}

function contextOfThread(budgets: WorkerBudgets): TaskContext {
  const lend = createLender();
  return {
    async lendFileBuffer(bytes) {
      const admitted = await admit(budgets.files, bytes);
      const lent = lend(bytes);
      return {
        buffer: lent.buffer,
        [Symbol.dispose]() {
          lent[Symbol.dispose]();
          admitted[Symbol.dispose]();
        },
      };
    },
    admitDecode: (peakBytes) => admit(budgets.decodes, peakBytes),
  };
}

/** One call at a time runs there: it has the process to itself. */
function contextOfLoneProcess(): TaskContext {
  const lend = createLender();
  return { lendFileBuffer: (bytes) => Promise.resolve(lend(bytes)), admitDecode: () => Promise.resolve({ [Symbol.dispose]: () => undefined }) };
}

/** Spare buffers a thread keeps, and the largest worth keeping: a photograph's file fits. */
const MAX_SPARES = 2;
const MAX_SPARE_BYTES = 8 * 2 ** 20;

/**
 * Hands out memory for whole files and takes it back for the next one: a fresh buffer per photograph costs a thousand
 * page faults, and makes the garbage collector come twice as often.
 */
function createLender(): (bytes: number) => LentBuffer {
  const spares: Buffer[] = [];
  return (bytes) => {
    const at = spares.findIndex((spare) => spare.length >= bytes);
    const whole = at === -1 ? Buffer.allocUnsafeSlow(bytes <= MAX_SPARE_BYTES ? Math.max(2 ** 20, 2 ** Math.ceil(Math.log2(bytes + 1))) : bytes) : spares.splice(at, 1)[0];
    if (!whole) throw new Error('A spare buffer was lost');
    return {
      buffer: whole.subarray(0, bytes),
      [Symbol.dispose]() {
        if (whole.length <= MAX_SPARE_BYTES && spares.length < MAX_SPARES) spares.push(whole);
        // Not at the collector's leisure: admission says that this memory is free.
        else if (whole.buffer instanceof ArrayBuffer) whole.buffer.transfer(0);
      },
    };
  };
}
