import { build } from 'electron-builder';
import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, rmSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { electronExecutable } from './bootstrap/electron.mjs';
import { burnFuses } from './package/fuses.ts';

/** Builds the application into dist/: a folder that runs as it is. Needs the Electron runtime of this platform. */
const root = join(import.meta.dirname, '..');
const electron = electronExecutable(root);
if (electron === undefined) {
  process.stderr.write('The Electron runtime is missing. Run `node node_modules/electron/install.js`, or set ELECTRON_OVERRIDE_DIST_PATH to a folder that holds it.\n');
  process.exit(1);
}
// On macOS the executable lies inside the bundle, and the folder that holds the bundle is wanted.
const dist = process.platform === 'darwin' ? join(dirname(electron), '../../..') : dirname(electron);

execFileSync(process.execPath, [join(root, 'scripts/build.ts')], { stdio: 'inherit' });
stageRuntime(process.env['PROOFSHEET_NODE'] ?? process.execPath, join(root, 'out/runtime'));
await build({ projectDir: root, config: { extends: join(root, 'electron-builder.yml'), electronDist: dist, afterPack: burnFuses }, dir: true, publish: 'never' });
process.stdout.write(`The application lies in ${join(root, 'dist')}.\n`);

/** The plain Node that runs the engine, with its licence. */
function stageRuntime(node: string, folder: string): void {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  cpSync(node, join(folder, process.platform === 'win32' ? 'node.exe' : 'node'));
  const licence = [join(dirname(node), '../LICENSE'), join(dirname(node), 'LICENSE')].find((file) => existsSync(file));
  if (licence === undefined) throw new Error(`${node} has no LICENSE beside it; Node must not be shipped without one`);
  cpSync(licence, join(folder, basename(licence)));
}
