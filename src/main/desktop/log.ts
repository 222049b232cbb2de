import { appendFileSync, mkdirSync, renameSync, statSync } from 'node:fs';
import { dirname } from 'node:path';

export type Log = (message: string) => void;

const MAX_BYTES = 1_000_000;

/** A small log of what went wrong in the desktop host; the engine keeps its own in the workspace. One older file is kept. */
export function openLog(file: string): Log {
  mkdirSync(dirname(file), { recursive: true });
  if ((statSync(file, { throwIfNoEntry: false })?.size ?? 0) > MAX_BYTES) renameSync(file, `${file}.1`);
  return (message) => {
    try {
      appendFileSync(file, `${new Date().toISOString()} ${message}\n`);
    } catch (error) {
      process.stderr.write(`${message} (and the log cannot be written: ${String(error)})\n`);
    }
  };
}
