import { isMainThread, workerData } from 'node:worker_threads';
import { errorMessageOf } from '../errors.ts';
import { admit, type Budget } from './admission.ts';
import type { Task, TaskAnswer, TaskCall, TaskContext } from './define-task.ts';

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
  return {
    admitFile: (bytes) => admit(budgets.files, bytes),
    admitDecode: (peakBytes) => admit(budgets.decodes, peakBytes),
  };
}

/** One call at a time runs there: it has the process to itself. */
function contextOfLoneProcess(): TaskContext {
  const admitted = { [Symbol.dispose]: () => undefined };
  return { admitFile: () => Promise.resolve(admitted), admitDecode: () => Promise.resolve(admitted) };
}
