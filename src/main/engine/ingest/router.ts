import { implement } from '@orpc/server';
import type Database from 'better-sqlite3';
import { statSync } from 'node:fs';
import { resolve } from 'node:path';
import { contract, type ReviewEntry } from '../../../contract/index.ts';
import type { BatchStore } from '../batches/batch-store.ts';
import { ProofsheetError } from '../errors.ts';
import { streamWithContractErrors, withContractErrors } from '../rpc.ts';
import type { SettingsStore } from '../settings/settings.ts';
import type { createFailedList } from './failed-list.ts';
import type { Following } from './follow.ts';
import type { Imports } from './imports.ts';
import type { Items } from './items.ts';
import { scan } from './scan/scan.ts';
import { summarize } from './summary.ts';

export interface IngestRouterDependencies {
  readonly db: Database.Database;
  readonly imports: Imports;
  readonly items: Items;
  readonly failedList: ReturnType<typeof createFailedList>;
  readonly following: Following;
  readonly batches: BatchStore;
  readonly settings: SettingsStore;
  readonly scanThread: URL;
  readonly exclude: string;
  readonly now: () => number;
  readonly onChanged: () => void;
}

export function createIngestRouter({ db, imports, items, failedList, following, batches, settings, scanThread, exclude, now, onChanged }: IngestRouterDependencies) {
  const os = implement(contract.ingest).use(withContractErrors);
  return os.router({
    review: os.review.handler(async function* ({ input }) {
      const request = {
        kind: 'review' as const, paths: input.paths.map((path) => resolve(path)), exclude, name: input.name, sourceColumn: input.sourceColumn,
        maxBatchSize: input.maxBatchSize ?? settings.get().maxBatchSize,
      };
      let entries: ReviewEntry[] = [];
      for await (const found of streamWithContractErrors(scan(scanThread, request))) {
        entries = [...found];
        yield { complete: false, entries };
      }
      yield { complete: true, entries };
    }),
    inspectList: os.inspectList.handler(async ({ input }) => {
      const path = resolve(input.path);
      for await (const inspection of scan(scanThread, { kind: 'inspect', path, preview: input.preview, sourceColumn: input.sourceColumn })) return inspection;
      throw new ProofsheetError('internal', `Inspecting ${path} gave no answer.`);
    }),
    start: os.start.handler(async ({ input }) => {
      const importIds = await imports.start(input);
      if (input.follow) for (const path of input.paths.map((path) => resolve(path))) if (statSync(path).isDirectory()) following.follow(path, input.copy);
      return { importIds };
    }),
    summary: os.summary.handler(({ input }) => summarize(db, batches, input.importIds)),
    items: os.items.handler(({ input }) => items.list(input)),
    failedList: os.failedList.handler(({ input }) => {
      // A batch that does not exist is no empty list.
      batches.get(input.batchId);
      return failedList(input);
    }),
    salvage: os.salvage.handler(({ input }) => {
      const result = items.salvage(input.itemIds, now());
      onChanged();
      return result;
    }),
    followed: os.followed.handler(() => following.list()),
    follow: os.follow.handler(({ input }) => {
      const path = resolve(input.path);
      if (input.enabled) {
        if (!statSync(path).isDirectory()) throw new ProofsheetError('bad-input', `${path} is not a folder.`);
        following.follow(path, input.copy);
      } else following.unfollow(path);
      return { following: input.enabled };
    }),
  });
}
