import sharp, { type Sharp } from 'sharp';
import { describe, expect, test } from 'vitest';
import { POLICY_PROFILES } from '../src/contract/settings.ts';
import { decode } from '../src/main/engine/pixels/decode/decode.ts';
import { readHeader } from '../src/main/engine/pixels/header/header.ts';
import type { PixelAccepted, PixelOptions } from '../src/main/engine/pixels/outcome.ts';
import { hashPixels, runPixelPass } from '../src/main/engine/pixels/pass.ts';
import { makeGif, makeSwappedProfile, paint, paintPhoto, paintQuarters, QUARTERS, storeTurned, toSharp, withSegment } from './fixtures/images.ts';

const admit: PixelOptions['admit'] = () => Promise.resolve({ [Symbol.dispose]: () => undefined });

async function accept(bytes: Buffer, options: Partial<PixelOptions> = {}): Promise<PixelAccepted> {
  const outcome = await runPixelPass(bytes, { policy: POLICY_PROFILES.standard, salvage: false, admit, ...options });
  if (outcome.kind === 'refused') throw new Error(`refused: ${outcome.error.code} ${outcome.error.message}`);
  return outcome;
}

/** Colour of a rendition at a place given in fractions of its size. */
async function colorAt(outcome: PixelAccepted, preset: string, x: number, y: number): Promise<number[]> {
  const { data, info } = await sharp(outcome.renditions.find((one) => one.preset === preset)!.bytes).raw().toBuffer({ resolveWithObject: true });
  const at = (Math.floor(y * info.height) * info.width + Math.floor(x * info.width)) * info.channels;
  return [...data.subarray(at, at + info.channels)];
}

function expectColor(actual: readonly number[], expected: readonly number[], tolerance = 16): void {
  expect(Math.max(...expected.map((value, channel) => Math.abs(value - actual[channel]!))), `${String(actual)} instead of ${String(expected)}`).toBeLessThanOrEqual(tolerance);
}

const hash = (bytes: Buffer): Promise<string> => hashPixels(bytes, { admit, salvage: false });

