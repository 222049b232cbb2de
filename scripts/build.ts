import { build } from 'electron-vite';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { markRendererBuilt } from './bootstrap/build.mjs';

/**
 * Builds everything that a package holds: main process, engine, its threads, command line, preload, window; into out/,
 * or for the tests of the build into `--out DIR`.
 */
const root = join(import.meta.dirname, '..');
const { values } = parseArgs({ options: { out: { type: 'string' } } });
const standard = join(root, 'out');
const outDir = resolve(values.out ?? standard);

await build({ root, configFile: join(root, 'electron.vite.config.ts'), logLevel: 'warn', build: { outDir } });
if (outDir === standard) await markRendererBuilt(root);
