import { ChevronLeft, ChevronRight } from 'lucide-react';
import { useTranslation } from 'react-i18next';
import { useFormat } from '../i18n/setup.ts';
import { IconButton } from '../ui/Button.tsx';
import styles from './Batches.module.css';
import type { useItemPages } from './queries.ts';

/** Which items of how many are shown, and the way to the others. Nothing where all are. */
export function Pager({ pages: { items, first, previous, next }, total }: { readonly pages: ReturnType<typeof useItemPages>; readonly total: number }) {
  const { t } = useTranslation();
  const format = useFormat();
  if (!previous && !next) return null;
  return (
    <div className={styles.pager}>
      <span role="status">{t('batches.page', { first: format.number(first), last: format.number(first + items.length - 1), total: format.number(Math.max(total, first + items.length - 1)) })}</span>
      <IconButton size="small" icon={ChevronLeft} label={t('batches.previousPage')} disabled={!previous} onClick={previous} />
      <IconButton size="small" icon={ChevronRight} label={t('batches.nextPage')} disabled={!next} onClick={next} />
    </div>
  );
}
