import { statSync, type Stats } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { pipeline, Readable, type Duplex } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { parse } from 'csv-parse';
import type { ListInspection } from '../../../../contract/index.ts';
import { errorMessageOf, ProofsheetError } from '../../errors.ts';
import type { ScanEntry } from './entry.ts';
import { readJsonArray } from './json-array.ts';
import { detectEncoding, guessDelimiter, guessSourceColumn, hasHeader, isListPath, isPacked, LIST_EXTENSIONS, listKindOf, type ListKind, openListBytes } from './list-format.ts';

/** A list opened for reading: how it is read, and its rows. */
export interface List {
  readonly encoding: string;
  readonly delimiter: string | null;
  readonly columns: readonly string[];
  readonly sourceColumn: string | null;
  readonly rows: () => AsyncGenerator<ListRow>;
}

export interface ListRow {
  /** 1-based, the header not counted. */
  readonly number: number;
  readonly cells: Readonly<Record<string, string>>;
  readonly source: string;
  /** Why this row cannot be used; null when it can. */
  readonly fault: string | null;
}

const SAMPLE_RECORDS = 101;

/** Longest row that is taken for one: beyond it a quote was not closed, or this is no list. */
const MAX_ROW_CHARACTERS = 1 << 20;
const UNCLOSED = 'a quote in it is probably not closed';

/** The one column of a list that has none. */
const LINE_COLUMN = 'source';

/**
 * Finds out how a list is to be read: encoding, delimiter, header, and the column with the paths.
 * @throws ProofsheetError `bad-input` when it is empty or no column can be told to hold the paths; errors of the file system
 */
export async function openList(path: string, wanted: string | undefined): Promise<List> {
  if (!isListPath(path)) throw new ProofsheetError('bad-input', `${path} is not a list; lists end in ${[...LIST_EXTENSIONS].map((extension) => `.${extension}`).join(', ')}, or that and .gz.`);
  if (lookAt(path) === null) throw new ProofsheetError('not-found', `${path} cannot be read: the file does not exist`);
  const kind = listKindOf(path);
  const encoding = await detectEncoding(path).catch((error: unknown) => { throw isPacked(path) && isUnpackError(error) ? new ProofsheetError('corrupt', `${path} cannot be unpacked: ${errorMessageOf(error)}.`) : error; });
  if (kind === 'delimited') return openDelimited(path, encoding, wanted);
  const sample = await take(readRecords(path, kind, encoding), SAMPLE_RECORDS);
  if (sample.length === 0) throw emptyList(path);
  const columns = [...new Set(sample.flatMap(({ cells }) => Object.keys(cells)))];
  const sourceColumn = chooseColumn(path, columns, sample.map(({ cells }) => columns.map((column) => cells[column] ?? '')), wanted);
  const plain = columns.length === 1 && columns[0] === LINE_COLUMN;
  return {
    encoding, delimiter: null, columns: plain ? [] : columns, sourceColumn: plain ? null : sourceColumn,
    rows: async function* () {
      for await (const record of readRecords(path, kind, encoding)) yield { ...record, source: (record.cells[sourceColumn] ?? '').trim() };
    },
  };
}

/** What `inspect` prints: how the list is read, how many rows it has, and the first of them. */
export async function inspectList(path: string, preview: number | null, wanted: string | undefined): Promise<ListInspection> {
  const list = await openList(path, wanted);
  const shown: Record<string, string>[] = [];
  let rows = 0;
  for await (const { cells } of list.rows()) {
    rows += 1;
    if (preview === null || rows <= preview) shown.push({ ...cells });
  }
  return { encoding: list.encoding, delimiter: list.delimiter, columns: [...list.columns], sourceColumn: list.sourceColumn, rows, preview: shown };
}

/** The entries of a list from row `after` + 1 on; a path that is not absolute is looked for beside the list. */
export async function* listEntries(list: List, path: string, after: number): AsyncGenerator<ScanEntry> {
  const folder = dirname(path);
  for await (const row of list.rows()) {
    if (row.number > after) yield entryOf(row, path, folder);
  }
}

