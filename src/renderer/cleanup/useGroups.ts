import { useCallback, useEffect, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { ReviewGroup } from '../../contract/index.ts';
import { useKeyLabel } from '../app/keyboard.ts';
import { useAppState, useAppStore, useSet } from '../app/store.ts';
import { useClient } from '../connect/context.tsx';
import { legible } from '../i18n/legible.ts';
import { useFormat } from '../i18n/setup.ts';
import { useToast } from '../ui/Toast.tsx';
import { type MemberChoice, PARTED_TOAST } from './acts.ts';
import { accept as acceptedChoices, nextOpen, summarize } from './decisions.ts';
import { CLEANUP_START } from './place.ts';
import { useKnownGroup, useReview } from './queries.ts';
import { useDecide } from './useDecide.ts';
import { useFocusedMember } from './useFocusedMember.ts';

/** The next page is there before it is wanted, and its pictures with it; the one before, where a group may be found again. */
const RANKS_AHEAD = 50;
const RANKS_BEFORE = 10;

/** The groups of the chosen level, the one that has the keyboard, and what can be decided about it. */
export function useGroups() {
  const { t } = useTranslation();
  const format = useFormat();
  const client = useClient();
  const store = useAppStore();
  const set = useSet();
  const level = useAppState((state) => state.level);
  const decisions = useAppState((state) => state.decisions);
  const placeRank = useAppState((state) => state.cleanup.rank ?? 0);
  const isPlaced = useAppState((state) => state.cleanup.rank !== null);
  const toast = useToast();
  const takeBackKey = useKeyLabel()('take-back');
  const [news, setNews] = useState('');
  const review = useReview(level, [placeRank - RANKS_BEFORE, placeRank, placeRank + RANKS_AHEAD]);
  const knownGroup = useKnownGroup(level);
  const total = review.summary?.total ?? 0;
  const focus = useFocusedMember(level, review, total);
  const { decide, mark, part } = useDecide(level);
  const latest = useRef({ total, focus });
  useEffect(() => { latest.current = { total, focus }; });

  /** To the next group that is open, wherever it is; stays where it is when there is none. */
  const advance = useCallback(async (from: number) => {
    const { total: all, focus: { move } } = latest.current;
    const known = nextOpen(knownGroup, from, all);
    if (typeof known === 'number') {
      move.to(known);
      return;
    }
    if (known === 'unknown') await decisions.idle();
    const open = known === 'unknown' ? await client.cleanup.nextOpen({ level, from: from + 1 }) : null;
    if (open !== null) latest.current.focus.move.to(open);
    else set({ cleanup: { ...store.getState().cleanup, rank: Math.max(0, from), showDecided: false } });
  }, [client, knownGroup, decisions, level, set, store]);

  // One begins at the first group that is open. Whoever comes back finds the place kept.
  const isAny = total > 0;
  useEffect(() => { if (isAny && !isPlaced) void advance(-1); }, [advance, isAny, isPlaced]);

  const tell = useCallback((group: ReviewGroup) => {
    const { keep, remove } = summarize(group);
    setNews(t('cleanup.announce', { keep: format.number(keep), remove: format.number(remove) }));
  }, [t, format]);

  const goOn = useCallback((rank: number, group: ReviewGroup, sourceId: number) => {
    tell(group);
    if (group.isDecided) { void advance(rank); return; }
    const index = group.members.findIndex((member) => member.sourceId === sourceId);
    const open = [...group.members.slice(index + 1), ...group.members].find(({ decision }) => decision === null);
    latest.current.focus.move.to(rank, open?.sourceId ?? sourceId);
  }, [advance, tell]);

  /** Makes these choices about a group and goes on. */
  const settle = useCallback((rank: number, sourceId: number, choices: readonly MemberChoice[]) => {
    const group = knownGroup(rank);
    if (group) goOn(rank, decide({ group, rank }, sourceId, choices), sourceId);
  }, [knownGroup, decide, goOn]);

  const accept = useCallback((rank: number) => {
    const group = knownGroup(rank);
    const [first] = group?.members ?? [];
    if (group && first) settle(rank, first.sourceId, acceptedChoices(group));
  }, [knownGroup, settle]);

  const judge = useCallback((verb: 'keep' | 'reject', rank: number, sourceId: number, follow: boolean) => {
    const group = knownGroup(rank);
    const next = group && mark({ group, rank }, sourceId, verb === 'keep' ? 'keep' : 'remove');
    if (!next) return;
    if (follow) goOn(rank, next, sourceId);
    else tell(next);
  }, [knownGroup, mark, goOn, tell]);

  const partFrom = useCallback((rank: number, sourceId: number, others?: readonly number[]) => {
    const group = knownGroup(rank);
    if (!group) return;
    void part({ group, rank }, sourceId, others).then((parted) => {
      if (!parted) return;
      const name = legible(group.members.find((member) => member.sourceId === sourceId)?.name ?? '');
      toast({ id: PARTED_TOAST, title: (say) => say('cleanup.parted', { name }), description: (say) => say('cleanup.partedHint', { key: takeBackKey }) });
      // What came to its place may have been decided before.
      if (knownGroup(rank)?.isDecided) void advance(rank - 1);
    });
  }, [knownGroup, part, advance, toast, takeBackKey]);

  const setLevel = (next: typeof level) => {
    if (next !== level) set({ level: next, cleanup: CLEANUP_START });
  };
  return { level, setLevel, review, total, focus, news, accept, settle, advance, judge, partFrom };
}

export type GroupsState = ReturnType<typeof useGroups>;
