import { DamageError } from '../damage.ts';
import type { ImageHeader } from './header.ts';
import { exifOrientation } from './tiff-structure.ts';

export function readWebpHeader(bytes: Buffer): ImageHeader {
  let size: { width: number; height: number } | null = null;
  let hasAlpha = false;
  let frames = 0;
  let exif: Buffer | undefined;
  let xmp: Buffer | undefined;
  let icc: Buffer | undefined;
  for (let at = 12; at + 8 <= bytes.length;) {
    const type = bytes.toString('latin1', at, at + 4);
    const length = bytes.readUInt32LE(at + 4);
    const data = bytes.subarray(at + 8, at + 8 + length);
    if (type === 'VP8X') {
      hasAlpha = (data.readUInt8(0) & 0x10) !== 0;
      size = { width: data.readUIntLE(4, 3) + 1, height: data.readUIntLE(7, 3) + 1 };
    } else if (type === 'VP8 ') {
      size ??= { width: data.readUInt16LE(6) & 0x3fff, height: data.readUInt16LE(8) & 0x3fff };
    } else if (type === 'VP8L') {
      const bits = data.readUInt32LE(1);
      size ??= { width: (bits & 0x3fff) + 1, height: ((bits >>> 14) & 0x3fff) + 1 };
      if ((bits >>> 28) & 1) hasAlpha = true;
    } else if (type === 'ANMF') frames++;
    else if (type === 'EXIF') exif = data.toString('latin1', 0, 6) === 'Exif\0\0' ? data.subarray(6) : data;
    else if (type === 'XMP ') xmp = data;
    else if (type === 'ICCP') icc = data;
    at += 8 + length + (length & 1);
  }
  if (!size) throw new DamageError(bytes.length < 30 ? 'truncated' : 'corrupt', 'the WebP has no picture header', false);
  return {
    ...size,
    orientation: exif ? exifOrientation(exif) : 1,
    frames: Math.max(1, frames),
    hasAlpha,
    bitDepth: 8,
    channels: 'rgb',
    // The library decodes the whole picture at once.
    decoderBytesPerPixel: 4,
    blocks: { ...(exif && { exif }), ...(xmp && { xmp }), ...(icc && { icc }) },
  };
}
