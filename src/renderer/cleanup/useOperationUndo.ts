import { useQueryClient } from '@tanstack/react-query';
import { useCallback } from 'react';
import type { Operation } from '../../contract/index.ts';
import { useAppStore, useSet } from '../app/store.ts';
import { useClient } from '../connect/context.tsx';
import { type Say, useCloseToast, useToast } from '../ui/Toast.tsx';

/** Puts back what an operation has moved, and tells how much of it. */
export function useOperationUndo(): (operationId: number) => Promise<void> {
  const undo = useTellingUndo();
  return useCallback((operationId) => undo(operationId), [undo]);
}

/** With `createdAt` it tells as well of when the operation was. */
function useTellingUndo(): (operationId: number, createdAt?: string) => Promise<void> {
  const client = useClient();
  const queries = useQueryClient();
  const store = useAppStore();
  const set = useSet();
  const toast = useToast();
  const closeToast = useCloseToast();
  return useCallback(async (operationId, createdAt) => {
    closeToast(operationToast(operationId));
    const { restored, skippedCount, skipped: [first] } = await client.cleanup.undo({ operationId });
    set({ acts: store.getState().acts.filter((act) => act.kind !== 'operation' || act.operationId !== operationId) });
    void queries.invalidateQueries({ queryKey: ['cleanup'] });
    const details: Say = (t, format) => [
      ...createdAt === undefined ? [] : [t('cleanup.cleanupOf', { date: format.dateTime(createdAt) })],
      ...skippedCount === 0 ? [] : [t('cleanup.notRestored', { count: skippedCount, formatted: format.number(skippedCount) })],
    ].join(' · ');
    toast({
      title: (t, format) => t('cleanup.restored', { count: restored, formatted: format.number(restored) }),
      ...((createdAt !== undefined || skippedCount > 0) && { description: details }),
      ...(skippedCount > 0 && { tone: 'danger' as const, ...(first && { detail: `${first.path}: ${first.reason}` }) }),
    });
  }, [client, queries, store, set, toast, closeToast]);
}

/** The newest operations are looked through, so many; what was done before them, the history has. */
const LOOKED_THROUGH = 100;

/** Undoes the newest operation that still has files to put back, whoever asked for it and when; says so before and after. */
export function useLatestOperationUndo(): () => Promise<void> {
  const client = useClient();
  const toast = useToast();
  const closeToast = useCloseToast();
  const undo = useTellingUndo();
  return useCallback(async () => {
    for (const operation of await client.cleanup.operations({ limit: LOOKED_THROUGH })) {
      if (!isUndoable(operation)) continue;
      const { id, createdAt, moved, restored } = operation;
      // What was deleted with the quarantine counts as moved, and does not come back.
      if ((await client.cleanup.operationItems({ operationId: id, state: 'moved', limit: 1 })).length === 0) continue;
      const about = `undoing-${id}`;
      toast({ id: about, title: (t, format) => t('cleanup.undoing', { date: format.dateTime(createdAt) }), description: (t, format) => t('cleanup.undoingFiles', { count: moved - restored, formatted: format.number(moved - restored) }) });
      await undo(id, createdAt).finally(() => closeToast(about));
      return;
    }
    toast({ id: 'nothing-to-undo', title: (t) => t('cleanup.nothingToUndo') });
  }, [client, toast, closeToast, undo]);
}

/** A cleanup that has ended and did not put back everything yet. */
function isUndoable({ kind, state, moved, restored }: Operation): boolean {
  return kind === 'cleanup' && (state === 'applied' || state === 'partly-undone') && moved > restored;
}

/** The toast that offers to undo an operation. */
export function operationToast(operationId: number): string {
  return `operation-${operationId}`;
}
