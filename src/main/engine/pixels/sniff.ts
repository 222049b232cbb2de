export const RASTER_FORMATS = ['jpeg', 'png', 'webp', 'gif', 'bmp', 'tiff', 'avif', 'heic', 'jxl', 'ico', 'psd', 'jp2'] as const;
/** Camera raw files, of which the embedded preview is shown. */
export const RAW_FORMATS = ['cr2', 'cr3', 'nef', 'arw', 'dng', 'orf', 'rw2', 'pef', 'raf'] as const;
export type ImageFormat = (typeof RASTER_FORMATS)[number] | (typeof RAW_FORMATS)[number];

export type Sniffed =
  | { readonly kind: 'image'; readonly format: ImageFormat }
  /** An image of a kind that is not read; `name` is how people call it. */
  | { readonly kind: 'unsupported'; readonly format: string; readonly name: string }
  /** `looksLike` completes "the file is …". */
  | { readonly kind: 'other'; readonly looksLike: string };

/** Tells what a file is from its bytes alone; its name is never asked. */
export function sniff(bytes: Buffer): Sniffed {
  if (bytes.length === 0) return { kind: 'other', looksLike: 'empty' };
  const head = bytes.toString('latin1', 0, 16);
  for (const { magic, format } of IMAGES) if (head.startsWith(magic)) return { kind: 'image', format };
  if (startsWith(bytes, 'RIFF', 0) && startsWith(bytes, 'WEBP', 8)) return { kind: 'image', format: 'webp' };
  if (isBitmap(bytes)) return { kind: 'image', format: 'bmp' };
  if (isIcon(bytes)) return { kind: 'image', format: 'ico' };
  if (startsWith(bytes, 'II*\0', 0) || startsWith(bytes, 'MM\0*', 0)) return { kind: 'image', format: tiffKind(bytes) };
  if (startsWith(bytes, 'ftyp', 4)) return sniffBaseMedia(bytes);
  for (const { magic, format, name } of UNSUPPORTED) if (startsWith(bytes, magic, 0)) return { kind: 'unsupported', format, name };
  return sniffOther(bytes);
}

const IMAGES: readonly { readonly magic: string; readonly format: ImageFormat }[] = [
  { magic: '\xff\xd8\xff', format: 'jpeg' },
  { magic: '\x89PNG\r\n\x1a\n', format: 'png' },
  { magic: 'GIF87a', format: 'gif' },
  { magic: 'GIF89a', format: 'gif' },
  { magic: '8BPS\0\x01', format: 'psd' },
  { magic: '\xff\x0a', format: 'jxl' },
  { magic: '\0\0\0\x0cJXL \r\n\x87\n', format: 'jxl' },
  { magic: '\0\0\0\x0cjP  \r\n\x87\n', format: 'jp2' },
  { magic: '\xff\x4f\xff\x51', format: 'jp2' },
  { magic: 'FUJIFILMCCD-RAW', format: 'raf' },
  { magic: 'IIRO', format: 'orf' },
  { magic: 'IIRS', format: 'orf' },
  { magic: 'MMOR', format: 'orf' },
  { magic: 'IIU\0', format: 'rw2' },
];

