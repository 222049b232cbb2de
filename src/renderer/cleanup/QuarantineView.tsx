import { keepPreviousData, useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { Archive, ArrowLeft } from 'lucide-react';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useActions } from '../app/actions.ts';
import { ErrorBanner } from '../app/ErrorBanner.tsx';
import { useAppStore, useSet } from '../app/store.ts';
import { useErrorToast } from '../app/useErrorToast.ts';
import { useClient } from '../connect/context.tsx';
import { legible } from '../i18n/legible.ts';
import { useFormat } from '../i18n/setup.ts';
import { Button } from '../ui/Button.tsx';
import { Checkbox } from '../ui/Checkbox.tsx';
import { Dialog } from '../ui/Dialog.tsx';
import { EmptyState } from '../ui/EmptyState.tsx';
import { Table } from '../ui/Table.tsx';
import { useToast } from '../ui/Toast.tsx';
import { folderOf } from './folder-text.ts';
import styles from './Plan.module.css';

const ON_PAGE = 200;
const AT_ONCE = 5000;

/** Files that were put aside: they can all come back, until the quarantine is emptied. */
export function QuarantineView() {
  const { t } = useTranslation();
  const format = useFormat();
  const client = useClient();
  const store = useAppStore();
  const set = useSet();
  // Behind which item each page begins that was gone through to get here.
  const [starts, setStarts] = useState<readonly number[]>([0]);
  const [chosen, setChosen] = useState<ReadonlySet<number>>(new Set());
  const [emptying, setEmptying] = useState(false);
  const after = starts.at(-1) ?? 0;
  const { data, error, refetch } = useQuery({
    queryKey: ['cleanup', 'quarantine', after],
    queryFn: ({ signal }) => client.cleanup.quarantine({ after, limit: ON_PAGE }, { signal }),
    placeholderData: keepPreviousData,
  });
  const leave = () => set({ cleanup: { ...store.getState().cleanup, view: 'groups' } });
  useActions({ 'close-loupe': { run: leave } });
  // Only what is in view is chosen: what nobody sees must not come along.
  const turnTo = (next: readonly number[]) => {
    setChosen(new Set());
    setStarts(next);
  };
  const restore = useRestore(() => turnTo([0]));
  const items = data?.items ?? [];
  const selected = items.filter(({ id }) => chosen.has(id));
  const last = items.at(-1);

  return (
    <div className={styles.plan}>
      <header className={styles.bar}>
        <Button variant="quiet" icon={ArrowLeft} onClick={leave}>{t('cleanup.back')}</Button>
        <h1>{t('cleanup.quarantine.title')}</h1>
        {data && data.total > 0 && <span className={styles.muted}>{t('cleanup.files', { count: data.total, formatted: format.number(data.total) })} · {format.bytes(data.bytes)}</span>}
        {data && data.total > 0 && (
          <span className={styles.verbs}>
            <Button disabled={selected.length === 0 || restore.isPending} onClick={() => restore.mutate(selected.map(({ id }) => id))}>{t('cleanup.quarantine.restoreChosen', { formatted: format.number(selected.length) })}</Button>
            <Button disabled={restore.isPending} onClick={() => restore.mutate(null)}>{t('cleanup.quarantine.restoreAll')}</Button>
            <Button variant="danger" disabled={restore.isPending} onClick={() => setEmptying(true)}>{t('cleanup.quarantine.empty')}</Button>
          </span>
        )}
      </header>
      {error && <ErrorBanner error={error} onRetry={() => void refetch()} />}
      {data?.total === 0 && <EmptyState icon={Archive} title={t('cleanup.quarantine.none')} actions={<Button variant="primary" onClick={leave}>{t('cleanup.back')}</Button>}>{t('cleanup.quarantine.noneBody')}</EmptyState>}
      {data && data.total > 0 && (
        <div className={styles.page}>
          <p className={styles.muted}>{t('cleanup.quarantine.body')}</p>
          <Table
            label={t('cleanup.quarantine.title')} rows={items} rowKey={({ id }) => id}
            columns={[
              {
                key: 'choose', header: t('batches.file'),
                cell: ({ id, path }) => <span className={styles.choose}><Checkbox label={legible(path.split(/[\\/]/).at(-1) ?? path)} checked={chosen.has(id)} onChange={(checked) => setChosen(withItem(chosen, id, checked))} /></span>,
              },
              { key: 'folder', header: t('cleanup.quarantine.from'), cell: ({ path }) => <span title={legible(path)}>{legible(folderOf(path))}</span>, grow: true },
              { key: 'size', header: t('inspector.size'), cell: ({ bytes }) => format.bytes(bytes), numeric: true },
              { key: 'moved', header: t('cleanup.quarantine.moved'), cell: ({ movedAt }) => format.dateTime(movedAt) },
            ]}
          />
          {(starts.length > 1 || items.length === ON_PAGE) && (
            <div className={styles.pager}>
              <Button size="small" disabled={starts.length === 1} onClick={() => turnTo(starts.slice(0, -1))}>{t('batches.previousPage')}</Button>
              <Button size="small" disabled={items.length < ON_PAGE || !last} onClick={() => { if (last) turnTo([...starts, last.id]); }}>{t('batches.nextPage')}</Button>
            </div>
          )}
        </div>
      )}
      <EmptyDialog open={emptying} files={data?.total ?? 0} bytes={data?.bytes ?? 0} onClose={() => setEmptying(false)} />
    </div>
  );
}

