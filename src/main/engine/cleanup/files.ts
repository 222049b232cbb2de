import { createHash } from 'node:crypto';
import { constants, type BigIntStats } from 'node:fs';
import { chmod, link, lstat, mkdir, open, rename, rmdir, stat, unlink, writeFile, type FileHandle } from 'node:fs/promises';
import { ProofsheetError } from '../errors.ts';

/** Text, or bytes where the name is not UTF-8. */
export type FilePath = string | Buffer;

/** A file as it is at one instant. Two looks at a file that nobody touched in between are equal in every field. */
export interface Look {
  readonly kind: 'file' | 'link' | 'other';
  readonly device: bigint;
  readonly inode: bigint;
  readonly bytes: bigint;
  readonly mtimeNs: bigint;
  /** When anything of it changed, its names included. No program can set it. */
  readonly ctimeNs: bigint;
  /** How many names it has. */
  readonly names: bigint;
  readonly mode: bigint;
  readonly owner: bigint;
  readonly group: bigint;
  readonly mtimeMs: number;
}

/** Everything a cleanup does to the user's disk, in one place: nothing else in it changes a file. */
export interface Files {
  /** Null when nothing is there. Links are not followed. */
  look(path: FilePath): Promise<Look | null>;
  /** The same of what a link leads to in the end. */
  lookBehind(path: FilePath): Promise<Look | null>;
  /** The SHA-256 of a file's bytes, and the file it was. @throws ProofsheetError `stale` when it changes while it is read */
  hash(path: FilePath): Promise<{ readonly sha256: string; readonly look: Look }>;
  /** Within a volume. What was at `to` is replaced: only for places of our own. */
  rename(from: FilePath, to: FilePath): Promise<void>;
  /** Another name for a file. Fails with EEXIST when there is something at `to`. */
  link(from: FilePath, to: FilePath): Promise<void>;
  unlink(path: FilePath): Promise<void>;
  /** With those above it, for its owner alone unless a mode is given; no error when it is there already. */
  makeFolder(path: FilePath, mode?: number): Promise<void>;
  /** Closes a folder of ours to everybody else, where the volume knows of such a thing. */
  makePrivate(path: FilePath): Promise<void>;
  /** Only when it is empty; false when it is not, or is not there. */
  removeEmptyFolder(path: FilePath): Promise<boolean>;
  /** A new small file, on the disk when this resolves. Fails with EEXIST when there is something. */
  write(path: FilePath, text: string): Promise<void>;
  /** Resolves when the names in a folder are on the disk. */
  syncFolder(path: FilePath): Promise<void>;
}

const READ_BYTES = 1 << 20;

async function lookBy(stats: typeof lstat, path: FilePath): Promise<Look | null> {
  try {
    return toLook(await stats(path, { bigint: true }));
  } catch (error) {
    if (isGone(error)) return null;
    throw error;
  }
}

export const realFiles: Files = {
  look: (path) => lookBy(lstat, path),
  lookBehind: (path) => lookBy(stat, path),
  async hash(path) {
    // A pipe would be waited for, and a link may lead to the file that is to be kept.
    const file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOFOLLOW);
    try {
      const before = toLook(await file.stat({ bigint: true }));
      const sha256 = await hashOf(file, Number(before.bytes));
      const look = toLook(await file.stat({ bigint: true }));
      if (!isSame(before, look)) throw new ProofsheetError('stale', 'the file is being written to');
      return { sha256, look };
    } finally {
      await file.close();
    }
  },
  rename,
  link,
  unlink,
  async makeFolder(path, mode = 0o700) { await mkdir(path, { recursive: true, mode }); },
  async makePrivate(path) {
    await chmod(path, 0o700).catch((error: unknown) => {
      if (!['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EINVAL'].includes(errnoOf(error))) throw error;
    });
  },
  async removeEmptyFolder(path) {
    try {
      await rmdir(path);
      return true;
    } catch (error) {
      if (['ENOTEMPTY', 'EEXIST', 'ENOENT', 'EACCES', 'EPERM', 'EBUSY', 'EROFS'].includes(errnoOf(error))) return false;
      throw error;
    }
  },
  async write(path, text) { await writeFile(path, text, { flag: 'wx', flush: true }); },
  async syncFolder(path) {
    // Windows cannot open folders, and keeps their order itself.
    if (process.platform === 'win32') return;
    const folder = await open(path, constants.O_RDONLY);
    try {
      await folder.sync();
    } catch (error) {
      // Some network file systems know no such thing.
      if (!['EINVAL', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS'].includes(errnoOf(error))) throw error;
    } finally {
      await folder.close();
    }
  },
};

/** The very same file, in the same state. */
export function isSame(a: Look, b: Look): boolean {
  return isSameContent(a, b) && a.ctimeNs === b.ctimeNs;
}

/** The very same file, written to by nobody; it may have been moved, or have got another name. */
export function isSameContent(a: Look, b: Look): boolean {
  return isSameFile(a, b) && a.bytes === b.bytes && a.mtimeNs === b.mtimeNs;
}

/** The same file, whatever became of its content. */
export function isSameFile(a: Look, b: Look): boolean {
  return a.kind === b.kind && a.device === b.device && a.inode === b.inode;
}

export function errnoOf(error: unknown): string {
  return String((error as { code?: unknown } | null)?.code);
}

/** It is the disk that failed, or the way to it; not what was asked of it. */
export function isDiskFailure(error: unknown): boolean {
  return ['EIO', 'ENXIO', 'ENODEV', 'ENOMEDIUM', 'EREMOTEIO', 'ESTALE', 'ETIMEDOUT', 'EHOSTDOWN', 'EHOSTUNREACH', 'ENOTCONN'].includes(errnoOf(error));
}

function isGone(error: unknown): boolean {
  return ['ENOENT', 'ENOTDIR'].includes(errnoOf(error));
}

async function hashOf(file: FileHandle, expectedBytes: number): Promise<string> {
  const hash = createHash('sha256');
  // A megabyte for each of a hundred thousand small files is a third of all that a cleanup of them costs.
  const buffer = Buffer.allocUnsafe(Math.min(READ_BYTES, expectedBytes + 1));
  for (let position = 0; ;) {
    const { bytesRead } = await file.read(buffer, 0, buffer.length, position);
    if (bytesRead === 0) return hash.digest('hex');
    hash.update(buffer.subarray(0, bytesRead));
    position += bytesRead;
  }
}

function toLook(stats: BigIntStats): Look {
  return {
    kind: stats.isFile() ? 'file' : stats.isSymbolicLink() ? 'link' : 'other',
    device: stats.dev, inode: stats.ino, bytes: stats.size, mtimeNs: stats.mtimeNs, ctimeNs: stats.ctimeNs, names: stats.nlink,
    mode: stats.mode, owner: stats.uid, group: stats.gid,
    // As Node reckons it for the scans, to the last digit.
    mtimeMs: Number(stats.mtimeNs / 1_000_000_000n) * 1000 + Number(stats.mtimeNs % 1_000_000_000n) / 1e6,
  };
}
