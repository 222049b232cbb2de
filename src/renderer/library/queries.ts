import { keepPreviousData, useQueries, useQuery, useQueryClient, type UseQueryOptions } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import type { AssetCell, Sort } from '../../contract/index.ts';
import { useClient } from '../connect/context.tsx';
import { userError } from '../connect/errors.ts';

/** Cells are fetched in pages of this many ranks. */
const PAGE = 200;
const PAGES_KEPT_MS = 60_000;

export interface View {
  readonly viewId: number;
  readonly total: number;
  readonly cells: readonly AssetCell[];
}

/**
 * The open view of a filter and a sort. The one before stays on screen until the new one is there, and when the filter
 * cannot be read; `key` and `shownFilter` say what the view shown belongs to.
 */
export function useView(filter: string, sort: Sort) {
  const client = useClient();
  const query = useQuery<View>({
    queryKey: ['view', filter, sort],
    queryFn: ({ signal }) => client.assets.openView({ filter, sort, first: PAGE }, { signal }),
    placeholderData: keepPreviousData,
    structuralSharing: false,
    // The engine may have closed it in the meantime.
    gcTime: 0,
  });
  const [shown, setShown] = useState({ view: query.data, key: '', shownFilter: '' });
  if (query.data && !query.isPlaceholderData && query.data !== shown.view) setShown({ view: query.data, key: `${sort.key} ${sort.direction} ${filter}`, shownFilter: filter });
  return { ...shown, error: query.error, pending: query.data !== shown.view || query.isPlaceholderData, refetch: query.refetch };
}

export type CellAt = (rank: number) => AssetCell | undefined;

/** The cells of the ranks from `start` up to `end`, as far as they are there. Pages that leave the range are not waited for. */
export function useCells(view: View, start: number, end: number): CellAt {
  const client = useClient();
  const queries = useQueryClient();
  const first = Math.floor(start / PAGE);
  const count = end > start ? Math.ceil(end / PAGE) - first : 0;
  const pages = useQueries({
    queries: Array.from({ length: count }, (_, index): UseQueryOptions<AssetCell[]> => ({
      queryKey: ['window', view.viewId, first + index],
      queryFn: ({ signal }) => client.assets.window({ viewId: view.viewId, start: (first + index) * PAGE, count: PAGE }, { signal }),
      ...(first + index === 0 && { initialData: [...view.cells] }),
      gcTime: PAGES_KEPT_MS,
    })),
  });
  const closed = pages.some(({ error }) => error !== null && userError(error).code === 'bad-input');
  useEffect(() => {
    if (closed) void queries.invalidateQueries({ queryKey: ['view'] });
  }, [closed, queries]);
  return (rank) => pages[Math.floor(rank / PAGE) - first]?.data?.[rank % PAGE];
}

export function useFacets() {
  const client = useClient();
  return useQuery({ queryKey: ['assets', 'facets'], queryFn: ({ signal }) => client.assets.facets(undefined, { signal }) });
}

export function useAsset(id: number | undefined) {
  const client = useClient();
  return useQuery({
    queryKey: ['assets', 'get', id],
    queryFn: ({ signal }) => client.assets.get({ id: id ?? 0 }, { signal }),
    enabled: id !== undefined,
    placeholderData: keepPreviousData,
  });
}
