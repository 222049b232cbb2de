import { measureMotion } from './verify-motion.ts';
import type { Overlap } from './verify-overlap.ts';
import { isWritten } from './verify-page.ts';
import { binomial, type Channels, lumaOf, mapChannels, quantile, slopeSquare } from './verify-planes.ts';
import { applyTone, errorOf, fitTone, type Tone, toneTable } from './verify-tone.ts';

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

/** How like a mark laid over the picture the changed blocks are. */
export interface Mark {
  /** Structure in the one ÷ structure in the other, at least 1: a mark brings structure, a replaced thing had its own. */
  readonly asymmetry: number;
  /** Share of the changed blocks whose change has one and the same sign. */
  readonly oneSign: number;
  /** Share of the change that one colour blended over the picture explains, of the better direction and the worse. */
  readonly oneColor: number;
  readonly oneColorBack: number;
  /** Share of the changed blocks that lie on structure that both have. */
  readonly onStructure: number;
  /** How far they reach in from the side that they are nearest to, in shares of the picture. */
  readonly reach: number;
}

export function measureChange({ width, height, first, second, isResampled }: Overlap): Change {
  const { from, to, tone } = matchTone(first, second);
  const [sharpFrom, sharpTo] = matchSharpness(from, to, width, height);
  const measured = measureBlocks(sharpFrom, sharpTo, width, height, tone, isResampled ? STANDS_OUT_RESAMPLED : STANDS_OUT);
  return { ...measured, isWritten: measured.changed > 0 && (isWritten(first, width, height) || isWritten(second, width, height)) };
}

/** Gives the one the other's tone: clipping loses something, so the direction that leaves less is taken. */
function matchTone(first: Channels, second: Channels): { from: Channels; to: Channels; tone: Tone } {
  const [lumaA, lumaB] = [lumaOf(first), lumaOf(second)];
  const there = fitTone(first, second);
  const back = isNearlyNone(there.tone) ? there : fitTone(second, first);
  const isThere = back === there || errorOf(there.tone, first, second) / spreadOf(lumaB) <= errorOf(back.tone, second, first) / spreadOf(lumaA);
  const table = toneTable((isThere ? there : back).tone);
  const toned = mapChannels(isThere ? first : second, (plane) => applyTone(table, plane));
  return isThere ? { from: toned, to: second, tone: there.tone } : { from: toned, to: first, tone: back.tone };
}

const MOST_BLURS = 10;
/** In levels. */
const FAR_OFF = 40;

/** Where the tone is the same, nothing is clipped, and either direction will do. */
function isNearlyNone({ gain, gamma, offset }: Tone): boolean {
  return Math.abs(gain - 1) < 0.04 && Math.abs(offset) < 6 && Math.abs(gamma - 1) < 0.04;
}

/** Blurs the sharper of the two until both have as much fine structure: what was made smaller, blurred or sharpened. */
function matchSharpness(from: Channels, to: Channels, width: number, height: number): readonly [Channels, Channels] {
  const planes: [Float32Array, Float32Array] = [binomial(lumaOf(from), width, height), binomial(lumaOf(to), width, height)];
  // A mark has edges of its own, which say nothing of the picture's.
  const isAlike = new Uint8Array(planes[0].length);
  for (let at = 0; at < isAlike.length; at++) isAlike[at] = Math.abs((planes[0][at] ?? 0) - (planes[1][at] ?? 0)) < FAR_OFF ? 1 : 0;
  const energy: [number, number] = [sharpness(planes[0], isAlike, width, height), sharpness(planes[1], isAlike, width, height)];
  const blurs: [number, number] = [1, 1];
  while (blurs[0] + blurs[1] < MOST_BLURS) {
    const sharper = energy[0] > energy[1] ? 0 : 1;
    const [high, low] = [energy[sharper], energy[1 - sharper] ?? 0];
    if (high < 1.06 * low + 0.1) break;
    const softer = binomial(planes[sharper], width, height);
    const left = sharpness(softer, isAlike, width, height);
    if (Math.abs(left - low) > high - low) break;
    planes[sharper] = softer;
    energy[sharper] = left;
    blurs[sharper]++;
  }
  const soften = (channels: Channels, times: number): Channels => mapChannels(channels, (plane) => {
    let soft = plane;
    for (let time = 0; time < times; time++) soft = binomial(soft, width, height);
    return soft;
  });
  return [soften(from, blurs[0]), soften(to, blurs[1])];
}

