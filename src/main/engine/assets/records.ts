import type Database from 'better-sqlite3';
import type { Asset, Metadata, Preset } from '../../../contract/index.ts';
import type { Reader } from '../catalog/reader.ts';
import type { Workspace } from '../catalog/workspace.ts';
import { ProofsheetError } from '../errors.ts';
import { shownLocation } from '../catalog/sources.ts';
import { renditionPath } from '../renditions/store.ts';
import { parseFilter } from './filter.ts';
import { FLAGS } from './flags.ts';
import { createInheritance } from './inherited.ts';

export interface AssetRecords {
  get(id: number): Asset;
  list(filter: string, after: number, limit: number): Promise<Asset[]>;
}

interface AssetRow {
  readonly id: number; readonly sha256: string; readonly pixelSha256: string | null; readonly format: string; readonly width: number; readonly height: number;
  readonly bytes: number; readonly orientation: number; readonly frames: number; readonly hasAlpha: number; readonly colorSpace: string; readonly takenAt: number | null;
  readonly category: string | null; readonly flags: string; readonly metadata: string; readonly score: number; readonly sharpness: number; readonly contrast: number;
  readonly brightness: number; readonly colorfulness: number; readonly resolution: number; readonly createdAt: number;
  readonly pdq: string; readonly pdqQuality: number; readonly phash: string; readonly dhash: string;
}

const SELECT = `
  SELECT a.id, lower(hex(a.sha256)) AS sha256, nullif(lower(hex(a.pixel_sha256)), '') AS pixelSha256, a.format, a.width, a.height, a.bytes, a.orientation,
    a.frames, a.has_alpha AS hasAlpha, a.color_space AS colorSpace, a.taken_at AS takenAt, a.category, ${FLAGS}, a.metadata, a.score, a.sharpness, a.contrast,
    a.brightness, a.colorfulness, a.resolution, a.created_at AS createdAt,
    lower(hex(substr(f.pdq, 1, 32))) AS pdq, f.pdq_quality AS pdqQuality, lower(hex(f.phash)) AS phash, lower(hex(f.dhash)) AS dhash
  FROM asset a JOIN fingerprint f ON f.asset_id = a.id`;

export function createAssetRecords(db: Database.Database, reader: Reader, workspace: Workspace): AssetRecords {
  const find = db.prepare<[number], AssetRow>(`${SELECT} WHERE a.id = ?`);
  const renditionsOf = db.prepare<[number], { preset: Preset; width: number; height: number; bytes: number }>(
    'SELECT preset, width, height, bytes FROM rendition WHERE asset_id = ? ORDER BY bytes');
  const sourcesOf = db.prepare<[number], { container: string; name: string }>(
    'SELECT c.path AS container, s.name FROM source s JOIN container c ON c.id = s.container_id WHERE s.asset_id = ? AND s.missing_since IS NULL ORDER BY s.id');
  const inheritance = createInheritance(db);

  function toAsset(row: AssetRow): Asset {
    const { score, sharpness, contrast, brightness, colorfulness, resolution, pdq, pdqQuality, phash, dhash, ...plain } = row;
    const { takenAt, metadata, inherited, inheritedRow } = inheritance.complete(row.id, { takenAt: row.takenAt, metadata: JSON.parse(row.metadata) as Metadata });
    return {
      ...plain, hasAlpha: row.hasAlpha === 1, takenAt: takenAt === null ? null : new Date(takenAt).toISOString(), createdAt: new Date(row.createdAt).toISOString(),
      flags: JSON.parse(row.flags) as string[], metadata, inherited, inheritedRow,
      quality: { score, sharpness, contrast, brightness, colorfulness, resolution }, hashes: { pdq, pdqQuality, phash, dhash },
      renditions: renditionsOf.all(row.id).map((rendition) => ({ ...rendition, path: renditionPath(workspace.renditions, row.sha256, rendition.preset) })),
      sources: sourcesOf.all(row.id).map(({ container, name }) => shownLocation(container, name)),
    };
  }

  return {
    get(id) {
      const row = find.get(id);
      if (!row) throw new ProofsheetError('not-found', `There is no asset ${id}.`);
      return toAsset(row);
    },
    async list(filter, after, limit) {
      const { sql, values } = parseFilter(filter);
      // Finding them may mean a look at every asset; telling of those that were found does not.
      const ids = await reader.ids(`SELECT a.id FROM asset a WHERE a.id > ? AND ${sql} ORDER BY a.id LIMIT ?`, [after, ...values, limit]);
      return Array.from(ids, (id) => find.get(id)).filter((row) => row !== undefined).map(toAsset);
    },
  };
}
