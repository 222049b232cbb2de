import { access, mkdir, readdir, rename, rm, stat, symlink, utimes, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { renditionPath } from '../src/main/engine/renditions/store.ts';
import { makePictures, temporaryFolder } from './hosts.ts';
import { openEngine } from './support/engine.ts';

const DAY = 86_400_000;

async function renditionsIn(folder: string): Promise<string[]> {
  return (await readdir(folder, { recursive: true })).filter((name) => name.endsWith('.jpg')).toSorted();
}

test('a purge only reports unless it is told to apply, and frees exactly what it reported', async () => {
  const folder = await temporaryFolder();
  const pictures = await makePictures(join(folder, 'pictures'), 3);
  let now = Date.now();
  const { client, engine, ingest } = openEngine(join(folder, 'workspace'), { now: () => now });
  await ingest({ paths: [pictures] });
  const { renditions } = engine.workspace;
  const nobodys = renditionPath(renditions, 'ab'.repeat(32), 'card');
  await mkdir(dirname(nobodys), { recursive: true });
  await writeFile(nobodys, 'x'.repeat(1000));
  await utimes(nobodys, 1, 1);
  await rm(join(pictures, '0002.jpg'));
  await ingest({ paths: [pictures] });
  const gone = (await client.assets.list({})).filter(({ sources }) => sources.length === 0);
  expect(gone).toHaveLength(1);
  const before = await renditionsIn(renditions);

  // What has lost its last source is kept for the days one may want it back; what no row knows is not.
  expect(await client.renditions.purge({ days: 30 })).toMatchObject({ dryRun: true, purgeDays: 30, renditionsFound: 10, renditionsToDelete: 1, bytesToFree: 1000, deletedCount: 0, deletedBytes: 0, errors: [] });
  now += 31 * DAY;
  const freed = 1000 + gone[0]!.renditions.reduce((sum, { bytes }) => sum + bytes, 0);
  const dry = await client.renditions.purge({ days: 30 });
  expect(dry).toMatchObject({ dryRun: true, renditionsToDelete: 4, bytesToFree: freed, cutoffDate: new Date(now - 30 * DAY).toISOString() });
  expect(await renditionsIn(renditions)).toEqual(before);

  const applied = await client.renditions.purge({ days: 30, apply: true });
  expect(applied).toMatchObject({ dryRun: false, renditionsToDelete: 4, bytesToFree: freed, deletedCount: 4, deletedBytes: freed, errors: [] });
  expect(await renditionsIn(renditions)).toHaveLength(6);
  expect((await client.workspace.metrics()).renditionCount).toBe(6);
  expect(await client.renditions.purge({ days: 30, apply: true })).toMatchObject({ renditionsFound: 6, renditionsToDelete: 0, deletedCount: 0 });
  await expect(access(join(pictures, '0001.jpg'))).resolves.toBeUndefined();
});

test('a purge takes away rows whose file is gone', async () => {
  const folder = await temporaryFolder();
  const { client, ingest } = openEngine(join(folder, 'workspace'));
  await ingest({ paths: [await makePictures(join(folder, 'pictures'), 1)] });
  const [asset] = await client.assets.list({});
  await rm(asset!.renditions[0]!.path);
  expect(await client.renditions.purge({ days: 30, apply: true })).toMatchObject({ renditionsToDelete: 1, bytesToFree: 0, deletedCount: 1 });
  expect((await client.assets.get({ id: asset!.id })).renditions).toHaveLength(2);
});

test('what was purged is made again when its file comes back', async () => {
  const folder = await temporaryFolder();
  const pictures = await makePictures(join(folder, 'pictures'), 2);
  let now = Date.now();
  const { client, ingest } = openEngine(join(folder, 'workspace'), { now: () => now });
  await ingest({ paths: [pictures] });
  const before = await client.assets.list({});
  await rename(pictures, join(folder, 'away'));
  await mkdir(join(pictures, 'empty'), { recursive: true });
  await ingest({ paths: [pictures] });
  now += 2 * DAY;
  expect(await client.renditions.purge({ days: 3, apply: true })).toMatchObject({ deletedCount: 0 });
  expect(await client.renditions.purge({ days: 1, apply: true })).toMatchObject({ deletedCount: 6 });
  expect((await client.assets.list({})).flatMap(({ renditions }) => renditions)).toEqual([]);
  await rm(pictures, { recursive: true });
  await rename(join(folder, 'away'), pictures);
  // Nothing about the files has changed since they were read, only what was made of them is gone.
  expect(await ingest({ paths: [pictures] })).toMatchObject({ assetsNew: 0, assetsExisting: 2, batches: [{ total: 2, done: 2 }] });
  expect(await client.assets.list({})).toEqual(before);
  for (const { path, bytes } of before.flatMap(({ renditions }) => renditions)) expect((await stat(path)).size).toBe(bytes);
  expect((await client.workspace.metrics()).renditionCount).toBe(6);
});

test('a purge counts the days from when the last source went, not from when the rendition was made', async () => {
  const folder = await temporaryFolder();
  const pictures = await makePictures(join(folder, 'pictures'), 2);
  let now = Date.now();
  const { client, ingest } = openEngine(join(folder, 'workspace'), { now: () => now });
  await ingest({ paths: [pictures] });
  now += 100 * DAY;
  await rm(join(pictures, '0001.jpg'));
  await ingest({ paths: [pictures] });
  now += 29 * DAY;
  expect(await client.renditions.purge({ days: 30 })).toMatchObject({ renditionsToDelete: 0 });
  now += 2 * DAY;
  expect(await client.renditions.purge({ days: 30 })).toMatchObject({ renditionsToDelete: 3 });
});

test('a purge of zero days leaves alone what a job may just be writing', async () => {
  const folder = await temporaryFolder();
  const { client, engine } = openEngine(join(folder, 'workspace'));
  const fresh = renditionPath(engine.workspace.renditions, 'ab'.repeat(32), 'card');
  await mkdir(dirname(fresh), { recursive: true });
  await writeFile(fresh, 'x');
  expect(await client.renditions.purge({ days: 0, apply: true })).toMatchObject({ renditionsFound: 1, deletedCount: 0 });
  await access(fresh);
});

test('what cannot be removed or read is listed and stops nothing, and rows whose files cannot be seen stay', async () => {
  const folder = await temporaryFolder();
  const { client, engine, ingest } = openEngine(join(folder, 'workspace'));
  await ingest({ paths: [await makePictures(join(folder, 'pictures'), 3)] });
  const { renditions, cache } = engine.workspace;
  const [asset] = await client.assets.list({});
  // A folder that is a file now, one that cannot be deleted as a file can, in the store and in the cache; and one to go.
  const shard = dirname(asset!.renditions[0]!.path);
  await rename(shard, `${shard}-away`);
  await symlink(shard, shard);
  const [stuck, free] = ['ab', 'ee'].map((byte) => renditionPath(renditions, byte.repeat(32), 'card'));
  await mkdir(join(stuck!, 'in'), { recursive: true });
  await mkdir(dirname(free!), { recursive: true });
  await writeFile(free!, 'x'.repeat(1000));
  await mkdir(join(cache, 'cc', 'stuck', 'in'), { recursive: true });
  await writeFile(join(cache, 'cc', 'old'), 'x');
  for (const path of [stuck!, free!, join(cache, 'cc', 'stuck'), join(cache, 'cc', 'old')]) await utimes(path, 1, 1);
  const report = await client.renditions.purge({ days: 30, apply: true });
  expect(report.deletedCount).toBe(1);
  expect(report.cache.files).toBe(1);
  expect(report.errors.map(({ path }) => path).toSorted()).toEqual([join(cache, 'cc', 'stuck'), shard, stuck].toSorted());
  expect((await client.assets.get({ id: asset!.id })).renditions).toHaveLength(3);
});
