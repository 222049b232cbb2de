import { describe, expect, test } from 'vitest';
import { fingerprint } from '../src/main/engine/similarity/fingerprint.ts';
import { areaAverage } from '../src/main/engine/similarity/resample.ts';
import { PDQ_TRANSFORMS, pdqHashes, symmetricPdqHashes } from '../src/main/engine/similarity/pdq.ts';
import { paint, paintPhoto, type Raw, toSharp } from './fixtures/images.ts';

interface Plane { readonly values: Float32Array; readonly width: number; readonly height: number }

function lumaOf({ data, width, height }: Raw): Plane {
  return { values: Float32Array.from({ length: width * height }, (_, at) => 0.299 * data[3 * at]! + 0.587 * data[3 * at + 1]! + 0.114 * data[3 * at + 2]!), width, height };
}

function planeOf(width: number, height: number, value: (x: number, y: number) => number): Plane {
  return { values: Float32Array.from({ length: width * height }, (_, at) => value(at % width, Math.floor(at / width))), width, height };
}

/** What each of PDQ_TRANSFORMS does to a picture. */
const MOVES: Record<(typeof PDQ_TRANSFORMS)[number], (plane: Plane) => Plane> = {
  'identity': (plane) => plane,
  'rotate-270': (plane) => move(plane, true, (x, y) => [plane.width - 1 - y, x]),
  'rotate-180': (plane) => move(plane, false, (x, y) => [plane.width - 1 - x, plane.height - 1 - y]),
  'rotate-90': (plane) => move(plane, true, (x, y) => [y, plane.height - 1 - x]),
  'flip-vertical': (plane) => move(plane, false, (x, y) => [x, plane.height - 1 - y]),
  'flip-horizontal': (plane) => move(plane, false, (x, y) => [plane.width - 1 - x, y]),
  'transpose': (plane) => move(plane, true, (x, y) => [y, x]),
  'transverse': (plane) => move(plane, true, (x, y) => [plane.width - 1 - y, plane.height - 1 - x]),
};

function move(plane: Plane, isTurned: boolean, from: (x: number, y: number) => readonly [number, number]): Plane {
  const [width, height] = isTurned ? [plane.height, plane.width] : [plane.width, plane.height];
  return planeOf(width, height, (x, y) => { const [fromX, fromY] = from(x, y); return plane.values[fromY * plane.width + fromX]!; });
}

const variant = (hashes: Uint8Array, index: number): Uint8Array => hashes.subarray(32 * index, 32 * (index + 1));
const identityOf = ({ values, width, height }: Plane): Uint8Array => variant(symmetricPdqHashes(values, width, height).hashes, 0);

function distance(a: Uint8Array, b: Uint8Array): number {
  return a.reduce((sum, byte, index) => sum + (byte ^ b[index]!).toString(2).replaceAll('0', '').length, 0);
}

function bitCount(value: bigint): number {
  return value.toString(2).replaceAll('0', '').length;
}

/**
 * PDQ a second time, written straight from the text of the paper: every window summed anew, every coefficient a double
 * sum of cosines, the median by sorting, the hash a string of hexadecimal digits from the highest frequency down.
 */
