import type { Transform } from '../../../contract/index.ts';
import { type ContentSource, readContent } from '../assets/content.ts';
import { errorCodeOf, errorMessageOf, ProofsheetError } from '../errors.ts';
import { toZoom } from '../pixels/cascade.ts';
import type { Pixels, Size } from '../pixels/decode/decode.ts';
import { DamageError } from '../pixels/damage.ts';
import { freePixels } from '../pixels/free-pixels.ts';
import { decodeForZoom, decodeFullSize, type Outline, outlineOf } from '../pixels/full-size.ts';
import { hashDecoded } from '../pixels/pixel-hash.ts';
import type { Fingerprint } from '../similarity/fingerprint.ts';
import { defineTask, type TaskContext } from '../tasks/define-task.ts';
import { align, type Alignment, alignPlaced } from './align.ts';
import { fingerprintOf, pdqDistance, phashDistance } from './fingerprints.ts';
import { writeHeatmap } from './heatmap.ts';
import { createMeter } from './measure.ts';
import { glanceAt, type Glance, type Placement, placeOn } from './placement.ts';
import { resizedRows, rowsOf, undoneSize } from './rows.ts';
import { createScratch, type Scratch } from './scratch.ts';

export interface SideInput extends ContentSource {
  /** What it is called in errors. */
  readonly name: string;
}

export interface CompareInput {
  readonly a: SideInput;
  readonly b: SideInput;
  /** What was done to `a` to get `b`. */
  readonly transform: Transform;
  /** A file to be made for pixels that memory has no room for; gone afterwards. */
  readonly scratch: string;
  /** A file to be made for the heat map. */
  readonly heatmap: string | null;
}

export interface ComparedContent extends Size {
  /** Where it was read. */
  readonly path: string | Uint8Array;
  readonly sha256: string;
  readonly bytes: number;
  readonly format: string;
  readonly isDamaged: boolean;
}

export interface CompareResult {
  readonly a: ComparedContent;
  readonly b: ComparedContent;
  readonly alignment: Alignment['kind'];
  readonly bInA: Placement | null;
  readonly comparedWidth: number;
  readonly comparedHeight: number;
  readonly identicalPixels: boolean;
  readonly psnrDb: number | null;
  readonly ssim: number;
  readonly pdqDistance: number;
  readonly phashDistance: number;
}

/**
 * Measures two files against each other at full size. Only one picture is in memory at a time: the larger is laid down on
 * the disk at the size of the comparison, and read row by row beside the other.
 */
export const compareTask = defineTask<CompareInput, CompareResult>({ name: 'compare', run });

async function run({ a, b, transform, scratch, heatmap }: CompareInput, context: TaskContext): Promise<CompareResult> {
  const first = await look(a, context);
  const second = await look(b, context);
  if (first.sha256 === second.sha256 && transform === 'identity') return await compareWithItself(first, second, heatmap, context);
  const sides: Sides = { a: { known: first, transform: 'identity' }, b: { known: second, transform } };
  // The larger is laid down: what has to be known of the other before costs less.
  const [early, late] = second.outline.width * second.outline.height > first.outline.width * first.outline.height ? (['b', 'a'] as const) : (['a', 'b'] as const);
  const sameSize = first.outline.width === second.outline.width && first.outline.height === second.outline.height;
  const laid = await layDown(sides, early, late, sameSize, scratch, context);
  await using laidDown = laid.rows;
  const { alignment: { kind, size, [late]: region }, placement } = laid;
  const meter = createMeter(size.width, size.height);
  const { findings: read } = await withPicture(sides[late], sameSize, context, async ({ pixels }) => {
    const pairs = inStep(laidDown.rows(), resizedRows(rowsOf(pixels, sides[late].transform), region, size), (one, other) => {
      meter.add(one, other);
      return heatmap === null ? one : largestDifferences(one, other);
    });
    if (heatmap === null) for await (const _ of pairs);
    else await writeHeatmap(heatmap, size.width, size.height, pairs);
  });
  const [one, other] = early === 'a' ? [laid.findings, read] : [read, laid.findings];
  return {
    a: contentOf(first, one), b: contentOf(second, other),
    alignment: kind, bInA: placement, comparedWidth: size.width, comparedHeight: size.height,
    identicalPixels: sameSize && one.pixelSha256 === other.pixelSha256,
    psnrDb: meter.psnrDb(), ssim: meter.ssim(),
    pdqDistance: pdqDistance(one.fingerprint, other.fingerprint), phashDistance: phashDistance(one.fingerprint, other.fingerprint),
  };
}

type Which = 'a' | 'b';
interface Side { readonly known: Look; readonly transform: Transform }
type Sides = Readonly<Record<Which, Side>>;

interface LaidDown {
  readonly rows: Scratch;
  readonly alignment: Alignment;
  readonly placement: Placement | null;
  readonly findings: Findings;
}

/**
 * Lays `early` down at the size of the comparison. That depends on where `late` lies, if their sizes differ: then it is
 * glanced at before; of `early` what it is decoded for anyway will do.
 */
async function layDown(sides: Sides, early: Which, late: Which, sameSize: boolean, scratch: string, context: TaskContext): Promise<LaidDown> {
  const [a, b] = [sides.a.known.outline, undoneSize(sides.b.known.outline, sides.b.transform)];
  const plain = align(a, b);
  const glanced = plain.kind === 'same-size' ? null : await glance(sides[late], context);
  const { known: { outline }, transform } = sides[early];
  const { findings, result } = await withPicture(sides[early], sameSize, context, async ({ pixels, zoom }) => {
    const own = glanced && await glanceAt(zoom, outline, transform);
    const placement = glanced && own && (early === 'a' ? placeOn(own, glanced, sides.b.transform) : placeOn(glanced, own, sides.b.transform));
    const alignment = placement ? alignPlaced(a, b, placement) : plain;
    const rows = await createScratch(scratch, alignment.size.width * 3);
    try {
      for (const row of resizedRows(rowsOf(pixels, transform), alignment[early], alignment.size)) await rows.write(row);
    } catch (error) {
      await rows[Symbol.asyncDispose]();
      throw error;
    }
    return { rows, alignment, placement };
  });
  return { ...result, findings };
}

