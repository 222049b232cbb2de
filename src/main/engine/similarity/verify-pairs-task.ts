import { errorMessageOf } from '../errors.ts';
import { decode } from '../pixels/decode/decode.ts';
import { readHeader } from '../pixels/header/header.ts';
import { defineTask, type TaskContext } from '../tasks/define-task.ts';
import { openToRead } from '../tasks/open-to-read.ts';
import { createLook, type Look, verify, type Verdict } from './verify.ts';

export interface Card {
  /** The card rendition: where it lies, or its bytes. */
  readonly file: string | Uint8Array;
  /** Upright size of the image it was made of. */
  readonly width: number;
  readonly height: number;
}

export interface VerifyPairsInput {
  readonly cards: readonly Card[];
  /** Which cards to compare, by their places in the list. */
  readonly pairs: readonly (readonly [number, number])[];
}

export interface VerifyPairsResult {
  /** For each pair; null also where a card could not be read. */
  readonly verdicts: readonly (Verdict | null)[];
  readonly unreadable: readonly { readonly card: number; readonly message: string }[];
}

/** A card's file, its pixels and luminance, and what the comparison derives of them: measured at 400×400 px. */
const PEAK_BYTES_OF_CARD = 3 * 2 ** 20;

/** Compares pictures two by two, each decoded once. */
export const verifyPairsTask = defineTask<VerifyPairsInput, VerifyPairsResult>({ name: 'verify-pairs', run });

async function run({ cards, pairs }: VerifyPairsInput, context: TaskContext): Promise<VerifyPairsResult> {
  using _memory = await context.admitDecode(cards.length * PEAK_BYTES_OF_CARD);
  const looks: (Look | null)[] = [];
  const unreadable: { card: number; message: string }[] = [];
  for (const [at, card] of cards.entries()) {
    try {
      looks.push(await lookAt(card));
    } catch (error) {
      looks.push(null);
      unreadable.push({ card: at, message: errorMessageOf(error) });
    }
  }
  const verdicts = pairs.map(([a, b]) => {
    const [one, other] = [looks[a], looks[b]];
    return one && other ? verify(one, other) : null;
  });
  return { verdicts, unreadable };
}

async function lookAt({ file, width, height }: Card): Promise<Look> {
  const bytes = typeof file === 'string' ? await read(file) : Buffer.from(file.buffer, file.byteOffset, file.byteLength);
  // A card is a JPEG of our own making: any complaint means that it is not what was written.
  const pixels = await decode(bytes, 'jpeg', readHeader(bytes, 'jpeg'), { isTolerant: false, keepsOneScan: true });
  return createLook(pixels.data, pixels.width, pixels.height, { width, height });
}

async function read(path: string): Promise<Buffer> {
  using file = await openToRead(path);
  return await file.readWhole(Buffer.allocUnsafe(file.stat().size));
}
