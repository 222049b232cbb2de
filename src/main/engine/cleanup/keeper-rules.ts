import { KEEPER_RULES, type Choice, type ErrorCode, type Facts, type KeeperRule, type Relation, type Transform } from '../../../contract/index.ts';
import { RAW_FORMATS } from '../pixels/sniff.ts';
import { FACTS, IN_PROTECTED, sentenceOf, shapeOf, sizeFact, turnOf, weigh } from './keeper-facts.ts';

/** What the rules look at of one file of a group. */
export interface Candidate {
  readonly sourceId: number;
  /** Equal for identical bytes. */
  readonly assetId: number;
  /** Equal for equal pixels; null where it is not known. */
  readonly pixelSha256: string | null;
  /** As it is shown. */
  readonly path: string;
  readonly relation: Relation;
  /** What was done to the reference to get it. */
  readonly transform: Transform;
  readonly isReference: boolean;
  /** Was made of the reference by cutting, framing or marking it. */
  readonly isDerived: boolean;
  readonly isProtected: boolean;
  /** Upright pixels. */
  readonly width: number;
  readonly height: number;
  readonly bytes: number;
  readonly frames: number;
  readonly hasAlpha: boolean;
  readonly format: string;
  /** Quality, 0–100. */
  readonly score: number;
  /** How many things the file says of itself: date, camera, place, title … */
  readonly details: number;
  /** When the file was last written, milliseconds since 1970; null when unknown. */
  readonly mtimeMs: number | null;
  /** What the user decided; null when nothing. */
  readonly decision: Choice | null;
}

interface Why {
  readonly rule: KeeperRule | 'decision';
  /** What decided; null for a decision of the user. */
  readonly facts: Facts | null;
}

export interface Judgement extends Why {
  readonly choice: Choice;
  /** The facts as a sentence: `4000×3000 against 1600×1200`. */
  readonly reason: string;
  /** Index of the file that stands for a removed one; null for one that is kept. */
  readonly keeper: number | null;
  /** Why a file is kept that was decided to go: `protected` or `last-copy`. */
  readonly held: ErrorCode | null;
}

/**
 * Says of every file of a group whether it is kept. The files are put into one order by the rules, each deciding what
 * those before it left equal. Then each file in that order is kept unless one that is kept already can stand for it.
 * The answer follows from the set of files alone: total, deterministic, and never without a kept one.
 * What the rules mean: docs/cleanup.md.
 * @param rules in the order in which they decide; `path` comes last where it is not among them
 * @param decisions false leaves aside what the user decided: that is what the rules suggest
 */
