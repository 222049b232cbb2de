import { ArrowDownNarrowWide, ArrowDownWideNarrow, Info, PanelLeft, Search, X } from 'lucide-react';
import { type RefObject, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useAction } from '../app/actions.ts';
import { useKeyLabel } from '../app/keyboard.ts';
import { useAppState, useSet } from '../app/store.ts';
import type { UserError } from '../connect/errors.ts';
import { useErrorText } from '../i18n/error-text.ts';
import { IconButton } from '../ui/Button.tsx';
import { Select } from '../ui/Select.tsx';
import { Slider } from '../ui/Slider.tsx';
import { TextField } from '../ui/TextField.tsx';
import { CELL_SIZE } from './geometry.ts';
import styles from './Library.module.css';

const SORT_KEYS = ['added', 'taken', 'name', 'bytes', 'pixels', 'score'] as const;
const TYPING_PAUSE = 250;

export function LibraryToolbar({ searchBox, error }: { readonly searchBox: RefObject<HTMLInputElement | null>; readonly error: UserError | null }) {
  const { t } = useTranslation();
  const set = useSet();
  const keyLabel = useKeyLabel();
  const sort = useAppState((state) => state.sort);
  const cellSize = useAppState((state) => state.cellSize);
  const sidebarOpen = useAppState((state) => state.sidebarOpen);
  const inspectorOpen = useAppState((state) => state.inspectorOpen);
  const toggleSidebar = useAction('toggle-sidebar');
  const toggleInspector = useAction('toggle-inspector');
  const ascending = sort.direction === 'ascending';
  return (
    <div className={styles.toolbar} role="toolbar" aria-label={t('groups.view')}>
      <IconButton icon={PanelLeft} label={t('actions.toggle-sidebar')} shortcut={keyLabel('toggle-sidebar')} pressed={sidebarOpen} onClick={toggleSidebar.run} />
      <FilterBox searchBox={searchBox} error={error} />
      <Select
        label={t('library.sort')} value={sort.key} onChange={(key) => set({ sort: { key, direction: key === 'name' ? 'ascending' : 'descending' } })}
        options={SORT_KEYS.map((key) => ({ value: key, label: t(`library.sorts.${key}`) }))}
      />
      <IconButton
        icon={ascending ? ArrowDownNarrowWide : ArrowDownWideNarrow} label={t(ascending ? 'library.ascending' : 'library.descending')}
        onClick={() => set({ sort: { ...sort, direction: ascending ? 'descending' : 'ascending' } })}
      />
      <Slider label={t('library.size')} value={cellSize} {...CELL_SIZE} onChange={(next) => set({ cellSize: next })} format={(size) => t('library.sizeValue', { size })} />
      <IconButton icon={Info} label={t('actions.toggle-inspector')} shortcut={keyLabel('toggle-inspector')} pressed={inspectorOpen} onClick={toggleInspector.run} />
    </div>
  );
}

/** The filter expression as it is typed; it takes effect when typing pauses. */
function FilterBox({ searchBox, error }: { readonly searchBox: RefObject<HTMLInputElement | null>; readonly error: UserError | null }) {
  const { t } = useTranslation();
  const set = useSet();
  const filter = useAppState((state) => state.filter);
  const [text, setText] = useState(filter);
  const [applied, setApplied] = useState(filter);
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  // A filter that came from elsewhere replaces what was typed; one that came from here leaves its blanks alone.
  if (applied !== filter) {
    setApplied(filter);
    if (text.trim() !== filter) setText(filter);
  }
  const type = (typed: string) => {
    setText(typed);
    clearTimeout(timer.current);
    timer.current = setTimeout(() => set({ filter: typed.trim() }), TYPING_PAUSE);
  };
  const clear = () => {
    clearTimeout(timer.current);
    setText('');
    set({ filter: '' });
  };
  return (
    <search className={styles.search}>
      <TextField
        ref={searchBox} label={t('library.search')} hideLabel icon={Search} value={text} placeholder={t('library.searchPlaceholder')} maxLength={2000}
        aria-invalid={error?.code === 'bad-input'}
        onChange={(event) => type(event.target.value)}
        onKeyDown={(event) => { if (event.key === 'Escape') { event.stopPropagation(); clear(); event.currentTarget.blur(); } }}
        end={text && <IconButton size="small" icon={X} label={t('library.clear')} onClick={clear} />}
      />
      {error && <FilterProblem error={error} />}
    </search>
  );
}

/** The results of the last filter that made sense stay; this says why. Spoken when there is time: somebody is typing. */
function FilterProblem({ error: { code, message } }: { readonly error: UserError }) {
  const { t } = useTranslation();
  const { title, hint } = useErrorText()(code);
  return (
    <span role="status" className={styles.filterProblem}>
      {code === 'bad-input' ? t('library.filterIncomplete') : `${title}. ${hint}`}
      <small lang="en">{message}</small>
    </span>
  );
}
