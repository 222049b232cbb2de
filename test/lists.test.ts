import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { once } from 'node:events';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { pathToFileURL } from 'node:url';
import type { Worker } from 'node:worker_threads';
import { describe, expect, test } from 'vitest';
import { partNames } from '../src/main/engine/ingest/parts.ts';
import { inspectList, openList } from '../src/main/engine/ingest/scan/list.ts';
import { scan } from '../src/main/engine/ingest/scan/scan.ts';
import { makePictures, temporaryFolder } from './hosts.ts';
import { allItems, openEngine } from './support/engine.ts';

async function inspect(name: string, content: string | Buffer, column?: string) {
  const folder = await temporaryFolder();
  await writeFile(join(folder, name), content);
  return inspectList(join(folder, name), null, column);
}

describe('a list is read as it is meant', () => {
  test.each([
    [',', 'sku,file,title\nA1,a.jpg,Ring\nA2,b.jpg,"Ring, gold"\n'],
    [';', 'sku;file;title\nA1;a.jpg;Ring\nA2;b.jpg;"Ring, gold"\n'],
    ['\t', 'sku\tfile\ttitle\nA1\ta.jpg\tRing\nA2\tb.jpg\t"Ring, gold"\n'],
    ['|', 'sku|file|title\nA1|a.jpg|Ring\nA2|b.jpg|"Ring, gold"\n'],
  ])('with the delimiter %j', async (delimiter, content) => {
    expect(await inspect('list.csv', content)).toMatchObject({
      delimiter, columns: ['sku', 'file', 'title'], sourceColumn: 'file', rows: 2, preview: [{ sku: 'A1', file: 'a.jpg', title: 'Ring' }, { sku: 'A2', file: 'b.jpg', title: 'Ring, gold' }],
    });
  });

  const umlauts = 'file,title\nä.jpg,Größe\n';
  test.each([
    ['utf-8', Buffer.from(umlauts)],
    ['utf-8', Buffer.from(`\uFEFF${umlauts}`)],
    ['utf-16le', Buffer.from(`\uFEFF${umlauts}`, 'utf16le')],
    ['utf-16le', Buffer.from(umlauts, 'utf16le')],
    ['utf-16be', Buffer.from(`\uFEFF${umlauts}`, 'utf16le').swap16()],
    ['windows-1252', Buffer.from(umlauts, 'latin1')],
  ])('in %s', async (encoding, content) => {
    expect(await inspect('list.csv', content)).toMatchObject({ encoding, preview: [{ file: 'ä.jpg', title: 'Größe' }] });
  });

  test('also when the one byte that is not UTF-8 comes late', async () => {
    const lines = Array.from({ length: 100_000 }, (_, index) => `${index}.jpg,plain`).join('\n');
    const { encoding, rows, preview } = await inspect('list.csv', Buffer.concat([Buffer.from(`file,title\n${lines}\n`), Buffer.from('last.jpg,Gr\xf6\xdfe\n', 'latin1')]));
    expect([encoding, rows, preview.at(-1)]).toEqual(['windows-1252', 100_001, { file: 'last.jpg', title: 'Größe' }]);
  });

  test('with newlines and quotes in quoted fields, CR or CRLF line ends, and rows that are too short or too long', async () => {
    expect((await inspect('list.csv', 'file,note\r\na.jpg,"two\r\nlines"\r\nb.jpg,"say ""x"""\r\n')).preview).toEqual([{ file: 'a.jpg', note: 'two\r\nlines' }, { file: 'b.jpg', note: 'say "x"' }]);
    expect((await inspect('list.csv', 'file,note\ra.jpg,x\rb.jpg,y')).rows).toBe(2);
    expect((await inspect('list.csv', 'file,note\na.jpg\nb.jpg,x,more\n')).preview).toEqual([{ file: 'a.jpg', note: '' }, { file: 'b.jpg', note: 'x', column3: 'more' }]);
  });

  test('without a header, and with headers that repeat or are empty', async () => {
    expect(await inspect('list.csv', 'A1,/p/a.jpg\nA2,/p/b.jpg\n')).toMatchObject({ columns: ['column1', 'column2'], sourceColumn: 'column2', rows: 2 });
    expect((await inspect('list.csv', 'url,url,\nhttps://x/a.jpg,https://y/b.jpg,z\n')).columns).toEqual(['url', 'url (2)', 'column3']);
  });

  test('line by line in a text file, commas and spaces included', async () => {
    expect(await inspect('list.txt', '/p/one, two.jpg\n\n/p/three four.jpg\r\n')).toMatchObject({ delimiter: null, columns: [], sourceColumn: null, rows: 2, preview: [{ source: '/p/one, two.jpg' }, { source: '/p/three four.jpg' }] });
  });

  test('packed with gzip, of every kind; a damaged pack is named as that', async () => {
    expect(await inspect('list.csv.gz', gzipSync('file;title\na.jpg;x\nb.jpg;y\n'))).toMatchObject({ delimiter: ';', rows: 2, preview: [{ file: 'a.jpg', title: 'x' }, { file: 'b.jpg', title: 'y' }] });
    expect(await inspect('list.txt.gz', gzipSync(Buffer.from('\ufeffone, two.jpg\n', 'utf16le')))).toMatchObject({ encoding: 'utf-16le', preview: [{ source: 'one, two.jpg' }] });
    expect(await inspect('list.jsonl.GZ', gzipSync('{"image": "a.jpg"}\n'))).toMatchObject({ sourceColumn: 'image', rows: 1 });
    const whole = gzipSync(Array.from({ length: 5000 }, (_, index) => `${index * 7919}.jpg`).join('\n'));
    await expect(inspect('cut.txt.gz', whole.subarray(0, whole.length / 2))).rejects.toMatchObject({ code: 'corrupt', message: expect.stringContaining('cannot be unpacked') });
    await expect(inspect('none.txt.gz', 'a.jpg')).rejects.toMatchObject({ code: 'corrupt' });
  });

  test('as JSON and as JSON lines, of strings or of objects', async () => {
    expect(await inspect('list.json', '["a.jpg", "b.jpg"]')).toMatchObject({ rows: 2, preview: [{ source: 'a.jpg' }, { source: 'b.jpg' }] });
    expect(await inspect('list.json', '[{"sku": 1, "image": "a.jpg", "tags": ["x"]}]')).toMatchObject({ sourceColumn: 'image', preview: [{ sku: '1', image: 'a.jpg', tags: '["x"]' }] });
    expect(await inspect('list.jsonl', '{"image": "a.jpg"}\n{"image": "b.jpg"}\n')).toMatchObject({ sourceColumn: 'image', rows: 2 });
  });

  test('as JSON across the pieces it is read in, whatever its strings hold', async () => {
    const rows = Array.from({ length: 20_000 }, (_, index) => ({ file: `${index}.jpg`, note: `${'\\'.repeat(index % 5)}"], [{,ä€${'x'.repeat(index % 70)}`, more: { list: [index, [], {}] } }));
    for (const text of [JSON.stringify(rows), `\n ${JSON.stringify(rows, null, 2)}\r\n`]) {
      const { rows: count, preview } = await inspect('list.json', text);
      expect([count, preview]).toEqual([rows.length, rows.map(({ more, ...cells }) => ({ ...cells, more: JSON.stringify(more) }))]);
    }
  });

  test.each([
    ['{"file": "a.jpg"}', /begin/], ['["a.jpg"] "b.jpg"', /after its end/], ['["a.jpg",]', /JSON/], ['["a.jpg"}', /}/], ['["a.jpg" "b.jpg"]', /JSON/], ['[{"file": "a.jpg"]}]', /JSON/],
    ['["a.jpg"', /breaks off/], ['["a.jpg', /breaks off/], ['[', /breaks off/], [' \n', /breaks off/], ['[]', /no rows/],
  ])('and %j is no list', async (content, reason) => {
    await expect(inspect('list.json', content)).rejects.toMatchObject({ code: 'bad-input', message: expect.stringMatching(reason) as string });
  });

  test('by the column that is named, and refused when there is none or it is empty', async () => {
    const content = 'file,second\na.jpg,b.jpg\n';
    expect((await inspect('list.csv', content, 'second')).sourceColumn).toBe('second');
    await expect(inspect('list.csv', content, 'third')).rejects.toMatchObject({ code: 'bad-input', message: expect.stringContaining('file, second') as string });
    await expect(inspect('list.csv', 'a,b\n1,2\n')).rejects.toMatchObject({ code: 'bad-input' });
    await expect(inspect('list.csv', 'file,title\n')).rejects.toMatchObject({ code: 'bad-input', message: expect.stringContaining('no rows') as string });
    await expect(inspect('photo.jpg', 'whatever')).rejects.toMatchObject({ code: 'bad-input', message: expect.stringContaining('.csv') as string });
    await expect(inspect('list.csv', '')).rejects.toMatchObject({ code: 'bad-input' });
    await expect(inspect('list.json', '{"a": ')).rejects.toMatchObject({ code: 'bad-input' });
  });
});

