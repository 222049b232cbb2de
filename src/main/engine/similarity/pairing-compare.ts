import type { Originals } from '../assets/originals.ts';
import type { GroupCommit } from '../catalog/group-commit.ts';
import type { Workspace } from '../catalog/workspace.ts';
import { renditionPath } from '../renditions/store.ts';
import type { TaskRunner } from '../tasks/pool.ts';
import type { PendingAsset } from './index-candidates.ts';
import { LEVEL_NUMBERS, type PairRow } from './pair-rows.ts';
import { type AssetFacts, kinshipOf } from './pairs-facts.ts';
import { createSeeker, type Seeker } from './pairing-choice.ts';
import { type Closure, createClosure, keyOf, type Pair, pairOf } from './pairing-closure.ts';
import type { PairingStore } from './pairing-store.ts';
import { inTurn, verifyInPool } from './pairing-verify.ts';
import { pixelHashTask, type PixelHashInput } from './pixel-hash-task.ts';
import { inverseOf, type Verdict } from './verify.ts';
import type { Card } from './verify-pairs-task.ts';

export interface PairComparerDependencies {
  readonly store: PairingStore;
  readonly factsOf: (assetId: number) => AssetFacts | undefined;
  readonly pool: TaskRunner;
  readonly groupCommit: GroupCommit;
  readonly workspace: Workspace;
  readonly originals: Originals;
}

export interface PairComparer {
  /**
   * Compares images with their candidates, and whatever becomes alike by that with each other; then writes it all down
   * at once, so that an image either has been compared or still waits.
   */
  compare(pending: readonly PendingAsset[], limits: Limits): Promise<void>;
  /** Hashes the pixels of images whose files could not be read when it mattered, and can now. */
  hashWanted(limits: Limits): Promise<void>;
  cardOf(assetId: number): Card;
}

interface Failures {
  /** Images whose card cannot be read. */
  readonly unreadable: Map<number, string>;
  /** Waiting images with a pair that cannot be compared. */
  readonly ofPending: Map<number, string>;
}

export interface Limits {
  /** How many tasks may be in the pool at this moment, at least one. */
  readonly atOnce: () => number;
  /** Breaks off between two tasks, with nothing written. */
  readonly signal: AbortSignal;
  /** False when something more urgent has come up: what is found by then is written down, and the images wait on. */
  readonly mayGoOn?: () => boolean;
}

