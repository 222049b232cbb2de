import { DamageError } from '../damage.ts';
import type { ImageHeader } from './header.ts';
import { readIptcResource } from './photoshop.ts';
import { exifOrientation } from './tiff-structure.ts';

const EXIF = 'Exif\0\0';
const XMP = 'http://ns.adobe.com/xap/1.0/\0';
const ICC = 'ICC_PROFILE\0';
const PHOTOSHOP = 'Photoshop 3.0\0';

export interface JpegFrame {
  readonly width: number;
  readonly height: number;
  readonly precision: number;
  readonly components: number;
  /** The low half of the SOF marker: 0 baseline, 2 progressive, 3 lossless … */
  readonly process: number;
  /** Samples a pixel over all components: 3 for 4:4:4, 1.5 for 4:2:0. */
  readonly samplesPerPixel: number;
}

export interface JpegSegments {
  readonly frame: JpegFrame;
  /** Segments before the picture's data: marker and payload. */
  readonly segments: readonly { readonly marker: number; readonly payload: Buffer }[];
  /** Offset of the first start-of-scan marker. */
  readonly scanAt: number;
}

export function readJpegHeader(bytes: Buffer): ImageHeader {
  const parsed = readJpegSegments(bytes, 0);
  if (!parsed) throw new DamageError(isCutInHeader(bytes) ? 'truncated' : 'corrupt', 'the JPEG has no picture header', false);
  const { frame, segments, scanAt } = parsed;
  let exif: Buffer | undefined;
  let xmp: Buffer | undefined;
  let iptc: Buffer | undefined;
  const iccParts = new Map<number, Buffer>();
  for (const { marker, payload } of segments) {
    if (marker === 0xe1 && !exif && hasPrefix(payload, EXIF)) exif = payload.subarray(EXIF.length);
    else if (marker === 0xe1 && !xmp && hasPrefix(payload, XMP)) xmp = payload.subarray(XMP.length);
    else if (marker === 0xe2 && hasPrefix(payload, ICC)) iccParts.set(payload[ICC.length] ?? 0, payload.subarray(ICC.length + 2));
    else if (marker === 0xed && !iptc && hasPrefix(payload, PHOTOSHOP)) iptc = readIptcResource(payload.subarray(PHOTOSHOP.length));
  }
  const parts = [...iccParts].sort(([a], [b]) => a - b).map(([, part]) => part);
  const icc = parts.length > 1 ? Buffer.concat(parts) : parts[0];
  return {
    width: frame.width,
    height: frame.height,
    orientation: exif ? exifOrientation(exif) : 1,
    frames: 1,
    hasAlpha: false,
    bitDepth: frame.precision,
    channels: frame.components === 1 ? 'gray' : frame.components === 4 ? 'cmyk' : 'rgb',
    // Pictures of several scans are kept as 16-bit coefficients until the last has been read, and most are decoded as such.
    decoderBytesPerPixel: 2 * (frame.components === 1 ? 1.125 : frame.samplesPerPixel),
    isOneScan: frame.process <= 1 && bytes[scanAt + 4] === frame.components,
    blocks: { ...(exif && { exif }), ...(xmp && { xmp }), ...(iptc && { iptc }), ...(icc && { icc }) },
  };
}

/**
 * The segments of the JPEG that begins at `start`, or null if none is there that leads to a picture. A search that tries
 * many starts says how many segments it may visit altogether; the number is counted down. Bytes that belong to no
 * segment are stepped over, as libjpeg does, but not in a search, which would find pictures of other starts that way.
 */
export function readJpegSegments(bytes: Buffer, start: number, search?: { segmentsLeft: number }): JpegSegments | null {
  const segments: { marker: number; payload: Buffer }[] = [];
  let frame: JpegFrame | null = null;
  let at = start + 2;
  while (at + 4 <= bytes.length) {
    if (search && (search.segmentsLeft-- <= 0 || bytes[at] !== 0xff)) return null;
    if (bytes[at] !== 0xff) { at++; continue; }
    const marker = bytes[at + 1] ?? 0;
    if (marker === 0xff) { at++; continue; }
    if (marker === 0xd9 || marker < 0xc0) return null;
    if (marker === 0x01 || (marker >= 0xd0 && marker <= 0xd7)) { at += 2; continue; }
    const length = bytes.readUInt16BE(at + 2);
    if (length < 2) return null;
    if (marker === 0xda) return frame ? { frame, segments, scanAt: at } : null;
    const payload = bytes.subarray(at + 4, at + 2 + length);
    const isFrame = marker >= 0xc0 && marker <= 0xcf && marker !== 0xc4 && marker !== 0xc8 && marker !== 0xcc;
    if (isFrame && payload.length >= 6) {
      frame = { precision: payload.readUInt8(0), height: payload.readUInt16BE(1), width: payload.readUInt16BE(3), components: payload.readUInt8(5), process: marker & 15, samplesPerPixel: samplesPerPixel(payload) };
    }
    segments.push({ marker, payload });
    at += 2 + length;
  }
  // Cut off behind the frame header: the size is known, no pixel is.
  return frame ? { frame, segments, scanAt: bytes.length } : null;
}

function samplesPerPixel(frame: Buffer): number {
  const areas: number[] = [];
  for (let at = 7; at < Math.min(frame.length, 6 + 3 * frame.readUInt8(5)); at += 3) areas.push(((frame[at] ?? 0) >> 4) * ((frame[at] ?? 0) & 15));
  return areas.reduce((sum, area) => sum + area, 0) / Math.max(1, ...areas);
}

function isCutInHeader(bytes: Buffer): boolean {
  return bytes.indexOf('\xff\xda', 0, 'latin1') < 0;
}

function hasPrefix(payload: Buffer, prefix: string): boolean {
  return payload.toString('latin1', 0, prefix.length) === prefix;
}
