import { describe, expect, test } from 'vitest';
import { makeWasm, WASM_MODULES } from '../scripts/wasm.ts';
import { HAMMING_WASM } from '../src/main/engine/similarity/hamming-wasm.ts';
import { createPlanes } from '../src/main/engine/similarity/planes.ts';
import { PLANES_WASM } from '../src/main/engine/similarity/planes-wasm.ts';
import { areaAverage } from '../src/main/engine/similarity/resample.ts';
import { createRandom } from './fixtures/images.ts';

test.each(WASM_MODULES)('the bytes that run are those that $text is made into', async (module) => {
  expect(await makeWasm(module)).toBe({ HAMMING_WASM, PLANES_WASM }[module.constant]);
});

/** Sides that four cells at a time fit into, and do not. */
const SIZES = [[16, 12], [13, 9], [7, 21], [5, 5], [31, 4], [4, 3]] as const;

/** A plane of levels, in memory that holds something else before and behind it, as after other comparisons. */
function openBench(width: number, height: number) {
  const planes = createPlanes();
  planes.begin(0);
  planes.take(100_000).fill(Number.NaN);
  planes.begin(0);
  const random = createRandom(width * 100 + height);
  const draw = (): Float32Array => planes.place(Float32Array.from({ length: width * height }, () => random() * 255));
  return { planes, draw, at: (plane: Float32Array, x: number, y: number): number => plane[Math.max(0, Math.min(height - 1, y)) * width + Math.max(0, Math.min(width - 1, x))]! };
}

/** Each cell by itself. */
function expected(width: number, height: number, cell: (x: number, y: number) => number): number[] {
  return Array.from({ length: width * height }, (_, at) => cell(at % width, Math.floor(at / width)));
}

function expectNear(found: ArrayLike<number>, wanted: readonly number[], tolerance = 1e-3): void {
  expect(found.length).toBe(wanted.length);
  for (const [at, value] of wanted.entries()) expect(Math.abs(found[at]! - value), `at ${at}: ${found[at]} for ${value}`).toBeLessThanOrEqual(tolerance * Math.max(1, Math.abs(value)));
}

const AROUND = [-2, -1, 0, 1, 2];

