import { execFileSync } from 'node:child_process';
import { existsSync, rmSync } from 'node:fs';
import { mkdir, rename } from 'node:fs/promises';
import { basename, join } from 'node:path';
import sharp, { type Sharp } from 'sharp';
import { createHammingIndex } from '../src/main/engine/similarity/hamming-index.ts';
import { CODE_BYTES, createHammingKernel, MAX_JOIN_DISTANCE } from '../src/main/engine/similarity/hamming-kernel.ts';
import { turnCode } from '../src/main/engine/similarity/pdq.ts';
import { toSharp } from '../test/fixtures/edits.ts';
import { drawScene, KINDS } from '../test/fixtures/scenes.ts';
import { measure, median, table, type Usage } from './measure.ts';
import { BENCH_FOLDER } from './pictures.ts';

const SIZES = [10_000, 100_000, 1_000_000, 3_000_000];
const PLANTED = 1000;
const QUERIES = 25;
const BATCH = 4096;
/** Rotations and mirrors. */
const TURNS = 8;
/** Of a hundred kinds of product shots on white a tenth of a shop's catalog may be. */
const CLUMPS = 100;
const CLUMPED_SHARE = 0.1;
const CLUMP_RADIUS = 40;

/** What the index costs as a catalog grows, and the whole way against findimagedupes. `SIMILARITY_CODES` limits the sizes. */
export async function benchSimilarity(): Promise<string> {
  const limit = Number(process.env['SIMILARITY_CODES'] ?? Infinity);
  const head = ['codes', 'all × all, wall', 'CPU', 'pairs', 'planted found', 'one query, median', 'the 8 turns of one', `${BATCH} new × all`, 'incremental insert', 'index, MB', 'with room for the join, MB'];
  const tables = [
    ['Random codes, 1000 near pairs planted', randomCodes],
    [`Clumpy codes: ${CLUMPED_SHARE * 100} % within ${CLUMP_RADIUS} bits of ${CLUMPS} centres, as product shots on white are, 1000 near pairs planted`, clumpyCodes],
  ] as const;
  const parts = tables.map(([title, make]) => `${title}:\n\n${table(head, SIZES.filter((size) => size <= limit).map((size) => measureSize(size, make)))}`);
  return `One thread, 256-bit codes, pairs within ${MAX_JOIN_DISTANCE} bits.\n\n${parts.join('\n\n')}\n\n${await compareWithPeer()}`;
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

  const query = (asked: (at: number) => readonly Uint8Array[]): number => median(Array.from({ length: QUERIES }, (_, at) => {
    const queries = asked((at * 7919) % count);
    const queryBegan = performance.now();
    index.find(queries, MAX_JOIN_DISTANCE, () => undefined);
    return performance.now() - queryBegan;
  }));
  const [single, turns] = [query((at) => [codeAt(at)]), query((at) => Array.from({ length: TURNS }, (_, turn) => turnCode(codeAt(at), turn)))];
  const batchBegan = performance.now();
  index.find(Array.from({ length: BATCH }, (_, at) => codeAt(at)), MAX_JOIN_DISTANCE, () => undefined);
  const batch = performance.now() - batchBegan;
  const join = joinAll(codes, count, codeAt);
  return [
    count.toLocaleString('en'), inSeconds(join.wallMs), inSeconds(join.cpuMs), join.pairs.toLocaleString('en'), `${join.planted} of ${PLANTED}`, `${single.toFixed(2)} ms`, `${turns.toFixed(2)} ms`,
    inSeconds(batch), `${((inserted * 1000) / count).toFixed(2)} µs`, (index.counts().bytes / 1e6).toFixed(0), (join.bytes / 1e6).toFixed(0),
  ];
}

