import { DamageError } from '../damage.ts';
import { type Box, findBox, missingFrom, readBoxes } from './boxes.ts';
import type { ImageHeader } from './header.ts';

/** HEIF and AVIF (ISO/IEC 23008-12): size, turning and colour of the primary item, and where its metadata lies. */
export function readBaseMediaHeader(bytes: Buffer): ImageHeader {
  const outer = readBoxes(bytes);
  const meta = findBox(outer, 'meta');
  if (!meta) throw new DamageError('corrupt', 'the file has no description of its pictures', false);
  const boxes = readBoxes(meta.subarray(4));
  const properties = readBoxes(findBox(readBoxes(findBox(boxes, 'iprp') ?? EMPTY), 'ipco') ?? EMPTY);
  const primary = readPrimary(findBox(boxes, 'pitm'));
  const own = readAssociations(findBox(readBoxes(findBox(boxes, 'iprp') ?? EMPTY), 'ipma'), primary)
    .map((index) => properties[index - 1]).filter((box) => box !== undefined);
  const extents = findBox(own, 'ispe');
  if (!extents || extents.length < 12) throw new DamageError('corrupt', 'the primary picture has no size', false);
  // Mirroring and turning are part of the picture here, done by the decoder; EXIF orientation must not be applied again.
  const isTurned = ((findBox(own, 'irot')?.[0] ?? 0) & 1) === 1;
  const [width, height] = [extents.readUInt32BE(4), extents.readUInt32BE(8)];
  const isAvif = own.some(({ type }) => type === 'av1C');
  const depths = findBox(own, 'pixi');
  const items = readMetadataItems(bytes, boxes);
  const icc = own.find((box) => box.type === 'colr' && ['prof', 'rICC'].includes(box.data.toString('latin1', 0, 4)))?.data.subarray(4);
  return {
    width: isTurned ? height : width,
    height: isTurned ? width : height,
    orientation: 1,
    frames: 1,
    hasAlpha: properties.some((box) => box.type === 'auxC' && box.data.toString('latin1').includes('alpha')),
    bitDepth: depths?.[5] ?? 8,
    channels: depths?.[4] === 1 ? 'gray' : 'rgb',
    // libaom keeps several frames with their borders.
    decoderBytesPerPixel: isAvif ? 15 : 6,
    bytesMissing: missingFrom(outer, ['mdat']),
    blocks: { ...items, ...(icc && { icc }) },
  };
}

const EMPTY = Buffer.alloc(0);
/** More items than any real file has; a bound, not a rule. */
const MAX_ITEMS = 65_536;

function readPrimary(box: Buffer | undefined): number {
  if (!box || box.length < 6) return -1;
  return box[0] === 0 ? box.readUInt16BE(4) : box.readUInt32BE(4);
}

/** 1-based indices of the properties of an item. */
function readAssociations(box: Buffer | undefined, item: number): number[] {
  if (!box || box.length < 8) return [];
  const isWideId = (box[0] ?? 0) >= 1;
  const isWideIndex = ((box[3] ?? 0) & 1) === 1;
  let at = 8;
  for (let left = box.readUInt32BE(4); left > 0 && at + 5 <= box.length; left--) {
    const id = isWideId ? box.readUInt32BE(at) : box.readUInt16BE(at);
    at += isWideId ? 4 : 2;
    const count = box[at++] ?? 0;
    const indices: number[] = [];
    for (let index = 0; index < count && at < box.length; index++) {
      indices.push(isWideIndex ? box.readUInt16BE(at) & 0x7fff : (box[at] ?? 0) & 0x7f);
      at += isWideIndex ? 2 : 1;
    }
    if (id === item) return indices;
  }
  return [];
}

/** EXIF and XMP are items of their own; only those stored in one piece in the file are read. */
function readMetadataItems(bytes: Buffer, boxes: readonly Box[]): { exif?: Buffer; xmp?: Buffer } {
  const found: { exif?: Buffer; xmp?: Buffer } = {};
  const info = findBox(boxes, 'iinf');
  if (!info) return found;
  const locations = readLocations(findBox(boxes, 'iloc'));
  for (const { type, data } of readBoxes(info.subarray(info[0] === 0 ? 6 : 8))) {
    if (type !== 'infe' || data.length < 12 || (data[0] ?? 0) < 2) continue;
    const isWide = data[0] === 3;
    const id = isWide ? data.readUInt32BE(4) : data.readUInt16BE(4);
    const kind = data.toString('latin1', isWide ? 10 : 8, isWide ? 14 : 12);
    if (kind !== 'Exif' && kind !== 'mime') continue;
    const extent = locations.get(id);
    const content = extent && bytes.subarray(extent.at, extent.at + extent.length);
    if (!content || content.length < 8) continue;
    if (kind === 'Exif') found.exif = content.subarray(4 + content.readUInt32BE(0));
    else if (data.includes('application/rdf+xml')) found.xmp = content;
  }
  return found;
}

/** Where the items lie that are in one piece in the file. */
function readLocations(box: Buffer | undefined): ReadonlyMap<number, { readonly at: number; readonly length: number }> {
  const locations = new Map<number, { readonly at: number; readonly length: number }>();
  if (!box) return locations;
  const version = box[0] ?? 0;
  const [offsetBytes, lengthBytes] = [(box[4] ?? 0) >> 4, (box[4] ?? 0) & 15];
  const [baseBytes, indexBytes] = [(box[5] ?? 0) >> 4, version > 0 ? (box[5] ?? 0) & 15 : 0];
  let at = 6;
  const read = (size: number): number => {
    const value = size === 0 ? 0 : size === 8 ? Number(box.readBigUInt64BE(at)) : box.readUIntBE(at, size);
    at += size;
    return value;
  };
  const count = Math.min(read(version < 2 ? 2 : 4), MAX_ITEMS);
  for (let left = count; left > 0 && at < box.length; left--) {
    const id = read(version < 2 ? 2 : 4);
    const method = version > 0 ? read(2) & 15 : 0;
    read(2);
    const base = read(baseBytes);
    const extents = read(2);
    if (extents === 1) {
      read(indexBytes);
      const location = { at: base + read(offsetBytes), length: read(lengthBytes) };
      if (method === 0 && !locations.has(id)) locations.set(id, location);
    } else {
      // Extents may take no bytes at all: they are stepped over at once, never counted through.
      at += extents * (indexBytes + offsetBytes + lengthBytes);
    }
  }
  return locations;
}
