import { appendFile, chmod, copyFile, mkdir, readdir, readFile, rename, rm, stat, symlink, truncate, utimes, writeFile } from 'node:fs/promises';
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import sharp from 'sharp';
import { describe, expect, test } from 'vitest';
import { POLICY_PROFILES } from '../src/contract/index.ts';
import { ingestTask } from '../src/main/engine/ingest/ingest-task.ts';
import { drawPicture, makePictures, temporaryFolder } from './hosts.ts';
import { allItems, openEngine } from './support/engine.ts';

async function filesBelow(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
}

const sha256 = async (path: string): Promise<string> => createHash('sha256').update(await readFile(path)).digest('hex');

describe('an ingest', () => {
  test('makes one asset of each content, with three renditions fitted inside and never enlarged', async () => {
    const folder = await temporaryFolder();
    const pictures = join(folder, 'pictures');
    await mkdir(pictures);
    const noise = sharp({ create: { width: 1920, height: 1080, channels: 3, background: '#777', noise: { type: 'gaussian', mean: 128, sigma: 40 } } });
    await noise.jpeg().toFile(join(pictures, 'wide.jpg'));
    await sharp({ create: { width: 60, height: 90, channels: 3, background: '#a33' } }).png().toFile(join(pictures, 'small.png'));
    const { client, ingest } = openEngine(join(folder, 'workspace'));
    const summary = await ingest({ paths: [pictures] });
    expect(summary).toMatchObject({ assetsNew: 2, assetsExisting: 0, verdicts: { clean: 2 }, batches: [{ name: 'pictures', total: 2, done: 2, state: 'completed' }] });
    const [small, wide] = (await client.assets.list({})).toSorted((a, b) => a.width - b.width);
    const sizes = (asset: typeof wide) => Object.fromEntries(asset!.renditions.map(({ preset, width, height }) => [preset, [width, height]]));
    expect(sizes(wide)).toEqual({ thumb: [100, 56], card: [400, 225], zoom: [1200, 675] });
    expect(sizes(small)).toEqual({ thumb: [60, 90], card: [60, 90], zoom: [60, 90] });
    expect(wide).toMatchObject({ sha256: await sha256(join(pictures, 'wide.jpg')), format: 'jpeg', sources: [join(pictures, 'wide.jpg')], flags: [] });
    for (const rendition of [...wide!.renditions, ...small!.renditions]) {
      const { width, height, format } = await sharp(rendition.path).metadata();
      expect({ width, height, format }).toEqual({ width: rendition.width, height: rendition.height, format: 'jpeg' });
      expect((await stat(rendition.path)).size).toBe(rendition.bytes);
    }
    const metrics = await client.workspace.metrics();
    expect(metrics.renditionBytes).toBe([...wide!.renditions, ...small!.renditions].reduce((sum, { bytes }) => sum + bytes, 0));
    expect(metrics).toMatchObject({ assetCount: 2, renditionCount: 6, itemsByState: { done: 2, failed: 0 } });
  });

  test('leaves the originals byte for byte and second for second as they were', async () => {
    const folder = await temporaryFolder();
    const pictures = await makePictures(join(folder, 'pictures'), 5);
    const before = await Promise.all((await filesBelow(pictures)).map(async (path) => [path, await sha256(path), (await stat(path)).mtimeMs]));
    await openEngine(join(folder, 'workspace')).ingest({ paths: [pictures] });
    expect(await Promise.all((await filesBelow(pictures)).map(async (path) => [path, await sha256(path), (await stat(path)).mtimeMs]))).toEqual(before);
  });

  test('gives every file exactly one outcome with a reason, whatever it is', async () => {
    const folder = await temporaryFolder();
    const pictures = await makePictures(join(folder, 'pictures'), 3);
    const good = await readFile(join(pictures, '0001.jpg'));
    await mkdir(join(pictures, 'deeper'));
    await Promise.all([
      copyFile(join(pictures, '0001.jpg'), join(pictures, 'deeper', 'copy.jpg')),
      writeFile(join(pictures, 'named-wrong.png'), good),
      writeFile(join(pictures, 'no-ending'), good),
      writeFile(join(pictures, 'cut.jpg'), good.subarray(0, good.length * 0.6)),
      writeFile(join(pictures, 'page.jpg'), `<!doctype html>${' '.repeat(2000)}`),
      writeFile(join(pictures, 'empty.jpg'), ''),
      writeFile(join(pictures, 'notes.txt'), 'not a picture'),
      writeFile(join(pictures, '.hidden.jpg'), good),
      writeFile(join(pictures, `${'n'.repeat(240)}.jpg`), good),
      symlink('.', join(pictures, 'circle')),
      symlink('nowhere.jpg', join(pictures, 'broken-link.jpg')),
    ]);
    await writeFile(Buffer.concat([Buffer.from(`${pictures}/latin-`), Buffer.from([0xe9]), Buffer.from('.jpg')]), good);
    // Shown as the one before is.
    await writeFile(join(pictures, 'latin-\\xe9.jpg'), good);
    execFileSync('mkfifo', [join(pictures, 'pipe.jpg')]);
    const { client, ingest } = openEngine(join(folder, 'workspace'));
    const { batches: [batch], assetsNew, assetsExisting } = await ingest({ paths: [pictures] });
    const items = await allItems(client);
    const outcome = Object.fromEntries(items.map(({ source, state, error }) => [source.slice(pictures.length + 1), error ? `${state} ${error.code}` : state]));
    expect(outcome).toEqual({
      '0001.jpg': 'done', '0002.jpg': 'done', '0003.jpg': 'done', 'deeper/copy.jpg': 'done', 'named-wrong.png': 'done', 'no-ending': 'done',
      [`${'n'.repeat(240)}.jpg`]: 'done', 'latin-\\xe9.jpg': 'done',
      'cut.jpg': 'quarantined truncated', 'page.jpg': 'quarantined not-an-image', 'empty.jpg': 'quarantined not-an-image', 'broken-link.jpg': 'failed not-found',
      'notes.txt': 'skipped not-an-image', '.hidden.jpg': 'skipped filtered', 'circle': 'skipped filtered', 'pipe.jpg': 'skipped filtered',
    });
    expect(batch).toMatchObject({ total: 17, done: 9, failed: 4, quarantined: 3, skipped: 4, unchanged: 0, queued: 0, running: 0, cancelled: 0, state: 'completed-with-errors' });
    expect([assetsNew, assetsExisting]).toEqual([3, 6]);
    expect(new Set(items.filter(({ state }) => state === 'done').map(({ assetId }) => assetId)).size).toBe(3);
  });

  test.skipIf(process.getuid?.() === 0)('says which folder and which file it may not read', async () => {
    const folder = await temporaryFolder();
    const pictures = await makePictures(join(folder, 'pictures'), 2);
    await mkdir(join(pictures, 'locked'));
    await chmod(join(pictures, 'locked'), 0);
    await chmod(join(pictures, '0002.jpg'), 0);
    const { client, ingest } = openEngine(join(folder, 'workspace'));
    await ingest({ paths: [pictures] });
    const failed = await allItems(client, { state: 'failed' });
    expect(failed.map(({ source, error }) => [source, error?.code])).toEqual([[join(pictures, '0002.jpg'), 'no-permission'], [join(pictures, 'locked'), 'no-permission']]);
    await chmod(join(pictures, 'locked'), 0o755);
  });

  test('refuses paths that do not exist before it begins anything', async () => {
    const folder = await temporaryFolder();
    const { client } = openEngine(join(folder, 'workspace'));
    await expect(client.ingest.start({ paths: [join(folder, 'nowhere')] })).rejects.toMatchObject({ code: 'not-found' });
    expect(await client.batches.list({})).toEqual([]);
  });

  test('does not follow links to folders: they may lead back into the catalog', async () => {
    const folder = await temporaryFolder();
    const pictures = await makePictures(join(folder, 'pictures'), 1);
    await symlink('..', join(pictures, 'up'));
    const { client, ingest } = openEngine(join(folder, 'workspace'));
    for (let round = 0; round < 2; round += 1) expect((await ingest({ paths: [pictures] })).batches).toMatchObject([{ total: 2 }]);
    expect((await client.workspace.metrics()).assetCount).toBe(1);
  });

  test('takes no file that changes while it is read', async () => {
    const folder = await temporaryFolder();
    const path = join(await makePictures(join(folder, 'pictures'), 1), '0001.jpg');
    const input = { path, policy: POLICY_PROFILES.standard, salvage: false, force: false, renditions: join(folder, 'renditions'), originals: null, isOwn: false };
    const memory = (bytes: number) => ({ buffer: Buffer.alloc(bytes), [Symbol.dispose]: () => undefined });
    const admitDecode = () => Promise.resolve({ [Symbol.dispose]: () => undefined });
    // The memory is asked for when the file is open and known, and before it is read: who gives it may change it then.
    const whenAsked = (change: () => Promise<void>) => ({ admitDecode, async lendFileBuffer(bytes: number) { await change(); return memory(bytes); } });
    for (const change of [() => utimes(path, 1e9, 1e9), () => appendFile(path, 'x'), () => truncate(path, 100)]) {
      await expect(ingestTask.run(input, whenAsked(change))).rejects.toMatchObject({ code: 'vanished' });
    }
    const [whole] = await filesBelow(await makePictures(join(folder, 'resting'), 1));
    await expect(ingestTask.run({ ...input, path: whole! }, whenAsked(() => Promise.resolve()))).resolves.toMatchObject({ kind: 'accepted' });
  });

  test('never reads the workspace itself', async () => {
    const folder = await temporaryFolder();
    await makePictures(join(folder, 'pictures'), 2);
    const { client, ingest } = openEngine(join(folder, 'workspace'));
    await ingest({ paths: [folder] });
    const { batches: [again] } = await ingest({ paths: [folder] });
    expect(again).toMatchObject({ total: 3, skipped: 3, unchanged: 2 });
    expect((await client.workspace.metrics()).assetCount).toBe(2);
  });

  test('never reads the workspace by another path either', async () => {
    const folder = await temporaryFolder();
    await makePictures(join(folder, 'real', 'pictures'), 2);
    await symlink('real', join(folder, 'link'));
    const { client, ingest } = openEngine(join(folder, 'real', 'workspace'));
    for (let round = 0; round < 2; round += 1) await ingest({ paths: [join(folder, 'link')] });
    expect((await allItems(client, { state: 'skipped' })).map(({ error }) => error?.message)).toContain('this is the catalog itself');
    expect((await client.workspace.metrics()).assetCount).toBe(2);
    await expect(ingest({ paths: [join(folder, 'link', 'workspace')] })).resolves.toMatchObject({ batches: [{ total: 1, skipped: 1 }] });
  });

  test('copies originals into the workspace when asked to', async () => {
    const folder = await temporaryFolder();
    const pictures = await makePictures(join(folder, 'pictures'), 2);
    const { client, engine, ingest } = openEngine(join(folder, 'workspace'));
    await ingest({ paths: [pictures], copy: true });
    const copies = await Promise.all((await filesBelow(engine.workspace.originals)).map(sha256));
    expect(copies.toSorted()).toEqual((await client.assets.list({})).map((asset) => asset.sha256).toSorted());
  });
});

