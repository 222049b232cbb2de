import { RENDITION_PRESETS } from '../../../contract/presets.ts';
import { derive, fitInside, toZoom } from './cascade.ts';
import { DamageError } from './damage.ts';
import { decode, type Pixels, type Size } from './decode/decode.ts';
import { planDecode } from './decode/plan.ts';
import { freePixels } from './free-pixels.ts';
import { type ImageHeader, readHeader } from './header/header.ts';
import { readProfile } from './icc.ts';
import { readMetadata } from './metadata.ts';
import type { PixelError, PixelOptions, PixelOutcome, PixelRefused } from './outcome.ts';
import { hashDecoded } from './pixel-hash.ts';
import { checkPolicy, isSmall } from './policy.ts';
import { type ImageFormat, sniff } from './sniff.ts';
import { stripJpeg } from './strip-jpeg.ts';

export type * from './outcome.ts';
export { hashPixels } from './pixel-hash.ts';

/**
 * One look at a file's bytes that finds everything the catalog wants to know: type, header, policy, one decode at the
 * smallest scale that serves, and from its pixels the renditions, fingerprints, quality and placeholder. A file that
 * cannot be admitted is an outcome, not an error; what is thrown is a fault of this program or its libraries.
 */
export async function runPixelPass(bytes: Buffer, options: PixelOptions): Promise<PixelOutcome> {
  const kind = sniff(bytes);
  if (kind.kind === 'other') return refuse('unreadable', null, null, { code: 'not-an-image', message: `the file is ${kind.looksLike}` });
  if (kind.kind === 'unsupported') {
    return refuse('unreadable', kind.format, null, { code: 'unsupported-format', message: `${kind.name} is not supported` });
  }
  const { format } = kind;
  const header = tryReadHeader(bytes, format);
  if (header instanceof DamageError) return refuse(header.salvageable ? 'salvageable' : 'unreadable', format, null, header);
  const finding = checkPolicy(bytes.length, header, options.policy);
  if (finding && (finding.isFinal || !options.salvage)) return refuse('rejected', format, header, finding.error);

  const upright = uprightSize(header);
  const zoomSize = fitInside(upright, RENDITION_PRESETS.zoom);
  // From half the size on a decoder can leave out work.
  const mayReduce = upright.width >= 2 * zoomSize.width && upright.height >= 2 * zoomSize.height;
  const plan = planDecode(bytes.length, format, header, { mayReduce, mayCheck: true });
  if ('code' in plan) return refuse('rejected', format, header, plan);
  const { isReduced } = plan;
  const look = (isTolerant: boolean): Promise<Pixels> => decode(bytes, format, header, { isTolerant, keepsOneScan: !plan.isChecked, ...(isReduced && { reduceTo: zoomSize }) });

  using _memory = await options.admit(plan.peakBytes);
  let damage: DamageError | null = null;
  let pixels: Pixels;
  try {
    pixels = await look(false);
  } catch (error) {
    if (!(error instanceof DamageError)) throw error;
    const part = error.salvageable ? await salvage(look) : null;
    if (!part) return refuse('unreadable', format, header, error);
    if (!options.salvage) return refuse('salvageable', format, header, error);
    damage = error;
    pixels = part;
  }
  const pixelSha256 = isReduced ? null : hashDecoded(pixels);
  const hasAlpha = pixels.channels === 4;
  const original = isReduced ? upright : { width: pixels.width, height: pixels.height };
  const zoom = await toZoom(pixels);
  if (zoom.data.buffer !== pixels.data.buffer) freePixels(pixels.data);
  const colorSpace = nameColorSpace(header);
  const mayServeAsIs = format === 'jpeg' && !damage && header.orientation === 1 && (colorSpace === 'srgb' || colorSpace === 'gray' && !header.blocks.icc) && isWithin(original, zoom);
  const { metadata, takenAt, isReadable } = readMetadata(header.blocks);
  const derived = await derive(zoom, original, mayServeAsIs ? stripJpeg(bytes) : null);
  freePixels(zoom.data);
  return {
    kind: 'accepted',
    verdict: damage ? 'salvageable' : 'clean',
    format,
    ...original,
    orientation: header.orientation,
    frames: header.frames,
    hasAlpha,
    colorSpace,
    bitDepth: header.bitDepth,
    flags: [
      ...(isSmall(bytes.length, header, options.policy) ? ['small'] : []),
      ...(finding && !['too-small'].includes(finding.error.code) ? ['over-limit'] : []),
      ...(damage ? ['salvaged'] : []),
      ...(header.frames > 1 ? [format === 'tiff' ? 'multi-page' : 'animated'] : []),
      ...(header.channels === 'cmyk' ? ['cmyk'] : []),
      ...(header.bitDepth > 8 ? [`${header.bitDepth}-bit`] : []),
      ...(header.previewAt !== undefined ? ['raw-preview'] : []),
      ...(isReadable ? [] : ['metadata-unreadable']),
    ],
    takenAt,
    metadata,
    pixelSha256,
    ...derived,
  };
}

function tryReadHeader(bytes: Buffer, format: ImageFormat): ImageHeader | DamageError {
  try {
    return readHeader(bytes, format);
  } catch (error) {
    if (error instanceof DamageError) return error;
    throw error;
  }
}

/** What can be had of a damaged picture, null if it is nothing: decoders fill what they miss with one colour. */
async function salvage(look: (isTolerant: boolean) => Promise<Pixels>): Promise<Pixels | null> {
  try {
    const pixels = await look(true);
    return isFlat(pixels) ? null : pixels;
  } catch (error) {
    if (error instanceof DamageError) return null;
    throw error;
  }
}

function isFlat({ data, channels }: Pixels): boolean {
  for (let at = channels; at < data.length; at++) if (data[at] !== data[at - channels]) return false;
  return true;
}

function refuse(verdict: PixelRefused['verdict'], format: string | null, header: ImageHeader | null, { code, message }: PixelError): PixelRefused {
  const size = header && uprightSize(header);
  return { kind: 'refused', verdict, format, width: size?.width ?? null, height: size?.height ?? null, error: { code, message } };
}

function uprightSize({ width, height, orientation }: ImageHeader): Size {
  return orientation >= 5 ? { width: height, height: width } : { width, height };
}

function isWithin(size: Size, bound: Size): boolean {
  return size.width <= bound.width && size.height <= bound.height;
}

function nameColorSpace({ channels, blocks }: ImageHeader): string {
  if (channels !== 'rgb') return channels;
  return !blocks.icc || readProfile(blocks.icc)?.isSrgb !== false ? 'srgb' : 'rgb';
}
