import { copyFile, mkdir, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execFileSync } from 'node:child_process';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import sharp from 'sharp';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import type { EngineClient } from '../../src/main/host/engine-client.ts';
import { LAUNCH, launchEngine, makePictures, temporaryFolder } from '../hosts.ts';
import { allItems, openEngine } from '../support/engine.ts';

/** Repeatable, so that a failure can be run again. */
function createRandom(seed: number): () => number {
  let state = seed;
  return () => (state = (state * 48271) % 2147483647) / 2147483647;
}

let library: string;
beforeAll(async () => {
  library = await makePictures(join(mkdtempSync(join(tmpdir(), 'proofsheet-library-')), 'pictures'), 120, 480);
});
afterAll(async () => { await rm(join(library, '..'), { recursive: true, force: true }); });

async function expectWhole(workspace: string, files: number, contents: number): Promise<void> {
  const { client, engine, settled } = openEngine(workspace);
  const imports = await client.batches.list({});
  const { batches } = await settled(imports.map(({ id }) => id));
  expect(batches.reduce((sum, { total }) => sum + total, 0)).toBe(files);
  expect(batches.every((batch) => batch.done + batch.failed + batch.skipped + batch.cancelled === batch.total)).toBe(true);
  const items = await allItems(client);
  expect(items.filter(({ state }) => state !== 'done')).toEqual([]);
  expect(items).toHaveLength(files);
  const assets = await client.assets.list({ limit: 1000 });
  expect(assets).toHaveLength(contents);
  for (const { renditions } of assets) {
    expect(renditions).toHaveLength(3);
    // Every visible file is whole: it decodes without a complaint and has the size its row says.
    for (const { path, width } of renditions) expect((await sharp(path, { failOn: 'warning' }).raw().toBuffer({ resolveWithObject: true })).info.width).toBe(width);
  }
  expect(await readdir(join(engine.workspace.renditions, '.part')).catch(() => [])).toEqual([]);
  const onDisk = (await readdir(engine.workspace.renditions, { recursive: true })).filter((name) => name.endsWith('.jpg'));
  expect(onDisk).toHaveLength(contents * 3);
}

test('an engine killed at random again and again loses nothing and doubles nothing', async () => {
  const folder = await temporaryFolder();
  const pictures = join(folder, 'pictures');
  await mkdir(join(pictures, 'again'), { recursive: true });
  for (const name of await readdir(library)) await copyFile(join(library, name), join(pictures, name));
  for (const name of (await readdir(library)).slice(0, 20)) await copyFile(join(library, name), join(pictures, 'again', name));
  const workspace = join(folder, 'workspace');
  const random = createRandom(20_251);
  for (let round = 0; round < 10; round += 1) {
    const engine = await launchEngine(workspace);
    const { importIds } = await engine.client.ingest.start({ paths: [pictures] });
    // Die after some number of finished items that is different each round; also in the middle of the scan.
    const goal = Math.floor(random() * 25);
    let last = -1;
    for await (const { done, running, queued, scanning } of poll(engine.client, importIds)) {
      last = last === -1 ? done : last;
      if (done >= last + goal || (!scanning && running + queued === 0)) break;
    }
    await engine.kill();
  }
  await expectWhole(workspace, 140, 120);
});

async function* poll(client: EngineClient, importIds: readonly number[]) {
  for (;;) {
    const { batches: [batch] } = await client.ingest.summary({ importIds: [...importIds] });
    if (batch) yield batch;
  }
}

