import { useQueryClient } from '@tanstack/react-query';
import { useCallback } from 'react';
import { useAppStore, useSet } from '../app/store.ts';
import { useClient } from '../connect/context.tsx';
import { useCloseToast, useToast } from '../ui/Toast.tsx';

/** Puts back what an operation has moved, and tells how much of it. */
export function useOperationUndo(): (operationId: number) => Promise<void> {
  const client = useClient();
  const queries = useQueryClient();
  const store = useAppStore();
  const set = useSet();
  const toast = useToast();
  const closeToast = useCloseToast();
  return useCallback(async (operationId) => {
    closeToast(operationToast(operationId));
    const { restored, skippedCount, skipped: [first] } = await client.cleanup.undo({ operationId });
    set({ acts: store.getState().acts.filter((act) => act.kind !== 'operation' || act.operationId !== operationId) });
    void queries.invalidateQueries({ queryKey: ['cleanup'] });
    toast({
      title: (t, format) => t('cleanup.restored', { count: restored, formatted: format.number(restored) }),
      ...(skippedCount > 0 && {
        tone: 'danger' as const,
        description: (t, format) => t('cleanup.notRestored', { count: skippedCount, formatted: format.number(skippedCount) }),
        ...(first && { detail: `${first.path}: ${first.reason}` }),
      }),
    });
  }, [client, queries, store, set, toast, closeToast]);
}

/** The toast that offers to undo an operation. */
export function operationToast(operationId: number): string {
  return `operation-${operationId}`;
}
