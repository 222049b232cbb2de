import { describe, expect, test } from 'vitest';
import { extractFeatures, type Feature, featureDistance, packFeatures, STORED_FEATURES, turnFeatures, unpackFeatures } from '../src/main/engine/similarity/features.ts';
import { createPlanes } from '../src/main/engine/similarity/planes.ts';
import { haveSharedPart, placeByFeatures } from '../src/main/engine/similarity/features-geometry.ts';
import { createFeatureIndex } from '../src/main/engine/similarity/features-index.ts';
import { bitsBetween } from '../src/main/engine/similarity/index-distance.ts';
import { PDQ_BYTES, PDQ_TRANSFORMS, symmetricPdqHashes, turnCode } from '../src/main/engine/similarity/pdq.ts';
import { findBorders } from '../src/main/engine/similarity/variants-borders.ts';
import { CANDIDATE_DISTANCE, codesOf, makeVariants } from '../src/main/engine/similarity/variants.ts';
import { createRandom, drawScene, type Raster } from './fixtures/scenes.ts';

interface Luma { readonly values: Float32Array; readonly width: number; readonly height: number }

const scene = halve(lumaOf(drawScene('spheres', 1)));
const other = halve(lumaOf(drawScene('landscape', 2)));

describe('borders', () => {
  test('are found on each side by itself, and only where they are', () => {
    const framed = frame(scene, { top: 12, right: 40, bottom: 0, left: 25 }, 255);
    const box = findBorders(framed.values, framed.width, framed.height);
    expect(box).toEqual({ left: 25, top: 12, width: scene.width, height: scene.height });
    expect(findBorders(scene.values, scene.width, scene.height)).toBeNull();
  });

  test('of noise as JPEG leaves it are borders still, and a picture of one colour has none', () => {
    const random = createRandom(3);
    const framed = frame(scene, { top: 20, right: 20, bottom: 20, left: 20 }, 128);
    const noisy = framed.values.map((value) => value + 8 * (random() - 0.5));
    expect(findBorders(noisy, framed.width, framed.height)).toMatchObject({ left: 20, top: 20 });
    expect(findBorders(new Float32Array(100 * 80).fill(250), 100, 80)).toBeNull();
  });

  test('do not keep a picture from its original: the trimmed code is near the original’s', () => {
    const framed = frame(scene, { top: 60, right: 0, bottom: 60, left: 0 }, 0);
    const whole = rowOf(scene);
    const bordered = rowOf(framed);
    expect(least(codesOf(bordered).query, codesOf(whole).index)).toBeLessThanOrEqual(CANDIDATE_DISTANCE);
    expect(bitsBetween(bordered.pdq.subarray(0, PDQ_BYTES), whole.pdq.subarray(0, PDQ_BYTES))).toBeGreaterThan(CANDIDATE_DISTANCE);
  });
});

describe('codes', () => {
  test('are one to be found under and eight to look with, twice as many with borders', () => {
    const count = (luma: Luma): readonly number[] => { const { index, query } = codesOf(rowOf(luma)); return [index.length, query.length]; };
    expect(count(scene)).toEqual([1, 8]);
    expect(count(frame(scene, { top: 30, right: 30, bottom: 30, left: 30 }, 255))).toEqual([2, 16]);
  });

  test('of pictures that show nothing are none, or all of them would be alike', () => {
    expect(codesOf(rowOf({ values: new Float32Array(200 * 150).fill(240), width: 200, height: 150 }))).toEqual({ index: [], query: [] });
    const gradient = Float32Array.from({ length: 200 * 150 }, (_, at) => 100 + 0.1 * (at % 200));
    expect(codesOf(rowOf({ values: gradient, width: 200, height: 150 })).index).toEqual([]);
  });

  test('can be turned as the picture is, but for a few bits', () => {
    const { hashes } = symmetricPdqHashes(scene.values, scene.width, scene.height);
    for (const [at] of PDQ_TRANSFORMS.entries()) {
      expect(bitsBetween(turnCode(hashes.subarray(0, PDQ_BYTES), at), hashes.subarray(at * PDQ_BYTES, (at + 1) * PDQ_BYTES))).toBeLessThanOrEqual(16);
    }
  });
});

