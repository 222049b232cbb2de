import { execFile } from 'node:child_process';
import { chmod, mkdir, mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const root = join(import.meta.dirname, '../..');
const run = promisify(execFile);

/** What marks the fuses inside an Electron binary, followed by their version and number. */
const FUSE_SENTINEL = 'dL7pKGdnNz796PbbjQWNKmHXBZaB9tsX';
const UNTOUCHED_FUSES = '101100011';

/**
 * A package, made around a file that stands in for the Electron binary, in a folder with no node_modules above it: what
 * runs there runs from the package alone.
 */
describe.skipIf(process.platform !== 'linux')('a package', () => {
  let folder: string;
  let app: string;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'proofsheet package '));
    const electron = join(folder, 'electron');
    await mkdir(electron);
    await writeFile(join(electron, 'electron'), Buffer.concat([Buffer.from(FUSE_SENTINEL), Buffer.from([1, UNTOUCHED_FUSES.length]), Buffer.from(UNTOUCHED_FUSES)]));
    await chmod(join(electron, 'electron'), 0o755);
    for (const name of ['LICENSE', 'LICENSES.chromium.html']) await writeFile(join(electron, name), '');
    await run(process.execPath, [join(root, 'scripts/package.ts'), '--out', join(folder, 'dist')], {
      cwd: root, maxBuffer: 2 ** 26, env: { ...process.env, ELECTRON_OVERRIDE_DIST_PATH: electron, PROOFSHEET_NODE: process.execPath },
    });
    app = join(folder, 'dist/linux-unpacked');
  }, 300_000);
  afterAll(async () => rm(folder, { recursive: true, force: true }));

  it('takes in pictures on the Node and the packages that it carries', async () => {
    await mkdir(join(folder, 'pictures'));
    await sharp({ create: { width: 300, height: 200, channels: 3, background: '#284' } }).png().toFile(join(folder, 'pictures/a.png'));
    const { stdout } = await run(join(app, 'resources/bin/proofsheet'), ['ingest', join(folder, 'pictures'), '--workspace', join(folder, 'workspace'), '--json'], { env: { PATH: '/usr/bin:/bin', HOME: folder } });
    expect(JSON.parse(stdout)).toMatchObject({ assets_new: 1, verdicts: { clean: 1 } });
  }, 120_000);

  it('keeps what Electron itself runs inside the checked archive', async () => {
    const unpacked = await readdir(join(app, 'resources/app.asar.unpacked/out'));
    expect(unpacked.toSorted()).toEqual(['main', 'renderer']);
    expect(await readdir(join(app, 'resources/app.asar.unpacked/out/main'))).not.toContain('index.js');
  });

  it('carries the licences of what it holds', async () => {
    expect(await readdir(join(app, 'resources/runtime'))).toEqual(expect.arrayContaining(['node', 'LICENSE']));
    expect((await readFile(join(app, 'resources/app.asar'))).includes('# Third-party software')).toBe(true);
  });

  it('has its fuses burnt in', async () => {
    const binary = await readFile(join(app, 'proofsheet'), 'latin1');
    // Run as Node, cookie encryption, NODE_OPTIONS, --inspect, archive integrity, archive only, snapshot, file privileges, wasm traps.
    expect(binary.slice(FUSE_SENTINEL.length + 2)).toBe('010011001');
  });
});
