import { type Kinship, TRANSFORMS, type Level, type Relation, type Transform } from '../../../contract/index.ts';
import { findBorders } from './variants-borders.ts';
import { type Look, sourcePoint, toSquare } from './verify-look.ts';

export { createLook, inverseOf, type Look } from './verify-look.ts';

/** What a look at the aligned pixels of two pictures found. */
export interface Verdict {
  readonly relation: Exclude<Relation, 'identical-bytes' | 'identical-pixels'>;
  /** What was done to `a` to get `b`. */
  readonly transform: Transform;
  /** Which of the two shows more of the scene (the whole of a crop, the picture in a border); null if neither. */
  readonly whole: 'a' | 'b' | null;
  /** 0–1 */
  readonly similarity: number;
  readonly level: Exclude<Level, 'exact'>;
  /** Where it is not null, the two belong together and neither may go: they are in no group at any level. */
  readonly kinship: Kinship | null;
}

const SIDE = 48;

/**
 * Compares two pictures by their pixels; null when they are not even loosely alike. A pure function of the two:
 * `verify(b, a)` says the same with the inverse transform.
 */
export function verify(a: Look, b: Look): Verdict | null {
  let best: { score: number; transform: Transform; isTrimmed: boolean } | null = null;
  const views = (look: Look) => {
    const box = findBorders(look.luma, look.width, look.height);
    const whole = { isTrimmed: false, plane: toSquare(look.luma, look.width, look.height, SIDE) };
    if (!box) return [whole];
    const cut = new Float32Array(box.width * box.height);
    for (let y = 0; y < box.height; y++) cut.set(look.luma.subarray((box.top + y) * look.width + box.left, (box.top + y) * look.width + box.left + box.width), y * box.width);
    return [whole, { isTrimmed: true, plane: toSquare(cut, box.width, box.height, SIDE) }];
  };
  const viewsOfB = views(b);
  for (const first of views(a)) {
    for (const second of viewsOfB) {
      for (const transform of TRANSFORMS) {
        const score = correlate(turn(first.plane, transform), second.plane);
        if (!best || score > best.score) best = { score, transform, isTrimmed: first.isTrimmed !== second.isTrimmed };
      }
    }
  }
  if (!best || best.score < 0.9) return null;
  const relation = best.isTrimmed ? 'bordered' : best.transform === 'identity' ? 'near' : best.transform.startsWith('rotate') ? 'rotated' : 'mirrored';
  const level = best.score < 0.97 ? 'loose' : relation === 'near' && best.score > 0.99 ? 'strict' : 'similar';
  return { relation, transform: best.transform, whole: null, similarity: best.score, level, kinship: null };
}

function turn(plane: Float32Array, transform: Transform): Float32Array {
  return plane.map((_, at) => {
    const [x, y] = sourcePoint(transform, ((at % SIDE) + 0.5) / SIDE, (Math.floor(at / SIDE) + 0.5) / SIDE);
    return plane[Math.floor(y * SIDE) * SIDE + Math.floor(x * SIDE)] ?? 0;
  });
}

function correlate(a: Float32Array, b: Float32Array): number {
  let [sumA, sumB, squareA, squareB, product] = [0, 0, 0, 0, 0];
  for (const [at, x] of a.entries()) {
    const y = b[at] ?? 0;
    sumA += x; sumB += y; squareA += x * x; squareB += y * y; product += x * y;
  }
  const n = a.length;
  return (product - (sumA * sumB) / n) / Math.sqrt(Math.max(1, (squareA - (sumA * sumA) / n) * (squareB - (sumB * sumB) / n)));
}
