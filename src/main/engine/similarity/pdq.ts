import { areaCoverage, type Coverage, resample } from './resample.ts';

/** Bytes of one PDQ hash. */
export const PDQ_BYTES = 32;

/**
 * What was done to the picture to get each of the eight hashes, in the order in which they are stored. Rotations are
 * clockwise; `flip-vertical` swaps top and bottom, `flip-horizontal` left and right, `transpose` mirrors at the main
 * diagonal, `transverse` at the other. If variant k of A is near the identity of B, then B shows A so transformed.
 */
export const PDQ_TRANSFORMS = [
  'identity', 'rotate-270', 'rotate-180', 'rotate-90', 'flip-vertical', 'flip-horizontal', 'transpose', 'transverse',
] as const;

export interface PdqHashes {
  /** Eight hashes, or the first of them, in the order of PDQ_TRANSFORMS. Each is big-endian: read as hexadecimal it is the published form. */
  readonly hashes: Uint8Array<ArrayBuffer>;
  /** 0–100, from the sum of gradients; below 50 the hash says little. */
  readonly quality: number;
}

/**
 * PDQ of a luminance plane (row by row, 0–255), just as the reference computes it. Pictures under 5 pixels a side have
 * no hash: zeros, quality 0.
 *
 * Follows "The TMK+PDQF Video-Hashing Algorithm and the PDQ Image-Hashing Algorithm" (Facebook, 2019) and its
 * reference implementation: two passes of box filters, decimation to 64×64, the 16×16 lowest frequencies without DC of
 * a DCT, each bit telling whether a coefficient exceeds their median.
 * @param count how many of the eight hashes are wanted
 */
export function pdqHashes(luma: Float32Array, width: number, height: number, count: number = PDQ_TRANSFORMS.length): PdqHashes {
  if (width < 5 || height < 5) return { hashes: new Uint8Array(count * PDQ_BYTES), quality: 0 };
  return hashSamples(resample(luma, width, tentCoverage(width), tentCoverage(height)), count);
}

/**
 * The same without the half pixel by which the reference leans. Its filters and samples are symmetric only where a
 * sixty-fourth of the side is an odd number of pixels. In a large picture the rest is nothing, but between a small one
 * and its mirror image it costs up to 40 of the 256 bits. This is the reference's result for the picture brought to
 * 320×320, where its two filters of 3 pixels become one of 1·2·3·2·1 over the five pixels of a cell: the eight variants
 * are exact, and from a picture of 400 pixels it comes within 2 bits on average, 6 at most, of what the reference makes
 * of 1600 (measured on photographs; the reference itself differs by 12 and 26 between these sizes).
 */
export function symmetricPdqHashes(luma: Float32Array, width: number, height: number): PdqHashes {
  if (width < 5 || height < 5) return pdqHashes(luma, width, height);
  return hashSamples(resample(luma, width, areaCoverage(width, SIDE, TENT), areaCoverage(height, SIDE, TENT)), PDQ_TRANSFORMS.length);
}

const SIDE = 64;
const KEPT = 16;
const TENT = [1, 2, 3, 2, 1];

function hashSamples(small: Float32Array, count: number): PdqHashes {
  const hashes = new Uint8Array(count * PDQ_BYTES);
  const coefficients = lowFrequencies(small);
  const variant = new Float32Array(256);
  for (let index = 0; index < count; index++) {
    transform(coefficients, variant, index);
    writeBits(variant, hashes.subarray(index * PDQ_BYTES, (index + 1) * PDQ_BYTES));
  }
  return { hashes, quality: gradientQuality(small) };
}

/**
 * What two passes of box filters (Jarosz' tent) and the sampling at the centres of 64 cells come to along one side. The
 * boxes are half a cell wide, rounded up, lean to the right if even, and are cut off at the ends. All steps are linear
 * and rows and columns independent, so that they fold into one small sum for each sample.
 */
function tentCoverage(length: number): Coverage {
  const box = Math.floor((length + 2 * SIDE - 1) / (2 * SIDE));
  const after = Math.floor((box + 2) / 2) - 1;
  const windowAt = (center: number): { from: number; to: number; share: number } => {
    const from = Math.max(0, center + after - box + 1);
    const to = Math.min(length - 1, center + after);
    return { from, to, share: 1 / (to - from + 1) };
  };
  const starts = new Uint32Array(SIDE + 1);
  const indices = new Uint32Array(SIDE * 2 * box);
  const weights = new Float64Array(SIDE * 2 * box);
  let count = 0;
  for (let cell = 0; cell < SIDE; cell++) {
    const second = windowAt(Math.floor(((cell + 0.5) * length) / SIDE));
    const start = windowAt(second.from).from;
    for (let place = second.from; place <= second.to; place++) {
      const first = windowAt(place);
      for (let index = first.from; index <= first.to; index++) {
        const at = count + index - start;
        indices[at] = index;
        weights[at] = (weights[at] ?? 0) + first.share * second.share;
      }
    }
    count += windowAt(second.to).to - start + 1;
    starts[cell + 1] = count;
  }
  return { starts, indices, weights };
}

