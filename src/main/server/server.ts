import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { EngineLink } from '../host/engine-link.ts';
import { describeError, hostError } from '../host/host-error.ts';
import { createMediaResponder, mediaOf } from '../host/media.ts';
import { createGuard, type Guard } from './guard.ts';
import { createRelay, refuseUpgrade } from './relay.ts';
import { securityHeaders, sendJson, sendText } from './respond.ts';
import { serveStatic } from './static-files.ts';
import { createUploads, type Uploads } from './uploads.ts';

export interface LoopbackOptions {
  readonly link: EngineLink;
  /** The built renderer. */
  readonly rendererFolder: string;
  /** 0 takes any free port. */
  readonly port: number;
  readonly version: string;
  readonly platform: NodeJS.Platform;
  readonly now?: () => number;
}

export interface LoopbackServer {
  /** Complete with its token: opening it is all a browser needs. */
  readonly url: string;
  readonly token: string;
  readonly port: number;
  readonly close: () => Promise<void>;
}

interface Site {
  readonly guard: Guard;
  readonly uploads: Uploads;
  readonly media: (request: Request) => Promise<Response>;
  readonly rendererFolder: string;
  readonly session: { readonly mediaBase: string; readonly host: 'browser'; readonly platform: string; readonly version: string };
}

/**
 * The window in an ordinary browser, on 127.0.0.1 only. The page itself is public; everything that reads or changes the
 * catalog needs the 256-bit token. Rejects with `bad-input` when the port is taken.
 */
export async function startLoopbackServer(options: LoopbackOptions): Promise<LoopbackServer> {
  const { link, rendererFolder, version, platform } = options;
  const token = randomBytes(32).toString('hex');
  const server = createServer();
  const port = await listen(server, options.port);
  const guard = createGuard(token, port);
  const relay = createRelay(link.openChannel);
  const site: Site = {
    guard,
    uploads: createUploads(link.workspace, options.now ?? Date.now),
    media: createMediaResponder(mediaOf(link)),
    rendererFolder,
    session: { mediaBase: `/media/${guard.mediaKey}`, host: 'browser', platform, version },
  };
  const headers = new Headers(securityHeaders(port));
  server.on('request', (request: IncomingMessage, response: ServerResponse) => {
    response.setHeaders(headers);
    answer(site, request, response).catch((error: unknown) => { answerError(error, request, response); });
  });
  server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    socket.on('error', () => undefined);
    const refused = upgradeRefusal(guard, request);
    const done = refused === undefined ? relay.accept(request, socket, head) : refuseUpgrade(socket, refused.status, refused.reason);
    done.catch(() => { socket.destroy(); });
  });
  return {
    url: `http://127.0.0.1:${String(port)}/#token=${token}`,
    token,
    port,
    async close() {
      relay.close();
      server.close();
      server.closeAllConnections();
      if (server.listening) await once(server, 'close');
    },
  };
}

async function listen(server: Server, port: number): Promise<number> {
  server.listen({ host: '127.0.0.1', port, exclusive: true });
  try {
    await once(server, 'listening');
  } catch (error) {
    const reason = error instanceof Error && 'code' in error && error.code === 'EADDRINUSE' ? 'is already in use' : `cannot be used (${describeError(error).message})`;
    throw hostError('bad-input', `port ${String(port)} on 127.0.0.1 ${reason}`);
  }
  const address = server.address();
  if (address === null || typeof address === 'string') throw hostError('internal', 'the server has no port');
  return address.port;
}

