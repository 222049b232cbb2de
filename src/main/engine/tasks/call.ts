import { ERROR_CODES, type ErrorCode } from '../../../contract/index.ts';
import { errorCodeOf, ProofsheetError } from '../errors.ts';
import type { TaskRunner } from './pool.ts';

/**
 * Runs a task that somebody waits for, outside the queue.
 * @throws ProofsheetError with the code the task failed with
 */
export async function callTask<Input, Result>(pool: TaskRunner, task: string, input: Input): Promise<Result> {
  const answer = await pool.run({ task, input });
  if ('error' in answer) throw new ProofsheetError(codeOf(answer.error.code), answer.error.message);
  return answer.result as Result;
}

/** Tasks answer with codes of ours or of the system. */
function codeOf(code: string | null): ErrorCode {
  return ERROR_CODES.find((known) => known === code) ?? errorCodeOf({ code });
}
