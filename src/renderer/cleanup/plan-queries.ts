import { keepPreviousData, useMutation, useQueries, useQuery, useQueryClient, type UseQueryOptions } from '@tanstack/react-query';
import { useState } from 'react';
import type { Level, Operation, Plan, RemovalMode } from '../../contract/index.ts';
import { useAppStore, useSet } from '../app/store.ts';
import { useErrorToast } from '../app/useErrorToast.ts';
import type { EngineClient } from '../connect/connection.ts';
import { useClient } from '../connect/context.tsx';
import { useToast } from '../ui/Toast.tsx';
import { remember } from './acts.ts';
import { leftText } from './left-text.ts';
import { operationToast, useOperationUndo } from './useOperationUndo.ts';

const PAGE = 200;

export interface PlanOptions {
  readonly level: Level;
  /** Only groups that were decided, or the others too, as the rules suggest. */
  readonly scope: 'decided' | 'all';
  readonly mode: RemovalMode;
  readonly mergeMetadata: boolean;
}

/** Writes down what would be done, once decisions on their way have arrived. The one before stays on screen meanwhile. */
export function usePlan(options: PlanOptions, idle: () => Promise<void>) {
  const client = useClient();
  return useQuery({
    queryKey: ['plan', options],
    queryFn: async ({ signal }) => {
      await idle();
      return await client.cleanup.plan({ ...options, itemLimit: 0 }, { signal });
    },
    // A plan is made anew whenever one looks: in the meantime files may have changed.
    staleTime: 0, gcTime: 0, refetchOnMount: 'always',
    placeholderData: keepPreviousData,
    structuralSharing: false,
  });
}

export type PlanList = keyof Plan['counts'];
type PlanPage = Awaited<ReturnType<EngineClient['cleanup']['planItems']>>;

/** The rows of one list of a plan from `start` up to `end`, as far as they are there. */
export function usePlanItems<List extends PlanList>(planId: number, list: List, start: number, end: number): (index: number) => PlanPage[List][number] | undefined {
  const client = useClient();
  const first = Math.floor(start / PAGE);
  const pages = useQueries({
    queries: Array.from({ length: end > start ? Math.ceil(end / PAGE) - first : 0 }, (_, index): UseQueryOptions<PlanPage> => ({
      queryKey: ['plan-items', planId, list, first + index],
      queryFn: ({ signal }) => client.cleanup.planItems({ planId, list, start: (first + index) * PAGE, count: PAGE }, { signal }),
      structuralSharing: false,
    })),
  });
  return (index) => pages[Math.floor(index / PAGE) - first]?.data?.[list][index % PAGE];
}

/** What applies a plan at the moment. Another one may be running as well, such as one that waits for a disk to come back. */
export function operationOf(operations: readonly Operation[], planId: number): Operation | undefined {
  return operations.find((operation) => operation.planId === planId && operation.state === 'running');
}

/** Ends an operation after the files that are at work. */
export function useStop() {
  const client = useClient();
  const errorToast = useErrorToast();
  return useMutation({ mutationFn: (operationId: number) => client.cleanup.cancel({ operationId }), onError: (error) => errorToast((t) => t('cleanup.history.notStopped'), error) });
}

type Applied = Awaited<ReturnType<EngineClient['cleanup']['apply']>>;

/** Does what a plan says, and offers its undo at once. `result` tells what was skipped. */
export function useApply(mode: RemovalMode) {
  const client = useClient();
  const queries = useQueryClient();
  const store = useAppStore();
  const set = useSet();
  const toast = useToast();
  const errorToast = useErrorToast();
  const undo = useOperationUndo();
  const [result, setResult] = useState<Applied | null>(null);
  const { mutate, isPending } = useMutation({
    mutationFn: (planId: number) => client.cleanup.apply({ planId }),
    onSuccess: (applied) => {
      const { operationId, moved, bytes, skippedCount, unreachable } = applied;
      set({ acts: remember(store.getState().acts, { kind: 'operation', operationId }) });
      if (skippedCount > 0) setResult(applied);
      else set({ cleanup: { ...store.getState().cleanup, view: 'groups', showDecided: false } });
      toast({
        id: operationToast(operationId),
        title: (t, format) => t(`cleanup.done.${mode}`, { count: moved, formatted: format.number(moved), bytes: format.bytes(bytes) }),
        ...(skippedCount > 0 && { description: (t, format) => leftText(t, format, { skipped: skippedCount - unreachable, unreachable }) }),
        ...(moved > 0 && { action: { label: (t) => t('app.undo'), run: () => { undo(operationId).catch((error: unknown) => errorToast((t) => t('cleanup.notUndone'), error)); } } }),
      });
    },
    onError: (error) => errorToast((t) => t('cleanup.plan.failed'), error),
    onSettled: () => void queries.invalidateQueries({ queryKey: ['cleanup'] }),
  });
  return { apply: mutate, isPending, result };
}
