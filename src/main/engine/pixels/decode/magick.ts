import { Worker } from 'node:worker_threads';
import sharp from 'sharp';
import type { ImageHeader } from '../header/header.ts';
import { readPngHeader } from '../header/png.ts';
import type { ImageFormat } from '../sniff.ts';
import { toDamage } from './complaint.ts';
import type { Pixels } from './decode.ts';
import type { MagickRequest, MagickReply } from './magick-worker.ts';

/**
 * Decodes HEIC, JPEG XL, JPEG 2000 and Photoshop files with ImageMagick compiled to WebAssembly, in a thread of its own
 * for each picture: the memory of a WebAssembly instance never shrinks, so it has to end with its work, and a decoder
 * that hangs can be ended too.
 */
export async function decodeWithMagick(bytes: Buffer, format: ImageFormat, header: ImageHeader): Promise<Pixels> {
  const workerData: MagickRequest = { bytes: padded(bytes, header), format, width: header.width, height: header.height, srgb: await srgbProfile() };
  const isSource = import.meta.url.endsWith('.ts');
  const worker = new Worker(new URL(isSource ? './magick-worker.ts' : './magick-worker.js', import.meta.url), { workerData });
  const { promise, resolve, reject } = Promise.withResolvers<MagickReply>();
  worker.once('message', resolve);
  // What stops the thread before it answers (its code is missing, say) is our fault and not the file's.
  worker.once('error', reject);
  worker.once('exit', () => { reject(new Error('the decoder ended without an answer')); });
  const timer = setTimeout(() => { resolve({ kind: 'failed', message: `no picture after ${TIME_LIMIT_MS / 1000} s` }); }, TIME_LIMIT_MS);
  try {
    const reply = await promise;
    if (reply.kind === 'decoded') return reply.pixels;
    throw toDamage(reply.message, bytes, format, false);
  } finally {
    clearTimeout(timer);
    await worker.terminate();
  }
}

/** With zeros for what is missing at the end: JPEG 2000 then lacks detail and Photoshop files their last rows, where both were refused. */
function padded(bytes: Buffer, { bytesMissing = 0, width, height }: ImageHeader): Buffer {
  return bytesMissing > 0 && bytesMissing <= width * height * MAX_BYTES_PER_PIXEL ? Buffer.concat([bytes, Buffer.alloc(bytesMissing)]) : bytes;
}

const MAX_BYTES_PER_PIXEL = 8;

/** libvips carries a small one. */
async function srgbProfile(): Promise<Uint8Array> {
  const black = sharp({ create: { width: 1, height: 1, channels: 3, background: '#000000' } });
  return readPngHeader(await black.withIccProfile('srgb').png().toBuffer()).blocks.icc ?? new Uint8Array();
}

const TIME_LIMIT_MS = 120_000;
