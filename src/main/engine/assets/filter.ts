import { ProofsheetError } from '../errors.ts';
import { RASTER_FORMATS, RAW_FORMATS } from '../pixels/sniff.ts';
import { ANY_WRONG_EXTENSION, WRONG_EXTENSION } from './flags.ts';
import { FILES_IN_FOLDER, IS_PRESENT, stemOf } from './folder.ts';

/** A condition on `asset a`, with its values in order. */
export interface Condition {
  readonly sql: string;
  readonly values: readonly (string | number)[];
}

/**
 * Reads a filter expression (docs/filters.md): terms separated by spaces, all of which must hold. A bare word or a
 * "quoted phrase" is looked for in names; `field:value`, `field>=n` and the like compare; a leading `-` negates.
 * @throws ProofsheetError `bad-input` naming the term that is not understood
 */
export function parseFilter(expression: string): Condition {
  const conditions = termsOf(expression).map(({ negated, text, field, operator }) => {
    const condition = field === null ? nameContains(text) : compare(field, operator, text);
    // What is unknown (no date, no category) does not match, so its negation does.
    return negated ? { ...condition, sql: `(${condition.sql}) IS NOT 1` } : condition;
  });
  return { sql: conditions.length === 0 ? '1' : conditions.map(({ sql }) => sql).join(' AND '), values: conditions.flatMap(({ values }) => values) };
}

interface Term {
  readonly negated: boolean;
  readonly field: string | null;
  readonly operator: string;
  readonly text: string;
}

const TERM = /(-?)(?:([a-z]+)(:|>=|<=|>|<|=))?(?:"((?:[^"\\]|\\.)*)"|(\S+))/giy;

function termsOf(expression: string): Term[] {
  const terms: Term[] = [];
  const pattern = new RegExp(TERM);
  const text = expression.trim();
  for (let position = 0; position < text.length;) {
    if (/\s/.test(text[position] ?? '')) {
      position += 1;
      continue;
    }
    pattern.lastIndex = position;
    const match = pattern.exec(text);
    if (!match) throw new ProofsheetError('bad-input', `The filter cannot be read from “${text.slice(position, position + 20)}” on.`);
    const quoted = match[4]?.replace(/\\(.)/g, '$1');
    requireComplete(match[5] ?? '');
    terms.push({ negated: match[1] === '-', field: match[2]?.toLowerCase() ?? null, operator: match[3] ?? ':', text: quoted ?? match[5] ?? '' });
    position = pattern.lastIndex;
  }
  return terms;
}

/** What is only half typed is not looked for: `width>=` is not a name, nor is a quote that has no end. */
function requireComplete(text: string): void {
  const field = /^([a-z]+)(?::|>=|<=|>|<|=)$/i.exec(text)?.[1];
  if (field !== undefined) throw new ProofsheetError('bad-input', `The filter “${text}” needs a value after it.`);
  if (text.startsWith('"')) throw new ProofsheetError('bad-input', `The quotation mark before “${text.slice(1)}” has no end.`);
}

const NUMBERS: Readonly<Record<string, string>> = {
  width: 'a.width', height: 'a.height', bytes: 'a.bytes', pixels: '(a.width * a.height / 1e6)', frames: 'a.frames',
  score: 'a.score', sharpness: 'a.sharpness', contrast: 'a.contrast', brightness: 'a.brightness', colorfulness: 'a.colorfulness', id: 'a.id',
};

function compare(field: string, operator: string, text: string): Condition {
  const column = NUMBERS[field];
  if (column !== undefined) return compareNumber(field, column, operator, text);
  if (field === 'taken') return compareDate(operator, text);
  const matching = WORDS[field];
  if (matching === undefined) throw new ProofsheetError('bad-input', `There is no filter “${field}”; there are ${[...Object.keys(NUMBERS), 'taken', ...Object.keys(WORDS)].join(', ')}.`);
  if (operator !== ':' && operator !== '=') throw new ProofsheetError('bad-input', `The filter “${field}” is compared with “:”, not with “${operator}”.`);
  return matching(text);
}

const WORDS: Readonly<Record<string, (text: string) => Condition>> = {
  format: (text) => ({ sql: 'a.format = ?', values: [formatOf(text)] }),
  category: (text) => ({ sql: 'a.category = ?', values: [text] }),
  name: nameContains,
  flag: (text) => (text === WRONG_EXTENSION ? { sql: ANY_WRONG_EXTENSION, values: [] } : { sql: 'EXISTS (SELECT 1 FROM json_each(a.flags) WHERE value = ?)', values: [text] }),
  folder: (text) => (IS_ABSOLUTE.test(text) ? inFolder(text) : inFolderNamed(text)),
  batch: (text) => ({
    sql: 'a.id IN (SELECT j.asset_id FROM job j JOIN batch b ON b.id = j.batch_id WHERE (b.id = ? OR b.parent_id = ?) AND j.asset_id IS NOT NULL)',
    values: [Number(text), Number(text)],
  }),
  sha256: (text) => ({ sql: 'a.sha256 = unhex(?)', values: [text] }),
};

