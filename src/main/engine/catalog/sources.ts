import { join, sep } from 'node:path';
import type Database from 'better-sqlite3';

/** A place where content is found: a container (folder, or URL up to its last slash) and a name in it. */
export interface Location {
  readonly container: string;
  readonly name: string;
  /** The exact bytes of a path that is not UTF-8; `container` and `name` then show `\xNN` for the odd ones. */
  readonly raw: Uint8Array | null;
}

/** What the catalog knows of a source from the last time it was read. */
export interface KnownSource {
  readonly id: number;
  readonly bytes: number | null;
  readonly mtimeMs: number | null;
  readonly seenKey: string | null;
  readonly assetId: number | null;
  readonly stored: number | null;
  readonly verdict: string | null;
  readonly errorCode: string | null;
  readonly errorMessage: string | null;
  readonly missingSince: number | null;
}

export interface Sources {
  /** The source at this location, made when it is new. */
  upsert(location: Location): KnownSource;
  /** Ids of the containers that lie at or below this folder. */
  containersBelow(folder: string): number[];
  /** Notes that the files of this container which a whole look at it, as this batch, did not come upon are gone. */
  markMissing(containerId: number, batchId: number, now: number): void;
  /** The path to open: text, or bytes where the name is not UTF-8. */
  pathOf(sourceId: number): string | Uint8Array;
}

export function createSources(db: Database.Database): Sources {
  const insertContainer = db.prepare<[string]>('INSERT INTO container (path) VALUES (?)');
  const findContainer = db.prepare<[string], number>('SELECT id FROM container WHERE path = ?').pluck();
  const insertSource = db.prepare<[number, string, Uint8Array | null]>('INSERT INTO source (container_id, name, raw_path) VALUES (?, ?, ?) ON CONFLICT DO NOTHING');
  const findSource = db.prepare<[number, string], KnownSource>(`
    SELECT s.id, s.bytes, s.mtime_ms AS mtimeMs, s.seen_key AS seenKey, s.asset_id AS assetId, a.stored,
      s.verdict, s.error_code AS errorCode, s.error_message AS errorMessage, s.missing_since AS missingSince
    FROM source s LEFT JOIN asset a ON a.id = s.asset_id WHERE s.container_id = ? AND s.name = ?`);
  const findPath = db.prepare<[number], { path: string; name: string; raw: Uint8Array | null }>(
    'SELECT c.path, s.name, s.raw_path AS raw FROM source s JOIN container c ON c.id = s.container_id WHERE s.id = ?');
  const unmarkMissing = db.prepare<[number]>('UPDATE source SET missing_since = NULL WHERE id = ?');
  const below = db.prepare<[string, number, string], number>(`SELECT id FROM container WHERE path = ? OR substr(path, 1, ?) = ?`).pluck();
  const missing = db.prepare<[number, number, number]>(`
    UPDATE source SET missing_since = ? WHERE container_id = ? AND missing_since IS NULL AND asset_id IS NOT NULL
    AND NOT EXISTS (SELECT 1 FROM job WHERE source_id = source.id AND batch_id = ?)`);

  function containerId(path: string): number {
    const known = findContainer.get(path);
    return known ?? Number(insertContainer.run(path).lastInsertRowid);
  }

  return {
    upsert({ container, name, raw }) {
      const id = containerId(container);
      const inserted = insertSource.run(id, name, raw);
      if (inserted.changes === 1) return { ...UNREAD, id: Number(inserted.lastInsertRowid) };
      const known = findSource.get(id, name);
      if (!known) throw new Error(`The source ${name} was neither found nor stored`);
      if (known.missingSince !== null) unmarkMissing.run(known.id);
      return known;
    },
    containersBelow(folder) {
      const prefix = folder.endsWith(sep) ? folder : folder + sep;
      return below.all(folder, prefix.length, prefix);
    },
    markMissing: (id, batchId, now) => { missing.run(now, id, batchId); },
    pathOf(sourceId) {
      const found = findPath.get(sourceId);
      if (!found) throw new Error(`There is no source ${sourceId}`);
      return found.raw ?? join(found.path, found.name);
    },
  };
}

const UNREAD: Omit<KnownSource, 'id'> = {
  bytes: null, mtimeMs: null, seenKey: null, assetId: null, stored: null, verdict: null, errorCode: null, errorMessage: null, missingSince: null,
};

/** How a location is shown and printed; the inverse of splitting at the last separator. */
export function shownLocation(container: string, name: string): string {
  return container.includes('://') ? container + name : join(container, name);
}
