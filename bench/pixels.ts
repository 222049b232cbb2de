/**
 * Where the time of the pixel pass goes, on one thread and beside its peers on the same files in the same run:
 * `vipsthumbnail --size 1200` (its outputs go to a temporary folder) and the bare cascade of sharp.
 *
 *     node bench/pixels.ts [count of 12-megapixel pictures, default 12]
 */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp, { type ResizeOptions } from 'sharp';
import { POLICY_PROFILES, RENDITION_PRESETS } from '../src/contract/index.ts';
import { derive, fitInside, toZoom } from '../src/main/engine/pixels/cascade.ts';
import { decode, type Pixels } from '../src/main/engine/pixels/decode/decode.ts';
import { encodeJpeg, resizeOnWhite, type RgbImage } from '../src/main/engine/pixels/decode/sharp.ts';
import { readHeader } from '../src/main/engine/pixels/header/header.ts';
import { readMetadata } from '../src/main/engine/pixels/metadata.ts';
import { measureQuality } from '../src/main/engine/pixels/quality.ts';
import { runPixelPass } from '../src/main/engine/pixels/pass.ts';
import { fingerprint } from '../src/main/engine/similarity/fingerprint.ts';

const count = Number(process.argv[2] ?? 12);
const folder = await mkdtemp(join(tmpdir(), 'proofsheet-bench-'));
try {
  const large: Buffer[] = [];
  for (let index = 0; index < count; index++) large.push(await makeJpeg(4000, 3000, index + 1));
  for (const [index, bytes] of large.entries()) await writeFile(join(folder, `${index}.jpg`), bytes);
  console.log(`${count} JPEGs of 12 megapixels, ${(large.reduce((sum, bytes) => sum + bytes.length, 0) / count / 1e6).toFixed(1)} MB each: CPU per picture`);
  const whole = await measure('pass and SHA-256', large, hashAndPass);
  const bare = await measure('bare cascade 1200 → 400 → 100', large, bareCascade);
  const peer = measureVips(folder, count);
  await measureParts(large, 1200, 900);
  console.log(`pass / bare cascade ${(whole / bare).toFixed(2)}${peer === null ? '' : `, pass / vipsthumbnail ${(whole / peer).toFixed(2)}`}`);

  const small: Buffer[] = [];
  for (let index = 0; index < 200; index++) small.push(await makeJpeg(320, 240, index + 1));
  console.log('\n200 JPEGs of 320×240 px: CPU per picture');
  await measure('pass and SHA-256', small, hashAndPass);
  await measure('bare cascade 1200 → 400 → 100', small, bareCascade);
} finally {
  await rm(folder, { recursive: true });
}

/** Slow gradients, tiles and noise: about as hard to decode as a photograph. */
async function makeJpeg(width: number, height: number, seed: number): Promise<Buffer> {
  const data = Buffer.alloc(width * height * 3);
  let state = seed * 7919;
  const [across, down] = [(8 + seed) / width, (9 + seed) / height];
  for (let y = 0, at = 0; y < height; y++) {
    for (let x = 0; x < width; x++, at += 3) {
      state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
      const noise = ((state >>> 24) - 128) * 0.12;
      const tile = ((x * 32 / width) & 1) ^ ((y * 24 / height) & 1) ? 14 : -14;
      const level = 128 + 60 * Math.sin(x * across + y * down * 0.5) + 40 * Math.sin(x * down * 0.3) + tile + noise;
      data[at] = Math.max(0, Math.min(255, level + 20 * Math.sin(x * across * 3)));
      data[at + 1] = Math.max(0, Math.min(255, level));
      data[at + 2] = Math.max(0, Math.min(255, level * 0.8 + 30 * Math.cos(y * down * 2)));
    }
  }
  return sharp(data, { raw: { width, height, channels: 3 } }).jpeg({ quality: 88 }).toBuffer();
}

/** User and system time of this process, in milliseconds a picture, after one round to warm up. */
async function measure(name: string, files: readonly Buffer[], work: (bytes: Buffer, index: number) => unknown): Promise<number> {
  for (const [index, bytes] of files.entries()) await work(bytes, index);
  const start = process.cpuUsage();
  for (const [index, bytes] of files.entries()) await work(bytes, index);
  const { user, system } = process.cpuUsage(start);
  const milliseconds = (user + system) / 1000 / files.length;
  console.log(`${milliseconds.toFixed(2).padStart(8)} ms  ${name}`);
  return milliseconds;
}