function paperPdq({ values, width, height }: Plane): { readonly hex: string; readonly quality: number } {
  let plane = [...values];
  const mean = (at: (index: number) => number, center: number, window: number, length: number): number => {
    const right = center + Math.floor((window + 2) / 2) - 1;
    const inside = Array.from({ length: window }, (_, index) => right - index).filter((index) => index >= 0 && index < length);
    return inside.reduce((sum, index) => sum + at(index), 0) / inside.length;
  };
  for (let pass = 0; pass < 2; pass++) {
    const rows = plane.map((_, at) => mean((x) => plane[Math.floor(at / width) * width + x]!, at % width, Math.ceil(width / 128), width));
    plane = rows.map((_, at) => mean((y) => rows[y * width + (at % width)]!, Math.floor(at / width), Math.ceil(height / 128), height));
  }
  const small = Array.from({ length: 64 }, (_, i) => Array.from({ length: 64 }, (__, j) => plane[Math.floor(((i + 0.5) * height) / 64) * width + Math.floor(((j + 0.5) * width) / 64)]!));
  const cosine = (frequency: number, place: number): number => Math.cos(((2 * place + 1) * frequency * Math.PI) / 128);
  const coefficients = Array.from({ length: 256 }, (_, bit) => {
    const [down, across] = [Math.floor(bit / 16) + 1, (bit % 16) + 1];
    return small.reduce((sum, row, i) => sum + cosine(down, i) * row.reduce((inner, value, j) => inner + cosine(across, j) * value, 0), 0) / 32;
  });
  const median = [...coefficients].sort((a, b) => a - b)[127]!;
  const bits = coefficients.map((value) => (value > median ? '1' : '0')).reverse().join('');
  let gradients = 0;
  for (let i = 0; i < 64; i++) {
    for (let j = 0; j < 64; j++) {
      if (i < 63) gradients += Math.trunc(Math.abs(small[i]![j]! - small[i + 1]![j]!) * 100 / 255);
      if (j < 63) gradients += Math.trunc(Math.abs(small[i]![j]! - small[i]![j + 1]!) * 100 / 255);
    }
  }
  return { hex: BigInt(`0b${bits}`).toString(16).padStart(64, '0'), quality: Math.min(100, Math.floor(gradients / 90)) };
}

describe('PDQ', () => {
  test.each([[400, 300], [300, 400], [400, 17], [64, 64], [130, 129], [26, 28], [7, 5]])('of %i×%i px is what the paper says', (width, height) => {
    for (const seed of [1, 2]) {
      const plane = lumaOf(paintPhoto(width, height, seed));
      const expected = paperPdq(plane);
      const actual = pdqHashes(plane.values, width, height);
      // Single and double precision may differ where a coefficient is the median itself.
      expect(distance(variant(actual.hashes, 0), Buffer.from(expected.hex, 'hex'))).toBeLessThanOrEqual(2);
      expect(Math.abs(actual.quality - expected.quality)).toBeLessThanOrEqual(1);
      expect(bitCount(BigInt(`0x${Buffer.from(variant(actual.hashes, 0)).toString('hex')}`))).toBe(128);
    }
  });

  test.each(PDQ_TRANSFORMS.map((name, index) => [name, index] as const))('variant "%s" is the hash of the picture so turned', (name, index) => {
    for (const seed of [3, 4, 5]) {
      const plane = lumaOf(paintPhoto(384, 256, seed));
      const moved = MOVES[name](plane);
      const expected = identityOf(moved);
      const { hashes } = symmetricPdqHashes(plane.values, plane.width, plane.height);
      const distances = PDQ_TRANSFORMS.map((_, other) => distance(variant(hashes, other), expected));
      expect(distances[index]).toBeLessThanOrEqual(2);
      expect(Math.min(...distances.filter((_, other) => other !== index))).toBeGreaterThan(60);
    }
  });

  test('without the half pixel is the reference at 320×320', () => {
    for (const [width, height] of [[400, 300], [300, 400], [320, 320], [97, 211]] as const) {
      const { values } = lumaOf(paintPhoto(width, height, 6));
      const expected = pdqHashes(areaAverage(values, width, height, 320, 320), 320, 320);
      const actual = symmetricPdqHashes(values, width, height);
      for (let index = 0; index < 8; index++) expect(distance(variant(actual.hashes, index), variant(expected.hashes, index))).toBeLessThanOrEqual(2);
      expect(Math.abs(actual.quality - expected.quality)).toBeLessThanOrEqual(1);
    }
  });

  test('of a picture that is small itself is the reference, and still near to its turned copies', () => {
    for (const seed of [3, 4]) {
      const plane = lumaOf(paintPhoto(300, 200, seed));
      const { pdq } = fingerprint(plane.values, plane.width, plane.height, true);
      expect(variant(pdq, 0)).toEqual(variant(pdqHashes(plane.values, plane.width, plane.height).hashes, 0));
      for (const [index, name] of PDQ_TRANSFORMS.entries()) {
        const moved = MOVES[name](plane);
        expect(distance(variant(pdq, index), variant(fingerprint(moved.values, moved.width, moved.height, true).pdq, 0))).toBeLessThanOrEqual(24);
      }
    }
  });

  test('of the small picture is that of the large original, but for a few bits', () => {
    for (const seed of [11, 12]) {
      const large = lumaOf(paintPhoto(1600, 1200, seed));
      const card = planeOf(400, 300, (x, y) => {
        let sum = 0;
        for (let at = 0; at < 16; at++) sum += large.values[(4 * y + (at >> 2)) * 1600 + 4 * x + (at & 3)]!;
        return sum / 16;
      });
      expect(distance(identityOf(card), variant(pdqHashes(large.values, 1600, 1200).hashes, 0))).toBeLessThanOrEqual(8);
    }
  });

  test('hardly changes with size and compression, and differs between pictures', async () => {
    const original = paintPhoto(800, 600, 8);
    const seen = async (width: number, height: number, quality: number): Promise<Uint8Array> => {
      const jpeg = await toSharp(original).resize(width, height).jpeg({ quality }).toBuffer();
      const { default: sharp } = await import('sharp');
      const { data, info } = await sharp(jpeg).raw().toBuffer({ resolveWithObject: true });
      return identityOf(lumaOf({ data, width: info.width, height: info.height, channels: 3 }));
    };
    const reference = identityOf(lumaOf(original));
    expect(distance(reference, await seen(400, 300, 85))).toBeLessThanOrEqual(16);
    expect(distance(reference, await seen(200, 150, 40))).toBeLessThanOrEqual(31);
    expect(distance(reference, identityOf(lumaOf(paintPhoto(800, 600, 9))))).toBeGreaterThan(80);
  });

  test('says by its quality when a picture has too little to tell', () => {
    expect(pdqHashes(planeOf(200, 200, () => 77).values, 200, 200).quality).toBe(0);
    expect(pdqHashes(planeOf(200, 200, (x) => (x / 200) * 40).values, 200, 200).quality).toBeLessThan(50);
    expect(pdqHashes(planeOf(4, 200, (x, y) => x * y).values, 4, 200)).toEqual({ hashes: new Uint8Array(256), quality: 0 });
  });
});

