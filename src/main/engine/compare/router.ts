import { implement } from '@orpc/server';
import { contract } from '../../../contract/index.ts';
import { ProofsheetError } from '../errors.ts';
import { withContractErrors } from '../rpc.ts';

const missing = (): never => { throw new ProofsheetError('internal', 'This is being built.'); };

export function createCompareRouter() {
  const os = implement(contract.compare).use(withContractErrors);
  return os.router({ pair: os.pair.handler(missing), withAsset: os.withAsset.handler(missing), heatmap: os.heatmap.handler(missing) });
}
