export interface Quality {
  /** 0–100. */
  readonly score: number;
  /** All 0–1. */
  readonly sharpness: number;
  readonly contrast: number;
  readonly brightness: number;
  readonly colorfulness: number;
  readonly resolution: number;
}

/** Interleaved 8-bit RGB. */
export interface RgbPixels { readonly data: Uint8Array; readonly width: number; readonly height: number }

/** Shares of the score; they add up to 1. */
export const QUALITY_WEIGHTS = { sharpness: 0.35, contrast: 0.2, exposure: 0.15, colorfulness: 0.1, resolution: 0.2 } as const;

/**
 * The metrics of docs/quality.md, measured on the card-size picture so that they compare across resolutions.
 * `megapixels` are those of the original.
 */
export function measureQuality(pixels: RgbPixels, luma: Float32Array, megapixels: number): Quality {
  const { mean, deviation } = meanAndDeviation(luma);
  const sharpness = saturate(laplacianVariance(luma, pixels.width, pixels.height), 500);
  const contrast = Math.min(1, deviation / 127.5);
  const brightness = mean / 255;
  const colorfulness = Math.min(1, hasler(pixels) / 109);
  const resolution = clamp(Math.log(megapixels / 0.01) / Math.log(24 / 0.01));
  const exposure = 1 - Math.abs(2 * brightness - 1);
  // Half the range is all the contrast that a good photograph shows.
  const share = QUALITY_WEIGHTS.sharpness * sharpness + QUALITY_WEIGHTS.contrast * Math.min(1, 2 * contrast)
    + QUALITY_WEIGHTS.exposure * exposure + QUALITY_WEIGHTS.colorfulness * colorfulness + QUALITY_WEIGHTS.resolution * resolution;
  return {
    score: round(100 * share, 1),
    sharpness: round(sharpness, 4), contrast: round(contrast, 4), brightness: round(brightness, 4),
    colorfulness: round(colorfulness, 4), resolution: round(resolution, 4),
  };
}

/** v / (v + half): 0 for nothing, ½ at `half`, never quite 1. */
function saturate(value: number, half: number): number {
  return value / (value + half);
}

function meanAndDeviation(plane: Float32Array): { mean: number; deviation: number } {
  let sum = 0;
  let squares = 0;
  for (let at = 0; at < plane.length; at++) {
    const value = plane[at] ?? 0;
    sum += value;
    squares += value * value;
  }
  const mean = sum / plane.length;
  return { mean, deviation: Math.sqrt(Math.max(0, squares / plane.length - mean * mean)) };
}

/** Variance of the 4-neighbour Laplacian over the inner pixels; 0 for pictures under 3 pixels a side. */
function laplacianVariance(luma: Float32Array, width: number, height: number): number {
  if (width < 3 || height < 3) return 0;
  let sum = 0;
  let squares = 0;
  for (let y = 1; y < height - 1; y++) {
    for (let at = y * width + 1; at < (y + 1) * width - 1; at++) {
      const value = (luma[at - 1] ?? 0) + (luma[at + 1] ?? 0) + (luma[at - width] ?? 0) + (luma[at + width] ?? 0) - 4 * (luma[at] ?? 0);
      sum += value;
      squares += value * value;
    }
  }
  const count = (width - 2) * (height - 2);
  return squares / count - (sum / count) ** 2;
}

/** Hasler and Süsstrunk, "Measuring colourfulness in natural images", 2003; 109 is their "extremely colourful". */
function hasler({ data }: RgbPixels): number {
  let sumRg = 0;
  let sumYb = 0;
  let squares = 0;
  for (let at = 0; at + 2 < data.length; at += 3) {
    const red = data[at] ?? 0;
    const green = data[at + 1] ?? 0;
    const rg = red - green;
    const yb = (red + green) / 2 - (data[at + 2] ?? 0);
    sumRg += rg;
    sumYb += yb;
    squares += rg * rg + yb * yb;
  }
  const count = data.length / 3;
  const means = Math.hypot(sumRg / count, sumYb / count);
  return Math.sqrt(Math.max(0, squares / count - means ** 2)) + 0.3 * means;
}

function clamp(value: number): number {
  return Math.max(0, Math.min(1, value));
}

function round(value: number, digits: number): number {
  return Number(value.toFixed(digits));
}