const UNSUPPORTED: readonly { readonly magic: string; readonly format: string; readonly name: string }[] = [
  { magic: 'II+\0\x08\0', format: 'bigtiff', name: 'BigTIFF' },
  { magic: 'MM\0+\0\x08', format: 'bigtiff', name: 'BigTIFF' },
  { magic: '8BPS\0\x02', format: 'psb', name: 'Photoshop large document (PSB)' },
  { magic: 'v/1\x01', format: 'exr', name: 'OpenEXR' },
  { magic: '#?RADIANCE', format: 'hdr', name: 'Radiance HDR' },
  { magic: 'DDS ', format: 'dds', name: 'DirectDraw surface (DDS)' },
  { magic: 'gimp xcf', format: 'xcf', name: 'GIMP (XCF)' },
  { magic: 'qoif', format: 'qoi', name: 'QOI' },
  { magic: 'BPG\xfb', format: 'bpg', name: 'BPG' },
  { magic: 'FLIF', format: 'flif', name: 'FLIF' },
  { magic: 'II\xbc\x01', format: 'jxr', name: 'JPEG XR' },
  { magic: 'P1\n', format: 'pnm', name: 'PBM/PGM/PPM' }, { magic: 'P2\n', format: 'pnm', name: 'PBM/PGM/PPM' },
  { magic: 'P3\n', format: 'pnm', name: 'PBM/PGM/PPM' }, { magic: 'P4\n', format: 'pnm', name: 'PBM/PGM/PPM' },
  { magic: 'P5\n', format: 'pnm', name: 'PBM/PGM/PPM' }, { magic: 'P6\n', format: 'pnm', name: 'PBM/PGM/PPM' },
  { magic: '\xd7\xcd\xc6\x9a', format: 'wmf', name: 'Windows metafile' },
  { magic: 'FOVb', format: 'x3f', name: 'Sigma raw (X3F)' },
  { magic: '\0MRM', format: 'mrw', name: 'Minolta raw (MRW)' },
];

const OTHER: readonly { readonly magic: string; readonly looksLike: string }[] = [
  { magic: 'PK\x03\x04', looksLike: 'a ZIP archive or an office document' },
  { magic: 'PK\x05\x06', looksLike: 'an empty ZIP archive' },
  { magic: '%PDF-', looksLike: 'a PDF document' },
  { magic: '\x1f\x8b', looksLike: 'a gzip archive' },
  { magic: '7z\xbc\xaf', looksLike: 'a 7-Zip archive' },
  { magic: 'Rar!', looksLike: 'a RAR archive' },
  { magic: '\x7fELF', looksLike: 'a program' },
  { magic: 'MZ', looksLike: 'a program' },
  { magic: 'SQLite format 3\0', looksLike: 'a database' },
  { magic: 'OggS', looksLike: 'audio or video (Ogg)' },
  { magic: 'ID3', looksLike: 'audio (MP3)' },
  { magic: 'RIFF', looksLike: 'audio or video (RIFF)' },
  { magic: '\x1aE\xdf\xa3', looksLike: 'a video (Matroska or WebM)' },
  { magic: '%!PS', looksLike: 'a PostScript document' },
];

function startsWith(bytes: Buffer, magic: string, at: number): boolean {
  return bytes.length >= at + magic.length && bytes.toString('latin1', at, at + magic.length) === magic;
}

/** "BM" alone is two common letters: the header's size must be one that exists. */
function isBitmap(bytes: Buffer): boolean {
  return startsWith(bytes, 'BM', 0) && bytes.length >= 18 && [12, 16, 40, 52, 56, 64, 108, 124].includes(bytes.readUInt32LE(14));
}

function isIcon(bytes: Buffer): boolean {
  if (bytes.length < 22 || !(startsWith(bytes, '\0\0\x01\0', 0) || startsWith(bytes, '\0\0\x02\0', 0))) return false;
  const count = bytes.readUInt16LE(4);
  return count > 0 && count <= 256 && bytes[9] === 0 && bytes.readUInt32LE(18) >= 6 + 16 * count;
}

