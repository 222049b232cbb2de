import { randomBytes } from 'node:crypto';
import { mkdir, open, readdir, rename, rm, stat, type FileHandle } from 'node:fs/promises';
import type { IncomingMessage } from 'node:http';
import { extname, join } from 'node:path';
import { Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { hostError } from '../host/host-error.ts';
import { safeUploadParts } from './upload-name.ts';

export interface Uploads {
  /** Opens an upload: one drop, one folder. */
  readonly begin: () => Promise<{ readonly id: string }>;
  /** Adds one file, named by the `X-Proofsheet-Name` header; it appears only when it is complete. */
  readonly add: (id: string, request: IncomingMessage) => Promise<{ readonly path: string; readonly bytes: number }>;
  /** Ends it and tells the folder, ready to be ingested. */
  readonly end: (id: string) => Promise<{ readonly path: string }>;
}

export interface UploadLimits {
  readonly maxFileBytes: number;
  readonly maxFiles: number;
}

const DEFAULT_LIMITS: UploadLimits = { maxFileBytes: 1_000_000_000, maxFiles: 100_000 };
/** An upload whose page went away is cleared by the first one begun this much later. */
const ABANDONED_AFTER_MS = 24 * 3_600_000;
/** While it stands in a folder, the upload has not ended. Hidden, like the unfinished files: an import passes both by. */
const OPEN_MARK = '.open';

/** Files dropped into a browser lie in `<workspace>/originals/uploads/<id>/`. */
export function createUploads(workspace: string, now: () => number, limits: UploadLimits = DEFAULT_LIMITS): Uploads {
  const root = join(workspace, 'originals', 'uploads');
  const files = new Map<string, number>();
  const folderOf = (id: string): string => {
    if (!files.has(id)) throw hostError('not-found', 'this upload is not open');
    return join(root, id);
  };
  return {
    async begin() {
      await mkdir(root, { recursive: true });
      await clearAbandoned(root, now());
      const id = randomBytes(16).toString('hex');
      await mkdir(join(root, id));
      await (await open(join(root, id, OPEN_MARK), 'wx')).close();
      files.set(id, 0);
      return { id };
    },
    async add(id, request) {
      const folder = folderOf(id);
      const parts = safeUploadParts(singleHeader(request.headers['x-proofsheet-name']));
      const count = (files.get(id) ?? 0) + 1;
      if (count > limits.maxFiles) throw hostError('too-many-bytes', `one upload may hold ${String(limits.maxFiles)} files`);
      files.set(id, count);
      const announced = Number(request.headers['content-length'] ?? 0);
      if (announced > limits.maxFileBytes) throw tooLarge(announced, limits);
      const target = join(folder, ...parts.slice(0, -1));
      await mkdir(target, { recursive: true });
      const partial = join(folder, `.part-${randomBytes(8).toString('hex')}`);
      try {
        const bytes = await receive(request, partial, limits);
        return { path: await publish(partial, target, parts.at(-1) ?? '_'), bytes };
      } catch (error) {
        await rm(partial, { force: true });
        throw error;
      }
    },
    async end(id) {
      const path = folderOf(id);
      files.delete(id);
      await rm(join(path, OPEN_MARK), { force: true });
      return { path };
    },
  };
}

async function receive(request: IncomingMessage, path: string, limits: UploadLimits): Promise<number> {
  let bytes = 0;
  const count = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      bytes += chunk.length;
      if (bytes > limits.maxFileBytes) done(tooLarge(bytes, limits));
      else done(null, chunk);
    },
  });
  const file = await open(path, 'wx', 0o600);
  await pipeline(request, count, file.createWriteStream({ flush: true }));
  return bytes;
}

/** Takes a free name by creating it, which also holds where names differ only in case, then puts the file there. */
async function publish(partial: string, folder: string, name: string): Promise<string> {
  const extension = extname(name);
  const stem = name.slice(0, name.length - extension.length);
  for (let attempt = 1; ; attempt += 1) {
    const path = join(folder, attempt === 1 ? name : `${stem} (${String(attempt)})${extension}`);
    let reserved: FileHandle;
    try {
      reserved = await open(path, 'wx');
    } catch (error) {
      if (error instanceof Error && 'code' in error && error.code === 'EEXIST') continue;
      throw error;
    }
    await reserved.close();
    await rename(partial, path);
    return path;
  }
}

async function clearAbandoned(root: string, now: number): Promise<void> {
  for (const entry of await readdir(root)) {
    const mark = await stat(join(root, entry, OPEN_MARK)).catch(() => undefined);
    if (mark !== undefined && now - mark.mtimeMs > ABANDONED_AFTER_MS) await rm(join(root, entry), { recursive: true, force: true });
  }
}

function tooLarge(bytes: number, limits: UploadLimits): Error {
  return hostError('too-many-bytes', `the file has at least ${String(bytes)} bytes, the limit is ${String(limits.maxFileBytes)}`);
}

function singleHeader(value: string | string[] | undefined): string | undefined {
  return Array.isArray(value) ? value[0] : value;
}