export function judge(group: readonly Candidate[], rules: readonly KeeperRule[], decisions: boolean): Judgement[] {
  const order = [...new Set([...rules, 'path' as const])];
  const keys = order.map((rule) => RANKS[rule](group));
  const ranked = group.map((_, index) => index).sort((a, b) => compare(keys, a, b));
  const wish = (index: number): Choice | null => (decisions ? of(group, index).decision : null);
  const judgements = new Array<Judgement>(group.length);
  const position = positionsOf(ranked);
  const kept: number[] = [];
  /** The first kept file of each content, by asset: thousands of copies of it can stand for no more than that one. */
  const firstKept = new Map<number, number>();

  const isBefore = (a: number, b: number): boolean => (position[a] ?? 0) < (position[b] ?? 0);
  /** What the user wants to keep stands for others before what the rules would. */
  const standsBefore = (a: number, b: number): boolean => (wish(a) === 'keep') === (wish(b) === 'keep') ? isBefore(a, b) : wish(a) === 'keep';
  const against = (winner: number, loser: number): Why => {
    const rule = order[keys.findIndex((ranks) => ranks[winner] !== ranks[loser])] ?? 'path';
    return { rule, facts: weigh(rule, of(group, winner), of(group, loser)) };
  };
  const keep = (index: number, why: Why, held: ErrorCode | null = null): void => {
    kept.push(index);
    const { assetId } = of(group, index);
    const other = firstKept.get(assetId);
    if (other === undefined || standsBefore(index, other)) firstKept.set(assetId, index);
    judgements[index] = { choice: 'keep', ...why, reason: sentenceOf(why.facts), keeper: null, held };
  };
  const remove = (index: number, why: Why, keeper: number | null): void => {
    judgements[index] = { choice: 'remove', ...why, reason: sentenceOf(why.facts), keeper, held: null };
  };

  for (const index of ranked) if (wish(index) === 'keep') keep(index, DECIDED);
  for (const index of ranked) {
    const member = of(group, index);
    if (wish(index) === 'remove' && member.isProtected) keep(index, { rule: 'protected', facts: IN_PROTECTED }, 'protected');
  }
  for (const index of ranked) {
    if (wish(index) !== null) continue;
    const member = of(group, index);
    if (member.isProtected) {
      keep(index, { rule: 'protected', facts: IN_PROTECTED });
      continue;
    }
    const better = keeperOf(member, (keeper) => isBefore(keeper, index) && besides(of(group, keeper), member) === null);
    if (better === undefined) keep(index, whyKept(index));
    else remove(index, against(better, index), better);
  }
  // All of them were decided to go, one after another or in groups that have become one.
  if (kept.length === 0 && ranked[0] !== undefined) keep(ranked[0], DECIDED, 'last-copy');
  for (const index of ranked) {
    if (judgements[index] !== undefined) continue;
    remove(index, DECIDED, keeperOf(of(group, index), () => true) ?? null);
  }
  return judgements;

  /** A kept file of the same bytes, else the first that will do. */
  function keeperOf({ assetId }: Candidate, willDo: (keeper: number) => boolean): number | undefined {
    const same = firstKept.get(assetId);
    if (same !== undefined && willDo(same)) return same;
    let found: number | undefined;
    for (const keeper of firstKept.values()) if ((found === undefined || standsBefore(keeper, found)) && willDo(keeper)) found = keeper;
    return found;
  }

  function whyKept(index: number): Why {
    const member = of(group, index);
    const first = kept[0];
    if (first === undefined) {
      const second = ranked.find((other) => other !== index && isBefore(index, other));
      return second === undefined ? { rule: 'path', facts: { despite: null, better: FACTS.path(member), worse: null } } : against(index, second);
    }
    return besides(of(group, first), member) ?? against(...(isBefore(first, index) ? [first, index] as const : [index, first] as const));
  }
}

const DECIDED: Why = { rule: 'decision', facts: null };

function positionsOf(ranked: readonly number[]): readonly number[] {
  const positions = new Array<number>(ranked.length);
  for (const [position, index] of ranked.entries()) positions[index] = position;
  return positions;
}

/** A frame of a tenth on each side makes 1.44 times the pixels: what has more is perhaps the larger picture, or the original that was trimmed. */
const FRAME_FACTOR = 1.5;
/** What has less than half of the pixels is a preview of a picture and no copy, however old it is or wherever it lies. */
const PREVIEW_FACTOR = 2;

