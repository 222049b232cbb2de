import { areaCoverage } from './resample.ts';
import { BLOCK } from './verify-blocks.ts';
import { PLANES_WASM } from './planes-wasm.ts';

/** Red, green and blue of one picture on a grid. */
export type Channels = readonly [Float32Array, Float32Array, Float32Array];

/** What features are found in and two pictures are compared on: memory of a WebAssembly module, and its passes over planes. */
export interface Planes {
  /** A plane of so many cells, which holds whatever was in it; till the next `begin`. */
  take(length: number): Float32Array;
  /** A plane with these values. */
  place(values: ArrayLike<number>): Float32Array;
  /** Room for what passes read or write beside planes. */
  takeDoubles(length: number): Float64Array;
  takeWords(length: number): Uint32Array;
  takeBytes(length: number): Uint8Array;
  /** Nothing refers any more to what was taken; there is to be room for pictures of so many bytes. */
  begin(pictureBytes: number): void;
  /** What is taken by this is given back when it is done. */
  lend<Result>(work: () => Result): Result;
  readonly passes: Passes;
  luma(channels: Channels): Float32Array;
  /** Of a picture of three bytes a pixel, 0–255, with the weights of BT.601. */
  pixelLuma(rgb: Uint8Array): Float32Array;
  /** Brings a plane to another size, each cell the exact mean of the area it covers. */
  average(plane: Float32Array, width: number, height: number, outWidth: number, outHeight: number): Float32Array;
  /** 1·2·1 across and down; at the sides the outermost cell stands for what would lie beyond. */
  binomial(plane: Float32Array, width: number, height: number, times?: number): Float32Array;
}

/** The functions of assembly/planes.ts, which says what they do; arrays are given by where they lie in memory. */
export interface Passes {
  readonly luma: (red: number, green: number, blue: number, output: number, count: number) => void;
  readonly pixelLuma: (rgb: number, output: number, count: number) => void;
  readonly resample: (
    plane: number, width: number, row: number, columnStarts: number, columnIndices: number, columnWeights: number,
    rowStarts: number, rowIndices: number, rowWeights: number, outWidth: number, outHeight: number, output: number,
  ) => void;
  readonly medianDifference: (first: number, second: number, count: number, step: number, counts: number) => number;
  readonly binomial: (input: number, output: number, scratch: number, width: number, height: number) => void;
  readonly smooth: (input: number, output: number, scratch: number, width: number, height: number) => void;
  readonly hessian: (plane: number, output: number, width: number, height: number) => void;
  readonly alikeCells: (a: number, b: number, output: number, count: number, limit: number) => void;
  readonly slopeEnergy: (plane: number, counted: number, width: number, height: number, most: number) => number;
  readonly moments: (plane: number, count: number, output: number) => void;
  readonly clippedCells: (red: number, green: number, blue: number, output: number, count: number, low: number, high: number) => void;
  readonly applyTable: (table: number, plane: number, output: number, count: number) => void;
  readonly applyTableToDoubles: (table: number, levels: number, output: number, count: number) => void;
  readonly chromaDifferences: (
    fromRed: number, fromBlue: number, toRed: number, toBlue: number, left: number, columns: number, rows: number,
    saturation: number, byRed: number, byBlue: number, output: number,
  ) => number;
  readonly tableError: (table: number, first: number, second: number, count: number, from: number, step: number, most: number) => number;
  readonly blockColors: (red: number, green: number, blue: number, width: number, columns: number, rows: number, outRed: number, outBlue: number) => void;
  readonly compareBlocks: (a: number, b: number, clipped: number, width: number, height: number, residual: number, signed: number, slopeA: number, slopeB: number, cut: number) => number;
  readonly sumTiles: (a: number, b: number, counted: number, width: number, columns: number, rows: number, output: number) => void;
  readonly extremes: (input: number, output: number, scratch: number, width: number, height: number, isMost: boolean) => void;
  readonly offTheLine: (plane: number, low: number, high: number, table: number, output: number, count: number) => void;
  readonly blockRoots: (plane: number, width: number, columns: number, rows: number, output: number) => void;
  readonly cut: (
    rgb: number, from: number, across: number, down: number, firstColumn: number, endColumn: number, row: number,
    columnStarts: number, columnIndices: number, columnWeights: number, rowStarts: number, rowIndices: number, rowWeights: number,
    width: number, height: number, red: number, green: number, blue: number,
  ) => void;
  readonly fitGain: (from: number, to: number, count: number, margin: number, rounds: number, patient: number, least: number, output: number) => number;
  readonly takeSamples: (first: number, second: number, count: number, start: number, step: number, most: number, from: number, to: number, scratch: number) => number;
  readonly correlate: (first: number, firstWidth: number, firstColumns: number, firstRows: number, second: number, secondWidth: number, secondColumns: number, secondRows: number, across: number, down: number) => number;
  readonly accumulate: (
    first: number, width: number, height: number, second: number, acrossCount: number, downCount: number, step: number,
    left: number, top: number, across: number, down: number, gain: number, offset: number, limit: number, sums: number,
  ) => void;
}

