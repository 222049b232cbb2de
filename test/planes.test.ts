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

/** Halves to the even one, as WebAssembly does. */
function round(value: number): number {
  const up = Math.round(value);
  return up - value === 0.5 && up % 2 !== 0 ? up - 1 : up;
}

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

  test('luminance, tables and marks of cells are those of each cell', () => {
    const luma = (r: number, g: number, b2: number): number => 0.299 * r + 0.587 * g + 0.114 * b2;
    const each = (make: (index: number) => number): number[] => Array.from(a, (_, index) => make(index));
    expectNear(planes.luma([a, b, c]), each((index) => luma(a[index]!, b[index]!, c[index]!)));
    const rgb = Uint8Array.from({ length: 3 * a.length }, (_, index) => [a, b, c][index % 3]![Math.floor(index / 3)]!);
    expectNear(planes.pixelLuma(rgb), each((index) => luma(rgb[3 * index]!, rgb[3 * index + 1]!, rgb[3 * index + 2]!)));
    const out = planes.take(a.length);
    passes.clippedCells(a.byteOffset, b.byteOffset, c.byteOffset, out.byteOffset, out.length, 30, 220);
    expectNear(out, each((index) => ([a, b, c].some((plane) => plane[index]! < 30 || plane[index]! > 220) ? 1 : 0)), 0);
    passes.alikeCells(a.byteOffset, b.byteOffset, out.byteOffset, out.length, 90);
    expectNear(out, each((index) => (Math.abs(a[index]! - b[index]!) < 90 ? 1 : 0)), 0);
    const table = planes.place(Float32Array.from({ length: 257 }, (_, level) => (level / 16) ** 2));
    const between = (value: number): number => table[Math.floor(value)]! + (table[Math.floor(value) + 1]! - table[Math.floor(value)]!) * (value % 1);
    passes.applyTable(table.byteOffset, a.byteOffset, out.byteOffset, out.length);
    expectNear(out, each((index) => between(a[index]!)));
    const [doubles, raised] = [planes.takeDoubles(a.length), planes.takeDoubles(a.length)];
    doubles.set(a);
    passes.applyTableToDoubles(table.byteOffset, doubles.byteOffset, raised.byteOffset, raised.length);
    expectNear(raised, each((index) => between(a[index]!)));
    const errors = each((index) => (index % 3 === 1 ? Math.min(40, Math.abs(table[round(a[index]!)]! - b[index]!)) : 0));
    expectNear([passes.tableError(table.byteOffset, a.byteOffset, b.byteOffset, a.length, 1, 3, 40)], [errors.reduce((sum, value) => sum + value, 0)]);
    const [low, high] = [planes.place(a.map((value) => value / 2)), planes.place(a.map((value, index) => Math.min(255, value + 1.5 + (index % 2))))];
    passes.offTheLine(a.byteOffset, low.byteOffset, high.byteOffset, table.byteOffset, out.byteOffset, out.length);
    expectNear(out, each((index) => {
      const [value, from, to] = [a[index]!, low[index]!, high[index]!];
      const [start, end] = [table[round(from)]!, table[round(to)]!];
      return to - from > 1 ? Math.abs(table[round(value)]! - start - (end - start) * (value - from) / (to - from)) : 0;
    }), 0.01);
  });

  test('colours of blocks differ as Cb and Cr do, and marked blocks say nothing', () => {
    const [columns, rows] = [width >> 2, height >> 2];
    const count = columns * rows;
    const blocks = Array.from({ length: count }, (_, block) => block);
    const [fromRed, fromBlue, toRed, toBlue, values, roots] = Array.from({ length: 6 }, () => planes.take(count)) as [Float32Array, Float32Array, Float32Array, Float32Array, Float32Array, Float32Array];
    const meanOf = (plane: Float32Array, block: number, of = (value: number): number => value): number => (
      Array.from({ length: 16 }, (_, index) => of(at(plane, (block % columns) * 4 + index % 4, Math.floor(block / columns) * 4 + Math.floor(index / 4)))).reduce((sum, value) => sum + value / 16, 0));
    passes.blockColors(a.byteOffset, b.byteOffset, c.byteOffset, width, columns, rows, fromRed.byteOffset, fromBlue.byteOffset);
    passes.blockColors(b.byteOffset, c.byteOffset, a.byteOffset, width, columns, rows, toRed.byteOffset, toBlue.byteOffset);
    const lumaOf = (block: number): number => 0.299 * meanOf(a, block) + 0.587 * meanOf(b, block) + 0.114 * meanOf(c, block);
    expectNear(fromRed, blocks.map((block) => meanOf(a, block) - lumaOf(block)));
    expectNear(fromBlue, blocks.map((block) => meanOf(c, block) - lumaOf(block)));
    passes.blockRoots(a.byteOffset, width, columns, rows, roots.byteOffset);
    expectNear(roots, blocks.map((block) => Math.sqrt(meanOf(a, block, (value) => value * value))));
    const left = planes.takeBytes(count);
    left.fill(0)[0] = count > 1 ? 1 : 0;
    const counted = blocks.filter((block) => left[block] === 0);
    const found = passes.chromaDifferences(fromRed.byteOffset, fromBlue.byteOffset, toRed.byteOffset, toBlue.byteOffset, left.byteOffset, columns, rows, 0.8, 0.7, 0.5, values.byteOffset);
    expectNear(values.subarray(0, found), counted.map((block) => {
      const around = counted.filter((other) => Math.abs(other % columns - block % columns) <= 1 && Math.abs(Math.floor(other / columns) - Math.floor(block / columns)) <= 1);
      const mean = (to: Float32Array, from: Float32Array): number => around.reduce((sum, other) => sum + to[other]! - 0.8 * from[other]!, 0) / around.length;
      return Math.hypot(0.7 * mean(toRed, fromRed), 0.5 * mean(toBlue, fromBlue));
    }));
  });
});