/** Why a file stays beside one that comes before it; null when that one has all that it has. */
function besides(keeper: Candidate, member: Candidate): Why | null {
  if (keeper.assetId === member.assetId) return null;
  if (member.frames > keeper.frames) return { rule: 'format', facts: { despite: null, better: { kind: 'frames', frames: member.frames }, worse: { kind: 'frames', frames: keeper.frames } } };
  if (member.hasAlpha && !keeper.hasAlpha) return { rule: 'format', facts: { despite: null, better: { kind: 'transparency', isThere: true }, worse: { kind: 'transparency', isThere: false } } };
  const extent = extentOf(member);
  if (extent !== 0 && pixels(member) > (extent === 1 ? FRAME_FACTOR : 1) * pixels(keeper)) {
    return { rule: 'whole', facts: { despite: shapeOf(member), better: sizeFact(member), worse: sizeFact(keeper) } };
  }
  // What lies under a mark may be just what was cut out, or healed: a mark and its removal look the same to who compares.
  const isUnderMark = shapeOf(keeper) === 'marked' && extent !== 2;
  if (extentOf(keeper) > extent || isUnderMark) return { rule: 'whole', facts: { despite: null, better: FACTS.whole(member), worse: FACTS.whole(keeper) } };
  if (shapeOf(member) === 'marked' && shapeOf(keeper) === 'whole') {
    if (formatClass(member.format) < formatClass(keeper.format)) return { rule: 'format', facts: { despite: 'marked', better: FACTS.format(member), worse: FACTS.format(keeper) } };
    if (member.details > keeper.details) return { rule: 'metadata', facts: { despite: 'marked', better: FACTS.metadata(member), worse: FACTS.metadata(keeper) } };
  }
  if (pixels(member) > PREVIEW_FACTOR * pixels(keeper)) return { rule: 'resolution', facts: { despite: null, better: sizeFact(member), worse: sizeFact(keeper) } };
  return null;
}

