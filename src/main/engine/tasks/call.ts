import { ERROR_CODES, type ErrorCode } from '../../../contract/index.ts';
import { errorCodeOf, ProofsheetError } from '../errors.ts';
import type { Task } from './define-task.ts';
import type { TaskRunner } from './pool.ts';

/**
 * Runs a task that somebody waits for, outside the queue.
 * @throws ProofsheetError with the code the task failed with
 */
export async function callTask<Called extends Task<never, unknown>>(pool: TaskRunner, task: string, input: Parameters<Called['run']>[0]): Promise<Awaited<ReturnType<Called['run']>>> {
  const answer = await pool.run({ task, input });
  if ('error' in answer) throw new ProofsheetError(codeOf(answer.error.code), answer.error.message);
  return answer.result as Awaited<ReturnType<Called['run']>>;
}

/** Tasks answer with codes of ours or of the system. */
function codeOf(code: string | null): ErrorCode {
  return ERROR_CODES.find((known) => known === code) ?? errorCodeOf({ code });
}
