import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { request } from 'node:http';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { WebSocket } from 'ws';
import { connectEngine, type EngineLink } from '../src/main/host/engine-link.ts';
import { startLoopbackServer, type LoopbackServer } from '../src/main/server/server.ts';
import { enginePid, LAUNCH, makePictures, temporaryFolder } from './hosts.ts';

interface Site extends LoopbackServer {
  readonly workspace: string;
  readonly link: EngineLink;
  readonly origin: string;
  readonly withToken: (more?: Readonly<Record<string, string>>) => { readonly headers: Record<string, string> };
  /** fetch does not let a Host or a raw path be chosen. */
  readonly rawStatus: (path: string, headers?: Readonly<Record<string, string>>) => Promise<number | undefined>;
  /** The protocol agreed on, or the HTTP status of the refusal. */
  readonly upgrade: (protocols: readonly string[], origin?: string) => Promise<{ readonly socket: WebSocket; readonly result: string | number | undefined }>;
}

async function startSite(): Promise<Site> {
  const folder = await temporaryFolder();
  const workspace = join(folder, 'workspace');
  const rendererFolder = join(folder, 'renderer');
  await mkdir(join(rendererFolder, 'assets'), { recursive: true });
  await writeFile(join(rendererFolder, 'index.html'), '<!doctype html><title>Window</title>');
  await writeFile(join(rendererFolder, 'assets', 'main-1234.js'), 'export {};');
  await writeFile(join(folder, 'outside.txt'), 'outside');
  const link = await connectEngine({ workspace, launch: LAUNCH, work: true, supervision: { firstBackoffMs: 20 } });
  const server = await startLoopbackServer({ link, rendererFolder, port: 0, version: '1.2.3', platform: 'linux' });
  onTestFinished(async () => {
    await server.close();
    await link.stop('now');
  });
  const host = `127.0.0.1:${String(server.port)}`;
  const origin = `http://${host}`;
  return {
    ...server, workspace, link, origin,
    withToken: (more = {}) => ({ headers: { authorization: `Bearer ${server.token}`, ...more } }),
    rawStatus: async (path, headers = { host }) => await new Promise((resolve, reject) => {
      request({ host: '127.0.0.1', port: server.port, path, headers }, (response) => {
        response.resume();
        resolve(response.statusCode);
      }).on('error', reject).end();
    }),
    upgrade: async (protocols, from = origin) => {
      const socket = new WebSocket(`ws://${host}/rpc`, [...protocols], { headers: { origin: from } });
      onTestFinished(() => { socket.terminate(); });
      return await new Promise((resolve) => {
        socket.on('open', () => { resolve({ socket, result: socket.protocol }); });
        socket.on('unexpected-response', (_request, response) => { resolve({ socket, result: response.statusCode }); });
        socket.on('error', () => undefined);
      });
    },
  };
}

describe('the page', () => {
  test('is answered without a token, with a strict policy', async () => {
    const { origin } = await startSite();
    const response = await fetch(origin);
    expect(response.status).toBe(200);
    expect(await response.text()).toContain('<title>Window</title>');
    const policy = response.headers.get('content-security-policy') ?? '';
    expect(policy).toContain("default-src 'none'");
    expect(policy).toContain("script-src 'self';");
    expect(policy).not.toContain('unsafe');
    expect(response.headers.get('referrer-policy')).toBe('no-referrer');
    expect(response.headers.get('cross-origin-opener-policy')).toBe('same-origin');
    expect(response.headers.get('access-control-allow-origin')).toBeNull();
  });

  test('stands behind every route of the window, while a missing file is missing', async () => {
    const { origin } = await startSite();
    expect(await (await fetch(`${origin}/library/batches`)).text()).toContain('Window');
    expect((await fetch(`${origin}/assets/gone.js`)).status).toBe(404);
    expect((await fetch(`${origin}/assets/main-1234.js`)).headers.get('cache-control')).toContain('immutable');
  });

  test.each(['/../outside.txt', '/%2e%2e/outside.txt', '/..%2foutside.txt', '/assets/..%5c..%5coutside.txt', '/%00.js', '/%ff.js'])('cannot be left by %s', async (path) => {
    const { rawStatus } = await startSite();
    expect(await rawStatus(path)).toBe(404);
  });

  test('says so when it has not been built', async () => {
    const { link, workspace } = await startSite();
    const bare = await startLoopbackServer({ link, rendererFolder: join(workspace, 'nowhere'), port: 0, version: '1', platform: 'linux' });
    onTestFinished(async () => { await bare.close(); });
    const response = await fetch(`http://127.0.0.1:${String(bare.port)}/`);
    expect([response.status, await response.text()]).toEqual([200, expect.stringContaining('npm run build')]);
  });

  test('a port that is taken is refused with its number', async () => {
    const { link, port } = await startSite();
    await expect(startLoopbackServer({ link, rendererFolder: '', port, version: '1', platform: 'linux' }))
      .rejects.toMatchObject({ code: 'bad-input', message: `port ${String(port)} on 127.0.0.1 is already in use` });
  });
});

