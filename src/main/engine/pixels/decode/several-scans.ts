import { readJpegSegments } from '../header/jpeg.ts';

export interface SeveralScans {
  readonly bytes: Buffer;
  /** False if the result is good for nothing but to be checked. */
  readonly isSamePicture: boolean;
}

/**
 * The same JPEG in several scans, for a decoder that is to complain of all that is wrong. libjpeg counts what it finds
 * in the coded data, but libvips looks at that count before each strip of rows and never after the last, where most
 * damage shows: a wrong bit anywhere shifts the rest, and codes are missing or left over at the end. A JPEG of several
 * scans is read to its end mark before the first row comes out.
 *
 * Before the one scan there comes one more, of one component, that says “no difference” for every block. A picture of
 * one component gets two empty ones beside it instead. Null where there are several scans already, or the decoder will
 * refuse the file anyway.
 */
export function toSeveralScans(bytes: Buffer): SeveralScans | null {
  const parsed = readJpegSegments(bytes, 0);
  const frame = parsed?.segments.findLast(({ marker }) => marker === 0xc0 || marker === 0xc1)?.payload;
  if (!parsed || !frame || parsed.frame.process > 1) return null;
  const { segments, scanAt, frame: { width, height, components: count } } = parsed;
  if (bytes[scanAt + 4] !== count || frame.length !== 6 + 3 * count || bytes.length < scanAt + 10) return null;

  const components = readComponents(frame, width, height);
  const restart = segment(0xdd, readRestart(segments) ?? (countUnits(components) <= NEVER ? [NEVER >> 8, NEVER & 255] : [0, 0]));
  if (count === 1) {
    const frameAt = frame.byteOffset - bytes.byteOffset - 4;
    const parts = [bytes.subarray(0, frameAt), withEmptyComponents(frame, bytes.readUInt8(frameAt + 1)), bytes.subarray(frameAt + 4 + frame.length, scanAt)];
    return { bytes: Buffer.concat([...parts, restart, bytes.subarray(scanAt)]), isSamePicture: false };
  }
  const leading = makeLeadingScan(components, bytes.subarray(scanAt + 5, scanAt + 5 + 2 * count));
  return leading && { bytes: Buffer.concat([bytes.subarray(0, scanAt), ...leading, restart, bytes.subarray(scanAt)]), isSamePicture: true };
}

/** As restart interval of a picture with no more units it changes nothing, but keeps libjpeg off its fast reader, which takes codes that do not exist for zeros. */
const NEVER = 65_535;

interface Component { readonly id: number; readonly across: number; readonly down: number; readonly blocks: number }

function readComponents(frame: Buffer, width: number, height: number): Component[] {
  const read = Array.from({ length: frame.readUInt8(5) }, (_, index) => {
    const [id = 0, sampling = 0] = frame.subarray(6 + 3 * index);
    return { id, across: Math.max(1, sampling >> 4), down: Math.max(1, sampling & 15) };
  });
  const [most, tallest] = [Math.max(...read.map(({ across }) => across)), Math.max(...read.map(({ down }) => down))];
  return read.map((one) => ({ ...one, blocks: Math.ceil((width * one.across) / (8 * most)) * Math.ceil((height * one.down) / (8 * tallest)) }));
}

/** Blocks of a single component, of several at most so many groups of blocks. */
function countUnits(components: readonly Component[]): number {
  return Math.max(...components.map(({ across, down, blocks }) => (components.length === 1 ? blocks : Math.ceil(blocks / (across * down)))));
}

function readRestart(segments: readonly { readonly marker: number; readonly payload: Buffer }[]): Buffer | undefined {
  const restart = segments.findLast(({ marker }) => marker === 0xdd)?.payload;
  return restart?.some((byte) => byte !== 0) ? restart : undefined;
}

/** One bit for the mean of a block and one for its end: both zero. */
const BITS_PER_BLOCK = 2;

/** Of the component with the fewest blocks; null if the scan that follows leaves no Huffman table free. */
function makeLeadingScan(components: readonly Component[], selectors: Buffer): Buffer[] | null {
  const [component] = components.toSorted((a, b) => a.blocks - b.blocks);
  const used = [...selectors].filter((_, index) => index % 2 === 1).flatMap((tables) => [tables >> 4, tables & 15]);
  const table = [3, 2, 1, 0].find((slot) => !used.includes(slot));
  if (!component || table === undefined) return null;
  // A table with one code of one bit, which stands for the value 0.
  const oneCode = [1, ...Array.from({ length: 15 }, () => 0), 0];
  return [
    segment(0xdd, [0, 0]),
    segment(0xc4, [table, ...oneCode, 16 + table, ...oneCode]),
    segment(0xda, [1, component.id, 17 * table, 0, 63, 0]),
    Buffer.alloc(Math.ceil((component.blocks * BITS_PER_BLOCK) / 8)),
  ];
}

/** The frame with two more components, a sixteenth of the size, that no scan fills. */
function withEmptyComponents(frame: Buffer, marker: number): Buffer {
  const [id = 0, , table = 0] = frame.subarray(6);
  return segment(marker, [...frame.subarray(0, 5), 3, id, 0x44, table, (id + 1) & 255, 0x11, table, (id + 2) & 255, 0x11, table]);
}

function segment(marker: number, payload: Uint8Array | readonly number[]): Buffer {
  return Buffer.from([0xff, marker, (payload.length + 2) >> 8, (payload.length + 2) & 255, ...payload]);
}