describe('a list that is none', () => {
  test.each([
    ['a quote that is never closed', 'list.csv', `file,title\na.jpg,"x\n${'b.jpg,y\n'.repeat(400_000)}`, /^Row 2 of .*list\.csv is longer than 1048576 characters; a quote/],
    ['a string in JSON that is never closed', 'list.json', `["a.jpg", "b.jpg", "x${' c.jpg, '.repeat(400_000)}]`, /^Row 3 of .*list\.json is longer than 1048576 characters; a quote/],
    ['one element without end', 'list.json', `[${'['.repeat(3 << 20)}`, /^Row 1 of .*list\.json is longer than/],
    ['no line ends', 'list.txt', 'x'.repeat(3 << 20), /^Row 1 of .*list\.txt is longer than/],
  ])('by %s is refused before it fills the memory', async (_, name, content, message) => {
    await expect(inspect(name, content)).rejects.toMatchObject({ code: 'bad-input', message: expect.stringMatching(message) as string });
  });

  test.skipIf(process.platform !== 'linux')('and one that is read only in part leaves no file open', async () => {
    const folder = await temporaryFolder();
    const names = { 'list.csv': 'file\n' + 'a.jpg\n'.repeat(200_000), 'list.json': `[${'"a.jpg",'.repeat(200_000)}"b.jpg"]`, 'list.txt': 'a.jpg\n'.repeat(200_000) };
    const openFiles = async (): Promise<number> => (await readdir('/proc/self/fd')).length;
    for (const [name, content] of Object.entries(names)) {
      const path = join(folder, name);
      await writeFile(path, content);
      const before = await openFiles();
      for (let round = 0; round < 10; round += 1) {
        const { rows } = await openList(path, undefined);
        for await (const row of rows()) if (row.number >= 5) break;
      }
      expect(await openFiles(), name).toBeLessThan(before + 5);
    }
  });
});

