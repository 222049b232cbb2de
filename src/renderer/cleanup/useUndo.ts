import { useQueryClient } from '@tanstack/react-query';
import { useCallback } from 'react';
import { useAppStore, useSet } from '../app/store.ts';
import { useErrorToast } from '../app/useErrorToast.ts';
import { useClient } from '../connect/context.tsx';
import { useToast } from '../ui/Toast.tsx';
import { type Act, lastDecision } from './acts.ts';
import { showGroup } from './decision-queue.ts';
import { withChoices } from './decisions.ts';
import { reviewKey, type ReviewPage } from './queries.ts';
import { useOperationUndo } from './useOperationUndo.ts';

export interface Undo {
  /** Takes back the last decision and returns to it. */
  readonly takeBack: () => void;
  /** Takes back whatever was done last, files that were moved included. */
  readonly undo: () => void;
}

/** Undoes what was done on the cleanup screen, behind what is still on its way to the engine. */
export function useUndo(): Undo {
  const client = useClient();
  const queries = useQueryClient();
  const store = useAppStore();
  const set = useSet();
  const toast = useToast();
  const errorToast = useErrorToast();
  const undoOperation = useOperationUndo();

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

  const returnTo = useCallback((act: Act) => {
    if (!('groupId' in act)) return;
    const { level, groupId, rank, sourceId } = act;
    set({ screen: 'cleanup', level, cleanup: { ...store.getState().cleanup, view: 'groups', rank, groupId, sourceId, showDecided: true } });
  }, [store, set]);

  const run = useCallback((act: Act | undefined) => {
    if (!act) return;
    set({ acts: store.getState().acts.filter((one) => one !== act) });
    if (act.kind === 'decide') {
      const key = reviewKey(act.level);
      void queries.cancelQueries({ queryKey: key });
      const group = queries.getQueriesData<ReviewPage>({ queryKey: key }).flatMap(([, page]) => page?.groups ?? []).find(({ id }) => id === act.groupId);
      if (group) showGroup(queries, key, withChoices(group, act.before));
      returnTo(act);
    }
    store.getState().decisions.add(() => revert(act)).then(async () => {
      await queries.invalidateQueries({ queryKey: ['cleanup'] });
      // A group that was parted is there again only now.
      if (act.kind === 'not-duplicate') returnTo(act);
      if (act.kind === 'rules' || act.kind === 'protect') {
        await queries.invalidateQueries({ queryKey: ['settings'] });
        toast({ title: (t) => t('cleanup.rules.restored') });
      }
    }).catch((error: unknown) => errorToast((t) => t('cleanup.notUndone'), error));
  }, [store, set, queries, revert, returnTo, toast, errorToast]);

  return {
    takeBack: useCallback(() => run(lastDecision(store.getState().acts)), [run, store]),
    undo: useCallback(() => run(store.getState().acts.at(-1)), [run, store]),
  };
}
