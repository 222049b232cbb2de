import { mkdir, mkdtemp, rm, symlink, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { hostError } from '../src/main/host/host-error.ts';
import { createMediaResponder } from '../src/main/host/media.ts';

const SHA = `ab${'0'.repeat(62)}`;
const LINK = `ab${'1'.repeat(62)}`;
const ORIGINALS: Readonly<Record<number, { readonly name: string; readonly format: string }>> = {
  1: { name: 'ten.jpg', format: 'jpeg' }, 2: { name: 'drawing.svg', format: 'svg' }, 3: { name: 'gone.jpg', format: 'jpeg' }, 4: { name: 'folder', format: 'jpeg' },
};

describe('media addresses', () => {
  let folder: string;
  let ask: (path: string, init?: RequestInit) => Promise<Response>;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'proofsheet-media-'));
    const workspace = join(folder, 'workspace');
    await mkdir(join(workspace, 'renditions', 'ab'), { recursive: true });
    await writeFile(join(workspace, 'renditions', 'ab', `${SHA}.thumb.jpg`), 'thumbnail');
    await writeFile(join(folder, 'secret.jpg'), 'secret');
    await symlink(join(folder, 'secret.jpg'), join(workspace, 'renditions', 'ab', `${LINK}.thumb.jpg`));
    await writeFile(join(folder, 'ten.jpg'), '0123456789');
    await writeFile(join(folder, 'drawing.svg'), '<svg onload="alert(1)"/>');
    await mkdir(join(folder, 'folder'));
    const respond = createMediaResponder({
      workspace,
      original(id) {
        const found = ORIGINALS[id];
        return found === undefined
          ? Promise.reject(hostError('vanished', 'no source of this asset exists any more'))
          : Promise.resolve({ path: join(folder, found.name), format: found.format });
      },
      drawable: (id) => (id === 5 ? Promise.resolve({ path: join(folder, 'ten.jpg'), format: 'png', isCopy: false }) : Promise.reject(hostError('corrupt', 'the PNG data is damaged'))),
      tile: ({ id, level, column, row }) => (id === 5 && level === 1 && column === 2 && row === 3 ? Promise.resolve({ path: join(folder, 'ten.jpg'), format: 'jpeg', offset: 3, bytes: 4 }) : Promise.reject(hostError('not-found', 'Asset 5 has no such tile.'))),
      heatmap: (a, b, transform) => (a === 1 && b === 2 && transform === 'rotate-90' ? Promise.resolve({ path: join(folder, 'ten.jpg') }) : Promise.reject(hostError('not-found', 'There is no asset 9.'))),
    });
    ask = async (path, init) => await respond(new Request(`http://media${path}`, init));
  });
  afterAll(async () => { await rm(folder, { recursive: true }); });

  test('a rendition is a picture that may be kept for ever', async () => {
    const response = await ask(`/renditions/${SHA}/thumb`);
    expect(response.status).toBe(200);
    expect(await response.text()).toBe('thumbnail');
    expect(response.headers.get('content-type')).toBe('image/jpeg');
    expect(response.headers.get('cache-control')).toContain('immutable');
    expect(response.headers.get('x-content-type-options')).toBe('nosniff');
    const again = await ask(`/renditions/${SHA}/thumb`, { headers: { 'if-none-match': response.headers.get('etag') ?? '' } });
    expect(again.status).toBe(304);
  });

  test.each([
    ['a rendition that was never made', `/renditions/${SHA}/zoom`],
    ['an unknown preset', `/renditions/${SHA}/huge`],
    ['a hash that is none', '/renditions/abc/thumb'],
    ['an upper-case hash', `/renditions/${SHA.toUpperCase()}/thumb`],
    ['a way out of the folder', `/renditions/..%2f..%2f${SHA}/thumb`],
    ['a link that leads out of the folder', `/renditions/${LINK}/thumb`],
    ['the catalog itself', '/catalog.sqlite'],
    ['an original that vanished', '/originals/9'],
    ['an original whose file is gone', '/originals/3'],
    ['a folder in an original’s place', '/originals/4'],
    ['an id that is none', '/originals/1e3'],
  ])('%s is not found', async (_what, path) => {
    const response = await ask(path);
    expect(response.status).toBe(404);
    expect(await response.text()).toBe('');
  });

  test('an original is served sandboxed, with its known type, and never kept', async () => {
    const response = await ask('/originals/1');
    expect(await response.text()).toBe('0123456789');
    expect(response.headers.get('content-type')).toBe('image/jpeg');
    expect(response.headers.get('content-security-policy')).toBe("default-src 'none'; sandbox");
    expect(response.headers.get('cache-control')).toBe('private, no-store');
  });

  test('a full-size copy and a heat map are asked for again each time, and sent again only when they show something else', async () => {
    for (const [path, type] of [['/full/5', 'image/png'], ['/heatmaps/1/2/rotate-90', 'image/png']] as const) {
      const response = await ask(path);
      expect([response.status, await response.text(), response.headers.get('content-type'), response.headers.get('cache-control')]).toEqual([200, '0123456789', type, 'private, no-cache']);
      const etag = response.headers.get('etag') ?? '';
      expect((await ask(path, { headers: { 'if-none-match': etag } })).status).toBe(304);
      const now = new Date();
      await utimes(join(folder, 'ten.jpg'), now, now);
      expect((await ask(path, { headers: { 'if-none-match': etag } })).status).toBe(path.startsWith('/full') ? 200 : 304);
    }
    expect((await ask('/full/6')).status).toBe(500);
    for (const path of ['/heatmaps/1/9/rotate-90', '/heatmaps/1/2/upside-down', '/heatmaps/1/2', '/full/0']) expect((await ask(path)).status).toBe(404);
  });

  test('a tile is a part of a file', async () => {
    const response = await ask('/tiles/5/1/2/3');
    expect([response.status, await response.text(), response.headers.get('content-type'), response.headers.get('content-length')]).toEqual([200, '3456', 'image/jpeg', '4']);
    expect((await ask('/tiles/5/1/2/3', { headers: { 'if-none-match': response.headers.get('etag') ?? '' } })).status).toBe(304);
    for (const path of ['/tiles/5/1/2/4', '/tiles/5/1/2', '/tiles/5/1/-2/3', '/tiles/0/1/2/3']) expect((await ask(path)).status).toBe(404);
  });

  test('a format that can carry script is refused', async () => {
    const response = await ask('/originals/2');
    expect(response.status).toBe(415);
    expect(await response.text()).toBe('');
  });

  test.each([
    ['bytes=2-4', 206, '234', 'bytes 2-4/10'],
    ['bytes=7-', 206, '789', 'bytes 7-9/10'],
    ['bytes=-3', 206, '789', 'bytes 7-9/10'],
    ['bytes=-99', 206, '0123456789', 'bytes 0-9/10'],
    ['bytes=5-99', 206, '56789', 'bytes 5-9/10'],
    ['bytes=10-', 416, '', 'bytes */10'],
    ['bytes=-0', 416, '', 'bytes */10'],
    ['bytes=4-2', 200, '0123456789', null],
    ['bytes=0-1,3-4', 200, '0123456789', null],
    ['lines=0-1', 200, '0123456789', null],
  ])('range %s is answered with %d', async (range, status, body, contentRange) => {
    const response = await ask('/originals/1', { headers: { range } });
    expect([response.status, await response.text(), response.headers.get('content-range')]).toEqual([status, body, contentRange]);
  });

  test('HEAD tells the size without the picture, other methods are refused', async () => {
    const head = await ask('/originals/1', { method: 'HEAD' });
    expect([head.status, head.headers.get('content-length'), await head.text()]).toEqual([200, '10', '']);
    expect((await ask('/originals/1', { method: 'POST' })).status).toBe(405);
  });
});
