import type { Transform } from '../../../contract/index.ts';
import { RENDITION_PRESETS } from '../../../contract/presets.ts';
import { fitInside, toZoom } from '../pixels/cascade.ts';
import type { Pixels } from '../pixels/decode/decode.ts';
import { resizeOnWhite } from '../pixels/decode/sharp.ts';
import { freePixels } from '../pixels/free-pixels.ts';
import { countBits } from '../similarity/features.ts';
import { type Fingerprint, fingerprint } from '../similarity/fingerprint.ts';
import { bitsBetween } from '../similarity/index-distance.ts';
import { PDQ_BYTES } from '../similarity/pdq.ts';
import { rowsOf } from './rows.ts';

/** The fingerprint of a decoded picture, made the way an ingest makes it, once what was done to it has been undone. */
export async function fingerprintOf(pixels: Pixels, transform: Transform): Promise<Fingerprint> {
  const zoom = await toZoom(pixels);
  const { width, height } = fitInside(pixels, RENDITION_PRESETS.card);
  const card = width === zoom.width && height === zoom.height ? zoom : await resizeOnWhite({ ...zoom, channels: 3 }, width, height);
  const rows = rowsOf({ ...card, channels: 3 }, transform);
  const luma = new Float32Array(width * height);
  const row = new Uint8Array(rows.width * 3);
  for (let y = 0, to = 0; y < rows.height; y++) {
    rows.read(y, row);
    for (let from = 0; from < row.length; from += 3, to++) luma[to] = 0.299 * (row[from] ?? 0) + 0.587 * (row[from + 1] ?? 0) + 0.114 * (row[from + 2] ?? 0);
  }
  for (const made of [zoom, card]) if (made.data.buffer !== pixels.data.buffer) freePixels(made.data);
  return fingerprint(luma, rows.width, rows.height, width === pixels.width && height === pixels.height);
}

/** Bits in which the PDQ hashes of the pictures as they lie differ, 0–256. */
export function pdqDistance(a: Fingerprint, b: Fingerprint): number {
  return bitsBetween(a.pdq.subarray(0, PDQ_BYTES), b.pdq.subarray(0, PDQ_BYTES));
}

/** 0–64 */
export function phashDistance(a: Fingerprint, b: Fingerprint): number {
  const bits = a.phash ^ b.phash;
  return countBits(Number(bits >> 32n)) + countBits(Number(bits & 0xffffffffn));
}
