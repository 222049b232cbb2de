import type { Kinship, Level, Relation, Transform } from '../../../contract/index.ts';
import { align, type Alignment } from './verify-align.ts';
import { type Change, measureChange } from './verify-change.ts';
import { type Extent, measureExtent } from './verify-extent.ts';
import { inverseOf, type Look } from './verify-look.ts';
import { cutOverlap } from './verify-overlap.ts';
import { freePlanes } from './verify-planes.ts';

export { createLook, inverseOf, type Look } from './verify-look.ts';

/** What a look at the aligned pixels of two pictures found. */
export interface Verdict {
  readonly relation: Exclude<Relation, 'identical-bytes' | 'identical-pixels'>;
  /** What was done to `a` to get `b`. */
  readonly transform: Transform;
  /** Which of the two holds the other: the whole of a crop, the picture with the border; null if they show the same. */
  readonly whole: 'a' | 'b' | null;
  /** 0–1 */
  readonly similarity: number;
  readonly level: Exclude<Level, 'exact'>;
  /** Where it is not null, the two belong together and neither may go: they are in no group at any level. */
  readonly kinship: Kinship | null;
}

/**
 * Compares two pictures by their pixels; null when they are not even loosely alike. A pure function of the two contents:
 * `verify(b, a)` says the same with the inverse transform and the other `whole`, to the last bit.
 */
export function verify(a: Look, b: Look): Verdict | null {
  const measured = measurePair(a, b);
  const verdict = measured && decide(measured);
  if (!measured?.isSwapped || !verdict) return verdict;
  return { ...verdict, transform: inverseOf(verdict.transform), whole: verdict.whole === 'a' ? 'b' : verdict.whole === 'b' ? 'a' : null };
}

/** All that a verdict is made of. */
export interface Measured {
  readonly alignment: Alignment;
  readonly change: Change;
  readonly extent: Extent;
  readonly isTiny: boolean;
  /** Was the second picture taken for the first: what is measured is then to be read the other way round. */
  readonly isSwapped: boolean;
}

/** What `verify` looks at before it judges; null where nothing fits. */
export function measurePair(a: Look, b: Look): Measured | null {
  const isSwapped = compareLooks(a, b) < 0;
  const [first, second] = isSwapped ? [b, a] : [a, b];
  freePlanes();
  const alignment = align(first, second);
  const overlap = alignment && alignment.score > MIN_SCORE && cutOverlap(first, second, alignment);
  if (!overlap) return null;
  return { alignment, change: measureChange(overlap), extent: measureExtent(first, second, alignment), isTiny: Math.min(overlap.width, overlap.height) < MIN_SIDE, isSwapped };
}

/** The larger first, then the one whose pixels are greater at the first difference: an order that contents alone decide. */
function compareLooks(a: Look, b: Look): number {
  const size = a.original.width * a.original.height - b.original.width * b.original.height || a.rgb.length - b.rgb.length || a.original.width - b.original.width;
  return size === 0 ? Buffer.compare(a.rgb, b.rgb) : size;
}

/** @param slack by how much each limit is widened, or narrowed below 1 */
export function decide({ alignment, change, extent, isTiny }: Omit<Measured, 'isSwapped'>, slack = 1): Verdict | null {
  if (change.plain > MOST_PLAIN) return null;
  const findings = judge(change, extent, slack);
  const level = findings.length === 0 && !isTiny ? (isStrict(change, extent, alignment) ? 'strict' : 'similar') : isLoose(change) ? 'loose' : null;
  if (!level) return null;
  return {
    relation: relationOf(alignment.transform, extent), transform: alignment.transform, whole: extent.whole,
    similarity: Math.max(0, Math.min(1, change.ssim * (1 - change.changed))), level, kinship: kinshipOf(findings, change),
  };
}

/** Correlation at the best alignment: of pairs that are at least loosely alike, none had less than 0.85. */
const MIN_SCORE = 0.75;
/** With less structure than this nothing can be told: single colours, soft gradients, blank pages. */
const MOST_PLAIN = 0.985;
/** Short side of what both show, in cells. */
const MIN_SIDE = 24;

/** Why two pictures that fit each other are not the same picture after all. */
type Finding = 'structure' | 'content' | 'motion' | 'beyond' | 'color' | 'saturation';

