import { open } from 'node:fs/promises';
import { hashPixels } from '../pixels/pass.ts';
import { readWhole } from './read-whole.ts';
import { defineTask, type TaskContext } from '../tasks/define-task.ts';

export interface PixelHashInput {
  readonly path: string | Uint8Array;
}

/**
 * The full-size pixel hash of a large JPEG. The ingest decodes such a file at a fraction of its size and leaves the hash
 * open; it is only worth a full decode when another image of the same size looks alike.
 */
export const pixelHashTask = defineTask<PixelHashInput, string>({ name: 'pixel-hash', run });

async function run({ path }: PixelHashInput, context: TaskContext): Promise<string> {
  await using file = await open(typeof path === 'string' ? path : Buffer.from(path));
  const { size } = await file.stat();
  using memory = await context.lendFileBuffer(size);
  return await hashPixels(await readWhole(file, memory.buffer), { admit: context.admitDecode, salvage: true });
}
