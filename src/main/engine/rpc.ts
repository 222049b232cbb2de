import { mapEventIterator } from '@orpc/client';
import { ORPCError } from '@orpc/server';
import type { ErrorData } from '../../contract/index.ts';
import { errorCodeOf, errorMessageOf, ProofsheetError } from './errors.ts';
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

interface ServedCall {
  readonly next: () => Promise<unknown>;
  readonly signal?: AbortSignal | undefined;
}

/**
 * What every call from outside runs in: a defect of ours goes into the log with its stack, and its caller is told in one
 * sentence where that is. What breaks off because the caller went away is none.
 */
export function createDefectTeller(report: (error: unknown) => void, logFile: string): (call: ServedCall) => Promise<unknown> {
  const tell = (error: unknown, signal: AbortSignal | undefined): unknown => {
    if (signal?.aborted === true || !isDefect(error)) return error;
    const cause = error instanceof Error && error.cause !== undefined ? error.cause : error;
    report(cause);
    return new ORPCError<string, ErrorData>('internal', { defined: true, status: 500, message: `${plainReason(cause)}; the details are in ${logFile}`, data: { retryable: false, details: {} } });
  };
  return async ({ next, signal }) => {
    try {
      const answer = await next();
      if (!isStream(answer)) return answer;
      return mapEventIterator(answer, { value: (value) => Promise.resolve(value), error: (error) => Promise.resolve(tell(error, signal)) });
    } catch (error) {
      throw tell(error, signal);
    }
  };
}

/**
 * An engine that ends answers with no error: what fails then fails because it ends, and the caller, which may be another
 * host's, asks the next engine when the connection is gone.
 */
export function createEndKeeper(isEnding: () => boolean): (call: ServedCall) => Promise<unknown> {
  return async ({ next }) => {
    try {
      return await next();
    } catch (error) {
      if (!isEnding()) throw error;
      return await new Promise<never>(() => undefined);
    }
  };
}

/** oRPC's own code stands for an answer that breaks the contract, among others. */
function isDefect(error: unknown): boolean {
  return !(error instanceof ORPCError) || error.code === 'internal' || error.code === 'INTERNAL_SERVER_ERROR';
}

/** What a developer wrote into an exception means nothing to a user; what the system says of a file does. */
function plainReason(cause: unknown): string {
  const message = errorMessageOf(cause);
  const isPlain = cause instanceof ProofsheetError || (cause instanceof Error && cause.message !== message);
  return isPlain ? message.replace(/\.$/, '') : 'Proofsheet could not do this because of a defect of its own';
}

function isStream(answer: unknown): answer is AsyncIteratorObject<unknown> {
  return typeof answer === 'object' && answer !== null && Symbol.asyncIterator in answer;
}

function toContractError(error: unknown): ORPCError<string, unknown> {
  if (error instanceof ORPCError) return error as ORPCError<string, unknown>;
  const code = errorCodeOf(error);
  const details = (error as { details?: Readonly<Record<string, unknown>> } | null)?.details ?? {};
  return new ORPCError<string, ErrorData>(code, { defined: true, status: code === 'internal' ? 500 : 422, message: errorMessageOf(error), data: { retryable: heals(code), details }, cause: error });
}
