import { protocol } from 'electron';
import { readFile } from 'node:fs/promises';
import { extname, join, sep } from 'node:path';

/** The window's own origin. Pictures have another one, so that no picture can ever act as the window. */
export const APP_ORIGIN = 'proofsheet://app';
export const APP_URL = `${APP_ORIGIN}/index.html`;
const MEDIA_BASE = 'proofsheet://media';

export interface WindowSources {
  /** Folder of the built renderer. */
  readonly renderer: string;
  readonly media: (request: Request) => Promise<Response>;
}

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8', '.js': 'text/javascript; charset=utf-8', '.css': 'text/css; charset=utf-8',
  '.json': 'application/json; charset=utf-8', '.svg': 'image/svg+xml', '.png': 'image/png', '.woff2': 'font/woff2',
};

const CONTENT_SECURITY_POLICY = [
  "default-src 'none'", "script-src 'self'", "style-src 'self'", `img-src 'self' ${MEDIA_BASE} data: blob:`, "font-src 'self'",
  "connect-src 'self'", "base-uri 'none'", "form-action 'none'", "frame-ancestors 'none'",
].join('; ');

const SAFETY_HEADERS = {
  'content-security-policy': CONTENT_SECURITY_POLICY,
  'cross-origin-opener-policy': 'same-origin',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
} as const;

/** Must run before Electron is ready. */
export function registerSchemes(): void {
  protocol.registerSchemesAsPrivileged([{ scheme: 'proofsheet', privileges: { standard: true, secure: true, supportFetchAPI: true, stream: true, codeCache: true } }]);
}

/** Answers everything under `proofsheet:`; nothing else is ever loaded. */
export function serveWindow({ renderer, media }: WindowSources): void {
  protocol.handle('proofsheet', async (request) => {
    const { host, pathname } = new URL(request.url);
    if (host === 'media') return embeddable(await media(request));
    if (host === 'app' && request.method === 'GET') return fileResponse(renderer, pathname);
    return refusal(host === 'app' ? 405 : 404);
  });
}

async function fileResponse(renderer: string, pathname: string): Promise<Response> {
  const path = containedPath(renderer, pathname);
  const type = TYPES[extname(pathname)];
  if (path === undefined || type === undefined) return refusal(404);
  try {
    return new Response(await readFile(path), { headers: { ...SAFETY_HEADERS, 'content-type': type, 'cache-control': 'no-cache' } });
  } catch {
    return refusal(404); // missing or unreadable: to the window, it does not exist
  }
}

/** Decoded first, then joined: an encoded `..` or separator is resolved like a plain one and found to lie outside. */
function containedPath(folder: string, pathname: string): string | undefined {
  try {
    const path = join(folder, decodeURIComponent(pathname));
    return path.startsWith(folder + sep) && !path.includes('\0') ? path : undefined;
  } catch {
    return undefined; // malformed escapes
  }
}

/** The shared responder speaks for one origin; here the pictures' origin is not the window's. */
function embeddable(response: Response): Response {
  const headers = new Headers(response.headers);
  headers.set('cross-origin-resource-policy', 'cross-origin');
  return new Response(response.body, { status: response.status, statusText: response.statusText, headers });
}

function refusal(status: number): Response {
  return new Response(null, { status, headers: SAFETY_HEADERS });
}
