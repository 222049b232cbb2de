import { createHash } from 'node:crypto';
import { constants, type Stats } from 'node:fs';
import { open, realpath, stat, type FileHandle } from 'node:fs/promises';
import { basename, join, sep } from 'node:path';
import { Readable } from 'node:stream';
import { TRANSFORMS, type Transform } from '../../contract/index.ts';
import type { EngineClient } from './engine-client.ts';
import { describeError } from './host-error.ts';

export interface MediaOptions {
  readonly workspace: string;
  /** Where an asset's original lies now (`assets.original` of the contract). */
  readonly original: (assetId: number) => Promise<{ readonly path: string; readonly format: string }>;
  /** A picture of the same size that every browser draws (`assets.drawable`); made when it is asked for the first time. */
  readonly drawable: (assetId: number, signal: AbortSignal) => Promise<Derived>;
  /** Where a tile of a large picture lies (`assets.tile`). */
  readonly tile: (place: TilePlace, signal: AbortSignal) => Promise<{ readonly path: string; readonly format: string; readonly offset: number; readonly bytes: number }>;
  /** Where the heat map of two assets lies now (`compare.heatmap`). */
  readonly heatmap: (a: number, b: number, transform: Transform, signal: AbortSignal) => Promise<{ readonly path: string }>;
}

interface Derived {
  readonly path: string;
  readonly format: string;
  /** Out of the cache, where a file is named after what it shows. */
  readonly isCopy: boolean;
}

export interface TilePlace { readonly id: number; readonly level: number; readonly column: number; readonly row: number }

/** Raster types that browsers show and that cannot carry script. SVG, HTML and XML are never served. */
const SAFE_TYPES: Readonly<Record<string, string>> = {
  jpeg: 'image/jpeg', png: 'image/png', webp: 'image/webp', gif: 'image/gif', avif: 'image/avif', bmp: 'image/bmp',
};
const RENDITION_PATH = /^\/renditions\/([0-9a-f]{64})\/(thumb|card|zoom)$/;
const ORIGINAL_PATH = /^\/originals\/([1-9][0-9]{0,15})$/;
const FULL_PATH = /^\/full\/([1-9][0-9]{0,15})$/;
const TILE_PATH = /^\/tiles\/([1-9][0-9]{0,15})\/([0-9]{1,2})\/([0-9]{1,3})\/([0-9]{1,3})$/;
const HEATMAP_PATH = /^\/heatmaps\/([1-9][0-9]{0,15})\/([1-9][0-9]{0,15})\/([a-z0-9-]{1,20})$/;
const SAFETY_HEADERS = {
  'x-content-type-options': 'nosniff',
  'content-security-policy': "default-src 'none'; sandbox",
  'cross-origin-resource-policy': 'same-origin',
  'referrer-policy': 'no-referrer',
} as const;

/** What an engine knows of its pictures. */
export function mediaOf({ workspace, client }: { readonly workspace: string; readonly client: EngineClient }): MediaOptions {
  return {
    workspace,
    original: (id) => client.assets.original({ id }),
    drawable: (id, signal) => client.assets.drawable({ id }, { signal }),
    tile: (place, signal) => client.assets.tile(place, { signal }),
    heatmap: (a, b, transform, signal) => client.compare.heatmap({ a, b, transform }, { signal }),
  };
}

/**
 * Answers `/renditions/<sha256>/<preset>`, `/originals/<asset id>`, `/full/<asset id>`,
 * `/tiles/<asset id>/<level>/<column>/<row>` and `/heatmaps/<asset id>/<asset id>/<transform>` for every host: Electron's `protocol.handle` and the loopback server pass
 * their requests here, with whatever stands before these paths removed.
 */
export function createMediaResponder({ workspace, original, drawable, tile, heatmap }: MediaOptions): (request: Request) => Promise<Response> {
  return async (request) => {
    if (request.method !== 'GET' && request.method !== 'HEAD') return refusal(405, { allow: 'GET, HEAD' });
    const { pathname } = new URL(request.url);
    const [, sha256, preset] = RENDITION_PATH.exec(pathname) ?? [];
    const [, assetId] = ORIGINAL_PATH.exec(pathname) ?? [];
    const [, fullId] = FULL_PATH.exec(pathname) ?? [];
    const [id, level, column, row] = TILE_PATH.exec(pathname)?.slice(1).map(Number) ?? [];
    const [, a, b, named] = HEATMAP_PATH.exec(pathname) ?? [];
    const transform = TRANSFORMS.find((known) => known === named);
    try {
      if (sha256 !== undefined && preset !== undefined) return await renditionResponse(request, workspace, sha256, preset);
      if (assetId !== undefined) return await originalResponse(request, await original(Number(assetId)));
      if (fullId !== undefined) return await derivedResponse(request, await drawable(Number(fullId), request.signal));
      if (id !== undefined && level !== undefined && column !== undefined && row !== undefined) return await tileResponse(request, await tile({ id, level, column, row }, request.signal));
      if (a !== undefined && b !== undefined && transform !== undefined) {
        return await derivedResponse(request, { ...await heatmap(Number(a), Number(b), transform, request.signal), format: 'png', isCopy: true });
      }
      return refusal(404);
    } catch (error) {
      return refusal(statusOf(error));
    }
  };
}