test('a scanning thread that dies while its last value is at work ends that scan, and nothing else', async () => {
  const thread = join(await temporaryFolder(), 'thread.mjs');
  await writeFile(thread, `import { parentPort } from 'node:worker_threads';
    parentPort.once('message', () => {
      parentPort.once('message', () => { throw new Error('out of memory'); });
      parentPort.postMessage({ kind: 'value', value: [] });
    });`);
  const started = new Promise<Worker>((resolve) => { process.once('worker', resolve); });
  const values = scan(pathToFileURL(thread), { kind: 'open', path: '', sourceColumn: undefined });
  expect(await values.next()).toEqual({ done: false, value: [] });
  const worker = await started;
  worker.postMessage('the next message, which ends it');
  await once(worker, 'exit').catch((error: unknown) => { expect(error).toMatchObject({ message: 'out of memory' }); });
  await expect(values.next()).rejects.toThrow('out of memory');
});

describe('a list is split', () => {
  test('at 5000 rows into Name_Part1of3 …, and a list that fits keeps its name', () => {
    expect(partNames('MyBatch', 12_500, 5000)).toEqual(['MyBatch_Part1of3', 'MyBatch_Part2of3', 'MyBatch_Part3of3']);
    expect(partNames('MyBatch', 5000, 5000)).toEqual(['MyBatch']);
    expect(partNames('MyBatch', 5001, 5000)).toEqual(['MyBatch_Part1of2', 'MyBatch_Part2of2']);
    expect(partNames('MyBatch', 12_500, 0)).toEqual(['MyBatch']);
  });

  test('into parts that hold 5000, 5000 and 2500 rows and know of each other', async () => {
    const folder = await temporaryFolder();
    const path = join(folder, 'MyBatch.csv');
    await writeFile(path, `sku,file\n${Array.from({ length: 12_500 }, (_, index) => `A${index},missing-${index}.jpg`).join('\n')}\n`);
    const { client } = openEngine(join(folder, 'workspace'));
    const { importIds: [importId] } = await client.ingest.start({ paths: [path] });
    const changes = await client.workspace.changes();
    while ((await client.batches.show({ id: importId! })).scanning) await changes.next();
    await changes.return();
    const { parts, total, name } = await client.batches.show({ id: importId! });
    expect(parts.map((part) => [part.name, part.sequence, part.totalSplit, part.parentId, part.total])).toEqual([
      ['MyBatch_Part1of3', 1, 3, importId, 5000], ['MyBatch_Part2of3', 2, 3, importId, 5000], ['MyBatch_Part3of3', 3, 3, importId, 2500],
    ]);
    expect([name, total]).toEqual(['MyBatch', 12_500]);
    expect((await client.batches.related({ id: parts[1]!.id })).map(({ sequence }) => sequence)).toEqual([1, 3]);
    await client.batches.cancel({ id: importId! });
    const cancelled = await client.batches.show({ id: importId! });
    expect(cancelled.done + cancelled.failed + cancelled.skipped + cancelled.cancelled + cancelled.running).toBe(12_500);
  });
});

