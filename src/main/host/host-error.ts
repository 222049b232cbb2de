import { ORPCError } from '@orpc/client';
import { ERROR_CODES, type ErrorData, type NamedErrorCode } from '../../contract/index.ts';

/** An error in the form the engine's own errors have, so that every host shows both alike. */
export function hostError(code: NamedErrorCode, message: string, details: ErrorData['details'] = {}): ORPCError<NamedErrorCode, ErrorData> {
  return new ORPCError(code, { message, status: code === 'internal' ? 500 : 422, data: { retryable: code === 'reset', details } });
}

/** Code and sentence of anything thrown. What is not one of ours is a defect of Proofsheet or of its caller. */
export function describeError(error: unknown): { readonly code: string; readonly message: string } {
  if (isCallError(error)) {
    if (isKnownCode(error.code)) return { code: error.code, message: error.message };
    if (error.code === 'BAD_REQUEST') return { code: 'bad-input', message: inputProblem(error) };
  }
  return { code: systemCode(error) ?? 'internal', message: error instanceof Error ? error.message : String(error) };
}

/** `instanceof` alone would type its data as `any`. */
function isCallError(error: unknown): error is ORPCError<string, unknown> {
  return error instanceof ORPCError;
}

function isKnownCode(code: string): boolean {
  return /^http-[45]\d\d$/.test(code) || ERROR_CODES.some((known) => known === code);
}

/** oRPC says only "Input validation failed"; the parser's findings name the field. */
function inputProblem(error: ORPCError<string, unknown>): string {
  const data = error.data;
  if (typeof data !== 'object' || data === null || !('issues' in data) || !Array.isArray(data.issues)) return error.message;
  const issues: readonly unknown[] = data.issues;
  const found = issues.flatMap((issue) => (typeof issue === 'object' && issue !== null && 'message' in issue ? [describeIssue(issue)] : []));
  return found.length === 0 ? error.message : found.join('; ');
}

function describeIssue(issue: { readonly message: unknown; readonly path?: unknown }): string {
  const path = Array.isArray(issue.path) ? issue.path.join('.') : '';
  return path === '' ? String(issue.message) : `${path}: ${String(issue.message)}`;
}

/** The system's reason without its code and call: `permission denied`. */
export function systemReason(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  return /^E[A-Z]+: ([^,]+)/.exec(message)?.[1] ?? message;
}

export function systemCode(error: unknown): NamedErrorCode | undefined {
  if (!(error instanceof Error) || !('code' in error)) return undefined;
  switch (error.code) {
    case 'ENOENT':
      return 'not-found';
    case 'ENOTDIR':
    case 'EEXIST':
      return 'bad-input';
    case 'EACCES':
    case 'EPERM':
    case 'EROFS':
      return 'no-permission';
    case 'ENOSPC':
    case 'EDQUOT':
      return 'disk-full';
    default:
      return undefined;
  }
}
