import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import type { ServerResponse } from 'node:http';
import { join } from 'node:path';
import { brotliCompressSync, gzipSync } from 'node:zlib';
import { beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { paintPhoto, toSharp } from './fixtures/images.ts';
import { openSite, send, type Answer, type Site } from './fixtures/web.ts';
import { temporaryFolder } from './hosts.ts';
import { allItems, openEngine, type TestEngine } from './support/engine.ts';
import { checkUrl } from '../src/main/engine/acquire/addresses.ts';
import type { EngineOptions } from '../src/main/engine/engine.ts';

let picture: Buffer;
let other: Buffer;
let large: Buffer;
beforeAll(async () => {
  picture = await toSharp(paintPhoto(320, 240, 7)).jpeg({ quality: 90 }).toBuffer();
  other = await toSharp(paintPhoto(320, 240, 8)).jpeg({ quality: 90 }).toBuffer();
  large = await toSharp(paintPhoto(900, 700, 9)).png({ compressionLevel: 0 }).toBuffer();
});

/** No wait of a test is longer than what it waits for. */
const QUICK: Partial<EngineOptions> = { clocks: { connectMs: 2000, headersMs: 1000, idleMs: 1000, totalMs: 6000, minBytesPerSecond: 1000, slowMs: 1500 }, random: () => 0 };

/** For servers that are made to wait by the test. */
const PATIENT = { headersMs: 300_000, idleMs: 300_000, totalMs: 300_000, slowMs: 300_000 };

const LOOPBACK: EngineOptions['resolve'] = async () => [{ address: '127.0.0.1', family: 4 }];

interface Import extends TestEngine {
  readonly site: Site;
  readonly folder: string;
  /** Takes in a list of these paths of the site, or whole addresses. */
  readonly take: (paths: readonly string[], options?: { readonly name?: string; readonly allow?: readonly string[] }) => ReturnType<TestEngine['ingest']>;
  /** Item by path: its state, its error's code, and how often it was tried. */
  readonly outcomes: () => Promise<Record<string, string>>;
}

async function openImport(answer: Answer, options: Partial<EngineOptions> = {}): Promise<Import> {
  const [site, folder] = [await openSite(answer), await temporaryFolder()];
  const engine = openEngine(join(folder, 'workspace'), { ...QUICK, ...options });
  let lists = 0;
  return {
    ...engine, site, folder,
    async take(paths, { name, allow = ['127.0.0.1'] } = {}) {
      const list = join(folder, `${name ?? `list ${++lists}`}.txt`);
      await writeFile(list, paths.map((path) => (path.includes('://') ? path : site.origin + path)).join('\n'));
      return engine.ingest({ paths: [list], allowHosts: [...allow] });
    },
    async outcomes() {
      return Object.fromEntries((await allItems(engine.client)).map(({ source, state, error }) => [source.replace(site.origin, ''), error === null ? state : `${state} ${error.code}`]));
    },
  };
}

describe('a list of addresses', () => {
  test('is fetched, read and kept, with the columns of its rows; the originals lie in the workspace to the byte', async () => {
    const { site, folder, client, ingest, engine } = await openImport((request, response) => {
      send(response, request.url === '/b.jpg' ? other : picture, { 'last-modified': 'Tue, 03 Mar 2020 10:00:00 GMT' });
    });
    const list = join(folder, 'shop.csv');
    await writeFile(list, `sku,photo,title\nA1,${site.origin}/a.jpg?size=big#top,"Ring, gold"\nA2,${site.origin}/b.jpg,Ring\nA3,${site.origin}/a.jpg?size=big,Again\n`);
    const { batches, assetsNew, assetsExisting, finished } = await ingest({ paths: [list], allowHosts: ['127.0.0.1'] });
    expect({ finished, assetsNew, assetsExisting, total: batches[0]!.total, failed: batches[0]!.failed }).toEqual({ finished: true, assetsNew: 2, assetsExisting: 1, total: 3, failed: 0 });
    // The same address twice is fetched once; what follows # is not sent.
    expect(site.requests.map(({ path }) => path).toSorted()).toEqual(['/a.jpg?size=big', '/b.jpg']);
    expect(site.requests[0]!.headers['user-agent']).toBe('Proofsheet/0.0.0-test');
    const items = await allItems(client, { batchId: batches[0]!.id });
    expect(items.map(({ row }) => row)).toEqual([{ sku: 'A1', photo: `${site.origin}/a.jpg?size=big#top`, title: 'Ring, gold' }, expect.anything(), expect.objectContaining({ title: 'Again' })]);
    const first = (await client.assets.list({})).find(({ sources: [source] }) => source?.includes('/a.jpg'));
    expect(first).toMatchObject({ sources: [`${site.origin}/a.jpg?size=big`], bytes: picture.length });
    const original = join(engine.workspace.originals, first!.sha256.slice(0, 2), `${first!.sha256}.jpeg`);
    expect(createHash('sha256').update(readFileSync(original)).digest('hex')).toBe(first!.sha256);
    expect(readFileSync(original).equals(picture)).toBe(true);
    expect(readdirSync(engine.workspace.downloads)).toEqual([]);
  });

  test('that is taken in again asks for nothing while what is there is fresh, and then only whether there is something newer', async () => {
    let time = Date.parse('2026-03-01T10:00:00Z');
    let version = 1;
    const { site, take, outcomes, client } = await openImport((request, response) => {
      if (request.url === '/plain.jpg') send(response, picture);
      else if (request.headers['if-none-match'] === `"v${version}"`) response.writeHead(304, { etag: `"v${version}"` }).end();
      else send(response, version === 1 ? picture : other, { 'etag': `"v${version}"`, 'cache-control': 'max-age=60' });
    }, { now: () => time });
    await take(['/tagged.jpg', '/plain.jpg']);
    expect(site.requests).toHaveLength(2);
    time += 30_000;
    const again = await take(['/tagged.jpg', '/plain.jpg']);
    expect(again.batches[0]).toMatchObject({ total: 2, skipped: 2, unchanged: 2 });
    expect(site.requests).toHaveLength(2);
    time += 60_000;
    await take(['/tagged.jpg', '/plain.jpg'], { name: 'third' });
    expect(site.requests.slice(2).map(({ path, headers }) => [path, headers['if-none-match']])).toEqual([['/tagged.jpg', '"v1"']]);
    expect(await outcomes()).toEqual({ '/tagged.jpg': 'skipped', '/plain.jpg': 'skipped' });
    version = 2;
    time += 3600_000;
    await take(['/tagged.jpg'], { name: 'fourth' });
    expect((await client.assets.list({})).map(({ sources }) => sources.length)).toEqual([1, 1]);
    expect(await outcomes()).toMatchObject({ '/tagged.jpg': 'done' });
  });
});

const BIG_PAGE = `<!DOCTYPE html>\n<html><body>${'please log in '.repeat(200)}</body></html>`;
const MISBEHAVIOUR: Readonly<Record<string, { readonly answer: (response: ServerResponse) => void; readonly outcome: string; readonly tries?: number }>> = {
  'a missing picture': { answer: (response) => { response.writeHead(404).end('no'); }, outcome: 'failed http-404', tries: 1 },
  'a forbidden one': { answer: (response) => { response.writeHead(403, { 'content-type': 'image/jpeg' }).end(picture); }, outcome: 'failed http-403', tries: 1 },
  'a page where an image was promised': { answer: (response) => { send(response, Buffer.from(BIG_PAGE)); }, outcome: 'failed web-page', tries: 1 },
  'a short page': { answer: (response) => { send(response, Buffer.from('<html>gone</html>')); }, outcome: 'failed web-page', tries: 1 },
  'text': { answer: (response) => { send(response, Buffer.from('error: no such id')); }, outcome: 'failed not-an-image', tries: 1 },
  'an image that is not read': { answer: (response) => { send(response, Buffer.from('<svg xmlns="http://www.w3.org/2000/svg"/>')); }, outcome: 'failed unsupported-format', tries: 1 },
  'a server that always fails': { answer: (response) => { response.writeHead(500).end(); }, outcome: 'failed http-500', tries: 4 },
  'an empty answer': { answer: (response) => { response.writeHead(200).end(); }, outcome: 'failed truncated' },
  'a body that is cut off': { answer: (response) => { response.writeHead(200, { 'content-length': String(picture.length) }); response.write(picture.subarray(0, 3000)); setImmediate(() => response.destroy()); }, outcome: 'failed truncated' },
  'a chunked body that is cut off': { answer: (response) => { response.writeHead(200); response.write(picture.subarray(0, 3000)); setImmediate(() => response.destroy()); }, outcome: 'failed truncated' },
  'a connection that is closed before the answer': { answer: (response) => { response.socket?.destroy(); }, outcome: 'failed reset' },
  'a server that never answers': { answer: () => undefined, outcome: 'failed timeout-headers' },
  'a body that stops coming': { answer: (response) => { response.writeHead(200, { 'content-length': String(picture.length) }); response.write(picture.subarray(0, 2000)); }, outcome: 'failed timeout-idle' },
  'a body that drips': { answer: (response) => { response.writeHead(200, { 'content-length': '500000' }); response.write(picture.subarray(0, 1000)); const drip = setInterval(() => { response.write('x'); }, 100); response.on('close', () => { clearInterval(drip); }); }, outcome: 'failed too-slow' },
  'more bytes than were announced': { answer: (response) => { response.writeHead(200, { 'content-length': '60000000' }).flushHeaders(); }, outcome: 'failed too-many-bytes', tries: 1 },
  'a redirect to a file': { answer: (response) => { response.writeHead(302, { location: 'file:///etc/passwd' }).end(); }, outcome: 'failed blocked-scheme', tries: 1 },
  'a redirect to a private address': { answer: (response) => { response.writeHead(302, { location: 'http://10.1.2.3/a.jpg' }).end(); }, outcome: 'failed blocked-address', tries: 1 },
  'a redirect to the metadata service': { answer: (response) => { response.writeHead(302, { location: 'http://169.254.169.254/latest/' }).end(); }, outcome: 'failed blocked-address', tries: 1 },
  'a redirect to a mapped loopback address': { answer: (response) => { response.writeHead(302, { location: 'http://[::ffff:127.0.0.1]/a.jpg' }).end(); }, outcome: 'failed blocked-address', tries: 1 },
  'a redirect to itself': { answer: (response) => { response.writeHead(302, { location: '/a redirect to itself' }).end(); }, outcome: 'failed too-many-redirects', tries: 1 },
  'a redirect to nowhere': { answer: (response) => { response.writeHead(302, { location: 'http://' }).end(); }, outcome: 'failed bad-response' },
  'a decompression bomb': { answer: (response) => { const bomb = gzipSync(Buffer.concat([picture, Buffer.alloc(60e6)])); response.writeHead(200, { 'content-encoding': 'gzip', 'content-length': String(bomb.length) }).end(bomb); }, outcome: 'failed too-many-bytes', tries: 1 },
  'a damaged compressed body': { answer: (response) => { const body = gzipSync(picture); body.fill(0, 2000, 3000); response.writeHead(200, { 'content-encoding': 'gzip' }).end(body); }, outcome: 'failed corrupt', tries: 1 },
  'an encoding that nobody knows': { answer: (response) => { response.writeHead(200, { 'content-encoding': 'zip' }).end(picture); }, outcome: 'failed bad-response' },
  'an answer that is none': { answer: (response) => { response.socket?.end('ICY 200 OK\r\n\r\n'); }, outcome: 'failed bad-response' },
  'a picture packed with gzip': { answer: (response) => { response.writeHead(200, { 'content-encoding': 'gzip' }).end(gzipSync(picture)); }, outcome: 'done' },
  'a picture packed with brotli': { answer: (response) => { response.writeHead(200, { 'content-encoding': 'br' }).end(brotliCompressSync(picture)); }, outcome: 'done' },
  'a picture in chunks': { answer: (response) => { response.writeHead(200); for (let at = 0; at < picture.length; at += 1000) response.write(picture.subarray(at, at + 1000)); response.end(); }, outcome: 'done' },
  'a picture under a wrong type': { answer: (response) => { send(response, picture, { 'content-type': 'text/html' }); }, outcome: 'done' },
  'a picture that was cut off before it was sent': { answer: (response) => { send(response, picture.subarray(0, -2)); }, outcome: 'quarantined truncated', tries: 1 },
};

test('whatever a server does, every row ends in one state with one code, and nothing is left lying about', async () => {
  const names = Object.keys(MISBEHAVIOUR);
  const { site, take, outcomes, engine, client } = await openImport((request, response) => { MISBEHAVIOUR[decodeURIComponent(request.url ?? '').slice(1)]!.answer(response); }, { resolve: LOOPBACK });
  // Each on a host of its own, so that none suffers from another.
  const hosts = names.map((_, index) => `host${index}.test`);
  const { batches } = await take(names.map((name, index) => `http://${hosts[index]}:${site.port}/${encodeURIComponent(name)}`), { allow: hosts });
  const found = await outcomes();
  expect(Object.fromEntries(Object.entries(found).map(([path, outcome]) => [decodeURIComponent(new URL(path).pathname).slice(1), outcome]))).toEqual(Object.fromEntries(names.map((name) => [name, MISBEHAVIOUR[name]!.outcome])));
  const done = Object.values(found).filter((outcome) => outcome === 'done').length;
  expect(batches[0]).toMatchObject({ total: names.length, done, failed: names.length - done, queued: 0, running: 0 });
  const tries = Object.fromEntries(names.map((name) => [name, site.requests.filter(({ path }) => path === `/${encodeURIComponent(name)}`).length]));
  for (const [name, { tries: expected }] of Object.entries(MISBEHAVIOUR)) if (expected !== undefined && name !== 'a redirect to itself') expect([name, tries[name]]).toEqual([name, expected]);
  expect(await client.batches.failures({ id: batches[0]!.id })).not.toContainEqual(expect.objectContaining({ code: 'internal' }));
  // What was refused by the pool can be salvaged, and lies there for that.
  expect(readdirSync(engine.workspace.downloads)).toEqual([createHash('sha256').update(picture.subarray(0, -2)).digest('hex')]);
}, 120_000);

describe('a private address', () => {
  test.each([
    '127.0.0.1', '10.0.0.1', '172.16.5.4', '192.168.1.1', '169.254.169.254', '100.64.0.1', '0.0.0.0', '224.0.0.1', '255.255.255.255', '192.0.2.1', '198.18.0.1', '240.0.0.1',
    '2130706433', '0x7f.1', '0177.0.0.1', '127.1', '[::1]', '[::]', '[fe80::1]', '[fd00::1]', '[ff02::1]', '[2001:db8::1]',
    '[::ffff:127.0.0.1]', '[::ffff:a00:1]', '[::127.0.0.1]', '[64:ff9b::10.0.0.1]', '[2002:7f00:1::1]', '[2002:c0a8:101::]', '[2001:0:0:0:0:0:f5ff:fffe]', '[fe80::5efe:192.168.0.1]', '[2a00::5efe:10.0.0.1]', '[::ffff:0:127.0.0.1]',
  ])('is not asked, written as %s', async (host) => {
    expect(() => { checkUrl(new URL(`http://${host}/a.jpg`), new Set()); }).toThrow(expect.objectContaining({ code: 'blocked-address' }));
  });

  test.each(['93.184.216.34', '[2606:4700::6810:84e5]', '[64:ff9b::5db8:d822]', '[2002:5db8:d822::1]', '1.1.1.1'])('is not what %s is', (host) => {
    expect(() => { checkUrl(new URL(`http://${host}/a.jpg`), new Set()); }).not.toThrow();
  });

  test('is refused where a name leads to it, at first and by a redirect, unless that host is allowed', async () => {
    const resolve: EngineOptions['resolve'] = async (host) => (host === 'nowhere.test' ? [] : [{ address: host === 'v6.test' ? '::ffff:127.0.0.1' : '127.0.0.1', family: host === 'v6.test' ? 6 : 4 }]);
    const { site, take, outcomes } = await openImport((request, response) => {
      if (request.url === '/on') response.writeHead(302, { location: `http://inner.test:${site.port}/a.jpg` }).end();
      else send(response, picture);
    }, { resolve });
    const at = (host: string, path: string): string => `http://${host}:${site.port}${path}`;
    const addresses = [at('inner.test', '/a.jpg'), at('v6.test', '/a.jpg'), at('allowed.test', '/on'), at('allowed.test', '/b.jpg'), at('nowhere.test', '/a.jpg'), 'ftp://example.com/a.jpg'];
    await take(addresses, { allow: ['Allowed.TEST:80'] });
    expect(await outcomes()).toEqual(Object.fromEntries(addresses.map((address, index) => [address, ['failed blocked-address', 'failed blocked-address', 'failed blocked-address', 'done', 'failed dns', 'failed blocked-scheme'][index]])));
    expect(site.requests.map(({ path }) => path).toSorted()).toEqual(['/b.jpg', '/on']);
  });

  test('may be allowed for the whole workspace', async () => {
    const { client, take, outcomes } = await openImport((_request, response) => { send(response, picture); });
    await take(['/a.jpg'], { allow: [] });
    expect(await outcomes()).toEqual({ '/a.jpg': 'failed blocked-address' });
    const { downloads } = await client.settings.get();
    await client.settings.set({ downloads: { ...downloads, allowedHosts: ['127.0.0.1'] } });
    await take(['/a.jpg'], { name: 'again', allow: [] });
    expect(await outcomes()).toEqual({ '/a.jpg': 'done' });
  });
});

describe('a download that was cut off', () => {
  /** Sends the first half of what is asked for and closes the connection, as often as it is told to. */
  function halving(versions: () => { readonly bytes: Buffer; readonly headers: Readonly<Record<string, string>> }, cuts: number, ranges: 'honoured' | 'ignored' | 'shifted' = 'honoured'): Answer {
    let left = cuts;
    return (request, response) => {
      const { bytes, headers } = versions();
      const start = Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? '')?.[1] ?? -1);
      const isCurrent = request.headers['if-range'] === headers['etag'] || request.headers['if-range'] === headers['last-modified'];
      const from = start >= 0 && isCurrent && ranges !== 'ignored' ? start : 0;
      const answered = ranges === 'shifted' && from > 0 ? from - 10 : from;
      const body = bytes.subarray(answered);
      response.writeHead(from > 0 ? 206 : 200, { ...headers, 'content-length': String(body.length), ...from > 0 ? { 'content-range': `bytes ${answered}-${bytes.length - 1}/${bytes.length}` } : {} });
      if (left-- > 0) response.write(body.subarray(0, Math.floor(body.length / 2)), () => response.destroy());
      else response.end(body);
    };
  }
  const starts = (site: Site): (string | undefined)[] => site.requests.map(({ headers }) => headers.range);

  test('goes on where it stopped, and is the file to the byte', async () => {
    const { site, take, outcomes, client, engine } = await openImport(halving(() => ({ bytes: large, headers: { etag: '"one"' } }), 2));
    await take(['/large.png']);
    expect(await outcomes()).toEqual({ '/large.png': 'done' });
    expect(starts(site)).toEqual([undefined, expect.stringMatching(/^bytes=\d{5,}-$/), expect.stringMatching(/^bytes=\d{5,}-$/)]);
    expect(site.requests[1]!.headers['if-range']).toBe('"one"');
    const [asset] = await client.assets.list({});
    expect(readFileSync(join(engine.workspace.originals, asset!.sha256.slice(0, 2), `${asset!.sha256}.png`)).equals(large)).toBe(true);
  });

  test('keeps what it has while the server is out of order', async () => {
    let asked = 0;
    const cut = halving(() => ({ bytes: large, headers: { etag: '"one"' } }), 1);
    const { site, take, outcomes } = await openImport((request, response) => (++asked === 2 ? void response.writeHead(503).end() : cut(request, response)));
    await take(['/large.png']);
    expect(await outcomes()).toEqual({ '/large.png': 'done' });
    expect(starts(site)).toEqual([undefined, expect.stringMatching(/^bytes=\d{6}-$/), expect.stringMatching(/^bytes=\d{6}-$/)]);
  });

  test.each([
    ['without a validator', {}, 'honoured'], ['with a weak one', { etag: 'W/"one"' }, 'honoured'], ['with a time that is too new to tell versions apart', { 'last-modified': new Date().toUTCString(), 'date': new Date().toUTCString() }, 'honoured'],
  ] as const)('begins anew %s', async (_how, headers, ranges) => {
    const { site, take, outcomes } = await openImport(halving(() => ({ bytes: large, headers }), 1, ranges));
    await take(['/large.png']);
    expect([await outcomes(), starts(site)]).toEqual([{ '/large.png': 'done' }, [undefined, undefined]]);
  });

  test.each(['ignored', 'shifted'] as const)('is not spliced where the range is %s', async (ranges) => {
    const { take, client } = await openImport(halving(() => ({ bytes: large, headers: { etag: '"one"' } }), 1, ranges));
    await take(['/large.png']);
    expect((await client.assets.list({})).map(({ sha256 }) => sha256)).toEqual([createHash('sha256').update(large).digest('hex')]);
  });

  test('is not spliced of two versions, whether the server compares them or not', async () => {
    const changed = await toSharp(paintPhoto(900, 700, 10)).png({ compressionLevel: 0 }).toBuffer();
    for (const isCareless of [false, true]) {
      let asked = 0;
      const { take, client } = await openImport(halving(() => ({ bytes: asked++ === 0 ? large : changed, headers: { etag: isCareless || asked === 1 ? `"v${isCareless && asked > 1 ? 2 : 1}"` : '"v2"' } }), 1));
      await take(['/large.png']);
      expect((await client.assets.list({})).map(({ sha256 }) => sha256)).toEqual([createHash('sha256').update(changed).digest('hex')]);
    }
  });
});

