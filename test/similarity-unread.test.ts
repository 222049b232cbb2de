import { mkdir, rename, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import Database from 'better-sqlite3';
import sharp from 'sharp';
import { expect, test } from 'vitest';
import { paintPhoto, toSharp, withSegment } from './fixtures/images.ts';
import { temporaryFolder } from './hosts.ts';
import { openEngine } from './support/engine.ts';

function beginAnew(workspace: string): void {
  const db = new Database(join(workspace, 'catalog.sqlite'));
  db.exec('DELETE FROM pair; UPDATE fingerprint SET paired = 0; UPDATE asset SET pixel_sha256 = NULL');
  db.close();
}

test('an image whose preview cannot be read is told by its path, is not passed off as unlike, and is mended by taking it in again', async () => {
  const folder = await temporaryFolder();
  const [pictures, workspace] = [join(folder, 'pictures'), join(folder, 'workspace')];
  await mkdir(pictures);
  const base = await toSharp(paintPhoto(480, 360, 6)).jpeg({ quality: 92 }).toBuffer();
  await writeFile(join(pictures, 'one.jpg'), base);
  await writeFile(join(pictures, 'two.jpg'), await sharp(base).jpeg({ quality: 60 }).toBuffer());
  const first = openEngine(workspace);
  await first.ingest({ paths: [pictures] });
  const [one] = await first.client.assets.list({ filter: 'name:one.jpg' });
  const [two] = await first.client.assets.list({ filter: 'name:two.jpg' });
  await first.close();
  for (const { path, preset } of two!.renditions) if (preset === 'card') await writeFile(path, 'no picture');
  beginAnew(workspace);
  const { client, ingest } = openEngine(workspace, { work: false });
  await expect(client.similarity.pair({ a: one!.id, b: two!.id })).rejects.toMatchObject({ code: 'not-compared' });
  await expect(client.similarity.find({ of: { path: join(pictures, 'one.jpg') } })).resolves.toMatchObject([{ relation: 'identical-bytes' }]);
  expect(await client.similarity.catchUp()).toEqual({ compared: 1, pending: 0, failed: 1 });
  expect(await client.similarity.failures({})).toEqual([{ assetId: two!.id, path: join(pictures, 'two.jpg'), reason: expect.any(String) }]);
  await client.workspace.work({ enabled: true });
  await ingest({ paths: [pictures] });
  expect(await client.similarity.catchUp()).toEqual({ compared: 2, pending: 0, failed: 0 });
  expect((await client.similarity.groups({ level: 'strict' })).total).toBe(1);
}, 60_000);

test('pixels whose file cannot be read when it matters are compared when it can', async () => {
  const folder = await temporaryFolder();
  const [pictures, workspace] = [join(folder, 'pictures'), join(folder, 'workspace')];
  await mkdir(pictures);
  // Large, so that their pixels are hashed on demand only.
  const large = await toSharp(paintPhoto(1200, 1000, 8)).resize(3000, 2500).jpeg({ quality: 80 }).toBuffer();
  await writeFile(join(pictures, 'one.jpg'), large);
  await writeFile(join(pictures, 'two.jpg'), withSegment(large, 0xfe, Buffer.from('a comment')));
  const first = openEngine(workspace);
  await first.ingest({ paths: [pictures] });
  await first.close();
  beginAnew(workspace);
  await rename(join(pictures, 'two.jpg'), join(folder, 'away.jpg'));
  const { client } = openEngine(workspace, { work: false });
  expect(await client.similarity.catchUp()).toMatchObject({ compared: 2, failed: 0 });
  expect((await client.similarity.groups({ level: 'exact' })).total).toBe(0);
  expect((await client.similarity.groups({ level: 'strict' })).total).toBe(1);
  await rename(join(folder, 'away.jpg'), join(pictures, 'two.jpg'));
  await client.similarity.catchUp();
  const { groups } = await client.similarity.groups({ level: 'exact' });
  expect(groups.map(({ members }) => members.map(({ path }) => basename(path)).toSorted())).toEqual([['one.jpg', 'two.jpg']]);
  // A file of the same bytes as one of them has the pixels of the other, and is no mere look-alike of it.
  expect((await client.similarity.find({ of: { path: join(pictures, 'one.jpg') } })).map(({ path, relation }) => [basename(path), relation])).toEqual([['one.jpg', 'identical-bytes'], ['two.jpg', 'identical-pixels']]);
}, 60_000);
