import { DamageError } from '../damage.ts';
import type { ImageHeader } from './header.ts';

export const BITMAP_COMPRESSION = { none: 0, rle8: 1, rle4: 2, bitfields: 3, alphaBitfields: 6 } as const;

export interface BitmapInfo {
  readonly width: number;
  readonly height: number;
  readonly isTopDown: boolean;
  readonly bits: number;
  readonly compression: number;
  /** Colour table: where it begins, its entries and the bytes of one. */
  readonly palette: { readonly at: number; readonly count: number; readonly entryBytes: 3 | 4 };
  /** Masks of red, green, blue and alpha for 16 and 32 bits. */
  readonly masks: readonly [number, number, number, number];
  /** Where the pixels begin if no file header says. */
  readonly pixelsAt: number;
}

const KNOWN_BITS = [1, 2, 4, 8, 16, 24, 32];

export function readBitmapHeader(bytes: Buffer): ImageHeader {
  return toHeader(readBitmapInfo(bytes, 14), readBitmapInfo(bytes, 14).height);
}

/** The largest picture of an icon or cursor; a PNG inside says its size itself. */
export function readIconHeader(bytes: Buffer): ImageHeader {
  const { at } = largestIcon(bytes);
  if (bytes.toString('latin1', at + 1, at + 4) === 'PNG') {
    return { ...toHeader({ bits: 32 }, bytes.readUInt32BE(at + 20)), width: bytes.readUInt32BE(at + 16) };
  }
  const info = readBitmapInfo(bytes, at);
  // The height counts the mask below the picture.
  return { ...toHeader(info, info.height >> 1), hasAlpha: true };
}

/** Where the icon's largest picture lies (the deepest of equal ones). */
export function largestIcon(bytes: Buffer): { readonly at: number; readonly length: number } {
  let best = { rank: -1, at: 0, length: 0 };
  for (let index = 0; index < bytes.readUInt16LE(4); index++) {
    const entry = 6 + 16 * index;
    const side = (bytes.readUInt8(entry) || 256) * (bytes.readUInt8(entry + 1) || 256);
    const rank = side * 64 + bytes.readUInt16LE(entry + 6);
    if (rank > best.rank) best = { rank, at: bytes.readUInt32LE(entry + 12), length: bytes.readUInt32LE(entry + 8) };
  }
  if (best.at + 40 > bytes.length) throw new DamageError('truncated', `the icon's picture begins at byte ${best.at} of ${bytes.length}`, false);
  return best;
}

/** Reads a DIB header of any generation (OS/2 1 and 2, Windows 3 to 5) at `at`. */
export function readBitmapInfo(bytes: Buffer, at: number): BitmapInfo {
  const headerBytes = bytes.readUInt32LE(at);
  const isCore = headerBytes === 12;
  const width = isCore ? bytes.readUInt16LE(at + 4) : bytes.readInt32LE(at + 4);
  const signedHeight = isCore ? bytes.readUInt16LE(at + 6) : bytes.readInt32LE(at + 8);
  const bits = bytes.readUInt16LE(at + (isCore ? 10 : 14));
  const compression = headerBytes >= 40 ? bytes.readUInt32LE(at + 16) : BITMAP_COMPRESSION.none;
  if (!KNOWN_BITS.includes(bits)) throw new DamageError('corrupt', `the BMP says ${bits} bits a pixel`, false);
  // OS/2 uses 3 and 4 for Huffman and 24-bit run lengths; both are unheard of outside test suites.
  if ((headerBytes === 64 && compression > 2) || !Object.values<number>(BITMAP_COMPRESSION).includes(compression)) {
    throw new DamageError('unsupported-format', `BMP with compression ${compression} is not read`, false);
  }
  const hasMasks = compression === BITMAP_COMPRESSION.bitfields || compression === BITMAP_COMPRESSION.alphaBitfields;
  const hasMasksBehind = hasMasks && headerBytes === 40;
  const maskBytes = hasMasksBehind ? (compression === BITMAP_COMPRESSION.alphaBitfields ? 16 : 12) : 0;
  const entryBytes = isCore ? 3 : 4;
  const said = headerBytes >= 40 ? bytes.readUInt32LE(at + 32) : 0;
  const count = bits <= 8 ? Math.min(said || 2 ** bits, 256) : 0;
  const mask = (index: number): number => {
    const has = hasMasksBehind ? index * 4 < maskBytes : headerBytes >= (index < 3 ? 52 : 56);
    return has ? bytes.readUInt32LE(at + 40 + 4 * index) : 0;
  };
  const paletteAt = at + headerBytes + maskBytes;
  return {
    width,
    height: Math.abs(signedHeight),
    isTopDown: signedHeight < 0,
    bits,
    compression,
    palette: { at: paletteAt, count, entryBytes },
    masks: hasMasks ? [mask(0), mask(1), mask(2), mask(3)]
      : bits === 16 ? [0x7c00, 0x3e0, 0x1f, 0] : [0xff0000, 0xff00, 0xff, 0],
    pixelsAt: paletteAt + count * entryBytes,
  };
}

function toHeader(info: Pick<BitmapInfo, 'bits'> & Partial<BitmapInfo>, height: number): ImageHeader {
  return {
    width: info.width ?? 0,
    height,
    orientation: 1,
    frames: 1,
    hasAlpha: (info.masks?.[3] ?? 0) !== 0,
    bitDepth: 8,
    channels: 'rgb',
    decoderBytesPerPixel: 0,
    blocks: {},
  };
}
