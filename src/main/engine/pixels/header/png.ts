import { inflateSync } from 'node:zlib';
import { DamageError } from '../damage.ts';
import type { ImageHeader } from './header.ts';
import { exifOrientation } from './tiff-structure.ts';

/** What a compressed block may expand to. A colour profile of a printer reaches 3 MB. */
const MAX_EXPANDED_BYTES = 8 * 1024 * 1024;
const MAX_TEXTS = 100;

export function readPngHeader(bytes: Buffer): ImageHeader {
  if (bytes.toString('latin1', 12, 16) !== 'IHDR') throw new DamageError('corrupt', 'the PNG does not begin with its header', false);
  const width = bytes.readUInt32BE(16);
  const height = bytes.readUInt32BE(20);
  const bitDepth = bytes.readUInt8(24);
  const colorType = bytes.readUInt8(25);
  const isInterlaced = bytes.readUInt8(28) !== 0;
  let hasAlpha = (colorType & 4) !== 0;
  let frames = 1;
  let exif: Buffer | undefined;
  let xmp: Buffer | undefined;
  let icc: Buffer | undefined;
  const texts: [string, string][] = [];
  for (let at = 8; at + 8 <= bytes.length;) {
    const length = bytes.readUInt32BE(at);
    const type = bytes.toString('latin1', at + 4, at + 8);
    const data = bytes.subarray(at + 8, at + 8 + length);
    if (type === 'IEND') break;
    if (type === 'tRNS') hasAlpha = true;
    else if (type === 'acTL' && data.length >= 4) frames = Math.max(1, data.readUInt32BE(0));
    else if (type === 'eXIf') exif = data;
    else if (type === 'iCCP') icc = expand(data.subarray(data.indexOf(0) + 2), 'colour profile');
    else if ((type === 'tEXt' || type === 'zTXt' || type === 'iTXt') && texts.length < MAX_TEXTS) {
      const text = readText(type, data);
      if (text?.[0] === 'XML:com.adobe.xmp') xmp = Buffer.from(text[1]);
      else if (text) texts.push(text);
    }
    at += 12 + length;
  }
  return {
    width,
    height,
    orientation: exif ? exifOrientation(exif) : 1,
    frames,
    hasAlpha,
    bitDepth: colorType === 3 ? 8 : bitDepth,
    channels: colorType === 0 || colorType === 4 ? 'gray' : 'rgb',
    // Interlaced pictures come out in seven passes over the whole.
    decoderBytesPerPixel: isInterlaced ? (4 * Math.max(8, bitDepth)) / 8 : 0,
    blocks: { ...(exif && { exif }), ...(xmp && { xmp }), ...(icc && { icc }), ...(texts.length > 0 && { texts }) },
  };
}

function readText(type: string, data: Buffer): [string, string] | null {
  const end = data.indexOf(0);
  if (end < 1 || end > 79) return null;
  const key = data.toString('latin1', 0, end);
  if (type === 'tEXt') return [key, data.toString('latin1', end + 1)];
  if (type === 'zTXt') return [key, expand(data.subarray(end + 2), 'text')?.toString('latin1') ?? ''];
  const isCompressed = data[end + 1] === 1;
  const languageEnd = data.indexOf(0, end + 3);
  const textAt = data.indexOf(0, languageEnd + 1) + 1;
  if (languageEnd < 0 || textAt === 0) return null;
  const text = data.subarray(textAt);
  return [key, (isCompressed ? expand(text, 'text') : text)?.toString('utf8') ?? ''];
}

/** Undefined if it is damaged (which harms nobody); a block that explodes is an attack and refused. */
function expand(data: Buffer, what: string): Buffer | undefined {
  try {
    return inflateSync(data, { maxOutputLength: MAX_EXPANDED_BYTES });
  } catch (error) {
    if (error instanceof RangeError) throw new DamageError('corrupt', `a ${what} of ${data.length} bytes expands to more than ${MAX_EXPANDED_BYTES / 1024 / 1024} MB`);
    return undefined;
  }
}
