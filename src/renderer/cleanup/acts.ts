import type { Choice, KeeperRuleSetting, Level } from '../../contract/index.ts';

/** What is decided about one file; null takes a decision away. */
export interface MemberChoice {
  readonly sourceId: number;
  readonly choice: Choice | null;
}

interface GroupPlace {
  readonly level: Level;
  readonly groupId: string;
  readonly rank: number;
  readonly sourceId: number;
}

/** Something the user did here, with what it takes to undo it. */
export type Act =
  | GroupPlace & { readonly kind: 'decide'; readonly before: readonly MemberChoice[] }
  /** `changed`: the pairs of which this had not been said before. `assetId`: the image, whose group may have another id when it is whole again. */
  | GroupPlace & { readonly kind: 'not-duplicate'; readonly assetId: number; readonly changed: Promise<readonly { readonly a: number; readonly b: number }[]> }
  | { readonly kind: 'rules'; readonly before: readonly KeeperRuleSetting[] }
  | { readonly kind: 'protect'; readonly before: readonly string[] }
  | { readonly kind: 'operation'; readonly operationId: number };

const REMEMBERED = 1000;

/** The toast that tells of the last parting, until that is taken back. */
export const PARTED_TOAST = 'parted';

export function remember(acts: readonly Act[], act: Act): readonly Act[] {
  // Once files have moved, the decisions about them are history.
  const kept = act.kind === 'operation' ? acts.filter(({ kind }) => kind === 'operation') : acts;
  return [...kept, act].slice(-REMEMBERED);
}

/** The decision that Backspace takes back: the last one, unless files have been moved since. */
export function lastDecision(acts: readonly Act[]): Act | undefined {
  return acts.findLast(({ kind }) => kind === 'decide' || kind === 'not-duplicate');
}
