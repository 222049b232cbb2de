import { randomBytes } from 'node:crypto';
import { mkdir, open, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Preset } from '../../../contract/index.ts';

/** Raised when the same image would give other renditions, fingerprints or measures. */
export const PIPELINE_VERSION = 1;
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

/**
 * Publishes a file whole or not at all: temporary name, sync, rename.
 * @param folder the content-addressed folder that `path` lies in
 */
export async function publish(folder: string, path: string, bytes: Uint8Array): Promise<void> {
  const part = join(partFolder(folder), randomBytes(12).toString('hex'));
  try {
    const file = await open(part, 'wx').catch(async (error: unknown) => {
      if (!isMissing(error)) throw error;
      await mkdir(dirname(part), { recursive: true });
      return open(part, 'wx');
    });
    try {
      await file.writeFile(bytes);
      await file.datasync();
    } finally {
      await file.close();
    }
    await rename(part, path).catch(async (error: unknown) => {
      if (!isMissing(error)) throw error;
      await mkdir(dirname(path), { recursive: true });
      await rename(part, path);
    });
  } catch (error) {
    await rm(part, { force: true });
    throw error;
  }
}

function isMissing(error: unknown): boolean {
  return (error as { code?: unknown } | null)?.code === 'ENOENT';
}
