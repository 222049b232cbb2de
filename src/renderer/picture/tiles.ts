import { levelSize, TILE_SIDE, tileLevels } from '../../contract/presets.ts';

export interface VisiblePart {
  readonly left: number;
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
}

export interface PlacedTile {
  readonly level: number;
  readonly column: number;
  readonly row: number;
  /** Fractions of the picture's sides. */
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}

/** The tiles in view at the coarsest level that is sharp, and under them those of the next coarser one, which are fewer and sooner there. */
export function tilesFor(picture: { readonly width: number; readonly height: number }, shownWidth: number, visible: VisiblePart): readonly PlacedTile[] {
  const last = tileLevels(picture) - 1;
  const level = Math.max(0, Math.min(last, Math.floor(Math.log2(picture.width / shownWidth) + 1e-9)));
  return (level < last ? [level + 1, level] : [level]).flatMap((one) => tilesOf(picture, one, visible));
}

function tilesOf(picture: { readonly width: number; readonly height: number }, level: number, { left, top, right, bottom }: VisiblePart): readonly PlacedTile[] {
  const { width, height } = levelSize(picture, level);
  const along = (from: number, to: number, side: number) => {
    const first = Math.max(0, Math.floor(from * side / TILE_SIDE));
    const end = Math.min(Math.ceil(side / TILE_SIDE), Math.ceil(to * side / TILE_SIDE));
    return Array.from({ length: Math.max(0, end - first) }, (_, index) => first + index);
  };
  return along(top, bottom, height).flatMap((row) => along(left, right, width).map((column): PlacedTile => ({
    level, column, row,
    left: column * TILE_SIDE / width, top: row * TILE_SIDE / height,
    width: Math.min(TILE_SIDE, width - column * TILE_SIDE) / width, height: Math.min(TILE_SIDE, height - row * TILE_SIDE) / height,
  })));
}
