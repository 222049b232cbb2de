import { type KeyboardEvent, type MouseEvent, useEffect, useLayoutEffect, useRef } from 'react';
import { useTranslation } from 'react-i18next';
import { useActions } from '../app/actions.ts';
import { useAppState, useAppStore, useSet } from '../app/store.ts';
import { useHost } from '../connect/context.tsx';
import { GridCell } from './GridCell.tsx';
import { gridGeometry, rowsInBand, rowTop } from './geometry.ts';
import styles from './Library.module.css';
import { useCells, type View } from './queries.ts';
import { trackHeight } from './scaled-scroll.ts';
import { EMPTY_SELECTION, extendTo, FULL_SELECTION, invert, isEmpty, isSelected, NOTHING_SELECTED, selectOnly, toggle } from './selection.ts';
import { useElementSize, useScaledScroll } from './useScaledScroll.ts';

const OVERSCAN = 2;

/** The virtualised sheet: an ARIA grid of as many rows as there are, of which only those near the viewport exist. */
export function Grid({ view, visible }: { readonly view: View; readonly visible: boolean }) {
  const { t } = useTranslation();
  const host = useHost();
  const store = useAppStore();
  const set = useSet();
  const cellSize = useAppState((state) => state.cellSize);
  const selection = useAppState((state) => state.selection);
  const focusedRank = useAppState((state) => Math.min(state.focusedRank, view.total - 1));
  const scroller = useRef<HTMLDivElement>(null);
  const size = useElementSize(scroller);
  const geometry = gridGeometry(size.width, cellSize, view.total);
  const { columns, cellWidth, rowHeight, rows } = geometry;
  const range = { contentHeight: geometry.contentHeight, viewportHeight: size.height };
  const { state: scroll, fast, listeners, scrollTo, reveal } = useScaledScroll(scroller, range, visible);

  const band = rowsInBand(geometry, scroll.top, size.height, OVERSCAN);
  const focusedRow = Math.floor(focusedRank / columns);
  const shownRows = Array.from({ length: band.end - band.first }, (_, index) => band.first + index);
  // The cell with the keyboard exists wherever one scrolls, so that the keyboard is never lost.
  if (size.width > 0 && (focusedRow < band.first || focusedRow >= band.end)) shownRows.push(focusedRow);
  const cellAt = useCells(view, fast ? 0 : band.first * columns, fast ? 0 : Math.min(view.total, band.end * columns));

  // A change of the columns moves every image to another row: what was first in view stays first.
  const firstRank = useRef(0);
  const lastColumns = useRef(columns);
  useLayoutEffect(() => {
    if (lastColumns.current !== columns && size.width > 0) {
      lastColumns.current = columns;
      scrollTo(firstRank.current === 0 ? 0 : rowTop(geometry, Math.floor(firstRank.current / columns)));
    } else {
      firstRank.current = Math.max(0, Math.round((scroll.top - rowTop(geometry, 0)) / rowHeight)) * columns;
    }
  });
  useEffect(() => set({ atTop: scroll.top < rowHeight }), [set, scroll.top < rowHeight]); // eslint-disable-line react-hooks/exhaustive-deps -- only when it crosses

  const wantsFocus = useRef(false);
  const revealRank = (rank: number) => {
    const top = rowTop(geometry, Math.floor(rank / columns));
    reveal(top, top + rowHeight);
  };
  useLayoutEffect(() => {
    if (!wantsFocus.current) return;
    const cell = scroller.current?.querySelector<HTMLElement>(`[data-rank="${focusedRank}"]`);
    if (!cell) return;
    wantsFocus.current = false;
    cell.focus({ preventScroll: true });
  });
  // Back from the loupe, the image looked at last is in view and has the keyboard.
  const wasVisible = useRef(visible);
  useLayoutEffect(() => {
    if (visible && !wasVisible.current) {
      revealRank(store.getState().focusedRank);
      wantsFocus.current = true;
    }
    wasVisible.current = visible;
  });

  const moveTo = (rank: number, extend: boolean, keep: boolean) => {
    const { anchorRank } = store.getState();
    wantsFocus.current = true;
    if (extend) set({ focusedRank: rank, selection: keep ? extendTo(selection, anchorRank, rank) : selectOnly(anchorRank, rank) });
    else set({ focusedRank: rank, anchorRank: rank, chosenRank: rank });
    revealRank(rank);
  };
  const openLoupe = () => set({ loupeOpen: true });

  useActions(visible ? {
    'open-loupe': { run: openLoupe },
    'select-all': { run: () => set({ selection: FULL_SELECTION }) },
    'select-none': { run: () => set(NOTHING_SELECTED) },
    'select-invert': { run: () => set({ selection: invert(selection) }) },
  } : {});

  const onKeyDown = (event: KeyboardEvent) => {
    const mod = event.ctrlKey || event.metaKey;
    const page = Math.max(1, Math.floor(size.height / rowHeight)) * columns;
    const target = targetRank(leftToRight(event.key, event.currentTarget), mod, focusedRank, columns, page, view.total);
    if (target !== null) moveTo(target, event.shiftKey, mod);
    else if (event.key === ' ') set({ selection: toggle(selection, focusedRank), anchorRank: focusedRank, chosenRank: null });
    else if (event.key === 'Enter') openLoupe();
    else if (event.key === 'Escape' && !isEmpty(selection)) set(NOTHING_SELECTED);
    else return;
    event.preventDefault();
  };
  const onClick = (event: MouseEvent) => {
    const rank = rankOf(event.target);
    if (rank === null) return;
    const mod = event.ctrlKey || event.metaKey;
    const { anchorRank, chosenRank } = store.getState();
    wantsFocus.current = true;
    if (event.shiftKey) set({ focusedRank: rank, selection: mod ? extendTo(selection, anchorRank, rank) : selectOnly(anchorRank, rank) });
    else if (mod) {
      // The image one has clicked before looks chosen: it goes along with the next.
      const begun = isEmpty(selection) && chosenRank === focusedRank && rank !== focusedRank ? selectOnly(focusedRank, focusedRank) : selection;
      set({ focusedRank: rank, anchorRank: rank, chosenRank: null, selection: toggle(begun, rank) });
    } else set({ focusedRank: rank, anchorRank: rank, chosenRank: rank, selection: EMPTY_SELECTION });
  };

  return (
    <div ref={scroller} className={styles.scroller} {...listeners} tabIndex={-1}>
      <div
        role="grid" aria-label={t('library.grid')} aria-rowcount={rows} aria-colcount={columns} aria-multiselectable
        className={styles.track} style={{ blockSize: trackHeight(range) }}
        onKeyDown={onKeyDown} onClick={onClick} onDoubleClick={(event) => { if (rankOf(event.target) !== null) openLoupe(); }}
      >
        {shownRows.map((row) => (
          <div
            key={row} role="row" aria-rowindex={row + 1} className={styles.row}
            style={{ insetBlockStart: rowTop(geometry, row) - (scroll.top - scroll.track), gridTemplateColumns: `repeat(${columns}, ${cellWidth}px)` }}
          >
            {Array.from({ length: Math.min(columns, view.total - row * columns) }, (_, column) => {
              const rank = row * columns + column;
              return (
                <GridCell
                  key={rank} rank={rank} column={column + 1} cell={cellAt(rank)} width={cellWidth} mediaBase={host.mediaBase}
                  selected={isSelected(selection, rank)} focused={rank === focusedRank} t={t}
                />
              );
            })}
          </div>
        ))}
      </div>
    </div>
  );
}

