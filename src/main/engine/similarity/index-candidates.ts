import type Database from 'better-sqlite3';
import { haveSharedPart } from './features-geometry.ts';
import { createFeatureIndex } from './features-index.ts';
import { createHammingIndex } from './hamming-index.ts';
import { codeDistance, type Codes, evidenceDistance, type StoredFingerprint } from './index-distance.ts';
import { LEADERS } from './pairing-choice.ts';
import { PDQ_BYTES } from './pdq.ts';
import { CANDIDATE_DISTANCE, codesOf, indexCodesOf, MIN_QUALITY } from './variants.ts';

export interface Candidate {
  readonly assetId: number;
  /** Bits of 256 between the variants that fit best. */
  readonly distance: number;
}

/** An image that waits to be compared, and with what. */
export interface PendingAsset {
  readonly assetId: number;
  readonly candidates: readonly Candidate[];
  /** Images without a fingerprint that says anything, of one size with it: equal pixels are all that can be told of them. */
  readonly sameSize: readonly number[];
}

export interface Candidates {
  /** The next images that wait, in the order of their ids, at most so many. */
  pending(limit: number): readonly PendingAsset[];
  /** What may look like this picture, which need not be in the catalog. */
  of(fingerprint: StoredFingerprint): readonly Candidate[];
  readonly counts: () => { readonly codes: number; readonly distinct: number; readonly bytes: number };
}

/** Of more candidates than these only the nearest are told, and the largest, which lead the others. */
const MAX_CANDIDATES = 128;
/** Rows of a family are needed by each of it: some 3 kB each with its codes. */
const HELD_ROWS = 4096;
/** Of the pictures that share local features, those that share most. */
const MAX_PARTS = 64;
/** Below, a picture may be without codes while its twin, decoded another way, has some. */
const FLAT_QUALITY = MIN_QUALITY + 3;

interface Row extends StoredFingerprint { readonly assetId: number }
interface FullRow extends Row { readonly sha256: string; readonly pixelCount: number }
interface HeldRow extends FullRow { readonly codes: Codes }

/**
 * The codes of the whole catalog in memory, read when they are first asked for and extended as images come. Candidates
 * are a matter of two fingerprints alone: whichever of two images came first, and whatever else is there, they find each
 * other or they do not.
 */
