import { open, rm } from 'node:fs/promises';

/** Rows of bytes on the disk, for what memory has no room for; gone when it is disposed. */
export interface Scratch extends AsyncDisposable {
  write(row: Uint8Array): Promise<void>;
  /** All that was written, in order; what it hands out is the same memory each time. */
  rows(): AsyncGenerator<Uint8Array, void>;
}

const BLOCK_BYTES = 2 ** 20;

/** @param path a file that does not exist yet */
export async function createScratch(path: string, rowBytes: number): Promise<Scratch> {
  const file = await open(path, 'wx+');
  const block = Buffer.alloc(Math.max(1, Math.floor(BLOCK_BYTES / rowBytes)) * rowBytes);
  let filled = 0;
  let length = 0;

  async function flush(): Promise<void> {
    for (let at = 0; at < filled;) at += (await file.write(block, at, filled - at, length + at)).bytesWritten;
    length += filled;
    filled = 0;
  }

  return {
    async write(row) {
      block.set(row, filled);
      filled += rowBytes;
      if (filled === block.length) await flush();
    },
    async* rows() {
      await flush();
      for (let from = 0; from < length;) {
        const wanted = Math.min(block.length, length - from);
        for (let at = 0; at < wanted;) {
          const { bytesRead } = await file.read(block, at, wanted - at, from + at);
          if (bytesRead === 0) throw new Error('The scratch file was cut short');
          at += bytesRead;
        }
        for (let at = 0; at < wanted; at += rowBytes) yield block.subarray(at, at + rowBytes);
        from += wanted;
      }
    },
    async [Symbol.asyncDispose]() {
      await file.close();
      await rm(path, { force: true });
    },
  };
}
