import { implement } from '@orpc/server';
import { contract, type QuarantineItem } from '../../../contract/index.ts';
import { withContractErrors } from '../rpc.ts';
import type { Cleanup } from './cleanup.ts';
import { toOperation, toOperationItem, type JournalItem } from './journal.ts';
import { shownPath } from './paths.ts';
import { requireTrash } from './trash.ts';

export function createCleanupRouter({ journal, plans, review, operations, acts, rules, protectionWith }: Cleanup) {
  const os = implement(contract.cleanup).use(withContractErrors);
  return os.router({
    review: os.review.handler(({ input: { level, start, count, ...input } }) => review.page({ level, rules: input.rules ?? rules() }, start, count)),
    nextOpen: os.nextOpen.handler(({ input: { level, from, ...input } }) => review.nextOpen({ level, rules: input.rules ?? rules() }, from)),
    rankOf: os.rankOf.handler(({ input }) => review.rankOf(input.level, input.of)),
    decide: os.decide.handler(({ input }) => review.decide(input.level, input.groupId, input.choices)),
    acceptSuggestions: os.acceptSuggestions.handler(({ input: { level, ...input } }) => review.acceptSuggestions({ level, rules: input.rules ?? rules() })),
    plan: os.plan.handler(async ({ input: { itemLimit = Number.MAX_SAFE_INTEGER, token, ...input } }) => {
      if (input.mode === 'trash') requireTrash(process.platform);
      const planId = await acts.run(token, (act) => plans.make({ ...input, rules: input.rules ?? rules() }, protectionWith(input.protect), act));
      return plans.describe(planId, itemLimit);
    }),
    planItems: os.planItems.handler(({ input }) => {
      plans.get(input.planId);
      return plans.list(input.planId, input.list, input.start, input.count);
    }),
    apply: os.apply.handler(({ input }) => operations.apply(input.planId, input.token)),
    cancel: os.cancel.handler(({ input }) => ({ cancelled: acts.cancel(input) })),
    undo: os.undo.handler(({ input }) => operations.undo(input.operationId, input.token)),
    operations: os.operations.handler(async ({ input }) => {
      await operations.settled();
      return journal.operations(input.before ?? Number.MAX_SAFE_INTEGER, input.limit).map(toOperation);
    }),
    operationItems: os.operationItems.handler(({ input: { state, ...input } }) => {
      journal.operation(input.operationId);
      return journal.items({ ...input, states: state === undefined ? null : [state].flat() }).map(toOperationItem);
    }),
    quarantine: os.quarantine.handler(async ({ input }) => ({
      ...await operations.quarantineTotals(Number.MAX_SAFE_INTEGER), items: journal.quarantined(input.after, Number.MAX_SAFE_INTEGER, input.limit).map(toQuarantineItem),
    })),
    restore: os.restore.handler(({ input }) => operations.restore(input.ids, input.token)),
    emptyQuarantine: os.emptyQuarantine.handler(({ input }) => operations.empty(input.days, input.apply, input.token)),
  });
}

function toQuarantineItem({ id, operationId, assetId, path, place, bytes, movedAt }: JournalItem): QuarantineItem {
  return { id, operationId, assetId, path, quarantinePath: shownPath(place ?? ''), bytes, movedAt: new Date(movedAt ?? 0).toISOString() };
}
