import { type Dispatcher, errors } from 'undici';
import { errorMessageOf, ProofsheetError } from '../errors.ts';
import type { ErrorCode } from '../../../contract/index.ts';
import { type AllowedHosts, checkUrl, hostOf } from './addresses.ts';
import { count, type Headers, one } from './headers.ts';

/** How long each step may take, milliseconds, and how slow a body may come, bytes per second over `slowMs`. */
export interface Clocks {
  /** Resolving the name, connecting and the TLS handshake; of the agent, since connections outlive requests. */
  readonly connectMs: number;
  readonly headersMs: number;
  readonly idleMs: number;
  readonly totalMs: number;
  readonly minBytesPerSecond: number;
  readonly slowMs: number;
}

export const DEFAULT_CLOCKS: Clocks = { connectMs: 10_000, headersMs: 30_000, idleMs: 30_000, totalMs: 600_000, minBytesPerSecond: 1000, slowMs: 20_000 };

export interface Head {
  /** Where the answer came from, after all redirects. */
  readonly url: URL;
  readonly status: number;
  readonly headers: Headers;
  /** The addresses that led on, in order. */
  readonly redirects: readonly string[];
}

/** Takes a body as it comes; while a promise it answered is pending, nothing more is read. */
export interface Receiver { readonly data: (chunk: Buffer) => Promise<void> | undefined }

/** Which agent connects: the guarded one reaches public addresses only. */
export interface Agents { readonly guarded: Dispatcher; readonly open: Dispatcher }

export interface Request {
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly allowed: AllowedHosts;
  readonly clocks: Clocks;
}

const MAX_REDIRECTS = 10;
const REDIRECTS: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);
/** Of the page that comes with a redirect: up to so much is read to use the connection again, beyond it is closed. */
const MAX_REDIRECT_BODY = 64 * 1024;

/**
 * Asks for an address and follows redirects, each judged like the first. Credentials in an address go to its own origin
 * and no further.
 * @param receive is called once with the head of the final answer, whatever its status, and takes its body
 * @throws ProofsheetError with a code that says what went wrong; `signal`'s reason when it is aborted
 */
export async function exchange(agents: Agents, { url: first, headers, allowed, clocks }: Request, receive: (head: Head) => Receiver, signal: AbortSignal): Promise<Head> {
  const total = AbortSignal.timeout(clocks.totalMs);
  const redirects: string[] = [];
  const credentials = credentialsOf(first);
  for (let url = first; ;) {
    checkUrl(url, allowed);
    const agent = allowed.has(hostOf(url)) ? agents.open : agents.guarded;
    const sent = credentials !== null && url.origin === first.origin ? { ...headers, authorization: credentials } : headers;
    const head = await hop(agent, url, sent, clocks, (answer) => (isRedirect(answer) ? IGNORE() : receive({ ...answer, redirects })), total, signal);
    if (!isRedirect(head)) return { ...head, redirects };
    redirects.push(url.href);
    if (redirects.length > MAX_REDIRECTS) throw new ProofsheetError('too-many-redirects', `more than ${MAX_REDIRECTS} redirects, the last to ${one(head.headers, 'location') ?? ''}`);
    const next = URL.parse(one(head.headers, 'location') ?? '', url.href);
    if (next === null) throw new ProofsheetError('bad-response', `a redirect to “${one(head.headers, 'location') ?? ''}”, which is no address`);
    url = next;
  }
}

type Answer = Pick<Head, 'url' | 'status' | 'headers'>;

function isRedirect({ status, headers }: Answer): boolean {
  return REDIRECTS.has(status) && one(headers, 'location') !== null;
}

const IGNORE = (): Receiver => {
  let bytes = 0;
  return { data(chunk) { bytes += chunk.length; return bytes > MAX_REDIRECT_BODY ? Promise.reject(new EnoughRead()) : undefined; } };
};
/** Ends a body of which no more is wanted: no failure. */
export class EnoughRead extends Error {}

function credentialsOf({ username, password }: URL): string | null {
  if (username === '' && password === '') return null;
  return `Basic ${Buffer.from(`${decodeURIComponent(username)}:${decodeURIComponent(password)}`).toString('base64')}`;
}