export function createPairComparer({ store, factsOf, pool, groupCommit, workspace, originals }: PairComparerDependencies): PairComparer {
  function requireFacts(assetId: number): AssetFacts {
    const facts = factsOf(assetId);
    if (facts === undefined) throw new Error(`The image ${assetId} is to be compared, and not in the catalog`);
    return facts;
  }

  function cardOf(assetId: number): Card {
    const { sha256, width, height } = requireFacts(assetId);
    return { file: renditionPath(workspace.renditions, sha256, 'card'), width, height };
  }

  /** The hashes of the full-size pixels, as far as their files can be read now; the others are remembered as wanted. */
  async function hashPixels(assetIds: Iterable<number>, limits: Limits, hashes: Map<number, string | null>): Promise<void> {
    await inTurn([...new Set(assetIds)], limits, async (assetId) => {
      if (requireFacts(assetId).pixels !== null || hashes.has(assetId)) return;
      const hash = await hashOf(assetId);
      limits.signal.throwIfAborted();
      hashes.set(assetId, hash);
    });
  }

  async function hashOf(assetId: number): Promise<string | null> {
    const { sha256, bytes } = requireFacts(assetId);
    const path = originals.find(assetId);
    if (path === null) return null;
    const call = { task: pixelHashTask.name, input: { sha256, bytes, path } satisfies PixelHashInput };
    // A worker may have died of another picture.
    const answer = await pool.run(call).catch(() => pool.runAlone(call)).catch(() => null);
    return answer !== null && 'result' in answer ? String(answer.result) : null;
  }

  async function hashWanted(limits: Limits): Promise<void> {
    const hashes = new Map<number, string | null>();
    await hashPixels(store.wantedHashes().filter((assetId) => originals.find(assetId) !== null), limits, hashes);
    await storeHashes(hashes);
  }

  async function compare(pending: readonly PendingAsset[], limits: Limits): Promise<void> {
    const hashes = new Map<number, string | null>();
    const failures: Failures = { unreadable: new Map(), ofPending: new Map() };
    const waiting = new Set(pending.map(({ assetId }) => assetId));
    const rows: PairRow[] = [];
    const pixelsOf = (assetId: number): string | null => hashes.get(assetId) ?? store.pixelsOf(assetId);
    const closure = createClosure(store, requireFacts, pixelsOf);

    // What is equal to the last pixel need not be looked at: a thousand copies with other metadata would be half a million pairs.
    await hashPixels(pending.flatMap(({ assetId, candidates, sameSize }) => {
      const twins = candidates.filter((candidate) => candidate.distance === 0 && hasSameSize(requireFacts(assetId), requireFacts(candidate.assetId)));
      return [...sameSize, ...(twins.length === 0 ? [] : [assetId]), ...twins.map((twin) => twin.assetId)];
    }), limits, hashes);
    await storeHashes(hashes);
    const seekers: Seeker[] = [];
    // Who asks first decides who need not ask any more: a matter of contents, not of who came first.
    for (const { assetId, candidates } of pending.toSorted((a, b) => (requireFacts(a.assetId).sha256 < requireFacts(b.assetId).sha256 ? -1 : 1))) {
      if (store.hasComparedTwin(assetId)) continue;
      // Who waits as well will ask for this one.
      const ready = candidates.filter((candidate) => waiting.has(candidate.assetId) || !store.isWaiting(candidate.assetId));
      seekers.push(createSeeker(assetId, ready.map((candidate) => ({ facts: requireFacts(candidate.assetId), distance: candidate.distance })), closure));
      await new Promise(setImmediate);
    }
    // Once broken off, this portion stays so: what was not compared then is compared with the next.
    let isComplete = true;
    const mayGoOn = (): boolean => (isComplete &&= limits.mayGoOn?.() ?? true);
    const compareAll = async (pairs: readonly Pair[]): Promise<void> => {
      for (let round = pairs; round.length > 0 && mayGoOn();) {
        const fresh = await verify(round, limits, hashes, failures, waiting);
        rows.push(...fresh);
        const compared = new Set(fresh.map(({ aId, bId }) => keyOf(aId, bId)));
        for (const pair of round) if (!compared.has(keyOf(...pair))) closure.forget(pair);
        closure.note(fresh);
        round = await closure.open(fresh);
      }
    };
    for (let sought = await seek(seekers, closure); sought.length > 0 && mayGoOn(); sought = await seek(seekers, closure)) await compareAll(sought);
    if (mayGoOn()) await compareAll(await closure.complete(seekers.map(({ assetId }) => assetId)));
    await groupCommit.submit(() => {
      for (const [assetId, hash] of hashes) store.setPixels(assetId, hash);
      for (const row of rows) store.insert(row);
      if (isComplete) for (const { assetId } of pending) store.setPaired(assetId, failures.ofPending.get(assetId) ?? null);
      for (const [assetId, failure] of failures.unreadable) {
        store.setPaired(assetId, failure);
        // An ingest that finds a preview missing makes all of them anew.
        store.dropCard(assetId);
      }
    });
  }

  async function seek(seekers: readonly Seeker[], closure: Closure): Promise<readonly Pair[]> {
    const wanted = new Map<string, Pair>();
    for (const seeker of seekers) {
      for (const candidate of seeker.next()) {
        if (closure.isKnown(seeker.assetId, candidate)) continue;
        const pair = pairOf(seeker.assetId, candidate);
        wanted.set(keyOf(...pair), pair);
        closure.ask(pair);
      }
      // Each may have a hundred candidates, and the engine answers meanwhile.
      await new Promise(setImmediate);
    }
    return [...wanted.values()];
  }

  /** At once: whether an image has a twin is asked of the catalog. */
  async function storeHashes(hashes: ReadonlyMap<number, string | null>): Promise<void> {
    if (hashes.size > 0) await groupCommit.submit(() => { for (const [assetId, hash] of hashes) store.setPixels(assetId, hash); });
  }

  async function verify(pairs: readonly Pair[], limits: Limits, hashes: Map<number, string | null>, failures: Failures, waiting: ReadonlySet<number>): Promise<PairRow[]> {
    const ordered = pairs.map(([a, b]) => byContent(requireFacts(a), requireFacts(b)));
    const outcome = await verifyInPool(pool, ordered.map(([first, second]) => [first.id, second.id]), cardOf, limits);
    for (const [assetId, failure] of outcome.unreadable) failures.unreadable.set(assetId, failure);
    // Which of the two it was is not known; what has been compared with others before stays so.
    for (const [at, failure] of outcome.failed) for (const { id } of ordered[at] ?? []) if (waiting.has(id)) failures.ofPending.set(id, failure);
    const compared = ordered.map((pair, at) => ({ at, pair, verdict: outcome.verdicts[at] ?? null }))
      .filter(({ at, pair }) => !outcome.failed.has(at) && !pair.some(({ id }) => outcome.unreadable.has(id)));
    // Nearly equal, and of one size: perhaps equal.
    await hashPixels(compared.flatMap(({ pair: [first, second], verdict }) => (verdict?.level === 'strict' && hasSameSize(first, second) ? [first.id, second.id] : [])), limits, hashes);
    return compared.map(({ pair: [first, second], verdict }) => rowFrom(first, second, verdict, store.distanceOf(first.id, second.id)));
  }

  return { compare, hashWanted, cardOf };
}

/** Which of two is looked at first follows from their contents: no rounding may depend on who came first. */
export function byContent(a: AssetFacts, b: AssetFacts): readonly [AssetFacts, AssetFacts] {
  return a.sha256 < b.sha256 ? [a, b] : [b, a];
}

/** What was found between two images, as it is stored: seen from the one with the smaller id. */
export function rowFrom(first: AssetFacts, second: AssetFacts, verdict: Verdict | null, distance: number): PairRow {
  const isSwapped = first.id > second.id;
  const base = { aId: Math.min(first.id, second.id), bId: Math.max(first.id, second.id), distance };
  if (verdict === null) return { ...base, level: null, relation: null, transform: null, whole: null, similarity: null, kinship: null };
  const { relation, transform, whole, similarity } = verdict;
  return {
    // How they look is a matter of their pixels, and holds of others with the same; exposures are a matter of each file.
    ...base, relation, similarity, kinship: kinshipOf(first, second) ?? verdict.kinship, level: verdict.kinship === null ? LEVEL_NUMBERS[verdict.level] : null,
    transform: isSwapped ? inverseOf(transform) : transform, whole: !isSwapped || whole === null ? whole : whole === 'a' ? 'b' : 'a',
  };
}

function hasSameSize(a: AssetFacts, b: AssetFacts): boolean {
  return a.width === b.width && a.height === b.height;
}
