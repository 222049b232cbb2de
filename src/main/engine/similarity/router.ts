import { implement } from '@orpc/server';
import type Database from 'better-sqlite3';
import { contract, type DuplicateGroup, type Level } from '../../../contract/index.ts';
import type { GroupCommit } from '../catalog/group-commit.ts';
import { withContractErrors } from '../rpc.ts';
import type { Pairing } from './pairing.ts';
import type { NotDuplicates } from './pairs-apart.ts';
import type { Lookup } from './pairs-lookup.ts';
import type { SimilarityThreads } from './similarity-threads.ts';

export interface GroupSource {
  /** Groups by rank, in the order of their ids; what is shown once keeps its id from then on. Fewer where they have more members together than asked for. */
  page(level: Level, start: number, count: number, members?: number): Promise<{ readonly total: number; readonly groups: readonly DuplicateGroup[] }>;
  /** 0-based, null when there is no such group any more. */
  rankOf(level: Level, groupId: string): Promise<number | null>;
  /** The ranks of the groups that these images are in, ascending. */
  ranksOfAssets(level: Level, assetIds: readonly number[]): Promise<readonly number[]>;
  /** Another number when groups may have changed. */
  revision(): number;
}

export function createGroupSource({ db, groups, groupCommit }: { readonly db: Database.Database; readonly groups: SimilarityThreads['groups']; readonly groupCommit: GroupCommit }): GroupSource {
  const revision = db.prepare<[], number>(`SELECT n FROM total WHERE key = 'similarity-revision'`).pluck();
  const remember = db.prepare<[string, number, string]>('INSERT INTO group_name (level, asset_id, name) VALUES (?, ?, ?)');
  return {
    async page(level, start, count, members) {
      const { total, groups: page, seen } = await groups.page(level, start, count, members);
      // Before anybody sees it: a name that was seen must not change.
      if (seen.length > 0) {
        await groupCommit.submit(() => { for (const { assetId, name } of seen) remember.run(level, assetId, name); }).catch(async (error: unknown) => {
          await groups.forgetNames(level);
          throw error;
        });
      }
      return { total, groups: page };
    },
    rankOf: (level, groupId) => groups.rankOf(level, groupId),
    ranksOfAssets: (level, assetIds) => groups.ranksOfAssets(level, assetIds),
    revision: () => revision.get() ?? 0,
  };
}

export interface SimilarityRouterDependencies {
  readonly pairing: Pairing;
  readonly groupSource: GroupSource;
  readonly lookup: Lookup;
  readonly notDuplicates: NotDuplicates;
  readonly onChanged: () => void;
}

export function createSimilarityRouter({ pairing, groupSource, lookup, notDuplicates, onChanged }: SimilarityRouterDependencies) {
  const os = implement(contract.similarity).use(withContractErrors);
  return os.router({
    status: os.status.handler(() => pairing.status()),
    failures: os.failures.handler(({ input }) => [...pairing.failures(input.limit)]),
    catchUp: os.catchUp.handler(({ signal }) => pairing.catchUp(signal)),
    groups: os.groups.handler(async ({ input }) => {
      const { total, groups } = await groupSource.page(input.level, input.start, input.count);
      return { total, groups: [...groups] };
    }),
    find: os.find.handler(({ input: { of, limit } }) => ('assetId' in of ? lookup.findAsset(of.assetId, limit) : lookup.findFile(of.path, limit))),
    related: os.related.handler(({ input }) => lookup.related(input.assetId)),
    pair: os.pair.handler(({ input }) => lookup.pair(input.a, input.b)),
    setNotDuplicate: os.setNotDuplicate.handler(({ input }) => {
      const pairs = notDuplicates.set(input.pairs, input.value);
      if (pairs.length > 0) onChanged();
      return { changed: pairs.length, pairs };
    }),
  });
}
