import { createReadStream } from 'node:fs';
import { realpath, stat } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { extname, join, sep } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { sendHtml, sendText } from './respond.ts';

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8', '.js': 'text/javascript; charset=utf-8', '.css': 'text/css; charset=utf-8',
  '.json': 'application/json; charset=utf-8', '.map': 'application/json; charset=utf-8', '.svg': 'image/svg+xml',
  '.png': 'image/png', '.jpg': 'image/jpeg', '.webp': 'image/webp', '.ico': 'image/x-icon', '.woff2': 'font/woff2',
  '.wasm': 'application/wasm', '.txt': 'text/plain; charset=utf-8', '.webmanifest': 'application/manifest+json',
};

/** Serves the built renderer. Addresses that name no file are the window's own routes and get its page. */
export async function serveStatic(folder: string, pathname: string, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const isRoute = extname(pathname) === '';
  const path = await containedFile(folder, isRoute ? '/index.html' : pathname);
  if (path === undefined) {
    if (isRoute) sendHtml(response, 200, NOT_BUILT_PAGE);
    else sendText(response, 404, 'There is no such file.');
    return;
  }
  const { size } = await stat(path);
  response.writeHead(200, {
    'content-type': TYPES[extname(path)] ?? 'application/octet-stream',
    'content-length': size,
    // The build puts a hash of the content into every name under assets/.
    'cache-control': pathname.startsWith('/assets/') ? 'public, max-age=31536000, immutable' : 'no-cache',
  });
  if (request.method === 'HEAD') response.end();
  else await pipeline(createReadStream(path), response);
}

async function containedFile(folder: string, pathname: string): Promise<string | undefined> {
  try {
    const root = await realpath(folder);
    const path = await realpath(join(root, decodeURIComponent(pathname)));
    return path.startsWith(root + sep) && (await stat(path)).isFile() ? path : undefined;
  } catch {
    // Missing, malformed or unreadable: to whoever asks, it does not exist.
    return undefined;
  }
}

const NOT_BUILT_PAGE = `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Proofsheet</title></head>
<body><h1>The window has not been built yet</h1>
<p>Proofsheet is running, but its window (out/renderer) is missing. Run <code>npm run build</code> and reload this page.</p>
</body></html>
`;
