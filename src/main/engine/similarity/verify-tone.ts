/**
 * What an editor's brightness, contrast and gamma do to every channel alike: `gain · 255 · (v / 255) ^ gamma + offset`,
 * clipped to 0–255.
 */
export interface Tone { readonly gain: number; readonly gamma: number; readonly offset: number }

export interface ToneFit {
  readonly tone: Tone;
  /** Mean difference that the tone leaves, in levels, of what is not clipped; robust against a mark. */
  readonly error: number;
}

const GAMMAS = [0.35, 0.45, 0.57, 0.7, 0.84, 1, 1.19, 1.43, 1.75, 2.2, 2.8] as const;
const MOST_SAMPLES = 3000;
const ROUNDS = 4;

/** The tone that makes the first luminance most like the second; both 0–255, place by place. */
export function fitTone(first: Float32Array, second: Float32Array): ToneFit {
  const step = Math.max(1, Math.floor(first.length / MOST_SAMPLES));
  const samples: Sample[] = [];
  for (let at = 0; at < first.length; at += step) samples.push({ from: (first[at] ?? 0) / 255, to: second[at] ?? 0 });
  const fits = GAMMAS.map((gamma) => fitLine(samples, gamma));
  const best = fits.reduce((winner, fit) => (fit.error < winner.error ? fit : winner));
  // The flat curve between two gammas: a mean of neighbours is close enough to a search.
  const place = fits.indexOf(best);
  const between = [place - 1, place + 1].flatMap((other) => (GAMMAS[other] === undefined ? [] : [Math.sqrt(GAMMAS[other] * best.tone.gamma)]));
  const refined = between.map((gamma) => fitLine(samples, gamma)).reduce((winner, fit) => (fit.error < winner.error ? fit : winner), best);
  // Unless it helps, no gamma at all.
  const plain = fits[GAMMAS.indexOf(1)] ?? best;
  return plain.error <= refined.error * 1.02 + 0.02 ? plain : refined;
}

/** A table of what each level from 0 to 256 becomes. */
export function toneTable({ gain, gamma, offset }: Tone): Float32Array {
  return Float32Array.from({ length: 257 }, (_, level) => Math.max(0, Math.min(255, gain * 255 * (level / 255) ** gamma + offset)));
}

export function applyTone(table: Float32Array, plane: Float32Array): Float32Array {
  const output = new Float32Array(plane.length);
  for (let at = 0; at < plane.length; at++) {
    const value = Math.max(0, Math.min(255, plane[at] ?? 0));
    const level = Math.floor(value);
    const low = table[level] ?? 0;
    output[at] = low + ((table[level + 1] ?? low) - low) * (value - level);
  }
  return output;
}

interface Sample { readonly from: number; readonly to: number }

/** Least squares of gain and offset at a given gamma; what lies far off or is clipped counts little or not. */
function fitLine(samples: readonly Sample[], gamma: number): ToneFit {
  let [gain, offset, limit] = [1, 0, 60];
  let error = 0;
  const raised = samples.map(({ from }) => 255 * from ** gamma);
  for (let round = 0; round < ROUNDS; round++) {
    let [weights, sumU, sumV, squares, products] = [0, 0, 0, 0, 0];
    for (const [at, { to }] of samples.entries()) {
      const u = raised[at] ?? 0;
      const expected = gain * u + offset;
      // Where both are at the end of the range, the line cannot be seen.
      if (round > 0 && (to >= 254 && expected >= 254 || to <= 1 && expected <= 1)) continue;
      const distance = Math.abs(to - expected);
      const weight = distance > limit ? limit / distance * (limit / distance) : 1;
      weights += weight; sumU += weight * u; sumV += weight * to; squares += weight * u * u; products += weight * u * to;
    }
    const spread = squares - (sumU * sumU) / Math.max(1e-9, weights);
    gain = spread > weights ? Math.max(0.2, Math.min(5, (products - (sumU * sumV) / weights) / spread)) : 1;
    offset = weights > 0 ? (sumV - gain * sumU) / weights : 0;
    error = 0;
    for (const [at, { to }] of samples.entries()) error += Math.min(limit, Math.abs(to - Math.max(0, Math.min(255, gain * (raised[at] ?? 0) + offset))));
    error /= Math.max(1, samples.length);
    limit = Math.max(4, Math.min(limit, 2.5 * error));
  }
  return { tone: { gain, gamma, offset }, error };
}
