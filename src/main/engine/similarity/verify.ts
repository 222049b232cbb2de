import type { Kinship, Level, Relation, Transform } from '../../../contract/index.ts';
import { align } from './verify-align.ts';
import type { Look } from './verify-look.ts';

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

/**
 * Compares two pictures by their pixels; null when they are not even loosely alike. A pure function of the two:
 * `verify(b, a)` says the same with the inverse transform.
 */
export function verify(a: Look, b: Look): Verdict | null {
  const best = align(a, b);
  if (!best || best.score < 0.9) return null;
  const relation = best.transform === 'identity' ? 'near' : best.transform.startsWith('rotate') ? 'rotated' : 'mirrored';
  const level = best.score < 0.97 ? 'loose' : relation === 'near' && best.score > 0.99 ? 'strict' : 'similar';
  return { relation, transform: best.transform, whole: null, similarity: best.score, level, kinship: null };
}
