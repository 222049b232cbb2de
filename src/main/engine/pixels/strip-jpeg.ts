import { readJpegSegments } from './header/jpeg.ts';

/** Quantisation finer than this is worth compressing again. */
const FINEST_QUALITY = 90;
/** Sum of the luminance table of the JPEG standard's Annex K, scaled by libjpeg's quality from there. */
const ANNEX_K_SUM = 3688;

/**
 * The JPEG with nothing but its picture: no EXIF, profile, preview or comment, and nothing behind its end. Compressing
 * it again could only lose, so it serves as a rendition of its own size. Null where it cannot: unusual kinds of JPEG,
 * and those so finely quantised that compressing again makes them much smaller.
 */
export function stripJpeg(bytes: Buffer): Uint8Array<ArrayBuffer> | null {
  const parsed = readJpegSegments(bytes, 0);
  if (!parsed || parsed.frame.process > 2 || parsed.frame.precision !== 8 || ![1, 3].includes(parsed.frame.components)) return null;
  const luminance = parsed.segments.find(({ marker, payload }) => marker === 0xdb && payload[0] === 0)?.payload.subarray(1, 65);
  const finest = (ANNEX_K_SUM * (200 - 2 * FINEST_QUALITY)) / 100;
  if (!luminance || luminance.reduce((sum, step) => sum + step, 0) < finest) return null;
  const end = findEnd(bytes, parsed.scanAt);
  if (end === null) return null;
  const parts: Uint8Array[] = [bytes.subarray(0, 2)];
  for (const { marker, payload } of parsed.segments) {
    if (!isNeeded(marker, payload)) continue;
    const length = payload.length + 2;
    parts.push(Uint8Array.of(0xff, marker, length >> 8, length & 255), payload);
  }
  return new Uint8Array(Buffer.concat([...parts, bytes.subarray(parsed.scanAt, end)]));
}

/** Tables, frame and restart interval; of the application's segments, those that say how colours are coded. */
function isNeeded(marker: number, payload: Buffer): boolean {
  if (marker === 0xe0) return payload.length === 14 && payload.toString('latin1', 0, 5) === 'JFIF\0';
  if (marker === 0xee) return payload.toString('latin1', 0, 5) === 'Adobe';
  return marker === 0xdb || marker === 0xdd || (marker >= 0xc0 && marker <= 0xcf);
}

/** Behind the end-of-image marker of the picture whose first scan begins at `at`. */
function findEnd(bytes: Buffer, at: number): number | null {
  while (at + 4 <= bytes.length) {
    const marker = bytes[at + 1] ?? 0;
    // Tables may stand between scans; scans are followed by their data, in which a marker's first byte is always escaped.
    const isScan = marker === 0xda;
    at += 2 + bytes.readUInt16BE(at + 2);
    for (; isScan; at += 2) {
      at = bytes.indexOf(0xff, at);
      if (at < 0) return null;
      const next = bytes[at + 1] ?? 0;
      if (next === 0xd9) return at + 2;
      if (next === 0xff) at--;
      else if (next !== 0 && (next < 0xd0 || next > 0xd7)) break;
    }
  }
  return null;
}
