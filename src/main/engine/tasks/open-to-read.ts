import { closeSync, constants, fstatSync, open, read, type Stats } from 'node:fs';
import { promisify } from 'node:util';

export interface OpenFile extends Disposable {
  readonly stat: () => Stats;
  /** What the file holds, at most as much as the buffer does. */
  readonly readWhole: (buffer: Buffer) => Promise<Buffer>;
}

const openAsync = promisify(open);
const readAsync = promisify(read);

/**
 * Opening and reading may wait for a disk or a network. What the kernel knows of an open file it tells at once, sooner
 * than another thread could be asked.
 * @param path absolute; bytes where the name is not UTF-8
 */
export async function openToRead(path: string | Uint8Array): Promise<OpenFile> {
  // Without O_NONBLOCK, opening a named pipe would wait for ever.
  const file = await openAsync(typeof path === 'string' ? path : Buffer.from(path), constants.O_RDONLY | constants.O_NONBLOCK);
  return {
    stat: () => fstatSync(file),
    async readWhole(buffer) {
      let length = 0;
      while (length < buffer.length) {
        const { bytesRead } = await readAsync(file, buffer, length, buffer.length - length, length);
        if (bytesRead === 0) break;
        length += bytesRead;
      }
      return buffer.subarray(0, length);
    },
    [Symbol.dispose]() { closeSync(file); },
  };
}
