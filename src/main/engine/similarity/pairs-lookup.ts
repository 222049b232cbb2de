import { basename, extname } from 'node:path';
import type Database from 'better-sqlite3';
import { errorCodeSchema, type Kinship, type PairEvidence, type SimilarHit } from '../../../contract/index.ts';
import { shownLocation } from '../catalog/sources.ts';
import { errorCodeOf, ProofsheetError } from '../errors.ts';
import type { TaskRunner } from '../tasks/pool.ts';
import { lookAtFileTask, type FileLook } from './look-at-file-task.ts';
import { derivedOf, evidenceFrom, type PairRow, SAME_BYTES, SAME_PIXELS } from './pair-rows.ts';
import { byContent, type PairComparer, rowFrom } from './pairing-compare.ts';
import type { PairingStore } from './pairing-store.ts';
import { verifyInPool } from './pairing-verify.ts';
import { type AssetFacts, isRaw } from './pairs-facts.ts';
import type { SimilarityThreads } from './similarity-threads.ts';
import type { Card } from './verify-pairs-task.ts';

export interface LookupDependencies {
  readonly db: Database.Database;
  readonly store: PairingStore;
  readonly factsOf: (assetId: number) => AssetFacts | undefined;
  readonly candidates: SimilarityThreads['candidates'];
  readonly comparer: PairComparer;
  readonly pool: TaskRunner;
}

export interface Related { readonly assetId: number; readonly sha256: string; readonly path: string; readonly kinship: Kinship }
export interface PairFinding { readonly evidence: PairEvidence | null; readonly derived: number | null; readonly kinship: Kinship | null; readonly isNotDuplicate: boolean }

export interface Lookup {
  findAsset(assetId: number, limit: number): Promise<SimilarHit[]>;
  /** @throws ProofsheetError when the file is not there, or no image that can be read */
  findFile(path: string, limit: number): Promise<SimilarHit[]>;
  related(assetId: number): Related[];
  pair(a: number, b: number): Promise<PairFinding>;
}

/** The image that is asked about, where it is not one of the catalog. */
const OUTSIDE = 0;
const AT_ONCE = 4;

