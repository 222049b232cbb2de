import { CODE_BYTES, createHammingKernel } from './hamming-kernel.ts';

/** Codes with their owners. Owners and tags are whole numbers, below 2³² and below 256. */
export interface HammingIndex {
  add(owner: number, tag: number, code: Uint8Array): void;
  /** Takes all codes of an owner out; costs a look at every code. */
  remove(owner: number): void;
  /** Every code within `limit` bits (at most 31) of one of the queries, as often as it has owners. */
  find(queries: readonly Uint8Array[], limit: number, visit: (query: number, owner: number, tag: number, distance: number) => void): void;
  readonly counts: () => { readonly codes: number; readonly distinct: number; readonly bytes: number };
}

/** From so many queries on, sorting everything sixteen times is cheaper than a look at everything for each. */
const JOIN_FROM = 200;
const NONE = 0xffff_ffff;
const GONE = 0;

/**
 * Equal codes are kept once, with a list of their owners: a thousand copies of a picture cost a thousand entries of a
 * list and not half a million pairs. A code takes 45 to 80 bytes.
 */
export function createHammingIndex(): HammingIndex {
  const kernel = createHammingKernel();
  // By place in the kernel.
  let hashes = new Uint32Array(1024);
  let firstEntry = new Uint32Array(1024);
  // Open addressing: place + 1, 0 where free.
  let table = new Uint32Array(4096);
  // By entry.
  let owners = new Uint32Array(1024);
  let tags = new Uint8Array(1024);
  let nextEntry = new Uint32Array(1024);
  let entries = 0;

  function placeOf(code: Uint8Array): number {
    const hash = hashOf(code);
    const mask = table.length - 1;
    let slot = hash & mask;
    for (let at = table[slot] ?? 0; at !== 0; at = table[slot] ?? 0) {
      if (hashes[at - 1] === hash && isEqual(kernel.codeAt(at - 1), code)) return at - 1;
      slot = (slot + 1) & mask;
    }
    const place = kernel.append(code);
    if (place === hashes.length) {
      hashes = enlarge(hashes);
      firstEntry = enlarge(firstEntry);
    }
    hashes[place] = hash;
    firstEntry[place] = NONE;
    table[slot] = place + 1;
    if (kernel.count() * 2 > table.length) rehash();
    return place;
  }

  function rehash(): void {
    table = new Uint32Array(table.length * 2);
    const mask = table.length - 1;
    for (let place = 0; place < kernel.count(); place += 1) {
      let slot = (hashes[place] ?? 0) & mask;
      while (table[slot] !== 0) slot = (slot + 1) & mask;
      table[slot] = place + 1;
    }
  }

  return {
    add(owner, tag, code) {
      const place = placeOf(code);
      if (entries === owners.length) {
        owners = enlarge(owners);
        nextEntry = enlarge(nextEntry);
        const larger = new Uint8Array(owners.length);
        larger.set(tags);
        tags = larger;
      }
      owners[entries] = owner;
      tags[entries] = tag;
      nextEntry[entries] = firstEntry[place] ?? NONE;
      firstEntry[place] = entries;
      entries += 1;
    },
    remove(owner) {
      for (let entry = owners.indexOf(owner); entry !== -1 && entry < entries; entry = owners.indexOf(owner, entry + 1)) owners[entry] = GONE;
    },
    find(queries, limit, visit) {
      const report = (query: number, place: number, distance: number): void => {
        for (let entry = firstEntry[place] ?? NONE; entry !== NONE; entry = nextEntry[entry] ?? NONE) {
          const owner = owners[entry] ?? GONE;
          if (owner !== GONE) visit(query, owner, tags[entry] ?? 0, distance);
        }
      };
      if (queries.length < JOIN_FROM) {
        for (const [query, code] of queries.entries()) kernel.scan(code, limit, (place, distance) => { report(query, place, distance); });
        return;
      }
      const packed = new Uint8Array(queries.length * CODE_BYTES);
      for (const [query, code] of queries.entries()) packed.set(code, query * CODE_BYTES);
      kernel.join(packed, limit, report);
    },
    counts: () => ({
      codes: entries, distinct: kernel.count(),
      bytes: kernel.memoryBytes() + hashes.byteLength + firstEntry.byteLength + table.byteLength + owners.byteLength + tags.byteLength + nextEntry.byteLength,
    }),
  };
}

function enlarge(array: Uint32Array<ArrayBuffer>): Uint32Array<ArrayBuffer> {
  const larger = new Uint32Array(Math.ceil(array.length * 1.5));
  larger.set(array);
  return larger;
}

/** FNV-1a over the bytes. */
function hashOf(code: Uint8Array): number {
  let hash = 0x811c9dc5;
  for (const byte of code) hash = Math.imul(hash ^ byte, 0x01000193);
  return hash >>> 0;
}

function isEqual(a: Uint8Array, b: Uint8Array): boolean {
  for (let at = 0; at < CODE_BYTES; at += 1) if (a[at] !== b[at]) return false;
  return true;
}