interface Look {
  readonly side: SideInput;
  readonly path: string | Uint8Array;
  readonly sha256: string;
  readonly bytes: number;
  readonly outline: Outline;
}

/** What a file holds, without decoding it: sizes must be known before the first is laid down. */
async function look(side: SideInput, context: TaskContext): Promise<Look> {
  return await naming(side, async () => {
    using content = await readContent(side, context);
    return { side: { ...side, paths: [content.path], sha256: content.sha256 }, path: content.path, sha256: content.sha256, bytes: content.bytes.length, outline: outlineOf(content.bytes) };
  });
}

/** What tells whether one picture is only a part of the other, from as few pixels as will do. */
async function glance({ known: { side, outline }, transform }: Side, context: TaskContext): Promise<Glance> {
  return await naming(side, async () => {
    using content = await readContent(side, context);
    using picture = await decodeForZoom(content.bytes, outline, context.admitDecode);
    return await glanceAt(picture.pixels, outline, transform);
  });
}

interface Findings {
  readonly isDamaged: boolean;
  /** Null where it was not asked for. */
  readonly pixelSha256: string | null;
  readonly fingerprint: Fingerprint;
}

interface Picture {
  readonly pixels: Pixels;
  /** The same at the size of the zoom rendition, on white. */
  readonly zoom: Pixels;
}

/** Decodes a picture, tells what is asked of every one, and holds it while `use` runs. */
async function withPicture<Result>({ known, transform }: Side, hashes: boolean, context: TaskContext, use: (picture: Picture) => Promise<Result>): Promise<{ readonly findings: Findings; readonly result: Result }> {
  using picture = await naming(known.side, async () => {
    using content = await readContent(known.side, context);
    return await decodeFullSize(content.bytes, known.outline, context.admitDecode);
  });
  const { isDamaged, pixels } = picture;
  const { width, height } = known.outline;
  if (pixels.width !== width || pixels.height !== height) {
    throw new ProofsheetError('corrupt', `${known.side.name}: its header says ${width}×${height} px, but ${pixels.width}×${pixels.height} are in it`);
  }
  const zoom: Pixels = { ...await toZoom(pixels), channels: 3 };
  try {
    const findings = { isDamaged, pixelSha256: hashes ? hashDecoded(pixels) : null, fingerprint: await fingerprintOf(zoom, transform) };
    return { findings, result: await use({ pixels, zoom }) };
  } finally {
    if (zoom.data.buffer !== pixels.data.buffer) freePixels(zoom.data);
  }
}

/** Equal bytes are equal in everything; they are decoded once, because a picture that cannot be is none. */
async function compareWithItself(first: Look, second: Look, heatmap: string | null, context: TaskContext): Promise<CompareResult> {
  const { width, height } = first.outline;
  const { findings } = await withPicture({ known: first, transform: 'identity' }, false, context, async () => {
    if (heatmap !== null) await writeHeatmap(heatmap, width, height, blackRows(width, height));
  });
  return {
    a: contentOf(first, findings), b: contentOf(second, findings),
    alignment: 'same-size', bInA: null, comparedWidth: width, comparedHeight: height,
    identicalPixels: true, psnrDb: null, ssim: 1, pdqDistance: 0, phashDistance: 0,
  };
}

/** Two sequences of rows of the same length, taken together. */
async function* inStep(rowsA: AsyncIterable<Uint8Array>, rowsB: Iterator<Uint8Array, void>, take: (a: Uint8Array, b: Uint8Array) => Uint8Array): AsyncGenerator<Uint8Array, void> {
  for await (const rowA of rowsA) {
    const next = rowsB.next();
    if (next.done === true) throw new Error('The pictures have different numbers of rows');
    yield take(rowA, next.value);
  }
}

function largestDifferences(a: Uint8Array, b: Uint8Array): Uint8Array {
  const row = new Uint8Array(a.length / 3);
  for (let to = 0, at = 0; to < row.length; to++, at += 3) {
    const red = Math.abs((a[at] ?? 0) - (b[at] ?? 0));
    const green = Math.abs((a[at + 1] ?? 0) - (b[at + 1] ?? 0));
    const blue = Math.abs((a[at + 2] ?? 0) - (b[at + 2] ?? 0));
    row[to] = Math.max(red, green, blue);
  }
  return row;
}

function* blackRows(width: number, height: number): Generator<Uint8Array, void> {
  const row = new Uint8Array(width);
  for (let y = 0; y < height; y++) yield row;
}

function contentOf({ path, sha256, bytes, outline: { format, width, height } }: Look, { isDamaged }: Findings): ComparedContent {
  return { path, sha256, bytes, format, width, height, isDamaged };
}

/** An error says which of the two it is about. */
async function naming<Result>({ name }: SideInput, act: () => Promise<Result>): Promise<Result> {
  try {
    return await act();
  } catch (error) {
    const code = error instanceof DamageError ? error.code : errorCodeOf(error);
    throw Object.assign(new ProofsheetError(code, `${name}: ${errorMessageOf(error)}`), { cause: error });
  }
}
