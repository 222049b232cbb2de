import { randomBytes } from 'node:crypto';
import { mkdir, open, rename, rm, type FileHandle } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { levelSize, TILE_SIDE, tileLevels } from '../../../contract/presets.ts';
import { encodeTile, halve } from '../pixels/decode/sharp.ts';
import type { Pixels } from '../pixels/decode/decode.ts';
import { freePixels } from '../pixels/free-pixels.ts';
import { decodeFullSize, outlineOf } from '../pixels/full-size.ts';
import { partFolder } from '../renditions/store.ts';
import { defineTask, type TaskContext } from '../tasks/define-task.ts';
import { type ContentSource, readContent } from './content.ts';
import { appendTileIndex, type TileIndex } from './tile-index.ts';

export interface TilesInput {
  readonly source: ContentSource;
  /** The cache. */
  readonly folder: string;
  readonly path: string;
}

/**
 * Cuts a picture into tiles, at its full size and at each half of it down to that of the zoom rendition: what a browser
 * draws at any scale are a few small pictures, where it would decode hundreds of megabytes again for each frame.
 */
export const tilesTask = defineTask<TilesInput, TileIndex>({ name: 'tiles', run });

async function run({ source, folder, path }: TilesInput, context: TaskContext): Promise<TileIndex> {
  using content = await readContent(source, context);
  const outline = outlineOf(content.bytes);
  // Beside the picture there is its half, and for a moment the half of that.
  using picture = await decodeFullSize(content.bytes, outline, context.admitDecode, Math.ceil(outline.width * outline.height * 1.3));
  await mkdir(partFolder(folder), { recursive: true });
  const part = join(partFolder(folder), randomBytes(12).toString('hex'));
  try {
    const file = await open(part, 'wx');
    let index: TileIndex;
    try {
      index = await writeLevels(file, picture.pixels);
      await file.datasync();
    } finally {
      await file.close();
    }
    await mkdir(dirname(path), { recursive: true });
    await rename(part, path);
    return index;
  } catch (error) {
    await rm(part, { force: true });
    throw error;
  }
}

async function writeLevels(file: FileHandle, whole: Pixels): Promise<TileIndex> {
  const levels: { columns: number; offsets: number[] }[] = [];
  let at = 0;
  let pixels = whole;
  for (let level = 0; level < tileLevels(whole); level++) {
    if (level > 0) {
      const size = levelSize(whole, level);
      const half = await halve(pixels, size.width, size.height);
      if (pixels !== whole) freePixels(pixels.data);
      pixels = half;
    }
    const offsets = [at];
    for (let top = 0; top < pixels.height; top += TILE_SIDE) {
      for (let left = 0; left < pixels.width; left += TILE_SIDE) {
        const bytes = await encodeTile(pixels, left, top, TILE_SIDE);
        await file.write(bytes, 0, bytes.length, at);
        at += bytes.length;
        offsets.push(at);
      }
    }
    levels.push({ columns: Math.ceil(pixels.width / TILE_SIDE), offsets });
  }
  if (pixels !== whole) freePixels(pixels.data);
  const index: TileIndex = { format: whole.channels === 4 ? 'png' : 'jpeg', levels };
  await appendTileIndex(file, index, at);
  return index;
}
