import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import type { Batch, ErrorCode, Progress } from '../../contract/index.ts';
import { useClient } from '../connect/context.tsx';
import { userError } from '../connect/errors.ts';
import { PROGRESS_KEY } from '../connect/live.ts';
import { useToast } from '../ui/Toast.tsx';
import type { BatchVerb } from './progress.ts';

/** Running and just finished imports, as the stream last told. */
export function useProgress(): readonly Progress[] {
  const { data } = useQuery<readonly Progress[]>({ queryKey: PROGRESS_KEY, queryFn: () => [], enabled: false });
  return data ?? NONE;
}
const NONE: readonly Progress[] = [];

export function useBatches(includeDeleted: boolean) {
  const client = useClient();
  return useQuery({
    queryKey: ['batches', 'list', includeDeleted],
    queryFn: ({ signal }) => client.batches.list({ includeDeleted }, { signal }),
  });
}

export function useBatch(id: number) {
  const client = useClient();
  return useQuery({ queryKey: ['batches', 'show', id], queryFn: ({ signal }) => client.batches.show({ id }, { signal }) });
}

export function useFailures(id: number) {
  const client = useClient();
  return useQuery({ queryKey: ['batches', 'failures', id], queryFn: ({ signal }) => client.batches.failures({ id }, { signal }) });
}

export const ITEMS_SHOWN = 100;

export function useItems(batchId: number, filter: { readonly state: 'quarantined' } | { readonly code: ErrorCode }) {
  const client = useClient();
  return useQuery({
    queryKey: ['items', batchId, filter],
    queryFn: ({ signal }) => client.ingest.items({ batchId, ...filter, limit: ITEMS_SHOWN }, { signal }),
  });
}

/** Does a verb to a batch. Deleting and cancelling are offered back in the toast; what goes wrong is told there too. */
export function useBatchVerb() {
  const client = useClient();
  const queries = useQueryClient();
  const toast = useToast();
  const { t } = useTranslation();
  const { mutate } = useMutation({
    mutationFn: ({ batch, verb, code }: { readonly batch: Pick<Batch, 'id' | 'name'>; readonly verb: BatchVerb; readonly code?: ErrorCode }) =>
      verb === 'retry' ? client.batches.retry({ id: batch.id, ...(code && { code }) }) : client.batches[verb]({ id: batch.id }),
    onSuccess: (_, { batch, verb }) => {
      if (verb === 'delete') {
        toast({
          title: t('batches.deleted', { name: batch.name }), description: t('batches.deletedHint'),
          action: { label: t('app.undo'), run: () => mutate({ batch, verb: 'restore' }) },
        });
      }
      if (verb === 'cancel') toast({ title: t('batches.cancelled', { name: batch.name }) });
    },
    onError: (error) => toast({ title: t('batches.failed'), description: userError(error).message, tone: 'danger' }),
    onSettled: () => queries.invalidateQueries({ queryKey: ['batches'] }),
  });
  return mutate;
}
