import { access } from 'node:fs/promises';
import { resolve } from 'node:path';

export interface NamedPaths {
  readonly present: readonly string[];
  readonly missing: readonly string[];
}

/**
 * The files and folders among a program's arguments, absolute: what "Open with", a drop on the icon or a command line
 * named. Switches are Chromium's.
 */
export async function pathsToOpen(argv: readonly string[], cwd: string): Promise<NamedPaths> {
  const paths = argv.filter((argument) => argument !== '' && !argument.startsWith('-')).map((argument) => resolve(cwd, argument));
  const found = await Promise.all(paths.map((path) => access(path).then(() => true, () => false)));
  return { present: paths.filter((_, index) => found[index] === true), missing: paths.filter((_, index) => found[index] !== true) };
}