/** What is used of it; its types come with those of a browser only. */
interface WebAssemblyNamespace {
  readonly Module: new (bytes: Uint8Array) => object;
  readonly Instance: new (module: object) => { readonly exports: unknown };
}
interface Memory { readonly buffer: ArrayBuffer; readonly grow: (pages: number) => void }

const PAGE = 65_536;
/** Passes may read and write so much behind what was taken, and read as much before it. */
const MARGIN = 32;
/** For all planes of one comparison: the largest is a quarter of a megabyte, and there are at most 60 of it. */
const PLANES_BYTES = 20 * 2 ** 20;

export function createPlanes(): Planes {
  const { Module, Instance } = (globalThis as unknown as { WebAssembly: WebAssemblyNamespace }).WebAssembly;
  const { memory, ...passes } = new Instance(new Module(Buffer.from(PLANES_WASM, 'base64'))).exports as Passes & { readonly memory: Memory };
  let end = MARGIN;

  function reserve(bytes: number): number {
    const start = end;
    end += (bytes + MARGIN + 15) & ~15;
    if (end > memory.buffer.byteLength) throw new RangeError(`The planes of a comparison take more than ${memory.buffer.byteLength} bytes`);
    return start;
  }

  const take = (length: number): Float32Array => new Float32Array(memory.buffer, reserve(4 * length), length);
  const takeWords = (length: number): Uint32Array => new Uint32Array(memory.buffer, reserve(4 * length), length);
  const takeBytes = (length: number): Uint8Array => new Uint8Array(memory.buffer, reserve(length), length);

  function place(values: ArrayLike<number>): Float32Array {
    const plane = take(values.length);
    plane.set(values);
    return plane;
  }

  function placeWords(values: Uint32Array): number {
    const words = takeWords(values.length);
    words.set(values);
    return words.byteOffset;
  }

  /** Where its starts, indices and weights lie. */
  function placeCoverage(length: number, cells: number): readonly [number, number, number] {
    const { starts, indices, weights } = areaCoverage(length, cells);
    const count = starts[cells] ?? 0;
    return [placeWords(starts), placeWords(indices.subarray(0, count)), place(weights.subarray(0, count)).byteOffset];
  }

  return {
    take, place, takeWords, takeBytes, passes,
    takeDoubles: (length) => new Float64Array(memory.buffer, reserve(8 * length), length),
    begin(pictureBytes) {
      end = MARGIN;
      const missing = PLANES_BYTES + pictureBytes - memory.buffer.byteLength;
      if (missing > 0) memory.grow(Math.ceil(missing / PAGE));
    },
    luma([red, green, blue]) {
      const luma = take(red.length);
      passes.luma(red.byteOffset, green.byteOffset, blue.byteOffset, luma.byteOffset, luma.length);
      return luma;
    },
    lend(work) {
      const start = end;
      try {
        return work();
      } finally {
        end = start;
      }
    },
    pixelLuma(rgb) {
      const pixels = takeBytes(rgb.length);
      pixels.set(rgb);
      const luma = take(rgb.length / 3);
      passes.pixelLuma(pixels.byteOffset, luma.byteOffset, luma.length);
      return luma;
    },
    average(plane, width, height, outWidth, outHeight) {
      const [columns, rows] = [placeCoverage(width, outWidth), placeCoverage(height, outHeight)];
      const [row, output] = [take(width), take(outWidth * outHeight)];
      passes.resample(plane.byteOffset, width, row.byteOffset, ...columns, ...rows, outWidth, outHeight, output.byteOffset);
      return output;
    },
    binomial(plane, width, height, times = 1) {
      let soft = plane;
      if (times === 0) return soft;
      const [output, scratch] = [take(plane.length), take(plane.length)];
      for (let time = 0; time < times; time++) {
        passes.binomial(soft.byteOffset, output.byteOffset, scratch.byteOffset, width, height);
        soft = output;
      }
      return soft;
    },
  };
}

const ofThread: { planes?: Planes } = {};

/**
 * Those of this thread, made when they are first asked for: each reserves gigabytes of address space. Whoever takes of
 * them is done before anybody else on the thread can begin.
 */
export function planesOfThread(): Planes {
  return ofThread.planes ??= createPlanes();
}

/** Weights of the luminance, BT.601. */
export const LUMA_RED = 0.299;
export const LUMA_GREEN = 0.587;
export const LUMA_BLUE = 0.114;

export function mapChannels([red, green, blue]: Channels, map: (plane: Float32Array) => Float32Array): Channels {
  return [map(red), map(green), map(blue)];
}

/** Squared slope at a cell inside the plane, in levels to a cell. */
export function slopeSquare(plane: Float32Array, at: number, width: number): number {
  const across = (plane[at + 1] ?? 0) - (plane[at - 1] ?? 0);
  const down = (plane[at + width] ?? 0) - (plane[at - width] ?? 0);
  return (across * across + down * down) / 4;
}

/** How many blocks a grid has across and down. */
export function blocksOf(width: number, height: number): readonly [number, number] {
  return [Math.floor(width / BLOCK), Math.floor(height / BLOCK)];
}

export function quantile(sorted: Float32Array, share: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
}