/** Side of a block, in cells. */
const BLOCK = 4;
/** What is always allowed, in levels, and for each level of slope. */
const ALLOWED = 2;
const ALLOWED_BY_SLOPE = 0.2;
/** More where the new tone is cut off at black or white: there it matters whether that was done before or after averaging. */
const ALLOWED_IF_CLIPPED = 5;
const STANDS_OUT = 1.4;
const STANDS_OUT_RESAMPLED = 2.2;
const MIN_RESIDUAL = 6;
const PLAIN_SLOPE = 1.2;
const MIN_STRUCTURED = 0.05;

function measureBlocks(from: Channels, to: Channels, width: number, height: number, tone: Tone, standsOut: number): Omit<Change, 'isWritten'> {
  const [lumaA, lumaB] = [lumaOf(from), lumaOf(to)];
  const [columns, rows] = [Math.max(1, Math.floor(width / BLOCK)), Math.max(1, Math.floor(height / BLOCK))];
  const count = columns * rows;
  const blocks = { residual: new Float32Array(count), signed: new Float32Array(count), slopeA: new Float32Array(count), slopeB: new Float32Array(count), allowed: new Float32Array(count), blue: new Float32Array(count), red: new Float32Array(count) };
  const saturation = fitSaturation(from, to, lumaA, lumaB);
  const clips = !isNearlyNone(tone);
  let ssim = 0;
  for (let block = 0; block < count; block++) {
    const start = Math.floor(block / columns) * BLOCK * width + (block % columns) * BLOCK;
    let n = 0, sum = 0, squares = 0, slopeA = 0, slopeB = 0, blue = 0, red = 0, sumA = 0, sumB = 0, squareA = 0, squareB = 0, product = 0, clipped = 0;
    for (let row = 0; row < Math.min(BLOCK, height); row++) {
      for (let at = start + row * width, end = at + Math.min(BLOCK, width); at < end; at++) {
        const a = lumaA[at] ?? 0;
        const b = lumaB[at] ?? 0;
        const difference = b - a;
        n++; sum += difference; squares += difference * difference;
        sumA += a; sumB += b; squareA += a * a; squareB += b * b; product += a * b;
        if (clips && isClipped(from, at)) clipped++;
        const isAtSide = at % width === 0 || (at + 1) % width === 0;
        slopeA += slopeSquare(lumaA, at, width, isAtSide);
        slopeB += slopeSquare(lumaB, at, width, isAtSide);
        blue += 0.564 * ((to[2][at] ?? 0) - b - saturation * ((from[2][at] ?? 0) - a));
        red += 0.713 * ((to[0][at] ?? 0) - b - saturation * ((from[0][at] ?? 0) - a));
      }
    }
    blocks.residual[block] = Math.sqrt(squares / n);
    blocks.signed[block] = sum / n;
    blocks.slopeA[block] = Math.sqrt(slopeA / n);
    blocks.slopeB[block] = Math.sqrt(slopeB / n);
    blocks.allowed[block] = ALLOWED + (ALLOWED_IF_CLIPPED * clipped) / n + ALLOWED_BY_SLOPE * Math.max(blocks.slopeA[block] ?? 0, blocks.slopeB[block] ?? 0);
    blocks.blue[block] = blue / n;
    blocks.red[block] = red / n;
    const [meanA, meanB] = [sumA / n, sumB / n];
    const [varA, varB, both] = [squareA / n - meanA * meanA, squareB / n - meanB * meanB, product / n - meanA * meanB];
    // Constants as in Wang et al. 2004, the second raised to what JPEG leaves in plain areas.
    ssim += ((2 * meanA * meanB + 6.5) * (2 * both + 58.5)) / ((meanA * meanA + meanB * meanB + 6.5) * (varA + varB + 58.5));
  }
  const relative = blocks.residual.map((residual, at) => residual / (blocks.allowed[at] ?? 1));
  // Plain parts fit in any case, and would hide how well the rest does.
  const structured = relative.filter((_, at) => Math.max(blocks.slopeA[at] ?? 0, blocks.slopeB[at] ?? 0) >= PLAIN_SLOPE);
  const sorted = (structured.length >= MIN_STRUCTURED * count ? structured : relative).toSorted();
  const most = quantile(sorted, 0.8);
  const limit = Math.max(standsOut, 4 * most);
  const isChanged = Uint8Array.from(relative, (value, at) => (value > limit && (blocks.residual[at] ?? 0) > MIN_RESIDUAL ? 1 : 0));
  const near = grow(grow(isChanged, columns, rows), columns, rows);
  return {
    tone, isClipped: clips, saturation, ssim: Math.max(0, ssim / count),
    half: quantile(sorted, 0.5), most, nearlyAll: quantile(sorted, 0.95),
    changed: isChanged.reduce((sum, value) => sum + value, 0) / count,
    mark: describeMark(isChanged, blocks, from, to, width, columns, rows),
    ...chromaDifference(blocks.blue, blocks.red, near, columns, rows),
    motion: measureMotion(lumaA, lumaB, width, height, (x, y) => near[Math.floor(y / BLOCK) * columns + Math.min(columns - 1, Math.floor(x / BLOCK))] === 1 || clips && isClipped(from, y * width + x)),
    plain: blocks.slopeA.reduce((sum, slope, at) => sum + (Math.max(slope, blocks.slopeB[at] ?? 0) < PLAIN_SLOPE ? 1 : 0), 0) / count,
  };
}

