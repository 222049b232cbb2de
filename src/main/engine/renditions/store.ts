import { randomBytes } from 'node:crypto';
import { closeSync, fdatasync, mkdirSync, openSync, renameSync, rmSync, writeSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import type { Preset } from '../../../contract/index.ts';

/** Raised when the same image would give other renditions, fingerprints or measures. */
export const PIPELINE_VERSION = 2;
export const RENDITION_QUALITY = 85;

/** `ab/ab….card.jpg`: found from the content's hash alone, without the catalog. */
export function renditionPath(folder: string, sha256: string, preset: Preset): string {
  return join(folder, sha256.slice(0, 2), `${sha256}.${preset}.jpg`);
}

export function originalPath(folder: string, sha256: string, format: string): string {
  return join(folder, sha256.slice(0, 2), `${sha256}.${format}`);
}

/** Files being written lie here, on the same volume, so that what a crash leaves is found without a search. */
export function partFolder(folder: string): string {
  return join(folder, '.part');
}

export interface NewFile { readonly path: string; readonly bytes: Uint8Array }

/**
 * Publishes files, each whole or not at all: temporary name, sync, rename. They get their names in the order given, and
 * only when all of them are safe on the disk.
 *
 * What takes the disk's time is waited for. The rest takes microseconds where a workspace lies, less than it costs to
 * ask another thread and hear of it.
 * @param folder the content-addressed folder that the paths lie in
 */
export async function publish(folder: string, files: readonly NewFile[]): Promise<void> {
  const parts = files.map((file) => ({ ...file, part: join(partFolder(folder), randomBytes(12).toString('hex')) }));
  try {
    const written = await Promise.allSettled(parts.map(({ part, bytes }) => writeSynced(part, bytes)));
    for (const outcome of written) if (outcome.status === 'rejected') throw outcome.reason;
    for (const { part, path } of parts) inFolderOf(path, () => { renameSync(part, path); });
  } catch (error) {
    for (const { part } of parts) rmSync(part, { force: true });
    throw error;
  }
}

const sync = promisify(fdatasync);

async function writeSynced(path: string, bytes: Uint8Array): Promise<void> {
  const file = inFolderOf(path, () => openSync(path, 'wx'));
  try {
    for (let at = 0; at < bytes.length;) at += writeSync(file, bytes, at);
    await sync(file);
  } finally {
    closeSync(file);
  }
}

/** Gives a file that is safe on the disk its name in a content-addressed folder of the same volume. */
export function moveTo(path: string, from: string): void {
  inFolderOf(path, () => { renameSync(from, path); });
}

/** Makes the folder of a path only when it turns out to be missing. */
function inFolderOf<Result>(path: string, act: () => Result): Result {
  try {
    return act();
  } catch (error) {
    if ((error as { code?: unknown } | null)?.code !== 'ENOENT') throw error;
    mkdirSync(dirname(path), { recursive: true });
    return act();
  }
}
