import type { Transform } from '../../../contract/index.ts';
import { findBorders } from './variants-borders.ts';
import { PDQ_BYTES, PDQ_TRANSFORMS, symmetricPdqHashes, turnCode } from './pdq.ts';

/** A part of a picture that is looked for beside the whole: what remains without uniform borders. */
export type Variant = 'whole' | 'trimmed';

export interface Code {
  readonly variant: Variant;
  /** What was done to the picture before it was hashed. */
  readonly transform: Transform;
  /** 32 bytes of PDQ. */
  readonly code: Uint8Array;
  /** 0–100 */
  readonly quality: number;
}

/** What a fingerprint's row says of how the picture looks. */
export interface FingerprintRow {
  /** Eight hashes of the whole picture, in the order of PDQ_TRANSFORMS. */
  readonly pdq: Uint8Array;
  readonly pdqQuality: number;
  /** As `makeVariants` made it. */
  readonly variants: Uint8Array;
  /** As `packFeatures` made them. */
  readonly features: Uint8Array;
}

/** Two pictures with codes at most so many bits of 256 apart are worth a look at their pixels. */
export const CANDIDATE_DISTANCE = 31;

/**
 * Codes below this quality are noise: blank pages, single colours and soft gradients. They are not indexed at all, or
 * they would all be each other's candidates; equal pixels find each other by their pixel hash. A small object on white
 * has from about 5 on.
 */
export const MIN_QUALITY = 3;

/**
 * The codes under which a picture is found, and those by which it looks for others. Only the query holds the rotations
 * and mirrors, so an index grows by one code for a picture and one more for a bordered one.
 */
export function codesOf(row: Omit<FingerprintRow, 'features'>): { readonly index: readonly Code[]; readonly query: readonly Code[] } {
  const whole = PDQ_TRANSFORMS.map((transform, at): Code => (
    { variant: 'whole', transform, code: row.pdq.subarray(at * PDQ_BYTES, (at + 1) * PDQ_BYTES), quality: row.pdqQuality }));
  const query = [...whole, ...readVariants(row.variants)].filter(({ quality }) => quality >= MIN_QUALITY);
  return { index: query.filter(({ transform }) => transform === 'identity'), query };
}

/** The codes under which a picture is found, without making the others: a million rows are read so. Of `pdq`, the first hash will do. */
export function indexCodesOf({ pdq, pdqQuality, variants }: Omit<FingerprintRow, 'features'>): readonly Uint8Array[] {
  const codes = pdqQuality >= MIN_QUALITY ? [pdq.subarray(0, PDQ_BYTES)] : [];
  if ((variants[0] ?? 0) >= MIN_QUALITY) codes.push(variants.subarray(1, VARIANT_BYTES));
  return codes;
}

const VARIANT_BYTES = 1 + PDQ_BYTES;

/**
 * What is stored of the variants of a picture beside the whole: nothing for most, quality and PDQ hash of the trimmed
 * picture where it has borders.
 */
export function makeVariants(luma: Float32Array, width: number, height: number): Uint8Array<ArrayBuffer> {
  const box = findBorders(luma, width, height);
  if (!box) return new Uint8Array();
  const trimmed = new Float32Array(box.width * box.height);
  for (let y = 0; y < box.height; y++) {
    const from = (box.top + y) * width + box.left;
    trimmed.set(luma.subarray(from, from + box.width), y * box.width);
  }
  const { hashes, quality } = symmetricPdqHashes(trimmed, box.width, box.height);
  const stored = new Uint8Array(VARIANT_BYTES);
  stored[0] = quality;
  stored.set(hashes.subarray(0, PDQ_BYTES), 1);
  return stored;
}

function readVariants(stored: Uint8Array): readonly Code[] {
  const [quality] = stored;
  if (quality === undefined) return [];
  const code = stored.subarray(1, VARIANT_BYTES);
  return PDQ_TRANSFORMS.map((transform, at) => ({ variant: 'trimmed', transform, code: turnCode(code, at), quality }));
}
