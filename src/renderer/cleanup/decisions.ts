import type { Choice, ReviewGroup, ReviewMember } from '../../contract/index.ts';
import type { MemberChoice } from './acts.ts';

/** Why a choice cannot be made. */
export type Refusal = 'protected' | 'last-copy';

/**
 * The choices that follow from one about a member: when all others go, the last one stays by necessity. Refused for
 * protected files and for the last one that would stay.
 */
export function choose({ members }: ReviewGroup, sourceId: number, choice: Choice): readonly MemberChoice[] | Refusal {
  const member = members.find((one) => one.sourceId === sourceId);
  if (!member) return [];
  if (choice === 'keep') return [{ sourceId, choice }];
  if (member.isProtected) return 'protected';
  const left = members.filter((one) => one.sourceId !== sourceId && one.decision !== 'remove');
  const [last] = left;
  if (!last) return 'last-copy';
  return [{ sourceId, choice }, ...(left.length === 1 && last.decision === null ? [{ sourceId: last.sourceId, choice: 'keep' as const }] : [])];
}

/** What accepting the suggestion decides: everything still open, with at least one file that stays. */
export function accept({ members }: ReviewGroup): readonly MemberChoice[] {
  const open = members.filter(({ decision }) => decision === null);
  const stays = members.some((member) => outcomeOf(member) === 'keep');
  return open.map(({ sourceId, suggestion }, index) => ({ sourceId, choice: !stays && index === 0 ? 'keep' : suggestion }));
}

/** The group with these choices made, as it is shown before the engine has answered. */
export function withChoices(group: ReviewGroup, choices: readonly MemberChoice[]): ReviewGroup {
  const byId = new Map(choices.map(({ sourceId, choice }) => [sourceId, choice]));
  const members = group.members.map((member) => {
    const choice = byId.get(member.sourceId);
    return choice === undefined ? member : { ...member, decision: choice };
  });
  return { ...group, members, isDecided: members.every(({ decision }) => decision !== null) };
}

/** How to get from the group with the choices made back to this one. */
export function undoOf({ members }: ReviewGroup, choices: readonly MemberChoice[]): readonly MemberChoice[] {
  const changed = new Set(choices.map(({ sourceId }) => sourceId));
  return members.filter(({ sourceId }) => changed.has(sourceId)).map(({ sourceId, decision }) => ({ sourceId, choice: decision }));
}

/** The pairs that say: this image is a duplicate of none of the others. Copies of the same content cannot be told apart. */
export function pairsWithOthers({ members }: ReviewGroup, assetId: number): readonly { readonly a: number; readonly b: number }[] {
  const others = new Set(members.map((member) => member.assetId).filter((id) => id !== assetId));
  return [...others].map((b) => ({ a: assetId, b }));
}

/** The rank of the first open group behind `from`, going round; `none`, or `unknown` where groups are not here to tell. */
export function nextOpen(groupAt: (rank: number) => ReviewGroup | undefined, from: number, total: number): number | 'none' | 'unknown' {
  for (let step = 1; step <= total; step += 1) {
    const rank = (from + step + total) % total;
    if (rank === from) continue;
    const group = groupAt(rank);
    if (!group) return 'unknown';
    if (!group.isDecided) return rank;
  }
  return 'none';
}

export interface GroupSummary {
  readonly keep: number;
  readonly remove: number;
  readonly bytes: number;
}

/** How many files stay and go if the suggestion is accepted for what is open, and how many bytes that frees. */
export function summarize(group: ReviewGroup): GroupSummary {
  const { members } = withChoices(group, accept(group));
  const going = members.filter((member) => outcomeOf(member) === 'remove');
  return { keep: members.length - going.length, remove: going.length, bytes: going.reduce((sum, { bytes }) => sum + bytes, 0) };
}

/** What will happen to a file as things stand: what was decided, else what the rules suggest. */
function outcomeOf({ decision, suggestion }: ReviewMember): Choice {
  return decision ?? suggestion;
}
