import type { Channels, TakePlane } from './verify-planes.ts';

/**
 * What an editor's brightness, contrast and gamma do to every channel alike: `gain · 255 · (v / 255) ^ gamma + offset`,
 * clipped to 0–255.
 */
export interface Tone { readonly gain: number; readonly gamma: number; readonly offset: number }

interface ToneFit {
  readonly tone: Tone;
  /** Mean difference that the tone leaves on the samples, in levels; robust against a mark. */
  readonly error: number;
}

/** From 1 on outwards: the error only grows once it has begun to. */
const GAMMAS = [[0.75, 0.55, 0.4], [1.33, 1.8, 2.5]] as const;
const BINS = 16;
const MOST_OF_BIN = 100;
/** Of the cells of each channel every third is asked, of each channel others. */
const EVERY = 3;
/** Mean error in levels of what a new encoding leaves. */
const CLOSE = 1;
const ROUNDS = 5;
/** The first rounds find out what is clipped, with all places counting in full. */
const PATIENT_ROUNDS = 2;
/** Widths of the two finer searches around the best gamma. */
const FINER = [1.16, 1.07] as const;

/**
 * The tone that makes the first picture most like the second, place by place. All three channels are samples of it:
 * the luminance alone neither tells where one channel is clipped, nor what becomes of a channel far from it.
 */
export function fitTone(first: Channels, second: Channels): Tone {
  const samples = takeSamples(first, second);
  const { tone, error } = fitSamples(samples);
  if (Math.abs(tone.gain - 1) < 0.015 && Math.abs(tone.offset) < 2 && tone.gamma === 1) return tone;
  // Rare tones count as much as common ones in the samples, and halos of sharpening are made of them: what is simpler
  // and fits the picture as a whole clearly better, and the samples not clearly worse, is what was done.
  const area = errorOf(tone, first, second);
  const simpler = [NO_TONE, { ...NO_TONE, offset: medianDifference(first, second) }]
    .find((simple) => errorOf(simple, first, second) < CLEARLY_BETTER * area && sampleError(simple, samples) < NOT_WORSE * error + CLOSE);
  return simpler ?? tone;
}

/** Where the tone is the same, nothing is clipped, and either direction will do. */
export function isNearlyNone({ gain, gamma, offset }: Tone): boolean {
  return Math.abs(gain - 1) < 0.04 && Math.abs(offset) < 6 && Math.abs(gamma - 1) < 0.04;
}

function sampleError({ gain, offset }: Tone, { from, to }: Samples): number {
  let error = 0;
  for (let at = 0; at < from.length; at++) error += Math.min(MOST_ERROR, Math.abs((to[at] ?? 0) - Math.max(0, Math.min(255, gain * (from[at] ?? 0) + offset))));
  return error / Math.max(1, from.length);
}

const NO_TONE: Tone = { gain: 1, gamma: 1, offset: 0 };
const CLEARLY_BETTER = 0.85;
const NOT_WORSE = 1.5;

function medianDifference(first: Channels, second: Channels): number {
  const [one, other] = [first[1], second[1]];
  const differences = new Float32Array(Math.ceil(one.length / SPARSE));
  for (let at = 0, index = 0; at < one.length; at += SPARSE, index++) differences[index] = (other[at] ?? 0) - (one[at] ?? 0);
  return differences.sort()[differences.length >> 1] ?? 0;
}

function fitSamples(samples: Samples): ToneFit {
  const plain = fitLine(samples, 1);
  if (plain.error < CLOSE) return plain;
  let best = plain;
  for (const side of GAMMAS) {
    for (const gamma of side) {
      const fit = fitLine(samples, gamma);
      if (fit.error > best.error) break;
      best = fit;
    }
  }
  // Most copies have no other gamma, and then there is nothing to search for.
  if (plain.error <= best.error * 1.05 + 0.05) return plain;
  for (const factor of FINER) best = [best, fitLine(samples, best.tone.gamma * factor), fitLine(samples, best.tone.gamma / factor)].reduce(better);
  return best;
}

/** Mean difference that a tone leaves over the whole picture, in levels, a mark counting little. */
export function errorOf(tone: Tone, first: Channels, second: Channels): number {
  const table = toneTable(tone);
  let sum = 0;
  let count = 0;
  for (const channel of [0, 1, 2] as const) {
    for (let at = channel; at < first[channel].length; at += SPARSE) {
      sum += Math.min(MOST_ERROR, Math.abs((table[Math.round(Math.max(0, Math.min(255, first[channel][at] ?? 0)))] ?? 0) - (second[channel][at] ?? 0)));
      count++;
    }
  }
  return sum / Math.max(1, count);
}

const SPARSE = 7;
const MOST_ERROR = 40;

