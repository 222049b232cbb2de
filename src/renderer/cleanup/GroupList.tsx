import { type KeyboardEvent, type MouseEvent, useCallback, useLayoutEffect, useMemo, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Level } from '../../contract/index.ts';
import { ErrorBanner } from '../app/ErrorBanner.tsx';
import { useKeyLabel } from '../app/keyboard.ts';
import { useHost } from '../connect/context.tsx';
import { trackHeight } from '../library/scaled-scroll.ts';
import { useElementSize, useScaledScroll } from '../library/useScaledScroll.ts';
import { groupTop, listGeometry, ranksInBand } from './geometry.ts';
import styles from './Group.module.css';
import { GroupRow } from './GroupRow.tsx';
import type { TileVerb } from './MemberTile.tsx';
import { useReview } from './queries.ts';
import type { FocusedMember } from './useFocusedMember.ts';

const OVERSCAN = 1;

export interface GroupListProps {
  readonly level: Level;
  readonly total: number;
  readonly tileWidth: number;
  readonly focus: FocusedMember;
  readonly onVerb: (verb: TileVerb, rank: number, sourceId: number) => void;
  readonly onAccept: (rank: number) => void;
  readonly onCompare: (rank: number) => void;
  readonly onOpen: () => void;
  /** False while something lies above it: it keeps its place and lets the keyboard go. */
  readonly active: boolean;
}

/** All groups, one row each, as an ARIA grid of which only the rows near the viewport exist. */
export function GroupList({ level, total, tileWidth, focus, onVerb, onAccept, onCompare, onOpen, active }: GroupListProps) {
  const { t } = useTranslation();
  const host = useHost();
  const acceptKey = useKeyLabel()('accept');
  const scroller = useRef<HTMLDivElement>(null);
  const size = useElementSize(scroller);
  const geometry = useMemo(() => listGeometry(tileWidth, total), [tileWidth, total]);
  const range = { contentHeight: geometry.contentHeight, viewportHeight: size.height };
  const { state: scroll, fast, listeners, scrollTo, reveal } = useScaledScroll(scroller, range, true);
  const { rank: focusedRank, member, move } = focus;

  const { first, end } = ranksInBand(geometry, scroll.top, size.height, OVERSCAN, total);
  const shown = Array.from({ length: end - first }, (_, index) => first + index);
  // The row with the keyboard exists wherever one scrolls, so that the keyboard is never lost.
  if (size.width > 0 && (focusedRank < first || focusedRank >= end)) shown.push(focusedRank);
  const { groupAt, error, retry } = useReview(level, [first, end, focusedRank], !fast);

  // The row that has the keyboard is in view once it has got it, or has another height. Scrolling away by hand is not undone.
  const { rowHeight } = geometry;
  const [revealed, setRevealed] = useState({ rank: 0, rowHeight: 0 });
  if (size.height > 0 && (revealed.rank !== focusedRank || revealed.rowHeight !== rowHeight)) {
    setRevealed({ rank: focusedRank, rowHeight });
    const top = groupTop(geometry, focusedRank);
    if (revealed.rowHeight !== rowHeight) scrollTo(Math.max(0, top - (size.height - rowHeight) / 3));
    else reveal(top, top + Math.min(rowHeight, size.height));
  }

  // The keyboard follows the member when that changes, comes back when its row had gone, and comes in from the rail, which
  // has led here. Elsewhere it is left alone.
  const focusedSource = member?.sourceId ?? null;
  const lastFocused = useRef('');
  useLayoutEffect(() => {
    if (!active) return;
    const key = `${focusedRank}:${focusedSource ?? ''}`;
    const holder = document.activeElement;
    const isLost = holder === null || holder === document.body || !holder.checkVisibility();
    if (key === lastFocused.current && !isLost) return;
    const cell = scroller.current?.querySelector<HTMLElement>(`[data-rank="${focusedRank}"][data-source="${focusedSource ?? ''}"]`);
    // Until its group is there, the list hears the keys.
    if (!cell && isLost) scroller.current?.focus({ preventScroll: true });
    if (!cell) return;
    lastFocused.current = key;
    if (isLost || scroller.current?.contains(holder) || holder.closest('nav') !== null) cell.focus({ preventScroll: true });
  });

  const onKeyDown = (event: KeyboardEvent) => {
    if (event.altKey || event.shiftKey || event.metaKey) return;
    const page = Math.max(1, Math.floor(size.height / rowHeight));
    const forwards = getComputedStyle(event.currentTarget).direction === 'rtl' ? -1 : 1;
    switch (`${event.ctrlKey ? 'Ctrl+' : ''}${event.key}`) {
      case 'ArrowLeft': move.member(-forwards); break;
      case 'ArrowRight': move.member(forwards); break;
      case 'ArrowUp': move.group(-1); break;
      case 'ArrowDown': move.group(1); break;
      case 'PageUp': move.group(-page); break;
      case 'PageDown': move.group(page); break;
      case 'Home': move.member(-Infinity); break;
      case 'End': move.member(Infinity); break;
      case 'Ctrl+Home': move.group(-Infinity); break;
      case 'Ctrl+End': move.group(Infinity); break;
      default: return;
    }
    event.preventDefault();
  };
  const onClick = (event: MouseEvent) => {
    const place = placeOf(event.target);
    if (!place) return;
    move.to(place.rank, place.sourceId);
    const verb = event.target instanceof Element ? event.target.closest<HTMLButtonElement>('button[data-verb]') : null;
    if (verb && !verb.disabled) onVerb(verb.dataset['verb'] as TileVerb, place.rank, place.sourceId);
  };
  const accept = useLatest(onAccept);
  const compare = useLatest(onCompare);

  return (
    <div className={styles.list}>
      {error && <ErrorBanner error={error} onRetry={retry} />}
      <div ref={scroller} className={styles.scroller} {...listeners} onKeyDown={onKeyDown} tabIndex={-1}>
        <div
          role="grid" aria-label={t('cleanup.groups')} aria-rowcount={total} className={styles.track} style={{ blockSize: trackHeight(range) }}
          onClick={onClick} onDoubleClick={(event) => { if (placeOf(event.target) && !(event.target as Element).closest('button')) onOpen(); }}
        >
          {shown.map((rank) => (
            <GroupRow
              key={rank} rank={rank} total={total} group={groupAt(rank)} geometry={geometry} width={size.width} mediaBase={host.mediaBase}
              top={groupTop(geometry, rank) - (scroll.top - scroll.track)} focused={rank === focusedRank ? focusedSource : null} acceptKey={acceptKey} onAccept={accept} onCompare={compare}
            />
          ))}
        </div>
      </div>
    </div>
  );
}

/** The same function every time, which does what the newest one does: rows need not be drawn again for it. */
function useLatest<Argument>(run: (argument: Argument) => void): (argument: Argument) => void {
  const latest = useRef(run);
  useLayoutEffect(() => { latest.current = run; });
  return useCallback((argument) => latest.current(argument), []);
}

function placeOf(target: EventTarget): { readonly rank: number; readonly sourceId: number } | null {
  const tile = target instanceof Element ? target.closest<HTMLElement>('[data-source]') : null;
  return tile ? { rank: Number(tile.dataset['rank']), sourceId: Number(tile.dataset['source']) } : null;
}