function isClipped([red, green, blue]: Channels, at: number): boolean {
  return Math.max(red[at] ?? 0, green[at] ?? 0, blue[at] ?? 0) > 247 || Math.min(red[at] ?? 0, green[at] ?? 0, blue[at] ?? 0) < 8;
}

function describeMark(isChanged: Uint8Array, blocks: { signed: Float32Array; slopeA: Float32Array; slopeB: Float32Array }, from: Channels, to: Channels, width: number, columns: number, rows: number): Mark {
  let [energyA, energyB, brighter, darker, onStructure, total] = [0, 0, 0, 0, 0, 0];
  const places: number[] = [];
  const sides = { left: 0, top: 0, right: 0, bottom: 0 };
  for (const [block, changed] of isChanged.entries()) {
    if (changed === 0) continue;
    const [slopeA, slopeB, signed] = [blocks.slopeA[block] ?? 0, blocks.slopeB[block] ?? 0, blocks.signed[block] ?? 0];
    energyA += slopeA * slopeA;
    energyB += slopeB * slopeB;
    if (signed > 0) brighter += signed;
    else darker -= signed;
    total++;
    if (Math.min(slopeA, slopeB) > 2 * PLAIN_SLOPE) onStructure++;
    const [x, y] = [block % columns, Math.floor(block / columns)];
    sides.left = Math.max(sides.left, (x + 1) / columns);
    sides.right = Math.max(sides.right, 1 - x / columns);
    sides.top = Math.max(sides.top, (y + 1) / rows);
    sides.bottom = Math.max(sides.bottom, 1 - y / rows);
    const start = y * BLOCK * width + x * BLOCK;
    for (let row = 0; row < BLOCK; row++) for (let column = 0; column < BLOCK; column++) places.push(start + row * width + column);
  }
  if (total === 0) return { asymmetry: 1, oneSign: 1, oneColor: 1, oneColorBack: 1, onStructure: 0, reach: 0 };
  const [there, back] = [explainByOneColor(from, to, places), explainByOneColor(to, from, places)];
  return {
    asymmetry: (Math.max(energyA, energyB) + total) / (Math.min(energyA, energyB) + total), oneSign: Math.max(brighter, darker) / Math.max(1e-6, brighter + darker),
    oneColor: Math.max(there, back), oneColorBack: Math.min(there, back), onStructure: onStructure / total, reach: Math.min(sides.left, sides.top, sides.right, sides.bottom),
  };
}

