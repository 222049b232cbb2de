import { isUtf8 } from 'node:buffer';
import { createReadStream } from 'node:fs';
import { basename, extname } from 'node:path';
import { pipeline } from 'node:stream';
import { createGunzip } from 'node:zlib';

const CHUNK = 1 << 18;

export type ListKind = 'delimited' | 'lines' | 'json' | 'jsonl';
export const LIST_EXTENSIONS: ReadonlySet<string> = new Set(['csv', 'tsv', 'txt', 'json', 'jsonl', 'ndjson']);

export function isListPath(path: string): boolean {
  return LIST_EXTENSIONS.has(extname(unpackedName(path)).slice(1).toLowerCase());
}

export function isPacked(path: string): boolean {
  return extname(path).toLowerCase() === '.gz';
}

/** What a list is called without what it is packed in: `shop.csv` of `shop.csv.gz`. */
function unpackedName(path: string): string {
  return isPacked(path) ? path.slice(0, -'.gz'.length) : path;
}

/** What a list's import is called unless somebody says otherwise. */
export function listName(path: string): string {
  const name = unpackedName(path);
  return basename(name, extname(name));
}

/** The bytes of a list, unpacked. @throws the decompressor's error where a packed one is damaged */
export function openListBytes(path: string): AsyncIterable<Buffer> {
  const file = createReadStream(path, { highWaterMark: CHUNK });
  return isPacked(path) ? pipeline(file, createGunzip({ chunkSize: CHUNK }), () => undefined) : file;
}

export function listKindOf(path: string): ListKind {
  switch (extname(unpackedName(path)).toLowerCase()) {
    case '.json': return 'json';
    case '.jsonl': case '.ndjson': return 'jsonl';
    case '.csv': case '.tsv': return 'delimited';
    default: return 'lines';
  }
}

/**
 * The text encoding of a file, as the WHATWG names it. A byte order mark decides; then NUL bytes in every other place
 * (UTF-16); then whether every byte of the file is valid UTF-8; what is left is Windows-1252, which contains Latin-1.
 */
export async function detectEncoding(path: string): Promise<string> {
  let cut: Buffer = Buffer.alloc(0);
  let isFirst = true;
  for await (const chunk of openListBytes(path)) {
    if (isFirst) {
      const marked = byMark(chunk);
      if (marked) return marked;
      isFirst = false;
    }
    const bytes = cut.length === 0 ? chunk : Buffer.concat([cut, chunk]);
    // A character may be cut at the end of the chunk: keep its bytes for the next one.
    const held = cutLength(bytes);
    if (!isUtf8(bytes.subarray(0, bytes.length - held))) return 'windows-1252';
    cut = Buffer.from(bytes.subarray(bytes.length - held));
  }
  return isUtf8(cut) ? 'utf-8' : 'windows-1252';
}

function byMark(bytes: Buffer): string | null {
  if (bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf) return 'utf-8';
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return 'utf-16le';
  if (bytes[0] === 0xfe && bytes[1] === 0xff) return 'utf-16be';
  const head = bytes.subarray(0, 512);
  let even = 0;
  let odd = 0;
  for (const [index, byte] of head.entries()) {
    if (byte !== 0) continue;
    if (index % 2 === 0) even += 1;
    else odd += 1;
  }
  const half = head.length / 2;
  if (odd > half * 0.4 && even < half * 0.1) return 'utf-16le';
  if (even > half * 0.4 && odd < half * 0.1) return 'utf-16be';
  return null;
}

/** How many bytes at the end belong to a UTF-8 character that is not complete yet, 0–3. */
function cutLength(bytes: Buffer): number {
  for (let back = 1; back <= 3 && back <= bytes.length; back++) {
    const byte = bytes[bytes.length - back] ?? 0;
    if ((byte & 0xc0) === 0x80) continue;
    const need = byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : byte >= 0xc0 ? 2 : 1;
    return need > back ? back : 0;
  }
  return 0;
}

const DELIMITERS = [',', ';', '\t', '|'] as const;

/** The delimiter that cuts the sampled lines into the most columns, the same number in most lines; a comma if none does. */
export function guessDelimiter(path: string, sample: string): string {
  if (extname(unpackedName(path)).toLowerCase() === '.tsv') return '\t';
  const lines = unquoted(sample).split(/\r\n|\r|\n/).filter((line) => line !== '').slice(0, 50);
  let best = { delimiter: ',', score: 0 };
  for (const delimiter of DELIMITERS) {
    const counts = lines.map((line) => line.split(delimiter).length - 1);
    const first = counts[0] ?? 0;
    const alike = counts.filter((count) => count === first).length / Math.max(1, counts.length);
    const score = first === 0 ? 0 : alike * alike * Math.min(first, 20) ** 0.25;
    if (score > best.score) best = { delimiter, score };
  }
  return best.delimiter;
}

/** The text with the contents of quoted fields left out: delimiters and newlines in them count for nothing. */
function unquoted(text: string): string {
  return text.replace(/"(?:[^"]|"")*"?/g, '""');
}

const NAMES_A_SOURCE = /^(?:image|img|photo|picture|file|full)?[ _-]?(?:url|uri|path|file|filename|file[ _-]?name|src|source|link|href|image|photo|picture|location)s?$/i;
const LOOKS_LIKE_URL = /^(?:https?|file):\/\//i;
const LOOKS_LIKE_IMAGE_FILE = /\.(?:jpe?g|png|webp|gif|bmp|tiff?|avif|hei[cf]|jxl|jp2|psd|ico|dng|cr[23]|nef|arw|orf|rw2|raf)(?:[?#].*)?$/i;

function looksLikeSource(cell: string): boolean {
  return LOOKS_LIKE_URL.test(cell) || LOOKS_LIKE_IMAGE_FILE.test(cell);
}

/** Whether the first of these records names columns: it holds no location itself, while a later one does. */
export function hasHeader(records: readonly (readonly string[])[]): boolean {
  const [first, ...rest] = records;
  if (!first) return false;
  if (first.some((cell) => looksLikeSource(cell.trim()))) return false;
  return first.some((cell) => NAMES_A_SOURCE.test(cell.trim())) || rest.some((record) => record.some((cell) => looksLikeSource(cell.trim())));
}

/** Index of the column that most likely holds paths or URLs; null when none does. */
export function guessSourceColumn(columns: readonly string[], records: readonly (readonly string[])[]): number | null {
  if (columns.length === 1) return 0;
  let best: { index: number; score: number } | null = null;
  for (const [index, column] of columns.entries()) {
    const cells = records.map((record) => (record[index] ?? '').trim()).filter((cell) => cell !== '');
    const share = cells.length === 0 ? 0 : cells.filter(looksLikeSource).length / cells.length;
    const named = NAMES_A_SOURCE.test(column.trim());
    const score = share + (named ? 0.5 : 0);
    if ((share > 0.3 || named) && (best === null || score > best.score)) best = { index, score };
  }
  return best?.index ?? null;
}
