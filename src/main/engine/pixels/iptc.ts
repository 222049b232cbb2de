export interface Iptc {
  readonly title?: string; readonly description?: string; readonly creator?: string; readonly copyright?: string;
  readonly keywords: readonly string[];
  /** ISO 8601, local or with its zone. */
  readonly date?: string;
}

const MAX_RECORDS = 2000;

/** IPTC-IIM 4.2, application record 2. Never throws; what makes no sense ends the reading. */
export function readIptc(block: Buffer): Iptc {
  const values = new Map<number, string[]>();
  let isUtf8 = false;
  let at = 0;
  for (let left = MAX_RECORDS; left > 0 && at + 5 <= block.length && block[at] === 0x1c; left--) {
    const [record, dataset, length] = [block[at + 1], block[at + 2] ?? 0, block.readUInt16BE(at + 3)];
    if (length >= 0x8000) break;
    const data = block.subarray(at + 5, at + 5 + length);
    if (record === 1 && dataset === 90) isUtf8 = data.toString('latin1') === '\x1b%G';
    if (record === 2) values.set(dataset, [...(values.get(dataset) ?? []), decode(data, isUtf8)]);
    at += 5 + length;
  }
  const first = (dataset: number): string | undefined => values.get(dataset)?.[0];
  const [title, description, creator, copyright, date] = [first(5), first(120), first(80), first(116), toDate(first(55), first(60))];
  return {
    keywords: values.get(25) ?? [],
    ...(title && { title }), ...(description && { description }), ...(creator && { creator }), ...(copyright && { copyright }), ...(date && { date }),
  };
}

/** Many writers use UTF-8 without saying so. */
function decode(data: Buffer, isUtf8: boolean): string {
  const utf8 = data.toString('utf8');
  return isUtf8 || !utf8.includes('\ufffd') ? utf8 : data.toString('latin1');
}

/** `20240501` and `123000+0200`. */
function toDate(date: string | undefined, time: string | undefined): string | undefined {
  const day = /^(\d{4})(\d{2})(\d{2})$/.exec(date ?? '');
  if (!day) return undefined;
  const clock = /^(\d{2})(\d{2})(\d{2})([+-]\d{4})?$/.exec(time ?? '');
  return `${day[1]}-${day[2]}-${day[3]}${clock ? `T${clock[1]}:${clock[2]}:${clock[3]}${clock[4] ?? ''}` : ''}`;
}