function entryOf({ number, cells, source, fault }: ListRow, list: string, folder: string): ScanEntry {
  const row = JSON.stringify(cells);
  const refuse = (location: string, code: 'bad-input' | 'blocked-scheme', message: string): ScanEntry =>
    ({ ...locate(location), bytes: null, mtimeMs: null, ctimeMs: null, host: null, row, refusal: { state: 'failed', code, message } });
  if (fault !== null) return refuse(`${list}#${number}`, 'bad-input', `row ${number} cannot be read: ${fault}`);
  if (source === '') return refuse(`${list}#${number}`, 'bad-input', `row ${number} names no file`);
  if (source.includes('\0')) return refuse(`${list}#${number}`, 'bad-input', `row ${number} has a NUL character in its path`);
  const scheme = /^([a-z][a-z0-9+.-]+):\/\//i.exec(source)?.[1]?.toLowerCase();
  if (scheme === 'http' || scheme === 'https') {
    const url = URL.parse(source);
    if (url === null || url.hostname === '') return refuse(`${list}#${number}`, 'bad-input', `row ${number} has an address that is none: ${source}`);
    // What follows the # is never sent.
    url.hash = '';
    return { ...locate(url.href), bytes: null, mtimeMs: null, ctimeMs: null, host: url.host, row, refusal: null };
  }
  if (scheme !== undefined && scheme !== 'file') return refuse(source, 'blocked-scheme', `only files and http or https addresses are read, not ${scheme} addresses`);
  let path: string;
  try {
    path = resolve(folder, scheme === 'file' ? fileURLToPath(source) : source);
  } catch (error) {
    return refuse(source, 'bad-input', errorMessageOf(error));
  }
  // A path that is not there is queued all the same: the worker reports it like every other file that cannot be read.
  const stats = lookAt(path);
  if (stats?.isDirectory()) return refuse(path, 'bad-input', `row ${number} names a folder; lists name files`);
  return { ...locate(path), bytes: stats?.size ?? null, mtimeMs: stats?.mtimeMs ?? null, ctimeMs: null, host: null, row, refusal: null };
}

function lookAt(path: string): Stats | null {
  try {
    return statSync(path);
  } catch {
    return null;
  }
}