describe('renditions', () => {
  test.each([
    [1920, 1080, [[100, 56], [400, 225], [1200, 675]]],
    [1080, 1920, [[56, 100], [225, 400], [675, 1200]]],
    [3000, 2000, [[100, 67], [400, 267], [1200, 800]]],
    [320, 240, [[100, 75], [320, 240], [320, 240]]],
    [3000, 4, [[100, 1], [400, 1], [1200, 2]]],
    [1, 1, [[1, 1], [1, 1], [1, 1]]],
  ])('of %i×%i px fit inside their bounds and are never enlarged', async (width, height, sizes) => {
    const { renditions } = await accept(await toSharp(paint(width, height, (x, y) => [x % 256, y % 256, 90])).jpeg().toBuffer());
    expect(renditions.map((one) => [one.preset, one.width, one.height])).toEqual(['thumb', 'card', 'zoom'].map((preset, index) => [preset, ...sizes[index]!]));
    for (const one of renditions) {
      const facts = await sharp(one.bytes).metadata();
      expect([facts.format, facts.width, facts.height, facts.icc, facts.exif]).toEqual(['jpeg', one.width, one.height, undefined, undefined]);
    }
  });

  test.each([1, 2, 3, 4, 5, 6, 7, 8])('are upright for EXIF orientation %i, decoded reduced and whole', async (orientation) => {
    for (const [width, height] of [[2600, 1400], [600, 400]] as const) {
      const stored = await storeTurned(paintQuarters(width, height), orientation);
      const jpeg = await toSharp(stored).withMetadata({ orientation }).jpeg({ quality: 95 }).toBuffer();
      const outcome = await accept(jpeg);
      expect([outcome.width, outcome.height, outcome.orientation]).toEqual([width, height, orientation]);
      for (const preset of ['thumb', 'card', 'zoom']) {
        expectColor(await colorAt(outcome, preset, 0.2, 0.2), QUARTERS.topLeft);
        expectColor(await colorAt(outcome, preset, 0.8, 0.2), QUARTERS.topRight);
        expectColor(await colorAt(outcome, preset, 0.2, 0.8), QUARTERS.bottomLeft);
        expectColor(await colorAt(outcome, preset, 0.8, 0.8), QUARTERS.bottomRight);
      }
    }
  });

  test('put transparent pixels on white, large and small', async () => {
    for (const size of [300, 1500]) {
      const half = paint(size, size, (x) => (x < size / 2 ? [200, 30, 30, 0] : [0, 0, 0, 128]), 4);
      const outcome = await accept(await toSharp(half).png().toBuffer());
      expect(outcome.hasAlpha).toBe(true);
      for (const preset of ['thumb', 'card', 'zoom']) {
        expectColor(await colorAt(outcome, preset, 0.2, 0.5), [255, 255, 255]);
        expectColor(await colorAt(outcome, preset, 0.8, 0.5), [127, 127, 127]);
      }
    }
  });

  test('are sRGB whatever the file is: CMYK, 16 bits, gray, gray with alpha, palette, another profile', async () => {
    const picture = toSharp(paintQuarters(600, 400));
    const cmyk = await accept(await picture.clone().toColourspace('cmyk').jpeg({ quality: 95 }).toBuffer());
    expect([cmyk.colorSpace, cmyk.flags]).toEqual(['cmyk', ['cmyk']]);
    expect((await colorAt(cmyk, 'card', 0.2, 0.2))[0]).toBeGreaterThan(180);
    expect((await colorAt(cmyk, 'card', 0.2, 0.8))[2]).toBeGreaterThan(100);

    const deep = await accept(await picture.clone().toColourspace('rgb16').png().toBuffer());
    expect([deep.bitDepth, deep.flags]).toEqual([16, ['16-bit']]);
    expectColor(await colorAt(deep, 'card', 0.2, 0.2), QUARTERS.topLeft);

    const gray = await accept(await picture.clone().toColourspace('b-w').png().toBuffer());
    expect(gray.colorSpace).toBe('gray');
    const [red = 0, green = 0, blue = 0] = await colorAt(gray, 'card', 0.2, 0.2);
    expect(Math.max(red, green, blue) - Math.min(red, green, blue)).toBeLessThanOrEqual(2);

    const grayAlpha = await accept(await toSharp(paint(100, 100, (x) => [90, 90, 90, x < 50 ? 0 : 255], 4)).toColourspace('b-w').png().toBuffer());
    expect(grayAlpha.hasAlpha).toBe(true);
    expectColor(await colorAt(grayAlpha, 'card', 0.2, 0.5), [255, 255, 255]);

    const palette = await accept(await picture.clone().png({ palette: true, colours: 8 }).toBuffer());
    expectColor(await colorAt(palette, 'card', 0.8, 0.8), QUARTERS.bottomRight);

    const plain = await picture.clone().jpeg({ quality: 95 }).toBuffer();
    const swapped = await accept(withSegment(plain, 0xe2, Buffer.concat([Buffer.from('ICC_PROFILE\0\x01\x01', 'latin1'), makeSwappedProfile()])));
    expect([swapped.colorSpace, swapped.metadata.colorProfile]).toEqual(['rgb', 'Swapped']);
    expectColor(await colorAt(swapped, 'card', 0.2, 0.2), QUARTERS.topRight, 30);
  });

  test('are the file itself without its metadata where that is small enough and compressed enough', async () => {
    const raw = paintPhoto(320, 240, 2);
    for (const options of [{ quality: 80 }, { quality: 80, progressive: true }, { quality: 80, chromaSubsampling: '4:4:4' }]) {
      const plain = await toSharp(raw).jpeg(options).toBuffer();
      const withMetadata = await toSharp(raw).withMetadata({ exif: { IFD0: { Artist: 'Jane Doe' } } }).jpeg(options).toBuffer();
      const { renditions } = await accept(Buffer.concat([withMetadata, Buffer.from('trailer')]));
      const [thumb, card, zoom] = renditions;
      expect(Buffer.from(card!.bytes).includes('Jane Doe')).toBe(false);
      expect(await hash(Buffer.from(card!.bytes))).toBe(await hash(plain));
      expect(zoom!.bytes).toBe(card!.bytes);
      expect([thumb!.width, thumb!.bytes === card!.bytes]).toEqual([100, false]);
    }
    const fine = await toSharp(raw).jpeg({ quality: 98 }).toBuffer();
    expect((await accept(fine)).renditions[1]!.bytes.length).toBeLessThan(fine.length / 2);
  });

  test('show the first frame of an animation, and count the frames', async () => {
    const outcome = await accept(makeGif(60, 60, 7));
    expect([outcome.format, outcome.frames, outcome.flags]).toEqual(['gif', 7, ['small', 'animated']]);
    const frames = Buffer.concat([...[[255, 0, 0], [0, 255, 0]].map((color) => paint(80, 80, () => color).data)]);
    const webp = await sharp(frames, { raw: { width: 80, height: 160, channels: 3, pageHeight: 80 } }).webp({ lossless: true, loop: 0, delay: [100, 100] }).toBuffer();
    const animation = await accept(webp);
    expect([animation.frames, animation.height, animation.placeholder]).toEqual([2, 80, '#ff0000']);
  });
});

