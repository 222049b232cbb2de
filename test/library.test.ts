import { copyFile } from 'node:fs/promises';
import { join } from 'node:path';
import type Database from 'better-sqlite3';
import { describe, expect, test } from 'vitest';
import { readFacets } from '../src/main/engine/assets/facets.ts';
import { parseFilter } from '../src/main/engine/assets/filter.ts';
import { createViews } from '../src/main/engine/assets/views.ts';
import { openCatalog } from '../src/main/engine/catalog/open.ts';
import { createReader } from '../src/main/engine/catalog/reader.ts';
import { toggleTerm } from '../src/renderer/library/filter.ts';
import { fillCatalog } from './fixtures/catalog.ts';
import { makePictures, temporaryFolder } from './hosts.ts';
import { openEngine } from './support/engine.ts';
import { ENGINE_FILES } from './support/engine-files.ts';

async function openLibrary(count: number): Promise<{ db: Database.Database; path: string }> {
  const folder = await temporaryFolder();
  const path = join(folder, 'catalog.sqlite');
  const db = openCatalog(path, join(folder, 'backups'));
  fillCatalog(db, count);
  return { db, path };
}

describe('a filter', () => {
  test('finds what it says', async () => {
    const { db } = await openLibrary(100);
    const count = (expression: string): number => {
      const { sql, values } = parseFilter(expression);
      return Number(db.prepare(`SELECT count(*) FROM asset a WHERE ${sql}`).pluck().get(...values));
    };
    expect(count('')).toBe(100);
    expect(count('IMG_000007')).toBe(1);
    expect(count('name:img_00000')).toBe(10);
    expect(count('"folder 3"')).toBe(10);
    expect(count('folder:"/library/folder 3"')).toBe(10);
    expect(count('folder:/library')).toBe(100);
    expect(count('folder:/libr')).toBe(0);
    expect(count('folder:Library')).toBe(100);
    expect(count('folder:"folder 3"')).toBe(10);
    expect(count('folder:"library/folder 3/"')).toBe(10);
    expect(count('folder:libr') + count('folder:folder')).toBe(0);
    expect(count('format:png')).toBe(25);
    expect(count('-format:png')).toBe(75);
    expect(count('format:JPG')).toBe(count('format:jpeg'));
    expect(parseFilter('format:tif format:.heif format:nef').values).toEqual(['tiff', 'heic', 'nef']);
    expect(count('width>=3000')).toBe(count('width:3000..99999'));
    expect(count('width<3000') + count('width>=3000')).toBe(100);
    expect(count('taken:2024') + count('-taken:2024')).toBe(100);
    expect(count('taken:2024-01..2024-03')).toBe(count('taken>=2024-01 taken<=2024-03'));
    expect(count('taken<2024-06') + count('taken>=2024-06')).toBe(count('taken:1970..2099'));
    expect(count('flag:animated')).toBe(10);
    expect(count('flag:animated format:png')).toBe(count('format:png flag:animated'));
    expect(count('100%')).toBe(0);
    db.close();
  });

  test('that makes no sense says why, with the words that would', () => {
    expect(() => parseFilter('widht>3')).toThrow(expect.objectContaining({ code: 'bad-input', message: expect.stringContaining('width') as string }));
    expect(() => parseFilter('width>wide')).toThrow(/needs a number/);
    for (const text of ['yesterday', '2012-13', '2012-00', '2012-01-32', '2023-02-29', '2012..2012-13']) expect(() => parseFilter(`taken:${text}`), text).toThrow(/2024-05/);
    expect(() => parseFilter('taken:2024-02-29')).not.toThrow();
    expect(() => parseFilter('format:jpgg')).toThrow(/no format “jpgg”; there are jpeg, png/);
    for (const half of ['width>=', 'ring format:', '-taken:', 'folder:"/shop/new', '"gold ri']) expect(() => parseFilter(half), half).toThrow(/needs a|has no end/);
    expect(() => parseFilter('format>png')).toThrow(/compared with “:”/);
  });

  test('never becomes SQL', async () => {
    const { db } = await openLibrary(3);
    for (const hostile of [`'; DROP TABLE asset; --`, `name:"' OR 1=1 --"`, 'category:\') OR (1=1']) {
      const { sql, values } = parseFilter(hostile);
      expect(db.prepare(`SELECT count(*) FROM asset a WHERE ${sql}`).pluck().get(...values)).toBe(0);
    }
    db.close();
  });
});

