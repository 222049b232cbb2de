import { useEffect, useRef } from 'react';
import { useAppStore, useSet } from '../app/store.ts';
import { useClient } from '../connect/context.tsx';
import type { View } from './queries.ts';
import { EMPTY_SELECTION, isEmpty, type Selection } from './selection.ts';

/**
 * Ranks mean something else in another view. What is selected stays selected as far as it is there; the keyboard begins
 * anew where `key`, the filter and the order, has changed.
 */
export function useKeepPlace(view: View | undefined, key: string): void {
  const set = useSet();
  const store = useAppStore();
  const client = useClient();
  const viewId = view?.viewId;
  const shown = useRef(viewId);
  // The selection that is on its way into the view shown, with the view whose ranks it has.
  const underway = useRef<{ readonly from: number; readonly selection: Selection } | null>(null);

  useEffect(() => { set({ focusedRank: 0, anchorRank: 0, chosenRank: null }); }, [set, key]);
  useEffect(() => {
    const from = shown.current;
    shown.current = viewId;
    if (from === undefined || viewId === undefined || from === viewId) return;
    set({ chosenRank: null });
    const { selection } = store.getState();
    if (!isEmpty(selection)) underway.current = { from, selection };
    const carried = underway.current;
    if (!carried) return;
    set({ selection: EMPTY_SELECTION });
    client.assets.carrySelection({ fromView: carried.from, toView: viewId, selection: carried.selection }).then((arrived) => {
      if (underway.current !== carried || shown.current !== viewId) return;
      underway.current = null;
      if (isEmpty(store.getState().selection)) set({ selection: arrived });
    }, () => {
      // The engine has closed the view before, or is another one now: nobody knows any more what was selected.
      if (underway.current === carried) underway.current = null;
    });
  }, [set, store, client, viewId]);
}
