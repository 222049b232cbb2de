import { existsSync } from 'node:fs';
import { readdir, rm, stat, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import { errorCodeOf } from '../errors.ts';

/** Pictures that can be made again at any time and are large: kept as long as there is room. */
export interface PictureCache {
  readonly folder: string;
  /** `ab/ab….<suffix>`; the key is hexadecimal. */
  pathOf(key: string, suffix: string): string;
  /** The path if the file is there; then it counts as used now. */
  find(key: string, suffix: string): Promise<string | null>;
  /** Removes what was used longest ago until the rest fits. */
  trim(): Promise<void>;
}

interface CachedFile {
  readonly path: string;
  readonly bytes: number;
  /** Milliseconds since 1970. */
  readonly usedAt: number;
}

export function createPictureCache(folder: string, maxBytes: number, now: () => number): PictureCache {
  const pathOf = (key: string, suffix: string): string => join(folder, key.slice(0, 2), `${key}.${suffix}`);
  let trimming: Promise<void> | undefined;

  async function trim(): Promise<void> {
    const files = (await cachedFiles(folder)).toSorted((a, b) => b.usedAt - a.usedAt);
    let kept = 0;
    for (const { path, bytes } of files) {
      kept += bytes;
      // The newest stays even if it alone is too large: somebody waits for it. One that is being read on Windows cannot go; the next time will do.
      if (kept > maxBytes && path !== files[0]?.path) await rm(path, { force: true }).catch(ignoreBusy);
    }
  }

  return {
    folder,
    pathOf,
    async find(key, suffix) {
      const path = pathOf(key, suffix);
      if (!existsSync(path)) return null;
      const time = new Date(now());
      await utimes(path, time, time);
      return path;
    },
    trim: () => (trimming ??= trim().finally(() => { trimming = undefined; })),
  };
}

/**
 * Removes what was last used before `cutoff`, milliseconds since 1970; only counts it unless `apply`.
 * @param onError is told what could not be read or removed; the rest goes on
 */
export async function purgeCache(folder: string, { cutoff, apply, onError }: { readonly cutoff: number; readonly apply: boolean; readonly onError: OnError }): Promise<{ readonly files: number; readonly bytes: number }> {
  const unused = (await cachedFiles(folder, onError)).filter(({ usedAt }) => usedAt <= cutoff);
  let files = 0;
  let total = 0;
  for (const { path, bytes } of unused) {
    if (apply) {
      const failure = await rm(path, { force: true }).then(() => null, (error: unknown) => ({ error }));
      if (failure !== null) {
        onError(path, failure.error);
        continue;
      }
    }
    files += 1;
    total += bytes;
  }
  return { files, bytes: total };
}

type OnError = (path: string, error: unknown) => void;

/** Everything that lies in a cache, in no order. What is gone meanwhile is no error. */
async function cachedFiles(folder: string, onError: OnError = rethrow): Promise<CachedFile[]> {
  const found: CachedFile[] = [];
  const unlessGone = (path: string) => (error: unknown): null => {
    if (errorCodeOf(error) !== 'not-found') onError(path, error);
    return null;
  };
  const namesIn = async (path: string): Promise<readonly string[]> => (await readdir(path).catch(unlessGone(path))) ?? [];
  for (const shard of await namesIn(folder)) {
    if (!/^[0-9a-f]{2}$/.test(shard)) continue;
    for (const name of await namesIn(join(folder, shard))) {
      const path = join(folder, shard, name);
      const stats = await stat(path).catch(unlessGone(path));
      if (stats) found.push({ path, bytes: stats.size, usedAt: stats.mtimeMs });
    }
  }
  return found;
}

function rethrow(_path: string, error: unknown): never {
  throw error;
}

function ignoreBusy(error: unknown): void {
  if (!['EBUSY', 'EPERM', 'EACCES'].includes(String((error as { code?: unknown } | null)?.code))) throw error;
}