async function renditionResponse(request: Request, workspace: string, sha256: string, preset: string): Promise<Response> {
  const etag = `"${sha256}.${preset}"`;
  const caching = { etag, 'cache-control': 'public, max-age=31536000, immutable' };
  // The address names the content, so a copy the browser has can only be right, even if the file is gone by now.
  if (request.headers.get('if-none-match') === etag) return new Response(null, { status: 304, headers: caching });
  const folder = await realpath(join(workspace, 'renditions'));
  const path = await realpath(join(folder, sha256.slice(0, 2), `${sha256}.${preset}.jpg`));
  if (!path.startsWith(folder + sep)) return refusal(404);
  return await fileResponse(request, path, { ...caching, 'content-type': 'image/jpeg' });
}

async function originalResponse(request: Request, { path, format }: { readonly path: string; readonly format: string }): Promise<Response> {
  const type = SAFE_TYPES[format];
  if (type === undefined) return refusal(415);
  // The user may replace the file at any time: nothing may remember it.
  return await fileResponse(request, path, { 'content-type': type, 'cache-control': 'private, no-store', 'content-disposition': 'inline' });
}

/** The browser asks each time whether it is still the same: ids mean something else in another workspace, and an original may have been replaced. */
async function derivedResponse(request: Request, { path, format, isCopy }: Derived): Promise<Response> {
  const type = SAFE_TYPES[format];
  if (type === undefined) return refusal(415);
  const { size, mtimeMs, ino } = await stat(path);
  // The cache notes in a file's time when it was used: that tells nothing of what it shows.
  const version = isCopy ? [basename(path), size] : [path, size, ino, mtimeMs];
  const etag = `"${createHash('sha256').update(version.join(' ')).digest('hex').slice(0, 32)}"`;
  const caching = { etag, 'cache-control': 'private, no-cache' };
  if (request.headers.get('if-none-match') === etag) return new Response(null, { status: 304, headers: { ...SAFETY_HEADERS, ...caching } });
  return await fileResponse(request, path, { ...caching, 'content-type': type, 'content-disposition': 'inline' });
}

async function tileResponse(request: Request, { path, format, offset, bytes }: Awaited<ReturnType<MediaOptions['tile']>>): Promise<Response> {
  // The file is named after the content.
  const etag = `"${basename(path)} ${String(offset)}"`;
  const headers = { ...SAFETY_HEADERS, etag, 'cache-control': 'private, no-cache', 'content-type': SAFE_TYPES[format] ?? 'application/octet-stream' };
  if (request.headers.get('if-none-match') === etag) return new Response(null, { status: 304, headers });
  const file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    const body = new Uint8Array(bytes);
    for (let at = 0; at < bytes;) {
      const { bytesRead } = await file.read(body, at, bytes - at, offset + at);
      if (bytesRead === 0) return refusal(404);
      at += bytesRead;
    }
    return new Response(request.method === 'HEAD' ? null : body, { headers: { ...headers, 'content-length': String(bytes) } });
  } finally {
    await file.close();
  }
}

async function fileResponse(request: Request, path: string, headers: Readonly<Record<string, string>>): Promise<Response> {
  // O_NONBLOCK: a named pipe in a picture's place must not hold the request for ever.
  const file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
  let stats: Stats;
  try {
    stats = await file.stat();
  } catch (error) {
    await file.close();
    throw error;
  }
  if (!stats.isFile()) {
    await file.close();
    return refusal(404);
  }
  return await contentResponse(request, file, stats.size, { ...SAFETY_HEADERS, ...headers, 'accept-ranges': 'bytes' });
}

async function contentResponse(request: Request, file: FileHandle, size: number, headers: Readonly<Record<string, string>>): Promise<Response> {
  const range = parseRange(request.headers.get('range'), size);
  if (range === 'unsatisfiable') {
    await file.close();
    return refusal(416, { 'content-range': `bytes */${String(size)}` });
  }
  const { start, end } = range ?? { start: 0, end: size - 1 };
  const length = end - start + 1;
  const partial = range === undefined ? {} : { 'content-range': `bytes ${String(start)}-${String(end)}/${String(size)}` };
  const init = { status: range === undefined ? 200 : 206, headers: { ...headers, ...partial, 'content-length': String(length) } };
  if (request.method === 'HEAD' || length === 0) {
    await file.close();
    return new Response(null, init);
  }
  // Closes the file by itself, at the end and when the reader goes away.
  return new Response(Readable.toWeb(file.createReadStream({ start, end })), init);
}

/** One byte range (RFC 9110, 14.2); several, other units and nonsense are answered with the whole, as the RFC allows. */
function parseRange(header: string | null, size: number): { readonly start: number; readonly end: number } | 'unsatisfiable' | undefined {
  const [, first, last] = /^bytes=(\d*)-(\d*)$/.exec(header ?? '') ?? [];
  if (first === undefined || last === undefined || (first === '' && last === '')) return undefined;
  if (first === '') {
    const suffix = Math.min(Number(last), size);
    return suffix === 0 ? 'unsatisfiable' : { start: size - suffix, end: size - 1 };
  }
  const start = Number(first);
  const end = last === '' ? size - 1 : Math.min(Number(last), size - 1);
  if (last !== '' && Number(last) < start) return undefined;
  return start >= size ? 'unsatisfiable' : { start, end };
}

function statusOf(error: unknown): number {
  switch (describeError(error).code) {
    case 'not-found':
    case 'vanished':
      return 404;
    case 'no-permission':
      return 403;
    case 'reset':
    case 'cancelled':
      return 503;
    default:
      return 500;
  }
}

function refusal(status: number, headers: Readonly<Record<string, string>> = {}): Response {
  return new Response(null, { status, headers: { ...SAFETY_HEADERS, 'cache-control': 'no-store', ...headers } });
}
