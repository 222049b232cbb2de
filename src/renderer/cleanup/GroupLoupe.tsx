import { ArrowLeft, Check, ChevronLeft, ChevronRight, Maximize, X } from 'lucide-react';
import { useEffect, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { AssetCell, ReviewGroup, ReviewMember } from '../../contract/index.ts';
import { useActions } from '../app/actions.ts';
import { useKeyLabel } from '../app/keyboard.ts';
import { useHost } from '../connect/context.tsx';
import { legible } from '../i18n/legible.ts';
import { useFormat } from '../i18n/setup.ts';
import { useElementSize } from '../library/useScaledScroll.ts';
import { LoupeImage } from '../loupe/LoupeImage.tsx';
import { carriedOver, type Zoom, zoomAt } from '../picture/zoom.ts';
import { Badge } from '../ui/Badge.tsx';
import { Button, IconButton } from '../ui/Button.tsx';
import { classNames } from '../ui/class-names.ts';
import { evidenceText } from './member-text.ts';
import { hidePicture, showPicture } from '../ui/picture.ts';
import styles from './Look.module.css';
import type { GroupsState } from './useGroups.ts';

const STEP = 1.5;

export interface GroupLoupeProps {
  readonly groups: GroupsState;
  readonly group: ReviewGroup;
  readonly member: ReviewMember;
  readonly onClose: () => void;
}

/** One file of a group as large as the window, and the way to the others. */
export function GroupLoupe({ groups, group, member, onClose }: GroupLoupeProps) {
  const { t } = useTranslation();
  const format = useFormat();
  const host = useHost();
  const keyLabel = useKeyLabel();
  const stage = useRef<HTMLDivElement>(null);
  const frame = useElementSize(stage);
  // Null means "fit", which follows the size of the frame.
  const [zoom, setZoom] = useState<Zoom | null>(null);
  const { rank, move } = groups.focus;
  const index = group.members.indexOf(member);
  const cell = cellOf(member);
  const shown = carriedOver(zoom, cell, frame);
  const scaleTo = (scale: number) => setZoom(zoomAt(shown, scale, { x: 0, y: 0 }, cell, frame));
  const previous = { run: () => move.member(-1), enabled: index > 0 };
  const next = { run: () => move.member(1), enabled: index < group.members.length - 1 };
  const keep = { run: () => groups.judge('keep', rank, member.sourceId, false) };
  const reject = { run: () => groups.judge('reject', rank, member.sourceId, false), enabled: !member.isProtected };
  useActions({
    'close-loupe': { run: onClose },
    'loupe-previous': previous, 'loupe-next': next, keep, reject,
    'loupe-actual': { run: () => scaleTo(1 / window.devicePixelRatio) },
    'loupe-fit': { run: () => setZoom(null) },
    'loupe-zoom-in': { run: () => scaleTo(shown.scale * STEP) },
    'loupe-zoom-out': { run: () => scaleTo(shown.scale / STEP) },
  });
  useEffect(() => stage.current?.focus(), []);
  const place = t('loupe.place', { place: format.number(index + 1), total: format.number(group.members.length) });

  return (
    <section className={styles.look} aria-label={t('loupe.title')}>
      <div className={styles.bar}>
        <Button variant="quiet" icon={ArrowLeft} onClick={onClose}>{t('cleanup.back')}</Button>
        <strong className={styles.name}>{legible(member.name)}</strong>
        <span className={styles.muted}>{member.width} × {member.height} · {format.bytes(member.bytes)}</span>
        <Badge>{evidenceText(t, format, member)}</Badge>
        <span className={styles.place}>{place}</span>
        <IconButton icon={ChevronLeft} label={t('actions.loupe-previous')} shortcut={keyLabel('loupe-previous')} disabled={!previous.enabled} onClick={previous.run} />
        <IconButton icon={ChevronRight} label={t('actions.loupe-next')} shortcut={keyLabel('loupe-next')} disabled={!next.enabled} onClick={next.run} />
        <span className={styles.scale} aria-label={t('loupe.zoom')} role="status">{format.percent(shown.scale * window.devicePixelRatio)}</span>
        <IconButton icon={Maximize} label={t('actions.loupe-fit')} shortcut={keyLabel('loupe-fit')} pressed={zoom === null} onClick={() => setZoom(null)} />
        <Button icon={Check} aria-pressed={member.decision === 'keep'} className={classNames(styles.choice, styles.keep)} onClick={keep.run}>{t('actions.keep')}</Button>
        <Button icon={X} aria-pressed={member.decision === 'remove'} className={classNames(styles.choice, styles.remove)} disabled={member.isProtected} onClick={reject.run}>{t('actions.reject')}</Button>
      </div>
      <div ref={stage} className={styles.stage} tabIndex={0} role="group" aria-label={t('loupe.image', { name: legible(member.name), place: format.number(index + 1), total: format.number(group.members.length) })}>
        {frame.width > 0 && <LoupeImage key={member.sha256} cell={cell} zoom={shown} frame={frame} onZoom={setZoom} onToggle={() => { if (zoom) setZoom(null); }} />}
      </div>
      <ul className={styles.others} aria-label={t('cleanup.members')}>
        {group.members.map((other) => (
          <li key={other.sourceId}>
            <button type="button" className={styles.other} aria-label={legible(other.name)} aria-current={other === member ? 'true' : undefined} tabIndex={-1} onClick={() => move.to(rank, other.sourceId)}>
              <img src={`${host.mediaBase}/renditions/${other.sha256}/thumb`} alt="" draggable={false} loading="lazy" onError={hidePicture} onLoad={showPicture} style={{ backgroundColor: other.placeholder }} />
              {other.decision !== null && <span className={classNames(styles.otherMark, other.decision === 'keep' ? styles.kept : styles.removed)}>{other.decision === 'keep' ? <Check size={10} strokeWidth={3} aria-hidden /> : <X size={10} strokeWidth={3} aria-hidden />}</span>}
            </button>
          </li>
        ))}
      </ul>
    </section>
  );
}

function cellOf({ assetId, sha256, name, width, height, format, placeholder }: ReviewMember): AssetCell {
  return { id: assetId, sha256, name, width, height, format, placeholder, hasAlpha: false, flags: [], absence: null };
}
