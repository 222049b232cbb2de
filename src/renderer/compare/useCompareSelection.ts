import { useKeyLabel } from '../app/keyboard.ts';
import { useAppStore } from '../app/store.ts';
import { useErrorToast } from '../app/useErrorToast.ts';
import { useClient } from '../connect/context.tsx';
import type { View } from '../library/queries.ts';
import { selectedCount, selectedPortions } from '../library/selection.ts';
import { useToast } from '../ui/Toast.tsx';

/** More at once would each be too small to tell anything. */
export const MOST_COMPARED = 4;

/**
 * Opens the images that are selected in the library side by side; in the loupe, where none are, the one shown and the
 * next. Says what to choose where that is not two to four.
 */
export function useCompareSelection(view: View | undefined): () => void {
  const store = useAppStore();
  const client = useClient();
  const toast = useToast();
  const errorToast = useErrorToast();
  const keyLabel = useKeyLabel();
  return () => {
    if (!view) return;
    const { selection, loupeOpen, focusedRank } = store.getState();
    const count = selectedCount(selection, view.total);
    const neighbour = Math.min(focusedRank, Math.max(0, view.total - 2));
    const ranks = count === 0 && loupeOpen ? [{ start: neighbour, end: Math.min(view.total, neighbour + 2) }] : selectedPortions(selection, view.total, MOST_COMPARED)[0] ?? [];
    const wanted = ranks.reduce((sum, { start, end }) => sum + end - start, 0);
    if (count > MOST_COMPARED || wanted < 2) {
      toast({ title: (say) => say('compare.choose'), description: (say) => say('compare.chooseBody', { key: keyLabel('compare') }) });
      return;
    }
    Promise.all(ranks.map(({ start, end }) => client.assets.window({ viewId: view.viewId, start, count: end - start }))).then(
      (cells) => store.getState().set({ comparing: cells.flat().map(({ id }) => id), screen: 'compare' }),
      (error: unknown) => errorToast((say) => say('batches.failed'), error),
    );
  };
}