describe('a list of files', () => {
  test('keeps every column with its item, finds paths beside itself, and accounts for every row', async () => {
    const folder = await temporaryFolder();
    await makePictures(join(folder, 'pictures'), 2);
    const path = join(folder, 'list.csv');
    await writeFile(path, [
      'sku,file,price', 'A1,pictures/0001.jpg,10', `A2,${join(folder, 'pictures/0002.jpg')},20`, 'A3,pictures/gone.jpg,30', 'A4,,40', 'A5,ftp://example.org/a.jpg,50',
      `A6,file://${join(folder, 'pictures/0001.jpg')},60`, 'A7,pictures/0001.jpg,70', '',
    ].join('\n'));
    const { client, ingest } = openEngine(join(folder, 'workspace'));
    const { batches: [batch], assetsNew, assetsExisting } = await ingest({ paths: [path] });
    expect(batch).toMatchObject({ name: 'list', kind: 'list', total: 7, done: 4, failed: 3 });
    expect([assetsNew, assetsExisting]).toEqual([2, 2]);
    const items = await allItems(client, { batchId: batch!.id });
    expect(items.map(({ row, state, error }) => [row?.['sku'], state, error?.code ?? null])).toEqual([
      ['A1', 'done', null], ['A2', 'done', null], ['A3', 'failed', 'not-found'], ['A4', 'failed', 'bad-input'], ['A5', 'failed', 'blocked-scheme'],
      ['A6', 'done', null], ['A7', 'done', null],
    ]);
    expect(items[0]?.row).toEqual({ sku: 'A1', file: 'pictures/0001.jpg', price: '10' });
  });

  test('is joined, not begun twice, while its first import is unfinished', async () => {
    const folder = await temporaryFolder();
    const pictures = await makePictures(join(folder, 'pictures'), 3);
    const { client, ingest } = openEngine(join(folder, 'workspace'));
    const first = await client.ingest.start({ paths: [pictures] });
    await client.batches.pause({ id: first.importIds[0]! });
    expect((await client.batches.show({ id: first.importIds[0]! })).state).toBe('paused');
    const second = await client.ingest.start({ paths: [pictures] });
    expect(second).toEqual(first);
    expect(await ingest({ paths: [pictures] })).toMatchObject({ batches: [{ total: 3 }], assetsNew: 3 });
  });
});

