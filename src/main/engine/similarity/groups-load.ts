import type Database from 'better-sqlite3';
import type { Level } from '../../../contract/index.ts';
import { createFactsReader } from './groups-facts.ts';
import type { GroupEdges, LinkInput, Veto } from './groups-linkage.ts';
import { createGroupPairs } from './groups-pairs.ts';
import { LEVEL_NUMBERS } from './pair-rows.ts';

/**
 * Reads what the groups of a level are made of: images by their ids. Of those that are alike to another, share their
 * pixels, or lie in several places it reads more than whether they are there. What has not changed since the last time
 * (the catalog counts that) is not read again: a million images take a second and a half, a veto among them nothing. Pairs,
 * of which there may be ten million, are read once, and then those that came since.
 */
export function createGroupLoader(db: Database.Database): (level: Level) => LinkInput {
  const counter = db.prepare<[string], number>('SELECT n FROM total WHERE key = ?').pluck();
  const highest = db.prepare<[], number | null>('SELECT max(id) FROM asset').pluck();
  const apart = db.prepare<[]>('SELECT x.id, y.id FROM not_duplicate n JOIN asset x ON x.sha256 = n.a_sha256 JOIN asset y ON y.sha256 = n.b_sha256').raw();
  const facts = createFactsReader(db);
  const since = (key: string): number => counter.get(key) ?? 0;
  const pairs = createGroupPairs(db);
  const pixels = remembered((length: number) => `${length} ${since('pixels-changed')}`, createPixelsReader(db));
  const files = remembered((length: number) => `${length} ${since('files-changed')}`, createFilesReader(db));

  return (level) => {
    const length = (highest.get() ?? 0) + 1;
    const columns = { edges: pairs.alike(LEVEL_NUMBERS[level]), pixels: pixels(length), files: files(length) };
    return {
      assets: { ...facts.of(havingCompany(length, columns)), pixels: columns.pixels, files: columns.files }, edges: columns.edges,
      contradictions: level === 'exact' ? { a: [], b: [] } : pairs.unlike(), vetoes: apart.all() as Veto[], areApart: (one, other) => facts.areApart(one, other),
    };
  };
}

/** The last answer again, as long as its key is the same. */
function remembered<Input, Value>(keyOf: (input: Input) => string, read: (input: Input) => Value): (input: Input) => Value {
  let held: { readonly key: string; readonly value: Value } | undefined;
  return (input) => {
    const key = keyOf(input);
    if (held?.key === key) return held.value;
    // What was held is let go of before its successor takes as much again.
    held = undefined;
    held = { key, value: read(input) };
    return held.value;
  };
}

/** By id: the same number for equal pixels, −1 for those that are alone with theirs. */
function createPixelsReader(db: Database.Database): (length: number) => Int32Array {
  const samePixels = db.prepare<[]>(`
    SELECT id, hex(pixel_sha256) FROM asset WHERE pixel_sha256 IN (SELECT pixel_sha256 FROM asset INDEXED BY asset_pixels WHERE pixel_sha256 IS NOT NULL GROUP BY pixel_sha256 HAVING count(*) > 1)`).raw();
  return (length) => {
    const pixels = new Int32Array(length).fill(-1);
    const numbers = new Map<string, number>();
    for (const [id, hash] of samePixels.iterate() as IterableIterator<[number, string]>) {
      const number = numbers.get(hash) ?? numbers.size;
      numbers.set(hash, number);
      pixels[id] = number;
    }
    return pixels;
  };
}

/** By id: how many files show it now. */
function createFilesReader(db: Database.Database): (length: number) => Uint32Array {
  // Nearly all have one: the others are told.
  const counts = db.prepare<[]>(`
    SELECT id, n FROM (SELECT id, (SELECT count(*) FROM source s INDEXED BY source_present WHERE s.asset_id = asset.id AND s.missing_since IS NULL) AS n FROM asset) WHERE n <> 1`).raw();
  return (length) => {
    const files = new Uint32Array(length).fill(1);
    for (const [id, number] of counts.iterate() as IterableIterator<[number, number]>) files[id] = number;
    return files;
  };
}

/** By id: 1 for images of which groups may be made. */
function havingCompany(length: number, { edges, pixels, files }: { readonly edges: GroupEdges; readonly pixels: Int32Array; readonly files: Uint32Array }): Uint8Array {
  const isWanted = new Uint8Array(length);
  for (let edge = 0; edge < edges.a.length; edge += 1) isWanted[edges.a[edge] ?? 0] = isWanted[edges.b[edge] ?? 0] = 1;
  for (let id = 0; id < length; id += 1) if (pixels[id] !== -1 || (files[id] ?? 0) > 1) isWanted[id] = 1;
  return isWanted;
}
