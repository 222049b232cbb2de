import type { FileHandle } from 'node:fs/promises';

/** What the file holds, at most as much as the buffer does. */
export async function readWhole(file: FileHandle, buffer: Buffer): Promise<Buffer> {
  let offset = 0;
  while (offset < buffer.length) {
    const { bytesRead } = await file.read(buffer, offset, buffer.length - offset, offset);
    if (bytesRead === 0) break;
    offset += bytesRead;
  }
  return buffer.subarray(0, offset);
}
