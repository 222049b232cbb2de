import type Database from 'better-sqlite3';
import type { Level } from '../../../contract/index.ts';
import type { LinkInput, Veto } from './groups-linkage.ts';
import { NAME_DIGITS } from './groups-names.ts';
import { LEVEL_NUMBERS } from './pair-rows.ts';
import { areTwoExposures, type Exposure } from './pairs-facts.ts';

/** What the groups of a level are made of. */
export interface GroupMaterial extends LinkInput {
  readonly ids: readonly number[];
}

interface AssetRow extends Exposure { readonly key: string; readonly pixelCount: number; readonly bytes: number }
type PairColumns = [a: number, b: number, similarity: number, distance: number, whole: 'a' | 'b' | null];

/** Reads only the images that are alike to another, share their pixels, or lie in several places. */
export function createGroupLoader(db: Database.Database): (level: Level) => GroupMaterial {
  // As in `derivedOf`: a picture with a border, which holds the one without, was made of it.
  const pairs = db.prepare<[number]>(`
    SELECT a_id, b_id, similarity, distance, CASE WHEN relation = 'bordered' THEN CASE whole WHEN 'a' THEN 'b' WHEN 'b' THEN 'a' END ELSE whole END FROM pair WHERE level <= ?`).raw();
  // Kin by their looks may both be alike to a third: a brightened and a darkened copy seem recoloured beside each other.
  const unlike = db.prepare<[]>('SELECT a_id, b_id FROM pair WHERE level IS NULL AND kinship IS NULL').raw();
  const samePixels = db.prepare<[]>(`
    SELECT id, hex(pixel_sha256) FROM asset WHERE pixel_sha256 IN (SELECT pixel_sha256 FROM asset INDEXED BY asset_pixels WHERE pixel_sha256 IS NOT NULL GROUP BY pixel_sha256 HAVING count(*) > 1)`).raw();
  const highest = db.prepare<[], number | null>('SELECT max(id) FROM asset').pluck();
  const fileCounts = db.prepare<[]>('SELECT asset_id, count(*) FROM source INDEXED BY source_present WHERE asset_id IS NOT NULL AND missing_since IS NULL GROUP BY asset_id').raw();
  const find = db.prepare<[number], AssetRow>(`
    SELECT lower(hex(substr(sha256, 1, ${NAME_DIGITS / 2}))) AS key, width * height AS pixelCount, bytes, format, taken_at AS takenAt,
      CASE WHEN taken_at IS NOT NULL THEN nullif(concat_ws(' ', metadata ->> '$.cameraMake', metadata ->> '$.cameraModel'), '') END AS camera FROM asset WHERE id = ?`);
  const apart = db.prepare<[]>('SELECT x.id, y.id FROM not_duplicate n JOIN asset x ON x.sha256 = n.a_sha256 JOIN asset y ON y.sha256 = n.b_sha256').raw();

  return (level) => {
    const ids: number[] = [];
    const assets = { keys: [] as string[], pixels: [] as number[], files: [] as number[], pixelCounts: [] as number[], bytes: [] as number[], exposures: [] as number[] };
    const edges = { a: [] as number[], b: [] as number[], similarity: [] as number[], distance: [] as number[], whole: [] as number[] };
    const contradictions = { a: [] as number[], b: [] as number[] };
    const exposures = createNumbering();
    const count = (highest.get() ?? 0) + 1;
    const files = new Uint32Array(count);
    for (const [id, number] of fileCounts.iterate() as IterableIterator<[number, number]>) files[id] = number;
    // By id: place + 1, 0 where the image is not among them.
    const places = new Uint32Array(count);
    const placeOf = (id: number): number => {
      const known = places[id] ?? 0;
      if (known !== 0) return known - 1;
      const row = find.get(id);
      if (row === undefined) throw new Error(`The image ${id} is in a pair, and not in the catalog`);
      places[id] = ids.push(id);
      assets.keys.push(row.key);
      assets.pixels.push(-1);
      assets.files.push(files[id] ?? 0);
      assets.pixelCounts.push(row.pixelCount);
      assets.bytes.push(row.bytes);
      assets.exposures.push(exposures.numberOf(row));
      return ids.length - 1;
    };
    for (const [aId, bId, similarity, distance, whole] of pairs.iterate(LEVEL_NUMBERS[level]) as IterableIterator<PairColumns>) {
      edges.a.push(placeOf(aId));
      edges.b.push(placeOf(bId));
      edges.similarity.push(similarity);
      edges.distance.push(distance);
      edges.whole.push(whole === null ? 0 : whole === 'a' ? 1 : 2);
    }
    const numbers = new Map<string, number>();
    for (const [id, pixels] of samePixels.iterate() as IterableIterator<[number, string]>) {
      const number = numbers.get(pixels) ?? numbers.size;
      numbers.set(pixels, number);
      assets.pixels[placeOf(id)] = number;
    }
    for (const [id, number] of files.entries()) if (number > 1) placeOf(id);
    for (const [aId, bId] of level === 'exact' ? [] : unlike.iterate() as IterableIterator<[number, number]>) {
      const [a, b] = [places[aId] ?? 0, places[bId] ?? 0];
      if (a === 0 || b === 0) continue;
      contradictions.a.push(a - 1);
      contradictions.b.push(b - 1);
    }
    const vetoes = (apart.all() as [number, number][]).map(([a, b]): Veto => [(places[a] ?? 0) - 1, (places[b] ?? 0) - 1]).filter(([a, b]) => a !== -1 && b !== -1);
    return { ids, assets, edges, contradictions, vetoes, areApart: exposures.areApart };
  };
}

/** The same number for the same moment of the same camera: of these there are few in a group, however many its images. */
function createNumbering(): { readonly numberOf: (row: AssetRow) => number; readonly areApart: (exposure: number, other: number) => boolean } {
  const numbers = new Map<string, number>();
  const known: Exposure[] = [];
  return {
    numberOf({ format, camera, takenAt }) {
      const key = `${format} ${takenAt ?? ''} ${camera ?? ''}`;
      const number = numbers.get(key);
      if (number !== undefined) return number;
      numbers.set(key, known.length);
      return known.push({ format, camera, takenAt }) - 1;
    },
    areApart(exposure, other) {
      const [one, two] = [known[exposure], known[other]];
      return one !== undefined && two !== undefined && areTwoExposures(one, two);
    },
  };
}
