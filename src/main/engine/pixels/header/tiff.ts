import { DamageError } from '../damage.ts';
import type { ImageHeader } from './header.ts';
import { createTiffReader } from './tiff-structure.ts';

/** Pages beyond this are not counted: the limit on pixels has been broken long before. */
const MAX_PAGES = 65_536;
const MAX_BLOCK_BYTES = 16 * 1024 * 1024;

export function readTiffHeader(bytes: Buffer): ImageHeader {
  const reader = createTiffReader(bytes);
  const first = reader?.directory(reader.first);
  if (!reader || !first) {
    throw new DamageError(reader && reader.first + 2 > bytes.length ? 'truncated' : 'corrupt', 'the TIFF has no directory', false);
  }
  const { fields } = first;
  const value = (tag: number, fallback: number): number => reader.numbers(fields.get(tag), 1)[0] ?? fallback;
  const visited = new Set([reader.first]);
  let next = first.next;
  while (next !== 0 && !visited.has(next) && visited.size < MAX_PAGES) {
    const page = reader.directory(next);
    if (!page) break;
    visited.add(next);
    next = page.next;
  }
  const samples = Math.max(1, value(277, 1));
  const photometric = value(262, 1);
  const bitDepth = value(258, 1);
  const height = value(257, 0);
  const xmp = reader.data(fields.get(700), MAX_BLOCK_BYTES);
  const iptc = reader.data(fields.get(33723), MAX_BLOCK_BYTES);
  const icc = reader.data(fields.get(34675), MAX_BLOCK_BYTES);
  const orientation = value(274, 1);
  return {
    width: value(256, 0),
    height,
    orientation: orientation >= 1 && orientation <= 8 ? orientation : 1,
    frames: visited.size,
    // Extra samples may be anything; 1 and 2 are alpha, multiplied in and straight.
    hasAlpha: [1, 2].includes(value(338, 0)) && samples > (photometric <= 1 ? 1 : photometric === 5 ? 4 : 3),
    bitDepth,
    channels: photometric <= 1 ? 'gray' : photometric === 5 ? 'cmyk' : photometric === 8 ? 'lab' : 'rgb',
    samples,
    // Strips and tiles are decoded one row of them at a time, but a file may be one strip. What is too much is handed over before it is dropped.
    decoderBytesPerPixel: Math.min(1, value(323, value(278, height)) / Math.max(1, height)) * (samples * Math.max(8, bitDepth)) / 8 + (samples > 4 ? samples : 0),
    blocks: { exif: bytes, ...(xmp && { xmp }), ...(iptc && { iptc }), ...(icc && { icc }) },
  };
}
