import { createFeatureIndex } from '../src/main/engine/similarity/features-index.ts';
import { haveSharedPart } from '../src/main/engine/similarity/features-geometry.ts';
import { createHammingIndex } from '../src/main/engine/similarity/hamming-index.ts';
import { bitsBetween } from '../src/main/engine/similarity/index-distance.ts';
import { CANDIDATE_DISTANCE, codesOf, indexCodesOf } from '../src/main/engine/similarity/variants.ts';
import { decide, type Look, type Measured, measurePair } from '../src/main/engine/similarity/verify.ts';
import { type Half, lookAt, makeSamples, type Sample } from './accuracy-pictures.ts';
import { createPlanes } from '../src/main/engine/similarity/planes.ts';
import { createRandom } from '../test/fixtures/scenes.ts';
import { table } from './measure.ts';

/** How a pair went through what the product does: candidates by codes and features, then verification. */
interface Result {
  readonly a: Sample;
  readonly b: Sample;
  readonly isCandidate: boolean;
  readonly level: 'exact' | 'strict' | 'similar' | 'loose' | null;
  /** Null for pairs of equal pixels, which need no look. */
  readonly measured: Measured | null;
}

const OFFERED = new Set<Result['level']>(['exact', 'strict', 'similar']);
/** So many other copies of the same original each copy is compared with, beside the original. */
const SIBLINGS = 1;

/**
 * Recall of every edit, precision over all pairs that are found, near relatives by kind, and the usual hashes on the
 * same pictures. Limits were chosen on the `tuning` half; what is reported is the other.
 * @param folder of photographs to take as originals beside the generated ones
 */
export async function benchAccuracy(folder: string | null, half: Half = 'held out'): Promise<string> {
  const began = performance.now();
  const families: (readonly Sample[])[] = [];
  const tell = (what: string): void => { process.stderr.write(`${((performance.now() - began) / 1000).toFixed(0)} s: ${what}\n`); };
  for await (const family of makeSamples(half, folder)) families.push(family);
  tell(`${families.length} originals and what is made of them`);
  const samples = families.flat();
  const candidates = findCandidates(samples);
  const results: Result[] = [];
  const planes = createPlanes();
  let [milliseconds, pairs] = [0, 0];
  // Of one family at a time: a look takes a megabyte.
  let [family, looks] = [-1, new Map<Sample, Look>()];
  const look = async (sample: Sample): Promise<Look> => {
    if (sample.family !== family) [family, looks] = [sample.family, new Map<Sample, Look>()];
    const known = looks.get(sample) ?? await lookAt(sample);
    looks.set(sample, known);
    return known;
  };
  const compare = async (a: Sample, b: Sample): Promise<void> => {
    const isCandidate = candidates(a).has(b);
    if (a.pixelSha256 !== null && a.pixelSha256 === b.pixelSha256) {
      results.push({ a, b, isCandidate, level: 'exact', measured: null });
      return;
    }
    const [one, other] = [await look(a), await look(b)];
    const start = process.cpuUsage();
    const measured = measurePair(one, other, planes);
    const { user } = process.cpuUsage(start);
    milliseconds += user / 1000;
    pairs++;
    const verdict = isCandidate && measured ? decide(measured) : null;
    results.push({ a, b, isCandidate, level: verdict && !verdict.kinship ? verdict.level : null, measured });
  };
  for (const family of families) for (const [a, b] of pairsOf(family)) await compare(a, b);
  tell(`${results.length} pairs compared`);
  const inFamilies = results.length;
  const order = new Map(samples.map((sample, index) => [sample, index]));
  for (const a of samples) for (const b of candidates(a)) if (a.family !== b.family && (order.get(a) ?? 0) < (order.get(b) ?? 0)) await compare(a, b);
  return [
    `${families.length} originals (${half} half), ${samples.length} pictures, ${inFamilies} pairs of one original and ${results.length - inFamilies} candidates across originals; ${(milliseconds / Math.max(1, pairs)).toFixed(1)} ms of CPU a pair, ${((performance.now() - began) / 1000).toFixed(0)} s in all.`,
    recallTable(results), precisionLine(results), relativesTable(results), slackTable(results), hashTable(families),
  ].join('\n\n');
}