describe('ingesting again', () => {
  test('touches no pixels of an unchanged folder and changes no results', async () => {
    const folder = await temporaryFolder();
    const pictures = await makePictures(join(folder, 'pictures'), 4);
    await writeFile(join(pictures, 'broken.jpg'), 'x'.repeat(2000));
    const { client, engine, ingest } = openEngine(join(folder, 'workspace'));
    await ingest({ paths: [pictures] });
    const before = await client.assets.list({});
    const written = await Promise.all((await filesBelow(engine.workspace.renditions)).map(async (path) => [path, (await stat(path)).mtimeMs]));
    const summary = await ingest({ paths: [pictures] });
    expect(summary).toMatchObject({ assetsNew: 0, assetsExisting: 4, batches: [{ total: 5, skipped: 4, failed: 1, done: 0 }] });
    expect(await client.assets.list({})).toEqual(before);
    expect(await Promise.all((await filesBelow(engine.workspace.renditions)).map(async (path) => [path, (await stat(path)).mtimeMs]))).toEqual(written);
    const items = await allItems(client);
    expect(items).toHaveLength(5);
    expect(items.every(({ attempts }) => attempts === 0)).toBe(true);
  });

  test('reads a file whose content changed, and knows a moved one by its content', async () => {
    const folder = await temporaryFolder();
    const pictures = await makePictures(join(folder, 'pictures'), 3);
    const { client, ingest } = openEngine(join(folder, 'workspace'));
    await ingest({ paths: [pictures] });
    await sharp({ create: { width: 200, height: 100, channels: 3, background: '#123' } }).jpeg().toFile(join(pictures, '0001.jpg'));
    await rename(join(pictures, '0002.jpg'), join(pictures, 'renamed.jpg'));
    const summary = await ingest({ paths: [pictures] });
    expect(summary).toMatchObject({ assetsNew: 1, assetsExisting: 2, batches: [{ total: 3, done: 2, skipped: 1 }] });
    const moved = (await client.assets.list({ filter: 'name:renamed' }))[0];
    expect(moved?.sources).toEqual([join(pictures, 'renamed.jpg')]);
    const { cells } = await client.assets.openView({ filter: '', sort: { key: 'name', direction: 'ascending' }, first: 10 });
    expect(cells.map(({ name }) => name)).toEqual(['0001.jpg', '0001.jpg', '0003.jpg', 'renamed.jpg']);
  });

  test('leaves what was taken in by name where a parent would leave it out', async () => {
    const folder = await temporaryFolder();
    const pictures = await makePictures(join(folder, 'pictures'), 1);
    const hidden = await makePictures(join(pictures, '.private'), 3);
    const linked = await makePictures(join(folder, 'elsewhere'), 4);
    await symlink(linked, join(pictures, 'link'));
    const { client, ingest } = openEngine(join(folder, 'workspace'));
    await ingest({ paths: [hidden, join(pictures, 'link')] });
    await ingest({ paths: [pictures] });
    expect((await client.assets.list({})).map(({ sources }) => sources.length).toSorted()).toEqual([1, 2, 2, 3]);
  });

  test('leaves what a list names missing when it is', async () => {
    const folder = await temporaryFolder();
    const pictures = await makePictures(join(folder, 'pictures'), 2);
    const { client, ingest } = openEngine(join(folder, 'workspace'));
    await ingest({ paths: [pictures] });
    await rm(join(pictures, '0001.jpg'));
    await ingest({ paths: [pictures] });
    await writeFile(join(folder, 'list.txt'), join(pictures, '0001.jpg'));
    await ingest({ paths: [join(folder, 'list.txt')] });
    expect((await client.assets.list({})).map(({ sources }) => sources.length).toSorted()).toEqual([0, 1]);
  });

  test('reads a file again that was only touched, and finds it the same', async () => {
    const folder = await temporaryFolder();
    const pictures = await makePictures(join(folder, 'pictures'), 1);
    const { ingest } = openEngine(join(folder, 'workspace'));
    await ingest({ paths: [pictures] });
    await utimes(join(pictures, '0001.jpg'), 1_000_000_000, 1_000_000_000);
    expect(await ingest({ paths: [pictures] })).toMatchObject({ assetsNew: 0, assetsExisting: 1, batches: [{ done: 1, skipped: 0 }] });
  });

  test('makes anew what an older pipeline made', async () => {
    const folder = await temporaryFolder();
    const pictures = await makePictures(join(folder, 'pictures'), 2);
    const first = openEngine(join(folder, 'workspace'));
    await first.ingest({ paths: [pictures] });
    const before = await first.client.assets.list({});
    const path = first.engine.workspace.catalog;
    await first.close();
    const catalog = new Database(path);
    catalog.exec(`UPDATE asset SET pipeline = 0, score = 0; UPDATE rendition SET pipeline = 0; UPDATE source SET seen_key = '0'`);
    catalog.close();
    const { client, ingest } = openEngine(join(folder, 'workspace'));
    expect(await ingest({ paths: [pictures] })).toMatchObject({ assetsNew: 0, assetsExisting: 2, batches: [{ done: 2, skipped: 0 }] });
    expect(await client.assets.list({})).toEqual(before);
    expect(await ingest({ paths: [pictures] })).toMatchObject({ batches: [{ done: 0, skipped: 2 }] });
  });

  test('judges refused files anew when the policy has changed', async () => {
    const folder = await temporaryFolder();
    const pictures = join(folder, 'pictures');
    await mkdir(pictures);
    await sharp({ create: { width: 40, height: 40, channels: 3, background: '#a33', noise: { type: 'gaussian', mean: 128, sigma: 60 } } }).png().toFile(join(pictures, 'icon.png'));
    const { client, ingest } = openEngine(join(folder, 'workspace'));
    await client.settings.set({ policy: POLICY_PROFILES.strict });
    expect(await ingest({ paths: [pictures] })).toMatchObject({ verdicts: { rejected: 1 }, batches: [{ quarantined: 1 }] });
    expect((await allItems(client))[0]?.error).toMatchObject({ code: 'too-small', message: expect.stringContaining('40×40') as string });
    await client.settings.set({ policy: POLICY_PROFILES.standard });
    expect(await ingest({ paths: [pictures] })).toMatchObject({ assetsNew: 1, verdicts: { clean: 1 } });
    expect((await client.assets.list({}))[0]?.flags).toContain('small');
  });
});