describe('the sidebar', () => {
  test('counts what each of its filters shows: a folder with all below it, an image once, what is gone not at all', async () => {
    const { db, path } = await openLibrary(60);
    const container = db.prepare<[string], number>('INSERT INTO container (path) VALUES (?) RETURNING id').pluck();
    const source = db.prepare('INSERT INTO source (container_id, name, asset_id, missing_since, wrong_extension) VALUES (?, ?, ?, ?, ?)');
    let next = 0;
    const place = (folder: string, count: number, missingSince: number | null = null): void => {
      const id = container.get(folder);
      for (let index = 0; index < count; index += 1) source.run(id, `${index}.png`, (next++ % 60) + 1, missingSince, index % 2);
    };
    place('/shop', 10);
    place('/shop/new', 20);
    place('/shop/gone', 5, 1);
    place('/shopping', 3);
    place('/shop/a "gold"  ring\\\nby night', 2);
    place('/', 1);
    place('C:\\', 2);
    place('C:\\Bilder', 4);
    source.run(container.get('/shop/copies'), 'copy.png', 1, null, 0);

    const reader = createReader(path, ENGINE_FILES.readerThread);
    const { groups } = await readFacets(reader, 60);
    const values = groups.flatMap((group) => group.values);
    const counted = new Map(values.map(({ label, count }) => [label, count]));
    expect(['/shop', '/shop/new', '/shop/gone', '/shopping', '/shop/copies', '/', 'C:\\', 'C:\\Bilder'].map((label) => counted.get(label))).toEqual([32, 20, undefined, 3, 1, 60, 6, 4]);
    expect(groups.map((group) => group.values.length > 0)).toEqual([true, true, true, true]);
    for (const { filter, count } of values) {
      const { sql, values: bound } = parseFilter(filter);
      expect([filter, (await reader.ids(`SELECT a.id FROM asset a WHERE ${sql}`, bound)).length]).toEqual([filter, count]);
      expect(toggleTerm(toggleTerm('ring', filter), filter), filter).toBe('ring');
    }
    const { sql, values: bound } = parseFilter('folder:gone');
    expect(await reader.ids(`SELECT a.id FROM asset a WHERE ${sql}`, bound)).toHaveLength(0);
    await reader.close();
    db.close();
  });
});

