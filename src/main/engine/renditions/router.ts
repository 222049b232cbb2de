import { implement } from '@orpc/server';
import type Database from 'better-sqlite3';
import { contract } from '../../../contract/index.ts';
import type { Workspace } from '../catalog/workspace.ts';
import { withContractErrors } from '../rpc.ts';
import { purgeCache } from './cache.ts';
import { DAY_MS, purgeRenditions } from './purge.ts';

export function createRenditionsRouter({ db, workspace, now }: { readonly db: Database.Database; readonly workspace: Workspace; readonly now: () => number }) {
  const os = implement(contract.renditions).use(withContractErrors);
  return os.router({
    purge: os.purge.handler(async ({ input }) => {
      const at = now();
      const report = await purgeRenditions(db, workspace.renditions, { ...input, now: at });
      return { ...report, cache: await purgeCache(workspace.cache, at - input.days * DAY_MS, input.apply) };
    }),
  });
}
