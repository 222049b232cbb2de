import { CODE_BYTES, createHammingKernel } from './hamming-kernel.ts';

/** Codes with their owners: whole numbers from 1 to 2³² − 1, which may have several codes. */
export interface HammingIndex {
  add(owner: number, code: Uint8Array): void;
  has(owner: number, code: Uint8Array): boolean;
  /** Takes all codes of an owner out; costs a look at every code. */
  remove(owner: number): void;
  /** Every code within `limit` bits (at most 31) of one of the queries, as often as it has owners. */
  find(queries: readonly Uint8Array[], limit: number, visit: (query: number, owner: number, distance: number) => void): void;
  readonly counts: () => { readonly codes: number; readonly distinct: number; readonly bytes: number };
}

/** From so many queries on, sorting everything sixteen times is cheaper than a look at everything for each. */
const JOIN_FROM = 200;
const NONE = 0xffff_ffff;
const GONE = 0;

/**
 * Equal codes are kept once, with a list of their owners: a thousand copies of a picture cost a thousand entries of a
 * list and not half a million pairs. A code takes 50 to 75 bytes.
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
  let nextEntry = new Uint32Array(1024);
  let entries = 0;

  function placeOf(code: Uint8Array): number | undefined {
    const hash = hashOf(code);
    const mask = table.length - 1;
    for (let slot = hash & mask; ; slot = (slot + 1) & mask) {
      const at = table[slot] ?? 0;
      if (at === 0) return undefined;
      if (hashes[at - 1] === hash && isEqual(kernel.codeAt(at - 1), code)) return at - 1;
    }
  }

  function append(code: Uint8Array): number {
    const place = kernel.append(code);
    if (place === hashes.length) {
      hashes = enlarge(hashes);
      firstEntry = enlarge(firstEntry);
    }
    hashes[place] = hashOf(code);
    firstEntry[place] = NONE;
    if (kernel.count() * 2 <= table.length) enter(place);
    else {
      table = new Uint32Array(table.length * 2);
      for (let known = 0; known <= place; known += 1) enter(known);
    }
    return place;
  }

  function enter(place: number): void {
    const mask = table.length - 1;
    let slot = (hashes[place] ?? 0) & mask;
    while (table[slot] !== 0) slot = (slot + 1) & mask;
    table[slot] = place + 1;
  }

  return {
    add(owner, code) {
      const place = placeOf(code) ?? append(code);
      if (entries === owners.length) {
        owners = enlarge(owners);
        nextEntry = enlarge(nextEntry);
      }
      owners[entries] = owner;
      nextEntry[entries] = firstEntry[place] ?? NONE;
      firstEntry[place] = entries;
      entries += 1;
    },
    has(owner, code) {
      const place = placeOf(code);
      if (place === undefined) return false;
      for (let entry = firstEntry[place] ?? NONE; entry !== NONE; entry = nextEntry[entry] ?? NONE) if (owners[entry] === owner) return true;
      return false;
    },
    remove(owner) {
      for (let entry = owners.indexOf(owner); entry !== -1 && entry < entries; entry = owners.indexOf(owner, entry + 1)) owners[entry] = GONE;
    },
    find(queries, limit, visit) {
      const report = (query: number, place: number, distance: number): void => {
        for (let entry = firstEntry[place] ?? NONE; entry !== NONE; entry = nextEntry[entry] ?? NONE) {
          const owner = owners[entry] ?? GONE;
          if (owner !== GONE) visit(query, owner, distance);
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
      bytes: kernel.memoryBytes() + hashes.byteLength + firstEntry.byteLength + table.byteLength + owners.byteLength + nextEntry.byteLength,
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
