import { BLOCK, PLAIN_SLOPE } from './verify-blocks.ts';
import { CB, CR } from './verify-colors.ts';
import { type Channels, LUMA_BLUE, LUMA_GREEN, LUMA_RED, quantile } from './planes.ts';

/** How like a mark laid over the picture the changed blocks are. */
export interface Mark {
  /** Structure in the one ÷ structure in the other, at least 1: a mark brings structure, a replaced thing had its own. */
  readonly asymmetry: number;
  /** The one that has more of it: `1` stands for the second. */
  readonly on: 0 | 1;
  /** Share of the changed blocks whose change has one and the same sign. */
  readonly oneSign: number;
  /** How much brighter or darker the changed blocks are, and how far their colours differ (Cb, Cr), both in levels, on average. */
  readonly depth: number;
  readonly hue: number;
  /** Share of the change that one colour blended over the picture explains, of the better direction and the worse. */
  readonly oneColor: number;
  readonly oneColorBack: number;
  /** Share of the changed blocks where one of the two shows nothing but the ground: there something was laid beside the things. */
  readonly onGround: number;
  /** Share of the changed blocks that are plain where the mark lies: the inside of something solid, which letters hardly have. */
  readonly solid: number;
  /** Share of all blocks that are ground: of a thing on white, or on any one colour, most are. */
  readonly ground: number;
  /** Share of the changed blocks that lie on structure that both have. */
  readonly onStructure: number;
  /** How far they reach in from the side that they are nearest to, in shares of the picture. */
  readonly reach: number;
  /** The same from the corner that they are nearest to: the longer of the two ways. */
  readonly cornerReach: number;
}

/** Of each block: the mean difference of the luminance, and how steep it is in both. */
export interface BlockSlopes { readonly signed: Float32Array; readonly slopeA: Float32Array; readonly slopeB: Float32Array }

export const NO_MARK: Mark = { asymmetry: 1, on: 0, oneSign: 1, depth: 0, hue: 0, oneColor: 1, oneColorBack: 1, onGround: 1, solid: 0, ground: 0, onStructure: 0, reach: 0, cornerReach: 0 };

export function describeMark(isChanged: Uint8Array, { signed: differences, slopeA: slopesA, slopeB: slopesB }: BlockSlopes, from: Channels, to: Channels, width: number, columns: number, rows: number): Mark {
  const [groundA, groundB] = [groundOf(from, slopesA, width, columns), groundOf(to, slopesB, width, columns)];
  let [energyA, energyB, brighter, darker, onGround, onStructure, solidA, solidB, total] = [0, 0, 0, 0, 0, 0, 0, 0, 0];
  let hue = 0;
  const places: number[] = [];
  const sides = { left: 0, top: 0, right: 0, bottom: 0 };
  for (const [block, changed] of isChanged.entries()) {
    if (changed === 0) continue;
    const [slopeA, slopeB, signed] = [slopesA[block] ?? 0, slopesB[block] ?? 0, differences[block] ?? 0];
    energyA += slopeA * slopeA;
    energyB += slopeB * slopeB;
    if (signed > 0) brighter += signed;
    else darker -= signed;
    total++;
    hue += hueBetween(from, to, block, width, columns);
    if (groundA[block] === 1 || groundB[block] === 1) onGround++;
    if (Math.min(slopeA, slopeB) > 2 * PLAIN_SLOPE) onStructure++;
    if (slopeA < 2 * PLAIN_SLOPE) solidA++;
    if (slopeB < 2 * PLAIN_SLOPE) solidB++;
    const [x, y] = [block % columns, Math.floor(block / columns)];
    sides.left = Math.max(sides.left, (x + 1) / columns);
    sides.right = Math.max(sides.right, 1 - x / columns);
    sides.top = Math.max(sides.top, (y + 1) / rows);
    sides.bottom = Math.max(sides.bottom, 1 - y / rows);
    const start = y * BLOCK * width + x * BLOCK;
    for (let row = 0; row < BLOCK; row++) for (let column = 0; column < BLOCK; column++) places.push(start + row * width + column);
  }
  const [there, back] = [explainByOneColor(from, to, places), explainByOneColor(to, from, places)];
  return {
    asymmetry: (Math.max(energyA, energyB) + total) / (Math.min(energyA, energyB) + total), on: energyB > energyA ? 1 : 0, oneSign: Math.max(brighter, darker) / Math.max(1e-6, brighter + darker),
    depth: (brighter + darker) / total, hue: hue / total,
    oneColor: Math.max(there, back), oneColorBack: Math.min(there, back), onGround: onGround / total, solid: (there >= back ? solidB : solidA) / total, ground: Math.max(shareOf(groundA), shareOf(groundB)), onStructure: onStructure / total, reach: Math.min(sides.left, sides.top, sides.right, sides.bottom),
    cornerReach: Math.max(Math.min(sides.left, sides.right), Math.min(sides.top, sides.bottom)),
  };
}

