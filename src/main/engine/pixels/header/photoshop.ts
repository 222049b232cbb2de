import { DamageError } from '../damage.ts';
import type { ImageHeader } from './header.ts';

const IPTC = 0x0404;
const ICC = 0x040f;
const EXIF = 0x0422;
const XMP = 0x0424;

export function readPhotoshopHeader(bytes: Buffer): ImageHeader {
  const channelCount = bytes.readUInt16BE(12);
  const mode = bytes.readUInt16BE(24);
  // Bitmap, grayscale, duotone · CMYK · Lab · the rest is RGB or indexed; multichannel has no colours to show.
  const channels = mode === 0 || mode === 1 || mode === 8 ? 'gray' : mode === 4 ? 'cmyk' : mode === 9 ? 'lab' : 'rgb';
  if (mode === 7) throw new DamageError('unsupported-format', 'multichannel Photoshop documents have no colours to show', false);
  const colorChannels = mode === 2 ? 1 : { gray: 1, rgb: 3, cmyk: 4, lab: 3 }[channels];
  const [width, height, bitDepth] = [bytes.readUInt32BE(18), bytes.readUInt32BE(14), bytes.readUInt16BE(22)];
  const resourcesAt = 30 + bytes.readUInt32BE(26);
  const layersAt = resourcesAt + 4 + bytes.readUInt32BE(resourcesAt);
  const endsAt = mergedPictureEnd(bytes, layersAt + 4 + bytes.readUInt32BE(layersAt), Math.ceil((width * bitDepth) / 8), height * channelCount);
  const resources = readResources(bytes.subarray(resourcesAt + 4, resourcesAt + 4 + bytes.readUInt32BE(resourcesAt)));
  const [exif, xmp, iptc, icc] = [resources.get(EXIF), resources.get(XMP), resources.get(IPTC), resources.get(ICC)];
  return {
    width,
    height,
    // Photoshop turns the pixels themselves when it saves.
    orientation: 1,
    frames: 1,
    hasAlpha: channelCount > colorChannels,
    bitDepth,
    channels,
    decoderBytesPerPixel: 8,
    bytesMissing: Math.max(0, endsAt - bytes.length),
    blocks: { ...(exif && { exif }), ...(xmp && { xmp }), ...(iptc && { iptc }), ...(icc && { icc }) },
  };
}

/** Where the picture of all layers ends: the decoder would fill up in silence what a shorter file lacks. */
function mergedPictureEnd(bytes: Buffer, at: number, rowBytes: number, rows: number): number {
  const compression = bytes.readUInt16BE(at);
  if (compression === 0) return at + 2 + rowBytes * rows;
  if (compression !== 1) return at + 2;
  let end = at + 2 + 2 * rows;
  for (let row = 0; row < rows && at + 4 + 2 * row <= bytes.length; row++) end += bytes.readUInt16BE(at + 2 + 2 * row);
  return end;
}

/** The IPTC block among Photoshop's image resources, as JPEGs carry them too. */
export function readIptcResource(resources: Buffer): Buffer | undefined {
  return readResources(resources).get(IPTC);
}

function readResources(bytes: Buffer): ReadonlyMap<number, Buffer> {
  const resources = new Map<number, Buffer>();
  for (let at = 0; at + 12 <= bytes.length && bytes.toString('latin1', at, at + 4) === '8BIM';) {
    const nameBytes = 1 + bytes.readUInt8(at + 6);
    const lengthAt = at + 6 + nameBytes + (nameBytes & 1);
    if (lengthAt + 4 > bytes.length) break;
    const length = bytes.readUInt32BE(lengthAt);
    resources.set(bytes.readUInt16BE(at + 4), bytes.subarray(lengthAt + 4, lengthAt + 4 + length));
    at = lengthAt + 4 + length + (length & 1);
  }
  return resources;
}
