import { createHash } from 'node:crypto';
import { ProofsheetError } from '../errors.ts';
import { hashPixels } from '../pixels/pass.ts';
import { openToRead } from '../tasks/open-to-read.ts';
import { defineTask, type TaskContext } from '../tasks/define-task.ts';

export interface PixelHashInput {
  /** What the file must still be. */
  readonly sha256: string;
  readonly bytes: number;
  readonly path: string | Uint8Array;
}

/**
 * The full-size pixel hash of a large JPEG. The ingest decodes such a file at a fraction of its size and leaves the hash
 * open; it is only worth a full decode when another image of the same size looks alike.
 */
export const pixelHashTask = defineTask<PixelHashInput, string>({ name: 'pixel-hash', run });

async function run({ path, bytes, sha256 }: PixelHashInput, context: TaskContext): Promise<string> {
  using file = await openToRead(path);
  const { size } = file.stat();
  if (size !== bytes) throw new ProofsheetError('not-found', `the file is no longer the one that was ingested (${bytes} bytes then, ${size} now)`);
  using memory = await context.lendFileBuffer(size);
  const content = await file.readWhole(memory.buffer);
  if (createHash('sha256').update(content).digest('hex') !== sha256) throw new ProofsheetError('not-found', 'the file is no longer the one that was ingested');
  return await hashPixels(content, { admit: context.admitDecode, salvage: true });
}