/** Sum of the gradients that are visible (quantised to hundredths of the range), scaled as the reference does. */
function gradientQuality(small: Float32Array): number {
  let sum = 0;
  for (let y = 0; y < SIDE; y++) {
    for (let x = 0; x < SIDE; x++) {
      const here = small[y * SIDE + x] ?? 0;
      if (y + 1 < SIDE) sum += Math.trunc((Math.abs(here - (small[(y + 1) * SIDE + x] ?? 0)) * 100) / 255);
      if (x + 1 < SIDE) sum += Math.trunc((Math.abs(here - (small[y * SIDE + x + 1] ?? 0)) * 100) / 255);
    }
  }
  return Math.min(100, Math.floor(sum / 90));
}

const DCT = dctMatrix();

/** Rows are frequencies 1–16 of a 64-point DCT-II. */
function dctMatrix(): Float32Array {
  const matrix = new Float32Array(KEPT * SIDE);
  for (let frequency = 0; frequency < KEPT; frequency++) {
    for (let x = 0; x < SIDE; x++) {
      matrix[frequency * SIDE + x] = Math.sqrt(2 / SIDE) * Math.cos((Math.PI / 2 / SIDE) * (frequency + 1) * (2 * x + 1));
    }
  }
  return matrix;
}

/** D·A·Dᵗ, 16×16, row = vertical frequency. */
function lowFrequencies(small: Float32Array): Float32Array {
  const half = new Float32Array(KEPT * SIDE);
  for (let i = 0; i < KEPT; i++) {
    for (let k = 0; k < SIDE; k++) {
      const factor = DCT[i * SIDE + k] ?? 0;
      for (let j = 0; j < SIDE; j++) half[i * SIDE + j] = (half[i * SIDE + j] ?? 0) + factor * (small[k * SIDE + j] ?? 0);
    }
  }
  const output = new Float32Array(KEPT * KEPT);
  for (let i = 0; i < KEPT; i++) {
    for (let j = 0; j < KEPT; j++) {
      let sum = 0;
      for (let k = 0; k < SIDE; k++) sum += (half[i * SIDE + k] ?? 0) * (DCT[j * SIDE + k] ?? 0);
      output[i * KEPT + j] = sum;
    }
  }
  return output;
}

/** For each of PDQ_TRANSFORMS: is the matrix of frequencies transposed, and are then the odd ones down and across negated. */
export const PDQ_SIGNS: readonly { readonly transpose: boolean; readonly down: boolean; readonly across: boolean }[] = [
  { transpose: false, down: false, across: false },
  { transpose: true, down: true, across: false },
  { transpose: false, down: true, across: true },
  { transpose: true, down: false, across: true },
  { transpose: false, down: true, across: false },
  { transpose: false, down: false, across: true },
  { transpose: true, down: false, across: false },
  { transpose: true, down: true, across: true },
];

/** Mirroring a picture negates its odd frequencies; turning it is a transposition and a mirroring. */
function transform(input: Float32Array, output: Float32Array, index: number): void {
  const { transpose, down, across } = PDQ_SIGNS[index] ?? { transpose: false, down: false, across: false };
  for (let i = 0; i < KEPT; i++) {
    for (let j = 0; j < KEPT; j++) {
      const value = input[transpose ? j * KEPT + i : i * KEPT + j] ?? 0;
      output[i * KEPT + j] = (down && i % 2 === 0) !== (across && j % 2 === 0) ? -value : value;
    }
  }
}

function writeBits(coefficients: Float32Array, hash: Uint8Array): void {
  // Of an even number the reference takes the lower of the two middle values.
  const median = coefficients.toSorted()[coefficients.length / 2 - 1] ?? 0;
  for (let bit = 0; bit < coefficients.length; bit++) {
    const byte = PDQ_BYTES - 1 - (bit >> 3);
    if ((coefficients[bit] ?? 0) > median) hash[byte] = (hash[byte] ?? 0) | (1 << (bit & 7));
  }
}

/**
 * The hash of the transformed picture, from the hash alone. Exact but for the bits whose coefficient lies between the
 * median of all and its negative: 6 bits of 256 on average, 14 at most on photographs. The whole picture's eight hashes are stored as they are.
 * @param index of the transform in PDQ_TRANSFORMS
 */
export function turnCode(code: Uint8Array, index: number): Uint8Array<ArrayBuffer> {
  const { transpose, down, across } = PDQ_SIGNS[index] ?? { transpose: false, down: false, across: false };
  const turned = new Uint8Array(PDQ_BYTES);
  for (let i = 0; i < KEPT; i++) {
    for (let j = 0; j < KEPT; j++) {
      const from = transpose ? j * KEPT + i : i * KEPT + j;
      const isSet = (((code[PDQ_BYTES - 1 - (from >> 3)] ?? 0) >> (from & 7)) & 1) === 1;
      const bit = i * KEPT + j;
      const byte = PDQ_BYTES - 1 - (bit >> 3);
      if (isSet !== ((down && i % 2 === 0) !== (across && j % 2 === 0))) turned[byte] = (turned[byte] ?? 0) | (1 << (bit & 7));
    }
  }
  return turned;
}
