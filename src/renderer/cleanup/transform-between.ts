import { type Transform, TRANSFORMS } from '../../contract/index.ts';
import { undoing } from '../compare/view.ts';

/** What was done to one picture to get the other, when both are known by what was done to a third. */
export function transformBetween(a: Transform, b: Transform): Transform {
  // Undoing b and then doing a leads from the other back to the one: that is what undoing the answer must do.
  const [p, q, r, s] = undoing(b);
  const [e, f, g, h] = inverse(undoing(a));
  const wanted = [e * p + g * q, f * p + h * q, e * r + g * s, f * r + h * s];
  return TRANSFORMS.find((transform) => undoing(transform).every((value, index) => value === wanted[index])) ?? 'identity';
}

type Matrix = readonly [number, number, number, number];

/** Turns and mirrorings keep lengths: their inverse is their transpose. */
function inverse([a, b, c, d]: Matrix): Matrix {
  return [a, c, b, d];
}
