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
  const [openedAt, setOpenedAt] = useState<number | undefined>();
  const untouched = useAppState((state) => state.focusedRank === 0 && state.atTop && !state.loupeOpen && !state.selection.all && state.selection.exceptions.length === 0);
  const lastTook = useRef(0);
  const catalogTotal = facets?.total;
  const viewId = view?.viewId;

  useEffect(() => setOpenedAt(catalogTotal), [viewId]); // eslint-disable-line react-hooks/exhaustive-deps -- the total at the moment the view changed
  const known = filter === '' ? view?.total : openedAt;
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
