import { CircleAlert, Layers } from 'lucide-react';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Batch } from '../../contract/index.ts';
import { useAction } from '../app/actions.ts';
import { useAppState, useSet } from '../app/store.ts';
import { userError } from '../connect/errors.ts';
import { useErrorText } from '../i18n/error-text.ts';
import { useFormat } from '../i18n/setup.ts';
import { Badge } from '../ui/Badge.tsx';
import { Button } from '../ui/Button.tsx';
import { Checkbox } from '../ui/Checkbox.tsx';
import { classNames } from '../ui/class-names.ts';
import { EmptyState } from '../ui/EmptyState.tsx';
import { ProgressBar } from '../ui/ProgressBar.tsx';
import { BatchDetail } from './BatchDetail.tsx';
import styles from './Batches.module.css';
import { useCountText } from './count.ts';
import { fractionDone, isActive, progressTone, stateTone } from './progress.ts';
import { useBatches, useProgress } from './queries.ts';

/** Imports on one side, the chosen one on the other. */
export function BatchesScreen() {
  const { t } = useTranslation();
  const [showDeleted, setShowDeleted] = useState(false);
  const { data: batches, error, refetch } = useBatches(showDeleted);
  const live = useProgress();
  const chosenId = useAppState((state) => state.batchId);
  const set = useSet();
  const addFolder = useAction('add-folder');
  const errorText = useErrorText();

  if (error) {
    return <EmptyState icon={CircleAlert} title={errorText(userError(error).code).title} actions={<Button variant="primary" onClick={() => void refetch()}>{t('app.retry')}</Button>}>{errorText(userError(error).code).hint}</EmptyState>;
  }
  if (!batches) return null;
  if (batches.length === 0 && !showDeleted) {
    return (
      <EmptyState icon={Layers} title={t('batches.none')} actions={<>
        <Button variant="primary" onClick={addFolder.run}>{t('actions.add-folder')}</Button>
        <Button onClick={() => setShowDeleted(true)}>{t('batches.showDeleted')}</Button>
      </>}>{t('batches.noneBody')}</EmptyState>
    );
  }
  const current = batches.map((batch) => live.find((progress) => progress.batch.id === batch.id)?.batch ?? batch);
  const chosen = current.find((batch) => batch.id === chosenId) ?? current.find(isActive) ?? current[0];
  return (
    <div className={styles.screen}>
      <section className={styles.list} aria-label={t('batches.list')}>
        <h1 className={styles.heading}>{t('batches.title')}</h1>
        <ul className={styles.rows}>
          {current.map((batch) => (
            <li key={batch.id}>
              <BatchRow batch={batch} chosen={batch.id === chosen?.id} onChoose={() => set({ batchId: batch.id })} />
            </li>
          ))}
        </ul>
        <div className={styles.listFooter}><Checkbox label={t('batches.showDeleted')} checked={showDeleted} onChange={setShowDeleted} /></div>
      </section>
      {chosen ? <BatchDetail key={chosen.id} id={chosen.id} /> : null}
    </div>
  );
}

function BatchRow({ batch, chosen, onChoose }: { readonly batch: Batch; readonly chosen: boolean; readonly onChoose: () => void }) {
  const { t } = useTranslation();
  const format = useFormat();
  const countText = useCountText();
  return (
    <button type="button" className={classNames(styles.row, batch.deletedAt !== null && styles.deleted)} aria-current={chosen ? 'true' : undefined} onClick={onChoose}>
      <span className={styles.rowTop}>
        <span className={styles.name}>{batch.name}</span>
        <Badge tone={stateTone(batch.state)}>{batch.deletedAt === null ? t(`batches.states.${batch.state}`) : t('batches.deletedBadge')}</Badge>
      </span>
      {isActive(batch) && <ProgressBar slim label={t('batches.progress', { name: batch.name })} value={fractionDone(batch)} tone={progressTone(batch)} />}
      <span className={styles.rowBottom}>
        <span>{countText(batch)}</span>
        {batch.failed > 0 && <span className={styles.failed}>{t('batches.failures', { count: batch.failed, formatted: format.number(batch.failed) })}</span>}
        <span className={styles.date}>{format.date(batch.createdAt)}</span>
      </span>
    </button>
  );
}
