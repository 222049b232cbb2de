import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ErrorMetric, ImageMagick, initializeImageMagick } from '@imagemagick/magick-wasm';
import sharp, { type Sharp } from 'sharp';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { TRANSFORMS, type Transform } from '../src/contract/index.ts';
import { align } from '../src/main/engine/compare/align.ts';
import { hashBand, psnrBand } from '../src/main/engine/compare/bands.ts';
import { compareTask, type CompareInput, type CompareResult } from '../src/main/engine/compare/compare-task.ts';
import { isHeatmap } from '../src/main/engine/compare/heatmap.ts';
import { resizedRows, rowsOf } from '../src/main/engine/compare/rows.ts';
import type { TaskContext } from '../src/main/engine/tasks/define-task.ts';
import { createRandom, HEIC, paint, paintPhoto, type Raw, toSharp } from './fixtures/images.ts';

describe('the bands', () => {
  test('of PSNR have their bounds at 30 and 40 dB, both of them good', () => {
    expect([null, 99, 40.000001, 40, 39.9, 30, 29.999999, 0].map(psnrBand)).toEqual(['identical', 'excellent', 'excellent', 'good', 'good', 'good', 'lower', 'lower']);
  });

  test('of the hash distance are 0, 1 to 5, 6 to 10 and more', () => {
    expect([0, 1, 5, 6, 10, 11, 64].map(hashBand)).toEqual(['same-fingerprint', 'very-similar', 'very-similar', 'similar', 'similar', 'different', 'different']);
  });
});

