import { DamageError } from '../damage.ts';
import { BITMAP_COMPRESSION, type BitmapInfo, readBitmapInfo } from '../header/bitmap.ts';
import type { Pixels } from './decode.ts';

/**
 * Decodes BMP and the bitmaps of icons: 1, 4, 8, 16, 24 and 32 bits, RLE4, RLE8, bit fields, OS/2 and Windows headers,
 * either way up. Pixels that are missing at the end are white if `isTolerant`, else throw.
 */
export function decodeBitmap(bytes: Buffer, container: 'file' | 'icon', isTolerant: boolean): Pixels {
  const info = readBitmapInfo(bytes, container === 'file' ? 14 : 0);
  const isIcon = container === 'icon';
  const height = isIcon ? info.height >> 1 : info.height;
  const said = container === 'file' ? bytes.readUInt32LE(10) : 0;
  const start = said >= info.palette.at && said < bytes.length ? said : info.pixelsAt;
  const stride = Math.floor((info.width * info.bits + 31) / 32) * 4;
  const isRunLength = info.compression === BITMAP_COMPRESSION.rle4 || info.compression === BITMAP_COMPRESSION.rle8;
  if (!isRunLength && !isTolerant && start + stride * height > bytes.length) {
    throw new DamageError('truncated', `the BMP needs ${start + stride * height} bytes for ${info.width}×${height} px and has ${bytes.length}`, bytes.length > start + stride);
  }
  const frame: Frame = { bytes, info, height, start, stride };
  if (isRunLength) return decodeRuns(frame, isTolerant);
  const pixels = info.bits <= 8 ? decodeIndexed(frame) : info.bits === 24 ? decode24(frame) : decodeMasked(frame, isIcon && info.bits === 32);
  return isIcon && info.bits < 32 ? applyIconMask(pixels, frame) : pixels;
}

interface Frame {
  readonly bytes: Buffer;
  readonly info: BitmapInfo;
  readonly height: number;
  readonly start: number;
  readonly stride: number;
}

/** Where row `y` (from the top) begins. */
function rowAt({ info, height, start, stride }: Frame, y: number): number {
  return start + (info.isTopDown ? y : height - 1 - y) * stride;
}

function decode24(frame: Frame): Pixels {
  const { bytes, info: { width }, height } = frame;
  const data = new Uint8Array(width * height * 3).fill(255);
  for (let y = 0; y < height; y++) {
    let from = rowAt(frame, y);
    for (let to = y * width * 3; to < (y + 1) * width * 3 && from + 2 < bytes.length; to += 3, from += 3) {
      data[to] = bytes[from + 2] ?? 0;
      data[to + 1] = bytes[from + 1] ?? 0;
      data[to + 2] = bytes[from] ?? 0;
    }
  }
  return { data, width, height, channels: 3 };
}

/** Colours as RGB triples; what a short table leaves out is black. */
function readPalette({ bytes, info: { palette } }: Frame): Uint8Array {
  const colors = new Uint8Array(256 * 3);
  for (let index = 0; index < palette.count; index++) {
    const at = palette.at + index * palette.entryBytes;
    colors.set([bytes[at + 2] ?? 0, bytes[at + 1] ?? 0, bytes[at] ?? 0], 3 * index);
  }
  return colors;
}

function decodeIndexed(frame: Frame): Pixels {
  const { bytes, info: { width, bits }, height } = frame;
  const colors = readPalette(frame);
  const data = new Uint8Array(width * height * 3).fill(255);
  const mask = 2 ** bits - 1;
  for (let y = 0; y < height; y++) {
    const row = rowAt(frame, y);
    for (let x = 0; x < width; x++) {
      const at = row + ((x * bits) >> 3);
      if (at >= bytes.length) break;
      const color = 3 * (((bytes[at] ?? 0) >> (8 - bits - ((x * bits) & 7))) & mask);
      const to = 3 * (y * width + x);
      data[to] = colors[color] ?? 0;
      data[to + 1] = colors[color + 1] ?? 0;
      data[to + 2] = colors[color + 2] ?? 0;
    }
  }
  return { data, width, height, channels: 3 };
}

