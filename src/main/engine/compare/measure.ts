/** What two pictures of one size have in common, taken in row by row. */
export interface Meter {
  /** The next row of each, 8-bit RGB. */
  add(a: Uint8Array, b: Uint8Array): void;
  /** Decibels over all three channels; null when no value differs. */
  psnrDb(): number | null;
  ssim(): number;
}

/**
 * PSNR = 20·log10(255 / √MSE), the mean taken over red, green and blue of all pixels. SSIM as in Wang, Bovik, Sheikh,
 * Simoncelli, "Image Quality Assessment: From Error Visibility to Structural Similarity" (2004): Gaussian window of
 * 11×11 with σ = 1.5, K1 = 0.01, K2 = 0.03, L = 255, averaged over all places where the window lies inside, on the luma
 * of BT.601 at full resolution. Pictures of fewer than 11 pixels a side get a window as long as that side.
 */
export function createMeter(width: number, height: number): Meter {
  let squares = 0;
  let rows = 0;
  const similarity = createSimilarity(width, height);
  return {
    add(a, b) {
      let sum = 0;
      for (let at = 0; at < a.length; at++) {
        const difference = (a[at] ?? 0) - (b[at] ?? 0);
        sum += difference * difference;
      }
      squares += sum;
      rows += 1;
      similarity.add(a, b);
    },
    psnrDb: () => (squares === 0 ? null : 10 * Math.log10((255 * 255 * 3 * width * rows) / squares)),
    ssim: () => (squares === 0 ? 1 : similarity.mean()),
  };
}

const WINDOW = 11;
const SIGMA = 1.5;
const C1 = (0.01 * 255) ** 2;
const C2 = (0.03 * 255) ** 2;

/** The window's sums of a row: of a, of b, of a² + b², and of a·b. Of the squares only the sum is needed. */
interface Sums {
  readonly a: Float32Array;
  readonly b: Float32Array;
  readonly squares: Float32Array;
  readonly products: Float32Array;
}

function createSimilarity(width: number, height: number) {
  const across = gaussian(Math.min(WINDOW, width));
  const down = gaussian(Math.min(WINDOW, height));
  const places = width - across.length + 1;
  const sums = (): Sums => ({ a: new Float32Array(places), b: new Float32Array(places), squares: new Float32Array(places), products: new Float32Array(places) });
  const kept = Array.from({ length: down.length }, sums);
  const luma = { a: new Float32Array(width), b: new Float32Array(width), squares: new Float32Array(width), products: new Float32Array(width) };
  const total = sums();
  let row = 0;
  let similarity = 0;
  let windows = 0;
  return {
    add(a: Uint8Array, b: Uint8Array): void {
      readLuma(a, b, luma);
      const here = kept[row % kept.length];
      if (here) for (const key of KEYS) slide(luma[key], across, here[key]);
      row += 1;
      if (row < down.length) return;
      for (const key of KEYS) {
        // The oldest row of the ring comes first.
        gather(down.map((_, line) => kept[(row + line) % kept.length]?.[key] ?? total[key]), down, total[key]);
      }
      similarity += meanSimilarity(total);
      windows += 1;
    },
    mean: () => Math.max(-1, Math.min(1, similarity / windows)),
  };
}

const KEYS = ['a', 'b', 'squares', 'products'] as const;

function gaussian(length: number): number[] {
  const raw = Array.from({ length }, (_, index) => Math.exp(-((index - (length - 1) / 2) ** 2) / (2 * SIGMA * SIGMA)));
  const total = raw.reduce((sum, weight) => sum + weight, 0);
  return raw.map((weight) => weight / total);
}

function readLuma(a: Uint8Array, b: Uint8Array, luma: Sums): void {
  for (let at = 0, from = 0; at < luma.a.length; at++, from += 3) {
    const one = 0.299 * (a[from] ?? 0) + 0.587 * (a[from + 1] ?? 0) + 0.114 * (a[from + 2] ?? 0);
    const other = 0.299 * (b[from] ?? 0) + 0.587 * (b[from + 1] ?? 0) + 0.114 * (b[from + 2] ?? 0);
    luma.a[at] = one;
    luma.b[at] = other;
    luma.squares[at] = one * one + other * other;
    luma.products[at] = one * other;
  }
}

/** The weighted sum at each place where the window lies inside the row. */
function slide(row: Float32Array, weights: readonly number[], output: Float32Array): void {
  if (weights.length !== WINDOW) {
    for (let at = 0; at < output.length; at++) output[at] = weights.reduce((sum, weight, tap) => sum + weight * (row[at + tap] ?? 0), 0);
    return;
  }
  // Written out, and each pair of equal weights at once: this is where the time goes.
  const [w0 = 0, w1 = 0, w2 = 0, w3 = 0, w4 = 0, w5 = 0] = weights;
  for (let at = 0; at < output.length; at++) {
    output[at] = w0 * ((row[at] ?? 0) + (row[at + 10] ?? 0)) + w1 * ((row[at + 1] ?? 0) + (row[at + 9] ?? 0)) + w2 * ((row[at + 2] ?? 0) + (row[at + 8] ?? 0))
      + w3 * ((row[at + 3] ?? 0) + (row[at + 7] ?? 0)) + w4 * ((row[at + 4] ?? 0) + (row[at + 6] ?? 0)) + w5 * (row[at + 5] ?? 0);
  }
}

/** The weighted sum of rows, place by place. */
function gather(rows: readonly Float32Array[], weights: readonly number[], output: Float32Array): void {
  const [r0, r1, r2, r3, r4, r5, r6, r7, r8, r9, r10] = rows;
  if (!r0 || !r1 || !r2 || !r3 || !r4 || !r5 || !r6 || !r7 || !r8 || !r9 || !r10) {
    for (let at = 0; at < output.length; at++) output[at] = rows.reduce((sum, row, line) => sum + (weights[line] ?? 0) * (row[at] ?? 0), 0);
    return;
  }
  const [w0 = 0, w1 = 0, w2 = 0, w3 = 0, w4 = 0, w5 = 0] = weights;
  for (let at = 0; at < output.length; at++) {
    output[at] = w0 * ((r0[at] ?? 0) + (r10[at] ?? 0)) + w1 * ((r1[at] ?? 0) + (r9[at] ?? 0)) + w2 * ((r2[at] ?? 0) + (r8[at] ?? 0))
      + w3 * ((r3[at] ?? 0) + (r7[at] ?? 0)) + w4 * ((r4[at] ?? 0) + (r6[at] ?? 0)) + w5 * (r5[at] ?? 0);
  }
}

function meanSimilarity({ a, b, squares, products }: Sums): number {
  let sum = 0;
  for (let at = 0; at < a.length; at++) {
    const meanA = a[at] ?? 0;
    const meanB = b[at] ?? 0;
    const both = meanA * meanB;
    const means = meanA * meanA + meanB * meanB;
    sum += ((2 * both + C1) * (2 * ((products[at] ?? 0) - both) + C2)) / ((means + C1) * ((squares[at] ?? 0) - means + C2));
  }
  return sum / a.length;
}
