import { readFile } from 'node:fs/promises';
import { hashPixels } from '../pixels/pass.ts';
import { defineTask, type TaskContext } from '../tasks/define-task.ts';

export interface PixelHashInput {
  readonly path: string | Uint8Array;
  readonly bytes: number;
}

/**
 * The full-size pixel hash of a large JPEG. The ingest decodes such a file at a fraction of its size and leaves the hash
 * open; it is only worth a full decode when another image of the same size looks alike.
 */
export const pixelHashTask = defineTask<PixelHashInput, string>({ name: 'pixel-hash', run });

async function run({ path, bytes }: PixelHashInput, context: TaskContext): Promise<string> {
  using _file = await context.admitFile(bytes);
  return await hashPixels(await readFile(typeof path === 'string' ? path : Buffer.from(path)), { admit: context.admitDecode, salvage: true });
}