describe('two files', () => {
  let folder: string;
  let count = 0;
  const photo = paintPhoto(330, 220, 7);
  beforeAll(async () => { folder = await mkdtemp(join(tmpdir(), 'proofsheet-compare-')); });
  afterAll(async () => { await rm(folder, { recursive: true }); });

  async function file(bytes: Buffer, name = `${count += 1}`): Promise<string> {
    const path = join(folder, name);
    await writeFile(path, bytes);
    return path;
  }

  async function png(raw: Raw): Promise<string> {
    return await file(await toSharp(raw).png().toBuffer());
  }

  async function raw(image: Sharp): Promise<Raw> {
    const { data, info: { width, height } } = await image.raw().toBuffer({ resolveWithObject: true });
    return { data, width, height, channels: 3 };
  }

  async function compare(a: string, b: string, options: Partial<CompareInput> = {}): Promise<CompareResult> {
    const side = (path: string): CompareInput['a'] => ({ name: path, paths: [path], sha256: null });
    const scratch = join(folder, `scratch ${count += 1}`);
    const result = await compareTask.run({ a: side(a), b: side(b), transform: 'identity', scratch, heatmap: null, ...options }, createContext().context);
    expect(existsSync(scratch)).toBe(false);
    return result;
  }

  test.each([[1, 48.1308], [2, 42.1102], [5, 34.1514], [10, 28.1308]])('that differ by %i everywhere have 20·log10(255/d) = %f dB', async (d, expected) => {
    const gray = (value: number): Raw => paint(64, 48, () => [value, value, value]);
    const found = await compare(await png(gray(100)), await png(gray(100 + d)));
    expect(found.psnrDb).toBeCloseTo(expected, 4);
    expect(found.psnrDb).toBeCloseTo(20 * Math.log10(255 / d), 9);
    expect(found).toMatchObject({ alignment: 'same-size', identicalPixels: false, comparedWidth: 64, comparedHeight: 48 });
  });

  test('with identical pixels have no PSNR, whatever holds them; equal bytes are equal in everything', async () => {
    const original = await png(photo);
    const tiff = await file(await toSharp(photo).tiff({ compression: 'lzw' }).toBuffer());
    const found = await compare(original, tiff);
    expect(found).toMatchObject({ identicalPixels: true, psnrDb: null, ssim: 1, pdqDistance: 0, phashDistance: 0 });
    expect(found.a.sha256).not.toBe(found.b.sha256);
    expect(await compare(original, original)).toMatchObject({ identicalPixels: true, psnrDb: null, ssim: 1, pdqDistance: 0, phashDistance: 0, alignment: 'same-size' });
  });

  test('are compared on white where they are transparent, but their pixels are then not identical', async () => {
    const transparent = await png(paint(60, 40, (x) => (x < 30 ? [0, 0, 0, 0] : [10, 200, 30, 255]), 4));
    const opaque = await png(paint(60, 40, (x) => (x < 30 ? [255, 255, 255] : [10, 200, 30])));
    expect(await compare(transparent, opaque)).toMatchObject({ psnrDb: null, ssim: 1, identicalPixels: false });
  });

  test('are worse the stronger one of them is compressed', async () => {
    const original = await png(photo);
    const found: CompareResult[] = [];
    for (const quality of [95, 80, 60, 40, 20, 5]) found.push(await compare(original, await file(await toSharp(photo).jpeg({ quality }).toBuffer())));
    for (const key of ['psnrDb', 'ssim'] as const) {
      const values = found.map((one) => one[key]!);
      expect(values).toEqual(values.toSorted((a, b) => b - a));
      expect(new Set(values).size).toBe(values.length);
    }
  });

  test('have the SSIM of the definition, computed without any short cut', async () => {
    const random = createRandom(3);
    const noisy: Raw = { ...photo, data: photo.data.map((value) => Math.max(0, Math.min(255, value + (random() - 0.5) * 40))) as Buffer };
    const found = await compare(await png(photo), await png(noisy));
    expect(found.ssim).toBeCloseTo(slowSsim(photo, noisy), 5);
    const tiny = (seed: number): Raw => paintPhoto(7, 30, seed);
    expect((await compare(await png(tiny(1)), await png(tiny(2)))).ssim).toBeCloseTo(slowSsim(tiny(1), tiny(2)), 5);
  });

  test('have the PSNR and the SSIM that ImageMagick 7 finds', async () => {
    await initializeImageMagick(await readFile(fileURLToPath(import.meta.resolve('@imagemagick/magick-wasm/magick.wasm'))));
    // In gray, since it averages the SSIM of the channels.
    const gray = paint(330, 220, (x, y) => Array.from({ length: 3 }, () => photo.data[(y * 330 + x) * 3]!));
    for (const quality of [95, 50, 10]) {
      const lossy = await sharp(await toSharp(gray).jpeg({ quality }).toBuffer()).toColourspace('srgb').png().toBuffer();
      const lossless = await toSharp(gray).png().toBuffer();
      const [psnr, dissimilarity] = ImageMagick.read(lossless, (one) => ImageMagick.read(lossy, (other) => [
        // It tells decibels as a part of 120, and SSIM as (1 − SSIM) ÷ 2.
        120 * one.compare(other, ErrorMetric.PeakSignalToNoiseRatio), one.compare(other, ErrorMetric.StructuralSimilarity),
      ] as const));
      const found = await compare(await file(lossless), await file(lossy));
      expect(found.psnrDb).toBeCloseTo(psnr, 6);
      // Its windows reach over the edges, and its window is cut off elsewhere.
      expect(Math.abs(found.ssim - (1 - 2 * dissimilarity))).toBeLessThan(0.002);
    }
  });

  const imageMagick = findProgram('compare');
  test.skipIf(imageMagick === null)('have the PSNR that ImageMagick finds (skipped where its `compare` is not installed)', async () => {
    for (const [index, raw] of [photo, paintPhoto(97, 131, 4), paintPhoto(64, 64, 5)].entries()) {
      const a = await file(await toSharp(raw).png().toBuffer(), `magick ${index}a.png`);
      const b = await file(await toSharp(raw).modulate({ brightness: 1.04 + 0.1 * index }).blur(0.6 + index).png().toBuffer(), `magick ${index}b.png`);
      const said = await magickMetric(imageMagick ?? '', 'PSNR', a, b);
      expect((await compare(a, b)).psnrDb).toBeCloseTo(said, 3);
    }
  });

  test('of different size are compared at the smaller, the same whichever comes first', async () => {
    const small = await file(await toSharp(photo).resize(165, 110, { kernel: 'lanczos3' }).png().toBuffer());
    const large = await png(photo);
    const found = await compare(large, small);
    expect(found).toMatchObject({ alignment: 'resized', comparedWidth: 165, comparedHeight: 110, identicalPixels: false });
    // Another program's kernel of the same name: all that is left is rounding.
    expect(found.psnrDb).toBeGreaterThan(45);
    const back = await compare(small, large);
    expect([back.psnrDb, back.ssim, back.alignment, back.a.width]).toEqual([found.psnrDb, found.ssim, found.alignment, 165]);
  });

  test('of other proportions are compared by the middle they share', async () => {
    const square = await png(paint(220, 220, (x, y) => [x, y, 90]));
    const wide = await png(paint(330, 220, (x, y) => [x - 55, y, 90]));
    expect(await compare(wide, square)).toMatchObject({ alignment: 'cropped', bInA: null, comparedWidth: 220, comparedHeight: 220, psnrDb: null, ssim: 1 });
  });

  test.each(TRANSFORMS)('of which one is cut from the other are compared where it was cut, with %s undone', async (transform) => {
    const cut = { left: 41, top: 23, width: 212, height: 143 };
    const part = await png(turn(await raw(toSharp(photo).extract(cut)), transform));
    const whole = await png(photo);
    const found = await compare(whole, part, { transform });
    expect(found).toMatchObject({ alignment: 'placed', comparedWidth: 212, comparedHeight: 143, psnrDb: null, ssim: 1, identicalPixels: false });
    expect(found.bInA).toEqual({ left: 41 / 330, top: 23 / 220, width: 212 / 330, height: 143 / 220 });
    // Nobody said that it was turned: then there is nothing to tell where it was cut.
    if (transform !== 'identity') expect((await compare(whole, part)).bInA).toBeNull();
  });

  test('of which one is framed are compared inside the frame, whichever comes first and whatever its size', async () => {
    const whole = await png(photo);
    const framed = await file(await toSharp(photo).extend({ left: 20, right: 50, top: 30, bottom: 30, background: '#204080' }).png().toBuffer());
    const found = await compare(framed, whole);
    expect(found).toMatchObject({ alignment: 'placed', bInA: { left: 20 / 400, top: 30 / 280, width: 330 / 400, height: 220 / 280 }, comparedWidth: 330, comparedHeight: 220, psnrDb: null });
    const back = await compare(whole, framed);
    expect(back).toMatchObject({ alignment: 'placed', comparedWidth: 330, psnrDb: null });
    const { left, top, width, height } = back.bInA!;
    for (const [pixels, expected] of [[left * 330, -20], [top * 220, -30], [width * 330, 400], [height * 220, 280]] as const) expect(pixels).toBeCloseTo(expected, 9);
    const smaller = await file(await sharp(framed).resize(300, 210).png().toBuffer());
    const reduced = await compare(whole, smaller);
    expect(reduced.alignment).toBe('placed');
    expect(reduced.bInA!.left).toBeCloseTo(-20 / 330, 2);
    expect(reduced.psnrDb).toBeGreaterThan(30);
  });

  test.each(TRANSFORMS)('are laid over each other with %s undone', async (transform) => {
    const turned = await png(turn(photo, transform));
    const original = await png(photo);
    expect(await compare(original, turned, { transform })).toMatchObject({ psnrDb: null, ssim: 1, pdqDistance: 0, phashDistance: 0, alignment: 'same-size', comparedWidth: 330 });
    if (transform !== 'identity') expect((await compare(original, turned)).psnrDb).toBeLessThan(20);
  });

  test('may be of any format, and damaged; what is no picture is named', async () => {
    const heic = await file(HEIC);
    expect(await compare(heic, await png(paint(64, 48, () => [255, 255, 0])))).toMatchObject({ alignment: 'same-size', a: { format: 'heic', width: 64, height: 48, isDamaged: false } });
    const jpeg = await toSharp(photo).jpeg().toBuffer();
    const cut = await compare(await file(jpeg), await file(jpeg.subarray(0, jpeg.length * 0.7)));
    expect([cut.a.isDamaged, cut.b.isDamaged]).toEqual([false, true]);
    expect(cut.psnrDb).toBeLessThan(30);
    const text = await file(Buffer.from('no picture at all, only text'), 'letter.jpg');
    await expect(compare(heic, text)).rejects.toMatchObject({ code: 'not-an-image', message: expect.stringContaining('letter.jpg') });
    await expect(compare(heic, join(folder, 'gone.jpg'))).rejects.toMatchObject({ code: 'not-found', message: expect.stringContaining('gone.jpg') });
  });

  test('never ask for memory for two pictures at a time', async () => {
    const { context, most } = createContext();
    const [a, b] = [await png(photo), await png(paintPhoto(300, 200, 9))];
    const side = (path: string): CompareInput['a'] => ({ name: path, paths: [path], sha256: null });
    await compareTask.run({ a: side(a), b: side(b), transform: 'identity', scratch: join(folder, 'scratch'), heatmap: null }, context);
    expect(most()).toEqual({ files: 1, decodes: 1 });
  });

  test('are decoded once each, and of two sizes only the smaller once more', async () => {
    const [large, small, same] = [await png(photo), await png(await raw(toSharp(photo).resize(165))), await png(paintPhoto(330, 220, 9))];
    const side = (path: string): CompareInput['a'] => ({ name: path, paths: [path], sha256: null });
    const needOf = async (a: string, b: string) => {
      const { context } = createContext();
      const asked: number[] = [];
      await compareTask.run({ a: side(a), b: side(b), transform: 'identity', scratch: join(folder, 'scratch'), heatmap: null }, { ...context, admitDecode: (bytes) => { asked.push(bytes); return context.admitDecode(bytes); } });
      return asked;
    };
    expect(await needOf(large, same)).toHaveLength(2);
    for (const asked of [await needOf(large, small), await needOf(small, large)]) {
      expect(asked).toHaveLength(3);
      expect(asked[0]).toBe(asked[2]);
      expect(asked[1]).toBeGreaterThan(asked[0]!);
    }
  });

  test('leave a heat map: black where they are equal, lighter the more they differ', async () => {
    const steps = [0, 1, 5, 20, 80, 255];
    const [dark, other] = [await png(paint(60, 10, () => [0, 0, 0])), await png(paint(60, 10, (x) => [0, steps[Math.floor(x / 10)]!, 0]))];
    const heatmap = join(folder, 'heat.png');
    await compare(dark, other, { heatmap });
    const { data, info } = await sharp(heatmap).removeAlpha().raw().toBuffer({ resolveWithObject: true });
    expect([info.width, info.height, info.channels]).toEqual([60, 10, 3]);
    const colors = steps.map((_, index) => [...data.subarray((index * 10 + 5) * 3, (index * 10 + 5) * 3 + 3)]);
    expect(colors[0]).toEqual([0, 0, 0]);
    const luma = colors.map(([red, green, blue]) => 0.299 * red! + 0.587 * green! + 0.114 * blue!);
    for (const [index, value] of luma.entries()) if (index > 0) expect(value).toBeGreaterThan(luma[index - 1]! + 4);
    // It says who made it: nothing else may be written over.
    expect(await isHeatmap(heatmap)).toBe(true);
    expect([await isHeatmap(dark), await isHeatmap(join(folder, 'nothing')), await isHeatmap(folder)]).toEqual([false, false, false]);
  });
});

