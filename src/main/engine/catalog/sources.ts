import { join, sep } from 'node:path';
import type Database from 'better-sqlite3';
import { RENDITION_PRESETS } from '../../../contract/presets.ts';

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
  /** The pipeline that made the asset's renditions; null when it does not have all of them. */
  readonly pipeline: number | null;
  readonly verdict: string | null;
  readonly errorCode: string | null;
  readonly errorMessage: string | null;
  readonly missingSince: number | null;
}

export interface Sources {
  /** The source at this location, null when there was never one; no longer missing if something `isThere` now. */
  see(location: Location, isThere: boolean): KnownSource | null;
  /** The same, made when it is new. */
  upsert(location: Location, isThere: boolean): KnownSource;
  /** Paths of the containers that lie at or below this folder. */
  containersBelow(folder: string): string[];
  /**
   * Notes that the files of this container are gone, except those that a whole look at it came upon.
   * @returns how many files that were there before
   */
  markMissing(container: string, seen: ReadonlySet<number>, now: number): number;
  /** Names an image as the first of its files that are there is called; as the last that was, when none is. */
  nameAsset(assetId: number): void;
  /** The path to open: text, or bytes where the name is not UTF-8. The address of what lies on the web. */
  pathOf(sourceId: number): string | Uint8Array;
  /** The number under which the catalog knows a host, `example.com:8080`. */
  hostId(name: string): number;
}

export function createSources(db: Database.Database): Sources {
  const insertContainer = db.prepare<[string]>('INSERT INTO container (path) VALUES (?)');
  const findContainer = db.prepare<[string], number>('SELECT id FROM container WHERE path = ?').pluck();
  const insertSource = db.prepare<[number, string, Uint8Array | null]>('INSERT INTO source (container_id, name, raw_path) VALUES (?, ?, ?)');
  // Two statements, since a join costs five times as much where there is nothing to join: with each new file.
  const findSource = db.prepare<[string, string, number], Omit<KnownSource, 'stored' | 'pipeline'>>(`
    SELECT id, bytes, mtime_ms AS mtimeMs, seen_key AS seenKey, asset_id AS assetId, verdict, error_code AS errorCode, error_message AS errorMessage,
      missing_since AS missingSince FROM source WHERE container_id = (SELECT id FROM container WHERE path = ?) AND name = ? AND (raw_path IS NOT NULL) = ?`);
  const findAsset = db.prepare<[number], Pick<KnownSource, 'stored' | 'pipeline'>>(
    `SELECT stored, (SELECT min(pipeline) FROM rendition WHERE asset_id = asset.id HAVING count(*) = ${Object.keys(RENDITION_PRESETS).length}) AS pipeline FROM asset WHERE id = ?`);
  const findPath = db.prepare<[number], { path: string; name: string; raw: Uint8Array | null }>(
    'SELECT c.path, s.name, s.raw_path AS raw FROM source s JOIN container c ON c.id = s.container_id WHERE s.id = ?');
  const unmarkMissing = db.prepare<[number]>('UPDATE source SET missing_since = NULL WHERE id = ?');
  // A range over the index of paths. The character after the separator in the order of bytes ends it.
  const below = db.prepare<[string, string, string], string>('SELECT path FROM container WHERE path = ? OR (path >= ? AND path < ?)').pluck();
  const present = db.prepare<[string], number>(
    'SELECT id FROM source WHERE container_id = (SELECT id FROM container WHERE path = ?) AND missing_since IS NULL AND asset_id IS NOT NULL').pluck();
  const setMissing = db.prepare<[number, number], number | null>('UPDATE source SET missing_since = ? WHERE id = ? RETURNING asset_id').pluck();
  const findHost = db.prepare<[string], number>('SELECT id FROM host WHERE name = ?').pluck();
  const insertHost = db.prepare<[string]>('INSERT INTO host (name) VALUES (?)');
  const rename = db.prepare<[number]>(`
    UPDATE asset SET name = coalesce((SELECT iif(c.path LIKE '%://%' AND instr(s.name, '?') > 1, substr(s.name, 1, instr(s.name, '?') - 1), s.name) FROM source s JOIN container c ON c.id = s.container_id WHERE s.asset_id = asset.id AND s.missing_since IS NULL ORDER BY s.id LIMIT 1), name) WHERE id = ?`);

  function containerId(path: string): number {
    const known = findContainer.get(path);
    return known ?? Number(insertContainer.run(path).lastInsertRowid);
  }

  function see({ container, name, raw }: Location, isThere: boolean): KnownSource | null {
    const known = findSource.get(container, name, Number(raw !== null));
    if (known === undefined) return null;
    if (isThere && known.missingSince !== null) unmarkMissing.run(known.id);
    return { ...NO_ASSET, ...known, ...known.assetId !== null && findAsset.get(known.assetId) };
  }

  return {
    see,
    upsert(location, isThere) {
      const { container, name, raw } = location;
      return see(location, isThere) ?? { ...UNREAD, id: Number(insertSource.run(containerId(container), name, raw).lastInsertRowid) };
    },
    containersBelow(folder) {
      const prefix = folder.endsWith(sep) ? folder : folder + sep;
      return below.all(folder, prefix, prefix.slice(0, -1) + String.fromCharCode(sep.charCodeAt(0) + 1));
    },
    markMissing: db.transaction((container: string, seen: ReadonlySet<number>, now: number) => {
      const gone = present.all(container).filter((id) => !seen.has(id));
      for (const id of gone) {
        const assetId = setMissing.get(now, id);
        if (typeof assetId === 'number') rename.run(assetId);
      }
      return gone.length;
    }),
    nameAsset(assetId) { rename.run(assetId); },
    pathOf(sourceId) {
      const found = findPath.get(sourceId);
      if (!found) throw new Error(`There is no source ${sourceId}`);
      return found.raw ?? shownLocation(found.path, found.name);
    },
    hostId(name) {
      return findHost.get(name) ?? Number(insertHost.run(name).lastInsertRowid);
    },
  };
}

const NO_ASSET = { stored: null, pipeline: null } as const;
const UNREAD: Omit<KnownSource, 'id'> = {
  ...NO_ASSET, bytes: null, mtimeMs: null, seenKey: null, assetId: null, verdict: null, errorCode: null, errorMessage: null, missingSince: null,
};

/** How a location is shown and printed; the inverse of splitting at the last separator. */
export function shownLocation(container: string, name: string): string {
  return container.includes('://') ? container + name : join(container, name);
}
