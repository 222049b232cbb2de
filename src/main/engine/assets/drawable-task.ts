import { encodeFullSize } from '../pixels/decode/sharp.ts';
import { decodeFullSize, outlineOf } from '../pixels/full-size.ts';
import { publish } from '../renditions/store.ts';
import { defineTask, type TaskContext } from '../tasks/define-task.ts';
import { type ContentSource, readContent } from './content.ts';

export interface DrawableInput {
  readonly source: ContentSource;
  /** The cache. */
  readonly folder: string;
  /** Where to put it, by whether it has transparency. */
  readonly paths: { readonly opaque: string; readonly transparent: string };
}

/** Makes a copy of a picture, upright, sRGB and of the same size, in a format that every browser draws. */
export const drawableTask = defineTask<DrawableInput, { readonly path: string }>({ name: 'drawable', run });

/** What encoding a pixel takes at its worst. */
const ENCODED_BYTES_PER_PIXEL = 4;

async function run({ source, folder, paths }: DrawableInput, context: TaskContext): Promise<{ readonly path: string }> {
  using content = await readContent(source, context);
  const outline = outlineOf(content.bytes);
  using picture = await decodeFullSize(content.bytes, outline, context.admitDecode, outline.width * outline.height * ENCODED_BYTES_PER_PIXEL);
  const path = picture.pixels.channels === 4 ? paths.transparent : paths.opaque;
  await publish(folder, [{ path, bytes: await encodeFullSize(picture.pixels) }]);
  return { path };
}
