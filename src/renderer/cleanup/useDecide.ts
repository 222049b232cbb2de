import { useQueryClient } from '@tanstack/react-query';
import { useCallback } from 'react';
import type { Choice, Level, ReviewGroup } from '../../contract/index.ts';
import { useAppState, useAppStore, useSet } from '../app/store.ts';
import { useErrorToast } from '../app/useErrorToast.ts';
import { useClient } from '../connect/context.tsx';
import { useToast } from '../ui/Toast.tsx';
import { type Act, type MemberChoice, remember } from './acts.ts';
import { showGroup } from './decision-queue.ts';
import { choose, pairsWithOthers, type Refusal, undoOf, withChoices } from './decisions.ts';
import { reviewKey } from './queries.ts';

/** A group where it stands in the list. */
export interface Placed {
  readonly group: ReviewGroup;
  readonly rank: number;
}

/** Decides about members: shown at once, remembered by the engine, and ready to be taken back. */
export function useDecide(level: Level) {
  const client = useClient();
  const queries = useQueryClient();
  const store = useAppStore();
  const set = useSet();
  const toast = useToast();
  const errorToast = useErrorToast();
  const queue = useAppState((state) => state.decisions);

  /** Makes the choices and answers the group as it is then. */
  const decide = useCallback(({ group, rank }: Placed, sourceId: number, choices: readonly MemberChoice[]): ReviewGroup => {
    if (choices.length === 0) return group;
    const next = withChoices(group, choices);
    const key = reviewKey(level);
    const act: Act = { kind: 'decide', level, groupId: group.id, rank, sourceId, before: undoOf(group, choices) };
    set({ acts: remember(store.getState().acts, act) });
    void queries.cancelQueries({ queryKey: key });
    showGroup(queries, key, next);
    queue.add(() => client.cleanup.decide({ level, groupId: group.id, choices: [...choices] }))
      .catch((error: unknown) => {
        // What never held cannot be taken back.
        set({ acts: store.getState().acts.filter((one) => one !== act) });
        errorToast((t) => t('cleanup.notDecided'), error);
      })
      .finally(() => void queries.invalidateQueries({ queryKey: key }));
    return next;
  }, [client, queries, store, set, errorToast, level, queue]);

  const refuse = useCallback((code: Refusal) => toast({ title: (t) => t(`errors.${code}.title`), description: (t) => t(`errors.${code}.hint`) }), [toast]);

  /** Answers the group as it is after the choice, null when it cannot be made. */
  const mark = useCallback((placed: Placed, sourceId: number, choice: Choice): ReviewGroup | null => {
    const choices = choose(placed.group, sourceId, choice);
    if (typeof choices === 'string') {
      refuse(choices);
      return null;
    }
    return decide(placed, sourceId, choices);
  }, [decide, refuse]);

  /** Says for ever that an image is no duplicate of the others in its group; false when they all are the same file. */
  const part = useCallback(async ({ group, rank }: Placed, sourceId: number, others?: readonly number[]): Promise<boolean> => {
    const assetId = group.members.find((member) => member.sourceId === sourceId)?.assetId;
    const pairs = assetId === undefined ? [] : pairsWithOthers(group, assetId).filter(({ b }) => others === undefined || others.includes(b));
    if (assetId === undefined || pairs.length === 0) {
      toast({ title: (t) => t('cleanup.sameFile'), description: (t) => t('cleanup.sameFileHint') });
      return false;
    }
    const changed = queue.add(async () => (await client.similarity.setNotDuplicate({ pairs, value: true })).pairs);
    const act: Act = { kind: 'not-duplicate', level, groupId: group.id, rank, sourceId, assetId, changed };
    set({ acts: remember(store.getState().acts, act) });
    try {
      await changed;
    } catch (error) {
      set({ acts: store.getState().acts.filter((one) => one !== act) });
      errorToast((t) => t('cleanup.notDecided'), error);
      return false;
    } finally {
      await queries.invalidateQueries({ queryKey: ['cleanup', 'review'] });
    }
    return true;
  }, [client, queries, store, set, toast, errorToast, level, queue]);

  return { decide, mark, part };
}
