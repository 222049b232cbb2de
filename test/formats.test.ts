import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { ImageMagick, initializeImageMagick, MagickFormat, MagickReadSettings } from '@imagemagick/magick-wasm';
import { beforeAll, describe, expect, test } from 'vitest';
import { POLICY_PROFILES } from '../src/contract/settings.ts';
import { decode } from '../src/main/engine/pixels/decode/decode.ts';
import { hasWrongExtension } from '../src/main/engine/pixels/extension.ts';
import { readHeader } from '../src/main/engine/pixels/header/header.ts';
import type { PixelOptions, PixelOutcome } from '../src/main/engine/pixels/outcome.ts';
import { runPixelPass } from '../src/main/engine/pixels/pass.ts';
import { type ImageFormat, sniff } from '../src/main/engine/pixels/sniff.ts';
import { HEIC, makeTiff, paint, paintPhoto, paintQuarters, type Raw, TIFF_TYPE, type TiffTag, toSharp } from './fixtures/images.ts';

const admit: PixelOptions['admit'] = () => Promise.resolve({ [Symbol.dispose]: () => undefined });
const look = (bytes: Buffer, salvage = false): Promise<PixelOutcome> => runPixelPass(bytes, { policy: POLICY_PROFILES.standard, salvage, admit });

async function pixelsOf(bytes: Buffer): Promise<{ readonly format: ImageFormat; readonly width: number; readonly height: number; readonly channels: number; readonly data: Uint8Array }> {
  const kind = sniff(bytes);
  if (kind.kind !== 'image') throw new Error(`not an image: ${JSON.stringify(kind)}`);
  return { format: kind.format, ...await decode(bytes, kind.format, readHeader(bytes, kind.format), { isTolerant: false }) };
}

/** Colours that every depth can hold: each channel is nothing or full. */
const PRIMARY = paint(13, 7, (x, y) => [x % 2 * 255, y % 2 * 255, (x + y) % 3 === 0 ? 255 : 0]);

interface BitmapOptions { readonly bits: number; readonly headerBytes?: number; readonly isTopDown?: boolean; readonly compression?: number; readonly masks?: readonly number[] }

