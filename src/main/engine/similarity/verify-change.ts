import { BLOCK, PLAIN_SLOPE } from './verify-blocks.ts';
import { blockColors, chromaDifference, fitSaturation } from './verify-colors.ts';
import type { Size } from './verify-look.ts';
import { type BlockSlopes, describeMark, type Mark, NO_MARK } from './verify-mark.ts';
import { allowMixing, mixing } from './verify-mixing.ts';
import { measureMotion } from './verify-motion.ts';
import type { Overlap } from './verify-overlap.ts';
import { isWritten } from './verify-page.ts';
import { binomial, type Channels, lumaOf, mapChannels, quantile, slopeSquare, type TakePlane } from './verify-planes.ts';
import { applyTone, errorOf, fitTone, isNearlyNone, type Tone, toneTable } from './verify-tone.ts';

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
export function measureChange({ width, height, first, second, isResampled }: Overlap, take: TakePlane): Change | null {
  const { before, from, to, tone } = matchTone(first, second, take);
  const sharpened = matchSharpness(lumaOf(from, take), lumaOf(to, take), width, height, take);
  const measured = measureBlocks({ before, from, to, width, height, tone, ...sharpened }, isResampled ? STANDS_OUT_RESAMPLED : STANDS_OUT, take);
  return measured && { ...measured, isWritten: measured.changed > 0 && measured.changed < MOST_MARKED && (isWritten(first, width, height, take) || isWritten(second, width, height, take)) };
}

/** Gives the one the other's tone: clipping loses something, so the direction that leaves less is taken. */
function matchTone(first: Channels, second: Channels, take: TakePlane): Tones {
  const there = fitTone(first, second);
  const back = isNearlyNone(there) ? there : fitTone(second, first);
  const isThere = back === there || errorOf(there, first, second) / spreadOf(lumaOf(second, take)) <= errorOf(back, second, first) / spreadOf(lumaOf(first, take));
  const table = toneTable(isThere ? there : back);
  const toned = mapChannels(isThere ? first : second, (plane) => applyTone(table, plane, take));
  return isThere ? { before: first, from: toned, to: second, tone: there } : { before: second, from: toned, to: first, tone: back };
}

/** Of two pictures the one as it is, `before`, and as it would look `from` the tone that makes it the other, `to`. */
interface Tones { readonly before: Channels; readonly from: Channels; readonly to: Channels; readonly tone: Tone }

const MOST_BLURS = 10;
/** In levels. */
const FAR_OFF = 40;

/** The luminance of two pictures, as sharp as each other, and how often each was blurred for that. */
interface Sharpened { readonly lumaFrom: Float32Array; readonly lumaTo: Float32Array; readonly blurs: readonly [number, number] }

/** Blurs the sharper of the two until both have as much fine structure: what was made smaller, blurred or sharpened. */
function matchSharpness(lumaFrom: Float32Array, lumaTo: Float32Array, width: number, height: number, take: TakePlane): Sharpened {
  const planes: [Float32Array, Float32Array] = [binomial(lumaFrom, width, height, take), binomial(lumaTo, width, height, take)];
  // A mark has edges of its own, which say nothing of the picture's.
  const isAlike = new Uint8Array(planes[0].length);
  for (let at = 0; at < isAlike.length; at++) isAlike[at] = Math.abs((planes[0][at] ?? 0) - (planes[1][at] ?? 0)) < FAR_OFF ? 1 : 0;
  const energy: [number, number] = [sharpness(planes[0], isAlike, width, height), sharpness(planes[1], isAlike, width, height)];
  const blurs: [number, number] = [1, 1];
  while (blurs[0] + blurs[1] < MOST_BLURS) {
    const sharper = energy[0] > energy[1] ? 0 : 1;
    const [high, low] = [energy[sharper], energy[1 - sharper] ?? 0];
    if (high < 1.06 * low + 0.1) break;
    const softer = binomial(planes[sharper], width, height, take);
    const left = sharpness(softer, isAlike, width, height);
    if (Math.abs(left - low) > high - low) break;
    planes[sharper] = softer;
    energy[sharper] = left;
    blurs[sharper]++;
  }
  return { lumaFrom: planes[0], lumaTo: planes[1], blurs };
}

