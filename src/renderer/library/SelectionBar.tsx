import { useTranslation } from 'react-i18next';
import { useActions, useAction } from '../app/actions.ts';
import { useAppState, useSet } from '../app/store.ts';
import { useErrorToast } from '../app/useErrorToast.ts';
import { useClient } from '../connect/context.tsx';
import { useFormat } from '../i18n/setup.ts';
import { Button } from '../ui/Button.tsx';
import { useToast } from '../ui/Toast.tsx';
import { MOST_COMPARED } from '../compare/useCompareSelection.ts';
import styles from './Library.module.css';
import type { View } from './queries.ts';
import { NOTHING_SELECTED, selectedCount, selectedPortions } from './selection.ts';

/** So many the engine tells at once. */
const PATHS_AT_ONCE = 5000;

/** What is selected, and what can be done with it. */
export function SelectionBar({ view, visible }: { readonly view: View; readonly visible: boolean }) {
  const { t } = useTranslation();
  const format = useFormat();
  const set = useSet();
  const client = useClient();
  const toast = useToast();
  const errorToast = useErrorToast();
  const selection = useAppState((state) => state.selection);
  const selectInvert = useAction('select-invert');
  const compare = useAction('compare');
  const findDuplicates = useAction('find-duplicates');
  const count = selectedCount(selection, view.total);

  const copyPaths = async () => {
    const paths: string[] = [];
    for (const ranks of selectedPortions(selection, view.total, PATHS_AT_ONCE)) {
      for (const path of await client.assets.paths({ viewId: view.viewId, ranks: [...ranks] })) paths.push(path);
    }
    await navigator.clipboard.writeText(paths.join('\n'));
    toast({ title: (say) => say('library.pathsCopied', { count: paths.length, formatted: format.number(paths.length) }) });
  };
  const runCopy = () => { copyPaths().catch((error: unknown) => errorToast((say) => say('batches.failed'), error)); };
  useActions(visible ? { 'copy-paths': { run: runCopy, enabled: count > 0 } } : {});

  if (count === 0) return null;
  return (
    <div className={styles.selectionBar} data-dock role="toolbar" aria-label={t('groups.selection')}>
      <strong role="status">{t('library.selected', { count, formatted: format.number(count) })}</strong>
      {count > 1 && count <= MOST_COMPARED && <Button size="small" onClick={compare.run}>{t('actions.compare')}</Button>}
      <Button size="small" onClick={findDuplicates.run}>{t('actions.find-duplicates')}</Button>
      <Button size="small" onClick={runCopy}>{t('actions.copy-paths')}</Button>
      <Button size="small" onClick={selectInvert.run}>{t('library.invert')}</Button>
      <Button size="small" onClick={() => set(NOTHING_SELECTED)}>{t('library.deselect')}</Button>
    </div>
  );
}
