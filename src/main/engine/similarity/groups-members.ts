import type Database from 'better-sqlite3';
import type { GroupMember, PairEvidence } from '../../../contract/index.ts';
import { shownLocation } from '../catalog/sources.ts';
import { evidenceFrom, PAIR_COLUMNS, SAME_BYTES, SAME_PIXELS, type PairRow } from './pair-rows.ts';

interface Member { readonly id: number; readonly sha256: string; readonly pixels: string | null }
interface File { readonly id: number; readonly container: string; readonly name: string }

/** Reads the files of a group, the reference's first: each with what was done to the reference to get it. */
export function createGroupMembers(db: Database.Database): (assetIds: Uint32Array) => GroupMember[] {
  const assetOf = db.prepare<[number], Member>(`SELECT id, lower(hex(sha256)) AS sha256, nullif(hex(pixel_sha256), '') AS pixels FROM asset WHERE id = ?`);
  const filesOf = db.prepare<[number], File>(`
    SELECT s.id, c.path AS container, s.name FROM source s INDEXED BY source_present JOIN container c ON c.id = s.container_id
    WHERE s.asset_id = ? AND s.missing_since IS NULL ORDER BY c.path, s.name, s.id`);
  const pairOf = db.prepare<[number, number], PairRow>(`SELECT ${PAIR_COLUMNS} FROM pair WHERE a_id = ? AND b_id = ?`);

  const samePixels = db.prepare<[number], number>('SELECT y.id FROM asset x JOIN asset y INDEXED BY asset_pixels ON y.pixel_sha256 = x.pixel_sha256 WHERE x.id = ? ORDER BY y.sha256').pluck();
  /** Itself and all of its pixels, also those without a file. */
  const twinsOf = ({ id, pixels }: Member): readonly number[] => (pixels === null ? [id] : samePixels.all(id));

  const evidenceBetween = (reference: number, member: number): PairEvidence | null => {
    const row = pairOf.get(Math.min(reference, member), Math.max(reference, member));
    // The kinship of two files is no matter of others with their pixels, of which these two may be.
    return row === undefined ? null : evidenceFrom({ ...row, kinship: null }, reference);
  };

  return (assetIds) => {
    const members = Array.from(assetIds, (id) => assetOf.get(id)).filter((member) => member !== undefined);
    const [reference] = members;
    if (reference === undefined) return [];
    /** Between images of equal pixels one was compared with the other's class: what holds of it holds of all. */
    const evidenceOf = (member: Member): PairEvidence => {
      if (member.id === reference.id) return SAME_BYTES;
      if (member.pixels !== null && member.pixels === reference.pixels) return SAME_PIXELS;
      const own = evidenceBetween(reference.id, member.id);
      if (own !== null) return own;
      for (const here of twinsOf(reference)) {
        for (const there of twinsOf(member)) {
          const evidence = evidenceBetween(here, there);
          if (evidence !== null) return evidence;
        }
      }
      throw new Error(`The images ${reference.id} and ${member.id} are in one group without ever having been compared`);
    };
    return members.flatMap((member) => {
      const { level: _, ...evidence } = evidenceOf(member);
      return filesOf.all(member.id).map((file, at): GroupMember => ({
        assetId: member.id, sourceId: file.id, sha256: member.sha256, path: shownLocation(file.container, file.name), isReference: member.id === reference.id && at === 0, ...evidence,
      }));
    });
  };
}
