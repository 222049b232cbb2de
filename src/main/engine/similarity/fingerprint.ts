import { extractFeatures, packFeatures, STORED_FEATURES } from './features.ts';
import { areaAverage } from './resample.ts';
import { pdqHashes, symmetricPdqHashes } from './pdq.ts';
import { planesOfThread } from './planes.ts';
import { makeVariants } from './variants.ts';

export interface Fingerprint {
  /** Eight 32-byte PDQ hashes in the order of PDQ_TRANSFORMS, identity first. */
  readonly pdq: Uint8Array<ArrayBuffer>;
  /** 0–100; below 50 the PDQ hash says little. */
  readonly pdqQuality: number;
  /** 64 bits, the first (top left) in the highest place. */
  readonly phash: bigint;
  readonly dhash: bigint;
  /** See makeVariants. */
  readonly variants: Uint8Array<ArrayBuffer>;
  /** See packFeatures. */
  readonly features: Uint8Array<ArrayBuffer>;
}

/**
 * All fingerprints of an upright picture, from its luminance (row by row, 0–255). `isWhole` tells that this is the
 * picture itself and no reduction of it: then the first hash is bit for bit that of the reference, which for so small a
 * picture differs from what it makes of a larger copy.
 */
export function fingerprint(luma: Float32Array, width: number, height: number, isWhole: boolean): Fingerprint {
  const { hashes, quality } = symmetricPdqHashes(luma, width, height);
  const planes = planesOfThread();
  planes.begin(luma.byteLength);
  if (isWhole) hashes.set(pdqHashes(luma, width, height, 1).hashes);
  return {
    pdq: hashes, pdqQuality: quality, phash: perceptualHash(luma, width, height), dhash: differenceHash(luma, width, height),
    variants: makeVariants(luma, width, height),
    features: packFeatures(extractFeatures(planes.place(luma), width, height, STORED_FEATURES, planes)),
  };
}

const SIDE = 32;
const KEPT = 8;

/**
 * pHash (Zauner, "Implementation and Benchmarking of Perceptual Image Hash Functions", 2010): the 8×8 lowest
 * frequencies, DC included, of the DCT of the picture averaged to 32×32, each compared with the median of all but DC.
 */
function perceptualHash(luma: Float32Array, width: number, height: number): bigint {
  const small = areaAverage(luma, width, height, SIDE, SIDE);
  const coefficients = new Float64Array(KEPT * KEPT);
  for (let v = 0; v < KEPT; v++) {
    const across = new Float64Array(SIDE);
    for (let y = 0; y < SIDE; y++) {
      const factor = COSINES[v * SIDE + y] ?? 0;
      for (let x = 0; x < SIDE; x++) across[x] = (across[x] ?? 0) + factor * (small[y * SIDE + x] ?? 0);
    }
    for (let u = 0; u < KEPT; u++) {
      let sum = 0;
      for (let x = 0; x < SIDE; x++) sum += (across[x] ?? 0) * (COSINES[u * SIDE + x] ?? 0);
      // Rounding noise must not decide bits of pictures without structure.
      coefficients[v * KEPT + u] = Math.round(sum * 1e3) / 1e3;
    }
  }
  const median = coefficients.slice(1).sort()[31] ?? 0;
  return packBits(64, (bit) => (coefficients[bit] ?? 0) > median);
}

/** dHash: is each of 8×8 cells brighter than its left neighbour, in the picture averaged to 9×8. */
function differenceHash(luma: Float32Array, width: number, height: number): bigint {
  const small = areaAverage(luma, width, height, 9, 8);
  return packBits(64, (bit) => {
    const cell = (bit >> 3) * 9 + (bit & 7);
    return (small[cell + 1] ?? 0) - (small[cell] ?? 0) > 1e-3;
  });
}

const COSINES = Float64Array.from({ length: KEPT * SIDE }, (_, index) =>
  Math.cos(((2 * (index % SIDE) + 1) * Math.floor(index / SIDE) * Math.PI) / (2 * SIDE)));

function packBits(count: number, isSet: (bit: number) => boolean): bigint {
  let high = 0;
  let low = 0;
  for (let bit = 0; bit < count; bit++) {
    if (!isSet(bit)) continue;
    if (bit < 32) high += 2 ** (31 - bit);
    else low += 2 ** (63 - bit);
  }
  return (BigInt(high) << 32n) | BigInt(low);
}
