import type { TFunction } from 'i18next';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useAppState, useSet } from '../app/store.ts';
import { useFormat } from '../i18n/setup.ts';
import { classNames } from '../ui/class-names.ts';
import { hasTerm, toggleTerm } from './filter.ts';
import { flagLabel } from './flag-label.ts';
import styles from './Library.module.css';
import { useFacets } from './queries.ts';

const SHOWN = 8;

/** What the catalog consists of, by kind; choosing a value adds it to the filter. */
export function Sidebar() {
  const { t } = useTranslation();
  const format = useFormat();
  const set = useSet();
  const filter = useAppState((state) => state.filter);
  const { data: facets } = useFacets();
  return (
    <nav className={styles.sidebar} aria-label={t('library.facets')}>
      <button type="button" className={styles.facet} aria-pressed={filter === ''} onClick={() => set({ filter: '' })}>
        <span className={styles.facetLabel}>{t('library.all')}</span>
        <span className={styles.facetCount}>{facets && format.number(facets.total)}</span>
      </button>
      {facets?.groups.filter((group) => group.values.length > 0).map((group) => <FacetGroup key={group.key} group={group} />)}
    </nav>
  );
}

function facetLabel(t: TFunction, key: Group['key'], label: string): string {
  if (key === 'flag') return flagLabel(t, label);
  if (key === 'format') return label.toUpperCase();
  return key === 'folder' ? tail(label) : label;
}

/** The last two folders of a path tell it from the others; the whole of it is in the tooltip. */
function tail(path: string): string {
  const parts = path.split(/[\\/]/).filter(Boolean);
  return parts.length > 2 ? `…/${parts.slice(-2).join('/')}` : path;
}

type Group = NonNullable<ReturnType<typeof useFacets>['data']>['groups'][number];

function FacetGroup({ group }: { readonly group: Group }) {
  const { t } = useTranslation();
  const format = useFormat();
  const set = useSet();
  const filter = useAppState((state) => state.filter);
  const [all, setAll] = useState(false);
  const values = all ? group.values : group.values.slice(0, SHOWN);
  return (
    <section className={styles.facetGroup}>
      <h2>{t(`library.facetGroups.${group.key}`)}</h2>
      <ul>
        {values.map((value) => (
          <li key={value.filter}>
            <button type="button" className={styles.facet} aria-pressed={hasTerm(filter, value.filter)} title={value.label} onClick={() => set({ filter: toggleTerm(filter, value.filter) })}>
              <span className={classNames(styles.facetLabel, group.key === 'folder' && styles.cutAtFront)}><bdi>{facetLabel(t, group.key, value.label)}</bdi></span>
              <span className={styles.facetCount}>{format.number(value.count)}</span>
            </button>
          </li>
        ))}
      </ul>
      {group.values.length > SHOWN && (
        <button type="button" className={styles.facetMore} onClick={() => setAll(!all)}>
          {all ? t('library.fewer') : t('library.more', { formatted: format.number(group.values.length) })}
        </button>
      )}
    </section>
  );
}
