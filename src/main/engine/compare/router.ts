import { implement } from '@orpc/server';
import { contract } from '../../../contract/index.ts';
import { withContractErrors } from '../rpc.ts';
import type { Comparer } from './comparer.ts';

export function createCompareRouter(comparer: Comparer) {
  const os = implement(contract.compare).use(withContractErrors);
  return os.router({
    pair: os.pair.handler(({ input: { a, b, ...options }, signal }) => comparer.pair(a, b, options, signal)),
    withAsset: os.withAsset.handler(({ input, signal }) => comparer.withAsset(input.assetId, input.path, signal)),
    heatmap: os.heatmap.handler(async ({ input, signal }) => ({ path: await comparer.heatmap(input.a, input.b, input.transform, signal) })),
  });
}
