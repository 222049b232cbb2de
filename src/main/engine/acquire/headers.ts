/** Names in lower case. */
export type Headers = Readonly<Partial<Record<string, string | string[]>>>;

export function one(headers: Headers, name: string): string | null {
  const value = headers[name];
  return (Array.isArray(value) ? value[0] : value) ?? null;
}

/** A whole number that a header consists of; null when it is absent or anything else. */
export function count(headers: Headers, name: string): number | null {
  const text = one(headers, name)?.trim() ?? '';
  return /^\d{1,15}$/.test(text) ? Number(text) : null;
}

/** Milliseconds since 1970 of an HTTP date; null when it is absent or none. */
export function date(headers: Headers, name: string): number | null {
  const time = Date.parse(one(headers, name) ?? '');
  return Number.isNaN(time) ? null : time;
}

/** What names one version of a representation. */
export interface Validators {
  readonly etag: string | null;
  readonly lastModified: string | null;
}

export function validatorsOf(headers: Headers): Validators {
  return { etag: one(headers, 'etag'), lastModified: one(headers, 'last-modified') };
}

/** A Last-Modified that old when it was sent names one version only (RFC 9110, 8.8.2.2). */
const SETTLED_MS = 60_000;

/** What may stand in If-Range: a validator that changes with every byte; null when the server sent none (RFC 9110, 13.1.5). */
export function strongValidator(headers: Headers): string | null {
  const etag = one(headers, 'etag');
  if (etag !== null) return /^"[^"]*"$/.test(etag) ? etag : null;
  const [modified, sent] = [date(headers, 'last-modified'), date(headers, 'date')];
  return modified !== null && sent !== null && sent - modified >= SETTLED_MS ? one(headers, 'last-modified') : null;
}

/** `bytes 100-199/200`; the total is null where the server does not know it. */
export function contentRange(headers: Headers): { readonly start: number; readonly end: number; readonly total: number | null } | null {
  const found = /^bytes (\d{1,15})-(\d{1,15})\/(\d{1,15}|\*)$/i.exec(one(headers, 'content-range')?.trim() ?? '');
  return found ? { start: Number(found[1]), end: Number(found[2]), total: found[3] === '*' ? null : Number(found[3]) } : null;
}

/** How long a server wants to be left alone, milliseconds: seconds or an HTTP date (RFC 9110, 10.2.3). */
export function retryAfter(headers: Headers, now: number): number | null {
  const seconds = count(headers, 'retry-after');
  if (seconds !== null) return seconds * 1000;
  const until = date(headers, 'retry-after');
  return until === null ? null : Math.max(0, until - now);
}

/** Until when an answer may be used without asking again, milliseconds since 1970; null when the server does not say (RFC 9111, 4.2). */
export function freshUntil(headers: Headers, now: number): number | null {
  const control = (one(headers, 'cache-control') ?? '').toLowerCase();
  if (/(?:^|[,\s])(?:no-store|no-cache)(?:$|[,\s=])/.test(control)) return now;
  const maxAge = /(?:^|[,\s])max-age="?(\d{1,10})/.exec(control)?.[1];
  if (maxAge !== undefined) return now + Math.max(0, Number(maxAge) - (count(headers, 'age') ?? 0)) * 1000;
  const expires = one(headers, 'expires');
  if (expires === null) return null;
  // What cannot be read as a time has expired already.
  return date(headers, 'expires') ?? now;
}