test.each([['a.jpg', 'b.png'], ['b.jpg', 'a.png']])('an image is flagged while one of its files has a wrong extension, whichever came first (%s, %s)', async (wrong, right) => {
  const folder = await temporaryFolder();
  const pictures = join(folder, 'pictures');
  await mkdir(pictures);
  await sharp({ create: { width: 90, height: 80, channels: 3, background: '#a33', noise: { type: 'gaussian', mean: 128, sigma: 60 } } }).png().toFile(join(pictures, right));
  await copyFile(join(pictures, right), join(pictures, wrong));
  const { client, ingest } = openEngine(join(folder, 'workspace'));
  const flagged = async (): Promise<unknown> => {
    const [listed, cells, facets] = [await client.assets.list({ filter: 'flag:wrong-extension' }), await client.assets.openView({ filter: '-flag:wrong-extension', sort: { key: 'added', direction: 'ascending' } }), await client.assets.facets()];
    const flags = facets.groups.find(({ key }) => key === 'flag')?.values.map(({ label, count }) => [label, count]);
    return { listed: listed.map((asset) => asset.flags), others: cells.cells.map((cell) => cell.flags), flags };
  };
  await ingest({ paths: [pictures] });
  expect(await flagged()).toEqual({ listed: [['wrong-extension']], others: [], flags: [['wrong-extension', 1]] });
  await rm(join(pictures, wrong));
  await ingest({ paths: [pictures] });
  expect(await flagged()).toEqual({ listed: [], others: [[]], flags: [] });
});

