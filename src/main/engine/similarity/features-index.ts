import { countBits, type Feature, STORED_BYTES, turnFeatures, unpackFeatures } from './features.ts';
import { MIN_AGREEING, SOUGHT_TRANSFORMS } from './features-geometry.ts';

export interface FeatureHit {
  readonly slot: number;
  /** How many different features of the query it has. */
  readonly votes: number;
}

/**
 * The second stage: which pictures share local features with this one, whatever part of them it shows. An inverted file
 * over the lowest 16 bits of a feature, eight bytes an entry: 256 bytes for a picture of 32 features.
 */
export interface FeatureIndex {
  /** @param stored as packFeatures made it */
  add(slot: number, stored: Uint8Array): void;
  /**
   * Pictures with at least MIN_AGREEING of the features, also if mirrored, best first. Of their places nothing is known here: see haveSharedPart.
   * @param before which of two with as many votes comes first, where there are more than `limit`
   */
  query(stored: Uint8Array, limit: number, before?: (slot: number, other: number) => number): readonly FeatureHit[];
  /** Whether the picture is held with these very features. */
  has(slot: number, stored: Uint8Array): boolean;
  /** Takes all features of a picture out. */
  remove(slot: number): void;
  counts(): { readonly entries: number; readonly bytes: number };
}

/** Of the 32 bits beside the word. */
const REST_DISTANCE = 8;
const WORDS = 2 ** 16;
/** The word itself and those one bit away. */
const PROBES = [0, ...Array.from({ length: 16 }, (_, bit) => 1 << bit)];
const BUFFERED = 8192;
/** A word that so many times the average bears tells as little as «the» in a text, and costs most of the time. */
const COMMON = 12;

/** A slot whose features have been taken out. */
const GONE = 0xffff_ffff;

interface Segment { readonly starts: Uint32Array; readonly slots: Uint32Array; readonly rests: Uint32Array }

export function createFeatureIndex(): FeatureIndex {
  // Of sizes that at least halve from one to the next, so that each entry is sorted again only as often as the whole doubles.
  let segments: Segment[] = [];
  // How many features bear each word, wherever they lie: what is common must not depend on the order in which they came.
  const bearers = new Uint32Array(WORDS);
  let total = 0;
  const buffer = { words: new Uint16Array(BUFFERED), slots: new Uint32Array(BUFFERED), rests: new Uint32Array(BUFFERED), count: 0 };

  function flush(): void {
    segments.push(sortByWord(buffer.words.subarray(0, buffer.count), buffer.slots, buffer.rests));
    buffer.count = 0;
    for (let last = segments.length - 1; last > 0 && sizeOf(segments[last - 1]) < 2 * sizeOf(segments[last]); last--) {
      segments = [...segments.slice(0, last - 1), merge(segments.slice(last - 1))];
    }
  }

  function holds(slot: number, word: number, rest: number): boolean {
    for (let at = 0; at < buffer.count; at += 1) if (buffer.slots[at] === slot && buffer.words[at] === word && buffer.rests[at] === rest) return true;
    return segments.some(({ starts, slots, rests }) => {
      for (let at = starts[word] ?? 0; at < (starts[word + 1] ?? 0); at += 1) if (slots[at] === slot && rests[at] === rest) return true;
      return false;
    });
  }

  return {
    add(slot, stored) {
      for (let at = 0; at + STORED_BYTES <= stored.length; at += STORED_BYTES) {
        if (buffer.count === BUFFERED) flush();
        // The 48 bits begin behind place and extent, lowest first.
        const word = (stored[at + 3] ?? 0) | ((stored[at + 4] ?? 0) << 8);
        bearers[word] = (bearers[word] ?? 0) + 1;
        total += 1;
        buffer.words[buffer.count] = word;
        buffer.slots[buffer.count] = slot;
        buffer.rests[buffer.count++] = (stored[at + 5] ?? 0) | ((stored[at + 6] ?? 0) << 8) | ((stored[at + 7] ?? 0) << 16) | ((stored[at + 8] ?? 0) << 24);
      }
    },
    query(stored, limit, before = (slot, other) => slot - other) {
      const features = unpackFeatures(stored);
      const most = 64 + (COMMON * total) / WORDS;
      const isCommon = (word: number): boolean => (bearers[word] ?? 0) > most;
      const hits = new Map<number, number>();
      for (const transform of SOUGHT_TRANSFORMS) {
        const votes = collectVotes(turnFeatures(features, transform), segments, buffer, isCommon);
        for (const [slot, mask] of votes) {
          const count = countBits(mask);
          if (count >= MIN_AGREEING && count > (hits.get(slot) ?? 0)) hits.set(slot, count);
        }
      }
      return [...hits].map(([slot, votes]) => ({ slot, votes })).toSorted((a, b) => b.votes - a.votes || (hits.size > limit ? before(a.slot, b.slot) : a.slot - b.slot)).slice(0, limit);
    },
    has(slot, stored) {
      for (let at = 0; at + STORED_BYTES <= stored.length; at += STORED_BYTES) {
        const word = (stored[at + 3] ?? 0) | ((stored[at + 4] ?? 0) << 8);
        const rest = ((stored[at + 5] ?? 0) | ((stored[at + 6] ?? 0) << 8) | ((stored[at + 7] ?? 0) << 16) | ((stored[at + 8] ?? 0) << 24)) >>> 0;
        if (!holds(slot, word, rest)) return false;
      }
      return true;
    },
    remove(slot) {
      const forget = (word: number): void => {
        bearers[word] = (bearers[word] ?? 1) - 1;
        total -= 1;
      };
      for (let at = 0; at < buffer.count; at += 1) {
        if (buffer.slots[at] !== slot) continue;
        buffer.slots[at] = GONE;
        forget(buffer.words[at] ?? 0);
      }
      for (const { slots, starts } of segments) {
        for (let at = slots.indexOf(slot); at !== -1; at = slots.indexOf(slot, at + 1)) {
          slots[at] = GONE;
          forget(wordAt(starts, at));
        }
      }
    },
    counts() {
      const entries = segments.reduce((sum, segment) => sum + sizeOf(segment), buffer.count);
      return { entries, bytes: entries * 8 + segments.length * (WORDS + 1) * 4 + BUFFERED * 10 };
    },
  };
}

