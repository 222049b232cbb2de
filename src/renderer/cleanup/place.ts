/** Where one is on the cleanup screen; kept while other screens are shown. */
export interface CleanupPlace {
  readonly view: 'groups' | 'plan' | 'quarantine' | 'history';
  /** 0-based rank of the group that has the keyboard; null when the first open one is still to be found. */
  readonly rank: number | null;
  /** Finds the group again when ranks have moved. */
  readonly groupId: string | null;
  /** The member that has the keyboard; the first one when it is not in the group. */
  readonly sourceId: number | null;
  /** How the group is looked at. */
  readonly look: 'loupe' | 'pairs' | null;
  /** True once decided groups are wanted on screen although no other is left. */
  readonly showDecided: boolean;
}

export const CLEANUP_START: CleanupPlace = { view: 'groups', rank: null, groupId: null, sourceId: null, look: null, showDecided: false };
