import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readFile, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { runQuietly } from './child.mjs';
import { withSetupLock } from './lock.mjs';
import { errorCode, say } from './report.mjs';

const RENDERER_INPUTS = ['src/renderer', 'src/contract', 'vite.renderer.config.ts', 'package-lock.json'];
const DESKTOP_INPUTS = ['src', 'electron.vite.config.ts', ...RENDERER_INPUTS];

/** Builds the window into out/renderer when its inputs changed. @param {string} root @param {string} node */
export async function ensureRenderer(root, node) {
  const output = join(root, 'out/renderer');
  await whenStale(root, RENDERER_INPUTS, join(output, '.inputs'), async (stamp) => {
    say('Building the window …');
    // Built aside and renamed: a server that is running on the old files never sees half of the new ones.
    const aside = `${output}.${process.pid}`;
    const vite = join(root, 'node_modules/vite/bin/vite.js');
    try {
      await runQuietly(node, [vite, 'build', '--config', join(root, 'vite.renderer.config.ts'), '--outDir', aside, '--emptyOutDir', '--logLevel', 'warn'], { cwd: root, env: process.env, failure: 'The window could not be built' });
      await writeFile(join(aside, '.inputs'), stamp);
      if (existsSync(output)) await rename(output, `${aside}.old`);
      await rename(aside, output);
    } finally {
      await Promise.all([aside, `${aside}.old`].map((folder) => rm(folder, { recursive: true, force: true })));
    }
  });
}

/** Builds all that the desktop host loads into out/. @param {string} root @param {string} node */
export async function ensureDesktopBuild(root, node) {
  const stampFile = join(root, 'out/main/.inputs');
  await whenStale(root, DESKTOP_INPUTS, stampFile, async (stamp) => {
    say('Building the application …');
    await runQuietly(node, [join(root, 'scripts/build.ts')], { cwd: root, env: process.env, failure: 'The application could not be built' });
    await writeFile(stampFile, stamp);
  });
}

/** Told by a build of everything, so that the next start does not build the window again. @param {string} root */
export async function markRendererBuilt(root) {
  await writeFile(join(root, 'out/renderer/.inputs'), await hashInputs(root, RENDERER_INPUTS));
}

/** @param {string} root @param {readonly string[]} inputs @param {string} stampFile @param {(stamp: string) => Promise<void>} build */
async function whenStale(root, inputs, stampFile, build) {
  const upToDate = async () => {
    const stamp = await hashInputs(root, inputs);
    return { stamp, same: existsSync(stampFile) && (await readFile(stampFile, 'utf8')) === stamp };
  };
  if ((await upToDate()).same) return;
  await withSetupLock(root, async () => {
    const { stamp, same } = await upToDate();
    if (!same) await build(stamp);
  });
}

/** @param {string} root @param {readonly string[]} inputs */
async function hashInputs(root, inputs) {
  const files = (await Promise.all(inputs.map((input) => listFiles(join(root, input))))).flat().sort();
  const hash = createHash('sha256');
  const contents = await Promise.all(files.map((file) => readFile(file)));
  contents.forEach((content, index) => hash.update(`${relative(root, files[index] ?? '')}\0${content.length}\0`).update(content));
  return hash.digest('hex');
}

/** @param {string} path @returns {Promise<string[]>} */
async function listFiles(path) {
  if (!existsSync(path)) return [];
  const entries = await readdir(path, { withFileTypes: true, recursive: true }).catch((/** @type {unknown} */ error) => {
    if (errorCode(error) === 'ENOTDIR') return undefined;
    throw error;
  });
  return entries?.filter((entry) => entry.isFile()).map((entry) => join(folderOf(entry), entry.name)) ?? [path];
}

/** Node before 20.12 knows it by another name. @param {{ readonly parentPath?: string, readonly path?: string }} entry @returns {string} */
function folderOf(entry) {
  return entry.parentPath ?? entry.path ?? '';
}
