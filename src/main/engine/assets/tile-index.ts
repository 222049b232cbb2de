import { open, type FileHandle } from 'node:fs/promises';

/** What lies where in a file of tiles; written at its end, behind it its own length in four bytes. */
export interface TileIndex {
  readonly format: 'jpeg' | 'png';
  readonly levels: readonly {
    readonly columns: number;
    /** Where each tile begins, row by row, and at last where the last one ends. */
    readonly offsets: readonly number[];
  }[];
}

const LENGTH_BYTES = 4;

/** @param at where the tiles end */
export async function appendTileIndex(file: FileHandle, index: TileIndex, at: number): Promise<void> {
  const text = Buffer.from(JSON.stringify(index));
  const length = Buffer.alloc(LENGTH_BYTES);
  length.writeUInt32LE(text.length);
  const end = Buffer.concat([text, length]);
  await file.write(end, 0, end.length, at);
}

/** The index of a file of tiles that was made before. */
export async function readTileIndex(path: string): Promise<TileIndex> {
  await using file = await open(path, 'r');
  const { size } = await file.stat();
  const length = Buffer.alloc(LENGTH_BYTES);
  await file.read(length, 0, LENGTH_BYTES, size - LENGTH_BYTES);
  const text = Buffer.alloc(length.readUInt32LE());
  await file.read(text, 0, text.length, size - LENGTH_BYTES - text.length);
  return JSON.parse(text.toString()) as TileIndex;
}
