import { implement } from '@orpc/server';
import type Database from 'better-sqlite3';
import { contract } from '../../../contract/index.ts';
import type { Workspace } from '../catalog/workspace.ts';
import { withContractErrors } from '../rpc.ts';
import { purgeRenditions } from './purge.ts';

export function createRenditionsRouter({ db, workspace, now }: { readonly db: Database.Database; readonly workspace: Workspace; readonly now: () => number }) {
  const os = implement(contract.renditions).use(withContractErrors);
  return os.router({
    purge: os.purge.handler(({ input }) => purgeRenditions(db, workspace.renditions, { ...input, now: now() })),
  });
}