/** A clock of the test's own, which goes on by `step` at each tick of the real one and lets the engine look. */
function createClock() {
  let time = Date.parse('2026-03-01T10:00:00Z');
  return {
    now: () => time,
    run(client: TestEngine['client'], step: number): void {
      const timer = setInterval(() => {
        time += step;
        void client.settings.set({});
      }, 10);
      onTestFinished(() => { clearInterval(timer); });
    },
  };
}

describe('a host that asks for fewer requests', () => {
  test('is left alone for as long as it says, which costs no attempt, while others are served', async () => {
    const clock = createClock();
    let isTired = true;
    const { site, take, client } = await openImport((request, response) => {
      if (request.headers.host?.startsWith('tired') && isTired) response.writeHead(429, { 'retry-after': '120' }).end();
      else send(response, Buffer.concat([picture, Buffer.from(request.url ?? '')]));
    }, { resolve: LOOPBACK, now: clock.now });
    const at = (host: string, count: number): string[] => Array.from({ length: count }, (_, index) => `http://${host}.test:${site.port}/${index}.jpg`);
    const changes = await client.workspace.changes();
    const imported = take([...at('tired', 20), ...at('awake', 20)], { allow: ['tired.test', 'awake.test'] });
    for (let done = 0; done < 20; done = (await client.ingest.items({ state: 'done' })).length) await changes.next();
    const hosts = new Map((await client.acquire.hosts()).hosts.map((host) => [host.host.split('.')[0], host]));
    expect(hosts.get('tired')).toMatchObject({ state: 'parked', until: '2026-03-01T10:02:00.000Z', because: 'rate-limited', failed: 0 });
    expect(hosts.get('awake')).toMatchObject({ state: 'open', answered: 20, limited: 0 });
    const askedSoFar = site.requests.length;
    expect(askedSoFar).toBeLessThan(20 + 8 + 1);
    isTired = false;
    clock.run(client, 1000);
    const { batches } = await imported;
    expect(batches[0]).toMatchObject({ total: 40, done: 40, failed: 0 });
    expect((await allItems(client)).every(({ attempts }) => attempts === 1)).toBe(true);
    await changes.return();
  });
});