/** Which pictures the indexes name for each, all pictures being in them; both ways, as the catalog has it. */
function findCandidates(samples: readonly Sample[]): (sample: Sample) => ReadonlySet<Sample> {
  const codes = createHammingIndex();
  const parts = createFeatureIndex();
  const rows = samples.map(({ fingerprint }) => ({ ...fingerprint, pdqQuality: fingerprint.pdqQuality }));
  for (const [slot, row] of rows.entries()) {
    for (const code of indexCodesOf(row)) codes.add(slot, code);
    parts.add(slot, row.features);
  }
  const found = new Map(samples.map((sample) => [sample, new Set<Sample>()]));
  const note = (slot: number, other: number): void => {
    const [a, b] = [samples[slot], samples[other]];
    if (!a || !b || a === b) return;
    found.get(a)?.add(b);
    found.get(b)?.add(a);
  };
  for (const [slot, row] of rows.entries()) {
    codes.find(codesOf(row).query.map(({ code }) => code), CANDIDATE_DISTANCE, (_, other) => { note(slot, other); });
    for (const hit of parts.query(row.features, 64)) if (haveSharedPart(row.features, rows[hit.slot]?.features ?? new Uint8Array())) note(slot, hit.slot);
  }
  return (sample) => found.get(sample) ?? new Set();
}

/** The original with everything made of it, and every copy with a few of the others. */
function* pairsOf(family: readonly Sample[]): Generator<readonly [Sample, Sample]> {
  const [original, ...others] = family;
  if (!original) return;
  const random = createRandom(original.family);
  for (const other of others) yield [original, other];
  for (const other of others) {
    for (let count = 0; count < SIBLINGS; count++) {
      const sibling = others[Math.floor(random() * others.length)];
      if (sibling && sibling !== other) yield [other, sibling];
    }
  }
}

const percent = (part: number, whole: number): string => (whole === 0 ? '–' : `${((100 * part) / whole).toFixed(1)} %`);
const isWithOriginal = ({ a }: Result): boolean => a.group === 'original';
const isRelative = ({ group }: Sample): boolean => group === 'near relative';

function recallTable(results: readonly Result[]): string {
  const rows: string[][] = [];
  const add = (name: string, of: readonly Result[]): void => {
    const at = (levels: readonly Result['level'][]): string => percent(of.filter(({ level }) => levels.includes(level)).length, of.length);
    rows.push([name, String(of.length), percent(of.filter(({ isCandidate, level }) => isCandidate || level === 'exact').length, of.length), at(['exact', 'strict']), at(['exact', 'strict', 'similar']), at(['exact', 'strict', 'similar', 'loose'])]);
  };
  const copies = results.filter((result) => isWithOriginal(result) && result.a.family === result.b.family && !isRelative(result.b));
  for (const group of new Set(copies.map(({ b }) => b.group))) {
    const of = copies.filter(({ b }) => b.group === group);
    add(`**${group}**`, of);
    for (const name of new Set(of.map(({ b }) => b.name))) add(name, of.filter(({ b }) => b.name === name));
  }
  return table(['edit', 'pairs', 'candidates', 'strict', 'similar', 'loose'], rows);
}

/** Pairs of copies of one original are right; those with a near relative or another original are wrong; marks on pages are neither. */
function isWrong({ a, b }: Result): boolean {
  return a.family !== b.family || (isRelative(a) || isRelative(b)) && !(isRelative(a) && isRelative(b) && a.name === b.name);
}

function precisionLine(results: readonly Result[]): string {
  const offered = results.filter(({ a, b, level }) => OFFERED.has(level) && a.group !== 'mark on a page' && b.group !== 'mark on a page');
  const wrong = offered.filter(isWrong);
  const named = wrong.slice(0, 12).map(({ a, b }) => `${a.kind} ${a.family} ${a.name || a.group} ~ ${b.kind} ${b.family} ${b.name || b.group}`);
  return `Precision over all pairs found at similar: ${percent(offered.length - wrong.length, offered.length)} (${wrong.length} wrong of ${offered.length}).${named.length > 0 ? ` Wrong: ${named.join('; ')}.` : ''}`;
}