describe('alignment', () => {
  test.each([
    [[400, 300], [400, 300], 'same-size', [400, 300]],
    [[4000, 3000], [400, 300], 'resized', [400, 300]],
    // 1333×1000 reduced to 100 px is 75.02 high: rounding is no other shape.
    [[1333, 1000], [100, 75], 'resized', [100, 75]],
    [[3000, 4], [400, 1], 'resized', [400, 1]],
    [[300, 200], [200, 300], 'cropped', [133, 200]],
    [[4000, 500], [1000, 1000], 'cropped', [500, 500]],
  ] as const)('of %j and %j is %s at %j', (one, other, kind, [width, height]) => {
    const size = ([w, h]: readonly [number, number]) => ({ width: w, height: h });
    const found = align(size(one), size(other));
    expect([found.kind, found.size]).toEqual([kind, { width, height }]);
    const back = align(size(other), size(one));
    expect([back.kind, back.size, back.a, back.b]).toEqual([found.kind, found.size, found.b, found.a]);
    for (const [region, [w, h]] of [[found.a, one], [found.b, other]] as const) expect(region.left >= 0 && region.top >= 0 && region.left + region.width <= w + 1e-9 && region.top + region.height <= h + 1e-9).toBe(true);
  });

  test('of any part at any size keeps a flat colour flat', () => {
    const flat = { ...paint(50, 40, () => [7, 99, 200]), channels: 3 as const };
    for (const row of resizedRows(rowsOf(flat, 'identity'), { left: 3.5, top: 2.25, width: 40, height: 30 }, { width: 17, height: 11 })) {
      for (let at = 0; at < row.length; at += 3) expect([...row.subarray(at, at + 3)]).toEqual([7, 99, 200]);
    }
  });
});