describe('deep pictures with a profile come out in the colours of their 8-bit selves', () => {
  const color = [200, 50, 60];
  const firstPixel = async (bytes: Buffer, format: 'png' | 'tiff' | 'avif'): Promise<number[]> =>
    [...(await decode(bytes, format, readHeader(bytes, format), { isTolerant: false })).data.subarray(0, 3)];
  const plain = (): Sharp => toSharp(paint(64, 64, () => color));
  /** The colour as Display P3 stores it: true sRGB is `color` again. */
  const p3 = (): Sharp => plain().withIccProfile('p3');

  test('Display P3', async () => {
    expectColor(await firstPixel(await p3().png().toBuffer(), 'png'), color, 2);
    const deep = await p3().toColourspace('rgb16').png().toBuffer();
    expect(readHeader(deep, 'png')).toMatchObject({ bitDepth: 16 });
    expectColor(await firstPixel(deep, 'png'), color, 2);
    expectColor(await firstPixel(await p3().toColourspace('rgb16').tiff({ compression: 'lzw' }).toBuffer(), 'tiff'), color, 2);
    expectColor(await firstPixel(await p3().avif({ bitdepth: 10, quality: 95, effort: 0 }).toBuffer(), 'avif'), color, 2);
  });

  test('red at the edge of sRGB, and a profile that libvips finds unusable', async () => {
    const red = toSharp(paint(64, 64, () => [255, 0, 0]));
    const stored = await red.withIccProfile('p3').png().toBuffer();
    const deepRed = await red.clone().toColourspace('rgb16').withIccProfile('p3').png().toBuffer();
    expectColor(await firstPixel(deepRed, 'png'), await firstPixel(stored, 'png'), 2);

    const damaged = (bytes: Buffer): Buffer => {
      const copy = Buffer.from(bytes);
      copy.fill(0xff, copy.indexOf('acsp') + 96, copy.indexOf('acsp') + 300);
      return copy;
    };
    const tiff = async (depth: 'srgb' | 'rgb16'): Promise<Buffer> => damaged(await p3().toColourspace(depth).tiff({ compression: 'none' }).toBuffer());
    expectColor(await firstPixel(await tiff('rgb16'), 'tiff'), await firstPixel(await tiff('srgb'), 'tiff'), 2);
  });
});

describe('a TIFF of more channels than colours and alpha', () => {
  const extra = { data: Buffer.alloc(40 * 30, 77), raw: { width: 40, height: 30, channels: 1 } } as const;
  const color = [200, 100, 50, 128];
  /** Five channels, or without extra ones four, of which the fourth is alpha (2), or nothing known (0). */
  const make = async (extraSamples: number, count = 5): Promise<Buffer> => {
    const four = toSharp(paint(40, 30, () => color, 4));
    const tiff = await (count === 5 ? four.joinChannel(extra.data, { raw: extra.raw }) : four).tiff({ compression: 'none' }).toBuffer();
    const directory = tiff.readUInt32LE(4);
    const entry = Array.from({ length: tiff.readUInt16LE(directory) }, (_, index) => directory + 2 + 12 * index).find((at) => tiff.readUInt16LE(at) === 338)!;
    tiff.writeUInt16LE(extraSamples, entry + 8);
    return tiff;
  };

  test.each([[2, 5, color], [0, 5, color.slice(0, 3)], [2, 4, color], [0, 4, color.slice(0, 3)]])('keeps its colours, and its fourth as alpha only where that is said (%i, of %i)', async (extraSamples, count, expected) => {
    const bytes = await make(extraSamples, count);
    const pixels = await decode(bytes, 'tiff', readHeader(bytes, 'tiff'), { isTolerant: false });
    expect([pixels.channels, pixels.data.length]).toEqual([expected.length, 40 * 30 * expected.length]);
    expect([...pixels.data.subarray(0, 4 * expected.length)]).toEqual(Array.from({ length: 4 }, () => expected).flat());
    expect(await accept(bytes)).toMatchObject({ verdict: 'clean', width: 40, height: 30, hasAlpha: extraSamples === 2 });
  });
});

