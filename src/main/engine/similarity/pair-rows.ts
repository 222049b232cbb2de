import type { Kinship, Level, PairEvidence, Relation, Transform } from '../../../contract/index.ts';
import { inverseOf } from './verify.ts';

/** How levels are stored; each holds the pairs of those before it. */
export const LEVEL_NUMBERS: Readonly<Record<Level, number>> = { exact: 0, strict: 1, similar: 2, loose: 3 };
const LEVEL_NAMES: readonly Level[] = ['exact', 'strict', 'similar', 'loose'];

/** A row of `pair`: what was found between two images, as done to a to get b. */
export interface PairRow {
  readonly aId: number;
  readonly bId: number;
  /** How alike they look; of two exposures too, which are no duplicates all the same. */
  readonly level: number | null;
  readonly relation: Relation | null;
  readonly transform: Transform | null;
  readonly whole: 'a' | 'b' | null;
  readonly distance: number | null;
  readonly similarity: number | null;
  readonly kinship: Kinship | null;
}

export const PAIR_COLUMNS = 'a_id AS aId, b_id AS bId, level, relation, transform, whole, distance, similarity, kinship';

/** The evidence as seen from one side: what was done to that one to get the other. Null when they are no duplicates. */
export function evidenceFrom(row: PairRow, reference: number): PairEvidence | null {
  const { level, relation, transform, distance, similarity, kinship } = row;
  if (kinship !== null || level === null || relation === null || transform === null) return null;
  return {
    level: LEVEL_NAMES[level] ?? 'loose', relation, transform: reference === row.aId ? transform : inverseOf(transform),
    distance: distance ?? 256, similarity: similarity ?? 0, isDerived: derivedOf(row) === (reference === row.aId ? row.bId : row.aId),
  };
}

export const SAME_PIXELS: PairEvidence = { level: 'exact', relation: 'identical-pixels', transform: 'identity', distance: 0, similarity: 1, isDerived: false };
export const SAME_BYTES: PairEvidence = { ...SAME_PIXELS, relation: 'identical-bytes' };

/** Which of the two was made of the other by cutting away, adding a border or laying a mark over it: the scene is whole in what it was made of. */
export function derivedOf({ aId, bId, relation, whole }: Pick<PairRow, 'aId' | 'bId' | 'relation' | 'whole'>): number | null {
  if (whole === null) return null;
  // The whole of a crop is what it was made of; a picture with a border, which holds the one without, is what was made.
  return (whole === 'a') === (relation === 'bordered') ? aId : bId;
}
