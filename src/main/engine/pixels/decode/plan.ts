import type { ImageHeader } from '../header/header.ts';
import type { PixelError } from '../outcome.ts';
import { type ImageFormat, RAW_FORMATS } from '../sniff.ts';

/** How a picture is decoded. */
interface DecodePlan {
  /** At the size of the zoom rendition; the full-size pixels, and their hash, are then never made. */
  readonly isReduced: boolean;
  /** A JPEG of one scan is decoded as several, which notices damage to the very end of the data. */
  readonly isChecked: boolean;
  /** Bytes of memory that decoding takes at its worst, beside the file itself. */
  readonly peakBytes: number;
}

interface Wanted {
  /** A picture of the size of the zoom rendition will do, and is not much smaller than the original. */
  readonly mayReduce: boolean;
  /** Damage is not to be overlooked. */
  readonly mayCheck: boolean;
}

/**
 * The best way to decode a picture that memory has room for: JPEG data at a reduced size where that serves, since it
 * leaves out work, and checked to its end; everything else at its full size. Or why there is none.
 */
export function planDecode(byteLength: number, format: ImageFormat, header: ImageHeader, { mayReduce, mayCheck }: Wanted): DecodePlan | PixelError {
  const isJpeg = isJpegData(format);
  const mayCheckScans = mayCheck && isJpeg && header.isOneScan === true;
  const ways = isJpeg ? [...(mayCheckScans ? [{ isReduced: mayReduce, isChecked: true }] : []), { isReduced: mayReduce, isChecked: false }]
    : [{ isReduced: false, isChecked: false }, ...(mayReduce && REDUCIBLE.includes(format) ? [{ isReduced: true, isChecked: false }] : [])];
  const plans = ways.map((way): DecodePlan => ({ ...way, peakBytes: estimatePeakBytes(byteLength, format, header, way) }));
  // Files that wait for their turn are in memory meanwhile.
  const room = MAX_BYTES - Math.max(byteLength, FILE_BUDGET_BYTES);
  return plans.find(({ peakBytes }) => peakBytes <= room) ?? {
    code: 'too-many-pixels',
    message: `image is ${header.width}×${header.height} px; decoding it would take ${megabytes(Math.min(...plans.map(({ peakBytes }) => peakBytes)))} MB of memory, there is room for ${megabytes(room)}`,
  };
}

/** True where the picture itself is JPEG data, which can be decoded at a half, a quarter or an eighth of its size. */
function isJpegData(format: ImageFormat): boolean {
  return format === 'jpeg' || RAW_FORMATS.some((raw) => raw === format);
}

/** What libvips decodes in rows: the reduced picture needs no full one. */
const REDUCIBLE: readonly ImageFormat[] = ['png', 'webp', 'gif', 'tiff', 'avif'];

/** Bytes of files in memory at one time, unless it is one larger file. */
export const FILE_BUDGET_BYTES = 64 * 2 ** 20;

/** For one picture and the files in memory. An engine at work has 170 MB besides, and more with more threads. */
const MAX_BYTES = 690e6;
const SMALL_PICTURES_BYTES = 24e6;
/** The decoder's own code and heap in its thread, which gets a copy of the file and hands another to the decoder. */
const MAGICK_BYTES = 90e6;
const MAGICK_FORMATS: readonly ImageFormat[] = ['heic', 'jxl', 'psd', 'jp2'];

/** What the decoder holds, the pixels it hands over, the copy that turning makes, copies of the file, and the small pictures made of it. */
function estimatePeakBytes(byteLength: number, format: ImageFormat, header: ImageHeader, { isReduced, isChecked }: Omit<DecodePlan, 'peakBytes'>): number {
  const isMagick = MAGICK_FORMATS.includes(format);
  const fixed = SMALL_PICTURES_BYTES + (isMagick ? MAGICK_BYTES + 2 * byteLength : isChecked ? byteLength : 0);
  const held = header.isOneScan && !isChecked ? 0 : header.decoderBytesPerPixel;
  const handedOver = isReduced ? reducingBytes(format, header) : header.width * header.height * fullBytesPerPixel(format, header);
  return fixed + header.width * header.height * held + handedOver;
}

/** Rows that wait to be reduced, as floating-point numbers where there is alpha: measured. JPEG and WebP come reduced from their decoders. */
function reducingBytes(format: ImageFormat, { width }: ImageHeader): number {
  return isJpegData(format) || format === 'webp' ? 0 : 8000 * width;
}

function fullBytesPerPixel(format: ImageFormat, { hasAlpha, channels, samples = 3, bitDepth, orientation }: ImageHeader): number {
  const handedOver = hasAlpha || format === 'gif' || format === 'jxl' || samples > 3 ? 4 : 3;
  const gray = channels === 'gray' ? handedOver - 2 : 0;
  const turned = orientation > 1 ? handedOver * Math.ceil(bitDepth / 8) : 0;
  return handedOver + gray + turned;
}

function megabytes(bytes: number): number {
  return Math.round(bytes / 1e6);
}
