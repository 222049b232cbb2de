import type { ImageHeader } from '../header/header.ts';
import { largestIcon } from '../header/bitmap.ts';
import { readPngHeader } from '../header/png.ts';
import type { ImageFormat } from '../sniff.ts';
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
  /** Leave a JPEG of one scan as it is: it takes far less memory, and damage to the last rows may go unnoticed. */
  readonly keepsOneScan?: boolean;
  /** Upright size to reduce to while decoding; not for what is decoded here and by ImageMagick. */
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

function decodeIcon(bytes: Buffer, options: DecodeOptions): Promise<Pixels> | Pixels {
  const { at, length } = largestIcon(bytes);
  const picture = bytes.subarray(at, at + length);
  if (picture.toString('latin1', 1, 4) !== 'PNG') return decodeBitmap(picture, 'icon', options.isTolerant);
  return decodeWithSharp(picture, 'png', readPngHeader(picture), options);
}
