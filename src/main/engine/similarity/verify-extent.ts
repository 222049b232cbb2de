import type { Alignment, Window } from './verify-align.ts';
import { LUMA_BLUE, LUMA_GREEN, LUMA_RED, type Planes } from './planes.ts';
import type { Transform } from '../../../contract/index.ts';
import { isTransposing, type Look, type Plane, sourcePoint, turnPlane } from './verify-look.ts';

/** How much each of two aligned pictures shows beyond the other. */
export interface Extent {
  readonly kind: 'same' | 'cropped' | 'bordered';
  /** Which holds the other. */
  readonly whole: 'a' | 'b' | null;
  /** Does each show something that the other lacks, so that neither is made of the other. */
  readonly isBeyond: boolean;
  /** The most that one reaches beyond the other, as a share of a side. */
  readonly most: number;
  /** Does what both show have clearly more pixels in the part than in the whole: a photograph, and a room on whose wall it hangs. */
  readonly isFinerPart: boolean;
}

/** Up to this share of a side both show the same: a row of pixels lost in a conversion. */
const SAME = 0.01;
/** Where both reach beyond each other by more, the camera has moved: a share of a side, and pixels of a card. */
const BEYOND = 0.001;
const EDGE = 0.4;

/** Of the pixels: more than rounding and a touch of scaling. */
const COARSER = 0.7;

interface Sides { readonly left: number; readonly top: number; readonly right: number; readonly bottom: number }

/** @param alignment of `b` in the transformed `a` */
export function measureExtent(a: Look, b: Look, { transform, window }: Alignment, planes: Planes): Extent {
  const [planeA, planeB] = [turnPlane(a.levels[2] as Plane, transform, planes.take(a.levels[2]?.values.length ?? 0)), b.levels[2] as Plane];
  // What a shows beyond b in shares of a, and the other way round.
  const ofA = { left: window.left, top: window.top, right: 1 - window.left - window.across, bottom: 1 - window.top - window.down };
  const inB: Window = { left: -window.left / window.across, top: -window.top / window.down, across: 1 / window.across, down: 1 / window.down };
  const ofB = { left: inB.left, top: inB.top, right: 1 - inB.left - inB.across, bottom: 1 - inB.top - inB.down };
  const [beyondB, beyondA] = [largest(ofA), largest(ofB)];
  const most = Math.max(beyondA, beyondB);
  // An edge cannot be placed better than within a part of a pixel of the smaller card.
  const tolerance = BEYOND + EDGE / Math.min(a.width, a.height, b.width, b.height);
  if (most < SAME) return { kind: 'same', whole: null, isBeyond: Math.min(beyondA, beyondB) > tolerance, most, isFinerPart: false };
  const [isBorderA, isBorderB] = [isBorder(planeA, ofA) || isThinBorder(a, transform, ofA), isBorder(planeB, ofB) || isThinBorder(b, 'identity', ofB)];
  const whole = beyondB >= beyondA ? 'a' : 'b';
  const isBeyond = Math.min(beyondA, beyondB) > tolerance && !(beyondB > SAME && isBorderA || beyondB <= tolerance) && !(beyondA > SAME && isBorderB || beyondA <= tolerance);
  const isBordered = (beyondB < SAME || isBorderA) && (beyondA < SAME || isBorderB);
  const finer = a.original.width * a.original.height * window.across * window.down / (b.original.width * b.original.height);
  return { kind: isBordered ? 'bordered' : 'cropped', whole, isBeyond, most, isFinerPart: (whole === 'a' ? finer : 1 / finer) < COARSER };
}

function largest({ left, top, right, bottom }: Sides): number {
  return Math.max(0, left, top, right, bottom);
}

/** A frame of a few pixels of the card, as a share of a side: the coarser planes do not show it. */
const THIN = 0.03;
/** In levels: the spread along the outermost line of a frame, whose card is a JPEG, and between its sides. */
const LINE_SPREAD = 8;
const THIN_SEAM = 12;