test('a host that is down is given up after trials, so that a batch ends, and is asked again when somebody retries', async () => {
  const clock = createClock();
  const { take, client, settled } = await openImport((_request, response) => { send(response, picture); }, { now: clock.now });
  const down = await openSite(() => undefined);
  await down.close();
  clock.run(client, 500);
  const { batches } = await take(Array.from({ length: 200 }, (_, index) => `${down.origin}/${index}.jpg`));
  expect(batches[0]).toMatchObject({ total: 200, failed: 200, done: 0 });
  const items = await allItems(client);
  expect(new Set(items.map(({ error }) => error?.code))).toEqual(new Set(['connect']));
  expect(items.filter(({ error }) => error?.message.includes('given up')).length).toBeGreaterThan(100);
  await openSite((_request, response) => { send(response, picture); }, { port: down.port });
  await client.batches.retry({ id: batches[0]!.parentId! });
  const { batches: again } = await settled([batches[0]!.parentId!]);
  expect(again[0]).toMatchObject({ done: 200, failed: 0 });
});

test('pausing quiets the network at once and keeps what has come; resuming goes on from there', async () => {
  let isSlow = true;
  const { site, take, client, engine } = await openImport((request, response) => {
    const start = Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? '')?.[1] ?? 0);
    response.writeHead(start > 0 ? 206 : 200, { 'etag': '"one"', 'content-length': String(large.length - start), ...start > 0 ? { 'content-range': `bytes ${start}-${large.length - 1}/${large.length}` } : {} });
    if (isSlow) response.write(large.subarray(start, start + 1_200_000));
    else response.end(large.subarray(start));
  }, { clocks: PATIENT });
  const imported = take(['/a.png', '/b.png']);
  // Half of each has come: a mebibyte is written at once.
  const written = (): number => readdirSync(engine.workspace.downloads).filter((name) => name.endsWith('.part') && statSync(join(engine.workspace.downloads, name)).size >= 2 ** 20).length;
  while (written() < 2) await new Promise(setImmediate);
  const [batch] = await client.batches.list({});
  await client.batches.pause({ id: batch!.id });
  while (site.sockets.size > 0) await new Promise(setImmediate);
  expect(await client.batches.show({ id: batch!.id })).toMatchObject({ state: 'paused', failed: 0, done: 0 });
  isSlow = false;
  await client.batches.resume({ id: batch!.id });
  await imported;
  expect(site.requests.slice(2).map(({ headers }) => headers.range)).toEqual([expect.stringMatching(/^bytes=1\d{6}-$/), expect.stringMatching(/^bytes=1\d{6}-$/)]);
  expect((await allItems(client)).map(({ state, attempts }) => [state, attempts])).toEqual([['done', 1], ['done', 1]]);
});