describe('who may talk to it', () => {
  test.each([
    ['another name for this computer (DNS rebinding)', '/', { host: 'evil.example' }],
    ['the right name with another port', '/', { host: '127.0.0.1:1' }],
    ['an address without a port', '/', { host: '127.0.0.1' }],
  ])('%s is refused', async (_who, path, headers) => {
    const { rawStatus } = await startSite();
    expect(await rawStatus(path, headers)).toBe(403);
  });

  test('localhost is this computer too', async () => {
    const { rawStatus, port } = await startSite();
    expect(await rawStatus('/', { host: `localhost:${String(port)}` })).toBe(200);
  });

  test('another site’s page is refused even with the token', async () => {
    const { origin, upgrade, withToken, token } = await startSite();
    expect((await fetch(`${origin}/session`, withToken({ origin: 'http://evil.example' }))).status).toBe(403);
    expect((await fetch(`${origin}/session`, withToken({ origin: 'null' }))).status).toBe(403);
    expect((await upgrade(['proofsheet', token], 'http://evil.example')).result).toBe(403);
  });

  test('the session needs the token', async () => {
    const { origin, withToken, token } = await startSite();
    expect((await fetch(`${origin}/session`)).status).toBe(401);
    expect((await fetch(`${origin}/session`, { headers: { authorization: `Bearer ${'0'.repeat(64)}` } })).status).toBe(401);
    const session = await (await fetch(`${origin}/session`, withToken())).json() as { readonly mediaBase: string };
    expect(session).toEqual({ mediaBase: expect.stringMatching(/^\/media\/[0-9a-f]{32}$/), host: 'browser', platform: 'linux', version: '1.2.3' });
    expect(session.mediaBase).not.toContain(token.slice(0, 32));
  });

  test('a connection needs the token', async () => {
    const { upgrade, token } = await startSite();
    expect((await upgrade(['proofsheet', '0'.repeat(64)])).result).toBe(401);
    expect((await upgrade(['proofsheet'])).result).toBe(401);
    expect((await upgrade([token, 'proofsheet'])).result).toBe(401);
    expect((await upgrade(['proofsheet', token])).result).toBe('proofsheet');
  });

  test('pictures need the key, and come only by it', async () => {
    const { origin, link, workspace, withToken, token } = await startSite();
    const pictures = await makePictures(join(workspace, '..', 'pictures'), 1);
    const { importIds } = await link.client.ingest.start({ paths: [pictures] });
    for await (const _snapshot of await link.client.batches.progress()) {
      if ((await link.client.ingest.summary({ importIds })).finished) break;
    }
    const [asset] = await link.client.assets.list({});
    const { mediaBase } = await (await fetch(`${origin}/session`, withToken())).json() as { readonly mediaBase: string };
    const thumb = await fetch(`${origin}${mediaBase}/renditions/${asset!.sha256}/thumb`);
    expect([thumb.status, thumb.headers.get('content-type')]).toEqual([200, 'image/jpeg']);
    const original = await fetch(`${origin}${mediaBase}/originals/${String(asset!.id)}`);
    expect(Buffer.from(await original.arrayBuffer())).toEqual(await readFile(join(pictures, '0001.jpg')));
    expect(original.headers.get('content-security-policy')).toBe("default-src 'none'; sandbox");
    for (const key of ['0'.repeat(32), token]) {
      expect((await fetch(`${origin}/media/${key}/renditions/${asset!.sha256}/thumb`)).status).toBe(404);
    }
  });
});