function compare(keys: readonly (readonly number[])[], a: number, b: number): number {
  for (const ranks of keys) {
    const difference = (ranks[a] ?? 0) - (ranks[b] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}

function of(group: readonly Candidate[], index: number): Candidate {
  const member = group[index];
  if (member === undefined) throw new Error(`The group has no member ${index}`);
  return member;
}

/** Numbers by which a rule orders the files of a group: the lowest is kept first, equal ones are left to the next rule. */
type Ranks = (group: readonly Candidate[]) => readonly number[];

const by = (key: (member: Candidate) => number): Ranks => (group) => group.map(key);

const RANKS: Readonly<Record<KeeperRule, Ranks>> = {
  protected: rankProtected,
  whole: by((member) => Number(extentOf(member) > 0)),
  resolution: rankResolution,
  upright: rankUpright,
  quality: rankQuality,
  format: rankFormat,
  metadata: by(({ details }) => -details),
  // Two seconds are as exact as the times of some memory cards.
  oldest: by(({ mtimeMs }) => (mtimeMs === null ? Number.MAX_SAFE_INTEGER : Math.floor(mtimeMs / 2000))),
  largest: rankBytes,
  path: rankPaths,
};

/** Pixels do not tell what was turned: the way most files of the group lie is taken for upright. As many each way decide nothing. */
function rankUpright(group: readonly Candidate[]): readonly number[] {
  const counts = new Map<Transform, number>();
  for (const member of group) counts.set(turnOf(member), (counts.get(turnOf(member)) ?? 0) + 1);
  return group.map((member) => -(counts.get(turnOf(member)) ?? 0));
}

/** How far from the whole picture: framed, it has all of it and more; under a mark a little is hidden; cut, there is only a part. */
function extentOf(member: Candidate): 0 | 1 | 2 | 3 {
  const shape = shapeOf(member);
  return shape === 'whole' ? 0 : shape === 'bordered' ? 1 : shape === 'cropped' ? 3 : 2;
}

/** Protection makes a file the first of those that show as much in as many pixels as any. A protected preview stays, but stands for nothing. */
function rankProtected(group: readonly Candidate[]): readonly number[] {
  const extent = group.reduce((least, member) => Math.min(least, extentOf(member)), 3);
  const most = group.reduce((found, member) => (extentOf(member) === extent ? Math.max(found, pixels(member)) : found), 0);
  return group.map((member) => Number(!member.isProtected || extentOf(member) !== extent || pixels(member) !== most));
}

/** Points of quality that no eye sees: compression noise alone can raise the measured sharpness by a few. */
const QUALITY_STEP = 5;

function rankQuality(group: readonly Candidate[]): readonly number[] {
  return rankTiers(group.map(({ score }) => score), (first, score) => first - score <= QUALITY_STEP);
}

/** Of the pixels: a frame of a line or two, or a row lost in a conversion, makes no larger picture. */
const RESOLUTION_STEP = 1.06;

function rankResolution(group: readonly Candidate[]): readonly number[] {
  return rankTiers(group.map(pixels), (first, count) => first <= RESOLUTION_STEP * count);
}

/** Saved anew at a high quality, or sharpened, a picture takes more bytes and shows no more: only far fewer say that it was compressed hard. */
const BYTES_STEP = 2;

/** Files of equal pixels are as large as the smallest of them: what a PNG needs more than the JPEG that it was made of says nothing. */
function rankBytes(group: readonly Candidate[]): readonly number[] {
  const least = new Map<string, number>();
  for (const { pixelSha256, bytes } of group) if (pixelSha256 !== null) least.set(pixelSha256, Math.min(least.get(pixelSha256) ?? bytes, bytes));
  return rankTiers(group.map(({ pixelSha256, bytes }) => least.get(pixelSha256 ?? '') ?? bytes), (first, bytes) => first <= BYTES_STEP * bytes);
}

/** From the greatest downwards, those that are no clearly less than the first of a tier are equal. */
function rankTiers(values: readonly number[], isSame: (first: number, value: number) => boolean): readonly number[] {
  const tiers = new Map<number, number>();
  let first = Infinity;
  let tier = -1;
  for (const value of values.toSorted((a, b) => b - a)) {
    if (!isSame(first, value)) {
      tier += 1;
      first = value;
    }
    tiers.set(value, tier);
  }
  return values.map((value) => tiers.get(value) ?? 0);
}

const FORMAT_CLASSES: readonly (readonly string[])[] = [RAW_FORMATS, ['tiff', 'psd'], ['png', 'bmp'], ['jpeg', 'heic', 'avif', 'jxl', 'jp2', 'webp'], ['gif'], ['ico']];

/** What has the same pixels as a JPEG has its losses too, which of them was first: its format makes it no better. */
function rankFormat(group: readonly Candidate[]): readonly number[] {
  const ofJpegs = new Set(group.flatMap(({ format, pixelSha256 }) => (format === 'jpeg' && pixelSha256 !== null ? [pixelSha256] : [])));
  return group.map(({ pixelSha256, format }) => (pixelSha256 !== null && ofJpegs.has(pixelSha256) ? formatClass('jpeg') : formatClass(format)));
}

function formatClass(format: string): number {
  const found = FORMAT_CLASSES.findIndex((formats) => formats.includes(format));
  return found === -1 ? FORMAT_CLASSES.length : found;
}

/** `ring (2).jpg`, `ring copy.jpg`, `Copy of ring.jpg`, `ring - Kopie.jpg`: what systems call a copy. */
const COPY_NAME = /(?:\(\d+\)|[ _-](?:copy|kopie|copie|copia)(?:[ _-]?\(?\d+\)?)?)\.[^.]*$|^(?:copy of|kopie von|copie de|copia de) /i;

/** No copy by its name, then the fewest folders, then the shortest, then the first in the order of characters. */
function rankPaths(group: readonly Candidate[]): readonly number[] {
  const parts = group.map(({ path, sourceId }) => {
    const folders = path.split(/[\\/]/);
    return { path, sourceId, isCopy: Number(COPY_NAME.test(folders.at(-1) ?? '')), depth: folders.length };
  });
  const sorted = [...parts].sort((a, b) => a.isCopy - b.isCopy || a.depth - b.depth || a.path.length - b.path.length || (a.path < b.path ? -1 : a.path > b.path ? 1 : a.sourceId - b.sourceId));
  const place = new Map(sorted.map((part, index) => [part.sourceId, index]));
  return parts.map((part) => place.get(part.sourceId) ?? 0);
}

function pixels({ width, height }: Candidate): number {
  return width * height;
}

/** The rules that are switched on, in their order; all of them when none is. */
export function activeRules(settings: readonly { readonly rule: KeeperRule; readonly enabled: boolean }[]): readonly KeeperRule[] {
  const active = settings.filter(({ enabled }) => enabled).map(({ rule }) => rule);
  return active.length === 0 ? KEEPER_RULES : active;
}