/** 16 and 32 bits. Without an alpha mask the fourth byte is padding, except in icons, unless it is zero everywhere. */
function decodeMasked(frame: Frame, isIcon: boolean): Pixels {
  const { bytes, info: { width, bits, masks }, height } = frame;
  const fields = [masks[0], masks[1], masks[2], masks[3] || (isIcon ? 0xff000000 : 0)].map(toField);
  const [red, green, blue, alpha] = fields;
  const channels = alpha ? 4 : 3;
  const data = new Uint8Array(width * height * channels).fill(255);
  const step = bits / 8;
  let hasVisible = false;
  for (let y = 0; y < height; y++) {
    let from = rowAt(frame, y);
    for (let to = y * width * channels; to < (y + 1) * width * channels && from + step <= bytes.length; to += channels, from += step) {
      const value = step === 4 ? bytes.readUInt32LE(from) : bytes.readUInt16LE(from);
      data[to] = extract(value, red);
      data[to + 1] = extract(value, green);
      data[to + 2] = extract(value, blue);
      if (alpha) {
        data[to + 3] = extract(value, alpha);
        if (data[to + 3] !== 0) hasVisible = true;
      }
    }
  }
  if (alpha && !hasVisible) for (let at = 3; at < data.length; at += 4) data[at] = 255;
  return { data, width, height, channels };
}

interface Field { readonly shift: number; readonly max: number }

function toField(mask: number): Field | null {
  if (mask === 0) return null;
  const shift = 31 - Math.clz32((mask & -mask) >>> 0);
  return { shift, max: mask / 2 ** shift };
}

function extract(value: number, field: Field | null | undefined): number {
  return field ? Math.round((((value >>> field.shift) & field.max) >>> 0) * (255 / field.max)) : 0;
}

/** The icon's second bitmap, one bit a pixel: set means transparent. */
function applyIconMask(pixels: Pixels, frame: Frame): Pixels {
  const { bytes, height, start, stride } = frame;
  const { width } = pixels;
  const maskStride = Math.floor((width + 31) / 32) * 4;
  const maskAt = start + stride * height;
  const data = new Uint8Array(width * height * 4);
  for (let y = 0; y < height; y++) {
    const row = maskAt + (height - 1 - y) * maskStride;
    for (let x = 0; x < width; x++) {
      const at = y * width + x;
      data.set(pixels.data.subarray(3 * at, 3 * at + 3), 4 * at);
      data[4 * at + 3] = ((bytes[row + (x >> 3)] ?? 0) >> (7 - (x & 7))) & 1 ? 0 : 255;
    }
  }
  return { data, width, height, channels: 4 };
}

/** RLE4 and RLE8: runs, literal stretches, and jumps over pixels that stay in the first colour of the table. */
function decodeRuns(frame: Frame, isTolerant: boolean): Pixels {
  const { bytes, info: { width, isTopDown, bits }, height, start } = frame;
  const indices = new Uint8Array(width * height);
  const put = (x: number, y: number, index: number): void => {
    if (x < width && y < height) indices[(isTopDown ? y : height - 1 - y) * width + x] = index;
  };
  const nibble = (byte: number, position: number): number => (bits === 8 ? byte : position % 2 === 0 ? byte >> 4 : byte & 15);
  let [x, y, at] = [0, 0, start];
  while (y < height) {
    if (at + 2 > bytes.length) {
      if (isTolerant) break;
      throw new DamageError('truncated', `the run lengths of the BMP end at row ${y} of ${height}`, y > 0);
    }
    const count = bytes[at++] ?? 0;
    const value = bytes[at++] ?? 0;
    if (count > 0) for (let index = 0; index < count; index++) put(x++, y, nibble(value, index));
    else if (value === 0) [x, y] = [0, y + 1];
    else if (value === 1) break;
    else if (value === 2) [x, y, at] = [x + (bytes[at] ?? 0), y + (bytes[at + 1] ?? 0), at + 2];
    else {
      for (let index = 0; index < value; index++) put(x++, y, nibble(bytes[at + (bits === 8 ? index : index >> 1)] ?? 0, index));
      const length = bits === 8 ? value : (value + 1) >> 1;
      at += length + (length & 1);
    }
  }
  const colors = readPalette(frame);
  const data = new Uint8Array(width * height * 3);
  for (let pixel = 0; pixel < indices.length; pixel++) {
    const color = 3 * (indices[pixel] ?? 0);
    data[3 * pixel] = colors[color] ?? 0;
    data[3 * pixel + 1] = colors[color + 1] ?? 0;
    data[3 * pixel + 2] = colors[color + 2] ?? 0;
  }
  return { data, width, height, channels: 3 };
}
