import { execFileSync } from 'node:child_process';
import { copyFile, mkdir, readdir, readFile, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import sharp from 'sharp';
import { describe, expect, test } from 'vitest';
import { createPictureCache, purgeCache } from '../src/main/engine/renditions/cache.ts';
import { createMediaResponder, mediaOf } from '../src/main/host/media.ts';
import { createTurns } from '../src/main/engine/tasks/turns.ts';
import { HEIC, paint, paintPhoto, toSharp } from './fixtures/images.ts';
import { runCli, temporaryFolder } from './hosts.ts';
import { openEngine, type TestEngine } from './support/engine.ts';

async function ingested(files: Readonly<Record<string, Buffer>>): Promise<TestEngine & { readonly folder: string; readonly idOf: (name: string) => Promise<number> }> {
  const folder = await temporaryFolder();
  await mkdir(join(folder, 'pictures'));
  for (const [name, bytes] of Object.entries(files)) await writeFile(join(folder, 'pictures', name), bytes);
  const engine = openEngine(join(folder, 'workspace'));
  await engine.ingest({ paths: [join(folder, 'pictures')] });
  const idOf = async (name: string): Promise<number> => (await engine.client.assets.list({})).find(({ sources }) => sources.some((source) => source.endsWith(name)))!.id;
  return { ...engine, folder, idOf };
}

const photo = toSharp(paintPhoto(900, 600, 2));
const jpeg = (quality: number): Promise<Buffer> => photo.clone().jpeg({ quality }).toBuffer();

describe('comparing in a catalog', () => {
  test('takes assets and files, and knows which files are assets', async () => {
    const { client, folder, idOf } = await ingested({ 'fine.jpg': await jpeg(95), 'coarse.jpg': await jpeg(30) });
    const [fine, coarse] = [await idOf('fine.jpg'), await idOf('coarse.jpg')];
    const found = await client.compare.pair({ a: { assetId: fine }, b: { path: join(folder, 'pictures', 'coarse.jpg') } });
    expect(found).toMatchObject({
      a: { assetId: fine, path: join(folder, 'pictures', 'fine.jpg'), format: 'jpeg', width: 900, height: 600, isDamaged: false }, b: { assetId: coarse },
      identicalBytes: false, identicalPixels: false, alignment: 'same-size', psnrBand: 'good', hashBand: 'same-fingerprint',
    });
    expect(found.sizeRatio).toBeCloseTo(found.b.bytes / found.a.bytes, 12);
    const copy = join(folder, 'copy.jpg');
    await copyFile(join(folder, 'pictures', 'fine.jpg'), copy);
    expect(await client.compare.pair({ a: { assetId: fine }, b: { path: copy } })).toMatchObject({ identicalBytes: true, identicalPixels: true, psnrDb: null, psnrBand: 'identical', b: { assetId: fine, path: copy } });
    await expect(client.compare.pair({ a: { assetId: 99 }, b: { assetId: fine } })).rejects.toMatchObject({ code: 'not-found', message: 'There is no asset 99.' });
  });

  test('an asset with a file tells of the original and each rendition, and of what is gone by itself', async () => {
    const { client, folder, idOf } = await ingested({ 'fine.jpg': await jpeg(95) });
    const fine = await idOf('fine.jpg');
    const file = join(folder, 'coarse.jpg');
    await writeFile(file, await jpeg(30));
    const whole = await client.compare.withAsset({ assetId: fine, path: file });
    expect(Object.keys(whole.comparisons)).toEqual(['original', 'thumb', 'card', 'zoom']);
    expect(whole.comparisons['original']).toMatchObject({ a: { assetId: fine }, b: { path: file }, alignment: 'same-size' });
    expect(whole.comparisons['card']).toMatchObject({ a: { assetId: null, width: 400, height: 267 }, alignment: 'resized', comparedWidth: 400 });
    await writeFile(join(folder, 'pictures', 'fine.jpg'), await jpeg(50));
    expect((await client.compare.withAsset({ assetId: fine, path: file })).comparisons['original']).toMatchObject({ error: { code: 'stale', message: expect.stringContaining(`asset ${String(fine)}`) } });
    await rm(join(folder, 'pictures', 'fine.jpg'));
    const rest = await client.compare.withAsset({ assetId: fine, path: file });
    expect(rest.comparisons['original']).toMatchObject({ error: { code: 'vanished' } });
    expect(rest.comparisons['zoom']).toEqual(whole.comparisons['zoom']);
    await writeFile(file, 'a letter');
    await expect(client.compare.withAsset({ assetId: fine, path: file })).rejects.toMatchObject({ code: 'not-an-image' });
  });

  test('a heat map is never written over anything but a heat map', async () => {
    const { client, folder, idOf } = await ingested({ 'fine.jpg': await jpeg(95), 'coarse.jpg': await jpeg(30) });
    const pair = { a: { assetId: await idOf('fine.jpg') }, b: { assetId: await idOf('coarse.jpg') } };
    const heatmap = join(folder, 'difference.png');
    await client.compare.pair({ ...pair, heatmap });
    const first = await readFile(heatmap);
    expect(await sharp(first).metadata()).toMatchObject({ format: 'png', width: 900, height: 600 });
    await client.compare.pair({ a: pair.a, b: pair.a, heatmap });
    expect((await readFile(heatmap)).equals(first)).toBe(false);
    const mine = join(folder, 'mine.png');
    const content = await toSharp(paint(9, 9, () => [1, 2, 3])).png().toBuffer();
    await writeFile(mine, content);
    for (const taken of [mine, join(folder, 'pictures', 'fine.jpg'), folder]) await expect(client.compare.pair({ ...pair, heatmap: taken })).rejects.toMatchObject({ code: 'occupied' });
    expect(await readFile(mine)).toEqual(content);
    await expect(client.compare.pair({ ...pair, heatmap: join(folder, 'nowhere', 'map.png') })).rejects.toMatchObject({ code: 'not-found' });
    expect(await readdir(join(folder, 'workspace', 'cache', '.part'))).toEqual([]);
  });

  test('a heat map for the window is made once, by content', async () => {
    const { client, folder, idOf } = await ingested({ 'fine.jpg': await jpeg(95), 'coarse.jpg': await jpeg(30) });
    const pair = { a: await idOf('fine.jpg'), b: await idOf('coarse.jpg') };
    const { path } = await client.compare.heatmap(pair);
    expect(path.startsWith(join(folder, 'workspace', 'cache'))).toBe(true);
    const { mtimeMs, ino } = await stat(path);
    const again = await client.compare.heatmap(pair);
    expect([again.path, (await stat(path)).ino]).toEqual([path, ino]);
    expect((await stat(path)).mtimeMs).toBeGreaterThanOrEqual(mtimeMs);
    expect((await client.compare.heatmap({ ...pair, transform: 'rotate-180' })).path).not.toBe(path);
  });

  test('what the window has of the cache is not sent again because it was used', async () => {
    const { client, folder, idOf } = await ingested({ 'fine.jpg': await jpeg(95), 'coarse.jpg': await jpeg(30), 'deep.tif': await photo.clone().tiff().toBuffer() });
    const respond = createMediaResponder(mediaOf({ workspace: join(folder, 'workspace'), client }));
    for (const path of [`/heatmaps/${await idOf('fine.jpg')}/${await idOf('coarse.jpg')}/identity`, `/full/${await idOf('deep.tif')}`]) {
      const first = await respond(new Request(`http://media${path}`));
      expect(first.status).toBe(200);
      await first.arrayBuffer();
      expect((await respond(new Request(`http://media${path}`, { headers: { 'if-none-match': first.headers.get('etag')! } }))).status).toBe(304);
    }
  });

  test.skipIf(process.platform === 'win32')('a named pipe in a heat map’s place does not hold the comparison', async () => {
    const { client, folder, idOf } = await ingested({ 'fine.jpg': await jpeg(95) });
    const [pipe, fine] = [join(folder, 'pipe.png'), { assetId: await idOf('fine.jpg') }];
    execFileSync('mkfifo', [pipe]);
    await expect(client.compare.pair({ a: fine, b: fine, heatmap: pipe })).rejects.toMatchObject({ code: 'occupied' });
  });

  test('what browsers do not draw, or draw in other colours, has a copy of the full size', async () => {
    const turned = await photo.clone().withMetadata({ orientation: 6 }).png().toBuffer();
    const { client, idOf, folder } = await ingested({
      'plain.jpg': await jpeg(90), 'apple.heic': HEIC, 'deep.tif': await photo.clone().toColourspace('rgb16').tiff({ compression: 'lzw' }).toBuffer(),
      'print.jpg': await photo.clone().toColourspace('cmyk').jpeg().toBuffer(), 'turned.png': turned, 'clear.tif': await toSharp(paint(90, 60, () => [9, 9, 9, 100], 4)).tiff({ compression: 'lzw' }).toBuffer(),
    });
    expect(await client.assets.drawable({ id: await idOf('plain.jpg') })).toEqual({ path: join(folder, 'pictures', 'plain.jpg'), format: 'jpeg', isCopy: false });
    for (const [name, format] of [['apple.heic', 'jpeg'], ['deep.tif', 'jpeg'], ['print.jpg', 'jpeg'], ['turned.png', 'jpeg'], ['clear.tif', 'png']] as const) {
      const id = await idOf(name);
      const asset = await client.assets.get({ id });
      const [drawable, twin] = await Promise.all([client.assets.drawable({ id }), client.assets.drawable({ id })]);
      expect([twin.path, drawable.format]).toEqual([drawable.path, format]);
      const { width, height, space, depth } = await sharp(drawable.path).metadata();
      expect([name, width, height, space, depth]).toEqual([name, asset.width, asset.height, 'srgb', 'uchar']);
    }
    expect((await client.assets.get({ id: await idOf('turned.png') })).width).toBe(600);
  });
});

test('a large picture comes in tiles of each half of its size, made once', async () => {
  // Each pixel tells its place.
  const picture = await toSharp(paint(2600, 1500, (x, y) => [x >> 4, y >> 4, 128])).png().toBuffer();
  const { client, engine, idOf } = await ingested({ 'large.png': picture, 'clear.png': await toSharp(paint(1300, 40, () => [9, 9, 9, 100], 4)).png().toBuffer() });
  const id = await idOf('large.png');
  const [first, twin] = await Promise.all([client.assets.tile({ id, level: 0, column: 2, row: 1 }), client.assets.tile({ id, level: 1, column: 1, row: 0 })]);
  expect([first.format, twin.path]).toEqual(['jpeg', first.path]);
  const read = async ({ path, offset, bytes }: typeof first) => await sharp((await readFile(path)).subarray(offset, offset + bytes)).raw().toBuffer({ resolveWithObject: true });
  const corner = await read(first);
  expect([corner.info.width, corner.info.height]).toEqual([2600 - 2048, 1500 - 1024]);
  for (const [channel, value] of [2048 >> 4, 1024 >> 4, 128].entries()) expect(Math.abs(corner.data[channel]! - value)).toBeLessThan(4);
  const half = await read(twin);
  expect([half.info.width, half.info.height]).toEqual([1300 - 1024, 750]);
  for (const [channel, value] of [2048 >> 4, 0, 128].entries()) expect(Math.abs(half.data[channel]! - value)).toBeLessThan(4);
  for (const place of [{ level: 2, column: 0, row: 0 }, { level: 0, column: 3, row: 0 }, { level: 0, column: 0, row: 2 }, { level: 1, column: 2, row: 0 }]) {
    await expect(client.assets.tile({ id, ...place })).rejects.toMatchObject({ code: 'not-found' });
  }
  expect((await client.assets.tile({ id: await idOf('clear.png'), level: 0, column: 1, row: 0 })).format).toBe('png');
  const { ino } = await stat(first.path);
  expect(await client.assets.tile({ id, level: 0, column: 2, row: 1 })).toEqual(first);
  expect([(await stat(first.path)).ino, await readdir(join(engine.workspace.cache, '.part'))]).toEqual([ino, []]);
});

test('the command line measures, refuses and explains', async () => {
  const folder = await temporaryFolder();
  await mkdir(join(folder, 'pictures'));
  await writeFile(join(folder, 'pictures', 'fine.jpg'), await jpeg(95));
  // Digits only, and yet a file.
  await writeFile(join(folder, '7'), await jpeg(30));
  const run = (...args: string[]) => runCli([...args, '--workspace', join(folder, 'workspace'), '--json'], { cwd: folder });
  await run('ingest', 'pictures');
  const found = JSON.parse((await run('compare', '1', '7', '--heatmap', 'map.png')).stdout) as Record<string, unknown>;
  expect(Object.keys(found)).toEqual(expect.arrayContaining(['a', 'b', 'identical_bytes', 'identical_pixels', 'psnr_db', 'psnr_band', 'ssim', 'pdq_distance', 'phash_distance', 'hash_band', 'size_ratio']));
  expect(found).toMatchObject({ a: { asset_id: 1 }, b: { asset_id: null, path: join(folder, '7') }, psnr_band: 'good' });
  expect((await stat(join(folder, 'map.png'))).size).toBeGreaterThan(100);
  const whole = await run('compare', '--asset', '1', '7');
  expect([whole.status, Object.keys((JSON.parse(whole.stdout) as { comparisons: object }).comparisons)]).toEqual([0, ['original', 'thumb', 'card', 'zoom']]);
  await rm(join(folder, 'pictures', 'fine.jpg'));
  const gone = await run('compare', '--asset', '1', '7');
  expect([gone.status, JSON.parse(gone.stdout)]).toMatchObject([3, { comparisons: { original: { error: { code: 'vanished' } }, thumb: { psnr_band: expect.any(String) } } }]);
  for (const [args, status, code] of [[['compare', '1'], 2, 'bad-input'], [['compare', '1', '7', '--transform', 'sideways'], 2, 'bad-input'], [['compare', '12', '7'], 1, 'not-found'], [['compare', '7', '7', '--heatmap', '7'], 1, 'occupied']] as const) {
    const refused = await run(...args);
    expect([refused.status, JSON.parse(refused.stdout)]).toMatchObject([status, { error: { code } }]);
  }
});

test('a full cache forgets what was used longest ago', async () => {
  const folder = await temporaryFolder();
  const cache = createPictureCache(folder, 250, () => 40_000_000);
  for (const [index, key] of ['aa', 'bb', 'cc'].entries()) {
    const path = cache.pathOf(key.repeat(32), 'full.jpg');
    await mkdir(join(folder, key));
    await writeFile(path, Buffer.alloc(100));
    await utimes(path, 1000 + index, 1000 + index);
  }
  expect(await cache.find('aa'.repeat(32), 'full.jpg')).toBe(cache.pathOf('aa'.repeat(32), 'full.jpg'));
  await cache.trim();
  expect(await Promise.all(['aa', 'bb', 'cc'].map((key) => cache.find(key.repeat(32), 'full.jpg').then((path) => path !== null)))).toEqual([true, false, true]);
  const purge = (cutoff: number, apply: boolean) => purgeCache(folder, { cutoff, apply, onError: (path, error) => { throw new Error(path, { cause: error }); } });
  expect([await purge(39_999_999, true), await purge(40_000_000, false), await purge(40_000_000, true), await purge(40_000_000, true)])
    .toEqual([{ files: 0, bytes: 0 }, { files: 2, bytes: 200 }, { files: 2, bytes: 200 }, { files: 0, bytes: 0 }]);
});

test('who gives up while waiting for a turn costs nothing, and keeps nobody from theirs', async () => {
  const turns = createTurns(1);
  const done: string[] = [];
  const first = Promise.withResolvers<undefined>();
  const gone = new AbortController();
  const running = turns.run(async () => { await first.promise; done.push('first'); }, undefined);
  const waiting = turns.run(async () => { done.push('second'); }, gone.signal);
  const last = turns.run(async () => { done.push('last'); }, undefined);
  gone.abort();
  await expect(waiting).rejects.toMatchObject({ code: 'cancelled' });
  first.resolve(undefined);
  await Promise.all([running, last]);
  expect(done).toEqual(['first', 'last']);
  await turns.run(async () => { done.push('after'); }, undefined);
  expect(done).toEqual(['first', 'last', 'after']);
});
