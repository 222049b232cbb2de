import { BLOCK, PLAIN_SLOPE } from './verify-blocks.ts';
import { blockColors, chromaDifference, fitSaturation } from './verify-colors.ts';
import type { Size } from './verify-look.ts';
import { type BlockSlopes, describeMark, type Mark, NO_MARK } from './verify-mark.ts';
import { allowMixing } from './verify-mixing.ts';
import { measureMotion } from './verify-motion.ts';
import type { Overlap } from './verify-overlap.ts';
import { isWritten } from './verify-page.ts';
import { blocksOf, type Channels, mapChannels, type Planes, quantile } from './planes.ts';
import { applyTone, errorOf, fitTone, isNearlyNone, isNone, type Tone, toneTable } from './verify-tone.ts';

/** What differs between two aligned pictures once tone and sharpness are made alike. */
export interface Change {
  /** What makes the one's tone the other's. */
  readonly tone: Tone;
  /** Is it so much of a change that something may be cut off at black or white. */
  readonly isClipped: boolean;
  /** Structural similarity of the luminance, 0–1, mean over the picture. */
  readonly ssim: number;
  /** Residual of the luminance relative to what edges and noise allow: of half, four fifths and 95 % of the blocks with structure at most so much. */
  readonly half: number;
  readonly most: number;
  readonly nearlyAll: number;
  /** Share of the blocks that stand out from the others by their residual. */
  readonly changed: number;
  /** What the changed blocks hold: see Mark. */
  readonly mark: Mark;
  /** How far the colours (Cb, Cr) differ outside the changed blocks, in levels: of 99.5 % of places at most so much. */
  readonly chroma: number;
  /** The same of half of the places. */
  readonly chromaHalf: number;
  /** Factor of the second's saturation. */
  readonly saturation: number;
  /** How far things have moved, in cells of the grid: of nine tenths of the places that can be followed at most so much. */
  readonly motion: number;
  /** Share of blocks without structure in either. */
  readonly plain: number;
  /** Is either a page, a screen or a drawing, fine strokes on an even ground; asked only where something has changed. */
  readonly isWritten: boolean;
}

/** @returns null where so little is alike that the rest need not be looked at */
export function measureChange({ width, height, first, second, isResampled }: Overlap, planes: Planes): Change | null {
  const { before, from, to, tone } = matchTone(first, second, planes);
  const sharpened = matchSharpness(planes.luma(from), planes.luma(to), width, height, planes);
  const measured = measureBlocks({ before, from, to, width, height, tone, ...sharpened }, isResampled ? STANDS_OUT_RESAMPLED : STANDS_OUT, planes);
  if (measured === null) return null;
  // What was given the other's tone may be the second: the mark is told of the pictures as they came.
  const mark = before === second ? { ...measured.mark, on: measured.mark.on === 1 ? 0 : 1 } as const : measured.mark;
  return { ...measured, mark, isWritten: measured.changed > 0 && measured.changed < MOST_MARKED && (isWritten(first, width, height, planes) || isWritten(second, width, height, planes)) };
}

/** Gives the one the other's tone: clipping loses something, so the direction that leaves less is taken. */
function matchTone(first: Channels, second: Channels, planes: Planes): Tones {
  const there = fitTone(first, second, planes);
  const back = isNearlyNone(there) ? there : fitTone(second, first, planes);
  const left = (tone: Tone, from: Channels, to: Channels): number => errorOf(tone, from, to, planes) / spreadOf(planes.luma(to), planes);
  const isThere = back === there || left(there, first, second) <= left(back, second, first);
  const [tone, before] = isThere ? [there, first] : [back, second];
  const table = toneTable(tone, planes);
  const toned = isNone(tone) ? before : mapChannels(before, (plane) => applyTone(table, plane, planes));
  return isThere ? { before: first, from: toned, to: second, tone: there } : { before: second, from: toned, to: first, tone: back };
}

/** Of two pictures the one as it is, `before`, and as it would look `from` the tone that makes it the other, `to`. */
interface Tones { readonly before: Channels; readonly from: Channels; readonly to: Channels; readonly tone: Tone }

const MOST_BLURS = 10;
/** In levels. */
const FAR_OFF = 40;
/** Square of the steepest slope that counts. */
const CLEAR_EDGE = 1600;

/** The luminance of two pictures, as sharp as each other, and how often each was blurred for that. */
interface Sharpened { readonly lumaFrom: Float32Array; readonly lumaTo: Float32Array; readonly blurs: readonly [number, number] }

