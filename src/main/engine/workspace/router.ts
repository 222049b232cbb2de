import { homedir } from 'node:os';
import { basename } from 'node:path';
import { implement } from '@orpc/server';
import type Database from 'better-sqlite3';
import { contract } from '../../../contract/index.ts';
import type { Workspace } from '../catalog/workspace.ts';
import { withContractErrors } from '../rpc.ts';
import type { ChangeLog } from './changes.ts';
import { listDirectory } from './directory.ts';
import { readMetrics } from './metrics.ts';

export interface WorkspaceRouterDependencies {
  readonly db: Database.Database;
  readonly workspace: Workspace;
  readonly version: string;
  readonly startedAt: number;
  readonly changes: ChangeLog;
  readonly work: { readonly set: (enabled: boolean) => Promise<void> };
}

export function createWorkspaceRouter({ db, workspace, version, startedAt, changes, work }: WorkspaceRouterDependencies) {
  const os = implement(contract.workspace).use(withContractErrors);
  return os.router({
    info: os.info.handler(() => ({ path: workspace.root, name: basename(workspace.root), version, engineStartedAt: new Date(startedAt).toISOString(), home: homedir() })),
    metrics: os.metrics.handler(() => readMetrics(db, workspace.root)),
    work: os.work.handler(async ({ input }) => {
      await work.set(input.enabled);
      return input;
    }),
    changes: os.changes.handler(({ signal }) => changes.subscribe(signal)),
    listDirectory: os.listDirectory.handler(({ input }) => listDirectory(input.path, input.showHidden)),
  });
}