/** Do the outermost lines of at least two sides show one and the same colour, and the lines further in another nearly all along? */
function isThinBorder({ rgb, width, height }: Look, transform: Transform, sides: Sides): boolean {
  if (Math.max(sides.left, sides.right, sides.top, sides.bottom) > THIN) return false;
  const [across, down] = isTransposing(transform) ? [height, width] : [width, height];
  const placeOf = (x: number, y: number): number => {
    const [u, v] = sourcePoint(transform, (x + 0.5) / across, (y + 0.5) / down);
    return 3 * (Math.floor(v * height) * width + Math.floor(u * width));
  };
  const luma = (at: number): number => LUMA_RED * (rgb[at] ?? 0) + LUMA_GREEN * (rgb[at + 1] ?? 0) + LUMA_BLUE * (rgb[at + 2] ?? 0);
  const isApart = (at: number, other: number): boolean => [0, 1, 2].some((channel) => Math.abs((rgb[at + channel] ?? 0) - (rgb[other + channel] ?? 0)) > THIN_SEAM);
  const lines: { readonly mean: number; readonly isFrame: boolean }[] = [];
  const look = (share: number, depth: number, length: number, at: (along: number, inwards: number) => number): void => {
    const thickness = share * depth;
    if (thickness < 1) return;
    const inside = Math.ceil(thickness) + APART;
    let [sum, squares, seams] = [0, 0, 0];
    for (let along = 0; along < length; along++) {
      const outer = at(along, 0);
      const level = luma(outer);
      sum += level;
      squares += level * level;
      if (isApart(outer, at(along, inside))) seams++;
    }
    const mean = sum / length;
    lines.push({ mean, isFrame: Math.sqrt(Math.max(0, squares / length - mean * mean)) < LINE_SPREAD && seams > MOST_OF_SEAM * length });
  };
  look(sides.left, across, down, (y, x) => placeOf(x, y));
  look(sides.right, across, down, (y, x) => placeOf(across - 1 - x, y));
  look(sides.top, down, across, (x, y) => placeOf(x, y));
  look(sides.bottom, down, across, (x, y) => placeOf(x, down - 1 - y));
  const means = lines.map(({ mean }) => mean);
  return lines.length >= 2 && lines.every(({ isFrame }) => isFrame) && Math.max(...means) - Math.min(...means) < LINE_SPREAD;
}

/** How much softer than the picture a blurred copy of it is that fills the rest. */
const SOFT = 0.3;
const EVEN = 3;
/** No camera makes so little of a surface: one colour. */
const FLAT = 0.5;
/** A border is even everywhere: of its places not even one in 250 is as steep as this. */
const STEEP = 16;
const MOST_STEEP = 0.004;
/** In levels, and in steps as they are found inside: where a picture merely goes on, there is no seam. */
const SEAM = 5;
const SEAM_BY_STEP = 2;
/** Of its length, where the border is not of one colour. */
const MOST_OF_SEAM = 0.45;
/** How far the two sides of a seam are looked at from it, in pixels of the plane. */
const APART = 2;

/**
 * Is all that lies in the outer strips of one colour, or as soft as a backdrop of blur, and is there a seam between it
 * and the picture? What is out of focus, or the white around a thing, is as soft, and belongs to the picture.
 */
function isBorder({ values, width, height }: Plane, sides: Sides): boolean {
  const box = {
    left: Math.round(Math.max(0, sides.left) * width), right: width - Math.round(Math.max(0, sides.right) * width),
    top: Math.round(Math.max(0, sides.top) * height), bottom: height - Math.round(Math.max(0, sides.bottom) * height),
  };
  const step = (at: number, other: number): number => Math.abs((values[at] ?? 0) - (values[other] ?? 0));
  let [outer, outerCount, outerSteep, inner, innerSteps, innerCount, seam, seamCount] = [0, 0, 0, 0, 0, 0, 0, 0];
  for (let y = 0; y + 1 < height; y++) {
    for (let x = 0; x + 1 < width; x++) {
      const at = y * width + x;
      const slope = step(at + 1, at) + step(at + width, at);
      // The edge of the picture itself belongs to neither.
      const isOutside = x + 2 < box.left || x > box.right || y + 2 < box.top || y > box.bottom;
      const isInside = x > box.left && x + 2 < box.right && y > box.top && y + 2 < box.bottom;
      if (isOutside) { outer += slope; outerCount++; if (slope > STEEP) outerSteep++; }
      if (isInside) {
        inner += slope;
        innerCount++;
        if (x + 2 * APART < box.right) innerSteps += step(at, at + 2 * APART);
      }
    }
  }
  // A strip too thin to look at: whoever cuts that little off had no border in mind.
  if (outerCount === 0 || outerSteep > MOST_STEEP * outerCount) return false;
  const evenness = outer / outerCount;
  const leastSeam = evenness < FLAT ? SEAM : Math.max(SEAM, SEAM_BY_STEP * (innerSteps / Math.max(1, innerCount)));
  let seams = 0;
  const look = (at: number, other: number): void => {
    seam += step(at, other);
    if (step(at, other) > leastSeam) seams++;
    seamCount++;
  };
  const across = (x: number, from: number, to: number): void => {
    if (x - APART < 0 || x + APART >= width) return;
    for (let y = from; y < to; y++) look(y * width + x - APART, y * width + x + APART);
  };
  const down = (y: number, from: number, to: number): void => {
    if (y - APART < 0 || y + APART >= height) return;
    for (let x = from; x < to; x++) look((y - APART) * width + x, (y + APART) * width + x);
  };
  if (sides.left > SAME) across(box.left, box.top, box.bottom);
  if (sides.right > SAME) across(box.right, box.top, box.bottom);
  if (sides.top > SAME) down(box.top, box.left, box.right);
  if (sides.bottom > SAME) down(box.bottom, box.left, box.right);
  // What ends at the edge of a crop, a sleeve, is a seam in places; a border has one nearly all along.
  const isSeamed = seam > leastSeam * Math.max(1, seamCount) && (evenness < FLAT || seams > MOST_OF_SEAM * seamCount);
  return evenness < Math.max(EVEN, SOFT * (inner / Math.max(1, innerCount))) && isSeamed;
}