/** Writes a BMP of any kind; with a colour table, the table holds all eight primary colours (or two). */
function makeBitmap(raw: Raw, { bits, headerBytes = 40, isTopDown = false, compression = 0, masks = [] }: BitmapOptions): Buffer {
  const { width, height, channels, data } = raw;
  const isCore = headerBytes === 12;
  const colors = bits <= 8 ? Array.from({ length: Math.min(8, 2 ** bits) }, (_, index) => [index & 1, (index >> 1) & 1, (index >> 2) & 1].map((on) => on * 255)) : [];
  const tableSize = isCore ? 2 ** bits : colors.length;
  const table = Buffer.alloc(bits <= 8 ? tableSize * (isCore ? 3 : 4) : 0);
  colors.forEach(([red = 0, green = 0, blue = 0], index) => table.set([blue, green, red], index * (isCore ? 3 : 4)));
  const indexAt = (x: number, y: number): number => {
    const at = (y * width + x) * channels;
    return (data[at]! >> 7) | ((data[at + 1]! >> 7) << 1) | ((data[at + 2]! >> 7) << 2);
  };
  const rows = Array.from({ length: height }, (_, index) => (isTopDown ? index : height - 1 - index));
  const pixels = compression === 1 || compression === 2 ? encodeRuns(rows, width, indexAt, compression === 1 ? 8 : 4) : Buffer.concat(rows.map((y) => {
    const row = Buffer.alloc(Math.floor((width * bits + 31) / 32) * 4);
    for (let x = 0; x < width; x++) {
      const at = (y * width + x) * channels;
      const [red, green, blue, alpha] = [data[at]!, data[at + 1]!, data[at + 2]!, channels === 4 ? data[at + 3]! : 0];
      if (bits <= 8) row[(x * bits) >> 3]! |= (indexAt(x, y) & (2 ** bits - 1)) << (8 - bits - ((x * bits) & 7));
      else if (bits === 24) row.set([blue, green, red], 3 * x);
      else if (masks.length > 0) {
        const value = [red, green, blue, alpha].reduce((sum, level, channel) => sum + scaleTo(level, masks[channel] ?? 0), 0);
        if (bits === 16) row.writeUInt16LE(value, 2 * x); else row.writeUInt32LE(value, 4 * x);
      } else if (bits === 16) row.writeUInt16LE((red >> 3) << 10 | (green >> 3) << 5 | blue >> 3, 2 * x);
      else row.set([blue, green, red, 0], 4 * x);
    }
    return row;
  }));
  const info = Buffer.alloc(headerBytes);
  info.writeUInt32LE(headerBytes, 0);
  if (isCore) [width, height, 1, bits].forEach((value, index) => info.writeUInt16LE(value, 4 + 2 * index));
  else {
    info.writeInt32LE(width, 4);
    info.writeInt32LE(isTopDown ? -height : height, 8);
    info.writeUInt16LE(1, 12);
    info.writeUInt16LE(bits, 14);
    info.writeUInt32LE(compression, 16);
    info.writeUInt32LE(bits <= 8 ? colors.length : 0, 32);
    if (headerBytes >= 56) masks.forEach((mask, index) => info.writeUInt32LE(mask, 40 + 4 * index));
  }
  const behind = Buffer.alloc(headerBytes === 40 && masks.length > 0 ? 12 : 0);
  if (behind.length > 0) masks.slice(0, 3).forEach((mask, index) => behind.writeUInt32LE(mask, 4 * index));
  const file = Buffer.alloc(14);
  file.write('BM', 'latin1');
  const start = 14 + info.length + behind.length + table.length;
  file.writeUInt32LE(start + pixels.length, 2);
  file.writeUInt32LE(start, 10);
  return Buffer.concat([file, info, behind, table, pixels]);
}

function scaleTo(level: number, mask: number): number {
  if (mask === 0) return 0;
  const lowest = 2 ** (31 - Math.clz32((mask & -mask) >>> 0));
  return Math.round((level / 255) * (mask / lowest)) * lowest;
}

/** Runs, literal stretches and line ends, so that all of them are met. */
function encodeRuns(rows: readonly number[], width: number, indexAt: (x: number, y: number) => number, bits: 4 | 8): Buffer {
  const bytes: number[] = [];
  const pack = (values: readonly number[]): number[] => (bits === 8 ? [...values]
    : Array.from({ length: Math.ceil(values.length / 2) }, (_, index) => (values[2 * index]! << 4) | (values[2 * index + 1] ?? 0)));
  for (const y of rows) {
    const literal = pack(Array.from({ length: 5 }, (_, x) => indexAt(x, y)));
    bytes.push(0, 5, ...literal, ...(literal.length % 2 === 1 ? [0] : []));
    for (let x = 5; x < width; x++) bytes.push(1, bits === 8 ? indexAt(x, y) : indexAt(x, y) << 4);
    bytes.push(0, 0);
  }
  return Buffer.from([...bytes, 0, 1]);
}