export function createLookup({ db, store, factsOf, candidates, comparer, pool }: LookupDependencies): Lookup {
  const placeOf = db.prepare<[number], { container: string; name: string }>(`
    SELECT c.path AS container, s.name FROM source s INDEXED BY source_present JOIN container c ON c.id = s.container_id
    WHERE s.asset_id = ? AND s.missing_since IS NULL ORDER BY c.path, s.name LIMIT 1`);
  const isPending = db.prepare<[number], number>('SELECT 1 FROM fingerprint WHERE asset_id = ? AND paired = 0').pluck();
  const withContent = db.prepare<[Uint8Array], number>('SELECT id FROM asset WHERE sha256 = ?').pluck();
  const withPixels = db.prepare<[Uint8Array], number>('SELECT id FROM asset INDEXED BY asset_pixels WHERE pixel_sha256 = ?').pluck();
  const isApart = db.prepare<[Uint8Array, Uint8Array], number>('SELECT 1 FROM not_duplicate WHERE a_sha256 = ? AND b_sha256 = ?').pluck();
  const beside = createBeside(db);

  function requireFacts(assetId: number): AssetFacts {
    const facts = factsOf(assetId);
    if (facts === undefined) throw new ProofsheetError('not-found', `There is no asset ${assetId}.`);
    return facts;
  }

  /** In the order of likeness, each image once, as far as a file of it is still there. */
  function toHits(found: ReadonlyMap<number, PairEvidence>, limit: number): SimilarHit[] {
    const hits = [...found].flatMap(([assetId, { level: _, ...evidence }]): SimilarHit[] => {
      const [place, facts] = [placeOf.get(assetId), factsOf(assetId)];
      return place && facts ? [{ assetId, sha256: facts.sha256, path: shownLocation(place.container, place.name), ...evidence }] : [];
    });
    return hits.sort((a, b) => rankOf(a) - rankOf(b) || b.similarity - a.similarity || a.distance - b.distance || (a.sha256 < b.sha256 ? -1 : 1)).slice(0, limit);
  }

  /** What holds of an image holds of all with its pixels. */
  function withTwins(found: ReadonlyMap<number, PairEvidence>, self: number): Map<number, PairEvidence> {
    const all = new Map(found);
    for (const [assetId, evidence] of found) {
      const ofTwins = evidence.relation === 'identical-bytes' ? SAME_PIXELS : evidence;
      // What is equal to the last pixel is no mere look-alike.
      for (const twin of store.samePixels(assetId)) if (twin !== self && (!all.has(twin) || (ofTwins.level === 'exact' && all.get(twin)?.level !== 'exact'))) all.set(twin, ofTwins);
    }
    return all;
  }

  /** Compares a picture with its candidates now, and writes nothing down. */
  async function compareNow(look: Pick<FileLook, 'fingerprint'>, card: Card, facts: AssetFacts): Promise<Map<number, PairEvidence>> {
    const near = (await candidates.of(look.fingerprint)).filter(({ assetId }) => assetId !== facts.id);
    const cardOf = (key: number): Card => (key === facts.id ? card : comparer.cardOf(key));
    const pairs = near.map(({ assetId }) => byContent(facts, requireFacts(assetId)));
    const { verdicts, unreadable, failed } = await verifyInPool(pool, pairs.map(([first, second]) => [first.id, second.id]), cardOf, { atOnce: () => AT_ONCE, signal: NEVER });
    const found = new Map<number, PairEvidence>();
    for (const [at, { assetId, distance }] of near.entries()) {
      const [first, second] = pairs[at] ?? [facts, facts];
      const evidence = evidenceFrom(rowFrom(first, second, verdicts[at] ?? null, distance), facts.id);
      if (evidence !== null) found.set(assetId, evidence);
    }
    // That nothing is alike may be said only by who has looked.
    const reason = unreadable.get(facts.id) ?? (found.size > 0 ? undefined : [...unreadable.values(), ...failed.values()][0]);
    if (reason !== undefined) throw notCompared(reason);
    return found;
  }

  return {
    async findAsset(assetId, limit) {
      const facts = requireFacts(assetId);
      const found = new Map<number, PairEvidence>();
      for (const twin of store.samePixels(assetId)) found.set(twin, SAME_PIXELS);
      for (const one of [assetId, ...found.keys()]) {
        for (const row of store.rowsOf(one)) {
          const other = row.aId === one ? row.bId : row.aId;
          const evidence = evidenceFrom(row, one);
          if (other !== assetId && evidence !== null && !found.has(other)) found.set(other, evidence);
        }
      }
      const fingerprint = store.fingerprintOf(assetId);
      if (fingerprint && isPending.get(assetId) === 1) {
        for (const [other, evidence] of await compareNow({ fingerprint }, comparer.cardOf(assetId), facts)) if (!found.has(other)) found.set(other, evidence);
      }
      return toHits(withTwins(found, assetId), limit);
    },
    async findFile(path, limit) {
      const look = await lookAtFile(pool, path);
      const found = new Map<number, PairEvidence>();
      const same = withContent.get(Buffer.from(look.sha256, 'hex'));
      if (same !== undefined) found.set(same, SAME_BYTES);
      const twins = look.pixelSha256 === null ? [] : withPixels.all(Buffer.from(look.pixelSha256, 'hex'));
      for (const twin of twins) if (!found.has(twin)) found.set(twin, SAME_PIXELS);
      const facts: AssetFacts = { id: OUTSIDE, sha256: look.sha256, pixels: look.pixelSha256, format: look.format, width: look.width, height: look.height, bytes: look.bytes, takenAt: look.takenAt, camera: look.camera };
      const card: Card = { file: look.card, width: look.width, height: look.height };
      for (const [other, evidence] of await compareNow(look, card, facts)) if (!found.has(other)) found.set(other, evidence);
      return toHits(withTwins(found, OUTSIDE), limit);
    },
    related(assetId) {
      const facts = requireFacts(assetId);
      const kin = new Map<number, Kinship>();
      for (const row of store.rowsOf(assetId)) if (row.kinship !== null) kin.set(row.aId === assetId ? row.bId : row.aId, row.kinship);
      for (const other of beside(assetId)) if (!kin.has(other) && isRaw(requireFacts(other)) !== isRaw(facts)) kin.set(other, 'raw-jpeg');
      return [...kin].flatMap(([other, kinship]): Related[] => {
        const place = placeOf.get(other);
        return place ? [{ assetId: other, sha256: requireFacts(other).sha256, path: shownLocation(place.container, place.name), kinship }] : [];
      }).sort((a, b) => (a.path < b.path ? -1 : 1));
    },
    async pair(a, b) {
      const [one, other] = [requireFacts(a), requireFacts(b)];
      const [low, high] = byContent(one, other);
      const isNotDuplicate = isApart.get(Buffer.from(low.sha256, 'hex'), Buffer.from(high.sha256, 'hex')) === 1;
      if (a === b) return { evidence: SAME_BYTES, derived: null, kinship: null, isNotDuplicate };
      if (one.pixels !== null && one.pixels === other.pixels) return { evidence: SAME_PIXELS, derived: null, kinship: null, isNotDuplicate };
      const finding = (row: PairRow): PairFinding => {
        const evidence = evidenceFrom(row, a);
        return { evidence, derived: evidence && derivedOf(row), kinship: row.kinship, isNotDuplicate };
      };
      const known = store.rowOf(a, b);
      if (known) return finding(known);
      // They never came near each other; whoever compares them by eye still wants to know how they lie on each other.
      const [first, second] = byContent(one, other);
      const { verdicts: [verdict = null], unreadable, failed } = await verifyInPool(pool, [[first.id, second.id]], (key) => comparer.cardOf(key), { atOnce: () => 1, signal: NEVER });
      const [reason] = [...unreadable.values(), ...failed.values()];
      if (reason !== undefined) throw notCompared(reason);
      return finding(rowFrom(first, second, verdict, store.distanceOf(a, b)));
    },
  };
}

