import { implement } from '@orpc/server';
import { contract } from '../../../contract/index.ts';
import { ProofsheetError } from '../errors.ts';
import { withContractErrors } from '../rpc.ts';

const missing = (): never => { throw new ProofsheetError('internal', 'This is being built.'); };

export function createSimilarityRouter() {
  const os = implement(contract.similarity).use(withContractErrors);
  return os.router({
    status: os.status.handler(missing), catchUp: os.catchUp.handler(missing), groups: os.groups.handler(missing), find: os.find.handler(missing),
    related: os.related.handler(missing), pair: os.pair.handler(missing), setNotDuplicate: os.setNotDuplicate.handler(missing),
  });
}