describe('a view', () => {
  test('by the date of adding follows the order of the files, whichever was finished first', async () => {
    const folder = await temporaryFolder();
    const pictures = await makePictures(join(folder, 'pictures'), 12);
    // The first to be read is the last to be finished.
    await copyFile(join(await makePictures(join(folder, 'large'), 1, 2400), '0001.jpg'), join(pictures, '0000.jpg'));
    const { client, ingest } = openEngine(join(folder, 'workspace'));
    await ingest({ paths: [pictures] });
    await ingest({ paths: [await makePictures(join(folder, 'later'), 13)] });
    const names = async (direction: 'ascending' | 'descending', filter: string) =>
      (await client.assets.openView({ filter, sort: { key: 'added', direction } })).cells.map(({ name }) => name);
    const expected = [...Array.from({ length: 13 }, (_, index) => `${String(index).padStart(4, '0')}.jpg`), '0013.jpg'];
    for (const filter of ['', 'format:jpeg']) {
      expect(await names('ascending', filter)).toEqual(expected);
      expect(await names('descending', filter)).toEqual(expected.toReversed());
    }
  });

  test('gives the same cells by rank as the whole list, in every order and at both ends', async () => {
    const { db, path } = await openLibrary(3000);
    const reader = createReader(path, ENGINE_FILES.readerThread);
    const views = createViews(db, reader, Date.now);
    const columns = { added: 'added_order', taken: 'taken_at', name: 'name COLLATE NOCASE', bytes: 'bytes', pixels: 'width * height', score: 'score' } as const;
    for (const key of ['added', 'taken', 'name', 'bytes', 'pixels', 'score'] as const) {
      for (const direction of ['ascending', 'descending'] as const) {
        const { viewId, total, cells } = await views.open('-format:png', { key, direction }, 50);
        const word = direction === 'ascending' ? 'ASC' : 'DESC';
        const ids = db.prepare(`SELECT id FROM asset WHERE format <> 'png' ORDER BY ${columns[key]} ${word}, id ${word}`).pluck().all();
        expect(total).toBe(ids.length);
        expect(cells.map(({ id }) => id)).toEqual(ids.slice(0, 50));
        expect((await views.window(viewId, 1000, 200)).map(({ id }) => id)).toEqual(ids.slice(1000, 1200));
        expect((await views.window(viewId, total - 5, 100)).map(({ id }) => id)).toEqual(ids.slice(-5));
        expect(await views.rankOf(viewId, Number(ids[1234]))).toBe(1234);
      }
    }
    await reader.close();
    db.close();
  });

  test('takes over what is selected in another one, by image', async () => {
    const { db, path } = await openLibrary(3000);
    const reader = createReader(path, ENGINE_FILES.readerThread);
    const views = createViews(db, reader, Date.now);
    const from = await views.open('', { key: 'name', direction: 'ascending' }, 1);
    const [first, second] = await views.window(from.viewId, 12, 2);
    const to = await views.open('-format:webp', { key: 'score', direction: 'descending' }, 1);
    const ranks = await Promise.all([first!, second!].map(({ id }) => views.rankOf(to.viewId, id)));
    // The third of them is a webp, and so is not in the other view.
    const few = await views.carrySelection(from.viewId, to.viewId, { all: false, exceptions: [{ start: 12, end: 14 }, { start: 15, end: 16 }] });
    expect([few.all, few.exceptions.flatMap(({ start, end }) => Array.from({ length: end - start }, (_, index) => start + index))]).toEqual([false, ranks.toSorted((a, b) => a! - b!)]);
    const most = await views.carrySelection(from.viewId, to.viewId, { all: true, exceptions: [{ start: 12, end: 13 }] });
    expect(most).toEqual({ all: true, exceptions: [{ start: ranks[0], end: ranks[0]! + 1 }] });
    fillCatalog(db, 5, 3000);
    const grown = await views.open('', { key: 'name', direction: 'ascending' }, 1);
    expect(await views.carrySelection(from.viewId, grown.viewId, { all: true, exceptions: [] })).toEqual({ all: false, exceptions: [{ start: 0, end: 3000 }] });
    expect(await views.paths(grown.viewId, [{ start: 0, end: 2 }, { start: 3004, end: 3005 }])).toEqual([
      '/library/folder 0/IMG_000000.jpg', '/library/folder 0/IMG_000001.jpg', '/library/folder 300/IMG_003004.jpg',
    ]);
    await expect(views.paths(grown.viewId, [{ start: 0, end: 5001 }])).rejects.toMatchObject({ code: 'bad-input' });
    await reader.close();
    db.close();
  });

  test('says where an image is whose files are all gone', async () => {
    const { db, path } = await openLibrary(7);
    db.exec(`
      UPDATE source SET missing_since = 1 WHERE asset_id > 1;
      UPDATE asset SET stored = 1 WHERE id = 6;
      INSERT INTO operation (id, kind, mode, state, created_at) VALUES (1, 'cleanup', 'quarantine', 'applied', 0), (2, 'cleanup', 'trash', 'applied', 0);
      INSERT INTO operation_item (operation_id, source_id, asset_id, keeper_id, path, bytes, state)
        VALUES (1, 1, 1, 1, '', 1, 'moved'), (1, 3, 3, 1, '', 1, 'moved'), (2, 4, 4, 1, '', 1, 'moved'), (1, 5, 5, 1, '', 1, 'deleted')`);
    const reader = createReader(path, ENGINE_FILES.readerThread);
    const { cells } = await createViews(db, reader, Date.now).open('', { key: 'name', direction: 'ascending' }, 10);
    expect(cells.map(({ absence }) => absence)).toEqual([null, 'gone', 'quarantine', 'trash', 'gone', null, 'gone']);
    await reader.close();
    db.close();
  });

  test('stays as it was while assets are added, until it is opened again', async () => {
    const { db, path } = await openLibrary(100);
    const reader = createReader(path, ENGINE_FILES.readerThread);
    const views = createViews(db, reader, Date.now);
    const { viewId } = await views.open('', { key: 'added', direction: 'descending' }, 10);
    const before = await views.window(viewId, 0, 20);
    fillCatalog(db, 50, 100);
    expect(await views.window(viewId, 0, 20)).toEqual(before);
    expect((await views.open('', { key: 'added', direction: 'descending' }, 10)).total).toBe(150);
    await expect(views.window(4711, 0, 1)).rejects.toMatchObject({ code: 'bad-input' });
    await reader.close();
    db.close();
  });
});
