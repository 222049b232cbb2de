import { useTranslation } from 'react-i18next';
import { useAppStore } from '../app/store.ts';
import { useErrorToast } from '../app/useErrorToast.ts';
import { useClient } from '../connect/context.tsx';
import type { View } from '../library/queries.ts';
import { isEmpty, selectedPortions } from '../library/selection.ts';
import { useToast } from '../ui/Toast.tsx';
import { CLEANUP_START } from './place.ts';

/** Of more selected images, only the first so many are looked for. */
const MOST_LOOKED_FOR = 500;

/** Opens the cleanup at the first group that holds one of the selected images; without a selection, the one with the keyboard. */
export function useFindDuplicates(view: View | undefined): () => void {
  const { t } = useTranslation();
  const store = useAppStore();
  const client = useClient();
  const toast = useToast();
  const errorToast = useErrorToast();
  const find = async ({ viewId, total }: View) => {
    const { selection, focusedRank, level, set } = store.getState();
    const ranks = isEmpty(selection) ? [{ start: focusedRank, end: focusedRank + 1 }] : selectedPortions(selection, total, MOST_LOOKED_FOR)[0] ?? [];
    for (const { start, end } of ranks) {
      for (const { id } of await client.assets.window({ viewId, start, count: end - start })) {
        const rank = await client.cleanup.rankOf({ level, of: { assetId: id } });
        if (rank === null) continue;
        set({ screen: 'cleanup', cleanup: { ...CLEANUP_START, rank, showDecided: true } });
        return;
      }
    }
    toast({ title: (say) => say('cleanup.noneOfThese'), description: (say) => say('cleanup.noneOfTheseHint', { level: t(`cleanup.levels.${level}`) }) });
  };
  return () => {
    if (view) find(view).catch((error: unknown) => errorToast((say) => say('batches.failed'), error));
  };
}