test('sources stay listed when the newest batch they were in is deleted', async () => {
  const folder = await temporaryFolder();
  const pictures = await makePictures(join(folder, 'pictures'), 3);
  const { client, ingest } = openEngine(join(folder, 'workspace'));
  await ingest({ paths: [pictures] });
  const { batches: [second] } = await ingest({ paths: [pictures] });
  await client.batches.delete({ id: second!.parentId! });
  expect((await allItems(client)).map(({ state }) => state)).toEqual(['done', 'done', 'done']);
});

describe('quarantine', () => {
  test('keeps what is damaged out until someone says “salvage anyway”', async () => {
    const folder = await temporaryFolder();
    const pictures = join(folder, 'pictures');
    await mkdir(pictures);
    const whole = await sharp({ create: { width: 600, height: 400, channels: 3, background: '#777', noise: { type: 'gaussian', mean: 128, sigma: 40 } } }).jpeg().toBuffer();
    await writeFile(join(pictures, 'cut.jpg'), whole.subarray(0, whole.length / 2));
    const { client, ingest, settled } = openEngine(join(folder, 'workspace'));
    const { batches: [batch] } = await ingest({ paths: [pictures] });
    const [item] = await allItems(client, { state: 'quarantined' });
    expect(item).toMatchObject({ verdict: 'salvageable', assetId: null, width: 600, height: 400, error: { code: 'truncated' } });
    expect((await client.workspace.metrics()).assetCount).toBe(0);
    expect(await client.ingest.salvage({ itemIds: [item!.id, 4711] })).toMatchObject({ queued: 1, refused: [{ itemId: 4711, code: 'bad-input' }] });
    await settled([batch!.parentId!]);
    expect(await allItems(client)).toMatchObject([{ state: 'done', verdict: 'salvageable', error: null }]);
    expect((await client.assets.list({}))[0]).toMatchObject({ width: 600, height: 400, flags: expect.arrayContaining(['salvaged']) as string[] });
  });
});

