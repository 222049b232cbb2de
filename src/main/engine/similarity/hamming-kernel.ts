import { HAMMING_WASM } from './hamming-wasm.ts';

/** Bytes of one code. */
export const CODE_BYTES = 32;

/** The codes, and what compares them; places count from 0 in the order in which the codes were appended. */
export interface HammingKernel {
  readonly count: () => number;
  /** WebAssembly memory taken, scratch space of the largest join so far included. */
  readonly memoryBytes: () => number;
  append(code: Uint8Array): number;
  /** A view that holds until the next call. */
  codeAt(place: number): Uint8Array;
  /** Every code within `limit` bits of the query, by a look at each: about 1.2 ms a million. */
  scan(query: Uint8Array, limit: number, visit: (place: number, distance: number) => void): void;
  /** The same for many queries (32 bytes each, all different) at once, by multi-index hashing; `limit` at most 31. */
  join(queries: Uint8Array, limit: number, visit: (query: number, place: number, distance: number) => void): void;
}

/** What the join can promise to find: among 16 chunks, one differs in at most one bit as long as all differ in at most 31. */
export const MAX_JOIN_DISTANCE = 31;
const CHUNKS = 16;
const CHUNK_BITS = 16;
const BUCKETS = 1 << CHUNK_BITS;

interface Exports {
  readonly memory: { readonly buffer: ArrayBuffer; readonly grow: (pages: number) => void };
  readonly scan: (query: number, codes: number, count: number, limit: number, out: number) => number;
  readonly rectangle: (
    halvesA: number, orderA: number, countA: number, codesA: number, halvesB: number, orderB: number, countB: number, codesB: number,
    chunk: number, limit: number, out: number,
  ) => number;
}

const PAGE = 65_536;
const QUERY = 0;
const OUT = 64;
const CODES = 2 ** 20;
/** Pairs that fit between OUT and CODES: no call compares more. */
const MAX_PAIRS = Math.floor((CODES - OUT) / 12);
/** Codes of one scanned piece: they stay in the first cache, and all may fit. */
const PIECE = 8192;

/** What is used of it; its types come with those of a browser only. */
interface WebAssemblyNamespace {
  readonly Module: new (bytes: Uint8Array) => object;
  readonly Instance: new (module: object) => { readonly exports: unknown };
}

/** Codes sorted by one of their chunks: where each bucket begins, which code stands where, and half of its bits. */
interface Arrangement {
  readonly starts: Uint32Array;
  readonly order: number;
  readonly halves: number;
  readonly codes: number;
}

/**
 * Multi-index hashing (Norouzi, Punjani, Fleet, “Fast Search in Hamming Space with Multi-Index Hashing”, CVPR 2012) over
 * 16 chunks of 16 bits. Two codes at most 31 bits apart have a chunk in which at most one bit differs; so for each chunk,
 * both sides are sorted by it and each bucket is compared with its like and the 16 buckets one bit away. The first chunk
 * that admits a pair reports it.
 */