function withItem(items: ReadonlySet<number>, item: number, present: boolean): ReadonlySet<number> {
  const next = new Set(items);
  if (present) next.add(item); else next.delete(item);
  return next;
}

/** Puts files back to where they were; null means all of them. */
function useRestore(onDone: () => void) {
  const client = useClient();
  const queries = useQueryClient();
  const toast = useToast();
  const errorToast = useErrorToast();
  return useMutation({
    mutationFn: async (ids: readonly number[] | null) => {
      if (ids === null) return [await client.cleanup.restore({})];
      const answers = [];
      for (let start = 0; start < ids.length; start += AT_ONCE) answers.push(await client.cleanup.restore({ ids: ids.slice(start, start + AT_ONCE) }));
      return answers;
    },
    onSuccess: (answers) => {
      const [restored, skipped] = [answers.reduce((sum, answer) => sum + answer.restored, 0), answers.reduce((sum, answer) => sum + answer.skippedCount, 0)];
      const first = answers.flatMap((answer) => answer.skipped)[0];
      toast({
        title: (t, format) => t('cleanup.restored', { count: restored, formatted: format.number(restored) }),
        ...(skipped > 0 && { tone: 'danger' as const, description: (t, format) => t('cleanup.notRestored', { count: skipped, formatted: format.number(skipped) }) }),
        ...(first && { detail: `${first.path}: ${first.reason}` }),
      });
      onDone();
    },
    onError: (error) => errorToast((t) => t('cleanup.notUndone'), error),
    onSettled: () => void queries.invalidateQueries({ queryKey: ['cleanup'] }),
  });
}

interface EmptyDialogProps { readonly open: boolean; readonly files: number; readonly bytes: number; readonly onClose: () => void }

/** The only act that cannot be undone, and the only one that asks. */
function EmptyDialog({ open, files, bytes, onClose }: EmptyDialogProps) {
  const { t } = useTranslation();
  const format = useFormat();
  const client = useClient();
  const queries = useQueryClient();
  const toast = useToast();
  const errorToast = useErrorToast();
  const { mutate, isPending } = useMutation({
    mutationFn: () => client.cleanup.emptyQuarantine({ apply: true }),
    onSuccess: ({ deletedCount, deletedBytes, skippedCount, errors: [first] }) => {
      onClose();
      toast({
        title: (say, figures) => say('cleanup.quarantine.emptied', { count: deletedCount, formatted: figures.number(deletedCount), bytes: figures.bytes(deletedBytes) }),
        ...(first && { tone: 'danger' as const, description: (say, figures) => say('cleanup.skipped', { count: skippedCount, formatted: figures.number(skippedCount) }), detail: `${first.path}: ${first.reason}` }),
      });
    },
    onError: (error) => errorToast((say) => say('batches.failed'), error),
    onSettled: () => void queries.invalidateQueries({ queryKey: ['cleanup'] }),
  });
  return (
    <Dialog open={open} title={t('cleanup.quarantine.emptyTitle')} closeLabel={t('app.close')} onClose={onClose} footer={<>
      <Button variant="danger" disabled={isPending} onClick={() => mutate()}>{t('cleanup.quarantine.emptyConfirm')}</Button>
      <Button variant="primary" autoFocus onClick={onClose}>{t('app.cancel')}</Button>
    </>}>
      <p>{t('cleanup.quarantine.emptyBody', { count: files, formatted: format.number(files), bytes: format.bytes(bytes) })}</p>
    </Dialog>
  );
}