/** Everything with everything, as when a whole catalog is compared for the first time; each pair is found from both sides, and counts once. */
function joinAll(codes: Uint8Array, count: number, codeAt: (place: number) => Uint8Array) {
  const kernel = createHammingKernel();
  for (let place = 0; place < count; place += 1) kernel.append(codeAt(place));
  const found = new Set<number>();
  let pairs = 0;
  const [began, cpuBegan] = [performance.now(), process.cpuUsage()];
  kernel.join(codes, MAX_JOIN_DISTANCE, (a, b) => {
    if (a >= b) return;
    pairs += 1;
    if (a < PLANTED && b === a + count - PLANTED) found.add(a);
  });
  const { user, system } = process.cpuUsage(cpuBegan);
  return { wallMs: performance.now() - began, cpuMs: (user + system) / 1000, pairs, planted: found.size, bytes: kernel.memoryBytes() };
}

function inSeconds(milliseconds: number): string {
  return milliseconds < 1000 ? `${milliseconds.toFixed(0)} ms` : `${(milliseconds / 1000).toFixed(1)} s`;
}

function randomCodes(count: number, random: () => number): Uint8Array {
  const words = new Uint32Array(count * 8);
  for (let at = 0; at < words.length; at += 1) words[at] = random();
  return new Uint8Array(words.buffer);
}

/** Spread over the whole catalog, so that those that are planted are among them too. */
function clumpyCodes(count: number, random: () => number): Uint8Array {
  const codes = randomCodes(count, random);
  const centres = randomCodes(CLUMPS, random);
  for (let place = 0; place < count; place += 1) {
    if (random() >= CLUMPED_SHARE * 2 ** 32) continue;
    const centre = random() % CLUMPS;
    codes.set(centres.subarray(centre * CODE_BYTES, (centre + 1) * CODE_BYTES), place * CODE_BYTES);
    flipBits(codes, place, random() % (CLUMP_RADIUS + 1), random);
  }
  return codes;
}

/** The last thousand codes become the first thousand with up to 31 bits turned over. */
function plant(codes: Uint8Array, count: number, random: () => number): void {
  for (let at = 0; at < PLANTED; at += 1) {
    codes.copyWithin((count - PLANTED + at) * CODE_BYTES, at * CODE_BYTES, (at + 1) * CODE_BYTES);
    flipBits(codes, count - PLANTED + at, random() % (MAX_JOIN_DISTANCE + 1), random);
  }
}

