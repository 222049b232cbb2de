import type { TFunction } from 'i18next';
import { Check, ShieldCheck, Unlink, X } from 'lucide-react';
import { memo } from 'react';
import type { ReviewMember } from '../../contract/index.ts';
import type { Format } from '../i18n/setup.ts';
import { legible } from '../i18n/legible.ts';
import { hidePicture, showPicture } from '../ui/picture.ts';
import { presetFor } from '../library/preset.ts';
import { classNames } from '../ui/class-names.ts';
import styles from './Group.module.css';
import { factsText } from './facts-text.ts';
import { folderOf } from './folder-text.ts';
import { evidenceText, isTold } from './member-text.ts';

export type TileVerb = 'keep' | 'reject' | 'not-duplicate';

export interface MemberTileProps {
  readonly member: ReviewMember;
  readonly index: number;
  readonly rank: number;
  readonly width: number;
  readonly pictureHeight: number;
  readonly focused: boolean;
  readonly canPart: boolean;
  readonly mediaBase: string;
  readonly start: number;
  /** Handed in: a hook in each of many tiles is felt while scrolling. */
  readonly t: TFunction;
  readonly format: Format;
}

/** One file of a group: what it is, what the rules suggest, and what was decided. */
export const MemberTile = memo(function MemberTile({ member, index, rank, width, pictureHeight, focused, canPart, mediaBase, start, t, format }: MemberTileProps) {
  const { decision, suggestion, isProtected } = member;
  const name = legible(member.name);
  const shape = `${member.width} × ${member.height} · ${format.bytes(member.bytes)}`;
  const date = member.takenAt ?? member.modifiedAt;
  const facts = factsText(t, format, member.facts);
  const suggested = t(suggestion === 'keep' ? 'cleanup.suggestKeep' : 'cleanup.suggestRemove');
  return (
    <div
      role="gridcell" aria-colindex={index + 2} tabIndex={focused ? 0 : -1} data-source={member.sourceId} data-rank={rank}
      className={classNames(styles.tile, decision === 'remove' && styles.going)} style={{ inlineSize: width, insetInlineStart: start }}
    >
      <div className={styles.picture} style={{ blockSize: pictureHeight }}>
        <span className={styles.image} style={{ ...fitted(member, width - 2, pictureHeight), backgroundColor: member.placeholder }}>
          <img
            src={`${mediaBase}/renditions/${member.sha256}/${presetFor(Math.max(width, pictureHeight) * window.devicePixelRatio)}`}
            alt="" draggable={false} decoding="async" onError={hidePicture} onLoad={showPicture}
          />
        </span>
        <span className={styles.corner}>
          {decision === 'keep' && <span className={classNames(styles.chip, styles.keepChip)}><Check size={12} strokeWidth={3} aria-hidden />{t('cleanup.kept')}</span>}
          {decision === 'remove' && <span className={classNames(styles.chip, styles.removeChip)}><X size={12} strokeWidth={3} aria-hidden />{t('cleanup.removed')}</span>}
        </span>
        {isProtected && <span className={classNames(styles.corner, styles.end)}><span className={styles.chip}><ShieldCheck size={12} aria-hidden />{t('cleanup.protected')}</span></span>}
        <span className={classNames(styles.corner, styles.bottom)}><span className={styles.chip} title={isTold(member) ? t('cleanup.evidenceHint', { distance: member.distance }) : t('cleanup.referenceHint')}>{evidenceText(t, format, member)}</span></span>
      </div>
      <div className={styles.facts}>
        <strong title={name}><MiddleCut text={name} /></strong>
        <span className={classNames(styles.muted, styles.folder)} title={legible(member.path)}><bdi>{legible(folderOf(member.path))}</bdi></span>
        <span>{shape}</span>
        <span className={styles.muted}>{member.format.toUpperCase()}{date && ` · ${format.date(date)}`}</span>
        <span className={classNames(styles.suggestion, decision !== null && styles.muted)}>
          {suggestion === 'keep' ? <Check size={12} strokeWidth={2.5} aria-hidden /> : <X size={12} strokeWidth={2.5} aria-hidden />}
          <span>{suggested}</span>
        </span>
        <span className={classNames(styles.reason, styles.muted)} title={facts}><strong>{t(`cleanup.rules.names.${member.rule}`)}</strong> {facts}</span>
      </div>
      <div className={styles.marks}>
        <button type="button" tabIndex={-1} className={classNames(styles.mark, styles.keep)} data-verb="keep" aria-pressed={decision === 'keep'}><Check size={13} strokeWidth={2.5} aria-hidden />{t('actions.keep')}</button>
        <button type="button" tabIndex={-1} className={classNames(styles.mark, styles.remove)} data-verb="reject" aria-pressed={decision === 'remove'} disabled={isProtected}><X size={13} strokeWidth={2.5} aria-hidden />{t('actions.reject')}</button>
        {canPart && <button type="button" tabIndex={-1} className={classNames(styles.mark, styles.square)} data-verb="not-duplicate" aria-label={t('actions.not-duplicate')} title={t('actions.not-duplicate')}><Unlink size={14} strokeWidth={1.75} aria-hidden /></button>}
      </div>
    </div>
  );
});

/** Ten characters of a name's end stay: what tells copies apart, and the extension. */
const NAME_PARTS = /^(.*?)(.{0,10})$/su;

/** A name on one line; where it is too long, it is cut in its middle. */
function MiddleCut({ text }: { readonly text: string }) {
  const [, start, end] = NAME_PARTS.exec(text) ?? [];
  return <><span className={styles.nameStart}>{start}</span><span className={styles.nameEnd}>{end}</span></>;
}

/** The place of the picture inside its frame, known before it is there. */
function fitted({ width, height }: ReviewMember, frameWidth: number, frameHeight: number): { readonly inlineSize: number; readonly blockSize: number } {
  const scale = Math.min(1, frameWidth / width, frameHeight / height);
  return { inlineSize: Math.max(1, Math.round(width * scale)), blockSize: Math.max(1, Math.round(height * scale)) };
}
