import type { Size } from '../picture/zoom.ts';

export interface PaneGrid { readonly columns: number; readonly rows: number }

/** More columns mean that the first stays on the left; fewer are worth it where pictures get so much larger. */
const WORTH = 1.4;

/** How panes are arranged: beside each other, unless pictures of these proportions get much larger otherwise. */
export function arrangePanes(count: number, stage: Size, picture: Size, headerHeight: number, gap: number): PaneGrid {
  let best: PaneGrid & { readonly scale: number } = { columns: count, rows: 1, scale: 0 };
  for (let columns = count; columns >= 1; columns--) {
    const rows = Math.ceil(count / columns);
    // A grid with a whole row or column to spare is another one's larger.
    if ((rows - 1) * columns >= count || (columns - 1) * rows >= count) continue;
    const width = (stage.width - gap * (columns - 1)) / columns;
    const height = (stage.height - gap * (rows - 1)) / rows - headerHeight;
    const scale = Math.min(width / picture.width, height / picture.height);
    if (scale > best.scale * (best.scale === 0 ? 1 : WORTH)) best = { columns, rows, scale };
  }
  return { columns: best.columns, rows: best.rows };
}