test('without a network nothing fails: the import says why it waits, and goes on by itself', async () => {
  let isThere = true;
  const resolve: EngineOptions['resolve'] = async () => {
    if (!isThere) throw Object.assign(new Error('getaddrinfo EAI_AGAIN'), { code: 'EAI_AGAIN' });
    return [{ address: '127.0.0.1', family: 4 }];
  };
  const { site, take, client } = await openImport((_request, response) => { send(response, picture); }, { resolve });
  isThere = false;
  const names = Array.from({ length: 30 }, (_, index) => `host${index}.test`);
  const imported = take(names.map((name) => `http://${name}:${site.port}/a.jpg`), { allow: names });
  const progress = await client.batches.progress();
  for await (const snapshot of progress) if (snapshot.some(({ pausedBecause }) => pausedBecause === 'offline')) break;
  isThere = true;
  const { batches } = await imported;
  expect(batches[0]).toMatchObject({ total: 30, failed: 0 });
  expect((await client.acquire.hosts()).isOffline).toBe(false);
});

test('hosts that let everybody wait do not hold up those that answer', async () => {
  const held: ServerResponse[] = [];
  const { site, take, client } = await openImport((request, response) => {
    if (request.headers.host?.startsWith('slow')) held.push(response);
    else send(response, Buffer.concat([picture, Buffer.from(`${request.headers.host}${request.url}`)]));
  }, { resolve: LOOPBACK, clocks: PATIENT });
  const hosts = [...Array.from({ length: 30 }, (_, index) => `slow${index}.test`), ...Array.from({ length: 20 }, (_, index) => `quick${index}.test`)];
  // The slow ones come first, more of them than may run at once.
  const imported = take(hosts.flatMap((host) => Array.from({ length: 8 }, (_, index) => `http://${host}:${site.port}/${index}.jpg`)), { allow: hosts });
  const changes = await client.workspace.changes();
  for (let done = 0; done < 160; done = (await client.batches.list({}))[0]!.done) await changes.next();
  expect((await allItems(client, { state: 'done' })).every(({ source }) => source.includes('quick'))).toBe(true);
  const release = setInterval(() => { for (const response of held.splice(0)) send(response, picture); }, 5);
  onTestFinished(() => { clearInterval(release); });
  expect((await imported).batches[0]).toMatchObject({ total: 400, done: 400, failed: 0 });
  await changes.return();
});