describe('equal pixels', () => {
  test('are found in other containers, also when large JPEGs were not decoded in full', async () => {
    const folder = await temporaryFolder();
    const pictures = join(folder, 'pictures');
    await mkdir(pictures);
    const shapes = sharp(drawPicture(5, 3000, 2400), { raw: { width: 3000, height: 2400, channels: 3 } });
    const jpeg = await shapes.clone().jpeg({ quality: 92 }).toBuffer();
    await writeFile(join(pictures, 'large.jpg'), jpeg);
    await sharp(jpeg).png({ compressionLevel: 1 }).toFile(join(pictures, 'large.png'));
    await shapes.clone().negate().jpeg().toFile(join(pictures, 'other.jpg'));
    const { client, ingest } = openEngine(join(folder, 'workspace'));
    await ingest({ paths: [pictures] });
    await client.similarity.catchUp();
    const hashOf = async (name: string): Promise<string | null | undefined> => (await client.assets.list({ filter: `name:${name}` }))[0]?.pixelSha256;
    expect(await hashOf('large.jpg')).toMatch(/^[0-9a-f]{64}$/);
    expect(await hashOf('large.jpg')).toBe(await hashOf('large.png'));
    expect(await hashOf('other.jpg')).not.toBe(await hashOf('large.jpg'));
  });
});

