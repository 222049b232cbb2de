import type Database from 'better-sqlite3';
import type { ComparisonFailure, SimilarityStatus } from '../../../contract/index.ts';
import { shownLocation } from '../catalog/sources.ts';
import { evidenceDistance, type StoredFingerprint } from './index-distance.ts';
import { PAIR_COLUMNS, type PairRow } from './pair-rows.ts';
import { codesOf } from './variants.ts';

/** The rows that the comparison reads and writes, each of them found by a key: on the engine's thread nothing is searched. */
export interface PairingStore {
  status(): SimilarityStatus;
  fingerprintOf(assetId: number): StoredFingerprint | undefined;
  rowOf(a: number, b: number): PairRow | undefined;
  rowsOf(assetId: number): readonly PairRow[];
  pixelsOf(assetId: number): string | null;
  /** Other images of equal pixels. */
  samePixels(assetId: number): readonly number[];
  /** An image of equal pixels, decoded the same way, that has been compared already: what holds of it holds of this one. */
  hasComparedTwin(assetId: number): boolean;
  distanceOf(a: number, b: number): number;
  insert(row: PairRow): void;
  /** Has it still to be compared. */
  isWaiting(assetId: number): boolean;
  /** Null: the hash is wanted, and the file cannot be read now. */
  setPixels(assetId: number, hash: string | null): void;
  wantedHashes(): readonly number[];
  setPaired(assetId: number, failure: string | null): void;
  dropCard(assetId: number): void;
  failures(limit: number): readonly ComparisonFailure[];
}

/** A picture that lies there in more forms than these is known well enough by so many. */
const MAX_TWINS = 64;
/** So many are tried again at one time, now these, now those. */
const MAX_WANTED = 200;

export function createPairingStore(db: Database.Database): PairingStore {
  const assets = db.prepare<[], number>(`SELECT n FROM total WHERE key = 'assets'`).pluck();
  const pending = db.prepare<[], number>('SELECT count(*) FROM fingerprint INDEXED BY fingerprint_pending WHERE paired = 0').pluck();
  const failed = db.prepare<[], number>('SELECT count(*) FROM fingerprint INDEXED BY fingerprint_failed WHERE paired = 2').pluck();
  const fingerprint = db.prepare<[number], StoredFingerprint>('SELECT pdq, pdq_quality AS pdqQuality, variants, features FROM fingerprint WHERE asset_id = ?');
  const row = db.prepare<[number, number], PairRow>(`SELECT ${PAIR_COLUMNS} FROM pair WHERE a_id = ? AND b_id = ?`);
  const rows = db.prepare<[number, number], PairRow>(
    `SELECT ${PAIR_COLUMNS} FROM pair WHERE a_id = ? UNION ALL SELECT ${PAIR_COLUMNS} FROM pair INDEXED BY pair_b WHERE b_id = ?`);
  const pixels = db.prepare<[number], string | null>(`SELECT nullif(lower(hex(pixel_sha256)), '') FROM asset WHERE id = ?`).pluck();
  const twins = db.prepare<[number], number>(`
    SELECT y.id FROM asset x JOIN asset y INDEXED BY asset_pixels ON y.pixel_sha256 = x.pixel_sha256 AND y.id <> x.id WHERE x.id = ? AND x.pixel_sha256 IS NOT NULL LIMIT ${MAX_TWINS}`).pluck();
  const comparedTwin = db.prepare<[number], number>(`
    SELECT 1 FROM asset x JOIN asset y INDEXED BY asset_pixels ON y.pixel_sha256 = x.pixel_sha256 AND y.id <> x.id AND y.format = x.format
    JOIN fingerprint f ON f.asset_id = y.id AND f.paired = 1 WHERE x.id = ? AND x.pixel_sha256 IS NOT NULL LIMIT 1`).pluck();
  const insert = db.prepare<[PairRow]>(`
    INSERT INTO pair (a_id, b_id, level, relation, transform, whole, distance, similarity, kinship)
    VALUES (@aId, @bId, @level, @relation, @transform, @whole, @distance, @similarity, @kinship) ON CONFLICT DO NOTHING`);
  const setPixels = db.prepare<[Uint8Array, number]>('UPDATE asset SET pixel_sha256 = ? WHERE id = ?');
  const want = db.prepare<[number]>('UPDATE fingerprint SET hash_wanted = 1 WHERE asset_id = ?');
  const unwant = db.prepare<[number]>('UPDATE fingerprint SET hash_wanted = 0 WHERE asset_id = ? AND hash_wanted = 1');
  const wanted = db.prepare<[], number>(`SELECT asset_id FROM fingerprint INDEXED BY fingerprint_hash_wanted WHERE hash_wanted = 1 ORDER BY random() LIMIT ${MAX_WANTED}`).pluck();
  const dropCard = db.prepare<[number]>(`DELETE FROM rendition WHERE asset_id = ? AND preset = 'card'`);
  const waiting = db.prepare<[number], number>('SELECT 1 FROM fingerprint WHERE asset_id = ? AND paired = 0').pluck();
  const failures = db.prepare<[number], { assetId: number; name: string; container: string | null; file: string | null; reason: string }>(`
    SELECT f.asset_id AS assetId, a.name, c.path AS container, s.name AS file, coalesce(f.pairing_error, '') AS reason
    FROM fingerprint f INDEXED BY fingerprint_failed JOIN asset a ON a.id = f.asset_id
    LEFT JOIN source s ON s.id = (SELECT min(id) FROM source INDEXED BY source_present WHERE asset_id = f.asset_id AND missing_since IS NULL)
    LEFT JOIN container c ON c.id = s.container_id WHERE f.paired = 2 ORDER BY f.asset_id LIMIT ?`);
  const setPaired = db.prepare<[number, string | null, number]>('UPDATE fingerprint SET paired = ?, pairing_error = ? WHERE asset_id = ?');

  const rowsOf = (assetId: number): readonly PairRow[] => rows.all(assetId, assetId);
  const samePixels = (assetId: number): readonly number[] => twins.all(assetId);
  return {
    status() {
      const counts = { pending: pending.get() ?? 0, failed: failed.get() ?? 0 };
      return { ...counts, compared: Math.max(0, (assets.get() ?? 0) - counts.pending - counts.failed) };
    },
    fingerprintOf: (assetId) => fingerprint.get(assetId),
    rowOf: (a, b) => row.get(Math.min(a, b), Math.max(a, b)),
    rowsOf,
    pixelsOf: (assetId) => pixels.get(assetId) ?? null,
    samePixels,
    hasComparedTwin: (assetId) => comparedTwin.get(assetId) === 1,
    distanceOf(a, b) {
      const [one, other] = [fingerprint.get(a), fingerprint.get(b)];
      return one && other ? evidenceDistance(codesOf(one), codesOf(other)) : 256;
    },
    isWaiting: (assetId) => waiting.get(assetId) === 1,
    insert: (pair) => { insert.run(pair); },
    setPixels(assetId, hash) {
      if (hash !== null) setPixels.run(Buffer.from(hash, 'hex'), assetId);
      (hash === null ? want : unwant).run(assetId);
    },
    wantedHashes: () => wanted.all(),
    dropCard: (assetId) => { dropCard.run(assetId); },
    failures: (limit) => failures.all(limit).map(({ assetId, name, container, file, reason }) => ({ assetId, path: container === null || file === null ? name : shownLocation(container, file), reason })),
    setPaired: (assetId, failure) => { setPaired.run(failure === null ? 1 : 2, failure, assetId); },
  };
}