describe('the hash of the pixels', () => {
  const photo = paintPhoto(640, 427, 3);

  test('is the same in every lossless format, and at full size that of the JPEG they were made from', async () => {
    const jpeg = await toSharp(photo).jpeg({ quality: 90 }).toBuffer();
    const reference = await hash(jpeg);
    const copies = {
      png: await sharp(jpeg).png().toBuffer(),
      interlaced: await sharp(jpeg).png({ progressive: true }).toBuffer(),
      tiff: await sharp(jpeg).tiff({ compression: 'deflate' }).toBuffer(),
      webp: await sharp(jpeg).webp({ lossless: true }).toBuffer(),
      deep: await sharp(jpeg).toColourspace('rgb16').png().toBuffer(),
      profile: await sharp(jpeg).withIccProfile('srgb').png().toBuffer(),
      opaque: await sharp(jpeg).ensureAlpha().png().toBuffer(),
    };
    for (const [name, copy] of Object.entries(copies)) {
      expect(await hash(copy), name).toBe(reference);
      expect((await accept(copy)).pixelSha256, name).toBe(reference);
    }
    expect((await accept(jpeg)).pixelSha256).toBe(reference);
    expect(await hash(await toSharp(paintPhoto(640, 427, 4)).jpeg().toBuffer())).not.toBe(reference);
  });

  test('does not depend on how the camera was held', async () => {
    const reference = await hash(await toSharp(photo).png().toBuffer());
    for (const orientation of [2, 3, 4, 5, 6, 7, 8]) {
      const stored = await storeTurned(photo, orientation);
      expect(await hash(await toSharp(stored).withMetadata({ orientation }).tiff({ compression: 'lzw' }).toBuffer()), String(orientation)).toBe(reference);
    }
  });

  test('sees transparency, but not the colour of what cannot be seen', async () => {
    const visible = (hidden: number): Promise<Buffer> => toSharp(paint(64, 64, (x) => (x < 32 ? [hidden, hidden, hidden, 0] : [10, 200, 30, 255]), 4)).png().toBuffer();
    expect(await hash(await visible(0))).toBe(await hash(await visible(77)));
    const opaque = await toSharp(paint(64, 64, (x) => (x < 32 ? [0, 0, 0, 255] : [10, 200, 30, 255]), 4)).png().toBuffer();
    expect(await hash(await visible(0))).not.toBe(await hash(opaque));
  });

  test('is left out where a JPEG was decoded at a reduced scale, and can be had later', async () => {
    const jpeg = await toSharp(paintPhoto(2500, 1700, 5)).jpeg().toBuffer();
    expect((await accept(jpeg)).pixelSha256).toBeNull();
    expect(await hash(jpeg)).toBe(await hash(await sharp(jpeg).png({ compressionLevel: 1 }).toBuffer()));
  });
});

test('a reduced decode gives the same picture as a whole one, and asks for far less memory', async () => {
  const raw = paintPhoto(2600, 1800, 6);
  const asked: number[] = [];
  const count: PixelOptions['admit'] = (bytes) => { asked.push(bytes); return admit(bytes); };
  const bytes = await toSharp(raw).jpeg({ quality: 95 }).toBuffer();
  const jpeg = await accept(bytes, { admit: count });
  const png = await accept(await toSharp(raw).png({ compressionLevel: 1 }).toBuffer());
  for (const [x, y] of [[0.1, 0.1], [0.5, 0.5], [0.9, 0.3]] as const) {
    expectColor(await colorAt(jpeg, 'thumb', x, y), await colorAt(png, 'thumb', x, y), 12);
  }
  await hashPixels(bytes, { admit: count, salvage: false });
  expect(asked[1]! - asked[0]!).toBeGreaterThanOrEqual(2600 * 1800 * 3);
});
