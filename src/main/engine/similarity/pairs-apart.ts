import type Database from 'better-sqlite3';
import { ProofsheetError } from '../errors.ts';

export interface NotDuplicates {
  /** Notes by content that these are no duplicates of each other, or takes it back; answers those that this changed. */
  set(pairs: readonly AssetPair[], value: boolean): AssetPair[];
}

interface AssetPair { readonly a: number; readonly b: number }

/** What the user has said of two contents. It outlives their files, and holds again when they come back. */
export function createNotDuplicates(db: Database.Database, now: () => number): NotDuplicates {
  const shaOf = db.prepare<[number], Buffer>('SELECT sha256 FROM asset WHERE id = ?').pluck();
  const insert = db.prepare<[Buffer, Buffer, number]>('INSERT INTO not_duplicate (a_sha256, b_sha256, created_at) VALUES (?, ?, ?) ON CONFLICT DO NOTHING');
  const remove = db.prepare<[Buffer, Buffer]>('DELETE FROM not_duplicate WHERE a_sha256 = ? AND b_sha256 = ?');

  function contentOf(assetId: number): Buffer {
    const sha256 = shaOf.get(assetId);
    if (!sha256) throw new ProofsheetError('not-found', `There is no asset ${assetId}.`);
    return sha256;
  }

  const set = db.transaction((pairs: readonly AssetPair[], value: boolean): AssetPair[] =>
    pairs.filter(({ a, b }) => {
      if (a === b) throw new ProofsheetError('bad-input', `Asset ${a} cannot be told from itself: files of the same bytes are one image.`);
      const [low, high] = [contentOf(a), contentOf(b)].sort((one, other) => one.compare(other)) as [Buffer, Buffer];
      return (value ? insert.run(low, high, now()) : remove.run(low, high)).changes > 0;
    }));
  return { set: (pairs, value) => set.immediate(pairs, value) };
}