test('an address is judged by scheme, place and robots.txt, and the rule that decided is told', async () => {
  const files: Readonly<Record<string, (response: ServerResponse) => void>> = {
    rules: (response) => { response.end('User-agent: Proofsheet\nDisallow: /private/\nAllow: /private/open'); },
    none: (response) => { response.writeHead(404).end(); },
    broken: (response) => { response.writeHead(503).end(); },
    gone: (response) => { response.socket?.destroy(); },
    endless: (response) => { response.writeHead(200); const more = setInterval(() => { response.write('# and so on\n'.repeat(10_000)); }, 1); response.on('close', () => { clearInterval(more); }); },
    elsewhere: (response) => { response.writeHead(301, { location: `http://rules.test:${site.port}/robots.txt` }).end(); },
    inside: (response) => { response.writeHead(301, { location: 'http://10.0.0.1/robots.txt' }).end(); },
  };
  const names = Object.keys(files);
  const { site, client } = await openImport((request, response) => { files[String(request.headers.host).split('.')[0] ?? '']?.(response); }, { resolve: LOOPBACK });
  const check = async (name: string, path: string, more: Partial<Parameters<typeof client.acquire.checkUrl>[0]> = {}) => {
    const { allowed, code, rule } = await client.acquire.checkUrl({ url: `http://${name}.test:${site.port}${path}`, allowHosts: names.map((one) => `${one}.test`), ...more });
    return [allowed, code, rule];
  };
  expect(await check('rules', '/a.jpg')).toEqual([true, null, null]);
  expect(await check('rules', '/private/a.jpg')).toEqual([false, 'blocked-robots', 'Disallow: /private/']);
  expect(await check('rules', '/private/open/a.jpg')).toEqual([true, null, 'Allow: /private/open']);
  expect(await check('rules', '/private/a.jpg', { userAgent: 'Other' })).toEqual([true, null, null]);
  expect(await check('none', '/a.jpg')).toEqual([true, null, null]);
  expect(await check('broken', '/a.jpg')).toEqual([false, 'blocked-robots', null]);
  expect(await check('gone', '/a.jpg')).toEqual([false, 'blocked-robots', null]);
  expect(await check('endless', '/a.jpg')).toEqual([true, null, null]);
  expect(await check('elsewhere', '/private/a.jpg')).toEqual([false, 'blocked-robots', 'Disallow: /private/']);
  expect(await check('inside', '/a.jpg')).toEqual([false, 'blocked-address', null]);
  expect(await check('rules', '/a.jpg', { allowHosts: [] })).toEqual([false, 'blocked-address', null]);
  expect(await check('rules', '', { url: 'file:///etc/passwd' })).toEqual([false, 'blocked-scheme', null]);
  expect(await check('rules', '', { url: 'http://[::1]/a.jpg' })).toEqual([false, 'blocked-address', null]);
  // Asked once a site, and by a file given nobody at all.
  expect(site.requests.filter(({ headers }) => headers.host?.startsWith('rules')).length).toBe(2);
  const before = site.requests.length;
  expect(await check('none', '/x', { robots: 'User-agent: *\nDisallow: /x' })).toEqual([false, 'blocked-robots', 'Disallow: /x']);
  expect(site.requests.length).toBe(before);
  await expect(check('none', '', { url: 'no address' })).rejects.toMatchObject({ code: 'bad-input' });
});

