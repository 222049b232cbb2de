import { useEffect, useMemo } from 'react';
import type { Level, ReviewGroup, ReviewMember } from '../../contract/index.ts';
import { useAppState, useAppStore, useSet } from '../app/store.ts';
import { type Review, useKnownGroup } from './queries.ts';

export interface FocusedMember {
  readonly rank: number;
  readonly group: ReviewGroup | undefined;
  readonly member: ReviewMember | undefined;
  readonly move: {
    /** To the first member of a group, or to one of its files. */
    readonly to: (rank: number, sourceId?: number | null) => void;
    readonly group: (by: number) => void;
    readonly member: (by: number) => void;
  };
}

/** The member that has the keyboard. It is known by its group's id, so that it keeps it when groups before it come or go. */
export function useFocusedMember(level: Level, review: Review, total: number): FocusedMember {
  const store = useAppStore();
  const set = useSet();
  const knownGroup = useKnownGroup(level);
  const place = useAppState((state) => state.cleanup);
  const rank = Math.max(0, Math.min(place.rank ?? 0, total - 1));
  const group = review.groupAt(rank);
  const member = group?.members.find(({ sourceId }) => sourceId === place.sourceId) ?? group?.members[0];

  const moved = place.groupId !== null && group !== undefined && group.id !== place.groupId ? review.rankOf(place.groupId) : undefined;
  useEffect(() => {
    const { cleanup } = store.getState();
    if (cleanup.rank === null) return;
    if (moved !== undefined) set({ cleanup: { ...cleanup, rank: moved } });
    else if (group && (cleanup.groupId !== group.id || cleanup.rank !== rank)) set({ cleanup: { ...cleanup, rank, groupId: group.id } });
  }, [store, set, moved, group, rank]);

  const move = useMemo(() => {
    const to = (next: number, sourceId: number | null = null) => {
      const clamped = Math.max(0, Math.min(next, total - 1));
      set({ cleanup: { ...store.getState().cleanup, rank: clamped, groupId: knownGroup(clamped)?.id ?? null, sourceId } });
    };
    return {
      to,
      group: (by: number) => to(rank + by),
      member: (by: number) => {
        if (!group || !member) return;
        const index = Math.max(0, Math.min(group.members.length - 1, group.members.indexOf(member) + by));
        to(rank, group.members[index]?.sourceId ?? null);
      },
    };
  }, [store, set, knownGroup, total, rank, group, member]);
  return { rank, group, member, move };
}
