import { describe, expect, test } from 'vitest';
import { measureQuality, type Quality, QUALITY_WEIGHTS } from '../src/main/engine/pixels/quality.ts';
import { paint, paintPhoto, type Raw, toSharp } from './fixtures/images.ts';

function measure(raw: Pick<Raw, 'data' | 'width' | 'height'>, megapixels = 1): Quality {
  const { data, width, height } = raw;
  const luma = Float32Array.from({ length: width * height }, (_, at) => 0.299 * data[3 * at]! + 0.587 * data[3 * at + 1]! + 0.114 * data[3 * at + 2]!);
  return measureQuality({ data, width, height }, luma, megapixels);
}

const gray = (level: number): readonly number[] => [level, level, level];

describe('the metrics have the values their formulas give by hand', () => {
  test('a flat gray', () => {
    const flat = measure(paint(100, 80, () => gray(51)));
    expect([flat.sharpness, flat.contrast, flat.brightness, flat.colorfulness]).toEqual([0, 0, 0.2, 0]);
  });

  test('a ramp from black to white: deviation 255·√((n²−1)/12)/(n−1), no Laplacian', () => {
    const ramp = measure(paint(256, 10, (x) => gray(x)));
    expect(ramp.contrast).toBeCloseTo(Math.sqrt((256 ** 2 - 1) / 12) / 127.5, 3);
    expect([ramp.brightness, ramp.sharpness]).toEqual([0.5, 0]);
  });

  test('a checkerboard of single pixels: contrast 1, Laplacian ±4·255', () => {
    const board = measure(paint(50, 50, (x, y) => gray((x + y) % 2 * 255)));
    const variance = (4 * 255) ** 2;
    expect(board.contrast).toBe(1);
    expect(board.sharpness).toBeCloseTo(variance / (variance + 500), 3);
    expect(board.brightness).toBe(0.5);
  });

  test('pure red and blue halves: Hasler and Süsstrunk by hand', () => {
    // rg is 255 and 0, yb 127.5 and −255: deviations 127.5 and 191.25, means 127.5 and −63.75.
    const halves = measure(paint(40, 40, (x) => (x < 20 ? [255, 0, 0] : [0, 0, 255])));
    expect(halves.colorfulness).toBe(1);
    const pale = measure(paint(40, 40, (x) => (x < 20 ? [100, 90, 90] : [90, 90, 100])));
    const byHand = Math.hypot(5, 7.5) + 0.3 * Math.hypot(5, -2.5);
    expect(pale.colorfulness).toBeCloseTo(byHand / 109, 3);
  });

  test('resolution grows with the logarithm of the megapixels, from 0.01 to 24', () => {
    const at = (megapixels: number): number => measure(paint(10, 10, () => gray(9)), megapixels).resolution;
    expect([at(0.001), at(0.01), at(24), at(100)]).toEqual([0, 0, 1, 1]);
    expect(at(Math.sqrt(0.01 * 24))).toBeCloseTo(0.5, 4);
  });
});

test('blur lowers sharpness and score, step by step', async () => {
  const raw = paintPhoto(400, 300, 2);
  const blurred = async (sigma: number): Promise<Quality> => measure({ ...raw, data: await toSharp(raw).blur(sigma).raw().toBuffer() });
  const steps = [measure(raw), await blurred(0.6), await blurred(1.2), await blurred(2.5), await blurred(5)];
  for (let index = 1; index < steps.length; index++) {
    expect(steps[index]!.sharpness).toBeLessThan(steps[index - 1]!.sharpness);
    expect(steps[index]!.score).toBeLessThan(steps[index - 1]!.score);
  }
});

test('darkness, flatness and smallness each lower the score', () => {
  const raw = paintPhoto(400, 300, 3);
  const dimmed = { ...raw, data: Buffer.from(raw.data.map((level) => level / 4)) };
  const flattened = { ...raw, data: Buffer.from(raw.data.map((level) => 128 + (level - 128) / 4)) };
  const best = measure(raw, 12);
  expect(measure(dimmed, 12).score).toBeLessThan(best.score);
  expect(measure(flattened, 12).score).toBeLessThan(best.score);
  expect(measure(raw, 0.1).score).toBeLessThan(best.score);
});

test('the weights add up to one, and the score stays within 0 and 100', () => {
  expect(Object.values(QUALITY_WEIGHTS).reduce((sum, weight) => sum + weight, 0)).toBeCloseTo(1, 10);
  for (const raw of [paint(3, 3, () => gray(0)), paint(1, 1, () => gray(255)), paint(300, 300, (x, y) => [x % 2 * 255, y % 2 * 255, (x + y) % 2 * 255])]) {
    const { score } = measure(raw, 1000);
    expect(score).toBeGreaterThanOrEqual(0);
    expect(score).toBeLessThanOrEqual(100);
  }
});
