import type { ImageHeader } from '../header/header.ts';
import { largestIcon } from '../header/bitmap.ts';
import { readPngHeader } from '../header/png.ts';
import { type ImageFormat, RAW_FORMATS } from '../sniff.ts';
import { DamageError } from '../damage.ts';
import { endsEarly } from '../ends-early.ts';
import { decodeBitmap } from './bitmap.ts';
import { decodeWithMagick } from './magick.ts';
import { decodeWithSharp } from './sharp.ts';

/** Upright 8-bit sRGB pixels, interleaved, with straight alpha if there are four channels. */
export interface Pixels {
  readonly data: Uint8Array;
  readonly width: number;
  readonly height: number;
  readonly channels: 3 | 4;
}

export interface Size { readonly width: number; readonly height: number }

export interface DecodeOptions {
  /** Take what can be read of a damaged file; otherwise any complaint of the decoder throws DamageError. */
  readonly isTolerant: boolean;
  /** Upright size to reduce to while decoding; JPEG data only. */
  readonly reduceTo?: Size;
}

/** Decodes the first frame. Throws DamageError. */
export async function decode(bytes: Buffer, format: ImageFormat, header: ImageHeader, options: DecodeOptions): Promise<Pixels> {
  // Some decoders fill up in silence what a shorter file lacks.
  if (!options.isTolerant && (header.bytesMissing || endsEarly(bytes, format))) {
    throw new DamageError('truncated', `the ${format.toUpperCase()} data ends early, after ${bytes.length} bytes${header.bytesMissing ? `; ${header.bytesMissing} more were announced` : ''}`);
  }
  if (header.previewAt !== undefined) return decodeWithSharp(bytes.subarray(header.previewAt), 'jpeg', header, options);
  switch (format) {
    case 'bmp': return decodeBitmap(bytes, 'file', options.isTolerant);
    case 'ico': return decodeIcon(bytes, options);
    case 'heic': case 'jxl': case 'psd': case 'jp2': return decodeWithMagick(bytes, format, header);
    default: return decodeWithSharp(bytes, format, header, options);
  }
}

/** True where the picture itself is JPEG data, which can be decoded at a half, a quarter or an eighth of its size. */
export function isJpegData(format: ImageFormat): boolean {
  return format === 'jpeg' || RAW_FORMATS.some((raw) => raw === format);
}

/**
 * Bytes of memory that decoding takes at its worst, beside the file itself: what the decoder holds, the pixels it hands
 * over, the copy that turning makes, and the small pictures made of them.
 */
export function estimatePeakBytes(format: ImageFormat, header: ImageHeader, isReduced: boolean): number {
  const pixels = header.width * header.height;
  if (isReduced) return pixels * header.decoderBytesPerPixel + SMALL_PICTURES_BYTES;
  const channels = header.hasAlpha || !isJpegData(format) ? 4 : 3;
  const turned = header.orientation > 1 ? channels : 0;
  return pixels * (header.decoderBytesPerPixel + channels + turned) + SMALL_PICTURES_BYTES + (MAGICK_BYTES[format] ?? 0);
}

const SMALL_PICTURES_BYTES = 24e6;
/** The decoder's own code and heap in its thread. */
const MAGICK_BYTES: { readonly [Format in ImageFormat]?: number } = { heic: 90e6, jxl: 90e6, psd: 90e6, jp2: 90e6 };

function decodeIcon(bytes: Buffer, options: DecodeOptions): Promise<Pixels> | Pixels {
  const { at, length } = largestIcon(bytes);
  const picture = bytes.subarray(at, at + length);
  if (picture.toString('latin1', 1, 4) !== 'PNG') return decodeBitmap(picture, 'icon', options.isTolerant);
  return decodeWithSharp(picture, 'png', readPngHeader(picture), options);
}