describe.each(SIZES)('of a plane of %i × %i cells', (width, height) => {
  const { planes, draw, at } = openBench(width, height);
  const [a, b, c] = [draw(), draw(), draw()];
  const { passes } = planes;

  test('the binomial is taken with the outermost cell repeated', () => {
    const across = expected(width, height, (x, y) => (at(a, x - 1, y) + 2 * at(a, x, y) + at(a, x + 1, y)) / 4);
    const plane = Float32Array.from(across);
    expectNear(planes.binomial(a, width, height), expected(width, height, (x, y) => (at(plane, x, y - 1) + 2 * at(plane, x, y) + at(plane, x, y + 1)) / 4));
    expectNear(planes.binomial(a, width, height, 2), [...planes.binomial(planes.binomial(a, width, height), width, height)]);
  });

  test('the least and the greatest around are those inside the plane', () => {
    const around = (x: number, y: number): number[] => AROUND.flatMap((dy) => AROUND.flatMap((dx) => (x + dx >= 0 && x + dx < width && y + dy >= 0 && y + dy < height ? [at(a, x + dx, y + dy)] : [])));
    const [found, scratch] = [planes.take(a.length), planes.take(a.length)];
    passes.extremes(a.byteOffset, found.byteOffset, scratch.byteOffset, width, height, true);
    expectNear(found, expected(width, height, (x, y) => Math.max(...around(x, y))), 0);
    passes.extremes(a.byteOffset, found.byteOffset, scratch.byteOffset, width, height, false);
    expectNear(found, expected(width, height, (x, y) => Math.min(...around(x, y))), 0);
  });

  test('another size holds the means of what its cells cover', () => {
    for (const [outWidth, outHeight] of [[3, 2], [width, 1], [2 * width, 2 * height]] as const) {
      expectNear(planes.average(a, width, height, outWidth, outHeight), [...areaAverage(a, width, height, outWidth, outHeight)]);
    }
  });

  test('the determinant of the Hessian is nothing at the edge', () => {
    const found = planes.take(a.length);
    passes.hessian(a.byteOffset, found.byteOffset, width, height);
    expectNear(found, expected(width, height, (x, y) => {
      if (x < 3 || y < 3 || x >= width - 3 || y >= height - 3) return 0;
      const xx = at(a, x - 1, y) + at(a, x + 1, y) - 2 * at(a, x, y);
      const yy = at(a, x, y - 1) + at(a, x, y + 1) - 2 * at(a, x, y);
      const xy = (at(a, x - 1, y - 1) + at(a, x + 1, y + 1) - at(a, x + 1, y - 1) - at(a, x - 1, y + 1)) / 4;
      return xx * yy - xy * xy;
    }));
  });

  test('features are found in what is smoothed, but for the outermost two cells', () => {
    const kernel = [1, 4, 6, 4, 1];
    const across = Float32Array.from(expected(width, height, (x, y) => (x < 2 || x >= width - 2 ? at(a, x, y) : AROUND.reduce((sum, dx) => sum + at(a, x + dx, y) * kernel[dx + 2]! / 16, 0))));
    const [found, scratch] = [planes.take(a.length), planes.take(a.length)];
    passes.smooth(a.byteOffset, found.byteOffset, scratch.byteOffset, width, height);
    expectNear(found, expected(width, height, (x, y) => (y < 2 || y >= height - 2 ? at(across, x, y) : AROUND.reduce((sum, dy) => sum + at(across, x, y + dy) * kernel[dy + 2]! / 16, 0))));
  });

  test('sums count every cell once', () => {
    const sums = planes.takeDoubles(2);
    passes.moments(a.byteOffset, a.length, sums.byteOffset);
    expectNear(sums, [a.reduce((sum, value) => sum + value, 0), a.reduce((sum, value) => sum + value * value, 0)], 1e-5);
    const counted = planes.place(Float32Array.from(a, (value) => (value > 100 ? 1 : 0)));
    const slope = (x: number, y: number): number => ((at(a, x + 1, y) - at(a, x - 1, y)) ** 2 + (at(a, x, y + 1) - at(a, x, y - 1)) ** 2) / 4;
    const energy = expected(width, height, (x, y) => (x < 1 || y < 1 || x >= width - 1 || y >= height - 1 ? 0 : at(counted, x, y) * Math.min(1600, slope(x, y))));
    expectNear([passes.slopeEnergy(a.byteOffset, counted.byteOffset, width, height, 1600)], [energy.reduce((sum, value) => sum + value, 0)], 1e-5);
  });

  test('a difference is the median one, to an eighth of a level', () => {
    const differences = Float32Array.from(a, (value, index) => b[index]! - value).sort();
    const found = passes.medianDifference(a.byteOffset, b.byteOffset, a.length, 1, planes.takeWords(4096).byteOffset);
    expect(Math.abs(found - differences[a.length >> 1]!)).toBeLessThanOrEqual(1 / 16);
  });

  test('blocks differ by what their sixteen cells do', () => {
    const [columns, rows] = [width >> 2, height >> 2];
    const count = columns * rows;
    const [residual, signed, slopeA, slopeB, cut] = Array.from({ length: 5 }, () => planes.take(count)) as [Float32Array, Float32Array, Float32Array, Float32Array, Float32Array];
    const clipped = planes.place(Float32Array.from(c, (value) => (value > 200 ? 1 : 0)));
    const ssim = passes.compareBlocks(a.byteOffset, b.byteOffset, clipped.byteOffset, width, height, residual.byteOffset, signed.byteOffset, slopeA.byteOffset, slopeB.byteOffset, cut.byteOffset);
    const meanOf = (block: number, cell: (x: number, y: number) => number): number => {
      const [left, top] = [(block % columns) * 4, Math.floor(block / columns) * 4];
      return Array.from({ length: 16 }, (_, index) => cell(left + index % 4, top + Math.floor(index / 4))).reduce((sum, value) => sum + value / 16, 0);
    };
    const steep = (plane: Float32Array) => (x: number, y: number): number => (x === 0 || x === width - 1 ? 0 : (at(plane, x + 1, y) - at(plane, x - 1, y)) ** 2) + (at(plane, x, y + 1) - at(plane, x, y - 1)) ** 2;
    const blocks = Array.from({ length: count }, (_, block) => block);
    expectNear(residual, blocks.map((block) => Math.sqrt(meanOf(block, (x, y) => (at(b, x, y) - at(a, x, y)) ** 2))));
    expectNear(signed, blocks.map((block) => meanOf(block, (x, y) => at(b, x, y) - at(a, x, y))));
    expectNear(slopeA, blocks.map((block) => Math.sqrt(meanOf(block, steep(a))) / 2));
    expectNear(slopeB, blocks.map((block) => Math.sqrt(meanOf(block, steep(b))) / 2));
    expectNear(cut, blocks.map((block) => meanOf(block, (x, y) => at(clipped, x, y))));
    expectNear([ssim], [blocks.map((block) => {
      const [meanA, meanB] = [meanOf(block, (x, y) => at(a, x, y)), meanOf(block, (x, y) => at(b, x, y))];
      const variance = (one: Float32Array, mean: number, other: Float32Array, otherMean: number): number => meanOf(block, (x, y) => (at(one, x, y) - mean) * (at(other, x, y) - otherMean));
      const [varA, varB, both] = [variance(a, meanA, a, meanA), variance(b, meanB, b, meanB), variance(a, meanA, b, meanB)];
      return ((2 * meanA * meanB + 6.5) * (2 * both + 58.5)) / ((meanA ** 2 + meanB ** 2 + 6.5) * (varA + varB + 58.5));
    }).reduce((sum, value) => sum + value, 0)]);
  });
});

test('more planes than there is room for are an error, and no other memory is touched', () => {
  const planes = createPlanes();
  planes.begin(1000);
  expect(() => { for (;;) planes.take(2 ** 20); }).toThrow(RangeError);
});
