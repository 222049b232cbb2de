import { DamageError } from '../damage.ts';
import { findBox, missingFrom, readBoxes } from './boxes.ts';
import type { ImageHeader } from './header.ts';

/** JPEG XL (ISO/IEC 18181-1, SizeHeader and the head of ImageMetadata), bare or in its container. */
export function readJxlHeader(bytes: Buffer): ImageHeader {
  const boxes = bytes[0] === 0xff ? [] : readBoxes(bytes);
  const codestream = bytes[0] === 0xff ? bytes : findBox(boxes, 'jxlc') ?? findBox(boxes, 'jxlp')?.subarray(4);
  if (!codestream || codestream.readUInt16BE(0) !== 0xff0a) throw new DamageError('corrupt', 'the JPEG XL file has no picture header', false);
  const bits = createBitReader(codestream.subarray(2));
  const isSmall = bits(1) === 1;
  const height = isSmall ? (bits(5) + 1) * 8 : bits(SIZE_BITS[bits(2)] ?? 9) + 1;
  const ratio = RATIOS[bits(3)];
  const width = ratio ? Math.floor((height * ratio[0]) / ratio[1]) : isSmall ? (bits(5) + 1) * 8 : bits(SIZE_BITS[bits(2)] ?? 9) + 1;
  const isAllDefault = bits(1) === 1;
  const orientation = !isAllDefault && bits(1) === 1 ? bits(3) + 1 : 1;
  const exif = findBox(boxes, 'Exif')?.subarray(4);
  const xmp = findBox(boxes, 'xml ');
  return {
    // The decoder turns the picture itself, as the codestream says.
    width: orientation >= 5 ? height : width,
    height: orientation >= 5 ? width : height,
    orientation: 1,
    frames: 1,
    hasAlpha: false,
    bitDepth: 8,
    channels: 'rgb',
    decoderBytesPerPixel: 10,
    bytesMissing: missingFrom(boxes, ['jxlc', 'jxlp']),
    blocks: { ...(exif && { exif }), ...(xmp && { xmp }) },
  };
}

const SIZE_BITS = [9, 13, 18, 30];
const RATIOS: readonly (readonly [number, number] | null)[] = [null, [1, 1], [12, 10], [4, 3], [3, 2], [16, 9], [5, 4], [2, 1]];

/** Reads little-endian bits, lowest first. */
function createBitReader(bytes: Buffer): (count: number) => number {
  let position = 0;
  return (count) => {
    let value = 0;
    for (let bit = 0; bit < count; bit++, position++) value += ((bytes.readUInt8(position >> 3) >> (position & 7)) & 1) * 2 ** bit;
    return value;
  };
}
