import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { createRandom, paintPhoto, toSharp } from '../fixtures/images.ts';
import { openSite, send } from '../fixtures/web.ts';
import { launchEngine, temporaryFolder } from '../hosts.ts';
import { allItems, openEngine } from '../support/engine.ts';

const ROWS = 10_000;
const CONTENTS = 40;

/** What a row's address brings, by its number: most are images, of which there are few, some fail in every way. */
function fateOf(row: number): 'image' | 'missing' | 'page' | 'flaky' | 'slow down' | 'cut' {
  if (row % 10 !== 3) return 'image';
  return (['missing', 'page', 'flaky', 'slow down', 'cut'] as const)[Math.floor(row / 10) % 5] ?? 'image';
}

test('an engine killed at random while it fetches a list of 10,000 rows loses no row, doubles none, and splices no file', async () => {
  const contents = await Promise.all(Array.from({ length: CONTENTS }, (_, seed) => toSharp(paintPhoto(96, 64, 500 + seed)).jpeg({ quality: 60 }).toBuffer()));
  const contentOf = (row: number): Buffer => contents[row % CONTENTS] ?? Buffer.alloc(0);
  const tried = new Map<number, number>();
  const site = await openSite((request, response) => {
    const row = Number(/(\d+)\.jpg$/.exec(request.url ?? '')?.[1]);
    const tries = (tried.get(row) ?? 0) + 1;
    tried.set(row, tries);
    const fate = fateOf(row);
    if (fate === 'missing') response.writeHead(404).end();
    else if (fate === 'page') send(response, Buffer.from('<!doctype html><p>no picture'));
    else if (fate === 'flaky' && tries % 2 === 1) response.writeHead(503).end();
    else if (fate === 'slow down' && tries % 2 === 1) response.writeHead(429, { 'retry-after': '0' }).end();
    else if (fate === 'cut' && tries % 2 === 1) response.writeHead(200, { 'content-length': '9000' }).write(contentOf(row).subarray(0, 500), () => response.destroy());
    else send(response, contentOf(row));
  }, { host: '0.0.0.0' });
  const folder = await temporaryFolder();
  const workspace = join(folder, 'workspace');
  const list = join(folder, 'list.txt');
  // Three hosts, as the engine sees them, on one server.
  const hosts = ['127.0.0.1', '127.0.0.2', '127.0.0.3'];
  await writeFile(list, Array.from({ length: ROWS }, (_, row) => `http://${hosts[row % 3] ?? ''}:${site.port}/${row}.jpg`).join('\n'));
  const random = createRandom(77);
  for (let round = 0; round < 8; round += 1) {
    const engine = await launchEngine(workspace);
    const { settings } = engine.client;
    if (round === 0) await settings.set({ downloads: { ...(await settings.get()).downloads, mode: 'custom', global: 64, perHost: 16 } });
    const { importIds } = await engine.client.ingest.start({ paths: [list], allowHosts: hosts });
    const goal = Math.floor(random() * 700);
    for (let first = -1; ;) {
      const { batches } = await engine.client.ingest.summary({ importIds });
      const done = batches.reduce((sum, batch) => sum + batch.done + batch.failed + batch.skipped, 0);
      for (const batch of batches) expect(batch.queued + batch.running + batch.done + batch.failed + batch.skipped + batch.cancelled).toBe(batch.total);
      first = first === -1 ? done : first;
      if (done >= first + goal) break;
    }
    await engine.kill();
  }
  const { client, engine, settled } = openEngine(workspace, { random: () => 0 });
  const imports = await client.batches.list({});
  const { batches } = await settled(imports.map(({ id }) => id));
  expect(batches.map(({ name, total }) => [name, total])).toEqual([['list_Part1of2', 5000], ['list_Part2of2', 5000]]);
  const items = await allItems(client);
  expect(items).toHaveLength(ROWS);
  const wrong = items.filter(({ source, state, error }) => {
    const fate = fateOf(Number(/(\d+)\.jpg$/.exec(source)?.[1]));
    return fate === 'missing' ? error?.code !== 'http-404' : fate === 'page' ? error?.code !== 'web-page' : state !== 'done';
  });
  expect(wrong.map(({ source, state, error }) => [source, state, error])).toEqual([]);
  const known = new Set(contents.map((bytes) => createHash('sha256').update(bytes).digest('hex')));
  for (const { source, sha256, state } of items) if (state === 'done') expect([source, sha256]).toEqual([source, createHash('sha256').update(contentOf(Number(/(\d+)\.jpg$/.exec(source)?.[1]))).digest('hex')]);
  const assets = await client.assets.list({ limit: 1000 });
  expect(new Set(assets.map(({ sha256 }) => sha256))).toEqual(known);
  const originals = readdirSync(engine.workspace.originals, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  expect(originals.map(({ parentPath, name }) => createHash('sha256').update(readFileSync(join(parentPath, name))).digest('hex')).toSorted()).toEqual([...known].toSorted());
}, 300_000);