/** Raw files of most makers are TIFFs: told apart by a mark behind the header, the maker's name, or the DNG version. */
function tiffKind(bytes: Buffer): ImageFormat {
  if (startsWith(bytes, 'CR', 8)) return 'cr2';
  const little = bytes[0] === 0x49;
  const read16 = (at: number): number => (at + 2 <= bytes.length ? (little ? bytes.readUInt16LE(at) : bytes.readUInt16BE(at)) : 0);
  const read32 = (at: number): number => (at + 4 <= bytes.length ? (little ? bytes.readUInt32LE(at) : bytes.readUInt32BE(at)) : 0);
  const directory = read32(4);
  const entries = Math.min(read16(directory), 200);
  let maker = '';
  let isRaw = false;
  for (let entry = 0; entry < entries; entry++) {
    const at = directory + 2 + 12 * entry;
    const tag = read16(at);
    if (tag === 0xc612) return 'dng';
    if (tag === 0x10f) maker = bytes.toString('latin1', read32(at + 8), read32(at + 8) + 20).toUpperCase();
    // Makers' raw files carry only a preview in the first directory and the sensor's data in sub-directories.
    if (tag === 0x14a) isRaw = true;
  }
  if (isRaw && maker.startsWith('NIKON')) return 'nef';
  if (isRaw && maker.startsWith('SONY')) return 'arw';
  if (maker.startsWith('PENTAX') && read16(directory) > 0 && hasPentaxCompression(bytes, read16, read32)) return 'pef';
  return 'tiff';
}

/** PEF files say 65535 (or 32773 with a maker note) as the compression of the first directory. */
function hasPentaxCompression(bytes: Buffer, read16: (at: number) => number, read32: (at: number) => number): boolean {
  const directory = read32(4);
  for (let entry = 0; entry < Math.min(read16(directory), 200); entry++) {
    const at = directory + 2 + 12 * entry;
    if (read16(at) === 0x103) return read16(at + 8) === 65535 || bytes.toString('latin1', 0, 4096).includes('AOC\0');
  }
  return false;
}

const HEVC_BRANDS = ['heic', 'heix', 'heim', 'heis', 'hevc', 'hevx'];

/** ISO base media: the major brand decides, else the compatible ones (`mif1` says only "some image"). */
function sniffBaseMedia(bytes: Buffer): Sniffed {
  const end = Math.min(bytes.length, Math.max(16, bytes.readUInt32BE(0)), 256);
  const brands = [bytes.toString('latin1', 8, 12)];
  for (let at = 16; at + 4 <= end; at += 4) brands.push(bytes.toString('latin1', at, at + 4));
  for (const brand of brands) {
    if (brand === 'crx ') return { kind: 'image', format: 'cr3' };
    if (brand === 'avif' || brand === 'avis') return { kind: 'image', format: 'avif' };
    if (HEVC_BRANDS.includes(brand)) return { kind: 'image', format: 'heic' };
  }
  if (brands.includes('mif1')) return { kind: 'unsupported', format: 'heif', name: 'HEIF with an unknown codec' };
  return { kind: 'other', looksLike: 'a video or audio file (MP4 family)' };
}

function sniffOther(bytes: Buffer): Sniffed {
  for (const { magic, looksLike } of OTHER) if (startsWith(bytes, magic, 0)) return { kind: 'other', looksLike };
  const start = bytes.subarray(0, 1024);
  const text = start.toString(start[0] === 0xff && start[1] === 0xfe ? 'utf16le' : 'utf8').trimStart().replace(/^\ufeff/, '');
  const lower = text.toLowerCase();
  if (/<svg[\s>]/.test(lower)) return { kind: 'unsupported', format: 'svg', name: 'SVG (a drawing that can carry scripts)' };
  if (/^<(!doctype html|html|head|body|!--)/.test(lower) || /<html[\s>]/.test(lower)) return { kind: 'other', looksLike: 'an HTML page' };
  if (lower.startsWith('<?xml') || lower.startsWith('<')) return { kind: 'other', looksLike: 'XML or markup' };
  if (lower.startsWith('{') || lower.startsWith('[')) return { kind: 'other', looksLike: 'JSON text' };
  if (start.every((byte) => byte === 0)) return { kind: 'other', looksLike: 'all zeros' };
  const printable = start.every((byte) => byte >= 0x20 || byte === 0x09 || byte === 0x0a || byte === 0x0d);
  return { kind: 'other', looksLike: printable ? 'text' : 'data of an unknown kind' };
}
