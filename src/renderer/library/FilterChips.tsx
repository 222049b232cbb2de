import { X } from 'lucide-react';
import { useTranslation } from 'react-i18next';
import { useAppState, useSet } from '../app/store.ts';
import { filterTerms, removeTermAt } from './filter.ts';
import styles from './Library.module.css';

/** The terms of the filter, each of which can be taken away. */
export function FilterChips() {
  const { t } = useTranslation();
  const set = useSet();
  const filter = useAppState((state) => state.filter);
  const terms = filterTerms(filter);
  if (terms.length === 0) return null;
  return (
    <ul className={styles.chips} aria-label={t('library.chips')}>
      {terms.map((term, index) => (
        <li key={`${index}${term}`}>
          <button type="button" className={styles.chip} aria-label={t('library.removeChip', { term })} onClick={() => set({ filter: removeTermAt(filter, index) })}>
            {term}<X size={12} aria-hidden />
          </button>
        </li>
      ))}
    </ul>
  );
}