/** How far apart the mean colours of a block are, as Cb and Cr. */
function hueBetween(from: Channels, to: Channels, block: number, width: number, columns: number): number {
  const start = Math.floor(block / columns) * BLOCK * width + (block % columns) * BLOCK;
  const change = from.map((plane, channel) => {
    let sum = 0;
    for (let row = 0; row < BLOCK; row++) for (let at = start + row * width, end = at + BLOCK; at < end; at++) sum += (to[channel as 0 | 1 | 2][at] ?? 0) - (plane[at] ?? 0);
    return sum / BLOCK ** 2;
  });
  const [red = 0, green = 0, blue = 0] = change;
  const luma = LUMA_RED * red + LUMA_GREEN * green + LUMA_BLUE * blue;
  return Math.hypot(CB * (blue - luma), CR * (red - luma));
}

function shareOf(marked: Uint8Array): number {
  return marked.reduce((sum, value) => sum + value, 0) / marked.length;
}

/** In levels: how far a plain block may be from the ground's colour. */
const GROUND = 10;
/** More than the steps of GROUND that there are. */
const KEYS = 32;

/** Which blocks show the ground alone: plain, and of the colour that most plain blocks have. */
function groundOf([red, green, blue]: Channels, slopes: Float32Array, width: number, columns: number): Uint8Array {
  const mean = (plane: Float32Array, block: number): number => {
    const start = Math.floor(block / columns) * BLOCK * width + (block % columns) * BLOCK;
    let sum = 0;
    for (let row = 0; row < BLOCK; row++) for (let at = start + row * width, end = at + BLOCK; at < end; at++) sum += plane[at] ?? 0;
    return sum / BLOCK ** 2;
  };
  const counts = new Map<number, number>();
  const colors = new Float32Array(3 * slopes.length);
  let commonest = -1;
  for (let block = 0; block < slopes.length; block++) {
    if ((slopes[block] ?? 0) >= PLAIN_SLOPE) continue;
    let key = 0;
    for (const [channel, plane] of [red, green, blue].entries()) {
      const level = mean(plane, block);
      colors[3 * block + channel] = level;
      key = key * KEYS + Math.max(0, Math.round(level / GROUND));
    }
    const count = (counts.get(key) ?? 0) + 1;
    counts.set(key, count);
    // Which of two as common ones it is, must not depend on where they lie.
    const most = counts.get(commonest) ?? 0;
    if (count > most || count === most && key < commonest) commonest = key;
  }
  const isGround = new Uint8Array(slopes.length);
  if (commonest < 0) return isGround;
  const ground = [Math.floor(commonest / KEYS ** 2) * GROUND, Math.floor(commonest / KEYS) % KEYS * GROUND, commonest % KEYS * GROUND];
  for (let block = 0; block < slopes.length; block++) {
    if ((slopes[block] ?? 0) >= PLAIN_SLOPE) continue;
    if (ground.every((level, channel) => Math.abs((colors[3 * block + channel] ?? 0) - level) <= GROUND)) isGround[block] = 1;
  }
  return isGround;
}

/** How much of the change is `share · (color − before)` with a share from 0 to 1 at each place and one colour for all. */
function explainByOneColor(before: Channels, after: Channels, places: readonly number[]): number {
  const strengths = new Float32Array(places.length);
  for (const [index, at] of places.entries()) {
    let square = 0;
    for (const channel of [0, 1, 2] as const) { const change = (after[channel][at] ?? 0) - (before[channel][at] ?? 0); square += change * change; }
    strengths[index] = Math.sqrt(square);
  }
  const strong = quantile(strengths.toSorted(), 0.8);
  const strongest = places.filter((_, index) => (strengths[index] ?? 0) >= strong);
  const [red, green, blue] = [medianAt(after[0], strongest), medianAt(after[1], strongest), medianAt(after[2], strongest)];
  let [left, total] = [0, 0];
  for (const at of places) {
    const [r, g, b] = [before[0][at] ?? 0, before[1][at] ?? 0, before[2][at] ?? 0];
    const [changeR, changeG, changeB] = [(after[0][at] ?? 0) - r, (after[1][at] ?? 0) - g, (after[2][at] ?? 0) - b];
    const [wayR, wayG, wayB] = [red - r, green - g, blue - b];
    const length = wayR * wayR + wayG * wayG + wayB * wayB;
    const share = length > 0 ? Math.max(0, Math.min(1, (wayR * changeR + wayG * changeG + wayB * changeB) / length)) : 0;
    const [offR, offG, offB] = [changeR - share * wayR, changeG - share * wayG, changeB - share * wayB];
    left += offR * offR + offG * offG + offB * offB;
    total += changeR * changeR + changeG * changeG + changeB * changeB;
  }
  return total > 0 ? 1 - left / total : 1;
}

function medianAt(plane: Float32Array, places: readonly number[]): number {
  const values = new Float32Array(places.length);
  for (const [index, at] of places.entries()) values[index] = plane[at] ?? 0;
  return quantile(values.sort(), 0.5);
}