/** Blurs the sharper of the two until both have as much fine structure: what was made smaller, blurred or sharpened. */
function matchSharpness(lumaFrom: Float32Array, lumaTo: Float32Array, width: number, height: number, planes: Planes): Sharpened {
  const soft: [Float32Array, Float32Array] = [planes.binomial(lumaFrom, width, height), planes.binomial(lumaTo, width, height)];
  // A mark has edges of its own, which say nothing of the picture's.
  const isAlike = planes.take(lumaFrom.length);
  planes.passes.alikeCells(soft[0].byteOffset, soft[1].byteOffset, isAlike.byteOffset, isAlike.length, FAR_OFF);
  /** Root of the mean squared slope; a strong edge counts as much as a clear one. */
  const sharpness = (plane: Float32Array): number => Math.sqrt(planes.passes.slopeEnergy(plane.byteOffset, isAlike.byteOffset, width, height, CLEAR_EDGE) / plane.length);
  const energy: [number, number] = [sharpness(soft[0]), sharpness(soft[1])];
  const blurs: [number, number] = [1, 1];
  while (blurs[0] + blurs[1] < MOST_BLURS) {
    const sharper = energy[0] > energy[1] ? 0 : 1;
    const [high, low] = [energy[sharper], energy[1 - sharper] ?? 0];
    if (high < 1.06 * low + 0.1) break;
    const softer = planes.binomial(soft[sharper], width, height);
    const left = sharpness(softer);
    if (Math.abs(left - low) > high - low) break;
    soft[sharper] = softer;
    energy[sharper] = left;
    blurs[sharper]++;
  }
  return { lumaFrom: soft[0], lumaTo: soft[1], blurs };
}

/** What is always allowed, in levels, and for each level of slope. */
const ALLOWED = 2;
const ALLOWED_BY_SLOPE = 0.2;
/** More where the new tone is cut off at black or white: there it matters whether that was done before or after averaging. */
const ALLOWED_IF_CLIPPED = 5;
const ALLOWED_BY_SLOPE_IF_CLIPPED = 0.3;
const STANDS_OUT = 1.4;
const STANDS_OUT_RESAMPLED = 2.2;
const MIN_RESIDUAL = 6;
const MIN_STRUCTURED = 0.05;
/** Far beyond what is called loosely alike. */
const HOPELESS_SSIM = 0.75;
const HOPELESS_MOST = 6;
/** More than any mark or shade may take of the area. */
const MOST_MARKED = 0.16;

interface Toned extends Sharpened, Size, Tones {}

function measureBlocks({ before, from, to, lumaFrom, lumaTo, blurs, width, height, tone }: Toned, standsOut: number, planes: Planes): Omit<Change, 'isWritten'> | null {
  const [columns, rows] = blocksOf(width, height);
  const count = columns * rows;
  const clipped = isNearlyNone(tone) ? null : clippedCells(from, planes);
  const { ssim, ...blocks } = compareBlocks(lumaFrom, lumaTo, clipped, width, height, planes);
  if (clipped !== null) allowMixing(blocks.allowed, planes.luma(before), toneTable(tone, planes), width, height, planes);
  const [relative, structured] = [planes.take(count), planes.take(count)];
  let structuredCount = 0;
  for (let at = 0; at < count; at++) {
    relative[at] = (blocks.residual[at] ?? 0) / (blocks.allowed[at] ?? 1);
    if (Math.max(blocks.slopeA[at] ?? 0, blocks.slopeB[at] ?? 0) >= PLAIN_SLOPE) structured[structuredCount++] = relative[at] ?? 0;
  }
  // Plain parts fit in any case, and would hide how well the rest does.
  const sorted = structuredCount >= MIN_STRUCTURED * count ? structured.subarray(0, structuredCount).sort() : relative.toSorted();
  const most = quantile(sorted, 0.8);
  if (ssim < HOPELESS_SSIM || most > HOPELESS_MOST) return null;
  const limit = Math.max(standsOut, 4 * most);
  const isChanged = new Uint8Array(count);
  let changedCount = 0;
  for (let at = 0; at < count; at++) if ((relative[at] ?? 0) > limit && (blocks.residual[at] ?? 0) > MIN_RESIDUAL) { isChanged[at] = 1; changedCount++; }
  const changed = changedCount / count;
  const near = changed === 0 ? isChanged : grow(grow(isChanged, columns, rows), columns, rows);
  const [colorsFrom, colorsTo] = [blockColors(from, width, height, planes), blockColors(to, width, height, planes)];
  const saturation = fitSaturation(colorsFrom, colorsTo, near);
  const soften = (channels: Channels, times: number): Channels => mapChannels(channels, (plane) => planes.binomial(plane, width, height, times));
  return {
    tone, isClipped: clipped !== null, saturation, ssim: Math.max(0, ssim),
    half: quantile(sorted, 0.5), most, nearlyAll: quantile(sorted, 0.95),
    changed,
    mark: changed === 0 || changed > MOST_MARKED ? NO_MARK : describeMark(isChanged, blocks, soften(from, blurs[0]), soften(to, blurs[1]), width, columns, rows),
    ...chromaDifference(colorsFrom, colorsTo, saturation, near, columns, rows, planes),
    motion: measureMotion(lumaFrom, lumaTo, width, height, countedCells(changed === 0 ? null : near, clipped, width, height, planes), planes),
    plain: 1 - structuredCount / count,
  };
}

