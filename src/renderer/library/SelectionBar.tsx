import { useTranslation } from 'react-i18next';
import { useActions, useAction } from '../app/actions.ts';
import { useAppState, useSet } from '../app/store.ts';
import { useClient } from '../connect/context.tsx';
import { userError } from '../connect/errors.ts';
import { useFormat } from '../i18n/setup.ts';
import { Button } from '../ui/Button.tsx';
import { useToast } from '../ui/Toast.tsx';
import styles from './Library.module.css';
import type { View } from './queries.ts';
import { EMPTY_SELECTION, selectedCount, selectedRanks } from './selection.ts';

/** More paths than this are not for the clipboard. */
const PATHS_LIMIT = 1000;

/** What is selected, and what can be done with it. */
export function SelectionBar({ view, visible }: { readonly view: View; readonly visible: boolean }) {
  const { t } = useTranslation();
  const format = useFormat();
  const set = useSet();
  const client = useClient();
  const toast = useToast();
  const selection = useAppState((state) => state.selection);
  const selectInvert = useAction('select-invert');
  const count = selectedCount(selection, view.total);

  const copyPaths = async () => {
    const ranks = selectedRanks(selection, view.total, PATHS_LIMIT);
    const cells = await Promise.all(ranks.map((rank) => client.assets.window({ viewId: view.viewId, start: rank, count: 1 })));
    const assets = await Promise.all(cells.flat().map(({ id }) => client.assets.get({ id })));
    const paths = assets.flatMap((asset) => asset.sources.slice(0, 1));
    await navigator.clipboard.writeText(paths.join('\n'));
    toast({ title: t('library.pathsCopied', { count: paths.length, formatted: format.number(paths.length) }) });
  };
  const canCopy = count > 0 && count <= PATHS_LIMIT;
  const runCopy = () => { copyPaths().catch((error: unknown) => toast({ title: t('batches.failed'), description: userError(error).message, tone: 'danger' })); };
  useActions(visible ? { 'copy-paths': { run: runCopy, enabled: canCopy } } : {});

  if (count === 0) return null;
  return (
    <div className={styles.selectionBar} role="toolbar" aria-label={t('groups.selection')}>
      <strong role="status">{t('library.selected', { count, formatted: format.number(count) })}</strong>
      {canCopy && <Button size="small" onClick={runCopy}>{t('actions.copy-paths')}</Button>}
      <Button size="small" onClick={selectInvert.run}>{t('actions.select-invert')}</Button>
      <Button size="small" onClick={() => set({ selection: EMPTY_SELECTION })}>{t('actions.select-none')}</Button>
    </div>
  );
}
