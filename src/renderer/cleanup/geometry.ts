/** Sizes of the list in pixels; rows are all of one height, so that any of a million is found without measuring. */
export const TILE_WIDTH = { min: 176, max: 336, step: 32 } as const;
export const TILE_GAP = 12;
const ROW_PADDING = 16;
const HEADER = 44;
const TEXT = 188;
const ROW_GAP = 12;
const LIST_PADDING = 8;
const PICTURE_SHAPE = 0.7;

export interface ListGeometry {
  readonly tileWidth: number;
  readonly pictureHeight: number;
  /** From the top of one row to the top of the next. */
  readonly rowHeight: number;
  readonly contentHeight: number;
}

export function listGeometry(tileWidth: number, total: number): ListGeometry {
  const pictureHeight = Math.round(tileWidth * PICTURE_SHAPE);
  const rowHeight = HEADER + pictureHeight + TEXT + ROW_GAP;
  return { tileWidth, pictureHeight, rowHeight, contentHeight: 2 * LIST_PADDING + total * rowHeight };
}

export function groupTop({ rowHeight }: ListGeometry, rank: number): number {
  return LIST_PADDING + rank * rowHeight;
}

/** First and one past the last rank that touch the band, widened by `overscan` rows. */
export function ranksInBand({ rowHeight }: ListGeometry, top: number, height: number, overscan: number, total: number): { readonly first: number; readonly end: number } {
  const first = Math.max(0, Math.floor((top - LIST_PADDING) / rowHeight) - overscan);
  const end = Math.min(total, Math.ceil((top + height - LIST_PADDING) / rowHeight) + overscan);
  return { first: Math.min(first, end), end };
}

/** First and one past the last tile of a row that touch the part in view. */
export function tilesInView(tileWidth: number, left: number, width: number, count: number): { readonly first: number; readonly end: number } {
  const step = tileWidth + TILE_GAP;
  return { first: Math.max(0, Math.floor((left - ROW_PADDING) / step) - 1), end: Math.min(count, Math.ceil((left + width) / step) + 1) };
}

export function tileStart(tileWidth: number, index: number): number {
  return ROW_PADDING + index * (tileWidth + TILE_GAP);
}
