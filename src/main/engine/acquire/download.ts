import { createHash, type Hash } from 'node:crypto';
import { closeSync, createReadStream, existsSync, fdatasync, ftruncateSync, mkdirSync, openSync, readdirSync, readFileSync, renameSync, rmSync, utimesSync, write, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { createBrotliDecompress, createGunzip, createInflate, createZstdDecompress } from 'node:zlib';
import type { Transform } from 'node:stream';
import { ProofsheetError } from '../errors.ts';
import { sniff } from '../pixels/sniff.ts';
import type { AllowedHosts } from './addresses.ts';
import { type Agents, type Clocks, EnoughRead, exchange, type Head, type Receiver } from './exchange.ts';
import { contentRange, count, date, freshUntil, one, retryAfter, strongValidator, type Validators, validatorsOf } from './headers.ts';

export interface DownloadRequest {
  readonly url: URL;
  readonly allowed: AllowedHosts;
  /** Of the version that is there already: a server that has no other one answers without a body. */
  readonly known: Validators | null;
  readonly maxBytes: number;
  readonly clocks: Clocks;
  /** Names what has come of it in the folder, so that a later attempt can go on. */
  readonly key: string;
}

/** What is to be remembered of an answer. */
export interface AnswerFacts extends Validators {
  readonly finalUrl: string;
  readonly contentType: string | null;
  readonly freshUntil: number | null;
  readonly redirects: readonly string[];
}

export type Downloaded =
  | { readonly kind: 'fetched'; readonly sha256: string; readonly bytes: number; readonly facts: AnswerFacts; /** Of them these many bytes were there from an attempt before. */ readonly resumedAt: number }
  | { readonly kind: 'unchanged'; readonly facts: AnswerFacts };

export interface Downloads {
  /**
   * Fetches an image to `contentPath` of its hash: whole, synced, and named only then.
   * @throws ProofsheetError by its code; `details.retryAfterMs` where the server asked to be left alone
   */
  fetch(request: DownloadRequest, signal: AbortSignal): Promise<Downloaded>;
  contentPath(sha256: string): string;
  /** Forgets what came of an attempt that will not be taken up. */
  discard(key: string): void;
}

export interface DownloadsOptions {
  readonly folder: string;
  readonly agents: () => Agents;
  readonly userAgent: string;
  /** Waits until so many bytes may be taken; resolves at once, or is not asked, without a limit. */
  readonly throttle: (bytes: number) => Promise<void> | undefined;
  readonly now: () => number;
}

/** What the server said of the version that a part is of. */
interface PartFacts {
  readonly url: string;
  readonly validator: string;
  readonly total: number | null;
}

/** What is still to come when it is not worth asking for the rest. */
const MIN_RESUMABLE = 64 * 1024;
/** Written at once rather than piece by piece. */
const WRITE_BYTES = 1 << 20;
/** A file's kind shows in its first bytes; a page or an error text is not read on. */
const SNIFF_BYTES = 512;

const writeAsync = promisify(write);
const syncAsync = promisify(fdatasync);

export function createDownloads({ folder, agents, userAgent, throttle, now }: DownloadsOptions): Downloads {
  mkdirSync(folder, { recursive: true });
  const partPath = (key: string): string => join(folder, `${key}.part`);
  const factsPath = (key: string): string => join(folder, `${key}.part.json`);
  const contentPath = (sha256: string): string => join(folder, sha256);

  /** What lies there of attempts before: asked for a million times, the disk is asked once. */
  const left = new Set(readdirSync(folder).flatMap((name) => (name.endsWith('.part.json') ? [name.slice(0, -'.part.json'.length)] : [])));

  function discard(key: string): void {
    rmSync(partPath(key), { force: true });
    if (left.delete(key)) rmSync(factsPath(key), { force: true });
  }

  function readPart(key: string, url: URL): PartFacts | null {
    if (!left.has(key)) return null;
    try {
      const facts = JSON.parse(readFileSync(factsPath(key), 'utf8')) as PartFacts;
      return facts.url === url.href && existsSync(partPath(key)) ? facts : null;
    } catch {
      // No part, or one whose facts a crash has cut off: it begins anew.
      return null;
    }
  }

  async function attempt(request: DownloadRequest, part: PartFacts | null, signal: AbortSignal): Promise<Downloaded> {
    const { url, key, known } = request;
    let body: Body | undefined;
    const file = createPartFile(partPath(key), part !== null, () => {
      if (body === undefined || body.resumable === null || left.has(key)) return;
      writeFileSync(factsPath(key), JSON.stringify({ url: url.href, ...body.resumable } satisfies PartFacts));
      left.add(key);
    });
    let isOver = false;
    try {
      const held = part === null ? 0 : await file.readHash();
      if (part !== null && (held < MIN_RESUMABLE || (part.total !== null && held >= part.total))) throw new StartOver();
      const headers = {
        'user-agent': userAgent, accept: 'image/avif,image/webp,image/*,*/*;q=0.5', 'accept-encoding': 'identity',
        ...(part === null ? conditions(known) : { range: `bytes=${held}-`, 'if-range': part.validator }),
      };
      const head = await exchange(agents(), { url, headers, allowed: request.allowed, clocks: request.clocks }, (answer) => {
        body = openBody(answer, request, { part, held, file, throttle });
        // Another version has begun: what was noted of the one before does not hold for it.
        if (part !== null && answer.status === 200 && left.delete(key)) rmSync(factsPath(key), { force: true });
        return body;
      }, signal);
      const facts: AnswerFacts = { ...validatorsOf(head.headers), finalUrl: head.url.href, contentType: one(head.headers, 'content-type'), freshUntil: freshUntil(head.headers, now()), redirects: head.redirects };
      if (head.status === 304) {
        isOver = true;
        return { kind: 'unchanged', facts };
      }
      if (head.status === 416 && part !== null) throw new StartOver();
      refuseStatus(head, now());
      await body?.finish();
      const { bytes, sha256 } = await file.finish();
      const modified = date(head.headers, 'last-modified');
      if (modified !== null) utimesSync(partPath(key), new Date(), new Date(modified));
      renameSync(partPath(key), contentPath(sha256));
      if (left.delete(key)) rmSync(factsPath(key), { force: true });
      return { kind: 'fetched', sha256, bytes, facts, resumedAt: body?.resumedAt ?? 0 };
    } catch (error) {
      // What cannot be taken up is not kept: a part without a validator, or one that is no image.
      isOver = !(await file.keep()) || readPart(key, url) === null || isFinal(error);
      throw error;
    } finally {
      await file.close();
      if (isOver) discard(key);
    }
  }

  return {
    contentPath,
    discard,
    async fetch(request, signal) {
      const part = readPart(request.key, request.url);
      if (part === null && left.has(request.key)) discard(request.key);
      try {
        return await attempt(request, part, signal);
      } catch (error) {
        const isEarlyReset = error instanceof ProofsheetError && error.code === 'reset' && error.message.includes('before an answer');
        if (!(error instanceof StartOver) && !isEarlyReset) throw error;
        if (error instanceof StartOver) discard(request.key);
        // A connection that was kept open may be closed by the server as it is used again: that is nobody's failure.
        return await attempt(request, isEarlyReset ? readPart(request.key, request.url) : null, signal);
      }
    },
  };
}

/** What was kept of an earlier attempt does not go with what the server has now. */
class StartOver extends Error {}

function conditions(known: Validators | null): Record<string, string> {
  if (known === null) return {};
  if (known.etag !== null) return { 'if-none-match': known.etag };
  return known.lastModified === null ? {} : { 'if-modified-since': known.lastModified };
}

/** @throws ProofsheetError for every status that brings no image */
function refuseStatus({ status, headers }: Head, now: number): void {
  if (status === 200 || status === 206) return;
  const wait = retryAfter(headers, now);
  if (status === 429 || (status === 503 && wait !== null)) throw new ProofsheetError('rate-limited', `the server asks for fewer requests (${status})`, { retryAfterMs: wait });
  if (status >= 400 && status < 600) throw new ProofsheetError(`http-${status}`, `the server answered ${status}`);
  throw new ProofsheetError('bad-response', `the server answered ${status}, which brings no image`);
}

function isFinal(error: unknown): boolean {
  return error instanceof ProofsheetError && ['not-an-image', 'web-page', 'unsupported-format', 'too-many-bytes', 'bad-response'].includes(error.code);
}

interface Body extends Receiver {
  /** Waits for what a decompressor still holds, and checks that all has come. */
  readonly finish: () => Promise<void>;
  /** How a part of it could be taken up later; null when it could not. */
  readonly resumable: Omit<PartFacts, 'url'> | null;
  readonly resumedAt: number;
}

interface BodyContext {
  readonly part: PartFacts | null;
  readonly held: number;
  readonly file: PartFile;
  readonly throttle: (bytes: number) => Promise<void> | undefined;
}

function openBody(answer: Head, { maxBytes }: DownloadRequest, { part, held, file, throttle }: BodyContext): Body {
  const { status, headers } = answer;
  // The text of an error is not wanted, and may be of any length.
  if (status !== 200 && status !== 206) return { data: () => Promise.reject(new EnoughRead()), finish: () => Promise.resolve(), resumable: null, resumedAt: 0 };
  const encoding = (one(headers, 'content-encoding') ?? 'identity').trim().toLowerCase();
  const declared = count(headers, 'content-length');
  const range = contentRange(headers);
  let total = declared;
  let resumedAt = 0;
  if (status === 206) {
    const fits = part !== null && range !== null && range.start === held && encoding === 'identity' && (part.total === null || range.total === null || range.total === part.total)
      && (declared === null || declared === range.end - range.start + 1) && one(headers, part.validator.startsWith('"') ? 'etag' : 'last-modified') === part.validator;
    if (!fits) throw new StartOver();
    total = range.total ?? range.end + 1;
    if (range.end + 1 !== total) throw new StartOver();
    resumedAt = held;
  } else if (part !== null) file.restart();
  if (total !== null && total > maxBytes && encoding === 'identity') throw new ProofsheetError('too-many-bytes', `the server announces ${total} bytes, the limit is ${maxBytes}`);
  const validator = strongValidator(headers);
  const contentType = one(headers, 'content-type') ?? 'no type given';
  let isSniffed = resumedAt > 0;
  let bytes = resumedAt;
  let transferred = 0;

  const accept = (chunk: Buffer): Promise<void> | undefined => {
    bytes += chunk.length;
    if (bytes > maxBytes) throw new ProofsheetError('too-many-bytes', `more than ${maxBytes} bytes came${encoding === 'identity' ? '' : ' out of the compressed body'}, which is the limit`);
    const wait = file.add(chunk);
    if (!isSniffed && bytes >= SNIFF_BYTES) {
      isSniffed = true;
      refuseContent(file.head(), bytes, contentType);
    }
    return wait;
  };
  const unpack = encoding === 'identity' ? null : createUnpacker(encoding, accept);
  return {
    resumedAt,
    resumable: encoding === 'identity' && validator !== null && (total ?? Infinity) > MIN_RESUMABLE ? { validator: part !== null && status === 206 ? part.validator : validator, total } : null,
    data(chunk) {
      transferred += chunk.length;
      if (transferred > maxBytes) throw new ProofsheetError('too-many-bytes', `more than ${maxBytes} bytes came, which is the limit`);
      const [paced, taken] = [throttle(chunk.length), unpack === null ? accept(chunk) : unpack.add(chunk)];
      return paced === undefined ? taken : taken === undefined ? paced : Promise.all([paced, taken]).then(() => undefined);
    },
    async finish() {
      await unpack?.end();
      if (encoding === 'identity' && total !== null && bytes !== total) throw new ProofsheetError('truncated', `${bytes} of ${total} bytes came`);
      if (bytes === 0) throw new ProofsheetError('truncated', 'the answer is empty');
      if (!isSniffed) refuseContent(file.head(), bytes, contentType);
    },
  };
}

/** @throws ProofsheetError `web-page`, `not-an-image`, `unsupported-format` by the first bytes, whatever the server calls it */
function refuseContent(head: Buffer, bytes: number, contentType: string): void {
  const found = sniff(head);
  if (found.kind === 'image') return;
  if (found.kind === 'unsupported') throw new ProofsheetError('unsupported-format', `${found.name} files are not read (${contentType})`);
  const text = head.toString('latin1').replace(/^(?:\xef\xbb\xbf|\s|<!--[^]*?-->|<\?xml[^]*?\?>)+/, '');
  if (/^<(?:!doctype\s+html|html|head|body|title|meta|script|div|p|h1)\b/i.test(text)) throw new ProofsheetError('web-page', `the server sent a web page (${contentType})`);
  throw new ProofsheetError('not-an-image', `the answer is ${found.looksLike} (${contentType}, ${bytes} bytes or more)`);
}

/** Feeds what comes through a decompressor, one chunk after the other, so that a bomb is noticed at its first megabyte. */
function createUnpacker(encoding: string, accept: (chunk: Buffer) => Promise<void> | undefined): { add: (chunk: Buffer) => Promise<void>; end: () => Promise<void> } {
  const make = UNPACKERS[encoding];
  if (make === undefined) throw new ProofsheetError('bad-response', `the body is encoded as “${encoding}”, which was not asked for`);
  const stream = make();
  let failure: unknown;
  let writing: Promise<void> | undefined;
  const failed = new Promise<never>((_, reject) => { stream.once('error', (error) => { reject(failure instanceof ProofsheetError ? failure : new ProofsheetError('corrupt', `the compressed body is damaged: ${error.message}`)); }); });
  failed.catch(() => undefined);
  stream.on('data', (chunk: Buffer) => {
    try {
      const wait = accept(chunk);
      if (wait === undefined) return;
      stream.pause();
      writing = wait.then(() => { stream.resume(); }, (error: unknown) => { stream.destroy(failure = error as Error); });
    } catch (error) {
      failure = error;
      stream.destroy(error as Error);
    }
  });
  const ended = new Promise<void>((resolve) => { stream.once('end', resolve); });
  return {
    add: (chunk) => Promise.race([failed, new Promise<void>((resolve) => { stream.write(chunk, () => { resolve(); }); })]),
    async end() {
      stream.end();
      await Promise.race([failed, ended]);
      await writing;
    },
  };
}

const UNPACKERS: Readonly<Partial<Record<string, () => Transform>>> = { 'gzip': createGunzip, 'x-gzip': createGunzip, 'deflate': createInflate, 'br': createBrotliDecompress, 'zstd': createZstdDecompress };

interface PartFile {
  /** What lies there from an attempt before goes into the hash. @returns its length */
  readHash(): Promise<number>;
  /** Begins anew, with nothing. */
  restart(): void;
  add(chunk: Buffer): Promise<void> | undefined;
  /** The first bytes of the file. */
  head(): Buffer;
  /** Everything on the disk. */
  finish(): Promise<{ readonly bytes: number; readonly sha256: string }>;
  /** Writes what is held, for a later attempt. @returns whether there is anything worth it */
  keep(): Promise<boolean>;
  /** When what is being written is written. Nothing is added after. */
  close(): Promise<void>;
}

const HEAD_BYTES = 4096;

/** @param onKept is called before bytes are written that a later attempt may take up */
function createPartFile(path: string, isContinued: boolean, onKept: () => void): PartFile {
  let file: number | undefined;
  let hash: Hash = createHash('sha256');
  let head = Buffer.alloc(0);
  let held: Buffer[] = [];
  let heldBytes = 0;
  let bytes = 0;
  let isClosed = false;
  const opened = (): number => (file ??= openSync(path, isContinued ? 'r+' : 'w'));
  /** What is being written: nothing is closed or cut while it is. */
  let writing: Promise<void> = Promise.resolve();
  const flush = (isLast: boolean): Promise<void> => {
    const next = writing.then(() => writeHeld(isLast));
    writing = next.catch(() => undefined);
    return next;
  };
  const writeHeld = async (isLast: boolean): Promise<void> => {
    if (heldBytes === 0) return;
    if (!isLast) onKept();
    const [data, at] = [held.length === 1 && held[0] ? held[0] : Buffer.concat(held, heldBytes), bytes - heldBytes];
    held = [];
    heldBytes = 0;
    for (let done = 0; done < data.length;) done += (await writeAsync(opened(), data, done, data.length - done, at + done)).bytesWritten;
  };
  return {
    async readHash() {
      for await (const chunk of createReadStream(path) as AsyncIterable<Buffer>) {
        hash.update(chunk);
        if (head.length < HEAD_BYTES) head = Buffer.concat([head, chunk.subarray(0, HEAD_BYTES - head.length)]);
        bytes += chunk.length;
      }
      return bytes;
    },
    restart() {
      ftruncateSync(opened(), 0);
      hash = createHash('sha256');
      [head, held, heldBytes, bytes] = [Buffer.alloc(0), [], 0, 0];
    },
    add(chunk) {
      // A decompressor may still hold something when its download has ended.
      if (isClosed) return undefined;
      hash.update(chunk);
      if (head.length < HEAD_BYTES) head = Buffer.concat([head, chunk.subarray(0, HEAD_BYTES - head.length)]);
      held.push(chunk);
      heldBytes += chunk.length;
      bytes += chunk.length;
      return heldBytes >= WRITE_BYTES ? flush(false) : undefined;
    },
    head: () => head,
    async finish() {
      await flush(true);
      await syncAsync(opened());
      return { bytes, sha256: hash.digest('hex') };
    },
    async keep() {
      isClosed = true;
      await (bytes < MIN_RESUMABLE ? writing : flush(false).catch(() => undefined));
      return bytes >= MIN_RESUMABLE;
    },
    async close() {
      isClosed = true;
      await writing;
      if (file !== undefined) closeSync(file);
      file = undefined;
    },
  };
}
