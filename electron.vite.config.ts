import { globSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { defineConfig } from 'electron-vite';
import renderer from './vite.renderer.config.ts';

const root = import.meta.dirname;
const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { readonly version: string };
const source = (path: string): string => join(root, 'src', path);

/** Files that are started as threads of their own: found by name, so that a new one needs no line here. */
const threads = Object.fromEntries(
  globSync('main/engine/**/*-{thread,worker}.ts', { cwd: source('') }).map((path) => [basename(path, '.ts'), source(path)]),
);

/** All that a package holds. Production dependencies stay outside the bundles, as packages beside them. */
export default defineConfig({
  main: {
    build: {
      target: 'node24',
      sourcemap: true,
      rolldownOptions: {
        input: {
          index: source('main/desktop/main.ts'),
          engine: source('main/engine/main.ts'),
          worker: source('main/engine/worker.ts'),
          cli: source('main/cli/main.ts'),
          ...threads,
        },
        // Flat: a thread is found beside the code that starts it, whichever file the bundler put that into.
        output: { format: 'es', entryFileNames: '[name].js', chunkFileNames: 'shared-[name]-[hash].js' },
      },
    },
  },
  preload: {
    define: { PROOFSHEET_VERSION: JSON.stringify(version) },
    build: {
      // A sandboxed preload can load nothing but electron: one CommonJS file.
      externalizeDeps: false,
      rolldownOptions: { input: { preload: source('preload/preload.ts') }, output: { format: 'cjs', entryFileNames: '[name].cjs' } },
    },
  },
  renderer,
});
