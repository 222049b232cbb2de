import type { DuplicateGroup, Level } from '../../../contract/index.ts';

/** Where the groups come from. */
export interface GroupSource {
  /** Groups by rank, in an order that stays while `revision` does; fewer where they have more members together than asked for. */
  page(level: Level, start: number, count: number, members?: number): Promise<{ readonly total: number; readonly groups: readonly DuplicateGroup[] }>;
  /** 0-based, null when there is no such group any more. */
  rankOf(level: Level, groupId: string): Promise<number | null>;
  /** The ranks of the groups that these images are in. */
  ranksOfAssets(level: Level, assetIds: readonly number[]): Promise<readonly number[]>;
  /** Another number when groups may have changed. */
  revision(): number;
}

const PAGE = 500;
/** What a page of them takes to be received and written keeps the engine's thread for some milliseconds. */
const PAGE_MEMBERS = 1000;

/**
 * All groups of a level, page by page. Groups that change meanwhile may be left out; no file is ever seen in two.
 * @param maximum how many groups at a time, at most
 */
export async function* allGroups(source: GroupSource, level: Level, maximum = PAGE): AsyncGenerator<{ readonly start: number; readonly total: number; readonly groups: readonly DuplicateGroup[] }> {
  const seen = new Set<number>();
  for (let start = 0; ;) {
    const { total, groups } = await source.page(level, start, maximum, PAGE_MEMBERS);
    if (groups.length === 0) return;
    const fresh = groups.filter(({ members }) => members.every(({ sourceId }) => !seen.has(sourceId)));
    for (const { members } of fresh) for (const { sourceId } of members) seen.add(sourceId);
    yield { start, total, groups: fresh };
    start += groups.length;
  }
}
