import { useTranslation } from 'react-i18next';
import type { Batch } from '../../contract/index.ts';
import { useFormat } from '../i18n/setup.ts';
import { finishedCount, imageCount, isActive, wantedCount } from './progress.ts';

/** Writes how far a batch is while it runs, and what came of it after: "274 of 798 images" where some were cancelled. */
export function useCountText(): (batch: Batch) => string {
  const { t } = useTranslation();
  const format = useFormat();
  return (batch) => {
    const [images, wanted] = [imageCount(batch), wantedCount(batch)];
    if (isActive(batch)) return t('batches.ofTotal', { done: format.number(finishedCount(batch)), total: format.number(wanted) });
    if (batch.cancelled > 0) return t('app.matchCount', { count: wanted, matching: format.number(images), formatted: format.number(wanted) });
    return t('app.imageCount', { count: images, formatted: format.number(images) });
  };
}
