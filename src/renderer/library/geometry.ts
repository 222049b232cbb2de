export interface GridGeometry {
  readonly columns: number;
  /** Width of a cell in pixels; cells fill the line exactly. */
  readonly cellWidth: number;
  /** From the top of one row to the top of the next. */
  readonly rowHeight: number;
  readonly rows: number;
  /** Height all rows would have together, which may be more than a browser can lay out. */
  readonly contentHeight: number;
}

/** The width wished for, in pixels. */
export const CELL_SIZE = { min: 80, max: 360, step: 8 } as const;
const GRID_GAP = 8;
const GRID_PADDING = 16;
/** The last row can be scrolled clear of the selection bar. */
const GRID_END = 72;
const CAPTION_HEIGHT = 24;
const CAPTION_FROM = 112;

export function hasCaption(cellWidth: number): boolean {
  return cellWidth >= CAPTION_FROM;
}

/** Lays `total` equal cells of about `cellSize` pixels out in lines of `width` pixels. */
export function gridGeometry(width: number, cellSize: number, total: number): GridGeometry {
  const inner = Math.max(0, width - 2 * GRID_PADDING);
  const columns = Math.max(1, Math.round((inner + GRID_GAP) / (cellSize + GRID_GAP)));
  const cellWidth = Math.max(1, Math.floor((inner - (columns - 1) * GRID_GAP) / columns));
  const rowHeight = cellWidth + (hasCaption(cellWidth) ? CAPTION_HEIGHT : 0) + GRID_GAP;
  const rows = Math.ceil(total / columns);
  return { columns, cellWidth, rowHeight, rows, contentHeight: GRID_PADDING + rows * rowHeight - GRID_GAP + GRID_END };
}

/** First and one past the last row that touch the band, widened by `overscan` rows. */
export function rowsInBand({ rowHeight, rows }: GridGeometry, top: number, height: number, overscan: number): { readonly first: number; readonly end: number } {
  const first = Math.max(0, Math.floor((top - GRID_PADDING) / rowHeight) - overscan);
  const end = Math.min(rows, Math.ceil((top + height - GRID_PADDING) / rowHeight) + overscan);
  return { first: Math.min(first, Math.max(0, end)), end: Math.max(end, 0) };
}

export function rowTop({ rowHeight }: GridGeometry, row: number): number {
  return GRID_PADDING + row * rowHeight;
}