describe('the connection', () => {
  test('is closed when the engine dies, and a new one reaches the next engine', async () => {
    const { workspace, upgrade, token } = await startSite();
    const { socket } = await upgrade(['proofsheet', token]);
    const closed = new Promise<number>((resolve) => { socket.once('close', resolve); });
    process.kill(await enginePid(workspace), 'SIGKILL');
    expect(await closed).toBe(1012);
    expect((await upgrade(['proofsheet', token])).result).toBe('proofsheet');
  });
});

describe('uploads', () => {
  async function begin({ origin, withToken }: Site): Promise<string> {
    const response = await fetch(`${origin}/upload/begin`, { method: 'POST', ...withToken() });
    return (await response.json() as { readonly id: string }).id;
  }
  async function add({ origin, withToken }: Site, id: string, name: string, body: BodyInit): Promise<Response> {
    return await fetch(`${origin}/upload/${id}`, { method: 'POST', body, ...withToken({ 'x-proofsheet-name': encodeURIComponent(name) }) });
  }

  test('one drop becomes one folder with the files in their places', async () => {
    const site = await startSite();
    const { origin, workspace, withToken } = site;
    const id = await begin(site);
    const big = Buffer.alloc(3_000_000, 7);
    expect((await add(site, id, 'shoes/red/1.jpg', big)).status).toBe(200);
    expect((await add(site, id, 'shoes/red/1.jpg', 'another of this name')).status).toBe(200);
    const ended = await fetch(`${origin}/upload/${id}/end`, { method: 'POST', ...withToken() });
    const { path } = await ended.json() as { readonly path: string };
    expect(path.startsWith(join(workspace, 'originals', 'uploads'))).toBe(true);
    expect((await readdir(path, { recursive: true })).toSorted()).toEqual(['shoes', 'shoes/red', 'shoes/red/1 (2).jpg', 'shoes/red/1.jpg']);
    expect(await readFile(join(path, 'shoes', 'red', '1.jpg'))).toEqual(big);
    expect((await add(site, id, 'late.jpg', 'x')).status).toBe(404);
  });

  test('a name that leads out is refused and leaves nothing', async () => {
    const site = await startSite();
    const id = await begin(site);
    const response = await add(site, id, '../../catalog.sqlite', 'x');
    expect([response.status, await response.json()]).toEqual([400, { error: { code: 'bad-input', message: expect.stringContaining('..') } }]);
    expect((await add(site, '..%2f..', 'x.jpg', 'x')).status).toBe(404);
  });

  test('a file that breaks off leaves nothing behind', async () => {
    const site = await startSite();
    const { origin, workspace, withToken } = site;
    const id = await begin(site);
    const folder = join(workspace, 'originals', 'uploads', id);
    const broken = request(`${origin}/upload/${id}`, { method: 'POST', headers: { ...withToken().headers, 'x-proofsheet-name': 'half.jpg', 'content-length': '1000' } });
    broken.on('error', () => undefined).write('only this');
    await expect.poll(async () => await readdir(folder)).toHaveLength(2);
    broken.destroy();
    await expect.poll(async () => (await readdir(folder)).toSorted()).toEqual(['.open']);
  });

  test('needs the token', async () => {
    const { origin, withToken } = await startSite();
    expect((await fetch(`${origin}/upload/begin`, { method: 'POST' })).status).toBe(401);
    expect((await fetch(`${origin}/upload/begin`, withToken())).status).toBe(405);
  });
});