const FORMATS: readonly string[] = [...RASTER_FORMATS, ...RAW_FORMATS];
/** What people call formats by their extensions. */
const FORMAT_ALIASES: Readonly<Record<string, string>> = {
  jpg: 'jpeg', jpe: 'jpeg', jfif: 'jpeg', apng: 'png', dib: 'bmp', tif: 'tiff', heif: 'heic', hif: 'heic', j2k: 'jp2', jpf: 'jp2', jpx: 'jp2',
};

function formatOf(text: string): string {
  const name = text.toLowerCase().replace(/^\./, '');
  const format = FORMAT_ALIASES[name] ?? name;
  if (!FORMATS.includes(format)) throw new ProofsheetError('bad-input', `There is no format “${text}”; there are ${FORMATS.join(', ')}.`);
  return format;
}

function nameContains(text: string): Condition {
  const pattern = `%${text.replace(/[\\%_]/g, '\\$&')}%`;
  return {
    sql: `(a.name LIKE ? ESCAPE '\\' OR EXISTS (SELECT 1 FROM source s JOIN container c ON c.id = s.container_id WHERE s.asset_id = a.id AND (s.name LIKE ? ESCAPE '\\' OR c.path LIKE ? ESCAPE '\\')))`,
    values: [pattern, pattern, pattern],
  };
}

function inFolder(path: string): Condition {
  return { sql: `a.id IN (SELECT s.asset_id FROM (SELECT ${stemOf('?')} AS stem) folder CROSS JOIN ${FILES_IN_FOLDER})`, values: [path] };
}

const IS_ABSOLUTE = /^(?:[\\/]|[a-z]:[\\/]|[a-z][a-z0-9+.-]+:\/\/)/i;

/** A folder by its name, or by the end of its path, wherever it lies; the letters A–Z match in either case. */
function inFolderNamed(path: string): Condition {
  const name = path.replaceAll('\\', '/').replace(/^\.?\/+|\/+$/g, '').replace(/[A-Z]/g, (letter) => letter.toLowerCase());
  return {
    sql: `a.id IN (SELECT s.asset_id FROM source s WHERE ${IS_PRESENT} AND s.container_id IN (
      SELECT id FROM container WHERE instr(lower(replace(path, '\\', '/')) || '/', ?) > 0))`,
    values: [`/${name}/`],
  };
}

function compareNumber(field: string, column: string, operator: string, text: string): Condition {
  const range = /^(-?[\d.]+)\.\.(-?[\d.]+)$/.exec(text);
  if (range && (operator === ':' || operator === '=')) return { sql: `${column} BETWEEN ? AND ?`, values: [numberOf(field, range[1]), numberOf(field, range[2])] };
  return { sql: `${column} ${operator === ':' ? '=' : operator} ?`, values: [numberOf(field, text)] };
}

function numberOf(field: string, text: string | undefined): number {
  const value = Number(text);
  if (text === undefined || text === '' || !Number.isFinite(value)) throw new ProofsheetError('bad-input', `The filter “${field}” needs a number, not “${text ?? ''}”.`);
  return value;
}

/** A date of any precision is the whole span it names: 2024 is a year, 2024-05 a month. */
function compareDate(operator: string, text: string): Condition {
  const [from, to] = text.split('..') as [string, string | undefined];
  const [start] = spanOf(from);
  const [, end] = spanOf(to ?? from);
  switch (operator) {
    case '<': return { sql: 'a.taken_at < ?', values: [start] };
    case '<=': return { sql: 'a.taken_at < ?', values: [end] };
    case '>': return { sql: 'a.taken_at >= ?', values: [end] };
    case '>=': return { sql: 'a.taken_at >= ?', values: [start] };
    default: return { sql: '(a.taken_at >= ? AND a.taken_at < ?)', values: [start, end] };
  }
}

function spanOf(text: string): [number, number] {
  const match = /^(\d{4})(?:-(\d{2})(?:-(\d{2}))?)?$/.exec(text);
  const [year, month, day] = [Number(match?.[1]), Number(match?.[2] ?? 1), Number(match?.[3] ?? 1)];
  // A month 13 or a 30 February would count on into what follows.
  const isReal = month >= 1 && month <= 12 && day >= 1 && day <= new Date(Date.UTC(year, month, 0)).getUTCDate();
  if (!match || !isReal) throw new ProofsheetError('bad-input', `The filter “taken” needs a date such as 2024, 2024-05 or 2024-05-31, not “${text}”.`);
  const end = match[3] !== undefined ? Date.UTC(year, month - 1, day + 1) : match[2] !== undefined ? Date.UTC(year, month, 1) : Date.UTC(year + 1, 0, 1);
  return [Date.UTC(year, month - 1, day), end];
}