describe('a scan that was cut short', () => {
  /** A folder whose scan takes several messages, so that there is a middle to stop it in. */
  async function manyFiles(folder: string, count: number): Promise<string> {
    const path = join(folder, 'many');
    for (let index = 0; index < count; index += 1) {
      if (index % 500 === 0) await mkdir(join(path, String(index / 500).padStart(3, '0')), { recursive: true });
      await writeFile(join(path, String(Math.floor(index / 500)).padStart(3, '0'), `${index}.txt`), '');
    }
    return path;
  }

  test.each([['cancel', 'retry'], ['delete', 'restore']] as const)('by “%s” is read to its end after “%s”', async (stop, goOn) => {
    const folder = await temporaryFolder();
    const many = await manyFiles(folder, 6000);
    const first = openEngine(join(folder, 'workspace'));
    const { importIds: [id] } = await first.client.ingest.start({ paths: [many] });
    await first.client.batches[stop]({ id: id! });
    await first.close();
    const { client, settled } = openEngine(join(folder, 'workspace'));
    expect((await client.batches.show({ id: id! })).total).toBeLessThan(6000);
    await client.batches[goOn]({ id: id! });
    expect((await settled([id!])).batches).toMatchObject([{ total: 6000, skipped: 6000, cancelled: 0, state: 'completed', scanning: false }]);
  });

  test('leaves nothing queued in a part that was cancelled while it was being read', async () => {
    const folder = await temporaryFolder();
    const path = join(folder, 'list.txt');
    await writeFile(path, Array.from({ length: 20_000 }, (_, index) => `gone-${index}.jpg`).join('\n'));
    const { client, settled } = openEngine(join(folder, 'workspace'));
    const { importIds: [id] } = await client.ingest.start({ paths: [path], maxBatchSize: 15_000 });
    const [first] = (await client.batches.show({ id: id! })).parts;
    await client.batches.cancel({ id: first!.id });
    const { batches: [one, two] } = await settled([id!]);
    expect(one).toMatchObject({ total: 15_000, queued: 0, running: 0, state: 'cancelled' });
    expect(two).toMatchObject({ total: 5000, failed: 5000, cancelled: 0 });
  });

  test('and joined takes in what was added meanwhile', async () => {
    const folder = await temporaryFolder();
    const pictures = await makePictures(join(folder, 'pictures'), 2);
    const { client, ingest } = openEngine(join(folder, 'workspace'));
    const { importIds: [id] } = await client.ingest.start({ paths: [pictures] });
    const changes = await client.workspace.changes();
    await client.batches.pause({ id: id! });
    while ((await client.batches.show({ id: id! })).scanning) await changes.next();
    await changes.return();
    await makePictures(join(pictures, 'more'), 3);
    expect(await ingest({ paths: [pictures] })).toMatchObject({ batches: [{ parentId: id, total: 5, done: 5 }] });
  });
});
