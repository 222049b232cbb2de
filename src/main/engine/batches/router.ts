import { implement } from '@orpc/server';
import { contract, type Progress } from '../../../contract/index.ts';
import { withContractErrors } from '../rpc.ts';
import type { BatchStore } from './batch-store.ts';
import type { BatchVerbs } from './verbs.ts';

export interface BatchesRouterDependencies {
  readonly batches: BatchStore;
  readonly verbs: BatchVerbs;
  readonly progress: { readonly snapshot: () => Progress[]; readonly subscribe: (signal: AbortSignal | undefined) => AsyncGenerator<Progress[], void> };
  readonly now: () => number;
  /** Something was changed by hand: tell the listeners, and look for work. */
  readonly onChanged: () => void;
}

export function createBatchesRouter({ batches, verbs, progress, now, onChanged }: BatchesRouterDependencies) {
  const os = implement(contract.batches).use(withContractErrors);
  const after = (id: number): ReturnType<BatchStore['aggregate']> => {
    batches.settle(now());
    onChanged();
    return batches.aggregate(id);
  };
  return os.router({
    list: os.list.handler(({ input }) => batches.list(input.limit, input.includeDeleted, input.before)),
    show: os.show.handler(({ input }) => batches.aggregate(input.id)),
    pause: os.pause.handler(({ input: { id } }) => {
      verbs.pause(id);
      return after(id);
    }),
    resume: os.resume.handler(({ input: { id } }) => {
      verbs.resume(id);
      return after(id);
    }),
    retry: os.retry.handler(async ({ input: { id, code } }) => {
      await verbs.retry(id, code, now());
      return after(id);
    }),
    cancel: os.cancel.handler(async ({ input: { id } }) => {
      await verbs.cancel(id, now());
      return after(id);
    }),
    delete: os.delete.handler(({ input: { id } }) => {
      verbs.delete(id, now());
      return after(id);
    }),
    restore: os.restore.handler(({ input: { id } }) => {
      verbs.restore(id);
      return after(id);
    }),
    related: os.related.handler(({ input: { id } }) => {
      const { parentId } = batches.get(id);
      return parentId === null ? batches.parts(id) : batches.parts(parentId).filter((part) => part.id !== id);
    }),
    failures: os.failures.handler(({ input: { id } }) => batches.failures(id)),
    progress: os.progress.handler(async function* ({ signal }) {
      yield progress.snapshot();
      yield* progress.subscribe(signal);
    }),
  });
}
