import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { tooLongFiles } from './checks/file-size.ts';
import { thirdPartyProblems } from './checks/third-party.ts';
import { forbiddenWords } from './checks/words.ts';

/** Every rule of the project in one command; `--static` leaves the tests to the caller, `--write` renews THIRD_PARTY.md. */
const root = join(import.meta.dirname, '..');
const flags = process.argv.slice(2);
const tool = (path: string, ...args: readonly string[]) => () => runTool([join(root, 'node_modules', path), ...args]);

const CHECKS: readonly { readonly name: string; readonly run: () => Promise<readonly string[]> }[] = [
  { name: 'types', run: tool('ts7/bin/tsc', '-b', '--force') },
  { name: 'lint', run: tool('eslint/bin/eslint.js', '--max-warnings=0', '.') },
  { name: 'boundaries', run: tool('dependency-cruiser/bin/dependency-cruiser.mjs', '--config', '.dependency-cruiser.mjs', 'src', 'scripts', 'test', 'bench') },
  { name: 'unused code', run: tool('knip/bin/knip.js', '--no-progress', '--no-config-hints') },
  { name: 'file sizes', run: () => tooLongFiles(root) },
  { name: 'licences', run: () => thirdPartyProblems(root, flags.includes('--write')) },
  { name: 'words', run: () => forbiddenWords(root) },
];

let failures = 0;
for (const { name, run } of CHECKS) {
  const start = performance.now();
  const problems = await run();
  const seconds = ((performance.now() - start) / 1000).toFixed(1);
  process.stdout.write(`${name.padEnd(12)} ${problems.length === 0 ? 'ok    ' : 'FAILED'} ${seconds.padStart(6)} s\n`);
  for (const problem of problems) process.stdout.write(`${problem.trimEnd()}\n`);
  if (problems.length > 0) failures += 1;
}
process.exitCode = failures > 0 ? 1 : 0;

if (!flags.includes('--static')) {
  const status = await new Promise<number>((resolve) => {
    spawn(process.execPath, [join(root, 'scripts/test.ts')], { cwd: root, stdio: 'inherit' }).on('exit', (code) => resolve(code ?? 1));
  });
  if (status !== 0) process.exitCode = 1;
}

async function runTool(args: readonly string[]): Promise<readonly string[]> {
  // A colour preference for terminals would only clutter the captured text.
  const child = spawn(process.execPath, args, { cwd: root, stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, NO_COLOR: '1', FORCE_COLOR: undefined } });
  const chunks: string[] = [];
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (text: string) => chunks.push(text));
  const status = await new Promise<number>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) => resolve(code ?? 1));
  });
  return status === 0 ? [] : [chunks.join('') || `failed with status ${status} and said nothing`];
}
