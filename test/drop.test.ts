import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { commonName, filesOf, summarizeDrag, type DroppedFile } from '../src/renderer/import/dropped.ts';
import { pathsIn, typedPath } from '../src/renderer/import/typed-path.ts';
import { uploadFiles } from '../src/renderer/import/upload.ts';

const dropped = (...paths: string[]): readonly DroppedFile[] => paths.map((path) => ({ path, file: new File([path], path) }));

describe('what is dragged', () => {
  it('is told apart by type, and other things than files do not count', () => {
    const items = [['file', 'image/png'], ['file', 'image/jpeg'], ['file', 'text/csv'], ['file', ''], ['string', 'text/plain']] as const;
    expect(summarizeDrag(items.map(([kind, type]) => ({ kind, type })))).toEqual({ images: 2, lists: 1, others: 1 });
  });

  it('has the name of the one folder or file it is', () => {
    expect(commonName(dropped('Rings/a.jpg', 'Rings/gold/b.jpg'))).toBe('Rings');
    expect(commonName(dropped('a.jpg'))).toBe('a.jpg');
    expect(commonName(dropped('a.jpg', 'b.jpg'))).toBeNull();
  });

  it('may be a file that lies in no folder', async () => {
    const file = new File(['x'], 'pasted.png');
    expect(await filesOf([file])).toEqual([{ path: 'pasted.png', file }]);
  });
});

describe('an upload', () => {
  /** Answers as the loopback host does, and remembers what it was sent. */
  async function startHost(answer: (request: IncomingMessage) => { readonly status?: number; readonly body: object }) {
    const received: string[] = [];
    const server = createServer((request, response) => {
      request.resume().on('end', () => {
        received.push(`${request.method ?? ''} ${request.url ?? ''} ${decodeURIComponent(String(request.headers['x-proofsheet-name'] ?? ''))}`.trim());
        const { status = 200, body } = answer(request);
        response.writeHead(status).end(JSON.stringify(body));
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => { server.close(); });
    const base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    return { received, upload: (path: string, init: RequestInit) => fetch(base + path, init) };
  }

  it('sends every file by its name and answers the folder they lie in', async () => {
    const { received, upload } = await startHost((request) => ({ body: request.url?.endsWith('/begin') ? { id: '7' } : { path: '/w/7' } }));
    const counts: number[] = [];
    expect(await uploadFiles(upload, dropped('Ringe/Größe.jpg', 'b.jpg', 'c.jpg', 'd.jpg'), (done) => counts.push(done))).toEqual(['/w/7']);
    expect(received[0]).toBe('POST /upload/begin');
    expect(received.slice(1, -1).sort()).toEqual(['POST /upload/7 Ringe/Größe.jpg', 'POST /upload/7 b.jpg', 'POST /upload/7 c.jpg', 'POST /upload/7 d.jpg']);
    expect(received.at(-1)).toBe('POST /upload/7/end');
    expect(counts).toEqual([1, 2, 3, 4]);
  });

  it('answers lists by themselves, and takes notes among pictures for no list', async () => {
    const { upload } = await startHost((request) => ({
      body: request.url?.endsWith('/begin') ? { id: '7' } : { path: request.headers['x-proofsheet-name'] ? `/w/7/${String(request.headers['x-proofsheet-name'])}` : '/w/7' },
    }));
    const send = async (...paths: string[]) => (await uploadFiles(upload, dropped(...paths), () => undefined)).toSorted();
    expect(await send('rings.csv')).toEqual(['/w/7/rings.csv']);
    expect(await send('rings.txt', 'more.json')).toEqual(['/w/7/more.json', '/w/7/rings.txt']);
    expect(await send('rings.csv', 'a.jpg', 'notes.txt')).toEqual(['/w/7', '/w/7/rings.csv']);
    expect(await send('Rings/a.jpg', 'Rings/rings.csv')).toEqual(['/w/7']);
  });

  it('ends with the host’s reason when a file is refused, and never as if it were whole', async () => {
    const { received, upload } = await startHost((request) =>
      request.headers['x-proofsheet-name'] ? { status: 507, body: { error: { code: 'disk-full', message: 'the disk is full' } } } : { body: { id: '7' } });
    await expect(uploadFiles(upload, dropped('a.jpg'), () => undefined)).rejects.toMatchObject({ code: 'disk-full', message: 'the disk is full' });
    expect(received).not.toContain('POST /upload/7/end');
  });

  it('stops the other files and counts no more when one is refused', async () => {
    const counts: number[] = [];
    const ended: string[] = [];
    const upload = (_path: string, init: RequestInit): Promise<Response> => {
      const name = new Headers(init.headers).get('X-Proofsheet-Name');
      if (name === null) return Promise.resolve(Response.json({ id: '7' }));
      if (name === 'a.jpg') return Promise.resolve(Response.json({ error: { message: 'the disk is full' } }, { status: 507 }));
      return new Promise((_, reject) => { init.signal?.addEventListener('abort', () => { ended.push(name); reject(new DOMException('', 'AbortError')); }); });
    };
    await expect(uploadFiles(upload, dropped('a.jpg', 'b.jpg', 'c.jpg', 'd.jpg', 'e.jpg'), (done) => counts.push(done))).rejects.toThrow('the disk is full');
    expect(ended).toEqual(['b.jpg', 'c.jpg']);
    expect(counts).toEqual([]);
  });
});

describe('a path', () => {
  it('that is pasted may be quoted, an address of a file, or one of many', () => {
    expect(pathsIn('/pictures/a b.jpg\r\n"/pictures/c.jpg"\n\nfile:///pictures/Gr%C3%B6%C3%9Fe.jpg\n')).toEqual(['/pictures/a b.jpg', '/pictures/c.jpg', '/pictures/Größe.jpg']);
    expect(pathsIn('C:\\Pictures\nfile:///C:/Pictures/a.jpg')).toEqual(['C:\\Pictures', 'C:/Pictures/a.jpg']);
    expect(pathsIn('100% wool\n/pictures')).toEqual([]);
    expect(pathsIn('file:///100%')).toEqual(['/100%']);
  });

  it('that is typed begins at the home folder or in the folder that is shown', () => {
    expect(typedPath(' ~/Pictures ', '/srv', '/home/ada')).toBe('/home/ada/Pictures');
    expect(typedPath('2024', '/srv/pictures/', '/home/ada')).toBe('/srv/pictures/2024');
    expect(typedPath('/tmp', '/srv', '/home/ada')).toBe('/tmp');
  });
});
