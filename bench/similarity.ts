import { execFileSync } from 'node:child_process';
import { existsSync, rmSync } from 'node:fs';
import { mkdir, rename } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { Sharp } from 'sharp';
import { createHammingIndex } from '../src/main/engine/similarity/hamming-index.ts';
import { CODE_BYTES, createHammingKernel, MAX_JOIN_DISTANCE } from '../src/main/engine/similarity/hamming-kernel.ts';
import { toSharp } from '../test/fixtures/edits.ts';
import { drawScene, KINDS } from '../test/fixtures/scenes.ts';
import { measure, median, table, type Usage } from './measure.ts';
import { BENCH_FOLDER } from './pictures.ts';

const SIZES = [10_000, 100_000, 1_000_000, 3_000_000];
const PLANTED = 1000;
/** As many as the eight rotations and mirrors of a picture. */
const VARIANTS = 8;
const QUERIES = 25;
const BATCH = 4096;

/** What the index costs as a catalog grows, and the whole way against findimagedupes. `SIMILARITY_CODES` limits the sizes. */
export async function benchSimilarity(): Promise<string> {
  const limit = Number(process.env['SIMILARITY_CODES'] ?? Infinity);
  const head = ['codes', 'all pairs within 31 bits', 'pairs', 'planted found', 'one query, median', 'with 8 variants', `${BATCH} new × all`, 'incremental insert', 'memory, MB'];
  const tables = [['Random codes, 1000 near pairs planted', randomCodes], ['Clumpy codes: families of pictures that share most of their structure, 1000 near pairs planted', clumpyCodes]] as const;
  const parts = tables.map(([title, make]) => `${title}:\n\n${table(head, SIZES.filter((size) => size <= limit).map((size) => measureSize(size, make)))}`);
  return `One thread, 256-bit codes.\n\n${parts.join('\n\n')}\n\n${await compareWithPeer()}`;
}

function measureSize(count: number, make: (count: number, random: () => number) => Uint8Array): string[] {
  const random = xorshift(count);
  const codes = make(count, random);
  plant(codes, count, random);
  const codeAt = (place: number): Uint8Array => codes.subarray(place * CODE_BYTES, (place + 1) * CODE_BYTES);

  const began = performance.now();
  const index = createHammingIndex();
  for (let place = 0; place < count; place += 1) index.add(place + 1, codeAt(place));
  const inserted = performance.now() - began;

  const kernel = createHammingKernel();
  for (let place = 0; place < count; place += 1) kernel.append(codeAt(place));
  const found = new Set<number>();
  let pairs = 0;
  const joinBegan = performance.now();
  kernel.selfJoin(MAX_JOIN_DISTANCE, (a, b) => {
    pairs += 1;
    const [low, high] = a < b ? [a, b] : [b, a];
    if (high >= count - PLANTED && low === high - (count - PLANTED)) found.add(low);
  });
  const joined = performance.now() - joinBegan;

  const query = (codesAtOnce: number): number => median(Array.from({ length: QUERIES }, (_, at) => {
    const asked = Array.from({ length: codesAtOnce }, (_unused, variant) => codeAt((at * 7919 + variant * 104_729) % count));
    const queryBegan = performance.now();
    index.find(asked, MAX_JOIN_DISTANCE, () => undefined);
    return performance.now() - queryBegan;
  }));
  const [single, variants] = [query(1), query(VARIANTS)];
  const batchBegan = performance.now();
  index.find(Array.from({ length: BATCH }, (_, at) => codeAt(at)), MAX_JOIN_DISTANCE, () => undefined);
  const batch = performance.now() - batchBegan;
  return [
    count.toLocaleString('en'), inSeconds(joined), pairs.toLocaleString('en'), `${found.size} of ${PLANTED}`, `${single.toFixed(2)} ms`, `${variants.toFixed(2)} ms`,
    inSeconds(batch), `${((inserted * 1000) / count).toFixed(2)} µs`, (index.counts().bytes / 1e6).toFixed(0),
  ];
}

function inSeconds(milliseconds: number): string {
  return milliseconds < 1000 ? `${milliseconds.toFixed(0)} ms` : `${(milliseconds / 1000).toFixed(1)} s`;
}

function randomCodes(count: number, random: () => number): Uint8Array {
  const words = new Uint32Array(count * 8);
  for (let at = 0; at < words.length; at += 1) words[at] = random();
  return new Uint8Array(words.buffer);
}

/** One family for 1500 codes, its members with 5 to 45 % of the bits turned over, so that buckets are as uneven as those of real libraries. */
function clumpyCodes(count: number, random: () => number): Uint8Array {
  const words = new Uint32Array(count * 8);
  const families = randomCodes(Math.ceil(count / 1500), random);
  const familyWords = new Uint32Array(families.buffer);
  for (let place = 0; place < count; place += 1) {
    const family = random() % (familyWords.length / 8);
    const share = 0.05 + 0.4 * (random() / 2 ** 32);
    for (let word = 0; word < 8; word += 1) words[place * 8 + word] = (familyWords[family * 8 + word] ?? 0) ^ sparseWord(share, random);
  }
  return new Uint8Array(words.buffer);
}

/** 32 bits, each set with about this probability: halved or filled up five times, from the lowest digit of the share on. */
function sparseWord(share: number, random: () => number): number {
  let word = 0;
  for (let digits = Math.round(share * 32), step = 0; step < 5; step += 1, digits >>= 1) word = digits & 1 ? word | random() : word & random();
  return word;
}