describe('BMP', () => {
  test.each<[string, BitmapOptions]>([
    ['4 bits', { bits: 4 }], ['8 bits', { bits: 8 }], ['8 bits, top down', { bits: 8, isTopDown: true }],
    ['16 bits', { bits: 16 }], ['24 bits', { bits: 24 }], ['24 bits, top down', { bits: 24, isTopDown: true }], ['32 bits', { bits: 32 }],
    ['RLE4', { bits: 4, compression: 2 }], ['RLE8', { bits: 8, compression: 1 }],
    ['16 bits by masks (565)', { bits: 16, compression: 3, masks: [0xf800, 0x7e0, 0x1f] }],
    ['32 bits by masks', { bits: 32, compression: 3, masks: [0xff, 0xff00, 0xff0000] }],
    ['32 bits of 10-bit channels', { bits: 32, compression: 3, masks: [0x3ff00000, 0xffc00, 0x3ff] }],
    ['OS/2, 8 bits', { bits: 8, headerBytes: 12 }], ['OS/2, 24 bits', { bits: 24, headerBytes: 12 }], ['OS/2 version 2', { bits: 24, headerBytes: 64 }],
    ['version 4', { bits: 24, headerBytes: 108 }], ['version 5', { bits: 32, headerBytes: 124, compression: 3, masks: [0xff0000, 0xff00, 0xff] }],
  ])('of %s is decoded exactly', async (_, options) => {
    const result = await pixelsOf(makeBitmap(PRIMARY, options));
    expect([result.format, result.width, result.height, result.channels]).toEqual(['bmp', 13, 7, 3]);
    expect(Buffer.from(result.data).equals(PRIMARY.data)).toBe(true);
  });

  test('of 1 bit is decoded exactly', async () => {
    const stripes = paint(13, 7, (x) => (x % 3 === 0 ? [255, 0, 0] : [0, 0, 0]));
    expect(Buffer.from((await pixelsOf(makeBitmap(stripes, { bits: 1 }))).data).equals(stripes.data)).toBe(true);
  });

  test('with an alpha mask keeps its transparency', async () => {
    const glass = paint(9, 5, (x, y) => [255, 0, 255, x * 20 + y], 4);
    const result = await pixelsOf(makeBitmap(glass, { bits: 32, headerBytes: 124, compression: 3, masks: [0xff0000, 0xff00, 0xff, 0xff000000] }));
    expect(result.channels).toBe(4);
    expect(Buffer.from(result.data).equals(glass.data)).toBe(true);
  });

  test('agrees with the decoder of ImageMagick on the pixels of a photograph', async () => {
    const photo = paintPhoto(211, 97);
    expect((await look(makeBitmap(photo, { bits: 24 })))).toMatchObject({ kind: 'accepted', format: 'bmp', flags: [], width: 211, height: 97 });
    const other = magickRead(makeBitmap(photo, { bits: 24 }), MagickFormat.Bmp);
    expect(Buffer.from((await pixelsOf(makeBitmap(photo, { bits: 24 }))).data).equals(other)).toBe(true);
  });

  test('that lies about its size is refused without reserving memory for it', async () => {
    const bytes = makeBitmap(PRIMARY, { bits: 24 });
    bytes.writeInt32LE(7000, 18);
    bytes.writeInt32LE(7000, 22);
    expect(await look(bytes)).toMatchObject({ kind: 'refused', verdict: 'unreadable', error: { code: 'truncated' } });
    bytes.writeInt32LE(2 ** 31 - 1, 18);
    expect(await look(bytes)).toMatchObject({ kind: 'refused', verdict: 'rejected', error: { code: 'too-many-pixels' } });
  });
});

describe('ICO', () => {
  const icon = (picture: Buffer, side: number): Buffer => {
    const head = Buffer.from([0, 0, 1, 0, 1, 0, side, side, 0, 0, 1, 0, 32, 0, 0, 0, 0, 0, 22, 0, 0, 0]);
    head.writeUInt32LE(picture.length, 14);
    return Buffer.concat([head, picture]);
  };

  test('with a PNG inside', async () => {
    const outcome = await look(icon(await toSharp(paintQuarters(64, 64)).png().toBuffer(), 64));
    expect(outcome).toMatchObject({ kind: 'accepted', format: 'ico', width: 64, height: 64 });
  });

  test('with bitmaps, transparent by alpha or by mask', async () => {
    const glass = paint(16, 16, (x) => [10, 20, 30, x < 8 ? 0 : 255], 4);
    const dib = makeBitmap(glass, { bits: 32, masks: [0xff0000, 0xff00, 0xff, 0xff000000] }).subarray(14);
    const withoutMasks = Buffer.concat([dib.subarray(0, 40), dib.subarray(52), Buffer.alloc(16 * 4)]);
    withoutMasks.writeInt32LE(32, 8);
    expect(Buffer.from((await pixelsOf(icon(withoutMasks, 16))).data).equals(glass.data)).toBe(true);

    const plain = makeBitmap(paint(16, 16, () => [10, 20, 30]), { bits: 24 }).subarray(14);
    const mask = Buffer.concat(Array.from({ length: 16 }, () => Buffer.from([0xff, 0, 0, 0])));
    const masked = Buffer.concat([plain, mask]);
    masked.writeInt32LE(32, 8);
    expect(Buffer.from((await pixelsOf(icon(masked, 16))).data).equals(glass.data)).toBe(true);
  });
});