/** A context that lends what is asked for and counts how much is out at one time. */
function createContext(): { readonly context: TaskContext; readonly most: () => { files: number; decodes: number } } {
  const out = { files: 0, decodes: 0 };
  const most = { files: 0, decodes: 0 };
  const take = (kind: 'files' | 'decodes'): Disposable => {
    out[kind] += 1;
    most[kind] = Math.max(most[kind], out[kind]);
    return { [Symbol.dispose]: () => { out[kind] -= 1; } };
  };
  return {
    context: {
      lendFileBuffer: (bytes) => Promise.resolve({ buffer: Buffer.alloc(bytes), ...take('files') }),
      admitDecode: () => Promise.resolve(take('decodes')),
    },
    most: () => most,
  };
}

/** Pixel by pixel: `turn(a, t)` is what `t` does to `a`. */
function turn({ data, width, height }: Raw, transform: Transform): Raw {
  const swaps = ['rotate-90', 'rotate-270', 'transpose', 'transverse'].includes(transform);
  const [outWidth, outHeight] = swaps ? [height, width] : [width, height];
  const from: Record<Transform, (x: number, y: number) => readonly [number, number]> = {
    'identity': (x, y) => [x, y],
    // Clockwise: what was at the bottom left comes to the top left.
    'rotate-90': (x, y) => [y, height - 1 - x],
    'rotate-180': (x, y) => [width - 1 - x, height - 1 - y],
    'rotate-270': (x, y) => [width - 1 - y, x],
    'flip-horizontal': (x, y) => [width - 1 - x, y],
    'flip-vertical': (x, y) => [x, height - 1 - y],
    'transpose': (x, y) => [y, x],
    'transverse': (x, y) => [width - 1 - y, height - 1 - x],
  };
  return paint(outWidth, outHeight, (x, y) => {
    const [sourceX, sourceY] = from[transform](x, y);
    const at = (sourceY * width + sourceX) * 3;
    return [data[at]!, data[at + 1]!, data[at + 2]!];
  });
}