function restOf(low: number, high: number): number {
  return ((low >>> 16) | (high << 16)) >>> 0;
}

function sizeOf(segment: Segment | undefined): number {
  return segment?.slots.length ?? 0;
}

/** For each slot that has any, a bit for each feature of the query: 32 at most. */
function collectVotes(features: readonly Feature[], segments: readonly Segment[], buffer: { readonly words: Uint16Array; readonly slots: Uint32Array; readonly rests: Uint32Array; readonly count: number }, isCommon: (word: number) => boolean): Map<number, number> {
  const votes = new Map<number, number>();
  const vote = (slot: number, bit: number): void => { votes.set(slot, (votes.get(slot) ?? 0) | bit); };
  for (const [index, { low, high }] of features.slice(0, 32).entries()) {
    const bit = 1 << index;
    const word = low & (WORDS - 1);
    const rest = restOf(low, high);
    for (const { starts, slots, rests } of segments) {
      for (const probe of PROBES) {
        const from = starts[word ^ probe] ?? 0;
        const to = starts[(word ^ probe) + 1] ?? 0;
        if (to === from || isCommon(word ^ probe)) continue;
        for (let at = from; at < to; at++) if (countBits((rests[at] ?? 0) ^ rest) <= REST_DISTANCE) vote(slots[at] ?? 0, bit);
      }
    }
    for (let at = 0; at < buffer.count; at++) {
      if (countBits((buffer.words[at] ?? 0) ^ word) <= 1 && !isCommon(buffer.words[at] ?? 0) && countBits((buffer.rests[at] ?? 0) ^ rest) <= REST_DISTANCE) vote(buffer.slots[at] ?? 0, bit);
    }
  }
  votes.delete(GONE);
  return votes;
}

/** The word whose run holds an entry: the last that begins at it or before. */
function wordAt(starts: Uint32Array, entry: number): number {
  let [low, high] = [0, WORDS];
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if ((starts[middle] ?? 0) <= entry) low = middle;
    else high = middle;
  }
  return low;
}

function sortByWord(words: Uint16Array, slots: Uint32Array, rests: Uint32Array): Segment {
  const starts = new Uint32Array(WORDS + 1);
  for (let at = 0; at < words.length; at++) starts[(words[at] ?? 0) + 1] = (starts[(words[at] ?? 0) + 1] ?? 0) + 1;
  for (let word = 0; word < WORDS; word++) starts[word + 1] = (starts[word + 1] ?? 0) + (starts[word] ?? 0);
  const next = starts.slice();
  const sorted = { slots: new Uint32Array(words.length), rests: new Uint32Array(words.length) };
  for (let at = 0; at < words.length; at++) {
    const to = next[words[at] ?? 0] ?? 0;
    next[words[at] ?? 0] = to + 1;
    sorted.slots[to] = slots[at] ?? 0;
    sorted.rests[to] = rests[at] ?? 0;
  }
  return { starts, ...sorted };
}

function merge(parts: readonly Segment[]): Segment {
  const count = parts.reduce((sum, part) => sum + sizeOf(part), 0);
  const merged: Segment = { starts: new Uint32Array(WORDS + 1), slots: new Uint32Array(count), rests: new Uint32Array(count) };
  let to = 0;
  for (let word = 0; word < WORDS; word++) {
    for (const { starts, slots, rests } of parts) {
      const from = starts[word] ?? 0;
      const end = starts[word + 1] ?? 0;
      // Runs are short: copying by hand is several times faster than making two views for each.
      for (let at = from; at < end; at++, to++) {
        merged.slots[to] = slots[at] ?? 0;
        merged.rests[to] = rests[at] ?? 0;
      }
    }
    merged.starts[word + 1] = to;
  }
  return merged;
}