function magickRead(bytes: Buffer, format: MagickFormat): Buffer {
  return ImageMagick.read(bytes, new MagickReadSettings({ format }), (image) => image.getPixels((pixels) => Buffer.from(pixels.toByteArray(0, 0, image.width, image.height, 'RGB')!)));
}

async function magickWrite(raw: Raw, format: MagickFormat): Promise<Buffer> {
  const png = await toSharp(raw).png().toBuffer();
  return ImageMagick.read(png, MagickFormat.Png, (image) => { image.quality = 100; return image.write(format, (data) => Buffer.from(data)); });
}

beforeAll(async () => {
  await initializeImageMagick(readFileSync(fileURLToPath(import.meta.resolve('@imagemagick/magick-wasm/magick.wasm'))));
});

describe('formats that libvips does not read', () => {
  const quarters = paintQuarters(90, 60);
  test.each([['jxl', MagickFormat.Jxl], ['jp2', MagickFormat.Jp2], ['jp2', MagickFormat.J2k], ['psd', MagickFormat.Psd]] as const)('%s', async (format, writer) => {
    const bytes = await magickWrite(quarters, writer);
    const result = await pixelsOf(bytes);
    expect([result.format, result.width, result.height]).toEqual([format, 90, 60]);
    const worst = quarters.data.reduce((most, value, index) => Math.max(most, Math.abs(value - result.data[index]!)), 0);
    expect(worst).toBeLessThanOrEqual(40);
  });

  test.each([['jp2', MagickFormat.Jp2], ['jp2', MagickFormat.J2k], ['psd', MagickFormat.Psd]] as const)('what is there of a %s that ends early can be salvaged', async (format, writer) => {
    const whole = await magickWrite(paintPhoto(200, 150), writer);
    const cut = whole.subarray(0, Math.floor(0.8 * whole.length));
    expect(await look(cut)).toMatchObject({ kind: 'refused', verdict: 'salvageable', format, error: { code: 'truncated', message: expect.stringMatching(/ends early, after \d+ bytes; \d+ more were announced$/) } });
    expect(await look(cut, true)).toMatchObject({ kind: 'accepted', verdict: 'salvageable', format, width: 200, height: 150, flags: ['salvaged'] });
    expect(await look(Buffer.concat([whole, Buffer.alloc(300, 7)]))).toMatchObject({ kind: 'accepted', verdict: 'clean' });
  });

  test('of a JPEG XL that ends early nothing can', async () => {
    const whole = await magickWrite(quarters, MagickFormat.Jxl);
    expect(await look(whole.subarray(0, Math.floor(0.8 * whole.length)))).toMatchObject({ kind: 'refused', verdict: 'unreadable', format: 'jxl' });
  });

  test('HEIC', async () => {
    const outcome = await look(HEIC);
    expect(outcome).toMatchObject({ kind: 'accepted', format: 'heic', width: 64, height: 48, flags: ['small'] });
    const { data, channels } = await pixelsOf(HEIC);
    expect([...data.subarray(0, 3)].map((level, index) => Math.abs(level - [220, 200, 60][index]!) < 12)).toEqual([true, true, true]);
    expect(channels).toBe(3);
  });

  test('a HEIC that ends early, of which the decoder does not complain', async () => {
    expect(await look(HEIC.subarray(0, -20))).toMatchObject({ kind: 'refused', error: { code: 'truncated' } });
    expect(await look(Buffer.concat([HEIC, Buffer.alloc(300, 7)]))).toMatchObject({ kind: 'accepted', verdict: 'clean' });
  });
});