function locate(location: string): { container: string; name: string; raw: null } {
  // A slash in the query parts no folders.
  const cut = location.includes('://') ? location.lastIndexOf('/', location.search(/[?#]|$/)) : -1;
  if (cut > location.indexOf('://') + 2) return { container: location.slice(0, cut + 1), name: location.slice(cut + 1), raw: null };
  const folder = dirname(location);
  return { container: folder, name: location.slice(folder.endsWith('/') || folder.endsWith('\\') ? folder.length : folder.length + 1), raw: null };
}

async function openDelimited(path: string, encoding: string, wanted: string | undefined): Promise<List> {
  const delimiter = guessDelimiter(path, await sampleText(path, encoding));
  const sample = (await take(readDelimited(path, encoding, delimiter), SAMPLE_RECORDS));
  const [first] = sample;
  if (first === undefined) throw emptyList(path);
  const header = hasHeader(sample);
  const columns = header ? unique(first) : first.map((_, index) => `column${index + 1}`);
  const body = header ? sample.slice(1) : sample;
  if (body.length === 0) throw emptyList(path);
  const sourceColumn = chooseColumn(path, columns, body, wanted);
  const sourceIndex = columns.indexOf(sourceColumn);
  return {
    encoding, delimiter, columns, sourceColumn,
    rows: async function* () {
      let number = header ? -1 : 0;
      for await (const record of readDelimited(path, encoding, delimiter)) {
        number += 1;
        if (number === 0) continue;
        const cells: Record<string, string> = {};
        for (let index = 0; index < Math.max(record.length, columns.length); index++) cells[columns[index] ?? `column${index + 1}`] = record[index] ?? '';
        yield { number, cells, source: (record[sourceIndex] ?? '').trim(), fault: null };
      }
    },
  };
}

function chooseColumn(path: string, columns: readonly string[], records: readonly (readonly string[])[], wanted: string | undefined): string {
  if (wanted !== undefined) {
    if (!columns.includes(wanted)) throw new ProofsheetError('bad-input', `${path} has no column ${wanted}; it has ${columns.join(', ')}.`);
    return wanted;
  }
  const guessed = columns[guessSourceColumn(columns, records) ?? -1];
  if (guessed === undefined) throw new ProofsheetError('bad-input', `No column of ${path} looks like paths or addresses of images; name it with --source-column. It has ${columns.join(', ')}.`);
  return guessed;
}

function unique(names: readonly string[]): string[] {
  const seen = new Map<string, number>();
  return names.map((name, index) => {
    const base = name.trim() === '' ? `column${index + 1}` : name.trim();
    const count = (seen.get(base) ?? 0) + 1;
    seen.set(base, count);
    return count === 1 ? base : `${base} (${count})`;
  });
}

type CellRecord = Omit<ListRow, 'source'>;

async function* readRecords(path: string, kind: Exclude<ListKind, 'delimited'>, encoding: string): AsyncGenerator<CellRecord> {
  let number = 0;
  if (kind === 'json') {
    for await (const value of readJson(path, encoding)) yield { number: ++number, cells: cellsOf(value), fault: null };
    return;
  }
  for await (const line of readLines(path, encoding)) {
    number += 1;
    if (kind === 'lines') yield { number, cells: { [LINE_COLUMN]: line.trim() }, fault: null };
    else yield jsonLine(number, line);
  }
}

function jsonLine(number: number, line: string): CellRecord {
  try {
    return { number, cells: cellsOf(JSON.parse(line)), fault: null };
  } catch (error) {
    return { number, cells: { [LINE_COLUMN]: line }, fault: errorMessageOf(error) };
  }
}

function cellsOf(value: unknown): Record<string, string> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return { [LINE_COLUMN]: cellOf(value) };
  return Object.fromEntries(Object.entries(value).map(([key, cell]) => [key, cellOf(cell)]));
}

function cellOf(value: unknown): string {
  if (typeof value === 'string') return value;
  return value === null || value === undefined ? '' : JSON.stringify(value);
}

async function* readDelimited(path: string, encoding: string, delimiter: string): AsyncGenerator<string[]> {
  const parser: Duplex = parse({ delimiter, relax_column_count: true, relax_quotes: true, skip_empty_lines: true, max_record_size: MAX_ROW_CHARACTERS });
  // A pipeline closes the file however the reading ends; its error reaches whoever iterates.
  const records: AsyncIterable<string[]> = pipeline(Readable.from(textOf(path, encoding)), parser, () => undefined);
  let rows = 0;
  try {
    for await (const record of records) {
      rows += 1;
      yield record;
    }
  } catch (error) {
    if ((error as { code?: unknown }).code !== 'CSV_MAX_RECORD_SIZE') throw error;
    throw tooLongRow(path, rows + 1, UNCLOSED);
  }
}

async function* readJson(path: string, encoding: string): AsyncGenerator {
  try {
    yield* readJsonArray(textOf(path, encoding), MAX_ROW_CHARACTERS, (row) => tooLongRow(path, row, UNCLOSED));
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    throw new ProofsheetError('bad-input', `${path} is not a JSON array: ${errorMessageOf(error)}`);
  }
}

async function* readLines(path: string, encoding: string): AsyncGenerator<string> {
  let rest = '';
  let rows = 0;
  for await (const chunk of textOf(path, encoding)) {
    // A carriage return at the end may be the first half of a line end.
    const whole = rest + chunk;
    const cut = whole.endsWith('\r') ? whole.length - 1 : whole.length;
    const lines = whole.slice(0, cut).split(/\r\n|\r|\n/);
    rest = (lines.pop() ?? '') + whole.slice(cut);
    rows += lines.length;
    if (rest.length > MAX_ROW_CHARACTERS) throw tooLongRow(path, rows + 1, 'this is probably not a list');
    for (const line of lines) if (line.trim() !== '') yield line;
  }
  for (const line of rest.split('\r')) if (line.trim() !== '') yield line;
}

function tooLongRow(path: string, row: number, guess: string): ProofsheetError {
  return new ProofsheetError('bad-input', `Row ${row} of ${path} is longer than ${MAX_ROW_CHARACTERS} characters; ${guess}.`);
}

/** The text of a file in pieces; a byte order mark is taken off. */
async function* textOf(path: string, encoding: string): AsyncGenerator<string, void> {
  const decoder = new TextDecoder(encoding);
  for await (const chunk of openListBytes(path)) {
    const text = decoder.decode(chunk, { stream: true });
    if (text !== '') yield text;
  }
  const rest = decoder.decode();
  if (rest !== '') yield rest;
}

function isUnpackError(error: unknown): boolean {
  const code = (error as { code?: unknown } | null)?.code;
  return typeof code === 'string' && code.startsWith('Z_');
}

async function sampleText(path: string, encoding: string): Promise<string> {
  for await (const chunk of textOf(path, encoding)) return chunk;
  return '';
}

async function take<T>(values: AsyncIterable<T>, limit: number): Promise<T[]> {
  const taken: T[] = [];
  for await (const value of values) {
    taken.push(value);
    if (taken.length >= limit) break;
  }
  return taken;
}

function emptyList(path: string): ProofsheetError {
  return new ProofsheetError('bad-input', `${path} has no rows.`);
}