test('what failed can be had as a list, and taken in again with all that its rows said', async () => {
  let isUp = false;
  const { site, folder, client, ingest } = await openImport((request, response) => {
    if (request.url === '/fine.jpg' || isUp) send(response, Buffer.concat([picture, Buffer.from(request.url ?? '')]));
    else response.writeHead(404).end();
  });
  const list = join(folder, 'shop.csv');
  const notes = ['plain', 'two, with "quotes"', 'three\nlines ', ''];
  await writeFile(list, `sku,photo,note\n${['fine', 'a,b', 'b', 'c'].map((name, index) => `S${index},"${site.origin}/${name}.jpg","${notes[index]!.replaceAll('"', '""')}"`).join('\n')}\nS9,,nowhere\n`);
  const { batches: [batch] } = await ingest({ paths: [list], allowHosts: ['127.0.0.1'] });
  expect(batch).toMatchObject({ done: 1, failed: 4 });
  const whole = await client.ingest.failedList({ batchId: batch!.parentId! });
  expect(whole).toMatchObject({ rows: 4, next: null });
  expect((await client.ingest.failedList({ batchId: batch!.id, code: 'bad-input' })).rows).toBe(1);
  const missing = await client.ingest.failedList({ batchId: batch!.id, code: 'http-404' });
  const again = join(folder, 'again.csv');
  await writeFile(again, missing.text);
  const inspected = await client.ingest.inspectList({ path: again });
  expect(inspected).toMatchObject({ columns: ['source', 'sku', 'photo', 'note', 'error', 'error_message'], sourceColumn: 'source', rows: 3 });
  expect(inspected.preview.map(({ source, sku, note, error }) => [source, sku, note, error])).toEqual([
    [`${site.origin}/a,b.jpg`, 'S1', notes[1], 'http-404'], [`${site.origin}/b.jpg`, 'S2', notes[2], 'http-404'], [`${site.origin}/c.jpg`, 'S3', notes[3], 'http-404'],
  ]);
  isUp = true;
  const { batches: [second] } = await ingest({ paths: [again], allowHosts: ['127.0.0.1'] });
  expect(second).toMatchObject({ total: 3, done: 3, failed: 0 });
  await expect(client.ingest.failedList({ batchId: 99 })).rejects.toMatchObject({ code: 'not-found' });
});

test('rows that each name a host of their own are all fetched', async () => {
  const { site, take, client } = await openImport((request, response) => { send(response, Buffer.concat([picture, Buffer.from(`${request.headers.host}`.slice(0, 2))])); }, { resolve: LOOPBACK });
  const hosts = Array.from({ length: 1500 }, (_, index) => `h${index}.test`);
  const { batches } = await take(hosts.map((host) => `http://${host}:${site.port}/a.jpg`), { allow: hosts });
  expect(batches[0]).toMatchObject({ total: 1500, done: 1500, failed: 0 });
  expect((await client.acquire.hosts()).hosts.length).toBe(1500);
});
