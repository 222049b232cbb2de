import { constants } from 'node:fs';
import { copyFile, mkdir, open, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { systemCode, systemReason } from './host-error.ts';

export interface EngineLog {
  /** Inherited by the engine, so that its last words are kept even when its host is killed. */
  readonly descriptor: number;
  /** The error in what was written since the log was opened, else its last line; undefined when nothing was written. */
  readonly lastWords: () => Promise<string | undefined>;
  readonly path: string;
  readonly close: () => Promise<void>;
}

const MAX_BYTES = 2_000_000;
const CHECK_EVERY_MS = 60_000;
const LAST_WORDS_BYTES = 2_000;

/**
 * `<workspace>/logs/engine.log`, at most about 2 MB, the part before in `engine.1.log`. The engine holds the file open,
 * so it is copied and truncated in place (append mode goes on at the new end) instead of being renamed.
 */
export async function openEngineLog(workspace: string): Promise<EngineLog> {
  const folder = join(workspace, 'logs');
  await makeFolders(folder);
  const path = join(folder, 'engine.log');
  const file = await open(path, constants.O_RDWR | constants.O_APPEND | constants.O_CREAT, 0o600);
  const rotate = async (): Promise<void> => {
    if ((await file.stat()).size <= MAX_BYTES) return;
    await copyFile(path, join(folder, 'engine.1.log'));
    await file.truncate(0);
  };
  await rotate();
  const begin = (await file.stat()).size;
  // A log that cannot be rotated (disk full, folder gone) is no reason to disturb the engine; the next check tries again.
  const timer = setInterval(() => { rotate().catch(() => undefined); }, CHECK_EVERY_MS).unref();
  let closed: Promise<void> | undefined;
  return {
    descriptor: file.fd,
    path,
    async lastWords() {
      const reader = await open(path, 'r');
      try {
        const { size } = await reader.stat();
        const from = Math.max(begin, size - LAST_WORDS_BYTES);
        const { buffer, bytesRead } = await reader.read(Buffer.alloc(LAST_WORDS_BYTES), 0, LAST_WORDS_BYTES, from);
        const lines = buffer.toString('utf8', 0, bytesRead).split('\n').map((line) => line.trim()).filter((line) => line !== '');
        return lines.findLast((line) => /^\w*Error\b/.test(line)) ?? lines.at(-1);
      } finally {
        await reader.close();
      }
    },
    close() {
      clearInterval(timer);
      closed ??= file.close();
      return closed;
    },
  };
}

/**
 * The folder with those above it, readable by their owner only. Node's own recursive `mkdir` never ends, nor can it be
 * interrupted, where a folder that exists takes no new ones and calls them missing, as `/proc` does.
 */
async function makeFolders(folder: string): Promise<void> {
  if (await isThere(folder)) return;
  const above = dirname(folder);
  if (above !== folder) await makeFolders(above);
  await mkdir(folder, { mode: 0o700 }).catch(async (error: unknown) => {
    // Another process may have been quicker; what is no folder is told when it is used.
    if (!await isThere(folder)) throw Object.assign(new Error(`no folder can be made in ${above}: ${systemReason(error)}`), error);
  });
}

/** Rejects unless it is there or missing: a file among the folders above, no permission. */
async function isThere(path: string): Promise<boolean> {
  try {
    await stat(path);
    return true;
  } catch (error) {
    if (systemCode(error) === 'not-found') return false;
    throw error;
  }
}
