import { useQueryClient } from '@tanstack/react-query';
import { useCallback, useEffect, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { ReviewGroup } from '../../contract/index.ts';
import { useAppState, useAppStore, useSet } from '../app/store.ts';
import { useClient } from '../connect/context.tsx';
import { useFormat } from '../i18n/setup.ts';
import type { MemberChoice } from './acts.ts';
import { accept as acceptedChoices, nextOpen, summarize } from './decisions.ts';
import { CLEANUP_START } from './place.ts';
import { knownGroup, useReview } from './queries.ts';
import { useDecide } from './useDecide.ts';
import { useFocusedMember } from './useFocusedMember.ts';

const PAGE_AHEAD = 50;

/** The groups of the chosen level, the one that has the keyboard, and what can be decided about it. */
export function useGroups() {
  const { t } = useTranslation();
  const format = useFormat();
  const client = useClient();
  const queries = useQueryClient();
  const store = useAppStore();
  const set = useSet();
  const level = useAppState((state) => state.level);
  const decisions = useAppState((state) => state.decisions);
  const placeRank = useAppState((state) => state.cleanup.rank ?? 0);
  const isPlaced = useAppState((state) => state.cleanup.rank !== null);
  const [band, setBand] = useState({ first: 0, end: 0 });
  const [news, setNews] = useState('');
  // The next page is there before it is wanted, and its pictures with it.
  const review = useReview(level, [band.first, band.end, placeRank, placeRank + PAGE_AHEAD], decisions.idle);
  const total = review.summary?.total ?? 0;
  const focus = useFocusedMember(review, total);
  const { decide, mark, part } = useDecide(level);
  const latest = useRef({ review, total, focus });
  useEffect(() => { latest.current = { review, total, focus }; });

  /** To the next group that is open, wherever it is; stays where it is when there is none. */
  const advance = useCallback(async (from: number) => {
    const { total: all, focus: { move } } = latest.current;
    const known = nextOpen((rank) => knownGroup(queries, level, rank), from, all);
    if (typeof known === 'number') {
      move.to(known);
      return;
    }
    if (known === 'unknown') await decisions.idle();
    const open = known === 'unknown' ? await client.cleanup.nextOpen({ level, from: from + 1 }) : null;
    if (open !== null) latest.current.focus.move.to(open);
    else set({ cleanup: { ...store.getState().cleanup, rank: Math.max(0, from), showDecided: false } });
  }, [client, queries, decisions, level, set, store]);

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
    const group = latest.current.review.groupAt(rank);
    if (group) goOn(rank, decide({ group, rank }, sourceId, choices), sourceId);
  }, [decide, goOn]);

  const accept = useCallback((rank: number) => {
    const group = latest.current.review.groupAt(rank);
    const [first] = group?.members ?? [];
    if (group && first) settle(rank, first.sourceId, acceptedChoices(group));
  }, [settle]);

  const judge = useCallback((verb: 'keep' | 'reject', rank: number, sourceId: number, follow: boolean) => {
    const group = latest.current.review.groupAt(rank);
    const next = group && mark({ group, rank }, sourceId, verb === 'keep' ? 'keep' : 'remove');
    if (!next) return;
    if (follow) goOn(rank, next, sourceId);
    else tell(next);
  }, [mark, goOn, tell]);

  const partFrom = useCallback((rank: number, sourceId: number, others?: readonly number[]) => {
    const group = latest.current.review.groupAt(rank);
    if (!group) return;
    void part({ group, rank }, sourceId, others).then((parted) => {
      if (!parted) return;
      setNews(t('cleanup.parted'));
      // What came to its place may have been decided before.
      if (latest.current.review.groupAt(rank)?.isDecided) void advance(rank - 1);
    });
  }, [part, advance, t]);

  const setLevel = (next: typeof level) => {
    if (next !== level) set({ level: next, cleanup: CLEANUP_START });
  };
  const onBand = useCallback((first: number, end: number) => {
    setBand((before) => (before.first === first && before.end === end ? before : { first, end }));
  }, []);
  return { level, setLevel, review, total, focus, news, onBand, accept, settle, advance, judge, partFrom };
}

export type GroupsState = ReturnType<typeof useGroups>;
