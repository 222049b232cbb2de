import type { Kinship, Level, Relation, Transform } from '../../../contract/index.ts';
import { align, type Alignment } from './verify-align.ts';
import { BLOCK } from './verify-blocks.ts';
import { type Change, measureChange } from './verify-change.ts';
import { type Extent, measureExtent } from './verify-extent.ts';
import { inverseOf, type Look } from './verify-look.ts';
import { cutOverlap } from './verify-overlap.ts';
import type { Planes } from './planes.ts';

export { createLook, inverseOf, type Look } from './verify-look.ts';

/** What a look at the aligned pixels of two pictures found. */
export interface Verdict {
  readonly relation: Exclude<Relation, 'identical-bytes' | 'identical-pixels'>;
  /** What was done to `a` to get `b`. */
  readonly transform: Transform;
  /**
   * Which of the two holds the other: the whole of a crop, the picture with the border; of pictures of the same extent
   * the one without a mark that the other bears. Null if they show the same.
   */
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
 * @param planes whoever compares many pairs gives the same ones for all
 */
export function verify(a: Look, b: Look, planes: Planes): Verdict | null {
  const measured = measurePair(a, b, planes);
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

/** What `verify` looks at before it judges; null where nothing fits, or so little that the rest was not looked at. */
export function measurePair(a: Look, b: Look, planes: Planes): Measured | null {
  const isSwapped = compareLooks(a, b) < 0;
  const [first, second] = isSwapped ? [b, a] : [a, b];
  planes.begin(first.rgb.length + second.rgb.length);
  const alignment = align(first, second, planes);
  const overlap = alignment && alignment.score > MIN_SCORE && cutOverlap(first, second, alignment, planes);
  if (!overlap || Math.min(overlap.width, overlap.height) < BLOCK) return null;
  const change = measureChange(overlap, planes);
  if (!change) return null;
  return { alignment, change, extent: measureExtent(first, second, alignment, planes), isTiny: Math.min(overlap.width, overlap.height) < MIN_SIDE, isSwapped };
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
    relation: relationOf(alignment.transform, extent), transform: alignment.transform, whole: extent.kind === 'same' ? unmarked(change, findings) : extent.whole,
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
type Finding = 'structure' | 'content' | 'motion' | 'beyond' | 'detail' | 'color' | 'saturation';

/** Each limit is where benign edits and pictures of something else part, see docs/similarity.md. */
const LIMITS = {
  ssim: 0.93, most: 2.2,
  /** In levels; what JPEG leaves is told from the half of the places that differ least. */
  chroma: 5, chromaByHalf: 3, chromaHalf: 6, chromaByMost: 2,
  /** In cells of the grid; noise moves things too. */
  motion: 0.1, motionByMost: 0.25, motionIfClipped: 1.5,
  /** On white there is little to follow but an outline, which sharpening moves. */
  motionIfPlain: 2, motionMost: 0.6,
  saturation: 1.5,
  /** Of the area. */
  mark: 0.06,
  /** Of the picture's width or height. */
  reach: 0.18, edge: 0.14, corner: 0.4,
  /** Of the changed blocks. */
  solid: 0.1,
  /** In levels, and of the area. */
  shade: 21, shadeHue: 9, shadeAsymmetry: 2.2, shadeArea: 0.15,
  /** In levels: so little, and its structure is that of what was cut off. */
  paleShade: 10, paleHue: 6,
  /** Of the area, of what lies along an edge. */
  edgeMark: 0.025,
  /** So much of one colour, and what is seen is a thing that stands alone. */
  ground: 0.5,
} as const;

function judge(change: Change, extent: Extent, slack: number): readonly Finding[] {
  const findings: Finding[] = [];
  if (1 - change.ssim > slack * (1 - LIMITS.ssim) || change.most > slack * LIMITS.most) findings.push('structure');
  if (change.changed > 0 && !isMark(change, slack)) findings.push('content');
  if (change.motion > slack * motionLimit(change)) findings.push('motion');
  if (extent.isBeyond) findings.push('beyond');
  // Neither can stand for the other: one shows more, the other shows it better.
  if (extent.kind === 'cropped' && extent.isFinerPart) findings.push('detail');
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
 * A logo or a line of text is small and brings structure to where there was less. Of one ink, it may lie anywhere: its
 * colour explains the whole change, opaque or as a veil. Of several colours only a corner's can be told from a thing
 * that came into the picture. What takes the place of something else, another stone, word or number, brings no structure
 * or was as much of one colour before. On a page or screen, added text is what it says, not a mark; of what stands alone
 * on one ground, only what lies on the ground, or in one ink along an edge, can be one: an engraving is on the thing.
 */
function isMark(change: Change, slack: number): boolean {
  const { changed, mark, isWritten } = change;
  const { asymmetry, oneSign, oneColor, oneColorBack, reach } = mark;
  if (isShade(change)) return changed < LIMITS.shadeArea;
  if (changed > slack * LIMITS.mark || isWritten) return false;
  const bringsMuch = asymmetry > 2.5;
  const isOneInk = oneSign > 0.9 && (oneColor > 0.92 && asymmetry > 1.25 || oneColor > 0.85 && asymmetry > 1.5);
  const isAtEdge = reach < LIMITS.reach && changed < slack * LIMITS.edgeMark;
  // Text is strokes; what is solid, and stands in the picture, may be a thing.
  const isInk = isOneInk && (isAtEdge || mark.solid < LIMITS.solid);
  const isInCorner = isAtEdge && mark.cornerReach < LIMITS.corner;
  if (mark.ground > LIMITS.ground) return mark.onGround > 0.9 ? isInk || bringsMuch && isInCorner : isOneInk && bringsMuch && reach < LIMITS.edge;
  const wasUniform = oneColorBack > 0.9 && !bringsMuch;
  return isInk && !wasUniform || bringsMuch && isInCorner || isAtEdge && oneSign > 0.97 && (!wasUniform || asymmetry > 1.5);
}

/** What a tone leaves where it was cut off: a shade without a colour or a structure of its own. */
function isShade({ isClipped, mark: { asymmetry, oneSign, depth, hue } }: Change): boolean {
  const isPale = depth < LIMITS.paleShade && hue < LIMITS.paleHue;
  return isClipped && oneSign > 0.97 && (asymmetry < LIMITS.shadeAsymmetry || isPale) && depth < LIMITS.shade && hue < LIMITS.shadeHue;
}

/** Structure in the one ÷ structure in the other: over texture a mark may bring less, and it cannot be told who bears it. */
const CLEARLY_MARKED = 1.25;

function unmarked(change: Change, findings: readonly Finding[]): Verdict['whole'] {
  if (change.changed === 0 || findings.includes('content') || isShade(change) || change.mark.asymmetry < CLEARLY_MARKED) return null;
  return change.mark.on === 1 ? 'a' : 'b';
}

/** What decoders and colour profiles differ by; a tenth brighter is an edit. */
const STRICT_TONE = 0.06;

/** Nothing but a new encoding or another size. */
function isStrict(change: Change, extent: Extent, alignment: Alignment): boolean {
  const { gain, gamma, offset } = change.tone;
  return alignment.transform === 'identity' && extent.kind === 'same' && extent.most < 0.004 && change.changed === 0
    && Math.abs(gain - 1) < STRICT_TONE && Math.abs(Math.log(gamma)) < STRICT_TONE && Math.abs(offset) < 100 * STRICT_TONE;
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