const NEVER = new AbortController().signal;

function notCompared(reason: string): ProofsheetError {
  return new ProofsheetError('not-compared', `It could not be compared, because a preview cannot be read (${reason}); ingest the images again.`);
}

/** Copies come first, whatever their likeness. */
function rankOf({ relation }: SimilarHit): number {
  return relation === 'identical-bytes' ? 0 : relation === 'identical-pixels' ? 1 : 2;
}

async function lookAtFile(pool: TaskRunner, path: string): Promise<FileLook> {
  const answer = await pool.run({ task: lookAtFileTask.name, input: { path } });
  if ('result' in answer) return answer.result as FileLook;
  const named = errorCodeSchema.safeParse(answer.error.code);
  throw new ProofsheetError(named.success ? named.data : errorCodeOf(answer.error), `${path} cannot be compared: ${answer.error.message}`);
}

/** Raw files beside a picture of the same name, or the other way round: cameras write both. */
function createBeside(db: Database.Database): (assetId: number) => readonly number[] {
  const places = db.prepare<[number], { containerId: number; name: string }>(
    'SELECT container_id AS containerId, name FROM source INDEXED BY source_present WHERE asset_id = ? AND missing_since IS NULL');
  // A range over the index of places: from the dot after the name's stem to the character that follows a dot.
  const neighbours = db.prepare<[number, string, string], number>(`
    SELECT asset_id FROM source WHERE container_id = ? AND name >= ? AND name < ? AND missing_since IS NULL AND asset_id IS NOT NULL`).pluck();
  return (assetId) => places.all(assetId).flatMap(({ containerId, name }) => {
    const stem = basename(name, extname(name));
    return neighbours.all(containerId, `${stem}.`, `${stem}/`);
  });
}
