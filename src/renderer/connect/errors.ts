import { ORPCError } from '@orpc/client';
import type { ErrorCode } from '../../contract/index.ts';

export interface UserError {
  readonly code: ErrorCode;
  /** One sentence of the engine with the numbers in it. */
  readonly message: string;
}

/** What the host said went wrong, where the engine was not asked. */
export class HostError extends Error {
  readonly code: ErrorCode;
  constructor(code: ErrorCode, message: string) {
    super(message);
    this.code = code;
  }
}

/** What the engine said went wrong; anything that nobody said is a lost connection. */
export function userError(error: unknown): UserError {
  if (error instanceof ORPCError) return { code: error.code as ErrorCode, message: error.message };
  if (error instanceof HostError) return { code: error.code, message: error.message };
  return { code: 'offline', message: error instanceof Error ? error.message : String(error) };
}

/** Only a call that never got an answer is worth asking again by itself. */
export function shouldRetry(failures: number, error: unknown): boolean {
  return !(error instanceof ORPCError) && failures < 3;
}
