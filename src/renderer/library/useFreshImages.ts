import { useCallback, useEffect, useRef, useState } from 'react';
import { useAppState } from '../app/store.ts';
import { useFacets, type View } from './queries.ts';

const SHORTEST_PAUSE = 1500;
/** Opening a view again may take this part of the engine's time at most. */
const SHARE = 10;

/**
 * A view is fixed when it is opened. When the catalog has grown since, it is opened again by itself as long as nobody
 * has begun to look around in it; after that, the new images are offered.
 */
export function useFreshImages(view: View | undefined, filter: string, pending: boolean, reopen: () => Promise<unknown>): { readonly fresh: boolean; readonly show: () => void } {
  const { data: facets } = useFacets();
  const untouched = useAppState((state) => state.focusedRank === 0 && state.atTop && !state.loupeOpen && !state.selection.all && state.selection.exceptions.length === 0);
  const lastTook = useRef(0);
  const catalogTotal = facets?.total;
  const viewId = view?.viewId;

  // How large the catalog was when this view was opened; only without a filter the view says so itself.
  const [opened, setOpened] = useState({ viewId, catalogTotal });
  if (opened.viewId !== viewId || opened.catalogTotal === undefined && catalogTotal !== undefined) setOpened({ viewId, catalogTotal });
  const known = filter === '' ? view?.total : opened.catalogTotal;
  const fresh = !pending && known !== undefined && catalogTotal !== undefined && catalogTotal > known;

  const show = useCallback(() => {
    const began = performance.now();
    void reopen().finally(() => { lastTook.current = performance.now() - began; });
  }, [reopen]);

  useEffect(() => {
    if (!fresh || !untouched) return;
    const timer = setTimeout(show, Math.max(SHORTEST_PAUSE, lastTook.current * SHARE));
    return () => clearTimeout(timer);
  }, [fresh, untouched, show]);

  return { fresh: fresh && !untouched, show };
}