/** Of each block: the difference of the luminance, its mean, how steep both are, and how much of a difference edges and clipping allow. */
interface Blocks extends BlockSlopes {
  readonly residual: Float32Array;
  readonly allowed: Float32Array;
}

function compareBlocks(lumaA: Float32Array, lumaB: Float32Array, clipped: Float32Array | null, width: number, height: number, planes: Planes): Blocks & { readonly ssim: number } {
  const [columns, rows] = blocksOf(width, height);
  const count = columns * rows;
  const [residual, signed, slopeA, slopeB, cut] = [planes.take(count), planes.take(count), planes.take(count), planes.take(count), planes.take(count)];
  const ssim = planes.passes.compareBlocks(
    lumaA.byteOffset, lumaB.byteOffset, clipped?.byteOffset ?? 0, width, height,
    residual.byteOffset, signed.byteOffset, slopeA.byteOffset, slopeB.byteOffset, cut.byteOffset,
  );
  const allowed = planes.take(count);
  for (let at = 0; at < count; at++) {
    const share = cut[at] ?? 0;
    allowed[at] = ALLOWED + ALLOWED_IF_CLIPPED * share + (ALLOWED_BY_SLOPE + ALLOWED_BY_SLOPE_IF_CLIPPED * share) * Math.max(slopeA[at] ?? 0, slopeB[at] ?? 0);
  }
  return { residual, signed, slopeA, slopeB, allowed, ssim: ssim / count };
}

/** Which cells may be cut off at black or white in one of their channels. */
function clippedCells([red, green, blue]: Channels, planes: Planes): Float32Array {
  const clipped = planes.take(red.length);
  planes.passes.clippedCells(red.byteOffset, green.byteOffset, blue.byteOffset, clipped.byteOffset, clipped.length, NEARLY_BLACK, NEARLY_WHITE);
  return clipped;
}

const NEARLY_BLACK = 8;
const NEARLY_WHITE = 247;

/** 1 where something can be followed: where nothing is marked nor clipped; null where that is everywhere. */
function countedCells(marked: Uint8Array | null, clipped: Float32Array | null, width: number, height: number, planes: Planes): Float32Array | null {
  if (marked === null && clipped === null) return null;
  const counted = planes.take(width * height);
  for (let at = 0; at < counted.length; at++) counted[at] = 1 - (clipped?.[at] ?? 0);
  if (marked === null) return counted;
  const [columns, rows] = blocksOf(width, height);
  for (let y = 0, at = 0; y < height; y++) {
    const row = Math.min(rows - 1, Math.floor(y / BLOCK)) * columns;
    for (let x = 0; x < width; x++, at++) if (marked[row + Math.min(columns - 1, Math.floor(x / BLOCK))] === 1) counted[at] = 0;
  }
  return counted;
}

/** Blocks that are marked or touch one that is. */
function grow(marked: Uint8Array, columns: number, rows: number): Uint8Array {
  const grown = new Uint8Array(marked);
  for (let y = 0; y < rows; y++) {
    for (let x = 0; x < columns; x++) {
      if (marked[y * columns + x] !== 1) continue;
      for (let row = Math.max(0, y - 1); row <= Math.min(rows - 1, y + 1); row++) {
        for (let column = Math.max(0, x - 1); column <= Math.min(columns - 1, x + 1); column++) grown[row * columns + column] = 1;
      }
    }
  }
  return grown;
}

function spreadOf(plane: Float32Array, planes: Planes): number {
  const found = planes.takeDoubles(2);
  planes.passes.moments(plane.byteOffset, plane.length, found.byteOffset);
  const [sum = 0, squares = 0] = found;
  return Math.sqrt(Math.max(0, squares / plane.length - (sum / plane.length) ** 2)) + 1;
}