async function hashAndPass(bytes: Buffer): Promise<void> {
  createHash('sha256').update(bytes).digest('hex');
  await runPixelPass(bytes, {
    policy: POLICY_PROFILES.standard, salvage: false, admit: () => Promise.resolve({ [Symbol.dispose]: () => undefined }),
  });
}

async function bareCascade(bytes: Buffer): Promise<void> {
  const inside = (side: number): ResizeOptions => ({ width: side, height: side, fit: 'inside', withoutEnlargement: true });
  const zoom = await sharp(bytes).resize(inside(RENDITION_PRESETS.zoom)).raw().toBuffer({ resolveWithObject: true });
  const card = await sharp(zoom.data, { raw: zoom.info }).resize(inside(RENDITION_PRESETS.card)).raw().toBuffer({ resolveWithObject: true });
  await Promise.all([
    sharp(zoom.data, { raw: zoom.info }).jpeg({ quality: 85 }).toBuffer(),
    sharp(card.data, { raw: card.info }).jpeg({ quality: 85 }).toBuffer(),
    sharp(card.data, { raw: card.info }).resize(inside(RENDITION_PRESETS.thumb)).jpeg({ quality: 85 }).toBuffer(),
  ]);
}

/** Null where vipsthumbnail is not installed. */
function measureVips(files: string, pictures: number): number | null {
  const script = 'TIMEFORMAT="%U %S"; time vipsthumbnail --size 1200 -o thumb-%s.jpg [0-9]*.jpg';
  const { stderr } = spawnSync('bash', ['-c', script], { cwd: files, encoding: 'utf8' });
  const times = /^([\d.]+) ([\d.]+)$/m.exec(stderr);
  if (!times || stderr.includes('not found')) {
    console.log('       –     vipsthumbnail --size 1200 (not installed: libvips-tools)');
    return null;
  }
  const milliseconds = ((Number(times[1]) + Number(times[2])) * 1000) / pictures;
  console.log(`${milliseconds.toFixed(2).padStart(8)} ms  vipsthumbnail --size 1200`);
  return milliseconds;
}

async function measureParts(files: readonly Buffer[], width: number, height: number): Promise<void> {
  const headers = files.map((bytes) => readHeader(bytes, 'jpeg'));
  const zooms: RgbImage[] = [];
  const cards: RgbImage[] = [];
  const lumas: Float32Array[] = [];
  const at = <Value>(values: readonly Value[], index: number): Value => {
    const value = values[index];
    if (value === undefined) throw new Error(`nothing measured for picture ${index}`);
    return value;
  };
  console.log('of which');
  await measure('  SHA-256', files, (bytes) => createHash('sha256').update(bytes).digest());
  await measure('  header and metadata', files, (bytes) => readMetadata(readHeader(bytes, 'jpeg').blocks));
  await measure('  decode and reduce to zoom', files, async (bytes, index) => {
    const pixels: Pixels = await decode(bytes, 'jpeg', at(headers, index), { isTolerant: false, reduceTo: { width, height } });
    zooms[index] = await toZoom(pixels);
  });
  const card = fitInside({ width, height }, RENDITION_PRESETS.card);
  await measure('  reduce to card', files, async (_, index) => { cards[index] = await resizeOnWhite({ ...at(zooms, index), channels: 3 }, card.width, card.height); });
  await measure('  encode zoom', files, (_, index) => encodeJpeg(at(zooms, index), width, height));
  await measure('  encode card', files, (_, index) => encodeJpeg(at(cards, index), card.width, card.height));
  await measure('  reduce to thumb and encode', files, (_, index) => encodeJpeg(at(cards, index), 100, 75));
  for (const [index, { data }] of cards.entries()) lumas[index] = Float32Array.from({ length: data.length / 3 }, (_, pixel) => data[3 * pixel + 1] ?? 0);
  await measure('  fingerprints', files, (_, index) => fingerprint(at(lumas, index), card.width, card.height, false));
  await measure('  quality', files, (_, index) => measureQuality(at(cards, index), at(lumas, index), 12));
  await measure('  all that follows the decode', files, (_, index) => derive(at(zooms, index), { width: 4000, height: 3000 }, null));
}
