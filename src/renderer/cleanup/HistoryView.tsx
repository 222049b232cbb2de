import { useMutation } from '@tanstack/react-query';
import { ArrowLeft, History } from 'lucide-react';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Operation } from '../../contract/index.ts';
import { useActions } from '../app/actions.ts';
import { ErrorBanner } from '../app/ErrorBanner.tsx';
import { useAppStore, useSet } from '../app/store.ts';
import { useErrorToast } from '../app/useErrorToast.ts';
import { useFormat } from '../i18n/setup.ts';
import { Badge, type Tone } from '../ui/Badge.tsx';
import { Button } from '../ui/Button.tsx';
import { EmptyState } from '../ui/EmptyState.tsx';
import { Table } from '../ui/Table.tsx';
import { useStop } from './plan-queries.ts';
import styles from './Plan.module.css';
import { useOperations } from './queries.ts';
import { Skipped } from './Skipped.tsx';
import { useOperationUndo } from './useOperationUndo.ts';

const TONES: Readonly<Record<Operation['state'], Tone>> = { 'running': 'accent', 'applied': 'neutral', 'undoing': 'accent', 'undone': 'neutral', 'partly-undone': 'warning' };

/** Everything that was done to files, newest first, with its undo. */
export function HistoryView() {
  const { t } = useTranslation();
  const format = useFormat();
  const store = useAppStore();
  const set = useSet();
  const errorToast = useErrorToast();
  const { data: operations, error, refetch } = useOperations();
  const undoOperation = useOperationUndo();
  const undo = useMutation({ mutationFn: undoOperation, onError: (failure) => errorToast((say) => say('cleanup.notUndone'), failure) });
  const stop = useStop();
  const [shown, setShown] = useState<Operation | null>(null);
  const leave = () => set({ cleanup: { ...store.getState().cleanup, view: 'groups' } });
  useActions({ 'close-loupe': { run: leave } });
  return (
    <div className={styles.plan}>
      <header className={styles.bar}>
        <Button variant="quiet" icon={ArrowLeft} onClick={leave}>{t('cleanup.back')}</Button>
        <h1>{t(shown ? 'cleanup.plan.skippedTitle' : 'cleanup.history.title')}</h1>
      </header>
      {error && <ErrorBanner error={error} onRetry={() => void refetch()} />}
      {operations?.length === 0 && <EmptyState icon={History} title={t('cleanup.history.none')} actions={<Button variant="primary" onClick={leave}>{t('cleanup.back')}</Button>}>{t('cleanup.history.noneBody')}</EmptyState>}
      {shown && <Skipped operationId={shown.id} moved={shown.moved} bytes={shown.bytes} skipped={shown.skipped} unreachable={shown.unreachable} onBack={() => setShown(null)} />}
      {!shown && operations && operations.length > 0 && (
        <div className={styles.page}>
          <Table
            label={t('cleanup.history.title')} rows={operations} rowKey={({ id }) => id}
            columns={[
              { key: 'when', header: t('cleanup.history.when'), cell: ({ createdAt }) => format.dateTime(createdAt) },
              { key: 'what', header: t('cleanup.history.what'), cell: ({ kind, mode }) => (kind === 'cleanup' && mode ? t(`cleanup.history.modes.${mode}`) : t(`cleanup.history.kinds.${kind}`)), grow: true },
              { key: 'files', header: t('cleanup.history.files'), cell: ({ kind, moved, restored }) => format.number(kind === 'restore' ? restored : moved), numeric: true },
              { key: 'size', header: t('inspector.size'), cell: ({ bytes }) => format.bytes(bytes), numeric: true },
              { key: 'skipped', header: t('cleanup.history.skipped'), cell: (operation) => (operation.skipped + operation.unreachable > 0 && operation.kind === 'cleanup'
                ? <Button size="small" onClick={() => setShown(operation)}>{format.number(operation.skipped + operation.unreachable)}</Button>
                : format.number(operation.skipped)), numeric: true },
              { key: 'state', header: t('batches.state'), cell: ({ state, unreachable }) => <>
                <Badge tone={TONES[state]}>{t(`cleanup.history.states.${state}`)}</Badge>
                {unreachable > 0 && <> <Badge tone="warning">{t('cleanup.history.unreachable', { formatted: format.number(unreachable) })}</Badge></>}
              </> },
              {
                key: 'undo', header: <span className="visually-hidden">{t('app.undo')}</span>,
                cell: ({ id, kind, state, moved, restored }) => (kind === 'cleanup' && (state === 'applied' || state === 'partly-undone') && moved > restored
                  ? <Button size="small" disabled={undo.isPending} onClick={() => undo.mutate(id)}>{t('app.undo')}</Button>
                  : kind === 'cleanup' && state === 'running' && <Button size="small" disabled={stop.isPending} onClick={() => stop.mutate(id)}>{t('cleanup.history.stop')}</Button>),
              },
            ]}
          />
        </div>
      )}
    </div>
  );
}
