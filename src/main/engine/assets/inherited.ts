import type Database from 'better-sqlite3';
import type { Inherited, Metadata } from '../../../contract/index.ts';
import { shownLocation } from '../catalog/sources.ts';

type Field = Inherited['field'];

/** What an image says of itself, as far as it can be inherited. */
export interface Heritage {
  /** Milliseconds since 1970. */
  readonly takenAt: number | null;
  readonly metadata: Metadata;
  /** Columns of the list that named it. */
  readonly row: Readonly<Record<string, string>> | null;
}

export interface EffectiveMetadata {
  readonly takenAt: number | null;
  readonly metadata: Metadata;
  readonly inherited: Inherited[];
  readonly inheritedRow: Record<string, string> | null;
}

export interface Inheritance {
  /** An image's own data, and beneath it what it inherited: nothing of its own is ever covered. */
  complete(assetId: number, own: Pick<Heritage, 'takenAt' | 'metadata'>): EffectiveMetadata;
  /** Notes what an image has from a removed file, for those fields in which it has none of its own. */
  bequeath(keeperAssetId: number, keeperSourceId: number, itemId: number, removed: { readonly assetId: number; readonly sourceId: number }): void;
  /** Takes back what came from a file that is back itself. */
  revoke(itemId: number): void;
}

interface InheritedRow {
  readonly field: Field;
  readonly value: string;
  readonly fromAssetId: number;
  readonly container: string;
  readonly name: string;
  readonly operationId: number;
}

/** The texts, each taken from one image whole. */
const PLAIN = ['title', 'description', 'creator', 'copyright'] as const;

/**
 * An overlay of the catalog, never written into a file and never into the asset's own row, so that reading the file anew
 * leaves it as it is.
 */
export function createInheritance(db: Database.Database): Inheritance {
  const rowsOf = db.prepare<[number], InheritedRow>(`
    SELECT i.field, i.value, o.asset_id AS fromAssetId, c.path AS container, s.name, o.operation_id AS operationId
    FROM inherited i JOIN operation_item o ON o.id = i.item_id JOIN source s ON s.id = o.source_id JOIN container c ON c.id = s.container_id
    WHERE i.asset_id = ? ORDER BY i.item_id`);
  const ownOf = db.prepare<[number], { takenAt: number | null; metadata: string }>('SELECT taken_at AS takenAt, metadata FROM asset WHERE id = ?');
  const listRowOf = db.prepare<[number], string>('SELECT row FROM job WHERE source_id = ? AND row IS NOT NULL ORDER BY id DESC LIMIT 1').pluck();
  const insert = db.prepare<[number, number, Field, string]>('INSERT OR REPLACE INTO inherited (asset_id, item_id, field, value) VALUES (?, ?, ?, ?)');
  const remove = db.prepare<[number]>('DELETE FROM inherited WHERE item_id = ?');

  function complete(assetId: number, own: Pick<Heritage, 'takenAt' | 'metadata'>): EffectiveMetadata {
    const rows = rowsOf.all(assetId).filter(({ field }) => field === 'row' || !hasOwn(own, field));
    if (rows.length === 0) return { ...own, inherited: [], inheritedRow: null };
    const values = (field: Field): unknown[] => rows.filter((row) => row.field === field).map((row) => JSON.parse(row.value) as unknown);
    const dates = values('takenAt') as number[];
    const ratings = values('rating') as number[];
    const keywords = [...new Set((values('keywords') as string[][]).flat())].sort();
    const [position] = values('position') as Pick<Metadata, 'latitude' | 'longitude' | 'altitudeMetres'>[];
    const listRows = values('row') as Record<string, string>[];
    return {
      // The first date is the one nearest to the taking of the picture.
      takenAt: own.takenAt ?? (dates.length === 0 ? null : Math.min(...dates)),
      metadata: {
        ...own.metadata,
        ...Object.fromEntries(PLAIN.flatMap((field) => { const [first] = values(field); return first === undefined ? [] : [[field, first]]; })),
        ...ratings.length > 0 && { rating: Math.max(...ratings) },
        ...keywords.length > 0 && { keywords },
        ...position,
      },
      inherited: rows.map(({ field, fromAssetId, container, name, operationId }) => ({ field, fromAssetId, fromPath: shownLocation(container, name), operationId })),
      inheritedRow: listRows.length === 0 ? null : Object.assign({}, ...listRows.reverse()) as Record<string, string>,
    };
  }

  /** What an image can pass on: its own, and what it inherited itself. */
  function heritageOf(assetId: number, sourceId: number): Heritage | null {
    const own = ownOf.get(assetId);
    if (own === undefined) return null;
    const { takenAt, metadata, inheritedRow } = complete(assetId, { takenAt: own.takenAt, metadata: JSON.parse(own.metadata) as Metadata });
    const listRow = listRowOf.get(sourceId);
    const row = { ...inheritedRow, ...listRow === undefined ? {} : JSON.parse(listRow) as Record<string, string> };
    return { takenAt, metadata, row: Object.keys(row).length === 0 ? null : row };
  }

  return {
    complete,
    bequeath(keeperAssetId, keeperSourceId, itemId, removed) {
      const own = ownOf.get(keeperAssetId);
      const given = heritageOf(removed.assetId, removed.sourceId);
      if (own === undefined || given === null) return;
      const keeper = { takenAt: own.takenAt, metadata: JSON.parse(own.metadata) as Metadata };
      const { rating, keywords, latitude, longitude, altitudeMetres } = given.metadata;
      const give = (field: Field, value: unknown): void => {
        if (value !== undefined && value !== null && !hasOwn(keeper, field)) insert.run(keeperAssetId, itemId, field, JSON.stringify(value));
      };
      const columns = Object.fromEntries(Object.entries(given.row ?? {}).filter(([name, value]) => value !== '' && !hasColumn(keeperSourceId, name)));
      if (Object.keys(columns).length > 0) give('row', columns);
      // The same bytes say the same.
      if (removed.assetId === keeperAssetId) return;
      give('takenAt', given.takenAt);
      give('rating', rating);
      give('keywords', keywords?.length === 0 ? undefined : keywords);
      if (latitude !== undefined && longitude !== undefined) give('position', { latitude, longitude, ...altitudeMetres !== undefined && { altitudeMetres } });
      for (const field of PLAIN) give(field, given.metadata[field]);
    },
    revoke(itemId) { remove.run(itemId); },
  };

  function hasColumn(sourceId: number, name: string): boolean {
    const row = listRowOf.get(sourceId);
    return row !== undefined && ((JSON.parse(row) as Record<string, string>)[name] ?? '') !== '';
  }
}

function hasOwn({ takenAt, metadata }: Pick<Heritage, 'takenAt' | 'metadata'>, field: Field): boolean {
  switch (field) {
    case 'takenAt': return takenAt !== null;
    case 'keywords': return (metadata.keywords ?? []).length > 0;
    // Rating 0 is how cameras say that there is none.
    case 'rating': return (metadata.rating ?? 0) !== 0;
    case 'position': return metadata.latitude !== undefined;
    case 'row': return false;
    default: return metadata[field] !== undefined;
  }
}