export function createHammingKernel(): HammingKernel {
  const { WebAssembly } = globalThis as unknown as { readonly WebAssembly: WebAssemblyNamespace };
  const { memory, scan, rectangle } = new WebAssembly.Instance(new WebAssembly.Module(Buffer.from(HAMMING_WASM, 'base64'))).exports as Exports;
  let count = 0;
  let capacity = 0;

  const codesEnd = (): number => CODES + capacity * CODE_BYTES;
  const words = (at: number, length: number): Uint32Array => new Uint32Array(memory.buffer, at, length);

  function reserve(end: number): void {
    const missing = Math.ceil(end / PAGE) - memory.buffer.byteLength / PAGE;
    if (missing > 0) memory.grow(missing);
  }

  /** @param codes address of `length` codes @param scratch address of 20 bytes of room for each */
  function arrange(codes: number, length: number, chunk: number, scratch: number): Arrangement {
    const keys = new Uint16Array(memory.buffer, codes, length * CHUNKS);
    const from = words(codes, length * 8);
    const halves = words(scratch, length * 4);
    const orderAt = scratch + length * 16;
    const order = words(orderAt, length);
    const starts = new Uint32Array(BUCKETS + 1);
    for (let at = chunk; at < keys.length; at += CHUNKS) starts[(keys[at] ?? 0) + 1] = (starts[(keys[at] ?? 0) + 1] ?? 0) + 1;
    for (let bucket = 0; bucket < BUCKETS; bucket += 1) starts[bucket + 1] = (starts[bucket + 1] ?? 0) + (starts[bucket] ?? 0);
    const next = starts.slice();
    // The half that does not hold the chunk: there two codes of neighbouring buckets differ as any two do.
    const half = chunk < CHUNKS / 2 ? 4 : 0;
    for (let place = 0; place < length; place += 1) {
      const key = keys[place * CHUNKS + chunk] ?? 0;
      const position = next[key] ?? 0;
      next[key] = position + 1;
      order[position] = place;
      const source = place * 8 + half;
      const target = position * 4;
      halves[target] = from[source] ?? 0;
      halves[target + 1] = from[source + 1] ?? 0;
      halves[target + 2] = from[source + 2] ?? 0;
      halves[target + 3] = from[source + 3] ?? 0;
    }
    return { starts, order: orderAt, halves: scratch, codes };
  }

  /** Compares two buckets, in pieces whose pairs fit the buffer. */
  function compare(a: Arrangement, bucketA: number, b: Arrangement, bucketB: number, chunk: number, limit: number, visit: (a: number, b: number, distance: number) => void): void {
    const [startA, endA] = [a.starts[bucketA] ?? 0, a.starts[bucketA + 1] ?? 0];
    const [startB, endB] = [b.starts[bucketB] ?? 0, b.starts[bucketB + 1] ?? 0];
    if (startA === endA || startB === endB) return;
    const width = Math.min(endB - startB, MAX_PAIRS);
    const height = Math.max(1, Math.floor(MAX_PAIRS / width));
    for (let row = startA; row < endA; row += height) {
      for (let column = startB; column < endB; column += width) {
        report(rectangle(
          a.halves + row * 16, a.order + row * 4, Math.min(height, endA - row), a.codes,
          b.halves + column * 16, b.order + column * 4, Math.min(width, endB - column), b.codes, chunk, limit, OUT,
        ), visit);
      }
    }
  }

  function report(end: number, visit: (a: number, b: number, distance: number) => void): void {
    if (end === OUT) return;
    const pairs = words(OUT, (end - OUT) / 4);
    for (let at = 0; at < pairs.length; at += 3) visit(pairs[at] ?? 0, pairs[at + 1] ?? 0, pairs[at + 2] ?? 0);
  }

  return {
    count: () => count,
    memoryBytes: () => memory.buffer.byteLength,
    append(code) {
      if (count === capacity) {
        capacity = Math.max(1024, Math.ceil(capacity * 1.5));
        reserve(codesEnd());
      }
      new Uint8Array(memory.buffer, CODES + count * CODE_BYTES, CODE_BYTES).set(code);
      count += 1;
      return count - 1;
    },
    codeAt: (place) => new Uint8Array(memory.buffer, CODES + place * CODE_BYTES, CODE_BYTES),
    scan(query, limit, visit) {
      new Uint8Array(memory.buffer, QUERY, CODE_BYTES).set(query);
      for (let from = 0; from < count; from += PIECE) {
        const end = scan(QUERY, CODES + from * CODE_BYTES, Math.min(PIECE, count - from), limit, OUT);
        if (end === OUT) continue;
        const found = words(OUT, (end - OUT) / 4);
        for (let at = 0; at < found.length; at += 2) visit(from + (found[at] ?? 0), found[at + 1] ?? 0);
      }
    },
    join(queries, limit, visit) {
      if (limit > MAX_JOIN_DISTANCE) throw new RangeError(`Expected a distance of at most ${MAX_JOIN_DISTANCE} but received ${limit}`);
      const asked = queries.length / CODE_BYTES;
      const queryCodes = codesEnd();
      const scratchA = queryCodes + queries.length;
      const scratchB = scratchA + asked * 20;
      reserve(scratchB + count * 20);
      new Uint8Array(memory.buffer, queryCodes, queries.length).set(queries);
      for (let chunk = 0; chunk < CHUNKS; chunk += 1) {
        const a = arrange(queryCodes, asked, chunk, scratchA);
        const b = arrange(CODES, count, chunk, scratchB);
        for (let bucket = 0; bucket < BUCKETS; bucket += 1) {
          if (a.starts[bucket] === a.starts[bucket + 1]) continue;
          compare(a, bucket, b, bucket, chunk, limit, visit);
          for (let bit = 1; bit < BUCKETS; bit <<= 1) compare(a, bucket, b, bucket ^ bit, chunk, limit, visit);
        }
      }
    },
  };
}
