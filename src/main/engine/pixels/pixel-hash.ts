import { createHash } from 'node:crypto';
import { decode, type Pixels } from './decode/decode.ts';
import { planDecode } from './decode/plan.ts';
import { HARD_PIXEL_LIMIT } from './decode/sharp.ts';
import { DamageError } from './damage.ts';
import { readHeader } from './header/header.ts';
import type { Admit } from './outcome.ts';
import { freePixels } from './free-pixels.ts';
import { sniff } from './sniff.ts';

export interface HashPixelsOptions {
  readonly admit: Admit;
  /** Hash what can be read of a damaged file; for those that were salvaged. */
  readonly salvage: boolean;
}

/**
 * SHA-256 of the decoded picture, the same however the pixels are stored: width and height (32 bits, little-endian),
 * then upright 8-bit sRGB in rows, then the alpha plane if any pixel is not opaque. The colour of wholly transparent
 * pixels counts as black: encoders are free to change it. Decodes at full size; throws DamageError.
 */
export async function hashPixels(bytes: Buffer, options: HashPixelsOptions): Promise<string> {
  const kind = sniff(bytes);
  if (kind.kind !== 'image') throw new DamageError('unsupported-format', 'the file is not an image that can be read', false);
  const header = readHeader(bytes, kind.format);
  if (header.width * header.height > HARD_PIXEL_LIMIT) {
    throw new DamageError('too-many-pixels', `image is ${header.width}×${header.height} px, at most ${HARD_PIXEL_LIMIT} pixels are decoded`, false);
  }
  const plan = planDecode(bytes.length, kind.format, header, { mayReduce: false, mayCheck: !options.salvage });
  if ('code' in plan) throw new DamageError('too-many-pixels', plan.message, false);
  using _memory = await options.admit(plan.peakBytes);
  const pixels = await decode(bytes, kind.format, header, { isTolerant: options.salvage, keepsOneScan: !plan.isChecked });
  const hash = hashDecoded(pixels);
  freePixels(pixels.data);
  return hash;
}

/** The same of a picture that is decoded already. Works in strips: the pixels are not copied as a whole. */
export function hashDecoded({ data, width, height, channels }: Pixels): string {
  const hash = createHash('sha256');
  const size = new Uint8Array(8);
  new DataView(size.buffer).setUint32(0, width, true);
  new DataView(size.buffer).setUint32(4, height, true);
  hash.update(size);
  if (channels === 3) return hash.update(data).digest('hex');

  const strip = new Uint8Array(STRIP_PIXELS * 3);
  let isOpaque = true;
  for (let from = 0; from < data.length;) {
    const end = Math.min(data.length, from + STRIP_PIXELS * 4);
    let to = 0;
    for (; from < end; from += 4, to += 3) {
      const alpha = data[from + 3] ?? 0;
      if (alpha !== 255) isOpaque = false;
      strip[to] = alpha === 0 ? 0 : data[from] ?? 0;
      strip[to + 1] = alpha === 0 ? 0 : data[from + 1] ?? 0;
      strip[to + 2] = alpha === 0 ? 0 : data[from + 2] ?? 0;
    }
    hash.update(strip.subarray(0, to));
  }
  for (let from = 3; !isOpaque && from < data.length;) {
    let to = 0;
    for (; to < STRIP_PIXELS && from < data.length; from += 4, to++) strip[to] = data[from] ?? 0;
    hash.update(strip.subarray(0, to));
  }
  return hash.digest('hex');
}

const STRIP_PIXELS = 65_536;