/** Each limit is where benign edits and pictures of something else part, see docs/similarity.md. */
const LIMITS = {
  ssim: 0.93, most: 2.2,
  /** In levels; what JPEG leaves is told from the half of the places that differ least. */
  chroma: 5, chromaByHalf: 3, chromaHalf: 6, chromaByMost: 2,
  /** In cells of the grid; noise moves things too. */
  motion: 0.1, motionByMost: 0.25, motionIfClipped: 1.5,
  /** On white there is little to follow but an outline, which sharpening moves. */
  motionIfPlain: 2, motionMost: 0.6,
  saturation: 1.42,
  /** Of the area. */
  mark: 0.06,
  /** Of the picture's width or height. */
  reach: 0.18,
  /** So near the edge and so small, a mark may lie on as much structure as it brings: a signature, a date. */
  edge: 0.14, stamp: 0.015,
  /** So much of one colour, and what is seen is a thing that stands alone. */
  ground: 0.5,
} as const;

function judge(change: Change, extent: Extent, slack: number): readonly Finding[] {
  const findings: Finding[] = [];
  if (1 - change.ssim > slack * (1 - LIMITS.ssim) || change.most > slack * LIMITS.most) findings.push('structure');
  if (change.changed > 0 && !isMark(change, slack)) findings.push('content');
  if (change.motion > slack * motionLimit(change)) findings.push('motion');
  if (extent.isBeyond) findings.push('beyond');
  const chroma = LIMITS.chroma + LIMITS.chromaByHalf * Math.min(change.chromaHalf, 4) + LIMITS.chromaByMost * change.most;
  if (change.chroma > slack * chroma || change.chromaHalf > slack * LIMITS.chromaHalf) findings.push('color');
  if (Math.abs(Math.log(change.saturation)) > slack * Math.log(LIMITS.saturation)) findings.push('saturation');
  return findings;
}

function motionLimit({ most, isClipped, plain }: Change): number {
  const limit = (LIMITS.motion + LIMITS.motionByMost * most) * (isClipped ? LIMITS.motionIfClipped : 1) * (plain > 0.6 ? LIMITS.motionIfPlain : 1);
  return Math.min(LIMITS.motionMost, limit);
}

/**
 * A logo or a line of text is small, and brings structure to where there was less, or is of one colour, or only brightens
 * or only darkens. What takes the place of something else, another stone, word or step, does none of it: of those looked
 * at, none had an asymmetry over 1.7, nor one colour for more than 0.87 of the change. On a page or screen, added text
 * is what it says, not a mark.
 */
function isMark({ changed, mark, isWritten }: Change, slack: number): boolean {
  if (changed > slack * LIMITS.mark || isWritten) return false;
  const isOneColor = mark.oneSign > 0.9 && (mark.oneColor > 0.92 && mark.asymmetry > 1.25 || mark.oneColor > 0.85 && mark.asymmetry > 1.5);
  // Along an edge stand signatures and watermarks, in letters of two colours also.
  const isAtEdge = mark.reach < LIMITS.reach && (mark.asymmetry > 1.15 || mark.reach < LIMITS.edge && changed < LIMITS.stamp);
  // Of what stands alone on white another stone is a change of one colour, and an engraving brings structure: only what
  // lies beside the thing, or along an edge, can be a mark.
  if (mark.ground > LIMITS.ground) return isAtEdge && mark.reach < LIMITS.edge || mark.onGround > 0.9 && (mark.asymmetry > 2.5 || isOneColor);
  return mark.asymmetry > 2.5 || isOneColor || mark.oneSign > 0.97 || isAtEdge;
}

/** Nothing but a new encoding, another size, a touch of tone. */
function isStrict(change: Change, extent: Extent, alignment: Alignment): boolean {
  const { gain, gamma, offset } = change.tone;
  return alignment.transform === 'identity' && extent.kind === 'same' && extent.most < 0.004 && change.changed === 0
    && Math.abs(gain - 1) < 0.12 && Math.abs(Math.log(gamma)) < 0.12 && Math.abs(offset) < 12;
}

function isLoose(change: Change): boolean {
  return change.ssim > 0.8 && change.most < 4;
}

function kinshipOf(findings: readonly Finding[], change: Change): Kinship | null {
  if (findings.includes('color')) return 'recolour';
  if (findings.includes('saturation')) return 'edit';
  return change.motion > motionLimit(change) && !findings.includes('structure') ? 'burst' : null;
}

function relationOf(transform: Transform, extent: Extent): Verdict['relation'] {
  if (extent.kind !== 'same') return extent.kind;
  if (transform === 'identity') return 'near';
  return transform.startsWith('rotate') ? 'rotated' : 'mirrored';
}
