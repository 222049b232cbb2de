import sharp from 'sharp';
import { describe, expect, test } from 'vitest';
import { POLICY_PROFILES } from '../src/contract/settings.ts';
import type { PixelOptions, PixelOutcome } from '../src/main/engine/pixels/outcome.ts';
import { runPixelPass } from '../src/main/engine/pixels/pass.ts';
import { paintPhoto, toSharp } from './fixtures/images.ts';

const admit: PixelOptions['admit'] = () => Promise.resolve({ [Symbol.dispose]: () => undefined });
const look = (bytes: Buffer, salvage = false): Promise<PixelOutcome> => runPixelPass(bytes, { policy: POLICY_PROFILES.standard, salvage, admit });

const END = Buffer.from([0xff, 0xd9]);

/**
 * A gray picture with a restart marker after every row of blocks: each block repeats the first, which is of one gray,
 * so that a row is a code for its level, codes of one bit for “no difference” and “no more”, and ones to fill the byte.
 */
function makeRestarting(across: number, down: number): Buffer {
  const segment = (marker: number, ...payload: number[]): Buffer => Buffer.from([0xff, marker, 0, payload.length + 2, ...payload]);
  const rows = Array.from({ length: down }, (_, row) => {
    const bits = [`10${(64 + 8 * row).toString(2)}0`, ...Array.from({ length: across - 1 }, () => '00')].join('');
    const bytes = (bits.padEnd(Math.ceil(bits.length / 8) * 8, '1').match(/.{8}/g) ?? []).map((byte) => Number.parseInt(byte, 2));
    return Buffer.from([...bytes, ...(row < down - 1 ? [0xff, 0xd0 + (row % 8)] : [])]);
  });
  return Buffer.concat([
    Buffer.from([0xff, 0xd8]), segment(0xdb, 0, ...Array.from({ length: 64 }, () => 1)),
    segment(0xc0, 8, (8 * down) >> 8, (8 * down) & 255, (8 * across) >> 8, (8 * across) & 255, 1, 1, 0x11, 0),
    segment(0xc4, 0x00, 1, 1, ...Array.from({ length: 14 }, () => 0), 0, 7), segment(0xc4, 0x10, 1, ...Array.from({ length: 15 }, () => 0), 0),
    segment(0xdd, across >> 8, across & 255), segment(0xda, 1, 1, 0, 0, 63, 0), ...rows, END,
  ]);
}

describe('a JPEG is read to the end of its data, however it is coded and at whatever scale it is decoded', () => {
  const [small, large] = [paintPhoto(500, 400), paintPhoto(2400, 1000)];
  const jpegs: Readonly<Record<string, () => Promise<Buffer> | Buffer>> = {
    '4:2:0': () => toSharp(small).jpeg().toBuffer(),
    '4:4:4': () => toSharp(small).jpeg({ chromaSubsampling: '4:4:4' }).toBuffer(),
    progressive: () => toSharp(small).jpeg({ progressive: true }).toBuffer(),
    gray: () => toSharp(small).toColourspace('b-w').jpeg().toBuffer(),
    CMYK: () => toSharp(small).toColourspace('cmyk').jpeg().toBuffer(),
    restarting: () => makeRestarting(60, 40),
    reduced: () => toSharp(large).jpeg().toBuffer(),
    'reduced, gray': () => toSharp(large).toColourspace('b-w').jpeg().toBuffer(),
    'reduced, 4:4:4': () => toSharp(large).jpeg({ chromaSubsampling: '4:4:4' }).toBuffer(),
  };

  test.each(Object.keys(jpegs))('%s', async (name) => {
    const whole = await jpegs[name]!();
    expect(await look(whole)).toMatchObject({ kind: 'accepted', verdict: 'clean' });
    expect(await look(Buffer.concat([whole, Buffer.from('a trailer')]))).toMatchObject({ kind: 'accepted', verdict: 'clean' });
    const { width, height } = await sharp(whole).metadata();
    const damaged = {
      'codes left over': Buffer.concat([whole.subarray(0, -2), Buffer.alloc(40, 0x55), END]),
      'codes missing at the end': Buffer.concat([whole.subarray(0, -8), END]),
      'no end': whole.subarray(0, -2),
    };
    for (const [what, bytes] of Object.entries(damaged)) {
      expect(await look(bytes), what).toMatchObject({ kind: 'refused', verdict: 'salvageable', error: { code: what === 'no end' ? 'truncated' : 'corrupt' }, width, height });
    }
    expect(await look(damaged['codes missing at the end'], true)).toMatchObject({ kind: 'accepted', verdict: 'salvageable', width, height });
  });
});

test('a PNG whose last chunk is gone has not arrived whole, though all its rows have', async () => {
  const whole = await toSharp(paintPhoto(300, 200)).png().toBuffer();
  const cut = whole.subarray(0, -12);
  expect(await look(cut)).toMatchObject({ kind: 'refused', verdict: 'salvageable', error: { code: 'truncated' } });
  const [salvaged, clean] = [await look(cut, true), await look(Buffer.concat([whole, Buffer.from('a trailer')]))];
  expect(clean).toMatchObject({ kind: 'accepted', verdict: 'clean' });
  expect(salvaged).toMatchObject({ kind: 'accepted', verdict: 'salvageable', pixelSha256: clean.kind === 'accepted' && clean.pixelSha256 });
});

test.each(['jpeg', 'png', 'webp', 'gif', 'tiff', 'avif'] as const)('what is wrong with a %s is said in a sentence, without names of libraries and functions', async (format) => {
  const whole = await toSharp(paintPhoto(300, 200)).toFormat(format).toBuffer();
  for (const share of [0.3, 0.6, 0.9]) {
    const at = Math.floor(share * whole.length);
    for (const bytes of [whole.subarray(0, at), Buffer.concat([whole.subarray(0, at), whole.subarray(at + 400)])]) {
      const outcome = await look(bytes);
      const message = outcome.kind === 'refused' ? outcome.error.message : 'none';
      expect(message).toMatch(/^the .*(damaged|ends early|header|directory)/);
      expect(message).not.toMatch(/vips|failOn|libpng|_buffer|unsupported|`| @ /i);
    }
  }
});
