import { access } from 'node:fs/promises';
import { resolve } from 'node:path';

/**
 * The files and folders among a program's arguments, absolute: what "Open with", a drop on the icon or a command line
 * named. Switches are Chromium's, and a name that does not exist is nobody's.
 */
export async function pathsToOpen(argv: readonly string[], cwd: string): Promise<readonly string[]> {
  const paths = argv.filter((argument) => argument !== '' && !argument.startsWith('-')).map((argument) => resolve(cwd, argument));
  const present = await Promise.all(paths.map((path) => access(path).then(() => true, () => false)));
  return paths.filter((_, index) => present[index] === true);
}
