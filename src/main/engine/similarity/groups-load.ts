import type Database from 'better-sqlite3';
import type { Level } from '../../../contract/index.ts';
import type { GroupAssets, GroupEdges, Veto } from './groups-linkage.ts';
import { NAME_DIGITS } from './groups-names.ts';
import { LEVEL_NUMBERS } from './pair-rows.ts';

/** What the groups of a level are made of. */
export interface GroupMaterial {
  readonly ids: readonly number[];
  readonly assets: GroupAssets;
  readonly edges: GroupEdges;
  readonly vetoes: readonly Veto[];
}

interface AssetRow { readonly key: string; readonly pixelCount: number; readonly bytes: number; readonly files: number }
type PairColumns = [a: number, b: number, similarity: number, distance: number, whole: 'a' | 'b' | null];

/** Reads only the images that are alike to another, share their pixels, or lie in several places. */
export function createGroupLoader(db: Database.Database): (level: Level) => GroupMaterial {
  // The whole of a crop is what it was made of; a picture with a border, which holds the one without, is what was made.
  const pairs = db.prepare<[number]>(`
    SELECT a_id, b_id, similarity, distance, CASE WHEN relation = 'bordered' THEN CASE whole WHEN 'a' THEN 'b' WHEN 'b' THEN 'a' END ELSE whole END FROM pair WHERE level <= ?`).raw();
  const samePixels = db.prepare<[]>(`
    SELECT id, hex(pixel_sha256) FROM asset WHERE pixel_sha256 IN (SELECT pixel_sha256 FROM asset INDEXED BY asset_pixels WHERE pixel_sha256 IS NOT NULL GROUP BY pixel_sha256 HAVING count(*) > 1)`).raw();
  const severalFiles = db.prepare<[], number>(`
    SELECT asset_id FROM source INDEXED BY source_present WHERE asset_id IS NOT NULL AND missing_since IS NULL GROUP BY asset_id HAVING count(*) > 1`).pluck();
  const find = db.prepare<[number], AssetRow>(`
    SELECT lower(hex(substr(sha256, 1, ${NAME_DIGITS / 2}))) AS key, width * height AS pixelCount, bytes,
      (SELECT count(*) FROM source INDEXED BY source_present WHERE asset_id = asset.id AND missing_since IS NULL) AS files FROM asset WHERE id = ?`);
  const apart = db.prepare<[]>('SELECT x.id, y.id FROM not_duplicate n JOIN asset x ON x.sha256 = n.a_sha256 JOIN asset y ON y.sha256 = n.b_sha256').raw();

  return (level) => {
    const ids: number[] = [];
    const assets = { keys: [] as string[], pixels: [] as number[], files: [] as number[], pixelCounts: [] as number[], bytes: [] as number[] };
    const edges = { a: [] as number[], b: [] as number[], similarity: [] as number[], distance: [] as number[], whole: [] as number[] };
    const places = new Map<number, number>();
    /** Its place in the columns, −1 when no file shows it now. */
    const placeOf = (id: number): number => {
      const known = places.get(id);
      if (known !== undefined) return known;
      const row = find.get(id);
      const place = row === undefined || row.files === 0 ? -1 : ids.push(id) - 1;
      places.set(id, place);
      if (row === undefined || place === -1) return place;
      assets.keys.push(row.key);
      assets.pixels.push(-1);
      assets.files.push(row.files);
      assets.pixelCounts.push(row.pixelCount);
      assets.bytes.push(row.bytes);
      return place;
    };
    for (const [aId, bId, similarity, distance, whole] of pairs.iterate(LEVEL_NUMBERS[level]) as IterableIterator<PairColumns>) {
      const [a, b] = [placeOf(aId), placeOf(bId)];
      if (a === -1 || b === -1) continue;
      edges.a.push(a);
      edges.b.push(b);
      edges.similarity.push(similarity);
      edges.distance.push(distance);
      edges.whole.push(whole === null ? 0 : whole === 'a' ? 1 : 2);
    }
    const numbers = new Map<string, number>();
    for (const [id, pixels] of samePixels.iterate() as IterableIterator<[number, string]>) {
      const place = placeOf(id);
      const number = numbers.get(pixels) ?? numbers.size;
      numbers.set(pixels, number);
      if (place !== -1) assets.pixels[place] = number;
    }
    for (const id of severalFiles.iterate()) placeOf(id);
    const vetoes = (apart.all() as [number, number][]).map(([a, b]): Veto => [places.get(a) ?? -1, places.get(b) ?? -1]).filter(([a, b]) => a !== -1 && b !== -1);
    return { ids, assets, edges, vetoes };
  };
}
