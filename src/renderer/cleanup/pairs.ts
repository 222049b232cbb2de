import type { ReviewGroup, ReviewMember } from '../../contract/index.ts';
import type { MemberChoice } from './acts.ts';

/** One content of a group with all its files. */
export interface Candidate {
  readonly assetId: number;
  readonly members: readonly ReviewMember[];
}

export interface Pair {
  /** The likely keeper. */
  readonly left: Candidate;
  readonly right: Candidate;
  /** 1-based, of the pairs that need looking at. */
  readonly place: number;
  readonly total: number;
}

export type PairAnswer = 'left' | 'right' | 'both';

/**
 * The next two images of a group to be told apart, null when all are decided. Each is looked at once, beside the best
 * so far: what that one's earlier answers imply is not asked again. Exact copies look the same and are one candidate.
 */
export function nextPair({ members }: ReviewGroup): Pair | null {
  const candidates = candidatesOf(members);
  const left = candidates.filter((one) => stateOf(one) !== 'remove').sort((a, b) => preference(a) - preference(b))[0];
  const open = candidates.filter((one) => one !== left && stateOf(one) === null);
  const [right] = open;
  if (!left || !right) return null;
  const total = candidates.length - 1;
  return { left, right, place: total - open.length + 1, total };
}

/** The candidates of the pairs after this one, if the one on the left is kept. */
export function candidatesAfter({ members }: ReviewGroup, pair: Pair): readonly Candidate[] {
  return candidatesOf(members).filter((one) => one.assetId !== pair.left.assetId && one.assetId !== pair.right.assetId && stateOf(one) === null);
}

/** True where there is anything to compare: files of one content look the same. */
export function hasPairs({ members }: ReviewGroup): boolean {
  return new Set(members.map(({ assetId }) => assetId)).size > 1;
}

export function answer({ left, right }: Pair, which: PairAnswer): readonly MemberChoice[] {
  return [...(which === 'right' ? leave(left) : stay(left)), ...(which === 'left' ? leave(right) : stay(right))];
}

function candidatesOf(members: readonly ReviewMember[]): readonly Candidate[] {
  return [...Map.groupBy(members, ({ assetId }) => assetId)].map(([assetId, files]) => ({ assetId, members: files }));
}

/** Kept as soon as one of its files is. */
function stateOf({ members }: Candidate): 'keep' | 'remove' | null {
  if (members.some(({ decision }) => decision === 'keep')) return 'keep';
  return members.some(({ decision }) => decision === null) ? null : 'remove';
}

function preference(candidate: Candidate): number {
  if (stateOf(candidate) === 'keep') return 0;
  return candidate.members.some(({ suggestion }) => suggestion === 'keep') ? 1 : 2;
}

/** One file at least stays; its copies do what was decided about them, else what the rules suggest. */
function stay(candidate: Candidate): readonly MemberChoice[] {
  const open = candidate.members.filter(({ decision }) => decision === null);
  const best = stateOf(candidate) === 'keep' ? undefined : open.find(({ suggestion }) => suggestion === 'keep') ?? open[0];
  return open.map((member) => ({ sourceId: member.sourceId, choice: member === best || member.isProtected || member.suggestion === 'keep' ? 'keep' : 'remove' }));
}

function leave({ members }: Candidate): readonly MemberChoice[] {
  return members.map(({ sourceId, isProtected }) => ({ sourceId, choice: isProtected ? 'keep' : 'remove' }));
}
