import { createHash } from 'node:crypto';
import { errorCodeOf, ProofsheetError } from '../errors.ts';
import type { TaskContext } from '../tasks/define-task.ts';
import { openToRead } from '../tasks/open-to-read.ts';

/** Where a content is to be read, and what it must be. */
export interface ContentSource {
  /** Tried in this order; bytes where the name is not UTF-8. */
  readonly paths: readonly (string | Uint8Array)[];
  /** What the file must hold; null takes whatever it holds. */
  readonly sha256: string | null;
}

/** A file in memory until it is disposed. */
export interface Content extends Disposable {
  readonly bytes: Buffer;
  readonly sha256: string;
  readonly path: string | Uint8Array;
}

/** Files are read whole, and memory is bounded. */
const HARD_BYTE_LIMIT = 300e6;

/**
 * Reads the first of the files that holds what is wanted, for a task.
 * @throws ProofsheetError `vanished` when no file of a known content is there, `stale` when files are there but hold something else by now, `too-many-bytes`, `bad-input`; the
 * system's error of the last file when none can be read
 */
export async function readContent({ paths, sha256 }: ContentSource, context: TaskContext): Promise<Content> {
  let failure: unknown = new ProofsheetError('vanished', 'no file of this image is there any more');
  for (const path of paths) {
    try {
      const content = await readFile(path, context);
      if (sha256 === null || content.sha256 === sha256) return content;
      content[Symbol.dispose]();
      failure = new ProofsheetError('stale', 'the file has changed since it was taken in');
    } catch (error) {
      if (sha256 === null || errorCodeOf(error) !== 'not-found') failure = error;
    }
  }
  throw failure;
}

async function readFile(path: string | Uint8Array, context: TaskContext): Promise<Content> {
  using file = await openToRead(path);
  const before = file.stat();
  if (!before.isFile()) throw new ProofsheetError('bad-input', 'this is not a regular file');
  if (before.size > HARD_BYTE_LIMIT) throw new ProofsheetError('too-many-bytes', `the file has ${before.size} bytes, the limit is ${HARD_BYTE_LIMIT}`);
  const memory = await context.lendFileBuffer(before.size);
  try {
    const bytes = await file.readWhole(memory.buffer);
    const after = file.stat();
    if (bytes.length !== before.size || after.size !== before.size || after.mtimeMs !== before.mtimeMs) {
      throw new ProofsheetError('vanished', `the file changed while it was being read (${before.size} bytes before, ${after.size} after)`);
    }
    return { bytes, sha256: createHash('sha256').update(bytes).digest('hex'), path, [Symbol.dispose]: () => { memory[Symbol.dispose](); } };
  } catch (error) {
    memory[Symbol.dispose]();
    throw error;
  }
}
