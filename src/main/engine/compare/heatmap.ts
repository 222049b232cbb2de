import { constants, createWriteStream } from 'node:fs';
import { open } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';
import { crc32, createDeflate } from 'node:zlib';
import { errorCodeOf } from '../errors.ts';

/**
 * Writes a heat map as PNG while its rows come in, so that memory does not grow with the picture.
 * @param rows one byte a pixel: the largest difference of its three channels, 0–255
 */
export async function writeHeatmap(path: string, width: number, height: number, rows: Iterable<Uint8Array> | AsyncIterable<Uint8Array>): Promise<void> {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  // Eight bits an index into the palette.
  header.set([8, 3, 0, 0, 0], 8);
  await pipeline(
    filtered(rows),
    createDeflate({ level: 4 }),
    async function* wrap(compressed: AsyncIterable<Buffer>) {
      yield Buffer.concat([SIGNATURE, chunk('IHDR', header), MARK, chunk('PLTE', PALETTE)]);
      for await (const bytes of compressed) yield chunk('IDAT', bytes);
      yield chunk('IEND', Buffer.alloc(0));
    },
    createWriteStream(path, { flags: 'wx' }),
  );
}

/** Whether what lies there is a heat map that was made here: that may be written over. */
export async function isHeatmap(path: string): Promise<boolean> {
  try {
    // A named pipe in its place must not hold the question for ever.
    await using file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
    if (!(await file.stat()).isFile()) return false;
    const start = Buffer.alloc(MARK_AT + MARK.length);
    const { bytesRead } = await file.read(start, 0, start.length, 0);
    return bytesRead === start.length && start.subarray(0, SIGNATURE.length).equals(SIGNATURE) && start.subarray(MARK_AT).equals(MARK);
  } catch (error) {
    if (errorCodeOf(error) === 'internal') throw error;
    return false;
  }
}

/** Each row begins with its filter, none: indices are no quantities. */
async function* filtered(rows: Iterable<Uint8Array> | AsyncIterable<Uint8Array>): AsyncGenerator<Buffer> {
  const none = Buffer.alloc(1);
  for await (const row of rows) yield Buffer.concat([none, row]);
}

function chunk(type: string, data: Uint8Array): Buffer {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), data]);
  const [length, check] = [Buffer.alloc(4), Buffer.alloc(4)];
  length.writeUInt32BE(data.length);
  check.writeUInt32BE(crc32(body));
  return Buffer.concat([length, body, check]);
}

const SIGNATURE = Buffer.from('\x89PNG\r\n\x1a\n', 'latin1');
const MARK = chunk('tEXt', Buffer.from('Software\0Proofsheet heat map', 'latin1'));
/** Behind the signature and the header chunk. */
const MARK_AT = SIGNATURE.length + 25;

/** From black by purple and orange to pale yellow, each step lighter than the one before: “inferno” by N. Smith and S. van der Walt, at ten places. */
const STOPS = [0x000004, 0x1b0c41, 0x4a0c6b, 0x781c6d, 0xa52c60, 0xcf4446, 0xed6925, 0xfb9b06, 0xf7d13d, 0xfcffa4] as const;

/** The logarithm of the difference, so that one of 1 is seen and one of 100 is not yet white; none is black. */
const PALETTE = Uint8Array.from({ length: 256 * 3 }, (_, index) => {
  const difference = Math.floor(index / 3);
  if (difference === 0) return 0;
  const place = (Math.log(1 + difference) / Math.log(256)) * (STOPS.length - 1);
  const shift = [16, 8, 0][index % 3] ?? 0;
  const from = (STOPS[Math.floor(place)] ?? 0) >> shift & 255;
  const to = (STOPS[Math.min(STOPS.length - 1, Math.floor(place) + 1)] ?? 0) >> shift & 255;
  return Math.round(from + (to - from) * (place - Math.floor(place)));
});
