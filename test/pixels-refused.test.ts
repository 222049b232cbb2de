import { deflateSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { POLICY_PROFILES } from '../src/contract/settings.ts';
import { readHeader } from '../src/main/engine/pixels/header/header.ts';
import { readMetadata } from '../src/main/engine/pixels/metadata.ts';
import type { PixelOptions, PixelOutcome } from '../src/main/engine/pixels/outcome.ts';
import { runPixelPass } from '../src/main/engine/pixels/pass.ts';
import { createRandom, makeGif, makePng, makeTiff, paint, paintPhoto, pngChunk, TIFF_TYPE, toSharp } from './fixtures/images.ts';

const admit: PixelOptions['admit'] = () => Promise.resolve({ [Symbol.dispose]: () => undefined });
const look = (bytes: Buffer, options: Partial<PixelOptions> = {}): Promise<PixelOutcome> =>
  runPixelPass(bytes, { policy: POLICY_PROFILES.standard, salvage: false, admit, ...options });

/** A refusal that decoded nothing: no memory was asked for. */
async function refusal(bytes: Buffer, options: Partial<PixelOptions> = {}): Promise<unknown> {
  const outcome = await look(bytes, { ...options, admit: () => Promise.reject(new Error('memory was asked for')) });
  return outcome.kind === 'refused' ? [outcome.verdict, outcome.error.code, outcome.error.message] : outcome;
}

describe('what is no image is named', () => {
  test.each([
    ['', 'empty'],
    ['<!DOCTYPE html><html><body>404 not found', 'an HTML page'],
    ['\n  <html lang="en">', 'an HTML page'],
    ['PK\x03\x04\x14\0', 'a ZIP archive or an office document'],
    ['%PDF-1.7', 'a PDF document'],
    ['{"error":"not found"}', 'JSON text'],
    ['Hello, this is a note.\n', 'text'],
    ['\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0', 'all zeros'],
    ['\0\0\0\x20ftypisom\0\0\x02\0isomiso2', 'a video or audio file (MP4 family)'],
    ['BM is how this sentence begins, and not a picture', 'text'],
    ['\x01\x02\x03\x04\x05\xf0\x80', 'data of an unknown kind'],
  ])('%j', async (text, looksLike) => {
    expect(await refusal(Buffer.from(text, 'latin1'))).toEqual(['unreadable', 'not-an-image', `the file is ${looksLike}`]);
  });

  test.each([
    ['<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>', 'SVG'],
    ['<?xml version="1.0"?><!DOCTYPE svg [<!ENTITY x SYSTEM "file:///etc/passwd">]><svg>&x;</svg>', 'SVG'],
    ['gimp xcf v011', 'GIMP'],
    ['8BPS\0\x02', 'PSB'],
  ])('an image of a kind that is not read: %j', async (text, name) => {
    expect(await refusal(Buffer.from(text, 'latin1'))).toEqual(['unreadable', 'unsupported-format', expect.stringContaining(name)]);
  });
});

describe('the policy is held against the header, before any pixel is decoded', () => {
  test.each([
    ['a PNG of 50,000×50,000', () => makePng(50_000, 50_000), 'too-many-pixels', 'image is 50000×50000 px, the limit is 50 megapixels'],
    ['a PNG 40,000 px wide', () => makePng(40_000, 1000), 'too-wide', 'image is 40000×1000 px, the limit is 8000 px a side'],
    ['a GIF of very many frames', () => makeGif(1000, 1000, 51), 'too-many-pixels', 'image is 1000×1000 px in 51 frames, the limit is 50 megapixels'],
    ['a TIFF of huge size', () => makeTiff([[{ tag: 256, type: TIFF_TYPE.long, values: [60_000] }, { tag: 257, type: TIFF_TYPE.long, values: [60_000] }]]), 'too-many-pixels', 'image is 60000×60000 px, the limit is 50 megapixels'],
    ['a TIFF of very many channels', () => makeTiff([[{ tag: 256, type: TIFF_TYPE.short, values: [100] }, { tag: 257, type: TIFF_TYPE.short, values: [100] }, { tag: 277, type: TIFF_TYPE.short, values: [65_535] }]]), 'too-many-pixels', 'image is 100×100 px of 65535 samples, the limit is 50 megapixels'],
    ['a TIFF of many pages', () => makeTiff(Array.from({ length: 60 }, () => [{ tag: 256, type: TIFF_TYPE.short, values: [1000] }, { tag: 257, type: TIFF_TYPE.short, values: [1000] }])), 'too-many-pixels', 'image is 1000×1000 px in 60 frames, the limit is 50 megapixels'],
  ])('%s', async (_, make, code, message) => {
    expect(await refusal(make())).toEqual(['rejected', code, message]);
  });

  test('a TIFF whose pages lead back to the first ends', async () => {
    const tiff = makeTiff([[{ tag: 256, type: TIFF_TYPE.short, values: [100] }, { tag: 257, type: TIFF_TYPE.short, values: [100] }]]);
    tiff.writeUInt32LE(8, 8 + 2 + 24);
    expect((await look(tiff)).kind).toBe('refused');
  });

  test('limits are inclusive', async () => {
    const policy = { ...POLICY_PROFILES.standard, maxPixels: 10_000, maxSide: 200, minBytes: 0, maxBytes: 100_000 };
    const picture = (width: number, height: number): Promise<Buffer> => toSharp(paint(width, height, () => [9, 99, 9])).png().toBuffer();
    expect(await look(await picture(100, 100), { policy })).toMatchObject({ kind: 'accepted', flags: [] });
    expect(await look(await picture(101, 100), { policy })).toMatchObject({ error: { code: 'too-many-pixels' }, width: 101, height: 100, format: 'png' });
    expect(await look(await picture(200, 50), { policy })).toMatchObject({ kind: 'accepted' });
    expect(await look(await picture(201, 20), { policy })).toMatchObject({ error: { code: 'too-wide' } });
    const bytes = await picture(60, 60);
    expect(await look(bytes, { policy: { ...policy, maxBytes: bytes.length } })).toMatchObject({ kind: 'accepted' });
    expect(await look(bytes, { policy: { ...policy, maxBytes: bytes.length - 1 } })).toMatchObject({ verdict: 'rejected', error: { code: 'too-many-bytes' } });
  });

  test('small pictures are flagged, and rejected only by the strict profile', async () => {
    const swatch = await toSharp(paint(49, 80, () => [200, 100, 0])).png().toBuffer();
    expect(await look(swatch)).toMatchObject({ kind: 'accepted', flags: ['small'] });
    expect(await look(swatch, { policy: POLICY_PROFILES.strict })).toMatchObject({ verdict: 'rejected', error: { code: 'too-small' } });
  });

  test('salvage admits against the policy, but never beyond the hard limit', async () => {
    const wide = await toSharp(paint(8200, 20, (x) => [x % 256, 80, 80])).png().toBuffer();
    expect(await look(wide, { salvage: true })).toMatchObject({ kind: 'accepted', verdict: 'clean', width: 8200, flags: expect.arrayContaining(['over-limit']) });
    expect(await refusal(makePng(50_000, 50_000), { salvage: true })).toEqual(['rejected', 'too-many-pixels', expect.any(String)]);
  });
});

describe('compressed blocks that explode are refused without expanding them', () => {
  const zeros = deflateSync(Buffer.alloc(64 * 1024 * 1024));
  test.each([
    ['colour profile', pngChunk('iCCP', Buffer.concat([Buffer.from('bomb\0\0', 'latin1'), zeros]))],
    ['text', pngChunk('zTXt', Buffer.concat([Buffer.from('Comment\0\0', 'latin1'), zeros]))],
    ['text', pngChunk('iTXt', Buffer.concat([Buffer.from('Comment\0\x01\0\0\0', 'latin1'), zeros]))],
  ])('%s', async (what, chunk) => {
    expect(await refusal(makePng(100, 100, [chunk]))).toEqual(['salvageable', 'corrupt', expect.stringMatching(new RegExp(`^with a ${what} of \\d+ bytes, the compressed blocks expand to more than 8 MB$`))]);
  });

  const text = (key: string, bytes: number): Buffer => pngChunk('zTXt', Buffer.concat([Buffer.from(`${key}\0\0`, 'latin1'), deflateSync(Buffer.alloc(bytes, 'word '))]));
  const MB = 1024 * 1024;

  test('blocks that explode only together', async () => {
    expect(await refusal(makePng(100, 100, [text('Title', 5 * MB), text('Comment', 5 * MB)]))).toEqual(['salvageable', 'corrupt', expect.stringContaining('with a text of')]);
  });

  test('texts that nobody reads are not expanded, those that are read only once, and cut', () => {
    const others = Array.from({ length: 100 }, (_, index) => text(`Other ${index}`, 7 * MB));
    const titles = Array.from({ length: 4 }, () => text('Title', 3 * MB));
    const { texts } = readHeader(makePng(100, 100, [...others, ...titles]), 'png').blocks;
    expect(texts).toEqual([['Title', Buffer.alloc(64 * 1024, 'word ').toString()]]);
  });
});

describe('headers that lead in circles are read in a number of steps that grows with the file', () => {
  test('a raw file in which every segment looks like the start of a picture', async () => {
    const bytes = Buffer.concat([Buffer.from('IIRO', 'latin1'), Buffer.alloc(240_000, Buffer.from('\xff\xd8\xff\xe0\0\x04', 'latin1'))]);
    expect(await refusal(bytes)).toEqual(['unreadable', 'unsupported-format', 'the raw file carries no preview that could be shown']);
  }, 5000);

  test('an AVIF with very many pieces of no size at no place', () => {
    const box = (type: string, ...parts: readonly Buffer[]): Buffer => {
      const data = Buffer.concat(parts);
      const head = Buffer.alloc(8);
      head.writeUInt32BE(data.length + 8);
      head.write(type, 4, 'latin1');
      return Buffer.concat([head, data]);
    };
    const latin1 = (text: string): Buffer => Buffer.from(text, 'latin1');
    const exif = makeTiff([[{ tag: 0x10f, type: TIFF_TYPE.ascii, values: latin1('Maker\0') }]]);
    const size = box('ispe', latin1('\0\0\0\0\0\0\0\x40\0\0\0\x30'));
    const infos = Array.from({ length: 100 }, () => box('infe', latin1('\x02\0\0\0\0\x09\0\0Exif\0')));
    const file = (...locations: readonly Buffer[]): Buffer => Buffer.concat([
      box('ftyp', latin1('avif\0\0\0\0')),
      box('free', latin1('\0\0\0\0'), exif),
      box('meta', latin1('\0\0\0\0'), box('pitm', latin1('\0\0\0\0\0\x01')), box('iprp', box('ipco', size), box('ipma', latin1('\0\0\0\0\0\0\0\x01\0\x01\x01\x01\0'))),
        box('iinf', latin1('\0\0\0\0\0\x64'), ...infos), box('iloc', latin1('\0\0\0\0'), ...locations)),
    ]);
    const endless = Buffer.alloc(6 * 65_535, latin1('\0\x01\0\0\xff\xff'));
    expect(readHeader(file(latin1('\0\0\xff\xff'), endless), 'avif')).toMatchObject({ width: 64, height: 48, blocks: {} });
    const place = latin1('\0\x09\0\0\0\x01\0\x18\0\0');
    place.writeUInt16BE(exif.length + 4, 8);
    const sound = readHeader(file(latin1('\x22\0\0\x01'), place), 'avif');
    expect(readMetadata(sound.blocks).metadata).toEqual({ cameraMake: 'Maker' });
  }, 5000);
});

describe('damaged files', () => {
  const encode = {
    jpeg: (): Promise<Buffer> => toSharp(paintPhoto(500, 400)).jpeg().toBuffer(),
    progressive: (): Promise<Buffer> => toSharp(paintPhoto(500, 400)).jpeg({ progressive: true }).toBuffer(),
    large: (): Promise<Buffer> => toSharp(paintPhoto(2600, 1400)).jpeg().toBuffer(),
    png: (): Promise<Buffer> => toSharp(paintPhoto(300, 200)).png().toBuffer(),
    webp: (): Promise<Buffer> => toSharp(paintPhoto(300, 200)).webp({ lossless: true }).toBuffer(),
    gif: (): Promise<Buffer> => toSharp(paintPhoto(300, 200)).gif().toBuffer(),
    tiff: (): Promise<Buffer> => toSharp(paintPhoto(300, 200)).tiff({ compression: 'lzw' }).toBuffer(),
  };

  test.each(['jpeg', 'progressive', 'large', 'png'] as const)('half a %s is refused as truncated, and admitted with what is there when salvaged', async (kind) => {
    const whole = await encode[kind]();
    const half = whole.subarray(0, Math.floor(whole.length / 2));
    expect(await look(half)).toMatchObject({ kind: 'refused', verdict: 'salvageable', error: { code: 'truncated' } });
    expect(await look(half, { salvage: true })).toMatchObject({ kind: 'accepted', verdict: 'salvageable', flags: expect.arrayContaining(['salvaged']) });
    expect(await look(whole)).toMatchObject({ kind: 'accepted', verdict: 'clean' });
  });

  test('a JPEG with stray bytes between its segments can be salvaged whole', async () => {
    const whole = await encode.jpeg();
    const second = 4 + whole.readUInt16BE(4);
    const stray = Buffer.concat([whole.subarray(0, second), Buffer.from([0x55, 0, 0x20]), whole.subarray(second)]);
    expect(await look(stray)).toMatchObject({ kind: 'refused', verdict: 'salvageable', width: 500, height: 400, error: { code: 'corrupt' } });
    const [salvaged, clean] = [await look(stray, { salvage: true }), await look(whole)];
    expect(salvaged).toMatchObject({ kind: 'accepted', verdict: 'salvageable' });
    expect(salvaged.kind === 'accepted' && salvaged.pixelSha256).toBe(clean.kind === 'accepted' && clean.pixelSha256);
  });

  test.each(['webp', 'gif', 'tiff'] as const)('half a %s is refused', async (kind) => {
    const whole = await encode[kind]();
    const outcome = await look(whole.subarray(0, Math.floor(whole.length / 2)));
    expect(outcome).toMatchObject({ kind: 'refused', error: { code: 'truncated' } });
    expect(await look(whole)).toMatchObject({ kind: 'accepted', verdict: 'clean' });
  });

  test.each(['jpeg', 'png', 'webp', 'gif', 'tiff'] as const)('the first bytes of a %s alone are unreadable', async (kind) => {
    const whole = await encode[kind]();
    for (const length of [16, 40]) {
      expect(await look(whole.subarray(0, length)), `${length} bytes`).toMatchObject({ kind: 'refused', verdict: 'unreadable' });
    }
  });

  test('flipped bytes in the middle are corrupt', async () => {
    const png = await encode.png();
    png.fill(0xff, png.length >> 1, (png.length >> 1) + 64);
    expect(await look(png)).toMatchObject({ kind: 'refused', verdict: 'salvageable', error: { code: 'corrupt' } });
  });

  test('whatever is flipped or cut, there is an outcome and no exception', async () => {
    const random = createRandom(7);
    const wholes = await Promise.all([encode.jpeg(), encode.png(), encode.webp(), encode.gif(), encode.tiff(), toSharp(paintPhoto(90, 60)).avif({ effort: 0 }).toBuffer()]);
    const outcomes = new Map<string, number>();
    for (const whole of wholes) {
      for (let round = 0; round < 25; round++) {
        const bytes = Buffer.from(round % 3 === 0 ? whole.subarray(0, Math.floor(random() * whole.length)) : whole);
        // Most faults go where the structure is.
        for (let fault = 0; fault < 4; fault++) bytes[Math.floor(random() ** 3 * bytes.length)] = Math.floor(random() * 256);
        const outcome = await look(bytes, { salvage: round % 2 === 0 });
        const key = outcome.kind === 'refused' ? outcome.error.code : outcome.verdict;
        outcomes.set(key, (outcomes.get(key) ?? 0) + 1);
      }
    }
    expect([...outcomes.keys()]).toEqual(expect.arrayContaining(['clean', 'truncated', 'corrupt']));
    expect(outcomes.has('internal')).toBe(false);
  });
});

test('memory is asked for by all channels of a TIFF', async () => {
  const asked: number[] = [];
  const make = (samples: number): Buffer => makeTiff([[
    { tag: 256, type: TIFF_TYPE.short, values: [1000] }, { tag: 257, type: TIFF_TYPE.short, values: [1000] }, { tag: 258, type: TIFF_TYPE.short, values: [16] }, { tag: 277, type: TIFF_TYPE.short, values: [samples] },
  ]]);
  for (const samples of [3, 40]) await look(make(samples), { admit: (bytes) => { asked.push(bytes); return admit(bytes); } });
  expect(asked[1]! - asked[0]!).toBeGreaterThanOrEqual(1e6 * (40 * 2 + 40 - 3 * 2));
});

test('memory is asked for once, before decoding, and given back whatever happens', async () => {
  const jpeg = await toSharp(paintPhoto(500, 400)).jpeg().toBuffer();
  for (const bytes of [jpeg, jpeg.subarray(0, jpeg.length >> 1)]) {
    const events: string[] = [];
    await look(bytes, { admit: (asked) => { events.push(asked > 500 * 400 * 3 ? 'asked' : 'too little'); return Promise.resolve({ [Symbol.dispose]: () => { events.push('given back'); } }); } });
    expect(events).toEqual(['asked', 'given back']);
  }
});