/** A table of what each level from 0 to 256 becomes. */
export function toneTable({ gain, gamma, offset }: Tone): Float32Array {
  return Float32Array.from({ length: 257 }, (_, level) => Math.max(0, Math.min(255, gain * 255 * (level / 255) ** gamma + offset)));
}

export function applyTone(table: Float32Array, plane: Float32Array, take: TakePlane): Float32Array {
  const output = take(plane.length);
  for (let at = 0; at < plane.length; at++) {
    const value = Math.max(0, Math.min(255, plane[at] ?? 0));
    const level = Math.floor(value);
    const low = table[level] ?? 0;
    output[at] = low + ((table[level + 1] ?? low) - low) * (value - level);
  }
  return output;
}

function better(a: ToneFit, b: ToneFit): ToneFit {
  return b.error < a.error ? b : a;
}

interface Samples { readonly from: Float64Array; readonly to: Float64Array }

/** So many at most of each channel and each sixteenth of the range: a thing on white is most of the picture's tones, not of its area. */
function takeSamples(first: Channels, second: Channels): Samples {
  const from = new Float64Array(3 * BINS * MOST_OF_BIN);
  const to = new Float64Array(3 * BINS * MOST_OF_BIN);
  let count = 0;
  for (const channel of [0, 1, 2] as const) {
    const [one, other] = [first[channel], second[channel]];
    const counts = new Uint32Array(BINS);
    for (let at = channel; at < one.length; at += EVERY) {
      const bin = binOf(one[at] ?? 0);
      counts[bin] = (counts[bin] ?? 0) + 1;
    }
    const steps = counts.map((places) => Math.ceil(places / MOST_OF_BIN));
    const wait = new Uint32Array(BINS);
    for (let at = channel; at < one.length; at += EVERY) {
      const value = one[at] ?? 0;
      const bin = binOf(value);
      const left = wait[bin] ?? 0;
      wait[bin] = left === 0 ? (steps[bin] ?? 1) - 1 : left - 1;
      if (left > 0) continue;
      from[count] = Math.max(0, value);
      to[count++] = other[at] ?? 0;
    }
  }
  return { from: from.subarray(0, count), to: to.subarray(0, count) };
}

function binOf(level: number): number {
  return Math.max(0, Math.min(BINS - 1, level >> 4));
}

/** The better of two fits: with what may be clipped in the second picture, and without it, where enough is left. */
function fitLine(samples: Samples, gamma: number): ToneFit {
  const all = fitPart(samples, gamma, 0);
  return all.error < CLOSE ? all : better(all, fitPart(samples, gamma, MARGIN));
}

/** Levels beside black and white that may come from beyond. */
const MARGIN = 6;
const MIN_WEIGHT = 0.02;

/** Least squares of gain and offset at a given gamma; what lies far off counts little, and what is clipped in both not. */
function fitPart({ from, to }: Samples, gamma: number, margin: number): ToneFit {
  const raised = gamma === 1 ? from : from.map((value) => 255 * (value / 255) ** gamma);
  let gain = 1, offset = 0, limit = 60, error = 0;
  for (let round = 0; round < ROUNDS; round++) {
    let weights = 0, sumU = 0, sumV = 0, squares = 0, products = 0;
    for (let at = 0; at < from.length; at++) {
      const u = raised[at] ?? 0;
      const v = to[at] ?? 0;
      if (v < margin || v > 255 - margin) continue;
      const expected = gain * u + offset;
      if (round > 0 && (v >= 254 && expected >= 254 || v <= 1 && expected <= 1)) continue;
      const distance = Math.abs(v - expected);
      const share = limit / distance;
      const weight = distance > limit ? share * share : 1;
      weights += weight; sumU += weight * u; sumV += weight * v; squares += weight * u * u; products += weight * u * v;
    }
    if (weights < MIN_WEIGHT * from.length) return { tone: { gain: 1, gamma: 1, offset: 0 }, error: Infinity };
    const spread = squares - (sumU * sumU) / weights;
    gain = spread > weights ? Math.max(0.2, Math.min(5, (products - (sumU * sumV) / weights) / spread)) : 1;
    offset = (sumV - gain * sumU) / weights;
    error = 0;
    for (let at = 0; at < from.length; at++) error += Math.min(limit, Math.abs((to[at] ?? 0) - Math.max(0, Math.min(255, gain * (raised[at] ?? 0) + offset))));
    error /= from.length;
    if (round < PATIENT_ROUNDS) continue;
    const tighter = Math.max(4, Math.min(limit, 2.5 * error));
    if (limit - tighter < 0.02 * limit) break;
    limit = tighter;
  }
  return { tone: { gain, gamma, offset }, error };
}
