import { CircleCheck, Columns2 } from 'lucide-react';
import { memo, useEffect, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { ReviewGroup } from '../../contract/index.ts';
import { useFormat } from '../i18n/setup.ts';
import { Button } from '../ui/Button.tsx';
import { Kbd } from '../ui/Kbd.tsx';
import { classNames } from '../ui/class-names.ts';
import { summarize } from './decisions.ts';
import { type ListGeometry, TILE_GAP, tilesInView, tileStart } from './geometry.ts';
import styles from './Group.module.css';
import { MemberTile } from './MemberTile.tsx';
import { hasPairs } from './pairs.ts';

export interface GroupRowProps {
  readonly group: ReviewGroup | undefined;
  readonly rank: number;
  readonly total: number;
  readonly geometry: ListGeometry;
  /** Width of the list in pixels. */
  readonly width: number;
  readonly top: number;
  /** The member with the keyboard, when it is in this group. */
  readonly focused: number | null;
  readonly mediaBase: string;
  /** Handed in: each of many rows would ask for it. */
  readonly acceptKey: string;
  readonly onAccept: (rank: number) => void;
  readonly onCompare: (rank: number) => void;
}

/** One group: what is suggested or decided above, its files side by side below. */
export const GroupRow = memo(function GroupRow({ group, rank, total, geometry, width, top, focused, mediaBase, acceptKey, onAccept, onCompare }: GroupRowProps) {
  const { t } = useTranslation();
  const format = useFormat();
  const place = t('cleanup.groupPlace', { place: format.number(rank + 1), total: format.number(total) });
  if (!group) {
    return <div role="row" aria-rowindex={rank + 1} className={styles.row} style={{ insetBlockStart: top, blockSize: geometry.rowHeight }}><div role="rowheader" className={styles.header}><span className={styles.muted}>{place}</span></div></div>;
  }
  const { keep, remove, bytes } = summarize(group);
  const split = { keep: format.number(keep), remove: format.number(remove), bytes: format.bytes(bytes) };
  return (
    <div
      role="row" aria-rowindex={rank + 1} data-group={group.id} className={classNames(styles.row, focused !== null && styles.current, group.isDecided && styles.decided)}
      style={{ insetBlockStart: top, blockSize: geometry.rowHeight }}
    >
      <div role="rowheader" aria-colindex={1} className={styles.header}>
        <span className={styles.place}>{place}</span>
        <span className={styles.muted}>{t('cleanup.files', { count: group.members.length, formatted: format.number(group.members.length) })}</span>
        <span className={styles.split}>
          {group.isDecided && <CircleCheck size={14} strokeWidth={2} aria-hidden />}
          {t(remove === 0 ? (group.isDecided ? 'cleanup.decidedAll' : 'cleanup.suggestedAll') : group.isDecided ? 'cleanup.decidedSplit' : 'cleanup.suggestedSplit', split)}
        </span>
        <span className={styles.verbs}>
          {hasPairs(group) && <Button size="small" variant="quiet" icon={Columns2} tabIndex={focused === null ? -1 : 0} onClick={() => onCompare(rank)}>{t('cleanup.compare')}</Button>}
          {!group.isDecided && <Button size="small" variant={focused === null ? 'secondary' : 'primary'} tabIndex={focused === null ? -1 : 0} onClick={() => onAccept(rank)}>{t('cleanup.accept')}{focused !== null && <Kbd>{acceptKey}</Kbd>}</Button>}
        </span>
      </div>
      <Members group={group} rank={rank} geometry={geometry} width={width} focused={focused} mediaBase={mediaBase} />
    </div>
  );
});

type MembersProps = Pick<GroupRowProps, 'rank' | 'geometry' | 'width' | 'focused' | 'mediaBase'> & { readonly group: ReviewGroup };

/** The files of a group on a strip that scrolls by itself; of hundreds, those in view exist, and the one with the keyboard. */
function Members({ group, rank, geometry, width, focused, mediaBase }: MembersProps) {
  const { t } = useTranslation();
  const format = useFormat();
  const strip = useRef<HTMLDivElement>(null);
  const [left, setLeft] = useState(0);
  const { tileWidth, pictureHeight } = geometry;
  const { members } = group;
  const focusedIndex = focused === null ? -1 : members.findIndex(({ sourceId }) => sourceId === focused);
  const { first, end } = tilesInView(tileWidth, left, width, members.length);
  const shown = Array.from({ length: end - first }, (_, index) => first + index);
  if (focusedIndex >= 0 && (focusedIndex < first || focusedIndex >= end)) shown.push(focusedIndex);
  const canPart = hasPairs(group);

  useEffect(() => {
    const element = strip.current;
    if (!element || focusedIndex < 0) return;
    const start = tileStart(tileWidth, focusedIndex) - TILE_GAP;
    const now = Math.abs(element.scrollLeft);
    const wanted = start < now ? start : start + tileWidth + 2 * TILE_GAP > now + element.clientWidth ? start + tileWidth + 2 * TILE_GAP - element.clientWidth : now;
    // Where lines run from right to left, scrolling counts downwards from nothing.
    if (wanted !== now) element.scrollLeft = getComputedStyle(element).direction === 'rtl' ? -wanted : wanted;
  }, [focusedIndex, tileWidth]);

  return (
    <div ref={strip} role="presentation" className={styles.strip} onScroll={(event) => setLeft(Math.abs(event.currentTarget.scrollLeft))}>
      <div role="presentation" className={styles.stripTrack} style={{ inlineSize: tileStart(tileWidth, members.length) }}>
        {shown.map((index) => {
          const member = members[index];
          return member && (
            <MemberTile
              key={member.sourceId} member={member} index={index} rank={rank} width={tileWidth} pictureHeight={pictureHeight} start={tileStart(tileWidth, index)}
              focused={index === focusedIndex} canPart={canPart} mediaBase={mediaBase} t={t} format={format}
            />
          );
        })}
      </div>
    </div>
  );
}