describe('camera raw files show the largest preview inside', () => {
  const previews = async (): Promise<[Buffer, Buffer]> => [
    await toSharp(paintQuarters(160, 120)).jpeg().toBuffer(), await toSharp(paintQuarters(800, 600)).jpeg().toBuffer(),
  ];
  const make = (text: string): TiffTag => ({ tag: 0x10f, type: TIFF_TYPE.ascii, values: Buffer.from(`${text}\0`) });
  const orientation: TiffTag = { tag: 0x112, type: TIFF_TYPE.short, values: [6] };

  test.each<[ImageFormat, readonly TiffTag[]]>([
    ['dng', [make('Leica Camera AG'), orientation, { tag: 0xc612, type: 1, values: Buffer.from([1, 4, 0, 0]) }]],
    ['nef', [make('NIKON CORPORATION'), orientation, { tag: 0x14a, type: TIFF_TYPE.long, values: [0] }]],
    ['arw', [make('SONY Camera'), orientation, { tag: 0x14a, type: TIFF_TYPE.long, values: [0] }]],
  ])('%s, turned as the raw file says', async (format, tags) => {
    const [small, large] = await previews();
    const outcome = await look(makeTiff([tags], Buffer.concat([small, Buffer.alloc(100, 7), large, Buffer.alloc(5000, 9)])));
    expect(outcome).toMatchObject({ kind: 'accepted', format, width: 600, height: 800, orientation: 6, flags: ['raw-preview'] });
    expect(outcome).toHaveProperty('metadata.cameraMake', tags[0]!.values.toString('latin1').replace('\0', ''));
  });

  test('cr2, orf, rw2 and raf by their own marks', async () => {
    const [small, large] = await previews();
    const tiff = makeTiff([[make('Maker'), orientation]], Buffer.concat([small, large]));
    const marked = (mark: string, at: number): Buffer => { const copy = Buffer.from(tiff); copy.write(mark, at, 'latin1'); return copy; };
    const cr2 = makeTiff([[make('Canon')]], Buffer.concat([small, large]));
    expect(await look(Buffer.concat([Buffer.from('II*\0\x10\0\0\0CR\x02\0\0\0\0\0', 'latin1'), cr2.subarray(8)]))).toMatchObject({ kind: 'accepted', format: 'cr2', width: 800 });
    expect(await look(marked('IIRO', 0))).toMatchObject({ kind: 'accepted', format: 'orf', width: 600 });
    expect(await look(marked('IIU\0', 0))).toMatchObject({ kind: 'accepted', format: 'rw2', width: 600 });
    expect(await look(Buffer.concat([Buffer.from('FUJIFILMCCD-RAW 0201', 'latin1'), small, large]))).toMatchObject({ kind: 'accepted', format: 'raf', width: 800 });
  });

  test('without any preview, they are named and refused', async () => {
    const bytes = makeTiff([[make('Leica'), { tag: 0xc612, type: 1, values: Buffer.from([1, 4, 0, 0]) }]], Buffer.alloc(5000, 9));
    expect(await look(bytes)).toMatchObject({ kind: 'refused', format: 'dng', error: { code: 'unsupported-format' } });
  });
});

test('AVIF with transparency', async () => {
  const bytes = await toSharp(paint(120, 80, (x) => [20, 160, 220, x < 60 ? 0 : 255], 4)).avif({ effort: 0 }).toBuffer();
  expect(await look(bytes)).toMatchObject({ kind: 'accepted', format: 'avif', width: 120, height: 80, hasAlpha: true });
});

test.each([
  ['a.png', 'png', false], ['a.jpg', 'png', true], ['a.JPG', 'jpeg', false], ['a.jfif', 'jpeg', false], ['a', 'jpeg', false], ['a.b.gif', 'webp', true],
  ['a.cr2', 'tiff', false], ['a.nef', 'arw', false], ['a.cr2', 'jpeg', true],
])('%s that is %s: wrong extension %s', (name, format, expected) => {
  expect(hasWrongExtension(name, format)).toBe(expected);
});
