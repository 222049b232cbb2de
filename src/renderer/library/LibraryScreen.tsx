import { CircleAlert, Hourglass, SearchX } from 'lucide-react';
import { useDeferredValue, useRef, useState } from 'react';
import { flushSync } from 'react-dom';
import { useTranslation } from 'react-i18next';
import { useActions } from '../app/actions.ts';
import { useAppState, useAppStore, useSet } from '../app/store.ts';
import { isActive } from '../batches/progress.ts';
import { useProgress } from '../batches/queries.ts';
import { useFindDuplicates } from '../cleanup/useFindDuplicates.ts';
import { useCompareSelection } from '../compare/useCompareSelection.ts';
import { useHost } from '../connect/context.tsx';
import { userError } from '../connect/errors.ts';
import { HomeScreen } from '../home/HomeScreen.tsx';
import { useErrorText } from '../i18n/error-text.ts';
import { Loupe } from '../loupe/Loupe.tsx';
import { Button } from '../ui/Button.tsx';
import { EmptyState } from '../ui/EmptyState.tsx';
import { Spinner } from '../ui/Spinner.tsx';
import { CELL_SIZE } from './geometry.ts';
import { FilterChips } from './FilterChips.tsx';
import { Grid } from './Grid.tsx';
import { Inspector } from './Inspector.tsx';
import styles from './Library.module.css';
import { LibraryToolbar } from './LibraryToolbar.tsx';
import { useCells, useView, type View } from './queries.ts';
import { SelectionBar } from './SelectionBar.tsx';
import { Sidebar } from './Sidebar.tsx';
import { useFreshImages } from './useFreshImages.ts';
import { useKeepPlace } from './useKeepPlace.ts';

/** The sheet of all images, with what narrows it down on one side and what is known of one image on the other. */
export function LibraryScreen({ visible }: { readonly visible: boolean }) {
  const { t } = useTranslation();
  const errorText = useErrorText();
  const set = useSet();
  const store = useAppStore();
  const filter = useAppState((state) => state.filter);
  const sort = useAppState((state) => state.sort);
  const loupeOpen = useAppState((state) => state.loupeOpen);
  const sidebarOpen = useAppState((state) => state.sidebarOpen);
  const inspectorOpen = useAppState((state) => state.inspectorOpen);
  const importing = useProgress().some(({ batch }) => isActive(batch));
  const { view, key, shownFilter, error, pending, refetch } = useView(filter, sort);
  const searchBox = useRef<HTMLInputElement>(null);
  const { fresh, show } = useFreshImages(view, shownFilter, pending, refetch);
  useKeepPlace(view, key);
  const [generation, setGeneration] = useState(0);
  const showFresh = () => {
    show();
    set({ focusedRank: 0, anchorRank: 0 });
    // A new grid begins at its top, where new images are.
    setGeneration(generation + 1);
  };

  const resize = (steps: number) => {
    const size = store.getState().cellSize + steps * 4 * CELL_SIZE.step;
    set({ cellSize: Math.min(CELL_SIZE.max, Math.max(CELL_SIZE.min, size)) });
  };
  const inGrid = visible && !loupeOpen;
  const compare = useCompareSelection(view);
  const findDuplicates = useFindDuplicates(view);
  useActions(visible ? {
    'find': { run: () => {
      // The box takes no focus before it is shown again.
      flushSync(() => set({ loupeOpen: false }));
      searchBox.current?.select();
    } },
    'clear-filter': { run: () => set({ filter: '' }), enabled: inGrid && filter !== '' },
    'toggle-sidebar': { run: () => set({ sidebarOpen: !sidebarOpen }), enabled: inGrid },
    'toggle-inspector': { run: () => set({ inspectorOpen: !inspectorOpen }) },
    'larger': { run: () => resize(1), enabled: inGrid },
    'smaller': { run: () => resize(-1), enabled: inGrid },
    'refresh-view': { run: showFresh, enabled: inGrid },
    'compare': { run: compare },
    'find-duplicates': { run: findDuplicates, enabled: view !== undefined && view.total > 0 },
  } : {});

  if (!view) {
    return error
      ? <EmptyState icon={CircleAlert} title={t('library.failed')} actions={<Button variant="primary" onClick={() => void refetch()}>{t('app.retry')}</Button>}>{errorText(userError(error).code).hint}</EmptyState>
      : <div className={styles.loading}><Spinner label={t('library.loading')} /></div>;
  }
  if (view.total === 0 && filter === '' && !pending) {
    return importing
      ? <EmptyState icon={Hourglass} title={t('library.first')} actions={<Button onClick={() => set({ screen: 'batches' })}>{t('actions.go-batches')}</Button>}>{t('library.firstBody')}</EmptyState>
      : <HomeScreen />;
  }
  return (
    <div className={styles.library}>
      {view.total > 0 && <h1 className="visually-hidden">{t('actions.go-library')}</h1>}
      <div className={styles.browser} hidden={loupeOpen}>
        <LibraryToolbar searchBox={searchBox} error={error && userError(error)} />
        {sidebarOpen && <Sidebar />}
        <div className={styles.centre}>
          <FilterChips />
          {view.total === 0
            ? <EmptyState icon={SearchX} title={t('library.noResults')} actions={<Button variant="primary" onClick={() => set({ filter: '' })}>{t('actions.clear-filter')}</Button>}>{t('library.noResultsBody', { filter: shownFilter })}</EmptyState>
            : <Grid key={`${generation} ${key}`} view={view} visible={inGrid} />}
          {fresh && <Button className={styles.fresh ?? ''} variant="primary" onClick={showFresh}>{t('library.fresh')}</Button>}
          <SelectionBar view={view} visible={visible} />
        </div>
      </div>
      {loupeOpen && view.total > 0 && <Loupe view={view} visible={visible} />}
      <Focused view={view} visible={visible} inspector={inspectorOpen} />
    </div>
  );
}

/** What follows the image that has the keyboard. */
function Focused({ view, visible, inspector }: { readonly view: View; readonly visible: boolean; readonly inspector: boolean }) {
  // The details follow when there is time: a held arrow key must not wait for them.
  const rank = useDeferredValue(useAppState((state) => Math.min(state.focusedRank, Math.max(0, view.total - 1))));
  const cell = useCells(view, rank, Math.min(view.total, rank + 1))(rank);
  const reveal = useHost().desktop?.reveal;
  useActions(visible && cell && reveal ? { reveal: { run: () => void reveal(cell.id) } } : {});
  return inspector && <Inspector cell={cell} />;
}