/** Where lines run from right to left, the arrow to the left leads on. */
function leftToRight(key: string, element: Element): string {
  if (getComputedStyle(element).direction === 'ltr') return key;
  return { ArrowLeft: 'ArrowRight', ArrowRight: 'ArrowLeft' }[key] ?? key;
}

/** Where a key leads, null for keys that do not move. */
function targetRank(key: string, mod: boolean, rank: number, columns: number, page: number, total: number): number | null {
  const column = rank % columns;
  const clamp = (target: number) => Math.min(total - 1, Math.max(0, target));
  switch (key) {
    case 'ArrowRight': return clamp(rank + 1);
    case 'ArrowLeft': return clamp(rank - 1);
    case 'ArrowDown': return rank + columns < total ? rank + columns : rank - column + columns < total ? total - 1 : rank;
    case 'ArrowUp': return rank >= columns ? rank - columns : rank;
    case 'PageDown': return clamp(rank + page);
    case 'PageUp': return rank >= page ? rank - page : column;
    case 'Home': return mod ? 0 : rank - column;
    case 'End': return mod ? total - 1 : clamp(rank - column + columns - 1);
    default: return null;
  }
}

function rankOf(target: EventTarget): number | null {
  const rank = target instanceof Element ? target.closest<HTMLElement>('[data-rank]')?.dataset['rank'] : undefined;
  return rank === undefined ? null : Number(rank);
}
