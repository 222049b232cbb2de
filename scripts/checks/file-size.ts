import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { trackedFiles } from './tracked-files.ts';

const MAX_LINES = 500;
const CODE = /\.(ts|tsx|mjs|js|css)$/;

/** A file past the limit holds two things: split it by what they are called. */
export async function tooLongFiles(root: string): Promise<readonly string[]> {
  const files = (await trackedFiles(root)).filter((file) => CODE.test(file));
  const sizes = await Promise.all(files.map(async (file) => ({ file, lines: (await readFile(join(root, file), 'utf8')).split('\n').length })));
  return sizes.filter(({ lines }) => lines > MAX_LINES).map(({ file, lines }) => `${file} has ${lines} lines, the limit is ${MAX_LINES}`);
}
