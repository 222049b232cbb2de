import { blocksOf, type Channels, type Planes, quantile } from './planes.ts';

/** Red and blue less luminance, mean of each block. */
export interface Colors { readonly red: Float32Array; readonly blue: Float32Array }

export function blockColors([red, green, blue]: Channels, width: number, height: number, planes: Planes): Colors {
  const [columns, rows] = blocksOf(width, height);
  const colors = { red: planes.take(columns * rows), blue: planes.take(columns * rows) };
  planes.passes.blockColors(red.byteOffset, green.byteOffset, blue.byteOffset, width, columns, rows, colors.red.byteOffset, colors.blue.byteOffset);
  return colors;
}

/** Squared colour, in levels, below which a picture is as good as grey. */
const CALM = 60;

/** How much more colourful the second is as a whole, where there is colour. */
export function fitSaturation(from: Colors, to: Colors, without: Uint8Array): number {
  let products = 0;
  let squares = 0;
  for (let at = 0; at < from.red.length; at++) {
    if (without[at] === 1) continue;
    const [red, blue] = [from.red[at] ?? 0, from.blue[at] ?? 0];
    products += red * (to.red[at] ?? 0) + blue * (to.blue[at] ?? 0);
    squares += red * red + blue * blue;
  }
  const calm = CALM * from.red.length;
  return Math.max(0.5, Math.min(2, (products + calm) / (squares + calm)));
}

/** Means of three by three blocks, so that the coarse colour of JPEG does not count. */
export function chromaDifference(from: Colors, to: Colors, saturation: number, without: Uint8Array, columns: number, rows: number, planes: Planes): { chroma: number; chromaHalf: number } {
  const [values, left] = [planes.take(columns * rows), planes.takeBytes(columns * rows)];
  left.set(without);
  const count = planes.passes.chromaDifferences(
    from.red.byteOffset, from.blue.byteOffset, to.red.byteOffset, to.blue.byteOffset, left.byteOffset, columns, rows, saturation, CR, CB, values.byteOffset,
  );
  const sorted = values.subarray(0, count).sort();
  return { chroma: quantile(sorted, 0.995), chromaHalf: quantile(sorted, 0.5) };
}

/** Of BT.601: blue and red less luminance, as Cb and Cr. */
export const CB = 0.564;
export const CR = 0.713;
