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

/** Removes what was last used before `cutoff`, milliseconds since 1970; only counts it unless `apply`. */
export async function purgeCache(folder: string, cutoff: number, apply: boolean): Promise<{ readonly files: number; readonly bytes: number }> {
  const unused = (await cachedFiles(folder)).filter(({ usedAt }) => usedAt <= cutoff);
  let files = 0;
  let total = 0;
  for (const { path, bytes } of unused) {
    if (apply) await rm(path, { force: true }).catch(ignoreBusy);
    if (apply && existsSync(path)) continue;
    files += 1;
    total += bytes;
  }
  return { files, bytes: total };
}

/** Everything that lies in a cache, in no order. */
async function cachedFiles(folder: string): Promise<CachedFile[]> {
  const found: CachedFile[] = [];
  for (const shard of await namesIn(folder)) {
    if (!/^[0-9a-f]{2}$/.test(shard)) continue;
    for (const name of await namesIn(join(folder, shard))) {
      const path = join(folder, shard, name);
      const stats = await stat(path).catch(ignoreGone);
      if (stats) found.push({ path, bytes: stats.size, usedAt: stats.mtimeMs });
    }
  }
  return found;
}

async function namesIn(folder: string): Promise<string[]> {
  return (await readdir(folder).catch(ignoreGone)) ?? [];
}

function ignoreGone(error: unknown): null {
  if (errorCodeOf(error) === 'not-found') return null;
  throw error;
}

function ignoreBusy(error: unknown): void {
  if (!['EBUSY', 'EPERM', 'EACCES'].includes(String((error as { code?: unknown } | null)?.code))) throw error;
}