describe('local features', () => {
  test('come back from what is stored of them', () => {
    const features = featuresOf(scene);
    expect(features.length).toBe(STORED_FEATURES);
    for (const [at, back] of unpackFeatures(packFeatures(features)).entries()) {
      const feature = features[at] as Feature;
      expect(featureDistance(back, feature)).toBe(0);
      expect(Math.hypot(back.x - feature.x, back.y - feature.y)).toBeLessThan(0.004);
      expect(back.size / feature.size).toBeCloseTo(1, 1);
    }
  });

  test('tell where an off-centre crop lies', () => {
    const part = crop(scene, 0.2, 0.05, 0.72, 0.8);
    const placement = placeByFeatures(featuresOf(part), featuresOf(scene));
    const long = Math.max(scene.width, scene.height);
    expect(placement?.shiftX).toBeCloseTo(Math.round(0.2 * scene.width) / long, 1);
    expect(placement?.scale).toBeCloseTo(Math.max(part.width, part.height) / long, 1);
    expect(placement?.agreeing).toBeGreaterThanOrEqual(6);
  });

  test('are shared by a picture and its crops, also mirrored, in either order, and not by two pictures', () => {
    const whole = packFeatures(featuresOf(scene));
    for (const part of [crop(scene, 0.25, 0.2, 0.75, 0.75), mirror(crop(scene, 0.1, 0, 0.85, 0.8))]) {
      const stored = packFeatures(featuresOf(part));
      expect([haveSharedPart(whole, stored), haveSharedPart(stored, whole)]).toEqual([true, true]);
    }
    const stranger = packFeatures(featuresOf(other));
    expect([haveSharedPart(whole, stranger), haveSharedPart(stranger, whole)]).toEqual([false, false]);
  });

  test('turn as the picture does', () => {
    const mirrored = featuresOf(mirror(scene));
    const long = Math.max(scene.width, scene.height);
    const turned = turnFeatures(featuresOf(scene), PDQ_TRANSFORMS.indexOf('flip-horizontal'), scene.width / long, scene.height / long);
    const found = turned.filter((feature) => mirrored.some((one) => Math.hypot(one.x - feature.x, one.y - feature.y) < 0.01 && featureDistance(one, feature) <= 4));
    expect(found.length).toBeGreaterThanOrEqual(0.9 * turned.length);
  });

  test('find a crop among thousands of strangers, as asking each of them would', () => {
    const index = createFeatureIndex();
    const random = createRandom(11);
    const stranger = (): Uint8Array => Uint8Array.from({ length: 9 * STORED_FEATURES }, () => Math.floor(random() * 256));
    for (let slot = 0; slot < 1500; slot++) index.add(slot, stranger());
    index.add(1500, packFeatures(featuresOf(scene)));
    for (let slot = 1501; slot < 3000; slot++) index.add(slot, stranger());
    for (const part of [crop(scene, 0.3, 0.1, 0.7, 0.8), mirror(crop(scene, 0, 0.15, 0.8, 0.8))]) {
      expect(index.query(packFeatures(featuresOf(part)), 10)[0]?.slot).toBe(1500);
    }
    expect(index.query(packFeatures(featuresOf(other)), 10)).toEqual([]);
    expect(index.counts().entries).toBe(3000 * STORED_FEATURES);
  });

  test('are found or not whatever came first, also where thousands bear the same word, and are gone when they are taken out', () => {
    const own = packFeatures(featuresOf(scene));
    const random = createRandom(3);
    // Of each of these, every feature has the words of the scene's, and other bits.
    const crowd = Array.from({ length: 700 }, () => own.map((byte, at) => (at % 9 < 5 ? byte : Math.floor(random() * 256))));
    const query = (first: boolean): readonly number[] => {
      const index = createFeatureIndex();
      if (first) index.add(1, own);
      for (const [at, one] of crowd.entries()) index.add(at + 2, one);
      if (!first) index.add(1, own);
      return index.query(own, 10).map(({ slot }) => slot);
    };
    expect(query(true)).toEqual(query(false));
    const index = createFeatureIndex();
    for (let slot = 1; slot <= 400; slot++) index.add(slot, Uint8Array.from(own, () => Math.floor(random() * 256)));
    index.add(401, own);
    expect([index.has(401, own), index.has(7, own), index.query(own, 10)[0]?.slot]).toEqual([true, false, 401]);
    index.remove(401);
    expect([index.has(401, own), index.query(own, 10)]).toEqual([false, []]);
  });
});

function featuresOf({ values, width, height }: Luma): readonly Feature[] {
  const planes = createPlanes();
  planes.begin(values.byteLength);
  return extractFeatures(planes.place(values), width, height, STORED_FEATURES, planes);
}

function rowOf({ values, width, height }: Luma): { pdq: Uint8Array; pdqQuality: number; variants: Uint8Array } {
  const { hashes, quality } = symmetricPdqHashes(values, width, height);
  return { pdq: hashes, pdqQuality: quality, variants: makeVariants(values, width, height) };
}

function least(queries: readonly { readonly code: Uint8Array }[], index: readonly { readonly code: Uint8Array }[]): number {
  return Math.min(...queries.flatMap(({ code }) => index.map((one) => bitsBetween(code, one.code))));
}

function lumaOf({ data, width, height }: Raster): Luma {
  return { width, height, values: Float32Array.from({ length: width * height }, (_, at) => 0.299 * data[3 * at]! + 0.587 * data[3 * at + 1]! + 0.114 * data[3 * at + 2]!) };
}

function halve({ values, width, height }: Luma): Luma {
  const [w, h] = [width >> 1, height >> 1];
  return { width: w, height: h, values: Float32Array.from({ length: w * h }, (_, at) => { const from = 2 * (Math.floor(at / w) * width + (at % w)); return (values[from]! + values[from + 1]! + values[from + width]! + values[from + width + 1]!) / 4; }) };
}

function frame({ values, width, height }: Luma, { top, right, bottom, left }: { top: number; right: number; bottom: number; left: number }, level: number): Luma {
  const [w, h] = [width + left + right, height + top + bottom];
  const framed = new Float32Array(w * h).fill(level);
  for (let y = 0; y < height; y++) framed.set(values.subarray(y * width, (y + 1) * width), (y + top) * w + left);
  return { values: framed, width: w, height: h };
}

function crop({ values, width, height }: Luma, x: number, y: number, across: number, down: number): Luma {
  const [left, top, w, h] = [Math.round(x * width), Math.round(y * height), Math.round(across * width), Math.round(down * height)];
  return { width: w, height: h, values: Float32Array.from({ length: w * h }, (_, at) => values[(top + Math.floor(at / w)) * width + left + (at % w)]!) };
}

function mirror({ values, width, height }: Luma): Luma {
  return { width, height, values: values.map((_, at) => values[Math.floor(at / width) * width + width - 1 - (at % width)]!) };
}
