import { chmodSync, lstatSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface SocketFolder {
  readonly path: string;
  /** Takes away what only this engine had a use for. */
  readonly remove: () => void;
}

/** Room for a folder's path: a Unix socket's name has 108 bytes at most (104 on macOS), and ours ends in 32 of its own. */
const MAX_FOLDER_BYTES = 70;

/**
 * A folder that nobody but this user can reach into, for the engine's socket. Anyone may have made the one with the usual
 * name in a temporary folder, to listen there: it serves only if it is a true folder, ours, and closed to all others.
 * Otherwise a fresh one is made; clients learn the address from the workspace, so any name will do.
 */
export function privateSocketFolder(runtimeFolder: string | undefined, userId: number): SocketFolder {
  const name = `proofsheet-${String(userId)}`;
  const parents = [...(runtimeFolder === undefined || runtimeFolder === '' ? [] : [runtimeFolder]), tmpdir(), '/tmp'];
  const usual = parents.map((parent) => join(parent, name)).filter((folder) => Buffer.byteLength(folder) <= MAX_FOLDER_BYTES);
  const found = usual.find((folder) => makePrivate(folder, userId));
  if (found !== undefined) return { path: found, remove: () => undefined };
  const fresh = mkdtempSync(`/tmp/${name}-`);
  return { path: fresh, remove: () => { rmSync(fresh, { recursive: true, force: true }); } };
}

function makePrivate(folder: string, userId: number): boolean {
  try {
    mkdirSync(folder, { mode: 0o700 });
    // A umask may have taken more than the others' rights.
    chmodSync(folder, 0o700);
  } catch {
    // It is there already, or cannot be made: what is there now decides.
  }
  const found = lstatSync(folder, { throwIfNoEntry: false });
  return found !== undefined && found.isDirectory() && found.uid === userId && (found.mode & 0o077) === 0;
}