describe('the 64-bit hashes', () => {
  test('dHash: a picture that grows brighter to the right is all ones, its mirror image all zeros', () => {
    const ramp = (sign: number): bigint => fingerprint(planeOf(90, 80, (x) => 128 + sign * x).values, 90, 80, true).dhash;
    expect(ramp(1)).toBe(0xffff_ffff_ffff_ffffn);
    expect(ramp(-1)).toBe(0n);
    expect(fingerprint(planeOf(90, 80, (x) => (x < 45 ? 0 : 200)).values, 90, 80, true).dhash).toBe(BigInt(`0x${'18'.repeat(8)}`));
  });

  test('pHash: single waves set the bits of their frequency', () => {
    const wave = (down: number, across: number): bigint =>
      fingerprint(planeOf(64, 64, (x, y) => 128 + 100 * Math.cos(((x + 0.5) * across * Math.PI) / 64) * Math.cos(((y + 0.5) * down * Math.PI) / 64)).values, 64, 64, true).phash;
    const bit = (down: number, across: number): bigint => 1n << BigInt(63 - (8 * down + across));
    expect(wave(0, 1)).toBe(bit(0, 0) | bit(0, 1));
    expect(wave(3, 5)).toBe(bit(0, 0) | bit(3, 5));
  });

  test('stay near under resizing and apart between pictures', () => {
    const [large, small, other] = [lumaOf(paintPhoto(640, 480, 8)), lumaOf(paintPhoto(640, 480, 8)), lumaOf(paintPhoto(640, 480, 10))]
      .map((plane, index) => (index === 1 ? planeOf(320, 240, (x, y) => plane.values[2 * y * 640 + 2 * x]!) : plane))
      .map((plane) => fingerprint(plane.values, plane.width, plane.height, false));
    expect(bitCount(large!.phash ^ small!.phash)).toBeLessThanOrEqual(4);
    expect(bitCount(large!.dhash ^ small!.dhash)).toBeLessThanOrEqual(4);
    expect(bitCount(large!.phash ^ other!.phash)).toBeGreaterThan(10);
  });

  test('a flat picture has the same hashes whatever its colour, so that rounding decides nothing', () => {
    const flat = (level: number): readonly bigint[] => { const { values } = lumaOf(paint(50, 40, () => [level, level, level])); const { phash, dhash } = fingerprint(values, 50, 40, true); return [phash, dhash]; };
    expect(flat(13)).toEqual(flat(200));
  });
});
