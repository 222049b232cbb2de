import { CircleAlert } from 'lucide-react';
import { useTranslation } from 'react-i18next';
import { useEtaText } from '../batches/eta.ts';
import { fractionDone, finishedCount, isActive, progressTone, wantedCount } from '../batches/progress.ts';
import { useProgress } from '../batches/queries.ts';
import { useFormat } from '../i18n/setup.ts';
import { useGroupCount, useSimilarityStatus } from '../cleanup/queries.ts';
import { useFacets, useView } from '../library/queries.ts';
import { ProgressBar } from '../ui/ProgressBar.tsx';
import styles from './Shell.module.css';
import { useAppState, useSet } from './store.ts';

/** The catalog's size, how much of it matches the filter and, while something runs, how far it is. */
export function StatusBar() {
  const { t } = useTranslation();
  const format = useFormat();
  const set = useSet();
  const etaText = useEtaText();
  const progress = useProgress().find(({ batch }) => isActive(batch));
  return (
    <footer className={styles.status} aria-label={t('app.status')}>
      <ImageCount />
      <Duplicates />
      {progress && (
        <button type="button" className={styles.work} onClick={() => set({ screen: 'batches', batchId: progress.batch.parentId ?? progress.batch.id })}>
          <span className={styles.name}>{progress.batch.name}</span>
          <span className={styles.bar}>
            <ProgressBar slim label={t('batches.progress', { name: progress.batch.name })} value={fractionDone(progress.batch)} tone={progressTone(progress.batch)} />
          </span>
          <span>{t('batches.ofTotal', { done: format.number(finishedCount(progress.batch)), total: format.number(wantedCount(progress.batch)) })}</span>
          {progress.batch.state === 'paused'
            ? <span className={styles.muted}>{t('batches.states.paused')}</span>
            : <span className={styles.muted}>{etaText(progress.etaSeconds)}</span>}
          {progress.batch.failed > 0 && (
            <span className={styles.warn}><CircleAlert size={12} aria-hidden /> {t('batches.failures', { count: progress.batch.failed, formatted: format.number(progress.batch.failed) })}</span>
          )}
        </button>
      )}
    </footer>
  );
}

/** How far the comparison is; when it is done, what it has found. */
function Duplicates() {
  const { t } = useTranslation();
  const format = useFormat();
  const set = useSet();
  const { data: status } = useSimilarityStatus();
  const level = useAppState((state) => state.level);
  const count = useGroupCount(level) ?? 0;
  if (!status) return null;
  const all = status.compared + status.failed + status.pending;
  const comparing = status.pending > 0 && t('cleanup.comparing', { done: format.number(all - status.pending), total: format.number(all) });
  if (!comparing && count === 0) return null;
  return (
    <button type="button" className={styles.found} onClick={() => set({ screen: 'cleanup' })}>
      {comparing && <><span className={styles.foundBar}><ProgressBar slim label={comparing} value={(all - status.pending) / all} /></span><span className={styles.muted}>{comparing}</span></>}
      {count > 0 && <span>{t('cleanup.found', { count, formatted: format.number(count) })}</span>}
    </button>
  );
}

function ImageCount() {
  const { t } = useTranslation();
  const format = useFormat();
  const count = useFacets().data?.total;
  const inLibrary = useAppState(({ screen }) => screen === 'library');
  // The library's own view: it is asked for once.
  const { view, shownFilter } = useView(useAppState(({ filter }) => filter), useAppState(({ sort }) => sort));
  if (count === undefined) return <span />;
  const formatted = format.number(count);
  return <span>{inLibrary && view && shownFilter !== '' ? t('app.matchCount', { count, formatted, matching: format.number(view.total) }) : t('app.imageCount', { count, formatted })}</span>;
}
