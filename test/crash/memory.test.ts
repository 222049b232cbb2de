import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { createORPCClient } from '@orpc/client';
import sharp from 'sharp';
import { expect, test } from 'vitest';
import { openEngineSession, type EngineClient } from '../../src/main/host/engine-client.ts';
import { startEngine } from '../../src/main/host/engine-process.ts';
import { LAUNCH, temporaryFolder } from '../hosts.ts';

/** Peak resident memory of a running process, MB; Linux only. */
async function peakMegabytes(pid: number): Promise<number> {
  return Number(/VmHWM:\s+(\d+) kB/.exec(await readFile(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1024;
}

/** A PNG whose header promises far more than its few bytes hold. */
function bomb(width: number, height: number): Buffer {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([8, 6, 0, 0, 0], 8);
  const chunk = (type: string, data: Buffer): Buffer => {
    const frame = Buffer.alloc(8);
    frame.writeUInt32BE(data.length);
    frame.write(type, 4);
    return Buffer.concat([frame, data, Buffer.alloc(4)]);
  };
  return Buffer.concat([Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'), chunk('IHDR', header), chunk('IDAT', Buffer.alloc(2000)), chunk('IEND', Buffer.alloc(0))]);
}

test.skipIf(!existsSync('/proc/self/status'))('the engine stays below 900 MB whatever arrives at once', async () => {
  const folder = await temporaryFolder();
  const pictures = join(folder, 'pictures');
  await mkdir(pictures);
  const flat = (width: number, height: number, channels: 3 | 4) => sharp({ create: { width, height, channels, background: { r: 90, g: 120, b: 60, alpha: 0.5 } }, limitInputPixels: false });
  await Promise.all([
    flat(7000, 7000, 4).png({ compressionLevel: 1 }).toFile(join(pictures, 'alpha-1.png')),
    flat(7000, 7100, 4).png({ compressionLevel: 1, progressive: true }).toFile(join(pictures, 'alpha-2.png')),
    flat(7100, 7000, 3).jpeg({ progressive: true, chromaSubsampling: '4:4:4' }).toFile(join(pictures, 'progressive-1.jpg')),
    flat(7000, 7050, 3).jpeg({ progressive: true, chromaSubsampling: '4:4:4' }).toFile(join(pictures, 'progressive-2.jpg')),
    flat(7050, 7000, 3).webp({ lossless: true, effort: 0 }).toFile(join(pictures, 'lossless.webp')),
    flat(7000, 7000, 3).withMetadata({ orientation: 6 }).tiff({ compression: 'lzw' }).toFile(join(pictures, 'turned.tif')),
    writeFile(join(pictures, 'bomb.png'), bomb(50_000, 50_000)),
    writeFile(join(pictures, 'wide.png'), bomb(40_000, 100)),
  ]);
  const start = await startEngine({ launch: LAUNCH, workspace: join(folder, 'workspace'), work: true, debug: false });
  if (start.kind === 'refused') throw new Error(start.message);
  const client = createORPCClient<EngineClient>((await openEngineSession(start.process.address)).link);
  const { importIds } = await client.ingest.start({ paths: [pictures] });
  for await (const _ of await client.batches.progress()) if ((await client.ingest.summary({ importIds })).finished) break;
  const items = await client.ingest.items({});
  expect(items.map(({ source, state, error }) => [source.slice(pictures.length + 1), error?.code ?? state])).toEqual([
    ['alpha-1.png', 'done'], ['alpha-2.png', 'done'], ['bomb.png', 'too-many-pixels'], ['lossless.webp', 'done'], ['progressive-1.jpg', 'done'],
    ['progressive-2.jpg', 'done'], ['turned.tif', 'done'], ['wide.png', 'too-wide'],
  ]);
  const peak = await peakMegabytes(start.process.pid);
  expect(peak).toBeLessThan(900);
  await start.process.stop('drain');
});
