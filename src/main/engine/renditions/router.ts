import { implement } from '@orpc/server';
import type Database from 'better-sqlite3';
import { contract } from '../../../contract/index.ts';
import type { Workspace } from '../catalog/workspace.ts';
import { errorCodeOf, errorMessageOf } from '../errors.ts';
import { withContractErrors } from '../rpc.ts';
import { purgeCache } from './cache.ts';
import { DAY_MS, purgeRenditions } from './purge.ts';

export function createRenditionsRouter({ db, workspace, now }: { readonly db: Database.Database; readonly workspace: Workspace; readonly now: () => number }) {
  const os = implement(contract.renditions).use(withContractErrors);
  return os.router({
    purge: os.purge.handler(async ({ input }) => {
      const at = now();
      const report = await purgeRenditions(db, workspace.renditions, { ...input, now: at });
      const errors = [...report.errors];
      const cache = await purgeCache(workspace.cache, {
        cutoff: at - input.days * DAY_MS, apply: input.apply, onError: (path, error) => { errors.push({ path, code: errorCodeOf(error), message: errorMessageOf(error) }); },
      });
      return { ...report, errors, cache };
    }),
  });
}
