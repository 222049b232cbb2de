import type { Transform } from '../../../contract/index.ts';
import { type ContentSource, readContent } from '../assets/content.ts';
import { errorCodeOf, errorMessageOf, ProofsheetError } from '../errors.ts';
import type { Size } from '../pixels/decode/decode.ts';
import { type Decoded, decodeForZoom, decodeFullSize, type Outline, outlineOf } from '../pixels/full-size.ts';
import { hashDecoded } from '../pixels/pixel-hash.ts';
import type { Fingerprint } from '../similarity/fingerprint.ts';
import { defineTask, type TaskContext } from '../tasks/define-task.ts';
import { align, type Alignment, alignPlaced } from './align.ts';
import { fingerprintOf, pdqDistance, phashDistance } from './fingerprints.ts';
import { writeHeatmap } from './heatmap.ts';
import { createMeter } from './measure.ts';
import { glanceAt, type Glance, type Placement, placeOn } from './placement.ts';
import { resizedRows, rowsOf, undoneSize } from './rows.ts';
import { createScratch } from './scratch.ts';

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
 * Measures two files against each other at full size. Only one picture is in memory at a time: the first is laid down on
 * the disk at the size of the comparison, and read row by row beside the second.
 */
export const compareTask = defineTask<CompareInput, CompareResult>({ name: 'compare', run });

async function run({ a, b, transform, scratch, heatmap }: CompareInput, context: TaskContext): Promise<CompareResult> {
  const first = await look(a, context);
  const second = await look(b, context);
  if (first.sha256 === second.sha256 && transform === 'identity') return await compareWithItself(first, second, heatmap, context);
  const undone = undoneSize(second.outline, transform);
  const plain = align(first.outline, undone);
  const placement = plain.kind === 'same-size' ? null : placeOn(await glance(first, 'identity', context), await glance(second, transform, context), transform);
  const alignment = placement ? alignPlaced(first.outline, undone, placement) : plain;
  const { size } = alignment;
  await using laidDown = await createScratch(scratch, size.width * 3);

  const sameSize = first.outline.width === second.outline.width && first.outline.height === second.outline.height;
  const one = await withPicture(first, 'identity', sameSize, context, async ({ pixels }) => {
    for (const row of resizedRows(rowsOf(pixels, 'identity'), alignment.a, size)) await laidDown.write(row);
  });
  const meter = createMeter(size.width, size.height);
  const other = await withPicture(second, transform, sameSize, context, async ({ pixels }) => {
    const pairs = inStep(laidDown.rows(), resizedRows(rowsOf(pixels, transform), alignment.b, size), (rowA, rowB) => {
      meter.add(rowA, rowB);
      return heatmap === null ? rowB : largestDifferences(rowA, rowB);
    });
    if (heatmap === null) for await (const _ of pairs);
    else await writeHeatmap(heatmap, size.width, size.height, pairs);
  });
  return {
    a: contentOf(first, one), b: contentOf(second, other),
    alignment: alignment.kind, bInA: placement, comparedWidth: size.width, comparedHeight: size.height,
    identicalPixels: sameSize && one.pixelSha256 === other.pixelSha256,
    psnrDb: meter.psnrDb(), ssim: meter.ssim(),
    pdqDistance: pdqDistance(one.fingerprint, other.fingerprint), phashDistance: phashDistance(one.fingerprint, other.fingerprint),
  };
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
async function glance({ side, outline }: Look, transform: Transform, context: TaskContext): Promise<Glance> {
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

/** Decodes a picture, tells what is asked of every one, and holds it while `use` runs. */
async function withPicture(known: Look, transform: Transform, hashes: boolean, context: TaskContext, use: (picture: Decoded) => Promise<void>): Promise<Findings> {
  using picture = await naming(known.side, async () => {
    using content = await readContent(known.side, context);
    return await decodeFullSize(content.bytes, known.outline, context.admitDecode);
  });
  const { isDamaged, pixels } = picture;
  const { width, height } = known.outline;
  if (pixels.width !== width || pixels.height !== height) {
    throw new ProofsheetError('corrupt', `${known.side.name}: its header says ${width}×${height} px, but ${pixels.width}×${pixels.height} are in it`);
  }
  const findings = { isDamaged, pixelSha256: hashes ? hashDecoded(pixels) : null, fingerprint: await fingerprintOf(pixels, transform) };
  await use(picture);
  return findings;
}

/** Equal bytes are equal in everything; they are decoded once, because a picture that cannot be is none. */
async function compareWithItself(first: Look, second: Look, heatmap: string | null, context: TaskContext): Promise<CompareResult> {
  const { width, height } = first.outline;
  const findings = await withPicture(first, 'identity', false, context, async () => {
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
    const code = error instanceof Error && 'code' in error && typeof error.code === 'string' && !(error instanceof ProofsheetError) ? error.code : errorCodeOf(error);
    throw Object.assign(new Error(`${name}: ${errorMessageOf(error)}`, { cause: error }), { code });
  }
}