async function hop(agent: Dispatcher, url: URL, headers: Readonly<Record<string, string>>, clocks: Clocks, receive: (answer: Answer) => Receiver, total: AbortSignal, signal: AbortSignal): Promise<Answer> {
  let controller: Dispatcher.DispatchController | undefined;
  let answer: Answer | undefined;
  let receiver: Receiver | undefined;
  let bytes = 0;
  let bytesBefore = 0;
  let isWaiting = false;
  const { promise, resolve, reject } = Promise.withResolvers<Answer>();
  let ended: Error | undefined;
  /** Ends the request, also one that still waits for its connection. */
  const end = (error: Error): void => {
    ended ??= error;
    controller?.abort(error);
    if (error instanceof EnoughRead && answer !== undefined) resolve(answer);
    else reject(error);
  };
  const onTotal = (): void => { end(new ProofsheetError('timeout-total', `${of(bytes, answer)} had come after ${clocks.totalMs / 1000} s`)); };
  const onAbort = (): void => { end(signal.reason as Error); };
  const slow = setInterval(() => {
    const speed = (bytes - bytesBefore) / (clocks.slowMs / 1000);
    if (answer !== undefined && !isWaiting && speed < clocks.minBytesPerSecond) end(new ProofsheetError('too-slow', `${Math.round(speed)} bytes a second over ${clocks.slowMs / 1000} s, ${of(bytes, answer)} so far`));
    bytesBefore = bytes;
  }, clocks.slowMs);
  total.addEventListener('abort', onTotal);
  signal.addEventListener('abort', onAbort);
  /** What whoever takes the answer says is passed on as it is. */
  let refusal: unknown;
  const refuse = (error: unknown): void => {
    refusal = error;
    end(error as Error);
  };
  const guard = (act: () => void): void => {
    try {
      act();
    } catch (error) {
      refuse(error);
    }
  };
  try {
    if (total.aborted) onTotal();
    if (signal.aborted) onAbort();
    if (ended === undefined) agent.dispatch({ origin: url.origin, path: url.pathname + url.search, method: 'GET', headers, headersTimeout: clocks.headersMs, bodyTimeout: clocks.idleMs }, {
      onRequestStart(started) {
        controller = started;
        if (ended !== undefined) started.abort(ended);
      },
      onResponseStart(_, status, fields) {
        if (status < 200) return;
        guard(() => {
          answer = { url, status, headers: fields };
          receiver = receive(answer);
        });
      },
      onResponseData(running, chunk) {
        if (ended !== undefined) return;
        bytes += chunk.length;
        guard(() => {
          const wait = receiver?.data(chunk);
          if (wait === undefined) return;
          isWaiting = true;
          running.pause();
          wait.then(() => {
            isWaiting = false;
            running.resume();
          }, refuse);
        });
      },
      onResponseEnd() {
        if (answer !== undefined) resolve(answer);
      },
      onResponseError(_, error) { end(error); },
    });
    return await promise;
  } catch (error) {
    if (error === signal.reason || error === refusal || error instanceof ProofsheetError) throw error;
    throw toProofsheetError(error, clocks, bytes, answer);
  } finally {
    clearInterval(slow);
    total.removeEventListener('abort', onTotal);
    signal.removeEventListener('abort', onAbort);
  }
}

function of(bytes: number, answer: Answer | undefined): string {
  const declared = answer && count(answer.headers, 'content-length');
  return declared === null || declared === undefined ? `${bytes} bytes` : `${bytes} of ${declared} bytes`;
}

const BY_CODE: Readonly<Record<string, ErrorCode>> = {
  ENOTFOUND: 'dns', EAI_AGAIN: 'dns', EAI_FAIL: 'dns', EAI_NODATA: 'dns', EAI_NONAME: 'dns', ENODATA: 'dns',
  ECONNREFUSED: 'connect', EHOSTUNREACH: 'connect', ENETUNREACH: 'connect', ENETDOWN: 'connect', EHOSTDOWN: 'connect', EADDRNOTAVAIL: 'connect', EACCES: 'connect', EPERM: 'connect', EINVAL: 'connect',
  ETIMEDOUT: 'timeout-connect', UND_ERR_CONNECT_TIMEOUT: 'timeout-connect', UND_ERR_HEADERS_TIMEOUT: 'timeout-headers', UND_ERR_BODY_TIMEOUT: 'timeout-idle',
  ECONNRESET: 'reset', EPIPE: 'reset', ECONNABORTED: 'reset', UND_ERR_SOCKET: 'reset', UND_ERR_RES_CONTENT_LENGTH_MISMATCH: 'truncated',
  UND_ERR_HEADERS_OVERFLOW: 'bad-response',
};

/** What the network did, in one code and a sentence with the numbers. */
function toProofsheetError(error: unknown, clocks: Clocks, bytes: number, answer: Answer | undefined): ProofsheetError {
  // What a lookup refused comes back wrapped where several addresses were tried.
  const cause = error instanceof AggregateError ? (error.errors[0] as unknown) : error;
  const inner = cause instanceof Error && cause.cause instanceof ProofsheetError ? cause.cause : cause;
  if (inner instanceof ProofsheetError) return inner;
  const named = (inner as { code?: unknown } | null)?.code;
  const name = typeof named === 'string' ? named : '';
  const code = BY_CODE[name] ?? (isTls(name) ? 'tls' : inner instanceof errors.HTTPParserError ? 'bad-response' : 'internal');
  // Whoever closes a connection in the middle of a body cuts it off, politely or not.
  if (code === 'reset' && answer !== undefined && name !== 'ECONNRESET') return new ProofsheetError('truncated', `the connection was closed after ${of(bytes, answer)}`);
  const details = { systemCode: name };
  switch (code) {
    case 'timeout-connect': return new ProofsheetError(code, `no connection within ${clocks.connectMs / 1000} s`, details);
    case 'timeout-headers': return new ProofsheetError(code, `no answer within ${clocks.headersMs / 1000} s`, details);
    case 'timeout-idle': return new ProofsheetError(code, `nothing came for ${clocks.idleMs / 1000} s, ${of(bytes, answer)} before`, details);
    case 'reset': return new ProofsheetError(code, answer === undefined ? 'the connection was closed before an answer came' : `the connection was reset after ${of(bytes, answer)}`, details);
    case 'dns': return new ProofsheetError(code, name === 'EAI_AGAIN' ? 'the name could not be resolved just now' : 'there is no host of this name', details);
    case 'connect': return new ProofsheetError(code, name === 'ECONNREFUSED' ? 'the connection was refused' : `the host cannot be reached (${name})`, details);
    default: return new ProofsheetError(code, errorMessageOf(inner), details);
  }
}

function isTls(name: string): boolean {
  return /^(?:ERR_TLS_|ERR_SSL_|CERT_|UNABLE_TO_|DEPTH_ZERO_|SELF_SIGNED_|HOSTNAME_MISMATCH|INVALID_CA|EPROTO)/.test(name);
}