function relativesTable(results: readonly Result[]): string {
  const relatives = results.filter((result) => isWithOriginal(result) && isRelative(result.b));
  const rows = [...new Set(relatives.map(({ b }) => b.name))].map((name) => {
    const of = relatives.filter(({ b }) => b.name === name);
    return [name, of.length, of.filter(({ level }) => level === 'exact' || level === 'strict').length, of.filter(({ level }) => OFFERED.has(level)).length];
  });
  const across = results.filter(({ a, b }) => a.family !== b.family);
  rows.push(['candidates of another original', across.length, across.filter(({ level }) => level === 'strict').length, across.filter(({ level }) => OFFERED.has(level)).length]);
  return table(['near relative', 'pairs', 'offered at strict', 'offered at similar'], rows);
}

/** All limits widened or narrowed together. */
function slackTable(results: readonly Result[]): string {
  const judged = results.filter(({ measured, isCandidate, a, b }) => measured && isCandidate && a.group !== 'mark on a page' && b.group !== 'mark on a page');
  const right = judged.filter((result) => !isWrong(result));
  const wrong = judged.filter(isWrong);
  const offers = (of: readonly Result[], slack: number): number => of.filter(({ measured }) => {
    const verdict = measured && decide(measured, slack);
    return verdict !== null && !verdict.kinship && OFFERED.has(verdict.level);
  }).length;
  return table(['limits ×', 'right pairs kept', 'wrong pairs offered', 'precision'], [0.5, 0.7, 0.85, 1, 1.2, 1.5, 2].map((slack) => {
    const [kept, passed] = [offers(right, slack), offers(wrong, slack)];
    return [slack, percent(kept, right.length), percent(passed, wrong.length), percent(kept, kept + passed)];
  }));
}

/** The usual hashes of the whole picture, each at several thresholds. */
function hashTable(families: readonly (readonly Sample[])[]): string {
  const groups = ['benign', 'turned', 'border', 'centre crop', 'off-centre crop', 'combined'];
  const hashes = {
    aHash: { of: ({ averageHash }: Sample) => averageHash, at: [0, 5, 10, 15] }, dHash: { of: ({ fingerprint }: Sample) => bitsOf(fingerprint.dhash), at: [0, 5, 10, 15] },
    pHash: { of: ({ fingerprint }: Sample) => bitsOf(fingerprint.phash), at: [0, 5, 10, 15] }, PDQ: { of: ({ fingerprint }: Sample) => fingerprint.pdq.subarray(0, 32), at: [15, 31, 47, 63] },
  };
  const rows = Object.entries(hashes).flatMap(([name, { of, at }]) => {
    const known = new Map(families.flat().map((sample) => [sample, of(sample)]));
    const distance = (a: Sample, b: Sample): number => bitsBetween(known.get(a) ?? new Uint8Array(32), known.get(b) ?? new Uint8Array(32));
    return at.map((most) => {
      const recall = groups.map((group) => {
        const pairs = families.flatMap(([original, ...others]) => others.filter((other) => other.group === group).map((other) => (original ? distance(original, other) : 256)));
        return percent(pairs.filter((bits) => bits <= most).length, pairs.length);
      });
      const relatives = families.flatMap(([original, ...others]) => others.filter(isRelative).map((other) => (original ? distance(original, other) : 256)));
      const originals = families.flatMap(([original]) => (original ? [original] : []));
      const strangers = originals.flatMap((a, index) => originals.slice(index + 1).map((b) => distance(a, b)));
      return [name, `≤ ${most}`, ...recall, percent(relatives.filter((bits) => bits <= most).length, relatives.length), percent(strangers.filter((bits) => bits <= most).length, strangers.length)];
    });
  });
  return table(['hash', 'distance', ...groups, 'near relatives taken for copies', 'other originals taken for copies'], rows);
}

function bitsOf(hash: bigint): Uint8Array {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64BE(hash);
  return bytes;
}