export function createCandidates(db: Database.Database): Candidates {
  const columns = 'asset_id AS assetId, pdq, pdq_quality AS pdqQuality, variants, features, hex(sha256) AS sha256, asset.width * asset.height AS pixelCount';
  const after = db.prepare<[number], Row>(`
    SELECT asset_id AS assetId, substr(pdq, 1, ${PDQ_BYTES}) AS pdq, pdq_quality AS pdqQuality, variants, features FROM fingerprint WHERE asset_id > ? ORDER BY asset_id`);
  const waiting = db.prepare<[number], FullRow>(`SELECT ${columns} FROM fingerprint JOIN asset ON asset.id = asset_id WHERE paired = 0 ORDER BY asset_id LIMIT ?`);
  const byId = db.prepare<[number], FullRow>(`SELECT ${columns} FROM fingerprint JOIN asset ON asset.id = asset_id WHERE asset_id = ?`);
  const sizeOf = db.prepare<[number], { width: number; height: number }>('SELECT width, height FROM asset WHERE id = ?');
  const isUnhashed = db.prepare<[number], number>('SELECT 1 FROM asset WHERE id = ? AND pixel_sha256 IS NULL').pluck();
  const index = createHammingIndex();
  const parts = createFeatureIndex();
  const flatBySize = new Map<string, { readonly ids: number[]; answered: number }>();
  const held = new Map<number, HeldRow>();
  let loadedTo = 0;

  function hold(row: FullRow): HeldRow {
    const made: HeldRow = { ...row, codes: codesOf(row) };
    held.delete(row.assetId);
    held.set(row.assetId, made);
    for (const oldest of held.keys()) {
      if (held.size <= HELD_ROWS) break;
      held.delete(oldest);
    }
    return made;
  }

  function rowOf(assetId: number): HeldRow | undefined {
    const known = held.get(assetId);
    if (known !== undefined) return known;
    const row = byId.get(assetId);
    return row === undefined ? undefined : hold(row);
  }

  function byContent(a: number, b: number): number {
    return (rowOf(a)?.sha256 ?? '') < (rowOf(b)?.sha256 ?? '') ? -1 : 1;
  }

  function load(): void {
    for (const row of after.iterate(loadedTo)) {
      loadedTo = row.assetId;
      addCodes(row);
      if (row.pdqQuality < FLAT_QUALITY) addFlat(row.assetId);
    }
  }

  function addCodes(row: Row): void {
    for (const code of indexCodesOf(row)) index.add(row.assetId, code);
    parts.add(row.assetId, row.features);
  }

  function addFlat(assetId: number): void {
    const key = sizeKey(assetId);
    const known = flatBySize.get(key);
    if (known === undefined) flatBySize.set(key, { ids: [assetId], answered: 0 });
    else known.ids.push(assetId);
  }

  function sizeKey(assetId: number): string {
    const size = sizeOf.get(assetId);
    return `${size?.width ?? 0}×${size?.height ?? 0}`;
  }

  /** A picture that was taken in anew may have other codes than those it is known by. */
  function refresh(row: Row): void {
    if (indexCodesOf(row).every((code) => index.has(row.assetId, code)) && parts.has(row.assetId, row.features)) return;
    index.remove(row.assetId);
    parts.remove(row.assetId);
    addCodes(row);
  }

  /** For each fingerprint, the images that one of its codes is near to, with the distance. */
  function near(rows: readonly StoredFingerprint[]): Map<number, number>[] {
    const queries: Uint8Array[] = [];
    const askedBy: number[] = [];
    for (const [at, row] of rows.entries()) {
      for (const { code } of codesOf(row).query) {
        queries.push(code);
        askedBy.push(at);
      }
    }
    const found = rows.map(() => new Map<number, number>());
    index.find(queries, CANDIDATE_DISTANCE, (query, owner, distance) => {
      const nearest = found[askedBy[query] ?? 0];
      if (nearest === undefined || (nearest.get(owner) ?? Infinity) <= distance) return;
      nearest.set(owner, distance);
      // In a flood the far ones are let go of before they fill the memory.
      if (nearest.size > 16 * MAX_CANDIDATES) letGo(nearest);
    });
    for (const [at, { features }] of rows.entries()) {
      const nearest = found[at];
      for (const { slot } of parts.query(features, MAX_PARTS, byContent)) if (nearest?.has(slot) === false) nearest.set(slot, Infinity);
    }
    return found;
  }

  function letGo(nearest: Map<number, number>): void {
    const all = [...nearest.keys()].flatMap((assetId) => rowOf(assetId) ?? []).map((row) => ({ row, distance: nearest.get(row.assetId) ?? 0 }));
    const kept = new Set(nearestAndLargest(all, 4 * MAX_CANDIDATES).map(({ row }) => row.assetId));
    for (const owner of nearest.keys()) if (!kept.has(owner)) nearest.delete(owner);
  }

  /** By the codes both ways, since the mirror image of a picture's hash is not quite the hash of its mirror image; or by a part that both show. */
  function confirm(row: StoredFingerprint, self: number | null, found: ReadonlyMap<number, number>): readonly Candidate[] {
    const candidates: { readonly row: HeldRow; readonly distance: number }[] = [];
    const codes = (self === null ? undefined : held.get(self)?.codes) ?? codesOf(row);
    for (const assetId of found.keys()) {
      const other = assetId === self ? undefined : rowOf(assetId);
      const distance = other === undefined ? null : codeDistance(codes, other.codes) ?? (haveSharedPart(row.features, other.features) ? evidenceDistance(codes, other.codes) : null);
      if (other !== undefined && distance !== null) candidates.push({ row: other, distance });
    }
    return nearestAndLargest(candidates, MAX_CANDIDATES).map(({ row: { assetId }, distance }) => ({ assetId, distance }));
  }

  /** This one and all before it that were not answered with yet: a size's images are gone through once. */
  function sameSize(row: Row): readonly number[] {
    if (row.pdqQuality >= FLAT_QUALITY) return [];
    const group = flatBySize.get(sizeKey(row.assetId));
    if (group === undefined || group.ids.length < 2) return [];
    const fresh = group.ids.slice(group.answered);
    group.answered = group.ids.length;
    return [...new Set([...fresh, row.assetId])].filter((id) => isUnhashed.get(id) === 1);
  }

  return {
    pending(limit) {
      load();
      const rows = waiting.all(limit);
      for (const row of rows) {
        refresh(row);
        hold(row);
      }
      const found = near(rows);
      return rows.map((row, at) => ({ assetId: row.assetId, candidates: confirm(row, row.assetId, found[at] ?? new Map()), sameSize: sameSize(row) }));
    },
    of(fingerprint) {
      load();
      const [found] = near([fingerprint]);
      return confirm(fingerprint, null, found ?? new Map());
    },
    counts() {
      const { codes, distinct, bytes } = index.counts();
      return { codes, distinct, bytes: bytes + parts.counts().bytes };
    },
  };
}

/** In the order of their distance; of equal ones, and of sizes, by content. */
function nearestAndLargest<Found extends { readonly row: FullRow; readonly distance: number }>(found: readonly Found[], count: number): readonly Found[] {
  const ordered = found.toSorted((a, b) => a.distance - b.distance || (a.row.sha256 < b.row.sha256 ? -1 : 1));
  if (ordered.length <= count) return ordered;
  const far = ordered.splice(count);
  return [...ordered, ...far.sort((a, b) => b.row.pixelCount - a.row.pixelCount || (a.row.sha256 < b.row.sha256 ? -1 : 1)).slice(0, LEADERS)];
}
