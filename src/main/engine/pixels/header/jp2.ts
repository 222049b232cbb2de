import { DamageError } from '../damage.ts';
import { findBox, readBoxes } from './boxes.ts';
import type { ImageHeader } from './header.ts';

/** JPEG 2000: the SIZ segment that opens every codestream, bare or in its JP2 container. */
export function readJp2Header(bytes: Buffer): ImageHeader {
  const codestream = bytes[0] === 0xff ? bytes : findBox(readBoxes(bytes), 'jp2c');
  if (!codestream || codestream.readUInt16BE(2) !== 0xff51) throw new DamageError('corrupt', 'the JPEG 2000 file has no picture header', false);
  const components = codestream.readUInt16BE(40);
  return {
    width: codestream.readUInt32BE(8) - codestream.readUInt32BE(16),
    height: codestream.readUInt32BE(12) - codestream.readUInt32BE(20),
    orientation: 1,
    frames: 1,
    hasAlpha: components === 2 || components === 4,
    bitDepth: (codestream.readUInt8(42) & 0x7f) + 1,
    channels: components <= 2 ? 'gray' : 'rgb',
    // Samples are 32-bit integers while they are transformed.
    decoderBytesPerPixel: 4 * Math.min(components, 5) + 7,
    bytesMissing: missingFromTiles(codestream),
    blocks: {},
  };
}

/** Each part of a tile says how long it is, from its marker on; behind the last stands the end marker. */
function missingFromTiles(codestream: Buffer): number {
  let at = codestream.indexOf('\xff\x90\0\x0a', 0, 'latin1');
  while (at >= 0 && at + 12 <= codestream.length && codestream.readUInt16BE(at) === 0xff90) {
    const length = codestream.readUInt32BE(at + 6);
    if (length < 14) return 0;
    at += length;
  }
  return Math.max(0, at + 2 - codestream.length);
}
