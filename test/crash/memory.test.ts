import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import { basename, join } from 'node:path';
import { createORPCClient } from '@orpc/client';
import sharp, { type Sharp } from 'sharp';
import { describe, expect, test } from 'vitest';
import type { Policy } from '../../src/contract/index.ts';
import { POLICY_PROFILES } from '../../src/contract/settings.ts';
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

const flat = (width: number, height: number, channels: 3 | 4): Sharp => sharp({ create: { width, height, channels, background: { r: 90, g: 120, b: 60, alpha: 0.5 } }, limitInputPixels: false });

/** The same JPEG with `count` segments of 64 KB that mean nothing. */
function padded(jpeg: Buffer, count: number): Buffer {
  const segment = Buffer.alloc(65_537);
  segment.writeUInt32BE(0xffef_ffff);
  return Buffer.concat([jpeg.subarray(0, 2), ...Array.from({ length: count }, () => segment), jpeg.subarray(2)]);
}

/** What becomes of each picture in the folder, and the engine's peak. */
async function ingest(folder: string, pictures: string, policy: Policy): Promise<{ readonly outcomes: Record<string, string>; readonly peak: number }> {
  const start = await startEngine({ launch: LAUNCH, workspace: join(folder, 'workspace'), work: true, debug: false });
  if (start.kind === 'refused') throw new Error(start.message);
  const client = createORPCClient<EngineClient>((await openEngineSession(start.process.address)).link);
  await client.settings.set({ policy });
  const { importIds } = await client.ingest.start({ paths: [pictures] });
  for await (const _ of await client.batches.progress()) if ((await client.ingest.summary({ importIds })).finished) break;
  const outcomes = Object.fromEntries((await client.ingest.items({})).map(({ source, state, error }) => [basename(source), error?.code ?? state]));
  const peak = await peakMegabytes(start.process.pid);
  await start.process.stop('drain');
  return { outcomes, peak };
}

async function makeFolders(): Promise<{ readonly folder: string; readonly pictures: string }> {
  const folder = await temporaryFolder();
  const pictures = join(folder, 'pictures');
  await mkdir(pictures);
  return { folder, pictures };
}

describe.skipIf(!existsSync('/proc/self/status'))('the engine stays below 900 MB', () => {
  test('whatever arrives at once', async () => {
    const { folder, pictures } = await makeFolders();
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
    const { outcomes, peak } = await ingest(folder, pictures, POLICY_PROFILES.standard);
    expect(outcomes).toEqual({
      'alpha-1.png': 'done', 'alpha-2.png': 'done', 'bomb.png': 'too-many-pixels', 'lossless.webp': 'done', 'progressive-1.jpg': 'done',
      'progressive-2.jpg': 'done', 'turned.tif': 'done', 'wide.png': 'too-wide',
    });
    expect(peak).toBeLessThan(900);
  });

  test('with the largest pictures that a policy can allow', async () => {
    const { folder, pictures } = await makeFolders();
    const one = await flat(9500, 9500, 3).jpeg({ chromaSubsampling: '4:4:4' }).toBuffer();
    await Promise.all([
      writeFile(join(pictures, 'padded.jpg'), padded(one, 2900)),
      flat(13_000, 13_000, 3).jpeg({ chromaSubsampling: '4:4:4' }).toFile(join(pictures, 'baseline.jpg')),
      flat(12_200, 12_200, 3).jpeg({ progressive: true, chromaSubsampling: '4:4:4' }).toFile(join(pictures, 'progressive.jpg')),
      flat(12_200, 12_200, 4).png({ compressionLevel: 1 }).toFile(join(pictures, 'alpha.png')),
      flat(12_200, 12_200, 3).webp({ effort: 0 }).toFile(join(pictures, 'lossy.webp')),
      flat(12_200, 12_200, 3).withMetadata({ orientation: 6 }).tiff({ compression: 'lzw' }).toFile(join(pictures, 'turned.tif')),
    ]);
    const { outcomes, peak } = await ingest(folder, pictures, { ...POLICY_PROFILES.photographer, maxPixels: 300e6 });
    expect(outcomes).toEqual({
      'alpha.png': 'done', 'baseline.jpg': 'done', 'lossy.webp': 'done', 'padded.jpg': 'done', 'progressive.jpg': 'too-many-pixels', 'turned.tif': 'done',
    });
    expect(peak).toBeLessThan(900);
  });
});
