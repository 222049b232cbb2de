import sharp, { type OutputInfo, type Sharp } from 'sharp';
import type { ImageHeader } from '../header/header.ts';
import { readProfile } from '../icc.ts';
import { freePixels } from '../free-pixels.ts';
import type { ImageFormat } from '../sniff.ts';
import { toDamage } from './complaint.ts';
import type { DecodeOptions, Pixels } from './decode.ts';
import { toSeveralScans } from './several-scans.ts';

// Every picture is seen once, and jobs run side by side already.
sharp.cache(false);
sharp.concurrency(1);

/** Above any policy: what a picture may have at most, 268 megapixels. */
export const HARD_PIXEL_LIMIT = 268_402_689;

/** Decodes what libvips reads. */
export async function decodeWithSharp(bytes: Buffer, format: ImageFormat, header: ImageHeader, options: DecodeOptions): Promise<Pixels> {
  const isSrgb = header.blocks.icc !== undefined && readProfile(header.blocks.icc)?.isSrgb === true;
  const scans = format === 'jpeg' && !options.keepsOneScan && !options.isTolerant ? toSeveralScans(bytes) : null;
  const image = sharp(scans?.isSamePicture ? scans.bytes : bytes, {
    failOn: options.isTolerant ? 'none' : 'warning',
    limitInputPixels: HARD_PIXEL_LIMIT,
    ignoreIcc: isSrgb,
    page: 0,
    pages: 1,
  });
  if (options.reduceTo) {
    const { width, height } = header.orientation >= 5 ? { width: options.reduceTo.height, height: options.reduceTo.width } : options.reduceTo;
    image.resize(width, height, { fit: 'fill' });
  }
  orient(image, header.orientation);
  try {
    if (scans?.isSamePicture === false) await checkScans(scans.bytes);
    // From deep RGB with a profile libvips goes to Display P3 and stays there, unless sRGB is asked for as a profile too.
    // Where it finds the profile unusable, asking would make it take the numbers for Display P3.
    if (header.bitDepth > 8 && header.channels === 'rgb' && header.blocks.icc && !isSrgb && (await image.metadata()).hasProfile) image.withIccProfile('srgb');
    return toPixels(await image.toColourspace('srgb').raw({ depth: 'uchar' }).toBuffer({ resolveWithObject: true }), format !== 'tiff' || header.hasAlpha);
  } catch (error) {
    // Complaints of a decoder come as text only.
    if (!(error instanceof Error) || /out of memory|unable to allocate/i.test(error.message)) throw new Error('decoding failed for want of memory', { cause: error });
    throw toDamage(error.message, bytes, format);
  } finally {
    if (scans) freePixels(scans.bytes);
  }
}

/** Reads all coded data, and makes as few pixels as can be. */
async function checkScans(jpeg: Buffer): Promise<void> {
  await sharp(jpeg, { failOn: 'warning', limitInputPixels: HARD_PIXEL_LIMIT, ignoreIcc: true }).resize(16, 16, { fit: 'fill' }).raw().toBuffer();
}

export interface RgbImage { readonly data: Uint8Array; readonly width: number; readonly height: number }

/** Resizes pixels, on white where they are transparent. */
export async function resizeOnWhite(pixels: Pixels, width: number, height: number): Promise<RgbImage> {
  const image = fromPixels(pixels);
  if (pixels.channels === 4) image.flatten({ background: '#ffffff' });
  const { data } = await image.resize(width, height, { fit: 'fill' }).raw().toBuffer({ resolveWithObject: true });
  return { data, width, height };
}

/** JPEG, quality 85, without metadata, resized if another size is asked for. */
export async function encodeJpeg(image: RgbImage, width: number, height: number): Promise<Uint8Array<ArrayBuffer>> {
  const pipeline = fromPixels({ ...image, channels: 3 });
  if (width !== image.width || height !== image.height) pipeline.resize(width, height, { fit: 'fill' });
  // A copy, so that the array owns its memory and can be moved to another thread.
  return new Uint8Array(await pipeline.jpeg({ quality: 85, optimiseCoding: Math.max(width, height) <= TABLES_SIDE }).toBuffer());
}

/** A copy that no eye tells from the picture: JPEG of quality 95 without chroma subsampling, or PNG where there is alpha. */
export async function encodeFullSize(pixels: Pixels): Promise<Uint8Array> {
  const image = fromPixels(pixels);
  return await (pixels.channels === 4 ? image.png({ compressionLevel: 2 }) : image.jpeg({ quality: 95, chromaSubsampling: '4:4:4' })).toBuffer();
}

/** A square of a picture, cut off at its edges, in the same form. */
export async function encodeTile(pixels: Pixels, left: number, top: number, side: number): Promise<Uint8Array> {
  const image = fromPixels(pixels).extract({ left, top, width: Math.min(side, pixels.width - left), height: Math.min(side, pixels.height - top) });
  return await (pixels.channels === 4 ? image.png({ compressionLevel: 2 }) : image.jpeg({ quality: 95, chromaSubsampling: '4:4:4' })).toBuffer();
}

export async function halve(pixels: Pixels, width: number, height: number): Promise<Pixels> {
  return { data: await fromPixels(pixels).resize(width, height, { fit: 'fill' }).raw().toBuffer(), width, height, channels: pixels.channels };
}

/** Up to this size a picture gets Huffman tables of its own; beyond, they save 8 % of the bytes and cost half of the encoding. */
const TABLES_SIDE = 400;

function fromPixels({ data, width, height, channels }: Pixels): Sharp {
  return sharp(data, { raw: { width, height, channels }, limitInputPixels: HARD_PIXEL_LIMIT });
}

/** EXIF orientation: libvips mirrors first and turns after, which is how the values 5 and 7 are defined. */
function orient(image: Sharp, orientation: number): void {
  if (orientation === 2 || orientation === 5 || orientation === 7) image.flop();
  if (orientation === 4) image.flip();
  const angle = [0, 0, 0, 180, 0, 270, 90, 90, 270][orientation] ?? 0;
  if (angle !== 0) image.rotate(angle);
}

/** `mayHaveAlpha`: false where the last of an even number of channels is something else. */
function toPixels({ data, info }: { readonly data: Buffer; readonly info: OutputInfo }, mayHaveAlpha: boolean): Pixels {
  const { width, height, channels }: { width: number; height: number; channels: number } = info;
  if (channels === 3 || (channels === 4 && mayHaveAlpha)) return { data, width, height, channels };
  if (channels <= 2) return expandGray(data, width, height, channels, mayHaveAlpha && channels === 2);
  return dropExtra(data, width, height, channels, mayHaveAlpha);
}

/** TIFFs may have more channels than colours and alpha: spot colours, masks, depth. */
function dropExtra(data: Uint8Array, width: number, height: number, step: number, hasAlpha: boolean): Pixels {
  const channels = hasAlpha ? 4 : 3;
  const output = new Uint8Array(width * height * channels);
  for (let from = 0, to = 0; to < output.length; from += step, to += channels) {
    for (let channel = 0; channel < channels; channel++) output[to + channel] = data[from + channel] ?? 0;
  }
  return { data: output, width, height, channels };
}

function expandGray(data: Uint8Array, width: number, height: number, step: number, hasAlpha: boolean): Pixels {
  const channels = hasAlpha ? 4 : 3;
  const output = new Uint8Array(width * height * channels);
  for (let from = 0, to = 0; to < output.length; from += step, to += channels) {
    output.fill(data[from] ?? 0, to, to + 3);
    if (hasAlpha) output[to + 3] = data[from + 1] ?? 0;
  }
  return { data: output, width, height, channels };
}
