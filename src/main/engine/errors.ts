import type { ErrorCode } from '../../contract/index.ts';

/** An error a user can act on: a code of the closed list, and one sentence with the numbers in it. */
export class ProofsheetError extends Error {
  readonly code: ErrorCode;
  readonly details: Readonly<Record<string, unknown>>;

  constructor(code: ErrorCode, message: string, details: Readonly<Record<string, unknown>> = {}) {
    super(message);
    this.name = 'ProofsheetError';
    this.code = code;
    this.details = details;
  }
}

const BY_ERRNO: Readonly<Record<string, ErrorCode>> = {
  ENOENT: 'not-found', ENOTDIR: 'not-found', EACCES: 'no-permission', EPERM: 'no-permission', ENOSPC: 'disk-full', EDQUOT: 'disk-full',
  EROFS: 'no-permission', ENAMETOOLONG: 'bad-input', EISDIR: 'bad-input', ELOOP: 'bad-input', SQLITE_FULL: 'disk-full',
};

/** The code that fits an error of the operating system or of SQLite; `internal` when none does. */
export function errorCodeOf(error: unknown): ErrorCode {
  if (error instanceof ProofsheetError) return error.code;
  const errno = (error as { code?: unknown } | null)?.code;
  return (typeof errno === 'string' ? BY_ERRNO[errno] : undefined) ?? 'internal';
}

/** What people read where the operating system says `ENOENT: no such file or directory, open '…'`. */
const SENTENCES: Readonly<Record<string, string>> = {
  ENOENT: 'the file does not exist', ENOTDIR: 'a part of the path is not a folder', EACCES: 'reading it is not permitted', EPERM: 'the system does not permit it',
  ENOSPC: 'the disk is full', EDQUOT: 'the disk quota is used up', EROFS: 'the disk is read-only', ENAMETOOLONG: 'the path is too long', EISDIR: 'it is a folder',
  ELOOP: 'the links in its path lead in a circle', EMFILE: 'too many files are open', EIO: 'the disk reports a read error', SQLITE_FULL: 'the disk is full',
};

/** One sentence for people. */
export function errorMessageOf(error: unknown): string {
  const errno = (error as { code?: unknown } | null)?.code;
  const sentence = typeof errno === 'string' ? SENTENCES[errno] : undefined;
  return sentence ?? (error instanceof Error ? error.message : String(error));
}
