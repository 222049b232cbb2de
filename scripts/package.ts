import { build } from 'electron-builder';
import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, rmSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { electronExecutable } from './bootstrap/electron.mjs';
import { burnFuses } from './package/fuses.ts';

/**
 * Builds the application into dist/, or into `--out DIR`: a folder that runs as it is. Needs the Electron runtime of this
 * platform. A window that runs from this checkout is left alone: the build has a folder of its own.
 */
const root = join(import.meta.dirname, '..');
const { values } = parseArgs({ options: { out: { type: 'string' } } });
const output = resolve(values.out ?? join(root, 'dist'));
const stage = join(output, 'stage');
const electron = electronExecutable(root);
if (electron === undefined) {
  process.stderr.write('The Electron runtime is missing. Run `node node_modules/electron/install.js`, or set ELECTRON_OVERRIDE_DIST_PATH to a folder that holds it.\n');
  process.exit(1);
}
// On macOS the executable lies inside the bundle, and the folder that holds the bundle is wanted.
const electronDist = process.platform === 'darwin' ? join(dirname(electron), '../../..') : dirname(electron);

rmSync(stage, { recursive: true, force: true });
execFileSync(process.execPath, [join(root, 'scripts/build.ts'), '--out', join(stage, 'out')], { stdio: 'inherit' });
stageRuntime(process.env['PROOFSHEET_NODE'] ?? process.execPath, join(stage, 'runtime'));
await build({
  projectDir: root,
  dir: true,
  publish: 'never',
  config: {
    extends: join(root, 'electron-builder.yml'),
    electronDist,
    afterPack: burnFuses,
    directories: { output },
    files: [{ from: join(stage, 'out'), to: 'out', filter: ['**/*', '!**/*.map'] }],
    extraResources: [{ from: join(stage, 'runtime'), to: 'runtime' }],
  },
});
rmSync(stage, { recursive: true, force: true });
process.stdout.write(`The application lies in ${output}.\n`);

/** The plain Node that runs the engine, with its licence. */
function stageRuntime(node: string, folder: string): void {
  mkdirSync(folder, { recursive: true });
  cpSync(node, join(folder, process.platform === 'win32' ? 'node.exe' : 'node'));
  const licence = [join(dirname(node), '../LICENSE'), join(dirname(node), 'LICENSE')].find((file) => existsSync(file));
  if (licence === undefined) throw new Error(`${node} has no LICENSE beside it; Node must not be shipped without one`);
  cpSync(licence, join(folder, basename(licence)));
}
