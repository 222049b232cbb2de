import { expect, test } from 'vitest';
import { createHammingIndex } from '../src/main/engine/similarity/hamming-index.ts';
import { CODE_BYTES, createHammingKernel, MAX_JOIN_DISTANCE } from '../src/main/engine/similarity/hamming-kernel.ts';
import { createRandom } from './fixtures/images.ts';

type Random = () => number;

function randomCode(random: Random): Uint8Array {
  return Uint8Array.from({ length: CODE_BYTES }, () => Math.floor(random() * 256));
}

/** The code with exactly so many of its bits turned over. */
function withBitsFlipped(code: Uint8Array, bits: number, random: Random): Uint8Array {
  const flipped = code.slice();
  const places = new Set<number>();
  while (places.size < bits) places.add(Math.floor(random() * 256));
  for (const place of places) flipped[place >> 3]! ^= 1 << (place & 7);
  return flipped;
}

/** Codes as the pictures of a real library have them: families that share most bits, so that some buckets are crowded. */
function clumpyCodes(count: number, random: Random): Uint8Array[] {
  const families = Array.from({ length: 12 }, () => randomCode(random));
  return Array.from({ length: count }, () => withBitsFlipped(families[Math.floor(random() * 12)]!, Math.floor(random() * 60), random));
}

function plantedCodes(count: number, random: Random): Uint8Array[] {
  const codes = Array.from({ length: count }, () => randomCode(random));
  // At the limit, one below and one above it, and far from it on both sides.
  for (const [at, bits] of [31, 30, 32, 1, 0, 33, 16, 31, 31, 24].entries()) codes[count - 1 - at] = withBitsFlipped(codes[at]!, bits, random);
  return codes;
}

function distance(a: Uint8Array, b: Uint8Array): number {
  let bits = 0;
  for (let at = 0; at < CODE_BYTES; at += 1) for (let rest = a[at]! ^ b[at]!; rest !== 0; rest &= rest - 1) bits += 1;
  return bits;
}

function bruteForce(codes: readonly Uint8Array[], limit: number): string[] {
  const pairs: string[] = [];
  for (let a = 0; a < codes.length; a += 1) {
    for (let b = a + 1; b < codes.length; b += 1) {
      const bits = distance(codes[a]!, codes[b]!);
      if (bits <= limit) pairs.push(`${a} ${b} ${bits}`);
    }
  }
  return pairs.toSorted();
}

const SETS = { random: plantedCodes, clumpy: clumpyCodes } as const;

/** Each two of the codes, as a join of all with all tells them: in both orders, and each with itself. */
function joinAll(codes: readonly Uint8Array[], limit: number): string[] {
  const kernel = createHammingKernel();
  for (const code of codes) kernel.append(code);
  const found: string[] = [];
  kernel.join(Buffer.concat(codes), limit, (a, b, bits) => found.push(`${a} ${b} ${bits}`));
  return found.toSorted();
}

test.each(Object.entries(SETS))('a join finds exactly the pairs of a comparison of all with all: %s codes', (_name, make) => {
  const codes = make(1500, createRandom(7));
  const all = bruteForce(codes, MAX_JOIN_DISTANCE);
  for (const limit of [0, 8, MAX_JOIN_DISTANCE]) {
    const within = all.map((pair) => pair.split(' ')).filter(([, , bits]) => Number(bits) <= limit);
    // As a list and not as a set: each pair is reported once.
    expect(joinAll(codes, limit)).toEqual([...codes.map((_code, at) => `${at} ${at} 0`), ...within.flatMap(([a, b, bits]) => [`${a} ${b} ${bits}`, `${b} ${a} ${bits}`])].toSorted());
  }
});

test('a bucket with more pairs than the buffer holds is joined in pieces', () => {
  const random = createRandom(3);
  const base = randomCode(random);
  // All in one bucket of every chunk but the last.
  const codes = Array.from({ length: 1500 }, (_, index) => {
    const code = base.slice();
    code[30] = index & 255;
    code[31] = index >> 8;
    return code;
  });
  expect(joinAll(codes, MAX_JOIN_DISTANCE)).toHaveLength(1500 ** 2);
});

test.each(Object.entries(SETS))('few queries and many queries find the same, with every owner of a code: %s codes', (_name, make) => {
  const random = createRandom(11);
  const codes = make(2000, random);
  const index = createHammingIndex();
  codes.forEach((code, at) => index.add(at + 1, code));
  // Owners that share a code, and one that was taken out.
  index.add(5000, codes[0]!);
  index.add(5001, codes[0]!);
  index.remove(2);
  const queries = [...codes.slice(0, 300), ...codes.slice(0, 20).map((code) => withBitsFlipped(code, 12, random))];
  const found = (asked: readonly Uint8Array[]): string[] => {
    const hits: string[] = [];
    index.find(asked, MAX_JOIN_DISTANCE, (query, owner, bits) => hits.push(`${query} ${owner} ${bits}`));
    return hits.toSorted();
  };
  const expected = (asked: readonly Uint8Array[]): string[] => asked.flatMap((query, at) => [
    ...codes.flatMap((code, owner) => (owner === 1 ? [] : [`${at} ${owner + 1} ${distance(query, code)}`])),
    `${at} 5000 ${distance(query, codes[0]!)}`, `${at} 5001 ${distance(query, codes[0]!)}`,
  ]).filter((hit) => Number(hit.split(' ')[2]) <= MAX_JOIN_DISTANCE).toSorted();
  expect(found(queries)).toEqual(expected(queries));
  expect(found(queries.slice(0, 30))).toEqual(expected(queries.slice(0, 30)));
});

test('codes that come one by one are found as those that were there from the start', () => {
  const codes = plantedCodes(500, createRandom(5));
  const growing = createHammingIndex();
  const pairs: string[] = [];
  codes.forEach((code, at) => {
    growing.find([code], MAX_JOIN_DISTANCE, (_query, owner, bits) => pairs.push(`${owner - 1} ${at} ${bits}`));
    growing.add(at + 1, code);
  });
  expect(pairs.toSorted()).toEqual(bruteForce(codes, MAX_JOIN_DISTANCE));
});

test('a distance beyond what the chunks can promise is refused', () => {
  expect(() => createHammingKernel().join(new Uint8Array(), MAX_JOIN_DISTANCE + 1, () => undefined)).toThrow('at most 31');
});
