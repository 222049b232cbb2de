import { errorMessageOf } from '../errors.ts';
import { decode } from '../pixels/decode/decode.ts';
import { readHeader } from '../pixels/header/header.ts';
import { defineTask, type TaskContext } from '../tasks/define-task.ts';
import { openToRead } from '../tasks/open-to-read.ts';
import { createLook, type Look, verify, type Verdict } from './verify.ts';
import type { Size } from './verify-look.ts';
import { planesOfThread } from './planes.ts';

/** With the upright size of the image that the card was made of. */
export interface Card extends Size {
  /** The card rendition: where it lies, or its bytes. */
  readonly file: string | Uint8Array;
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

/** A card's file, its pixels and luminance, and what the comparison derives of them, one card at a time: measured at 400×400 px. */
const PEAK_BYTES_OF_CARD = 3 * 2 ** 20;
/** What of that is kept as its look. */
const BYTES_OF_LOOK = 720 * 2 ** 10;
/** Looks that a thread keeps: a family's are asked for again and again. */
const HELD_LOOKS = 64;
/** These and the planes of one comparison. */
const HELD_BYTES = HELD_LOOKS * BYTES_OF_LOOK + 21 * 2 ** 20;

const held = new Map<string, Look>();

/** Compares pictures two by two, each decoded once. */
export const verifyPairsTask = defineTask<VerifyPairsInput, VerifyPairsResult>({ name: 'verify-pairs', run });

async function run({ cards, pairs }: VerifyPairsInput, context: TaskContext): Promise<VerifyPairsResult> {
  using _memory = await context.admitDecode(HELD_BYTES + PEAK_BYTES_OF_CARD + cards.length * BYTES_OF_LOOK);
  const looks: (Look | null)[] = [];
  const unreadable: { card: number; message: string }[] = [];
  for (const [at, card] of cards.entries()) {
    try {
      looks.push(typeof card.file === 'string' ? await lookAtFile(card.file, card) : await lookAt(card.file, card));
    } catch (error) {
      looks.push(null);
      unreadable.push({ card: at, message: errorMessageOf(error) });
    }
  }
  const verdicts = pairs.map(([a, b]) => {
    const [one, other] = [looks[a], looks[b]];
    return one && other ? verify(one, other, planesOfThread()) : null;
  });
  return { verdicts, unreadable };
}

async function lookAtFile(path: string, original: Size): Promise<Look> {
  using file = await openToRead(path);
  const { size, mtimeMs, ino } = file.stat();
  const key = `${path} ${size} ${mtimeMs} ${ino}`;
  const look = held.get(key) ?? await lookAt(await file.readWhole(Buffer.allocUnsafe(size)), original);
  held.delete(key);
  held.set(key, look);
  for (const oldest of held.keys()) {
    if (held.size <= HELD_LOOKS) break;
    held.delete(oldest);
  }
  return look;
}

async function lookAt(card: Uint8Array, { width, height }: Size): Promise<Look> {
  const bytes = Buffer.from(card.buffer, card.byteOffset, card.byteLength);
  // A card is a JPEG of our own making: any complaint means that it is not what was written.
  const pixels = await decode(bytes, 'jpeg', readHeader(bytes, 'jpeg'), { isTolerant: false, keepsOneScan: true });
  return createLook(pixels.data, pixels.width, pixels.height, { width, height }, planesOfThread());
}