/** The last thousand codes become the first thousand with up to 31 bits turned over. */
function plant(codes: Uint8Array, count: number, random: () => number): void {
  for (let at = 0; at < PLANTED; at += 1) {
    const target = (count - PLANTED + at) * CODE_BYTES;
    codes.copyWithin(target, at * CODE_BYTES, (at + 1) * CODE_BYTES);
    for (let flip = random() % 32; flip > 0; flip -= 1) {
      const bit = random() % 256;
      codes[target + (bit >> 3)] = (codes[target + (bit >> 3)] ?? 0) ^ (1 << (bit & 7));
    }
  }
}

/** 32 bits at a time (Marsaglia, “Xorshift RNGs”, 2003), the same in every run. */
function xorshift(seed: number): () => number {
  let state = (seed ^ 0x9e37_79b9) >>> 0;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>>= 0);
  };
}

const EDITS: Readonly<Record<string, (base: Sharp) => Sharp>> = {
  'original': (base) => base.jpeg({ quality: 92 }),
  'jpeg 40': (base) => base.jpeg({ quality: 40 }),
  'half size': (base) => base.resize(400).jpeg({ quality: 85 }),
  'brighter': (base) => base.linear(1.15, 8).jpeg({ quality: 85 }),
  'blurred': (base) => base.blur(1.2).jpeg({ quality: 85 }),
  'turned': (base) => base.rotate(90).jpeg({ quality: 85 }),
  'mirrored': (base) => base.flop().jpeg({ quality: 85 }),
  'bordered': (base) => base.extend({ top: 40, bottom: 40, left: 60, right: 60, background: '#ffffff' }).jpeg({ quality: 85 }),
};
const SCENES = 96;

interface Found {
  readonly name: string;
  readonly usage: Usage;
  /** Names of the files of each group. */
  readonly groups: readonly (readonly string[])[];
}

/** Both find the groups of one folder from nothing: pictures of many kinds, each in eight forms. */
async function compareWithPeer(): Promise<string> {
  const folder = await transformedPictures();
  const workspace = join(BENCH_FOLDER, 'scratch', 'similarity');
  rmSync(workspace, { recursive: true, force: true });
  const cli = (...args: string[]): string[] => [process.execPath, join(import.meta.dirname, '../src/main/cli/main.ts'), ...args, '--workspace', workspace, '--json'];
  const ingested = await measure(cli('ingest', folder));
  const compared = await measure(cli('duplicates', '--level', 'similar'));
  rmSync(workspace, { recursive: true, force: true });
  const { groups } = JSON.parse(compared.stdout) as { readonly groups: readonly { readonly members: readonly { readonly path: string }[] }[] };
  const found: Found[] = [{
    name: 'Proofsheet, `ingest` and `duplicates` (three renditions of each written too)', groups: groups.map(({ members }) => members.map(({ path }) => basename(path))),
    usage: { ...compared, wallSeconds: ingested.wallSeconds + compared.wallSeconds, cpuSeconds: ingested.cpuSeconds + compared.cpuSeconds },
  }];
  const peer = peerVersion();
  if (peer !== null) {
    const usage = await measure(['findimagedupes', '--quiet', folder]);
    // A group is a line, its files' names apart by spaces: ours have none.
    found.push({ name: `findimagedupes ${peer}, as it is set`, usage, groups: usage.stdout.trim().split('\n').map((line) => line.trim().split(/\s+/).map((path) => basename(path))) });
  }
  const rows = found.map(({ name, usage, groups: theirs }) => {
    const { recall, precision } = score(theirs);
    return [name, `${usage.wallSeconds.toFixed(1)} s`, `${usage.cpuSeconds.toFixed(1)} s`, percent(recall), percent(precision)];
  });
  const absent = peer === null ? '\n\nfindimagedupes is not installed (Debian: `apt-get install findimagedupes`): nothing to compare with.' : '';
  return `${SCENES} generated pictures of ${KINDS.length} kinds in ${Object.keys(EDITS).length} forms each (${Object.keys(EDITS).join(', ')}); recall and precision over pairs of files:\n\n${table(['', 'time', 'CPU time', 'recall', 'precision'], rows)}${absent}`;
}

function peerVersion(): string | null {
  try {
    return /[\d.]+/.exec(execFileSync('findimagedupes', ['--version'], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }))?.[0] ?? '';
  } catch {
    return null;
  }
}

async function transformedPictures(): Promise<string> {
  const folder = join(BENCH_FOLDER, `transformed-${SCENES}`);
  if (existsSync(folder)) return folder;
  const part = `${folder}.part-${process.pid}`;
  await mkdir(part, { recursive: true });
  for (let scene = 0; scene < SCENES; scene += 1) {
    const raster = drawScene(KINDS[scene % KINDS.length] ?? 'landscape', 9000 + scene);
    for (const [form, edit] of Object.entries(EDITS)) await edit(toSharp(raster)).toFile(join(part, `${scene}-${form.replaceAll(' ', '-')}.jpg`));
  }
  await rename(part, folder);
  return folder;
}

/** Of all pairs that are one scene, those found; of all pairs found, those that are. */
function score(groups: readonly (readonly string[])[]): { readonly recall: number; readonly precision: number } {
  const sceneOf = (name: string): string => name.split('-')[0] ?? '';
  let [right, wrong] = [0, 0];
  for (const names of groups) {
    for (const [at, a] of names.entries()) for (const b of names.slice(at + 1)) if (sceneOf(a) === sceneOf(b)) right += 1; else wrong += 1;
  }
  const forms = Object.keys(EDITS).length;
  return { recall: right / ((SCENES * forms * (forms - 1)) / 2), precision: right / Math.max(1, right + wrong) };
}

function percent(share: number): string {
  return `${(100 * share).toFixed(1)} %`;
}
