import type { Channels, Planes } from './planes.ts';

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
export function fitTone(first: Channels, second: Channels, planes: Planes): Tone {
  const samples = takeSamples(first, second, planes);
  const { tone, error } = fitSamples(samples, planes);
  if (Math.abs(tone.gain - 1) < 0.015 && Math.abs(tone.offset) < 2 && tone.gamma === 1) return tone;
  // Rare tones count as much as common ones in the samples, and halos of sharpening are made of them: what is simpler
  // and fits the picture as a whole clearly better, and the samples not clearly worse, is what was done.
  const area = errorOf(tone, first, second, planes);
  const simpler = [NO_TONE, { ...NO_TONE, offset: medianDifference(first, second, planes) }]
    .find((simple) => errorOf(simple, first, second, planes) < CLEARLY_BETTER * area && sampleError(simple, samples) < NOT_WORSE * error + CLOSE);
  return simpler ?? tone;
}

/** Does it change no level by as much as rounding does. */
export function isNone({ gain, gamma, offset }: Tone): boolean {
  return gamma === 1 && Math.max(Math.abs(offset), Math.abs(255 * (gain - 1) + offset)) < 0.5;
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

function medianDifference([, first]: Channels, [, second]: Channels, planes: Planes): number {
  return planes.passes.medianDifference(first.byteOffset, second.byteOffset, first.length, SPARSE, planes.takeWords(4096).byteOffset);
}

function fitSamples(samples: Samples, planes: Planes): ToneFit {
  const plain = fitLine(samples, 1, planes);
  if (plain.error < CLOSE) return plain;
  let best = plain;
  for (const side of GAMMAS) {
    for (const gamma of side) {
      const fit = fitLine(samples, gamma, planes);
      if (fit.error > best.error) break;
      best = fit;
    }
  }
  // Most copies have no other gamma, and then there is nothing to search for.
  if (plain.error <= best.error * 1.05 + 0.05) return plain;
  for (const factor of FINER) best = [best, fitLine(samples, best.tone.gamma * factor, planes), fitLine(samples, best.tone.gamma / factor, planes)].reduce(better);
  return best;
}

/** Mean difference that a tone leaves over the whole picture, in levels, a mark counting little. */
export function errorOf(tone: Tone, first: Channels, second: Channels, planes: Planes): number {
  const table = toneTable(tone, planes);
  let sum = 0;
  let count = 0;
  for (const channel of [0, 1, 2] as const) {
    const [one, other] = [first[channel], second[channel]];
    sum += planes.passes.tableError(table.byteOffset, one.byteOffset, other.byteOffset, one.length, channel, SPARSE, MOST_ERROR);
    count += Math.ceil((one.length - channel) / SPARSE);
  }
  return sum / Math.max(1, count);
}

const SPARSE = 7;
const MOST_ERROR = 40;

/** A table of what each level from 0 to 256 becomes. */
export function toneTable({ gain, gamma, offset }: Tone, planes: Planes): Float32Array {
  const table = planes.take(257);
  for (let level = 0; level < table.length; level++) table[level] = Math.max(0, Math.min(255, gain * 255 * (level / 255) ** gamma + offset));
  return table;
}

export function applyTone(table: Float32Array, plane: Float32Array, planes: Planes): Float32Array {
  const output = planes.take(plane.length);
  planes.passes.applyTable(table.byteOffset, plane.byteOffset, output.byteOffset, plane.length);
  return output;
}

function better(a: ToneFit, b: ToneFit): ToneFit {
  return b.error < a.error ? b : a;
}

interface Samples { readonly from: Float64Array; readonly to: Float64Array }

/** So many at most of each channel and each sixteenth of the range: a thing on white is most of the picture's tones, not of its area. */
function takeSamples(first: Channels, second: Channels, planes: Planes): Samples {
  const most = 3 * BINS * MOST_OF_BIN;
  const [from, to, scratch] = [planes.takeDoubles(most), planes.takeDoubles(most), planes.takeWords(2 * BINS)];
  let count = 0;
  for (const channel of [0, 1, 2] as const) {
    const [one, other] = [first[channel], second[channel]];
    const at = count * Float64Array.BYTES_PER_ELEMENT;
    count += planes.passes.takeSamples(one.byteOffset, other.byteOffset, one.length, channel, EVERY, MOST_OF_BIN, from.byteOffset + at, to.byteOffset + at, scratch.byteOffset);
  }
  // They are fitted two by two.
  const even = count - count % 2;
  return { from: from.subarray(0, even), to: to.subarray(0, even) };
}

/** The better of two fits: with what may be clipped in the second picture, and without it, where enough is left. */
function fitLine(samples: Samples, gamma: number, planes: Planes): ToneFit {
  const raised = gamma === 1 ? samples.from : raise(samples.from, gamma, planes);
  const all = fitPart({ ...samples, from: raised }, gamma, 0, planes);
  return all.error < CLOSE ? all : better(all, fitPart({ ...samples, from: raised }, gamma, MARGIN, planes));
}

function raise(levels: Float64Array, gamma: number, planes: Planes): Float64Array {
  const [table, raised] = [toneTable({ ...NO_TONE, gamma }, planes), planes.takeDoubles(levels.length)];
  planes.passes.applyTableToDoubles(table.byteOffset, levels.byteOffset, raised.byteOffset, raised.length);
  return raised;
}

/** Levels beside black and white that may come from beyond. */
const MARGIN = 6;
const MIN_WEIGHT = 0.02;

/** Least squares of gain and offset at a given gamma; what lies far off counts little, and what is clipped in both not. */
function fitPart({ from, to }: Samples, gamma: number, margin: number, planes: Planes): ToneFit {
  const found = planes.takeDoubles(2);
  const error = planes.passes.fitGain(from.byteOffset, to.byteOffset, from.length, margin, ROUNDS, PATIENT_ROUNDS, MIN_WEIGHT, found.byteOffset);
  return { tone: { gain: found[0] ?? 1, gamma: error === Infinity ? 1 : gamma, offset: found[1] ?? 0 }, error };
}