function soften(channels: Channels, times: number, width: number, height: number, take: TakePlane): Channels {
  return mapChannels(channels, (plane) => {
    let soft = plane;
    for (let time = 0; time < times; time++) soft = binomial(soft, width, height, take);
    return soft;
  });
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

function measureBlocks({ before, from, to, lumaFrom, lumaTo, blurs, width, height, tone }: Toned, standsOut: number, take: TakePlane): Omit<Change, 'isWritten'> | null {
  const [columns, rows] = [Math.max(1, Math.floor(width / BLOCK)), Math.max(1, Math.floor(height / BLOCK))];
  const count = columns * rows;
  const clipped = isNearlyNone(tone) ? null : clippedCells(from);
  const { ssim, ...blocks } = compareBlocks(lumaFrom, lumaTo, clipped, width, height);
  if (clipped !== null) allowMixing(blocks.allowed, mixing(lumaOf(before, take), toneTable(tone), width, height, take), width, columns);
  const relative = blocks.residual.map((residual, at) => residual / (blocks.allowed[at] ?? 1));
  // Plain parts fit in any case, and would hide how well the rest does.
  const structured = relative.filter((_, at) => Math.max(blocks.slopeA[at] ?? 0, blocks.slopeB[at] ?? 0) >= PLAIN_SLOPE);
  const sorted = (structured.length >= MIN_STRUCTURED * count ? structured : relative).toSorted();
  const most = quantile(sorted, 0.8);
  if (ssim < HOPELESS_SSIM || most > HOPELESS_MOST) return null;
  const limit = Math.max(standsOut, 4 * most);
  const isChanged = Uint8Array.from(relative, (value, at) => (value > limit && (blocks.residual[at] ?? 0) > MIN_RESIDUAL ? 1 : 0));
  const changed = isChanged.reduce((sum, value) => sum + value, 0) / count;
  const near = changed === 0 ? isChanged : grow(grow(isChanged, columns, rows), columns, rows);
  const [colorsFrom, colorsTo] = [blockColors(from, width, height), blockColors(to, width, height)];
  const saturation = fitSaturation(colorsFrom, colorsTo, near);
  return {
    tone, isClipped: clipped !== null, saturation, ssim: Math.max(0, ssim),
    half: quantile(sorted, 0.5), most, nearlyAll: quantile(sorted, 0.95),
    changed,
    mark: changed === 0 || changed > MOST_MARKED ? NO_MARK : describeMark(isChanged, blocks, soften(from, blurs[0], width, height, take), soften(to, blurs[1], width, height, take), width, columns, rows),
    ...chromaDifference(colorsFrom, colorsTo, saturation, near, columns, rows),
    motion: measureMotion(lumaFrom, lumaTo, width, height, leftOut(changed === 0 ? null : near, clipped, width, height, columns)),
    plain: blocks.slopeA.reduce((sum, slope, at) => sum + (Math.max(slope, blocks.slopeB[at] ?? 0) < PLAIN_SLOPE ? 1 : 0), 0) / count,
  };
}

/** Of each block: the difference of the luminance, its mean, how steep both are, and how much of a difference edges and clipping allow. */
interface Blocks extends BlockSlopes {
  readonly residual: Float32Array;
  readonly allowed: Float32Array;
}

function compareBlocks(lumaA: Float32Array, lumaB: Float32Array, clipped: Uint8Array | null, width: number, height: number): Blocks & { readonly ssim: number } {
  const [columns, rows] = [Math.max(1, Math.floor(width / BLOCK)), Math.max(1, Math.floor(height / BLOCK))];
  const count = columns * rows;
  const blocks = { residual: new Float32Array(count), signed: new Float32Array(count), slopeA: new Float32Array(count), slopeB: new Float32Array(count), allowed: new Float32Array(count) };
  const [across, down] = [Math.min(BLOCK, width), Math.min(BLOCK, height)];
  const n = across * down;
  let ssim = 0;
  for (let block = 0; block < count; block++) {
    const [left, top] = [(block % columns) * BLOCK, Math.floor(block / columns) * BLOCK];
    let sum = 0, squares = 0, slopeA = 0, slopeB = 0, sumA = 0, sumB = 0, squareA = 0, squareB = 0, product = 0, cut = 0;
    for (let y = top; y < top + down; y++) {
      const [above, below] = [y > 0 ? width : 0, y < height - 1 ? width : 0];
      for (let x = left; x < left + across; x++) {
        const at = y * width + x;
        const a = lumaA[at] ?? 0;
        const b = lumaB[at] ?? 0;
        const difference = b - a;
        sum += difference; squares += difference * difference;
        sumA += a; sumB += b; squareA += a * a; squareB += b * b; product += a * b;
        const beside = x > 0 && x < width - 1 ? 1 : 0;
        const acrossA = (lumaA[at + beside] ?? 0) - (lumaA[at - beside] ?? 0);
        const acrossB = (lumaB[at + beside] ?? 0) - (lumaB[at - beside] ?? 0);
        const downA = (lumaA[at + below] ?? 0) - (lumaA[at - above] ?? 0);
        const downB = (lumaB[at + below] ?? 0) - (lumaB[at - above] ?? 0);
        slopeA += acrossA * acrossA + downA * downA;
        slopeB += acrossB * acrossB + downB * downB;
        if (clipped !== null) cut += clipped[at] ?? 0;
      }
    }
    blocks.residual[block] = Math.sqrt(squares / n);
    blocks.signed[block] = sum / n;
    blocks.slopeA[block] = Math.sqrt(slopeA / n) / 2;
    blocks.slopeB[block] = Math.sqrt(slopeB / n) / 2;
    blocks.allowed[block] = ALLOWED + (ALLOWED_IF_CLIPPED * cut) / n + (ALLOWED_BY_SLOPE + (ALLOWED_BY_SLOPE_IF_CLIPPED * cut) / n) * Math.max(blocks.slopeA[block] ?? 0, blocks.slopeB[block] ?? 0);
    const [meanA, meanB] = [sumA / n, sumB / n];
    const [varA, varB, both] = [squareA / n - meanA * meanA, squareB / n - meanB * meanB, product / n - meanA * meanB];
    // Constants as in Wang et al. 2004, the second raised to what JPEG leaves in plain areas.
    ssim += ((2 * meanA * meanB + 6.5) * (2 * both + 58.5)) / ((meanA * meanA + meanB * meanB + 6.5) * (varA + varB + 58.5));
  }
  return { ...blocks, ssim: ssim / count };
}

/** Which cells may be cut off at black or white in one of their channels. */
function clippedCells([red, green, blue]: Channels): Uint8Array {
  const clipped = new Uint8Array(red.length);
  for (let at = 0; at < clipped.length; at++) {
    const [r, g, b] = [red[at] ?? 0, green[at] ?? 0, blue[at] ?? 0];
    clipped[at] = Math.max(r, g, b) > 247 || Math.min(r, g, b) < 8 ? 1 : 0;
  }
  return clipped;
}

/** Cells in which nothing is followed: those of the marked blocks and those that are clipped; null where there are none. */
function leftOut(marked: Uint8Array | null, clipped: Uint8Array | null, width: number, height: number, columns: number): Uint8Array | null {
  if (marked === null) return clipped;
  const cells = clipped ?? new Uint8Array(width * height);
  for (let y = 0, at = 0; y < height; y++) for (let x = 0; x < width; x++, at++) if (marked[Math.floor(y / BLOCK) * columns + Math.min(columns - 1, Math.floor(x / BLOCK))] === 1) cells[at] = 1;
  return cells;
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

/** Root of the mean squared slope; a strong edge counts as much as a clear one. */
function sharpness(plane: Float32Array, isCounted: Uint8Array, width: number, height: number): number {
  let sum = 0;
  for (let y = 1; y < height - 1; y++) {
    for (let at = y * width + 1, end = (y + 1) * width - 1; at < end; at++) if (isCounted[at] === 1) sum += Math.min(1600, slopeSquare(plane, at, width));
  }
  return Math.sqrt(sum / Math.max(1, plane.length));
}

function spreadOf(plane: Float32Array): number {
  let sum = 0;
  let squares = 0;
  for (let at = 0; at < plane.length; at++) { const value = plane[at] ?? 0; sum += value; squares += value * value; }
  return Math.sqrt(Math.max(0, squares / plane.length - (sum / plane.length) ** 2)) + 1;
}
