import { useQueries, useQuery, useQueryClient, type UseQueryOptions } from '@tanstack/react-query';
import { useCallback } from 'react';
import type { Level, ReviewGroup } from '../../contract/index.ts';
import { useAppState } from '../app/store.ts';
import type { EngineClient } from '../connect/connection.ts';
import { useClient } from '../connect/context.tsx';

/** Groups are fetched in pages of this many ranks. */
const PAGE = 50;
const PAGES_KEPT_MS = 120_000;

export type ReviewPage = Awaited<ReturnType<EngineClient['cleanup']['review']>>;

export function reviewKey(level: Level): readonly unknown[] {
  return ['cleanup', 'review', level];
}

export type GroupAt = (rank: number) => ReviewGroup | undefined;

/** The group of a rank as it is known at this instant, drawn or not: for what a key or a click does. */
export function useKnownGroup(level: Level): GroupAt {
  const queries = useQueryClient();
  return useCallback((rank) => queries.getQueryData<ReviewPage>([...reviewKey(level), Math.floor(rank / PAGE)])?.groups[rank % PAGE], [queries, level]);
}

export interface Review {
  /** What the newest answer says of all groups; null before the first. */
  readonly summary: Omit<ReviewPage, 'groups'> | null;
  readonly groupAt: GroupAt;
  /** Where a group is among those that are here. */
  readonly rankOf: (groupId: string) => number | undefined;
  readonly error: Error | null;
  readonly retry: () => void;
}

/**
 * The groups of a level around these ranks. Pages stay on screen while they are asked for again; each waits for the
 * decisions that are on their way, so that no answer is from before one. While not `enabled`, none is asked for.
 */
export function useReview(level: Level, ranks: readonly number[], enabled = true): Review {
  const client = useClient();
  const { idle } = useAppState((state) => state.decisions);
  const numbers = [...new Set([0, ...ranks.map((rank) => Math.max(0, Math.floor(rank / PAGE)))])];
  const pages = useQueries({
    queries: numbers.map((page): UseQueryOptions<ReviewPage> => ({
      queryKey: [...reviewKey(level), page],
      queryFn: async ({ signal }) => {
        await idle();
        return await client.cleanup.review({ level, start: page * PAGE, count: PAGE }, { signal });
      },
      enabled,
      structuralSharing: false,
      gcTime: PAGES_KEPT_MS,
    })),
  });
  const newest = pages.filter(({ data }) => data !== undefined).sort((a, b) => b.dataUpdatedAt - a.dataUpdatedAt)[0];
  const pageOf = (page: number) => pages[numbers.indexOf(page)]?.data?.groups;
  const failed = pages.find(({ error }) => error !== null);
  return {
    summary: newest?.data ?? null,
    groupAt: (rank) => pageOf(Math.floor(rank / PAGE))?.[rank % PAGE],
    rankOf: (groupId) => {
      for (const page of numbers) {
        const index = pageOf(page)?.findIndex(({ id }) => id === groupId) ?? -1;
        if (index >= 0) return page * PAGE + index;
      }
      return undefined;
    },
    error: failed?.error ?? null,
    retry: () => { for (const page of pages) if (page.error) void page.refetch(); },
  };
}

/** How far the comparison of all images is. */
export function useSimilarityStatus() {
  const client = useClient();
  return useQuery({ queryKey: ['similarity', 'status'], queryFn: ({ signal }) => client.similarity.status(undefined, { signal }) });
}

/** How many groups of duplicates there are at the level one works with; as last known while images are being compared. */
export function useGroupCount(level: Level): number | undefined {
  const client = useClient();
  const { data: status } = useSimilarityStatus();
  const { data } = useQuery({
    queryKey: ['similarity', 'count', level],
    queryFn: ({ signal }) => client.similarity.groups({ level, start: 0, count: 1 }, { signal }),
    // Every comparison may change the groups: counting them each time would take from the comparing.
    enabled: status?.pending === 0,
  });
  return data?.total;
}

export function useSettings() {
  const client = useClient();
  return useQuery({ queryKey: ['settings'], queryFn: ({ signal }) => client.settings.get(undefined, { signal }) });
}

export function useOperations() {
  const client = useClient();
  return useQuery({ queryKey: ['cleanup', 'operations'], queryFn: ({ signal }) => client.cleanup.operations({ limit: 100 }, { signal }) });
}