/** How much of the change is `share · (color − before)` with a share from 0 to 1 at each place and one colour for all. */
function explainByOneColor(before: Channels, after: Channels, places: readonly number[]): number {
  const strengths = places.map((at) => Math.hypot(...([0, 1, 2] as const).map((channel) => (after[channel][at] ?? 0) - (before[channel][at] ?? 0))));
  const strong = quantile(Float32Array.from(strengths).sort(), 0.8);
  const color = ([0, 1, 2] as const).map((channel) => {
    const values = places.filter((_, index) => (strengths[index] ?? 0) >= strong).map((at) => after[channel][at] ?? 0);
    return quantile(Float32Array.from(values).sort(), 0.5);
  });
  let [left, total] = [0, 0];
  for (const at of places) {
    const change = ([0, 1, 2] as const).map((channel) => (after[channel][at] ?? 0) - (before[channel][at] ?? 0));
    const way = color.map((value, channel) => value - (before[channel as 0 | 1 | 2][at] ?? 0));
    const length = way.reduce((sum, value) => sum + value * value, 0);
    const share = length > 0 ? Math.max(0, Math.min(1, way.reduce((sum, value, channel) => sum + value * (change[channel] ?? 0), 0) / length)) : 0;
    for (const [channel, value] of change.entries()) {
      left += (value - share * (way[channel] ?? 0)) ** 2;
      total += value * value;
    }
  }
  return total > 0 ? 1 - left / total : 1;
}

/** Means of three by three blocks, so that the coarse colour of JPEG does not count. */
function chromaDifference(blue: Float32Array, red: Float32Array, without: Uint8Array, columns: number, rows: number): { chroma: number; chromaHalf: number } {
  const values: number[] = [];
  for (let y = 0; y < rows; y++) {
    for (let x = 0; x < columns; x++) {
      let [n, sumBlue, sumRed] = [0, 0, 0];
      for (let row = Math.max(0, y - 1); row <= Math.min(rows - 1, y + 1); row++) {
        for (let column = Math.max(0, x - 1); column <= Math.min(columns - 1, x + 1); column++) {
          const at = row * columns + column;
          if (without[at] === 1) continue;
          n++; sumBlue += blue[at] ?? 0; sumRed += red[at] ?? 0;
        }
      }
      if (n > 0 && without[y * columns + x] !== 1) values.push(Math.hypot(sumBlue, sumRed) / n);
    }
  }
  const sorted = Float32Array.from(values).sort();
  return { chroma: quantile(sorted, 0.995), chromaHalf: quantile(sorted, 0.5) };
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

/** Squared colour, in levels, below which a picture is as good as grey. */
const CALM = 60;

/** How much more colourful the second is as a whole, where there is colour. */
function fitSaturation(from: Channels, to: Channels, lumaA: Float32Array, lumaB: Float32Array): number {
  let products = 0;
  let squares = 0;
  for (let at = 0; at < lumaA.length; at++) {
    const a = lumaA[at] ?? 0;
    const b = lumaB[at] ?? 0;
    const redA = (from[0][at] ?? 0) - a;
    const blueA = (from[2][at] ?? 0) - a;
    products += redA * ((to[0][at] ?? 0) - b) + blueA * ((to[2][at] ?? 0) - b);
    squares += redA * redA + blueA * blueA;
  }
  const calm = CALM * lumaA.length;
  return Math.max(0.5, Math.min(2, (products + calm) / (squares + calm)));
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
