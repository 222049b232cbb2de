import { keepPreviousData, useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import type { Batch, ErrorCode, Item, Progress } from '../../contract/index.ts';
import { useErrorToast } from '../app/useErrorToast.ts';
import type { EngineClient } from '../connect/connection.ts';
import { useClient } from '../connect/context.tsx';
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

/** Which items of a batch: those in quarantine, those that failed for one reason, or those passed over for such reasons. */
export type ItemFilter = { readonly state: 'quarantined' } | { readonly code: ErrorCode } | { readonly leftOutFor: readonly ErrorCode[] };

const ITEMS_ON_PAGE = 100;
const ITEMS_AT_ONCE = 5000;

/** The items of a batch, page by page; `previous` and `next` are absent where there is no such page. */
export function useItemPages(batchId: number, filter: ItemFilter) {
  const client = useClient();
  // Behind which item each page begins that was gone through to get here.
  const [starts, setStarts] = useState<readonly number[]>([0]);
  const after = starts.at(-1) ?? 0;
  const { data = [], isPlaceholderData } = useQuery({
    queryKey: ['items', batchId, filter, after],
    queryFn: ({ signal }) => itemsAfter(client, { batchId, filter, after, limit: ITEMS_ON_PAGE + 1 }, signal),
    placeholderData: keepPreviousData,
  });
  const items = data.slice(0, ITEMS_ON_PAGE);
  const last = items.at(-1);
  const isFirst = starts.length === 1;
  return {
    items,
    first: (starts.length - 1) * ITEMS_ON_PAGE + 1,
    ...(!isFirst && { previous: () => setStarts(starts.slice(0, -1)) }),
    ...(last && data.length > ITEMS_ON_PAGE && !isPlaceholderData && { next: () => setStarts([...starts, last.id]) }),
  };
}

/** Every item, however many there are. */
export async function allItems(client: EngineClient, batchId: number, filter: ItemFilter): Promise<readonly Item[]> {
  const items: Item[] = [];
  for (;;) {
    const page = await itemsAfter(client, { batchId, filter, after: items.at(-1)?.id ?? 0, limit: ITEMS_AT_ONCE });
    for (const item of page) items.push(item);
    if (page.length < ITEMS_AT_ONCE) return items;
  }
}

interface ItemsAsked {
  readonly batchId: number;
  readonly filter: ItemFilter;
  readonly after: number;
  readonly limit: number;
}

async function itemsAfter(client: EngineClient, { filter, ...asked }: ItemsAsked, signal?: AbortSignal): Promise<readonly Item[]> {
  const options = signal ? { signal } : {};
  if (!('leftOutFor' in filter)) return await client.ingest.items({ ...asked, ...filter }, options);
  // Asked for by reason, or a page could hold nothing but unchanged images, which are skipped as well and have none.
  const groups = await Promise.all(filter.leftOutFor.map((code) => client.ingest.items({ ...asked, state: 'skipped', code }, options)));
  return groups.flat().sort((a, b) => a.id - b.id).slice(0, asked.limit);
}

/** Admits items with what can be read of them; what cannot be admitted is told. */
export function useSalvage() {
  const client = useClient();
  const toast = useToast();
  const errorToast = useErrorToast();
  return useMutation({
    mutationFn: async (choose: () => Promise<readonly Item[]>) => {
      const ids = (await choose()).filter(({ verdict }) => verdict !== 'unreadable').map(({ id }) => id);
      let queued = 0;
      const refused: string[] = [];
      for (let start = 0; start < ids.length; start += ITEMS_AT_ONCE) {
        const answer = await client.ingest.salvage({ itemIds: ids.slice(start, start + ITEMS_AT_ONCE) });
        queued += answer.queued;
        refused.push(...answer.refused.map(({ message }) => message));
      }
      return { queued, refused };
    },
    onSuccess: ({ queued, refused: [first, ...others] }) => {
      if (queued > 0) toast({ title: (t, format) => t('batches.salvaged', { count: queued, formatted: format.number(queued) }) });
      if (first !== undefined) toast({ title: (t, format) => t('batches.refused', { count: others.length + 1, formatted: format.number(others.length + 1) }), detail: first, tone: 'danger' });
    },
    onError: (error) => errorToast((t) => t('batches.failed'), error),
  });
}

/** Does a verb to a batch. Deleting and cancelling are offered back in the toast; what goes wrong is told there too. */
export function useBatchVerb() {
  const client = useClient();
  const queries = useQueryClient();
  const toast = useToast();
  const errorToast = useErrorToast();
  const { mutate } = useMutation({
    mutationFn: async ({ batch, verb, codes = [] }: BatchAct) => {
      // Without a reason, all that was called off is queued again and the sources are read on.
      if (verb === 'goOn') await client.batches.retry({ id: batch.id });
      else if (verb !== 'retry') await client.batches[verb]({ id: batch.id });
      else for (const code of codes) await client.batches.retry({ id: batch.id, code });
    },
    onSuccess: (_, { batch: { id, name }, verb }) => {
      if (verb === 'delete') {
        toast({
          title: (t) => t('batches.deleted', { name }), description: (t) => t('batches.deletedHint'),
          action: { label: (t) => t('app.undo'), run: () => mutate({ batch: { id, name }, verb: 'restore' }) },
        });
      }
      if (verb === 'cancel') toast({ title: (t) => t('batches.cancelled', { name }) });
    },
    onError: (error) => errorToast((t) => t('batches.failed'), error),
    onSettled: () => queries.invalidateQueries({ queryKey: ['batches'] }),
  });
  return mutate;
}

export interface BatchAct {
  readonly batch: Pick<Batch, 'id' | 'name'>;
  readonly verb: BatchVerb;
  /** The reasons whose failures are tried again. */
  readonly codes?: readonly ErrorCode[];
}
