import { countBits } from './features.ts';
import { CANDIDATE_DISTANCE, type codesOf, type FingerprintRow } from './variants.ts';

/** What of a fingerprint's row is looked for and found. */
export interface StoredFingerprint extends FingerprintRow {
  /** Local features, as `packFeatures` made them. */
  readonly features: Uint8Array;
}

/** A row's codes, as `codesOf` makes them: whoever compares a row with many makes them once. */
export type Codes = ReturnType<typeof codesOf>;

/**
 * Bits of 256 between the variants of two pictures that fit best; null when either does not find the other. The same
 * whichever comes first.
 */
export function codeDistance(a: Codes, b: Codes): number | null {
  const there = leastDistance(a, b);
  const back = leastDistance(b, a);
  return Math.max(there, back) > CANDIDATE_DISTANCE ? null : Math.min(there, back);
}

/** The same however far they are apart, at most 256: for pictures that found each other another way. */
export function evidenceDistance(a: Codes, b: Codes): number {
  return Math.min(256, leastDistance(a, b), leastDistance(b, a));
}

function leastDistance(from: Codes, to: Codes): number {
  let least = Infinity;
  for (const { code } of from.query) for (const other of to.index) least = Math.min(least, bitsBetween(code, other.code));
  return least;
}

export function bitsBetween(a: Uint8Array, b: Uint8Array): number {
  let bits = 0;
  for (let at = 0; at < a.length; at += 4) {
    bits += countBits(((a[at] ?? 0) ^ (b[at] ?? 0)) | (((a[at + 1] ?? 0) ^ (b[at + 1] ?? 0)) << 8) | (((a[at + 2] ?? 0) ^ (b[at + 2] ?? 0)) << 16) | (((a[at + 3] ?? 0) ^ (b[at + 3] ?? 0)) << 24));
  }
  return bits;
}