/** SSIM with the sums of the paper written down as they stand there. */
function slowSsim(a: Raw, b: Raw): number {
  const { width, height } = a;
  const kernel = (length: number): number[] => {
    const raw = Array.from({ length }, (_, index) => Math.exp(-((index - (length - 1) / 2) ** 2) / (2 * 1.5 ** 2)));
    return raw.map((weight) => weight / raw.reduce((sum, one) => sum + one, 0));
  };
  const [across, down] = [kernel(Math.min(11, width)), kernel(Math.min(11, height))];
  const luma = ({ data }: Raw, x: number, y: number): number => [0.299, 0.587, 0.114].reduce((sum, weight, channel) => sum + weight * data[(y * width + x) * 3 + channel]!, 0);
  const [c1, c2] = [(0.01 * 255) ** 2, (0.03 * 255) ** 2];
  let total = 0;
  let places = 0;
  for (let top = 0; top + down.length <= height; top += 1) {
    for (let left = 0; left + across.length <= width; left += 1) {
      const window = down.flatMap((wy, dy) => across.map((wx, dx) => ({ weight: wx * wy, a: luma(a, left + dx, top + dy), b: luma(b, left + dx, top + dy) })));
      const mean = (of: 'a' | 'b'): number => window.reduce((sum, one) => sum + one.weight * one[of], 0);
      const [meanA, meanB] = [mean('a'), mean('b')];
      const covariance = (one: 'a' | 'b', other: 'a' | 'b'): number => window.reduce((sum, pixel) => sum + pixel.weight * (pixel[one] - mean0(one)) * (pixel[other] - mean0(other)), 0);
      const mean0 = (of: 'a' | 'b'): number => (of === 'a' ? meanA : meanB);
      total += ((2 * meanA * meanB + c1) * (2 * covariance('a', 'b') + c2)) / ((meanA ** 2 + meanB ** 2 + c1) * (covariance('a', 'a') + covariance('b', 'b') + c2));
      places += 1;
    }
  }
  return total / places;
}

function findProgram(name: string): string | null {
  return (process.env['PATH'] ?? '').split(delimiter).map((folder) => join(folder, name)).find((path) => existsSync(path)) ?? null;
}

/** It prints the figure on stderr and ends with 1 where the pictures differ. */
async function magickMetric(program: string, metric: string, a: string, b: string): Promise<number> {
  const said = await new Promise<string>((resolve, reject) => {
    execFile(program, ['-metric', metric, a, b, 'null:'], (error, _stdout, stderr) => { if (error && Number(error.code) > 1) reject(new Error(stderr)); else resolve(stderr); });
  });
  return Number.parseFloat(said);
}