test('a gain is fitted to what is not clipped, and what lies far off counts little', () => {
  const planes = createPlanes();
  planes.begin(0);
  const [from, to, found] = [planes.takeDoubles(400), planes.takeDoubles(400), planes.takeDoubles(2)];
  for (let at = 0; at < 400; at++) from[at] = (at * 0.6) % 240;
  const fit = (margin: number): number => planes.passes.fitGain(from.byteOffset, to.byteOffset, 400, margin, 5, 2, 0.02, found.byteOffset);
  // Darker by 60: a quarter is black, and says nothing of how much.
  to.set(from.map((level) => Math.max(0, 1.2 * level - 60)));
  expect(fit(0)).toBeLessThan(0.5);
  expectNear(found, [1.2, -60], 0.02);
  // A tenth is something else.
  to.set(from.map((level, at) => (at % 10 === 0 ? 250 : 0.7 * level + 20)));
  fit(0);
  expectNear(found, [0.7, 20], 0.02);
  // With all of them white, there is nothing to tell by.
  to.fill(255);
  expect(fit(6)).toBe(Infinity);
});

test('samples are taken of each sixteenth of the range, at most so many, spread evenly', () => {
  const planes = createPlanes();
  planes.begin(0);
  const first = planes.place(Float32Array.from({ length: 9000 }, (_, at) => (at % 90 === 0 ? 200 : 10)));
  const second = planes.place(Float32Array.from({ length: 9000 }, (_, at) => at));
  const [from, to, scratch] = [planes.takeDoubles(4800), planes.takeDoubles(4800), planes.takeWords(32)];
  const count = planes.passes.takeSamples(first.byteOffset, second.byteOffset, 9000, 0, 3, 100, from.byteOffset, to.byteOffset, scratch.byteOffset);
  const places = [...to.subarray(0, count)];
  const [bright, dark] = [places.filter((place) => place % 90 === 0), places.filter((place) => place % 90 !== 0)];
  expect(bright).toEqual(Array.from({ length: 100 }, (_, at) => at * 90));
  expect(dark.length).toBeGreaterThan(90);
  expect(dark.length).toBeLessThanOrEqual(100);
  expect([from[places.indexOf(bright[1]!)], Math.max(...dark) - Math.min(...dark) > 8000]).toEqual([200, true]);
});

test('more planes than there is room for are an error, and no other memory is touched', () => {
  const planes = createPlanes();
  planes.begin(1000);
  expect(() => { for (;;) planes.take(2 ** 20); }).toThrow(RangeError);
});