async function answer(site: Site, request: IncomingMessage, response: ServerResponse): Promise<void> {
  if (site.guard.refusal(request) !== undefined) return sendText(response, 403, 'This address is served to this computer only.');
  const pathname = URL.parse(request.url ?? '/', 'http://127.0.0.1')?.pathname;
  if (pathname === undefined) return sendText(response, 400, 'This is no address.');
  const [, area = '', first, ...rest] = pathname.split('/');
  if (area === 'media') return await answerMedia(site, first ?? '', `/${rest.join('/')}`, request, response);
  if (area === 'session') return answerSession(site, request, response);
  if (area === 'upload') return await answerUpload(site, first, rest, request, response);
  if (area === 'rpc') return sendText(response, 426, 'This address speaks WebSocket.');
  if (!isReading(request)) return sendText(response, 405, 'This address can only be read.');
  await serveStatic(site.rendererFolder, pathname, request, response);
}

async function answerMedia(site: Site, key: string, path: string, request: IncomingMessage, response: ServerResponse): Promise<void> {
  if (!site.guard.isMediaKey(key)) return sendText(response, 404, 'There is no such picture.');
  const headers = new Headers();
  for (const name of ['range', 'if-none-match'] as const) {
    const value = request.headers[name];
    if (value !== undefined) headers.set(name, value);
  }
  // A picture that must be made first is not, once nobody waits for it.
  const left = new AbortController();
  response.once('close', () => { left.abort(); });
  const answered = await site.media(new Request(new URL(path, 'http://media'), { method: request.method ?? 'GET', headers, signal: left.signal }));
  response.setHeaders(answered.headers);
  response.writeHead(answered.status);
  if (answered.body === null) response.end();
  else await pipeline(Readable.fromWeb(answered.body), response);
}

function answerSession(site: Site, request: IncomingMessage, response: ServerResponse): void {
  if (!site.guard.isAuthorized(request)) return sendUnauthorized(response);
  if (!isReading(request)) return sendText(response, 405, 'This address can only be read.');
  sendJson(response, 200, site.session);
}

async function answerUpload(site: Site, id: string | undefined, rest: readonly string[], request: IncomingMessage, response: ServerResponse): Promise<void> {
  if (!site.guard.isAuthorized(request)) return sendUnauthorized(response);
  if (request.method !== 'POST') return sendText(response, 405, 'Uploads are posted.');
  if (id === 'begin' && rest.length === 0) return sendJson(response, 200, await site.uploads.begin());
  if (id !== undefined && rest.length === 0) return sendJson(response, 200, await site.uploads.add(id, request));
  if (id !== undefined && rest.length === 1 && rest[0] === 'end') return sendJson(response, 200, await site.uploads.end(id));
  sendText(response, 404, 'There is no such upload.');
}

function upgradeRefusal(guard: Guard, request: IncomingMessage): { readonly status: number; readonly reason: string } | undefined {
  if (guard.refusal(request) !== undefined) return { status: 403, reason: 'Forbidden' };
  if (request.url !== '/rpc') return { status: 404, reason: 'Not Found' };
  const [name, token] = (request.headers['sec-websocket-protocol'] ?? '').split(/\s*,\s*/);
  return name === 'proofsheet' && guard.isToken(token) ? undefined : { status: 401, reason: 'Unauthorized' };
}

function answerError(error: unknown, request: IncomingMessage, response: ServerResponse): void {
  const { code, message } = describeError(error);
  // The reader went away in the middle: there is nobody left to tell.
  if (response.headersSent || (request.destroyed && !request.complete)) response.destroy();
  else {
    // The rest of a refused upload is not worth reading.
    response.setHeader('connection', 'close');
    sendJson(response, STATUS[code] ?? 500, { error: { code, message } });
  }
}

const STATUS: Readonly<Record<string, number>> = { 'bad-input': 400, 'not-found': 404, 'too-many-bytes': 413, 'no-permission': 403, 'disk-full': 507, reset: 503, cancelled: 503 };

function sendUnauthorized(response: ServerResponse): void {
  response.setHeader('www-authenticate', 'Bearer');
  sendText(response, 401, 'This needs the token that was printed when Proofsheet started.');
}

function isReading(request: IncomingMessage): boolean {
  return request.method === 'GET' || request.method === 'HEAD';
}
