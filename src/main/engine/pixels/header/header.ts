import { DamageError } from '../damage.ts';
import type { ImageFormat } from '../sniff.ts';
import { readBaseMediaHeader } from './base-media.ts';
import { readBitmapHeader, readIconHeader } from './bitmap.ts';
import { readGifHeader } from './gif.ts';
import { readJpegHeader } from './jpeg.ts';
import { readJp2Header } from './jp2.ts';
import { readJxlHeader } from './jxl.ts';
import { readPngHeader } from './png.ts';
import { readPhotoshopHeader } from './photoshop.ts';
import { readRawHeader } from './raw.ts';
import { readTiffHeader } from './tiff.ts';
import { readWebpHeader } from './webp.ts';

/** Blocks of metadata as they lie in the file, not yet read. */
export interface MetadataBlocks {
  /** A TIFF structure. */
  readonly exif?: Buffer;
  readonly xmp?: Buffer;
  readonly iptc?: Buffer;
  readonly icc?: Buffer;
  /** Key and value (PNG text chunks). */
  readonly texts?: readonly (readonly [string, string])[];
}

export interface ImageHeader {
  /** As stored, before `orientation` is applied. */
  readonly width: number;
  readonly height: number;
  /** EXIF orientation, 1–8, that the decoder has to apply. */
  readonly orientation: number;
  readonly frames: number;
  readonly hasAlpha: boolean;
  readonly bitDepth: number;
  /** Samples a pixel where there may be more than four: those count like pixels against the limits. */
  readonly samples?: number;
  readonly channels: 'gray' | 'rgb' | 'cmyk' | 'lab';
  /** Bytes a pixel that the decoder itself holds while decoding the whole picture, beside the pixels it hands over. */
  readonly decoderBytesPerPixel: number;
  /** True where the decoder needs to hold nothing of that, and does so only to notice all damage. */
  readonly isOneScan?: boolean;
  readonly blocks: MetadataBlocks;
  /** Bytes the file is short of what it says it holds. */
  readonly bytesMissing?: number;
  /** Where the JPEG lies that is shown for a raw file. */
  readonly previewAt?: number;
}

/**
 * Reads what a file says of its picture without decoding any: linear in the number of blocks, never allocates by a
 * number found in the file. Throws DamageError.
 */
export function readHeader(bytes: Buffer, format: ImageFormat): ImageHeader {
  try {
    const header = READERS[format](bytes);
    if (header.width < 1 || header.height < 1) throw new DamageError('corrupt', `the header says ${header.width}×${header.height} px`, false);
    return header;
  } catch (error) {
    // Reading past the end of a Buffer throws a RangeError: the header itself is cut off.
    if (error instanceof RangeError) throw new DamageError('truncated', `the data ends inside the header, after ${bytes.length} bytes`, false);
    throw error;
  }
}

const READERS: Record<ImageFormat, (bytes: Buffer) => ImageHeader> = {
  jpeg: readJpegHeader,
  png: readPngHeader,
  webp: readWebpHeader,
  gif: readGifHeader,
  bmp: readBitmapHeader,
  ico: readIconHeader,
  tiff: readTiffHeader,
  avif: readBaseMediaHeader,
  heic: readBaseMediaHeader,
  jxl: readJxlHeader,
  psd: readPhotoshopHeader,
  jp2: readJp2Header,
  cr2: readRawHeader,
  cr3: readRawHeader,
  nef: readRawHeader,
  arw: readRawHeader,
  dng: readRawHeader,
  orf: readRawHeader,
  rw2: readRawHeader,
  pef: readRawHeader,
  raf: readRawHeader,
};
