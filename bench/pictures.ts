import { existsSync } from 'node:fs';
import { mkdir, rename, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';

/** Benchmarks keep what they made here, so that the next run begins at once. */
export const BENCH_FOLDER = join(tmpdir(), 'proofsheet-bench');

/** `count` photographs of 12 megapixels, about 3.8 MB each: structure, gradients and sensor-like noise. */
export async function largePictures(count: number): Promise<string> {
  return makeOnce(`large-${count}`, async (folder) => {
    for (let index = 0; index < count; index += 1) await writeFile(join(folder, `P${String(index).padStart(5, '0')}.jpg`), await photograph(index, 4000, 3000, true));
  });
}

/** `count` small pictures, 320×240, all different, 1000 to a folder. */
export async function smallPictures(count: number): Promise<string> {
  return makeOnce(`small-${count}`, async (folder) => {
    for (let from = 0; from < count; from += 1000) {
      const shelf = join(folder, String(from / 1000).padStart(4, '0'));
      await mkdir(shelf);
      const numbers = Array.from({ length: Math.min(1000, count - from) }, (_, index) => from + index);
      await Promise.all(numbers.map(async (index) => { await writeFile(join(shelf, `S${String(index).padStart(6, '0')}.jpg`), await photograph(index, 320, 240, false)); }));
    }
  });
}

async function makeOnce(name: string, fill: (folder: string) => Promise<void>): Promise<string> {
  const folder = join(BENCH_FOLDER, name);
  if (existsSync(folder)) return folder;
  const part = `${folder}.part-${process.pid}`;
  await mkdir(part, { recursive: true });
  await fill(part);
  await rename(part, folder);
  return folder;
}

/** A scene of blobs that depends on the number alone, enlarged, and noise like a sensor's at full size. */
async function photograph(index: number, width: number, height: number, hasNoise: boolean): Promise<Buffer> {
  const [w, h] = [24, 18];
  const scene = Buffer.alloc(w * h * 3);
  let state = index * 2654435761 + 1;
  for (let at = 0; at < scene.length; at += 1) {
    state = (Math.imul(state, 1103515245) + 12345) >>> 0;
    scene[at] = 40 + (state >>> 24) * 0.7;
  }
  const picture = sharp(scene, { raw: { width: w, height: h, channels: 3 } }).resize(width, height, { kernel: 'cubic', fit: 'fill' });
  // Noise is slow to make, and a hundred thousand small pictures differ enough without it.
  if (!hasNoise) return picture.jpeg({ quality: 88 }).toBuffer();
  const noise = await sharp({ create: { width, height, channels: 3, background: '#808080', noise: { type: 'gaussian', mean: 128, sigma: 18 } } }).raw().toBuffer();
  return picture.composite([{ input: noise, raw: { width, height, channels: 3 }, blend: 'overlay' }]).jpeg({ quality: 88 }).toBuffer();
}
