import { RENDITION_PRESETS } from '../../../contract/presets.ts';
import { ProofsheetError } from '../errors.ts';
import { fitInside } from './cascade.ts';
import { DamageError } from './damage.ts';
import { decode, type Pixels, type Size } from './decode/decode.ts';
import { planDecode } from './decode/plan.ts';
import { HARD_PIXEL_LIMIT } from './decode/sharp.ts';
import { freePixels } from './free-pixels.ts';
import { type ImageHeader, readHeader } from './header/header.ts';
import type { Admit } from './outcome.ts';
import { type ImageFormat, sniff } from './sniff.ts';

/** What a file's header says of its picture. */
export interface Outline extends Size {
  readonly format: ImageFormat;
  /** Upright, as `width` and `height` are. */
  readonly header: ImageHeader;
}

/** Holds the memory of its pixels until it is disposed. */
export interface Decoded extends Disposable {
  readonly pixels: Pixels;
  /** These are only what can be had of a damaged file. */
  readonly isDamaged: boolean;
}

/**
 * Tells what a file holds without decoding it.
 * @throws ProofsheetError `not-an-image`, `unsupported-format`; DamageError
 */
export function outlineOf(bytes: Buffer): Outline {
  const kind = sniff(bytes);
  if (kind.kind === 'other') throw new ProofsheetError('not-an-image', `the file is ${kind.looksLike}`);
  if (kind.kind === 'unsupported') throw new ProofsheetError('unsupported-format', `${kind.name} is not supported`);
  const header = readHeader(bytes, kind.format);
  if (header.width * header.height > HARD_PIXEL_LIMIT) {
    throw new ProofsheetError('too-many-pixels', `image is ${header.width}×${header.height} px, at most ${HARD_PIXEL_LIMIT} pixels are decoded`);
  }
  const isTurned = header.orientation >= 5;
  return { format: kind.format, header, width: isTurned ? header.height : header.width, height: isTurned ? header.width : header.height };
}

/**
 * Decodes a picture at its full size; of a damaged one what can be read.
 * @param extraBytes memory that is needed beside what decoding takes
 * @throws ProofsheetError `too-many-pixels` when there is no memory for it; DamageError
 */
export async function decodeFullSize(bytes: Buffer, outline: Outline, admit: Admit, extraBytes = 0): Promise<Decoded> {
  return await decodeAt(null, bytes, outline, admit, extraBytes);
}

/** Decodes a picture at the size of its zoom rendition or more, whichever is less work; otherwise as at its full size. */
export async function decodeForZoom(bytes: Buffer, outline: Outline, admit: Admit): Promise<Decoded> {
  const zoomSize = fitInside(outline, RENDITION_PRESETS.zoom);
  return await decodeAt(outline.width >= 2 * zoomSize.width && outline.height >= 2 * zoomSize.height ? zoomSize : null, bytes, outline, admit, 0);
}

async function decodeAt(reduceTo: Size | null, bytes: Buffer, { format, header }: Outline, admit: Admit, extraBytes: number): Promise<Decoded> {
  const plan = planDecode(bytes.length, format, header, { mayReduce: reduceTo !== null, mayCheck: true });
  if ('code' in plan) throw new ProofsheetError(plan.code, plan.message);
  const memory = await admit(plan.peakBytes + extraBytes);
  const look = (isTolerant: boolean): Promise<Pixels> => decode(bytes, format, header, { isTolerant, keepsOneScan: !plan.isChecked, ...(plan.isReduced && reduceTo && { reduceTo }) });
  try {
    const { pixels, isDamaged } = await look(false).then((whole) => ({ pixels: whole, isDamaged: false }), async (error: unknown) => {
      if (!(error instanceof DamageError) || !error.salvageable) throw error;
      return { pixels: await look(true).catch(() => { throw error; }), isDamaged: true };
    });
    return {
      pixels,
      isDamaged,
      [Symbol.dispose]() {
        freePixels(pixels.data);
        memory[Symbol.dispose]();
      },
    };
  } catch (error) {
    memory[Symbol.dispose]();
    throw error;
  }
}
