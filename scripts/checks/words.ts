import { readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { trackedFiles } from './tracked-files.ts';

/** A user whose home is the root has no folder of their own to give away, and every `//` would look like it. */
const HOME = homedir() === '/' ? [] : [{ pattern: new RegExp(`(?<![\\w.])${homedir().replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&')}/`), why: 'your home folder' }];
/** What names a machine or a place that readers of the project do not have. */
const FORBIDDEN: readonly { readonly pattern: RegExp; readonly why: string }[] = [
  { pattern: /(?<![\w.$}])\/work\//, why: 'a path of one machine' },
  ...HOME,
  { pattern: /\/\/[\w.-]*(registry|artifactory|nexus|verdaccio)[\w.-]*\.[a-z]+/i, why: 'a package registry’s host' },
  { pattern: /"resolved":\s*"https?:/, why: 'a package registry’s host' },
  { pattern: /\b(DESIGN|STACK|FEATURES|CLI|UX|STYLE)\.md\b/, why: 'a document that is not in this project' },
];
const TEXT = /(\.(ts|tsx|mjs|js|json|md|css|html|yml|sh|sql|svg)|(^|\/)[^.]+)$/;
/** This file has to spell the words it looks for. */
const OWN = 'scripts/checks/words.ts';

/** Lines that would tie the project to one machine or speak of what its readers cannot see. */
export async function forbiddenWords(root: string): Promise<readonly string[]> {
  const files = (await trackedFiles(root)).filter((file) => TEXT.test(file) && file !== OWN);
  const findings = await Promise.all(files.map(async (file) => inspect(file, await readFile(join(root, file), 'utf8'))));
  return findings.flat();
}

function inspect(file: string, text: string): readonly string[] {
  return text.split('\n').flatMap((line, index) =>
    FORBIDDEN.filter(({ pattern }) => pattern.test(line)).map(({ why }) => `${file}:${index + 1} names ${why}: ${line.trim().slice(0, 120)}`));
}
