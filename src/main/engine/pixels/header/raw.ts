import { DamageError } from '../damage.ts';
import type { ImageHeader } from './header.ts';
import { type JpegFrame, readJpegHeader, readJpegSegments } from './jpeg.ts';
import { exifOrientation } from './tiff-structure.ts';

/**
 * Camera raw files of all makers: the largest ordinary JPEG inside is what the camera showed, and what is shown here.
 * It is found by looking at every start-of-image marker, so no maker's private structure needs to be known; lossless
 * JPEGs, as which some makers store the sensor's data, are passed over.
 */
export function readRawHeader(bytes: Buffer): ImageHeader {
  let best: { readonly at: number; readonly frame: JpegFrame } | null = null;
  const search = { segmentsLeft: MAX_SEGMENTS };
  for (let at = bytes.indexOf(START); at >= 0 && search.segmentsLeft > 0; at = bytes.indexOf(START, at + 3)) {
    const frame = readJpegSegments(bytes, at, search)?.frame;
    if (!frame || ![0, 1, 2].includes(frame.process) || frame.precision !== 8 || ![1, 3].includes(frame.components)) continue;
    if (!best || frame.width * frame.height > best.frame.width * best.frame.height) best = { at, frame };
  }
  if (!best) throw new DamageError('unsupported-format', 'the raw file carries no preview that could be shown', false);
  const preview = readJpegHeader(bytes.subarray(best.at));
  const exif = preview.blocks.exif ?? makerExif(bytes);
  return {
    ...preview,
    // Previews inside a TIFF structure rely on the orientation in the raw file's first directory.
    orientation: preview.blocks.exif ? preview.orientation : exif ? exifOrientation(exif) : 1,
    blocks: { ...preview.blocks, ...(exif && { exif }) },
    previewAt: best.at,
  };
}

const START = Buffer.from([0xff, 0xd8, 0xff]);
/** Of all starts together: each may lead through the same segments again. Real files have a few dozen. */
const MAX_SEGMENTS = 10_000;

/** CR3 keeps EXIF as TIFF structures in boxes named CMT1…4; all others are TIFF structures themselves. */
function makerExif(bytes: Buffer): Buffer | undefined {
  if (bytes.toString('latin1', 0, 2) === 'II' || bytes.toString('latin1', 0, 2) === 'MM') return bytes;
  const box = bytes.indexOf('CMT1', 0, 'latin1');
  return box < 0 ? undefined : bytes.subarray(box + 4);
}
