/** Where one is on the cleanup screen; kept while other screens are shown. */
export interface CleanupPlace {
  readonly view: 'groups' | 'plan' | 'quarantine' | 'history';
  /** 0-based rank of the group that has the keyboard; `groupId` finds it again when ranks have moved. */
  readonly rank: number;
  readonly groupId: string | null;
  /** The member that has the keyboard; the first one when it is not in the group. */
  readonly sourceId: number | null;
  /** How the group is looked at. */
  readonly look: 'loupe' | 'pairs' | null;
  /** True once decided groups are wanted on screen although no other is left. */
  readonly showDecided: boolean;
}

/** `groupId` is null: the first open group is still to be found. */
export const CLEANUP_START: CleanupPlace = { view: 'groups', rank: 0, groupId: null, sourceId: null, look: null, showDecided: false };
