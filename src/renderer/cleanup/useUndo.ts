import { useQueryClient } from '@tanstack/react-query';
import { useCallback } from 'react';
import type { Level } from '../../contract/index.ts';
import { useAppStore, useSet } from '../app/store.ts';
import { useErrorToast } from '../app/useErrorToast.ts';
import { useClient } from '../connect/context.tsx';
import { useCloseToast, useToast } from '../ui/Toast.tsx';
import { type Act, lastDecision, PARTED_TOAST } from './acts.ts';
import { showGroup } from './decision-queue.ts';
import { withChoices } from './decisions.ts';
import { reviewKey, type ReviewPage } from './queries.ts';
import { useLatestOperationUndo, useOperationUndo } from './useOperationUndo.ts';

export interface Undo {
  /** Takes back the last decision and returns to it. */
  readonly takeBack: () => void;
  /** Takes back whatever was done last, files that were moved included; what was not done here, the engine remembers. */
  readonly undo: () => void;
}

/** A group and its file, by id where that holds. */
interface ReturnPlace {
  readonly level: Level;
  readonly groupId: string | null;
  readonly rank: number;
  readonly sourceId: number;
}

/** Undoes what was done on the cleanup screen, behind what is still on its way to the engine. */
export function useUndo(): Undo {
  const client = useClient();
  const queries = useQueryClient();
  const store = useAppStore();
  const set = useSet();
  const toast = useToast();
  const closeToast = useCloseToast();
  const errorToast = useErrorToast();
  const undoOperation = useOperationUndo();
  const undoLatest = useLatestOperationUndo();

  const revert = useCallback(async (act: Act): Promise<void> => {
    switch (act.kind) {
      case 'decide': await client.cleanup.decide({ level: act.level, groupId: act.groupId, choices: [...act.before] }); break;
      case 'not-duplicate': {
        const pairs = await act.changed;
        if (pairs.length > 0) await client.similarity.setNotDuplicate({ pairs: [...pairs], value: false });
        break;
      }
      case 'rules': await client.settings.set({ keeperRules: [...act.before] }); break;
      case 'protect': await client.settings.set({ protectedFolders: [...act.before] }); break;
      case 'operation': await undoOperation(act.operationId); break;
    }
  }, [client, undoOperation]);

  const returnTo = useCallback(({ level, groupId, rank, sourceId }: ReturnPlace) => {
    set({ screen: 'cleanup', level, cleanup: { ...store.getState().cleanup, view: 'groups', rank, groupId, sourceId, showDecided: true } });
  }, [store, set]);

  /** A group that was parted is there again only now, perhaps under another id and in another place. */
  const returnToParted = useCallback(async (act: Act & { readonly kind: 'not-duplicate' }) => {
    const rank = await client.cleanup.rankOf({ level: act.level, of: { assetId: act.assetId } });
    returnTo(rank === null ? act : { ...act, rank, groupId: null });
  }, [client, returnTo]);

  const run = useCallback((act: Act | undefined) => {
    if (!act) return;
    set({ acts: store.getState().acts.filter((one) => one !== act) });
    if (act.kind === 'not-duplicate') closeToast(PARTED_TOAST);
    if (act.kind === 'decide') {
      const key = reviewKey(act.level);
      void queries.cancelQueries({ queryKey: key });
      const group = queries.getQueriesData<ReviewPage>({ queryKey: key }).flatMap(([, page]) => page?.groups ?? []).find(({ id }) => id === act.groupId);
      if (group) showGroup(queries, key, withChoices(group, act.before));
      returnTo(act);
    }
    store.getState().decisions.add(() => revert(act)).then(async () => {
      await queries.invalidateQueries({ queryKey: ['cleanup'] });
      if (act.kind === 'not-duplicate') await returnToParted(act);
      if (act.kind === 'rules' || act.kind === 'protect') {
        await queries.invalidateQueries({ queryKey: ['settings'] });
        toast({ title: (t) => t('cleanup.rules.restored') });
      }
    }).catch((error: unknown) => errorToast((t) => t('cleanup.notUndone'), error));
  }, [store, set, queries, revert, returnTo, returnToParted, toast, closeToast, errorToast]);

  return {
    takeBack: useCallback(() => run(lastDecision(store.getState().acts)), [run, store]),
    undo: useCallback(() => {
      const { acts, decisions } = store.getState();
      const last = acts.at(-1);
      if (last) run(last);
      // One after the other: who presses twice means the one before.
      else decisions.add(undoLatest).catch((error: unknown) => errorToast((t) => t('cleanup.notUndone'), error));
    }, [run, store, undoLatest, errorToast]),
  };
}
