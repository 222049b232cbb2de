/** Red, green and blue of one picture on a grid. */
export type Channels = readonly [Float32Array, Float32Array, Float32Array];

/** Gives a plane of so many cells, which holds whatever was in it. */
export type TakePlane = (length: number) => Float32Array;

export interface Planes {
  readonly take: TakePlane;
  /** When nothing refers any more to the planes that were taken. */
  free(): void;
}

/**
 * The planes of one comparison after the other: a pair takes some thirty of a quarter of a megabyte, and making and
 * clearing them anew was a fifth of its time.
 */
export function createPlanes(): Planes {
  const held: Float32Array[] = [];
  let taken = 0;
  return {
    take(length) {
      const known = held[taken];
      const plane = known !== undefined && known.length >= length ? known : new Float32Array(Math.max(length, 2 ** 16));
      held[taken++] = plane;
      return plane.subarray(0, length);
    },
    free() { taken = 0; },
  };
}

/** Weights of the luminance, BT.601. */
export const LUMA_RED = 0.299;
export const LUMA_GREEN = 0.587;
export const LUMA_BLUE = 0.114;

export function lumaOf([red, green, blue]: Channels, take: TakePlane): Float32Array {
  const luma = take(red.length);
  for (let at = 0; at < luma.length; at++) luma[at] = LUMA_RED * (red[at] ?? 0) + LUMA_GREEN * (green[at] ?? 0) + LUMA_BLUE * (blue[at] ?? 0);
  return luma;
}

export function mapChannels([red, green, blue]: Channels, map: (plane: Float32Array) => Float32Array): Channels {
  return [map(red), map(green), map(blue)];
}

/** Squared slope at a cell inside the plane, in levels to a cell. */
export function slopeSquare(plane: Float32Array, at: number, width: number): number {
  const across = (plane[at + 1] ?? 0) - (plane[at - 1] ?? 0);
  const down = (plane[at + width] ?? 0) - (plane[at - width] ?? 0);
  return (across * across + down * down) / 4;
}

/** 1·2·1 across and down; at the sides the outermost cell stands for what would lie beyond. */
export function binomial(plane: Float32Array, width: number, height: number, take: TakePlane): Float32Array {
  const across = take(plane.length);
  for (let y = 0; y < height; y++) {
    const first = y * width;
    const last = first + width - 1;
    let before = plane[first] ?? 0;
    let here = before;
    for (let at = first; at < last; at++) {
      const next = plane[at + 1] ?? 0;
      across[at] = here * 0.5 + (before + next) * 0.25;
      before = here;
      here = next;
    }
    across[last] = here * 0.75 + before * 0.25;
  }
  const output = take(plane.length);
  for (let y = 0; y < height; y++) {
    const up = y > 0 ? width : 0;
    const down = y < height - 1 ? width : 0;
    for (let at = y * width, end = at + width; at < end; at++) output[at] = (across[at] ?? 0) * 0.5 + ((across[at - up] ?? 0) + (across[at + down] ?? 0)) * 0.25;
  }
  return output;
}

export function quantile(sorted: Float32Array, share: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
}
