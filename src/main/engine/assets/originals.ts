import { existsSync } from 'node:fs';
import type Database from 'better-sqlite3';
import type { Workspace } from '../catalog/workspace.ts';
import { originalPath } from '../renditions/store.ts';
import type { Sources } from '../catalog/sources.ts';

export interface Originals {
  /** A path where the content of this asset can be read now; null when every source is gone. */
  find(assetId: number): string | Uint8Array | null;
  /** All paths where it was last seen, whether it is there or not; the workspace's own copy first. */
  all(assetId: number): (string | Uint8Array)[];
}

export function createOriginals(db: Database.Database, workspace: Workspace, sources: Sources): Originals {
  const stored = db.prepare<[number], { sha256: string; format: string }>('SELECT lower(hex(sha256)) AS sha256, format FROM asset WHERE id = ? AND stored = 1');
  const sourcesOf = db.prepare<[number], number>('SELECT id FROM source WHERE asset_id = ? AND missing_since IS NULL ORDER BY id').pluck();
  function all(assetId: number): (string | Uint8Array)[] {
    const copy = stored.get(assetId);
    return [...(copy ? [originalPath(workspace.originals, copy.sha256, copy.format)] : []), ...sourcesOf.all(assetId).map((sourceId) => sources.pathOf(sourceId))];
  }
  return {
    all,
    find: (assetId) => all(assetId).find((path) => existsSync(typeof path === 'string' ? path : Buffer.from(path))) ?? null,
  };
}
