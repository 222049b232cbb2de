import { inflateSync } from 'node:zlib';
import { DamageError } from '../damage.ts';
import type { ImageHeader } from './header.ts';
import { exifOrientation } from './tiff-structure.ts';

/** What the compressed blocks of a file may expand to together. A colour profile of a printer reaches 3 MB. */
const MAX_EXPANDED_BYTES = 8 * 1024 * 1024;
/** A text is cut there; far less of it is kept. */
const MAX_TEXT_BYTES = 64 * 1024;
const XMP_KEY = 'XML:com.adobe.xmp';
/** The texts that are read. Others may be large (generators of pictures keep their whole recipe there). */
const TEXT_KEYS = ['Title', 'Description', 'Comment', 'Author', 'Copyright', 'Software', 'Creation Time'];

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
  const texts = new Map<string, string>();
  const expand = createExpander();
  // Each is read once, so that damaged blocks, which count for nothing, cannot be repeated at will either.
  const seen = new Set<string>();
  for (let at = 8; at + 8 <= bytes.length;) {
    const length = bytes.readUInt32BE(at);
    const type = bytes.toString('latin1', at + 4, at + 8);
    const data = bytes.subarray(at + 8, at + 8 + length);
    if (type === 'IEND') break;
    if (type === 'tRNS') hasAlpha = true;
    else if (type === 'acTL' && data.length >= 4) frames = Math.max(1, data.readUInt32BE(0));
    else if (type === 'eXIf') exif = data;
    else if (type === 'iCCP' && !seen.has(type)) {
      seen.add(type);
      icc = expand(data.subarray(data.indexOf(0) + 2), 'colour profile');
    } else if (type === 'tEXt' || type === 'zTXt' || type === 'iTXt') {
      const text = readText(type, data);
      if (text && !seen.has(text.key) && (text.key === XMP_KEY || TEXT_KEYS.includes(text.key))) {
        seen.add(text.key);
        const content = text.isCompressed ? expand(text.data, 'text') : text.data;
        if (text.key === XMP_KEY) xmp = content;
        else if (content) texts.set(text.key, content.toString(text.encoding, 0, MAX_TEXT_BYTES));
      }
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
    blocks: { ...(exif && { exif }), ...(xmp && { xmp }), ...(icc && { icc }), ...(texts.size > 0 && { texts: [...texts] }) },
  };
}

interface Text { readonly key: string; readonly data: Buffer; readonly encoding: 'latin1' | 'utf8'; readonly isCompressed: boolean }

function readText(type: 'tEXt' | 'zTXt' | 'iTXt', data: Buffer): Text | null {
  const end = data.indexOf(0);
  if (end < 1 || end > 79) return null;
  const key = data.toString('latin1', 0, end);
  if (type === 'tEXt') return { key, data: data.subarray(end + 1), encoding: 'latin1', isCompressed: false };
  if (type === 'zTXt') return { key, data: data.subarray(end + 2), encoding: 'latin1', isCompressed: true };
  const languageEnd = data.indexOf(0, end + 3);
  const textAt = data.indexOf(0, languageEnd + 1) + 1;
  if (languageEnd < 0 || textAt === 0) return null;
  return { key, data: data.subarray(textAt), encoding: 'utf8', isCompressed: data[end + 1] === 1 };
}

/**
 * Expands the compressed blocks of one file. Undefined if one is damaged (which harms nobody); blocks that explode, alone
 * or together, are an attack and refused.
 */
function createExpander(): (data: Buffer, what: string) => Buffer | undefined {
  let bytesLeft = MAX_EXPANDED_BYTES;
  return (data, what) => {
    try {
      const expanded = inflateSync(data, { maxOutputLength: Math.max(1, bytesLeft) });
      bytesLeft -= expanded.length;
      return expanded;
    } catch (error) {
      if (error instanceof RangeError) throw new DamageError('corrupt', `with a ${what} of ${data.length} bytes, the compressed blocks expand to more than ${MAX_EXPANDED_BYTES / 1024 / 1024} MB`);
      return undefined;
    }
  };
}