test('a list that breaks off keeps the rows before the fault, and says what is wrong', async () => {
  const folder = await temporaryFolder();
  const path = join(folder, 'list.json');
  await writeFile(path, `[${Array.from({ length: 1500 }, (_, index) => `"gone-${index}.jpg"`).join(',')}, {"file": `);
  const { client } = openEngine(join(folder, 'workspace'));
  const { importIds } = await client.ingest.start({ paths: [path] });
  const changes = await client.workspace.changes();
  while (!(await client.ingest.summary({ importIds })).finished) await changes.next();
  await changes.return();
  expect((await client.ingest.summary({ importIds })).batches).toMatchObject([{ state: 'failed', total: 1500, failed: 1500, error: { code: 'bad-input', message: expect.stringContaining('list.json') as string } }]);
});

test('parts that are read after a pause are paused too', async () => {
  const folder = await temporaryFolder();
  const path = join(folder, 'list.txt');
  await writeFile(path, Array.from({ length: 20_000 }, (_, index) => `gone-${index}.jpg`).join('\n'));
  const { client } = openEngine(join(folder, 'workspace'));
  const { importIds: [id] } = await client.ingest.start({ paths: [path], maxBatchSize: 1000 });
  await client.batches.pause({ id: id! });
  const changes = await client.workspace.changes();
  while ((await client.batches.show({ id: id! })).scanning) await changes.next();
  await changes.return();
  const { state, parts } = await client.batches.show({ id: id! });
  expect([state, parts.length, parts.every((part) => part.state === 'paused')]).toEqual(['paused', 20, true]);
});

describe('a review', () => {
  test('of a list counts the rows that will fail, by reason', async () => {
    const folder = await temporaryFolder();
    await makePictures(join(folder, 'pictures'), 2);
    const path = join(folder, 'list.csv');
    await writeFile(path, ['sku,file', 'A1,pictures/0001.jpg', 'A2,pictures/0002.jpg', 'A3,', 'A4,ftp://example.org/a.jpg', 'A5,sftp://example.org/b.jpg', 'A7,https://example.org/c.png?x=1', 'A6,pictures/gone.jpg', ''].join('\n'));
    const { client } = openEngine(join(folder, 'workspace'));
    const reviews = [];
    for await (const review of await client.ingest.review({ paths: [path] })) reviews.push(review);
    const { entries: [entry] } = reviews.at(-1)!;
    expect(entry).toMatchObject({ kind: 'list', images: 3, byFormat: { jpg: 2, png: 1 }, list: { rows: 7 } });
    expect(entry!.skipped.map(({ code, count, examples }) => [code, count, examples[0]])).toEqual([
      ['bad-input', 1, 'list.csv#3'], ['blocked-scheme', 2, 'a.jpg'], ['not-found', 1, 'gone.jpg'],
    ]);
  });

  test('says what is there before anything runs', async () => {
    const folder = await temporaryFolder();
    const pictures = await makePictures(join(folder, 'pictures'), 3);
    await mkdir(join(pictures, '.hidden'));
    await writeFile(join(pictures, 'notes.txt'), 'x');
    const list = join(folder, 'list.csv');
    await writeFile(list, 'file\na.jpg\nb.jpg\nc.jpg\n');
    const { client } = openEngine(join(folder, 'workspace'));
    const reviews = [];
    for await (const review of await client.ingest.review({ paths: [pictures, list, join(folder, 'nowhere')], maxBatchSize: 2 })) reviews.push(review);
    const { complete, entries: [first, second, third] } = reviews.at(-1)!;
    expect(complete).toBe(true);
    expect(first).toMatchObject({ kind: 'folder', images: 3, byFormat: { jpg: 3 } });
    expect(first!.skipped.map(({ code, count, examples }) => [code, count, examples])).toEqual([['not-an-image', 1, ['notes.txt']], ['filtered', 1, ['.hidden']]]);
    expect(second).toMatchObject({ kind: 'list', list: { sourceColumn: 'file', rows: 3 }, parts: ['list_Part1of2', 'list_Part2of2'] });
    expect(third).toMatchObject({ kind: 'missing', skipped: [{ code: 'not-found' }] });
    expect(await client.batches.list({})).toEqual([]);
  });
});
