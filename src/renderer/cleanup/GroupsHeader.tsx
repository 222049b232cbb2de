import { Archive, History, SlidersHorizontal } from 'lucide-react';
import { useTranslation } from 'react-i18next';
import { LEVELS } from '../../contract/index.ts';
import { useAction } from '../app/actions.ts';
import { useKeyLabel } from '../app/keyboard.ts';
import { useAppState, useAppStore, useSet } from '../app/store.ts';
import { useFormat } from '../i18n/setup.ts';
import { Button, IconButton } from '../ui/Button.tsx';
import { ProgressBar } from '../ui/ProgressBar.tsx';
import { Segmented } from '../ui/Segmented.tsx';
import { Slider } from '../ui/Slider.tsx';
import { Tooltip } from '../ui/Tooltip.tsx';
import styles from './Cleanup.module.css';
import { TILE_WIDTH } from './geometry.ts';
import { useSimilarityStatus } from './queries.ts';
import type { GroupsState } from './useGroups.ts';

/** How alike is alike enough, how far one is, and the ways to plan, quarantine and history. */
export function GroupsHeader({ groups: { level, setLevel, review: { summary } } }: { readonly groups: GroupsState }) {
  const { t } = useTranslation();
  const format = useFormat();
  const keyLabel = useKeyLabel();
  const store = useAppStore();
  const set = useSet();
  const tileWidth = useAppState((state) => state.tileWidth);
  const rulesOpen = useAppState((state) => state.rulesOpen);
  const toggleRules = useAction('toggle-rules');
  const reviewPlan = useAction('review-plan');
  const show = (view: 'quarantine' | 'history') => set({ cleanup: { ...store.getState().cleanup, view } });
  return (
    <header className={styles.header}>
      <div className={styles.bar} role="toolbar" aria-label={t('cleanup.toolbar')}>
        <Segmented label={t('cleanup.level')} value={level} onChange={setLevel} options={LEVELS.map((value) => ({ value, label: t(`cleanup.levels.${value}`) }))} />
        <span className={styles.hint} title={t(`cleanup.levelHints.${level}`)}>{t(`cleanup.levelHints.${level}`)}</span>
        <IconButton icon={Archive} label={t('cleanup.quarantine.title')} onClick={() => show('quarantine')} />
        <IconButton icon={History} label={t('cleanup.history.title')} onClick={() => show('history')} />
        <IconButton icon={SlidersHorizontal} label={t('actions.toggle-rules')} shortcut={keyLabel('toggle-rules')} pressed={rulesOpen} onClick={toggleRules.run} />
        <Tooltip label={t('actions.review-plan')} shortcut={keyLabel('review-plan')}>
          <Button variant="primary" disabled={!reviewPlan.enabled} onClick={reviewPlan.run}>{t('actions.review-plan')}</Button>
        </Tooltip>
      </div>
      <div className={styles.progressLine}>
        {summary && summary.total > 0 && <>
          <strong>{t('cleanup.decidedOf', { done: format.number(summary.decided), total: format.number(summary.total) })}</strong>
          <span className={styles.decidedBar}><ProgressBar slim label={t('cleanup.progress')} value={summary.decided / summary.total} tone={summary.decided >= summary.total ? 'complete' : 'running'} /></span>
          <span className={styles.muted}>{!summary.isCounted ? t('cleanup.counting') : summary.removable > 0 && t('cleanup.toFree', { bytes: format.bytes(summary.removableBytes), count: summary.removable, formatted: format.number(summary.removable) })}</span>
        </>}
        <Comparing />
        <span className={styles.size}><Slider label={t('library.size')} value={tileWidth} {...TILE_WIDTH} onChange={(next) => set({ tileWidth: next })} format={(size) => t('library.sizeValue', { size })} /></span>
      </div>
    </header>
  );
}

/** How far the comparison is, while there is anything left to compare. */
function Comparing() {
  const { t } = useTranslation();
  const format = useFormat();
  const { data: status } = useSimilarityStatus();
  if (!status || status.pending === 0) return null;
  const all = status.compared + status.failed + status.pending;
  const text = t('cleanup.comparing', { done: format.number(all - status.pending), total: format.number(all) });
  return (
    <span className={styles.comparing}>
      <span className={styles.comparingBar}><ProgressBar slim label={text} value={(all - status.pending) / all} /></span>{text}
    </span>
  );
}
