import { mkdir, rm, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import Database from 'better-sqlite3';
import sharp, { type Sharp } from 'sharp';
import { beforeAll, describe, expect, test } from 'vitest';
import { LEVELS, type DuplicateGroup, type Level } from '../src/contract/index.ts';
import { createRandom, makeTiff, paint, paintPhoto, TIFF_TYPE, toSharp, withSegment } from './fixtures/images.ts';
import { temporaryFolder } from './hosts.ts';
import { openEngine, type TestClient } from './support/engine.ts';

/** Name and bytes of every picture. */
type Album = ReadonlyMap<string, Buffer>;

/** Strokes of one ink. */
const LOGO = Buffer.from('<svg width="80" height="40"><path d="M4 36 L4 4 L24 36 L24 4 M36 4 L36 36 M48 36 L48 4 L68 4 M48 20 L64 20" fill="none" stroke="white" stroke-width="4"/></svg>');

const VERSIONS: Readonly<Record<string, (base: Sharp) => Sharp>> = {
  'again': (base) => base.jpeg({ quality: 60 }),
  'half': (base) => base.resize(240).jpeg({ quality: 80 }),
  'png': (base) => base.png(),
  'turned': (base) => base.rotate(90).jpeg({ quality: 85 }),
  'mirrored': (base) => base.flop().jpeg({ quality: 85 }),
  'marked': (base) => base.composite([{ input: LOGO, left: 12, top: 12 }]).jpeg({ quality: 90 }),
};

async function makeAlbum(families: number): Promise<Album> {
  const album = new Map<string, Buffer>();
  for (let family = 1; family <= families; family += 1) {
    const original = await toSharp(paintPhoto(480, 360, family * 31)).jpeg({ quality: 92 }).toBuffer();
    album.set(`${family} original.jpg`, original);
    for (const [name, edit] of Object.entries(VERSIONS)) album.set(`${family} ${name}.jpg`, await edit(sharp(original)).toBuffer());
  }
  for (let alone = 1; alone <= 6; alone += 1) album.set(`alone ${alone}.jpg`, await toSharp(paintPhoto(320, 240, 1000 + alone)).jpeg().toBuffer());
  return album;
}

async function writeAlbum(folder: string, album: Album): Promise<string> {
  await mkdir(folder, { recursive: true });
  for (const [name, bytes] of album) await writeFile(join(folder, name), bytes);
  return folder;
}

/** Everything the groups of all levels say, without the numbers that depend on who came first. */
async function groupsOf(client: TestClient): Promise<Record<Level, unknown>> {
  const levels = await Promise.all(LEVELS.map(async (level) => {
    const { groups } = await client.similarity.groups({ level, start: 0, count: 1000 });
    return [level, groups.map(({ id, members }) => ({ id, members: members.map(({ assetId: _asset, sourceId: _source, path, ...rest }) => ({ name: basename(path), ...rest })) }))];
  }));
  return Object.fromEntries(levels) as Record<Level, unknown>;
}

const namesOf = (groups: readonly Pick<DuplicateGroup, 'members'>[]): string[][] => groups.map(({ members }) => members.map(({ path }) => basename(path)).toSorted()).toSorted();

function shuffled<Item>(items: readonly Item[], random: () => number): Item[] {
  return items.map((item) => ({ item, key: random() })).sort((a, b) => a.key - b.key).map(({ item }) => item);
}

describe('an album of families', () => {
  let album: Album;
  beforeAll(async () => { album = await makeAlbum(4); });

  test('comes into the same groups whatever the order, all at once and one by one', async () => {
    const folder = await temporaryFolder();
    const pictures = await writeAlbum(join(folder, 'pictures'), album);
    const atOnce = openEngine(join(folder, 'at once'));
    await atOnce.ingest({ paths: [pictures] });
    expect(await atOnce.client.similarity.catchUp()).toEqual({ compared: album.size, pending: 0, failed: 0 });
    const expected = await groupsOf(atOnce.client);
    const { groups: similar } = await atOnce.client.similarity.groups({ level: 'similar' });
    expect(namesOf(similar)).toEqual([1, 2, 3, 4].map((family) => [...album.keys()].filter((name) => name.startsWith(`${family} `)).toSorted()));
    // Who bears the mark is told from whichever side the two were compared: contents decide that, ids who is stored first.
    const members = similar.flatMap((group) => group.members);
    expect(members.filter(({ isDerived }) => isDerived).map(({ path }) => basename(path)).toSorted()).toEqual([1, 2, 3, 4].map((family) => `${family} marked.jpg`));
    expect(members.filter(({ isReference }) => isReference).map(({ path }) => basename(path))).not.toContainEqual(expect.stringContaining('marked'));
    const { groups: exact } = await atOnce.client.similarity.groups({ level: 'exact' });
    expect(namesOf(exact)).toEqual([1, 2, 3, 4].map((family) => [`${family} original.jpg`, `${family} png.jpg`]));
    await atOnce.close();

    const random = createRandom(99);
    for (const [order, portion] of [1, 5, 9].entries()) {
      const { client, ingest, close } = openEngine(join(folder, `order ${order}`));
      const names = shuffled([...album.keys()], random);
      for (let from = 0; from < names.length; from += portion) {
        await ingest({ paths: names.slice(from, from + portion).map((name) => join(pictures, name)) });
        if (order !== 1) await client.similarity.catchUp();
      }
      await client.similarity.catchUp();
      expect(await groupsOf(client)).toEqual(expected);
      await close();
    }
  }, 120_000);

  test('keeps the names of its groups while images come and go', async () => {
    const folder = await temporaryFolder();
    const family = new Map([...album].filter(([name]) => name.startsWith('1 ')));
    const pictures = await writeAlbum(join(folder, 'pictures'), family);
    const names = [...family.keys()];
    const { client, ingest } = openEngine(join(folder, 'workspace'));
    const idNow = async (): Promise<string | undefined> => {
      await client.similarity.catchUp();
      return (await client.similarity.groups({ level: 'similar' })).groups[0]?.id;
    };
    await ingest({ paths: names.slice(0, 3).map((name) => join(pictures, name)) });
    const id = await idNow();
    expect(id).toMatch(/^[0-9a-f]{16}$/);
    await ingest({ paths: [pictures] });
    expect(await idNow()).toBe(id);
    for (const name of names.slice(0, 4)) {
      await rm(join(pictures, name));
      await ingest({ paths: [pictures] });
      expect(await idNow()).toBe(id);
    }
  });
});

describe('a crop from a corner', () => {
  test('finds the picture it was cut from, whichever came first', async () => {
    const folder = await temporaryFolder();
    const whole = await toSharp(paintPhoto(800, 600, 77)).jpeg({ quality: 92 }).toBuffer();
    const corner = await sharp(whole).extract({ left: 0, top: 0, width: 560, height: 440 }).jpeg({ quality: 85 }).toBuffer();
    await writeAlbum(folder, new Map([['whole.jpg', whole], ['corner.jpg', corner]]));
    for (const order of [['whole.jpg', 'corner.jpg'], ['corner.jpg', 'whole.jpg']]) {
      const { client, ingest, close } = openEngine(join(folder, order.join(' then ')));
      for (const name of order) {
        await ingest({ paths: [join(folder, name)] });
        await client.similarity.catchUp();
      }
      const { groups } = await client.similarity.groups({ level: 'similar' });
      expect(groups.map(({ members }) => members.map(({ path, relation, isReference }) => [basename(path), isReference ? 'reference' : relation]))).toEqual([[['whole.jpg', 'reference'], ['corner.jpg', 'cropped']]]);
      const [a, b] = groups[0]!.members.map(({ assetId }) => assetId) as [number, number];
      for (const pair of [{ a, b }, { a: b, b: a }]) expect(await client.similarity.pair(pair)).toMatchObject({ derived: b, evidence: { relation: 'cropped' } });
      await close();
    }
  });
});

describe('two images that only a third one is near to', () => {
  test('are compared by way of it, so that all three are one group', async () => {
    const folder = await temporaryFolder();
    const base = await toSharp(paintPhoto(480, 360, 61)).jpeg({ quality: 92 }).toBuffer();
    await writeAlbum(join(folder, 'pictures'), new Map([['one.jpg', base], ['two.jpg', await sharp(base).jpeg({ quality: 80 }).toBuffer()], ['three.jpg', await sharp(base).jpeg({ quality: 70 }).toBuffer()]]));
    const first = openEngine(join(folder, 'workspace'));
    await first.ingest({ paths: [join(folder, 'pictures')] });
    await first.close();
    // Their codes are moved apart: 24 bits from the first to each of the others, which are 48 from each other.
    const db = new Database(join(folder, 'workspace', 'catalog.sqlite'));
    const ids = db.prepare('SELECT asset_id FROM fingerprint ORDER BY asset_id').pluck().all() as number[];
    const pdq = db.prepare<[number], Buffer>('SELECT pdq FROM fingerprint WHERE asset_id = ?').pluck().get(ids[0]!)!;
    for (const [at, id] of ids.entries()) {
      const moved = Buffer.from(pdq);
      for (let turn = 0; turn < 8; turn += 1) for (let byte = 0; byte < 3 && at > 0; byte += 1) moved[turn * 32 + at * 3 + byte]! ^= 0xff;
      db.prepare(`UPDATE fingerprint SET pdq = ?, features = x'', variants = x'', paired = 0 WHERE asset_id = ?`).run(moved, id);
    }
    db.exec('DELETE FROM pair');
    db.close();
    const { client } = openEngine(join(folder, 'workspace'), { work: false });
    await client.similarity.catchUp();
    expect(namesOf((await client.similarity.groups({ level: 'strict' })).groups)).toEqual([['one.jpg', 'three.jpg', 'two.jpg']]);
  });
});

describe('what the user has parted', () => {
  test('stays apart when its files are deleted and come back, until it is taken back', async () => {
    const folder = await temporaryFolder();
    const pictures = join(folder, 'pictures');
    const base = await toSharp(paintPhoto(480, 360, 5)).jpeg({ quality: 92 }).toBuffer();
    const album = new Map([['one.jpg', base], ['two.jpg', await sharp(base).jpeg({ quality: 50 }).toBuffer()], ['three.jpg', await sharp(base).resize(240).jpeg().toBuffer()]]);
    await writeAlbum(pictures, album);
    const { client, ingest } = openEngine(join(folder, 'workspace'));
    await ingest({ paths: [pictures] });
    await client.similarity.catchUp();
    const groups = async (): Promise<string[][]> => namesOf((await client.similarity.groups({ level: 'similar' })).groups);
    expect(await groups()).toEqual([['one.jpg', 'three.jpg', 'two.jpg']]);
    const idOf = async (name: string): Promise<number> => (await client.assets.list({ filter: `name:${name}` }))[0]!.id;
    const pairs = [{ a: await idOf('one.jpg'), b: await idOf('two.jpg') }];
    expect(await client.similarity.setNotDuplicate({ pairs, value: true })).toEqual({ changed: 1, pairs });
    expect(await client.similarity.setNotDuplicate({ pairs, value: true })).toEqual({ changed: 0, pairs: [] });
    const [parted] = await groups();
    expect(parted).toHaveLength(2);
    expect(parted).toContain('three.jpg');
    expect(await client.similarity.pair(pairs[0]!)).toMatchObject({ isNotDuplicate: true, evidence: { relation: 'near' } });

    await rm(pictures, { recursive: true });
    await mkdir(pictures);
    await writeAlbum(join(folder, 'elsewhere'), album);
    await ingest({ paths: [join(folder, 'elsewhere')] });
    await client.similarity.catchUp();
    for (const group of await groups()) expect(group).not.toEqual(expect.arrayContaining(['one.jpg', 'two.jpg']));

    expect(await client.similarity.setNotDuplicate({ pairs: [{ a: pairs[0]!.b, b: pairs[0]!.a }], value: false })).toMatchObject({ changed: 1 });
    expect(await groups()).toEqual([expect.arrayContaining(['one.jpg', 'three.jpg', 'two.jpg'])]);
  });
});

describe('pictures that say nothing', () => {
  test('find their equals, and nothing else', async () => {
    const folder = await temporaryFolder();
    const pictures = join(folder, 'pictures');
    await mkdir(pictures);
    // Blank pages of all kinds, large ones too, whose pixels an ingest does not look at in full; and icons.
    const blanks: string[] = [];
    for (let shade = 0; shade < 24; shade += 1) {
      const page = paint(200, 280, () => [232 + shade, 232 + shade, 230 + shade]);
      blanks.push(`blank ${shade}.png`);
      await toSharp(page).png().toFile(join(pictures, `blank ${shade}.png`));
    }
    const large = await sharp({ create: { width: 2600, height: 2500, channels: 3, background: '#f4f4f0' } }).jpeg({ quality: 90 }).toBuffer();
    await writeFile(join(pictures, 'large.jpg'), large);
    await sharp(large).png().toFile(join(pictures, 'large.png'));
    await sharp({ create: { width: 2600, height: 2500, channels: 3, background: '#e0e0ff' } }).jpeg({ quality: 90 }).toFile(join(pictures, 'large other.jpg'));
    const icon = await toSharp(paint(4, 4, (x, y) => [x * 60, y * 60, 100])).png().toBuffer();
    await writeFile(join(pictures, 'icon.png'), icon);
    await sharp(icon).webp({ lossless: true }).toFile(join(pictures, 'icon.webp'));
    await sharp(join(pictures, 'blank 3.png')).webp({ lossless: true }).toFile(join(pictures, 'blank 3.webp'));
    const { client, ingest } = openEngine(join(folder, 'workspace'));
    await ingest({ paths: [pictures] });
    await client.similarity.catchUp();
    const { groups } = await client.similarity.groups({ level: 'loose' });
    expect(namesOf(groups)).toEqual([['blank 3.png', 'blank 3.webp'], ['icon.png', 'icon.webp'], ['large.jpg', 'large.png']]);
    expect(groups.flatMap(({ members }) => members).filter(({ isReference }) => !isReference).every(({ relation }) => relation === 'identical-pixels')).toBe(true);
  });

  test('many copies with other metadata are compared once, and are one group', async () => {
    const folder = await temporaryFolder();
    const pictures = join(folder, 'pictures');
    await mkdir(pictures);
    // Large, so that their pixels are hashed on demand only.
    const large = await toSharp(paintPhoto(1200, 1000, 8)).resize(3000, 2500).jpeg({ quality: 80 }).toBuffer();
    for (let copy = 0; copy < 30; copy += 1) await writeFile(join(pictures, `copy ${copy}.jpg`), withSegment(large, 0xfe, Buffer.from(`comment ${copy}`)));
    await sharp(large).resize(900).jpeg().toFile(join(pictures, 'small.jpg'));
    const { client, ingest, engine, close } = openEngine(join(folder, 'workspace'));
    await ingest({ paths: [pictures] });
    await client.similarity.catchUp();
    expect(namesOf((await client.similarity.groups({ level: 'exact' })).groups)[0]).toHaveLength(30);
    expect(namesOf((await client.similarity.groups({ level: 'strict' })).groups)[0]).toHaveLength(31);
    await close();
    const db = new Database(engine.workspace.catalog, { readonly: true });
    // Not 465: equal pixels are known to be equal.
    expect(db.prepare('SELECT count(*) FROM pair').pluck().get()).toBeLessThanOrEqual(31);
    db.close();
  });
});

describe('pictures that belong together', () => {
  /** A photograph as a camera writes it. */
  function shot(jpeg: Buffer, time: string): Buffer {
    const text = (tag: number, value: string) => ({ tag, type: TIFF_TYPE.ascii, values: Buffer.from(`${value}\0`) });
    const main = [text(0x10f, 'Maker'), text(0x110, 'Model 1'), { tag: 0x8769, type: TIFF_TYPE.long, values: [0] }];
    const measured = makeTiff([main]);
    const withOffset = makeTiff([[main[0]!, main[1]!, { tag: 0x8769, type: TIFF_TYPE.long, values: [measured.length] }]]);
    const photo = Buffer.alloc(2 + 12 + 4);
    photo.writeUInt16LE(1, 0);
    photo.writeUInt16LE(0x9003, 2);
    photo.writeUInt16LE(TIFF_TYPE.ascii, 4);
    photo.writeUInt32LE(20, 6);
    photo.writeUInt32LE(measured.length + photo.length, 10);
    return withSegment(jpeg, 0xe1, Buffer.concat([Buffer.from('Exif\0\0'), withOffset, photo, Buffer.from(`${time}\0`)]));
  }

  test('two exposures of one camera are a burst and no duplicates, however alike; copies of one exposure are', async () => {
    const folder = await temporaryFolder();
    const pictures = join(folder, 'pictures');
    await mkdir(pictures);
    const first = await toSharp(paintPhoto(480, 360, 21)).jpeg({ quality: 95 }).toBuffer();
    const second = await sharp(first).jpeg({ quality: 90 }).toBuffer();
    await writeFile(join(pictures, 'first.jpg'), shot(first, '2024:05:01 12:30:00'));
    await writeFile(join(pictures, 'first saved again.jpg'), shot(await sharp(first).jpeg({ quality: 70 }).toBuffer(), '2024:05:01 12:30:00'));
    await writeFile(join(pictures, 'second.jpg'), shot(second, '2024:05:01 12:30:02'));
    const { client, ingest } = openEngine(join(folder, 'workspace'));
    await ingest({ paths: [pictures] });
    await client.similarity.catchUp();
    expect(namesOf((await client.similarity.groups({ level: 'loose' })).groups)).toEqual([['first saved again.jpg', 'first.jpg']]);
    const [asset] = await client.assets.list({ filter: 'name:second.jpg' });
    expect(await client.similarity.related({ assetId: asset!.id })).toMatchObject([{ kinship: 'burst' }, { kinship: 'burst' }]);
  });
});

describe('what cannot be compared', () => {
  test('is told with its number, holds nothing up, and is compared when it has been taken in again', async () => {
    const folder = await temporaryFolder();
    const pictures = join(folder, 'pictures');
    const base = await toSharp(paintPhoto(480, 360, 6)).jpeg({ quality: 92 }).toBuffer();
    await writeAlbum(pictures, new Map([['one.jpg', base], ['two.jpg', await sharp(base).jpeg({ quality: 60 }).toBuffer()], ['three.jpg', await sharp(base).resize(200).jpeg().toBuffer()]]));
    const { client, ingest, close } = openEngine(join(folder, 'workspace'));
    await ingest({ paths: [pictures] });
    const [broken] = await client.assets.list({ filter: 'name:two.jpg' });
    await close();
    for (const { path } of broken!.renditions) await rm(path);
    // Whatever was compared before the renditions went, this begins anew.
    const db = new Database(join(folder, 'workspace', 'catalog.sqlite'));
    db.exec(`DELETE FROM pair; UPDATE fingerprint SET paired = 0; DELETE FROM rendition WHERE asset_id = ${broken!.id}`);
    db.close();
    const resting = openEngine(join(folder, 'workspace'), { work: false });
    expect(await resting.client.similarity.catchUp()).toEqual({ compared: 2, pending: 0, failed: 1 });
    expect(namesOf((await resting.client.similarity.groups({ level: 'similar' })).groups)).toEqual([['one.jpg', 'three.jpg']]);
    await resting.client.workspace.work({ enabled: true });
    await resting.ingest({ paths: [pictures] });
    expect(await resting.client.similarity.catchUp()).toEqual({ compared: 3, pending: 0, failed: 0 });
    expect(namesOf((await resting.client.similarity.groups({ level: 'similar' })).groups)).toEqual([['one.jpg', 'three.jpg', 'two.jpg']]);
  });
});

describe('a search', () => {
  test('finds an image of the catalog and a file outside it, best first, without taking it in', async () => {
    const folder = await temporaryFolder();
    const pictures = join(folder, 'pictures');
    const base = await toSharp(paintPhoto(480, 360, 12)).jpeg({ quality: 92 }).toBuffer();
    await writeAlbum(pictures, new Map([['one.jpg', base], ['small.jpg', await sharp(base).resize(200).jpeg().toBuffer()], ['other.jpg', await toSharp(paintPhoto(480, 360, 13)).jpeg().toBuffer()]]));
    const outside = join(folder, 'outside.tiff');
    await sharp(base).flop().tiff().toFile(outside);
    const { client, ingest } = openEngine(join(folder, 'workspace'));
    await ingest({ paths: [pictures] });
    const [one] = await client.assets.list({ filter: 'name:one.jpg' });
    expect((await client.similarity.find({ of: { assetId: one!.id } })).map(({ path, relation }) => [basename(path), relation])).toEqual([['small.jpg', 'near']]);
    const found = await client.similarity.find({ of: { path: outside } });
    expect(found.map(({ path, relation, transform }) => [basename(path), relation, transform])).toEqual([['one.jpg', 'mirrored', 'flip-horizontal'], ['small.jpg', 'mirrored', 'flip-horizontal']]);
    expect(await client.similarity.find({ of: { path: join(pictures, 'one.jpg') }, limit: 1 })).toMatchObject([{ relation: 'identical-bytes', similarity: 1 }]);
    expect(await client.assets.list({})).toHaveLength(3);
    await expect(client.similarity.find({ of: { path: join(folder, 'gone.jpg') } })).rejects.toMatchObject({ code: 'not-found' });
    await writeFile(join(folder, 'text.jpg'), 'no picture');
    await expect(client.similarity.find({ of: { path: join(folder, 'text.jpg') } })).rejects.toMatchObject({ code: 'not-an-image' });
  });
});
