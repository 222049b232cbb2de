import { ORPCError } from '@orpc/server';
import type { ErrorData } from '../../contract/index.ts';
import { errorCodeOf, errorMessageOf } from './errors.ts';
import { heals } from './jobs/retry.ts';

/** The middleware every procedure runs in: whatever is thrown leaves with a code of the closed list, never with a stack. */
export async function withContractErrors<Result>({ next }: { readonly next: () => Result | PromiseLike<Result> }): Promise<Result> {
  try {
    return await next();
  } catch (error) {
    throw toContractError(error);
  }
}

/** The same for a stream, whose errors come after the procedure has answered. */
export async function* streamWithContractErrors<Value>(values: AsyncIterable<Value>): AsyncGenerator<Value, void> {
  try {
    yield* values;
  } catch (error) {
    throw toContractError(error);
  }
}

function toContractError(error: unknown): ORPCError<string, unknown> {
  if (error instanceof ORPCError) return error as ORPCError<string, unknown>;
  const code = errorCodeOf(error);
  const details = (error as { details?: Readonly<Record<string, unknown>> } | null)?.details ?? {};
  return new ORPCError<string, ErrorData>(code, { defined: true, status: code === 'internal' ? 500 : 422, message: errorMessageOf(error), data: { retryable: heals(code), details } });
}
