import type Database from 'better-sqlite3';
import type { Level } from '../../../contract/index.ts';
import { createFactsReader } from './groups-facts.ts';
import type { LinkInput, Veto } from './groups-linkage.ts';
import { LEVEL_NUMBERS } from './pair-rows.ts';

type PairColumns = [a: number, b: number, similarity: number | null, distance: number | null, whole: 'a' | 'b' | null];

/**
 * Reads what the groups of a level are made of: images by their ids. Of those that are alike to another, share their
 * pixels, or lie in several places it reads more than whether they are there.
 */
export function createGroupLoader(db: Database.Database): (level: Level) => LinkInput {
  // As in `derivedOf`: a picture with a border, which holds the one without, was made of it.
  const pairs = db.prepare<[number]>(`
    SELECT a_id, b_id, similarity, distance, CASE WHEN relation = 'bordered' THEN CASE whole WHEN 'a' THEN 'b' WHEN 'b' THEN 'a' END ELSE whole END FROM pair WHERE level <= ?`).raw();
  const pairCount = db.prepare<[number], number>('SELECT count(*) FROM pair WHERE level <= ?').pluck();
  // Kin by their looks may both be alike to a third: a brightened and a darkened copy seem recoloured beside each other.
  const unlike = db.prepare<[]>('SELECT a_id, b_id FROM pair WHERE level IS NULL AND kinship IS NULL').raw();
  const samePixels = db.prepare<[]>(`
    SELECT id, hex(pixel_sha256) FROM asset WHERE pixel_sha256 IN (SELECT pixel_sha256 FROM asset INDEXED BY asset_pixels WHERE pixel_sha256 IS NOT NULL GROUP BY pixel_sha256 HAVING count(*) > 1)`).raw();
  const highest = db.prepare<[], number | null>('SELECT max(id) FROM asset').pluck();
  // Nearly all have one file: the others are told.
  const fileCounts = db.prepare<[]>(`
    SELECT id, n FROM (SELECT id, (SELECT count(*) FROM source s INDEXED BY source_present WHERE s.asset_id = asset.id AND s.missing_since IS NULL) AS n FROM asset) WHERE n <> 1`).raw();
  const apart = db.prepare<[]>('SELECT x.id, y.id FROM not_duplicate n JOIN asset x ON x.sha256 = n.a_sha256 JOIN asset y ON y.sha256 = n.b_sha256').raw();
  const facts = createFactsReader(db);

  return (level) => {
    const length = (highest.get() ?? 0) + 1;
    const isWanted = new Uint8Array(length);
    const edges = createEdges(pairCount.get(LEVEL_NUMBERS[level]) ?? 0);
    let edge = 0;
    for (const [a, b, similarity, distance, whole] of pairs.iterate(LEVEL_NUMBERS[level]) as IterableIterator<PairColumns>) {
      edges.a[edge] = a;
      edges.b[edge] = b;
      edges.similarity[edge] = similarity ?? 0;
      edges.distance[edge] = distance ?? 256;
      edges.whole[edge] = whole === null ? 0 : whole === 'a' ? 1 : 2;
      isWanted[a] = isWanted[b] = 1;
      edge += 1;
    }
    const pixels = new Int32Array(length).fill(-1);
    const numbers = new Map<string, number>();
    for (const [id, hash] of samePixels.iterate() as IterableIterator<[number, string]>) {
      const number = numbers.get(hash) ?? numbers.size;
      numbers.set(hash, number);
      pixels[id] = number;
      isWanted[id] = 1;
    }
    const files = new Uint32Array(length).fill(1);
    for (const [id, number] of fileCounts.iterate() as IterableIterator<[number, number]>) {
      files[id] = number;
      if (number > 1) isWanted[id] = 1;
    }
    const contradictions = { a: [] as number[], b: [] as number[] };
    for (const [a, b] of level === 'exact' ? [] : unlike.iterate() as IterableIterator<[number, number]>) {
      if (isWanted[a] !== 1 || isWanted[b] !== 1) continue;
      contradictions.a.push(a);
      contradictions.b.push(b);
    }
    const vetoes = (apart.all() as Veto[]).filter(([a, b]) => isWanted[a] === 1 && isWanted[b] === 1);
    return { assets: { ...facts.of(isWanted), pixels, files }, edges, contradictions, vetoes, areApart: (one, other) => facts.areApart(one, other) };
  };
}

function createEdges(count: number) {
  return { a: new Uint32Array(count), b: new Uint32Array(count), similarity: new Float64Array(count), distance: new Uint16Array(count), whole: new Uint8Array(count) };
}
