import { useRef } from 'react';
import { useTranslation } from 'react-i18next';
import type { Plan } from '../../contract/index.ts';
import { renditionUrl, useHost } from '../connect/context.tsx';
import { useErrorText } from '../i18n/error-text.ts';
import { legible, placeOf } from '../i18n/legible.ts';
import { useFormat } from '../i18n/setup.ts';
import { trackHeight } from '../library/scaled-scroll.ts';
import { useElementSize, useScaledScroll } from '../library/useScaledScroll.ts';
import { hidePicture, showPicture } from '../ui/picture.ts';
import { factsText } from './facts-text.ts';
import { type PlanList, usePlanItems } from './plan-queries.ts';
import styles from './Plan.module.css';

const ROW = 56;
const OVERSCAN = 4;

/** One list of a plan, of which only the rows in view exist. */
export function PlanItems({ planId, list, total }: { readonly planId: number; readonly list: PlanList; readonly total: number }) {
  const { t } = useTranslation();
  const scroller = useRef<HTMLDivElement>(null);
  const { height } = useElementSize(scroller);
  const range = { contentHeight: total * ROW, viewportHeight: height };
  const { state, fast, listeners } = useScaledScroll(scroller, range, true);
  const first = Math.max(0, Math.floor(state.top / ROW) - OVERSCAN);
  const end = Math.min(total, Math.ceil((state.top + height) / ROW) + OVERSCAN);
  const itemAt = usePlanItems(planId, list, fast ? 0 : first, fast ? 0 : end);
  return (
    <div ref={scroller} className={styles.items} {...listeners} tabIndex={0} role="region" aria-label={t('cleanup.plan.lists')}>
      <div role="list" className={styles.itemsTrack} style={{ blockSize: trackHeight(range) }}>
        {Array.from({ length: Math.max(0, end - first) }, (_, offset) => first + offset).map((index) => (
          <div key={index} role="listitem" aria-setsize={total} aria-posinset={index + 1} className={styles.item} style={{ insetBlockStart: index * ROW - (state.top - state.track), blockSize: ROW }}>
            <Item item={itemAt(index)} />
          </div>
        ))}
      </div>
    </div>
  );
}

function Item({ item }: { readonly item: Plan['keep'][number] | Plan['remove'][number] | Plan['held'][number] | undefined }) {
  const { t } = useTranslation();
  const format = useFormat();
  const errorText = useErrorText();
  const host = useHost();
  if (!item) return null;
  const path = legible(item.path);
  return (
    <>
      <span className={styles.thumb}><img src={renditionUrl(host, item.sha256, 'thumb')} alt="" draggable={false} decoding="async" onError={hidePicture} onLoad={showPicture} /></span>
      <bdi title={path} data-selectable>{path}</bdi>
      {'bytes' in item && <span className={styles.bytes}>{format.bytes(item.bytes)}</span>}
      <small>
        {'code' in item ? errorText(item.code).title : t(`cleanup.rules.names.${item.rule}`)}
        {'facts' in item && item.facts && ` · ${factsText(t, format, item.facts)}`}
        {'code' in item && <span lang="en"> · {item.reason}</span>}
        {'keeperPath' in item && <> · <bdi title={legible(item.keeperPath)}>{t('cleanup.plan.keptInstead', { name: placeOf(item.keeperPath) })}</bdi></>}
      </small>
    </>
  );
}
