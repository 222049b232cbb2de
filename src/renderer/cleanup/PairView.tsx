import { ArrowLeft, Check, Copy, ListChecks, Undo2, Unlink } from 'lucide-react';
import { type ReactNode, useEffect, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { ReviewMember } from '../../contract/index.ts';
import { useAction, useActions } from '../app/actions.ts';
import { useKeyLabel } from '../app/keyboard.ts';
import { useAppState, useSet } from '../app/store.ts';
import { CompareView } from '../compare/CompareView.tsx';
import type { CandidateId } from '../compare/queries.ts';
import { useFormat } from '../i18n/setup.ts';
import { Badge } from '../ui/Badge.tsx';
import { Button } from '../ui/Button.tsx';
import { EmptyState } from '../ui/EmptyState.tsx';
import { Kbd } from '../ui/Kbd.tsx';
import styles from './Look.module.css';
import { factsText } from './facts-text.ts';
import { evidenceText } from './member-text.ts';
import { answer, type Candidate, candidatesAfter, nextPair, type Pair, type PairAnswer } from './pairs.ts';
import { transformBetween } from './transform-between.ts';
import type { GroupsState } from './useGroups.ts';

const AHEAD = 2;

/** Two images of a group at a time, the likely keeper on the left; one key decides and brings the next pair. */
export function PairView({ groups, onClose, onPlan }: { readonly groups: GroupsState; readonly onClose: () => void; readonly onPlan: () => void }) {
  const { t } = useTranslation();
  const keyLabel = useKeyLabel();
  const { group, rank, move } = groups.focus;
  const pair = group && nextPair(group);
  const accepting = { run: () => groups.accept(rank), enabled: group !== undefined && !group.isDecided };
  const { summary } = groups.review;
  const allDecided = summary !== null && summary.decided >= groups.total;
  useActions({
    'review-plan': { run: onPlan },
    'close-compare': { run: onClose },
    'previous-group': { run: () => move.group(-1), enabled: rank > 0 },
    'next-group': { run: () => move.group(1), enabled: rank < groups.total - 1 },
    'next-open': { run: () => void groups.advance(rank) },
    ...(!pair && { accept: accepting }),
  });
  const back = <Button variant="quiet" icon={ArrowLeft} onClick={onClose}>{t('cleanup.back')}</Button>;
  if (group && pair) return <PairOf groups={groups} pair={pair} back={back} />;
  if (!group) return null;
  return (
    <section className={styles.look} aria-label={t('compare.title')}>
      <div className={styles.bar}>{back}<GroupPlace groups={groups} /></div>
      {allDecided
        ? <EmptyState icon={ListChecks} title={t('cleanup.empty.decided')} actions={<Button variant="primary" onClick={onPlan}>{t('actions.review-plan')}<Kbd>{keyLabel('review-plan')}</Kbd></Button>}>{t('cleanup.empty.decidedBody')}</EmptyState>
        : group.isDecided
        ? <EmptyState icon={Check} title={t('cleanup.pairs.decided')} actions={<Button variant="primary" autoFocus onClick={() => void groups.advance(rank)}>{t('actions.next-open')}</Button>}>{t('cleanup.pairs.decidedBody')}</EmptyState>
        : <EmptyState icon={Copy} title={t('cleanup.pairs.same')} actions={<Button variant="primary" autoFocus onClick={accepting.run}>{t('actions.accept')}</Button>}>{t('cleanup.pairs.sameBody')}</EmptyState>}
    </section>
  );
}

interface PairOfProps {
  readonly groups: GroupsState;
  readonly pair: Pair;
  readonly back: ReactNode;
}

function PairOf({ groups, pair, back }: PairOfProps) {
  const { t } = useTranslation();
  const format = useFormat();
  const set = useSet();
  const keyLabel = useKeyLabel();
  const evidence = useAppState((state) => state.inspectorOpen);
  const takeBack = useAction('take-back');
  const { rank, group } = groups.focus;
  const [left, right] = [pair.left.members[0], pair.right.members[0]];
  const shownPair = `${pair.left.assetId} ${pair.right.assetId}`;
  const [focus, setFocus] = useState({ of: shownPair, index: 0 });
  const focused = focus.of === shownPair ? focus.index : 0;
  const setFocused = (index: number) => setFocus({ of: shownPair, index });

  const frame = useRef<HTMLDivElement>(null);
  // The stage takes the keyboard: Enter decides and does not press the button that decided before.
  useEffect(() => { frame.current?.querySelector<HTMLElement>('[role="group"][tabindex="0"]')?.focus(); }, [shownPair]);

  const decide = (which: PairAnswer) => { if (right) groups.settle(rank, right.sourceId, answer(pair, which)); };
  const suggested: PairAnswer = pair.right.members.some(({ suggestion }) => suggestion === 'keep') ? 'both' : 'left';
  const part = () => { if (right) groups.partFrom(rank, right.sourceId, [pair.left.assetId]); };
  useActions({
    'accept': { run: () => decide(suggested) },
    'keep': { run: () => decide(focused === 0 ? 'left' : 'right') },
    'reject': { run: () => decide(focused === 0 ? 'right' : 'left') },
    'keep-both': { run: () => decide('both') },
    'not-duplicate': { run: part },
    'loupe-previous': { run: () => setFocused(0) },
    'loupe-next': { run: () => setFocused(1) },
  });
  const coming = comingPair(groups, pair);
  const ahead = imagesAhead(groups, pair, coming);
  if (!group || !left || !right) return null;
  return (
    <div ref={frame} className={styles.look}>
      <CompareView
        candidates={[
          { assetId: pair.left.assetId, label: <><Badge tone="accent">{t('compare.keeper')}</Badge><Copies candidate={pair.left} /></> },
          { assetId: pair.right.assetId, transform: transformBetween(left.transform, right.transform), label: <><Badge>{evidenceText(t, format, right.isReference ? left : right)}</Badge><Copies candidate={pair.right} /></> },
        ]}
        focused={focused} onFocus={setFocused} preload={ahead} next={coming ? sidesOf(coming) : []} evidence={evidence} onEvidence={(shown) => set({ inspectorOpen: shown })}
        leading={<>{back}<GroupPlace groups={groups} pair={pair} /></>}
      />
      <div className={styles.answers} data-dock role="toolbar" aria-label={t('cleanup.pairs.answers')}>
        <span className={styles.reason}><strong>{t(`cleanup.rules.names.${rightRule(pair)}`)}</strong> {factsText(t, format, decisive(pair)?.facts ?? null)}</span>
        <Answer label={t('cleanup.pairs.left')} shortcut={suggested === 'left' ? keyLabel('accept') : undefined} primary={suggested === 'left'} onPress={() => decide('left')} />
        <Answer label={t('cleanup.pairs.right')} onPress={() => decide('right')} />
        <Answer label={t('actions.keep-both')} shortcut={keyLabel(suggested === 'both' ? 'accept' : 'keep-both')} primary={suggested === 'both'} onPress={() => decide('both')} />
        <Button icon={Unlink} onClick={part} title={keyLabel('not-duplicate')}>{t('actions.not-duplicate')}</Button>
        <Button variant="quiet" icon={Undo2} disabled={!takeBack.enabled} onClick={takeBack.run} title={keyLabel('take-back')}>{t('cleanup.pairs.takeBack')}</Button>
      </div>
    </div>
  );
}

function Answer({ label, shortcut, primary = false, onPress }: { readonly label: string; readonly shortcut?: string | undefined; readonly primary?: boolean; readonly onPress: () => void }) {
  return <Button variant={primary ? 'primary' : 'secondary'} onClick={onPress}>{label}{shortcut && <Kbd>{shortcut}</Kbd>}</Button>;
}

function GroupPlace({ groups: { focus: { rank }, total }, pair }: { readonly groups: GroupsState; readonly pair?: Pair }) {
  const { t } = useTranslation();
  const format = useFormat();
  return (
    <span className={styles.where}>
      {t('cleanup.groupPlace', { place: format.number(rank + 1), total: format.number(total) })}
      {pair && pair.total > 1 && <span className={styles.muted}>{t('cleanup.pairs.place', { place: format.number(pair.place), total: format.number(pair.total) })}</span>}
    </span>
  );
}

/** A content that lies in several places is shown once; its copies do what the rules suggest. */
function Copies({ candidate: { members } }: { readonly candidate: Candidate }) {
  const { t } = useTranslation();
  const format = useFormat();
  return members.length > 1 && <Badge>{t('cleanup.pairs.copies', { count: members.length, formatted: format.number(members.length) })}</Badge>;
}

/** The pair after this one: in this group if the left one is kept, else in the next group that is open. */
function comingPair({ review, focus: { group, rank }, total }: GroupsState, pair: Pair): Pair | undefined {
  const [right] = group ? candidatesAfter(group, pair) : [];
  if (right) return { ...pair, right };
  for (let next = rank + 1; next < total; next += 1) {
    const following = review.groupAt(next);
    if (!following) break;
    const coming = following.isDecided ? null : nextPair(following);
    if (coming) return coming;
  }
  return undefined;
}

/** The images of the next pairs, and of the group before. */
function imagesAhead({ review, focus: { group, rank } }: GroupsState, pair: Pair, coming: Pair | undefined): readonly number[] {
  const here = group ? candidatesAfter(group, pair).slice(0, AHEAD) : [];
  const before = rank > 0 ? review.groupAt(rank - 1)?.members.slice(0, AHEAD) ?? [] : [];
  return [...new Set([...here, ...(coming ? [coming.left, coming.right] : []), ...before].map(({ assetId }) => assetId))];
}

/** Both as they are compared: the right one with what was done to the left one to get it. */
function sidesOf({ left, right }: Pair): readonly CandidateId[] {
  const [a, b] = [left.members[0], right.members[0]];
  return a && b ? [{ assetId: left.assetId, transform: 'identity' }, { assetId: right.assetId, transform: transformBetween(a.transform, b.transform) }] : [];
}

function decisive({ left, right }: Pair): ReviewMember | undefined {
  return right.members.find(({ suggestion }) => suggestion === 'remove') ?? right.members[0] ?? left.members[0];
}

function rightRule(pair: Pair): ReviewMember['rule'] {
  return decisive(pair)?.rule ?? 'path';
}