test('a file that takes the engine down natively is failed as “worker-lost”, and all others are done', async () => {
  const folder = await temporaryFolder();
  const pictures = await makePictures(join(folder, 'pictures'), 12);
  await rename(join(pictures, '0003.jpg'), join(pictures, 'deadly-1.jpg'));
  await rename(join(pictures, '0007.jpg'), join(pictures, 'deadly-2.jpg'));
  const workspace = join(folder, 'workspace');
  const launch = { ...LAUNCH, entry: join(import.meta.dirname, 'segv-engine.ts') };
  const deaths: string[] = [];
  // A supervisor in small: start it again until it lives to the end.
  for (let begun = false; ;) {
    const engine = await launchEngine(workspace, launch);
    if (!begun) {
      await engine.client.ingest.start({ paths: [pictures] });
      begun = true;
    }
    const end = await Promise.race([engine.exited, finished(engine.client)]);
    if (end === 'finished') {
      await engine.kill();
      break;
    }
    deaths.push(end);
    expect(deaths.length).toBeLessThan(4);
  }
  expect(deaths.length).toBeGreaterThan(0);
  const { client } = openEngine(workspace);
  const items = await allItems(client);
  expect(items.filter(({ state }) => state === 'done')).toHaveLength(10);
  expect(items.filter(({ state }) => state === 'failed').map(({ source, error }) => [source.slice(pictures.length + 1), error?.code])).toEqual([['deadly-1.jpg', 'worker-lost'], ['deadly-2.jpg', 'worker-lost']]);
  expect(items.find(({ state }) => state === 'failed')?.error?.message).toContain('SIGSEGV');
});

/** Resolves when nothing is left to do; stays pending when the engine dies first. */
async function finished(client: EngineClient): Promise<'finished'> {
  try {
    for (;;) {
      const imports = await client.batches.list({});
      if (imports.every(({ queued, running, scanning }) => queued + running === 0 && !scanning)) return 'finished';
    }
  } catch {
    return new Promise(() => undefined);
  }
}

const canMount = process.getuid?.() === 0 && (() => {
  try {
    const probe = mkdtempSync(join(tmpdir(), 'proofsheet-mount-'));
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', probe], { stdio: 'ignore' });
    execFileSync('umount', [probe]);
    return true;
  } catch {
    return false;
  }
})();

test.skipIf(!canMount)('a full disk stops the batch without failing an item, and it goes on by itself when there is room', async () => {
  const folder = await temporaryFolder();
  const pictures = await makePictures(join(folder, 'pictures'), 60, 1200);
  const disk = join(folder, 'disk');
  await mkdir(disk);
  // Room for the reserve that work needs to begin again, once the ballast is gone.
  execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=80m', 'tmpfs', disk]);
  onTestFinished(() => { execFileSync('umount', ['-l', disk]); });
  execFileSync('dd', ['if=/dev/zero', `of=${join(disk, 'ballast')}`, 'bs=1M', 'count=78'], { stdio: 'ignore' });
  const { client, settled, close } = openEngine(join(disk, 'workspace'));
  const { importIds } = await client.ingest.start({ paths: [pictures] });
  for await (const snapshot of await client.batches.progress()) {
    if (snapshot[0]?.pausedBecause === 'disk-full') break;
  }
  const stopped = await client.ingest.summary({ importIds });
  expect(stopped).toMatchObject({ finished: false, batches: [{ failed: 0 }] });
  await rm(join(disk, 'ballast'));
  const { batches: [batch] } = await settled(importIds);
  expect(batch).toMatchObject({ total: 60, done: 60, failed: 0 });
  expect((await allItems(client)).every(({ attempts }) => attempts === 1)).toBe(true);
  await close();
});

test.skipIf(!canMount)('a full disk stops a scan that has nothing to read, and it goes on by itself too', async () => {
  const folder = await temporaryFolder();
  const files = join(folder, 'files');
  for (let index = 0; index < 20_000; index += 1) {
    if (index % 1000 === 0) await mkdir(join(files, String(index)), { recursive: true });
    await writeFile(join(files, String(index - (index % 1000)), `a rather long name for a file that is no picture ${index}.txt`), '');
  }
  const disk = join(folder, 'disk');
  await mkdir(disk);
  execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=80m', 'tmpfs', disk]);
  onTestFinished(() => { execFileSync('umount', ['-l', disk]); });
  execFileSync('dd', ['if=/dev/zero', `of=${join(disk, 'ballast')}`, 'bs=1M', 'count=77'], { stdio: 'ignore' });
  const { client, settled, close } = openEngine(join(disk, 'workspace'));
  const { importIds } = await client.ingest.start({ paths: [files] });
  for await (const snapshot of await client.batches.progress()) {
    if (snapshot[0]?.pausedBecause === 'disk-full') break;
  }
  await rm(join(disk, 'ballast'));
  const { batches: [batch] } = await settled(importIds);
  expect(batch).toMatchObject({ total: 20_000, skipped: 20_000, state: 'completed' });
  await close();
});
