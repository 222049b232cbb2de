import { implement } from '@orpc/server';
import type Database from 'better-sqlite3';
import { contract } from '../../../contract/index.ts';
import type { Reader } from '../catalog/reader.ts';
import { ProofsheetError } from '../errors.ts';
import type { Drawables } from './drawable.ts';
import type { Originals } from './originals.ts';
import { withContractErrors } from '../rpc.ts';
import { readFacets } from './facets.ts';
import type { AssetRecords } from './records.ts';
import type { Views } from './views.ts';

export interface AssetsRouterDependencies {
  readonly db: Database.Database;
  readonly records: AssetRecords;
  readonly views: Views;
  readonly reader: Reader;
  readonly originals: Originals;
  readonly drawables: Drawables;
}

export function createAssetsRouter({ db, records, views, reader, originals, drawables }: AssetsRouterDependencies) {
  const os = implement(contract.assets).use(withContractErrors);
  const total = db.prepare<[], number>(`SELECT n FROM total WHERE key = 'assets'`).pluck();
  let facets: ReturnType<typeof readFacets> | undefined;
  return os.router({
    list: os.list.handler(({ input }) => records.list(input.filter, input.after, input.limit)),
    get: os.get.handler(({ input }) => records.get(input.id)),
    openView: os.openView.handler(({ input }) => views.open(input.filter, input.sort, input.first)),
    window: os.window.handler(({ input }) => views.window(input.viewId, input.start, input.count)),
    rankOf: os.rankOf.handler(({ input }) => views.rankOf(input.viewId, input.assetId)),
    carrySelection: os.carrySelection.handler(({ input }) => views.carrySelection(input.fromView, input.toView, input.selection)),
    paths: os.paths.handler(({ input }) => views.paths(input.viewId, input.ranks)),
    // They take seconds at a million assets: whoever asks meanwhile shares the answer that is on its way.
    facets: os.facets.handler(() => (facets ??= readFacets(reader, total.get() ?? 0).finally(() => { facets = undefined; }))),
    drawable: os.drawable.handler(({ input }) => drawables.find(input.id)),
    tile: os.tile.handler(({ input: { id, ...place } }) => drawables.tile(id, place)),
    original: os.original.handler(({ input }) => {
      const { format, bytes } = records.get(input.id);
      const path = originals.find(input.id);
      if (path === null) throw new ProofsheetError('vanished', `None of the files of asset ${input.id} is there any more.`);
      if (typeof path !== 'string') throw new ProofsheetError('bad-input', `The path of asset ${input.id} is not valid UTF-8 and cannot be shown.`);
      return { path, format, bytes };
    }),
  });
}