/** At most so many: one that is hit twice is as it was. */
function flipBits(codes: Uint8Array, place: number, bits: number, random: () => number): void {
  for (let left = bits; left > 0; left -= 1) {
    const bit = random() % (CODE_BYTES * 8);
    const at = place * CODE_BYTES + (bit >> 3);
    codes[at] = (codes[at] ?? 0) ^ (1 << (bit & 7));
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

const EDITS: Readonly<Record<string, (base: Sharp, width: number) => Sharp>> = {
  'original': (base) => base.jpeg({ quality: 92 }),
  'jpeg 40': (base) => base.jpeg({ quality: 40 }),
  'half size': (base, width) => base.resize(width / 2).jpeg({ quality: 85 }),
  'brighter': (base) => base.linear(1.15, 8).jpeg({ quality: 85 }),
  'blurred': (base) => base.blur(1.2).jpeg({ quality: 85 }),
  'turned': (base) => base.rotate(90).jpeg({ quality: 85 }),
  'mirrored': (base) => base.flop().jpeg({ quality: 85 }),
  'bordered': (base, width) => base.extend({ top: Math.round(width / 20), bottom: Math.round(width / 20), left: Math.round(width / 13), right: Math.round(width / 13), background: '#ffffff' }).jpeg({ quality: 85 }),
};
/** What a shop has of the web, and what comes from a camera. */
const FOLDERS = [{ scenes: 96, width: 800 }, { scenes: 16, width: 4000 }] as const;
type Folder = (typeof FOLDERS)[number];

interface Found {
  readonly name: string;
  readonly usage: Usage;
  /** Names of the files of each group. */
  readonly groups: readonly (readonly string[])[];
}

/** Both find the groups of one folder from nothing: pictures of many kinds, each in eight forms. */
async function compareWithPeer(): Promise<string> {
  const peer = peerVersion();
  const rows: string[][] = [];
  for (const folder of FOLDERS) {
    for (const { name, usage, groups } of await findGroups(await transformedPictures(folder), peer)) {
      const { recall, precision } = score(groups, folder.scenes);
      rows.push([`${folder.scenes * Object.keys(EDITS).length} of ${folder.width} px`, name, `${usage.wallSeconds.toFixed(1)} s`, `${usage.cpuSeconds.toFixed(1)} s`, ...groups.length === 0 ? ['–', '–'] : [percent(recall), percent(precision)]]);
    }
  }
  const absent = peer === null ? '\n\nfindimagedupes is not installed (Debian: `apt-get install findimagedupes`): nothing to compare with.' : '';
  return `Generated pictures of ${KINDS.length} kinds in ${Object.keys(EDITS).length} forms each (${Object.keys(EDITS).join(', ')}); recall and precision over pairs of files:\n\n${table(['pictures', '', 'time', 'CPU time', 'recall', 'precision'], rows)}${absent}`;
}

async function findGroups(folder: string, peer: string | null): Promise<readonly Found[]> {
  const workspace = join(BENCH_FOLDER, 'scratch', 'similarity');
  rmSync(workspace, { recursive: true, force: true });
  const cli = (...args: string[]): string[] => [process.execPath, join(import.meta.dirname, '../src/main/cli/main.ts'), ...args, '--workspace', workspace, '--json'];
  const ingested = await measure(cli('ingest', folder));
  const compared = await measure(cli('duplicates', '--level', 'similar'));
  rmSync(workspace, { recursive: true, force: true });
  const { groups } = JSON.parse(compared.stdout) as { readonly groups: readonly { readonly members: readonly { readonly path: string }[] }[] };
  const found: Found[] = [
    { name: 'Proofsheet `ingest`, with three renditions of each and all else that it does', groups: [], usage: ingested },
    { name: 'and `duplicates`', groups: groups.map(({ members }) => members.map(({ path }) => basename(path))), usage: { ...compared, wallSeconds: ingested.wallSeconds + compared.wallSeconds, cpuSeconds: ingested.cpuSeconds + compared.cpuSeconds } },
  ];
  if (peer === null) return found;
  const usage = await measure(['findimagedupes', '--quiet', folder]);
  // A group is a line, its files' names apart by spaces: ours have none.
  return [...found, { name: `findimagedupes ${peer}, as it is set`, usage, groups: usage.stdout.trim().split('\n').map((line) => line.trim().split(/\s+/).map((path) => basename(path))) }];
}

function peerVersion(): string | null {
  try {
    return /[\d.]+/.exec(execFileSync('findimagedupes', ['--version'], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }))?.[0] ?? '';
  } catch {
    return null;
  }
}

async function transformedPictures({ scenes, width }: Folder): Promise<string> {
  const folder = join(BENCH_FOLDER, `transformed-${scenes}-${width}`);
  if (existsSync(folder)) return folder;
  const part = `${folder}.part-${process.pid}`;
  await mkdir(part, { recursive: true });
  for (let scene = 0; scene < scenes; scene += 1) {
    const base = await toSharp(drawScene(KINDS[scene % KINDS.length] ?? 'landscape', 9000 + scene)).resize(width).png({ compressionLevel: 1 }).toBuffer();
    for (const [form, edit] of Object.entries(EDITS)) await edit(sharp(base), width).toFile(join(part, `${scene}-${form.replaceAll(' ', '-')}.jpg`));
  }
  await rename(part, folder);
  return folder;
}

/** Of all pairs that are one scene, those found; of all pairs found, those that are. */
function score(groups: readonly (readonly string[])[], scenes: number): { readonly recall: number; readonly precision: number } {
  const sceneOf = (name: string): string => name.split('-')[0] ?? '';
  let [right, wrong] = [0, 0];
  for (const names of groups) {
    for (const [at, a] of names.entries()) for (const b of names.slice(at + 1)) if (sceneOf(a) === sceneOf(b)) right += 1; else wrong += 1;
  }
  const forms = Object.keys(EDITS).length;
  return { recall: right / ((scenes * forms * (forms - 1)) / 2), precision: right / Math.max(1, right + wrong) };
}

function percent(share: number): string {
  return `${(100 * share).toFixed(1)} %`;
}
