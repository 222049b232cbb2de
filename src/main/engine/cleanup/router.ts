import { implement } from '@orpc/server';
import { contract } from '../../../contract/index.ts';
import { ProofsheetError } from '../errors.ts';
import { withContractErrors } from '../rpc.ts';

const missing = (): never => { throw new ProofsheetError('internal', 'This is being built.'); };

export function createCleanupRouter() {
  const os = implement(contract.cleanup).use(withContractErrors);
  return os.router({
    review: os.review.handler(missing), nextOpen: os.nextOpen.handler(missing), rankOf: os.rankOf.handler(missing), decide: os.decide.handler(missing), acceptSuggestions: os.acceptSuggestions.handler(missing),
    plan: os.plan.handler(missing), planItems: os.planItems.handler(missing), apply: os.apply.handler(missing), cancel: os.cancel.handler(missing), undo: os.undo.handler(missing), operationItems: os.operationItems.handler(missing), operations: os.operations.handler(missing),
    quarantine: os.quarantine.handler(missing), restore: os.restore.handler(missing), emptyQuarantine: os.emptyQuarantine.handler(missing),
  });
}
