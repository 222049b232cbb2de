import { expect, test } from 'vitest';
import { createSeeker, LEADERS, SMALL_FAMILY } from '../src/main/engine/similarity/pairing-choice.ts';
import { createClosure } from '../src/main/engine/similarity/pairing-closure.ts';
import { createPairComparer, type Limits } from '../src/main/engine/similarity/pairing-compare.ts';
import { createPairing, type PairingDependencies } from '../src/main/engine/similarity/pairing.ts';
import type { PairRow } from '../src/main/engine/similarity/pair-rows.ts';
import type { PairingStore } from '../src/main/engine/similarity/pairing-store.ts';
import type { AssetFacts } from '../src/main/engine/similarity/pairs-facts.ts';
import { inTurn, verifyInPool } from '../src/main/engine/similarity/pairing-verify.ts';
import type { TaskAnswer, TaskCall } from '../src/main/engine/tasks/define-task.ts';
import type { TaskRunner } from '../src/main/engine/tasks/pool.ts';
import { createRandom } from './fixtures/images.ts';

const factsOf = (id: number): AssetFacts => ({
  id, sha256: ((id * 7919) % 100_003).toString(16).padStart(64, '0'), pixels: null, format: 'jpeg', width: 100 + ((id * 31) % 97), height: 100, bytes: 1000, takenAt: null, camera: null,
});

/** All of a family look alike, and share a part with all others; they come in portions, as they do from the engine. */
async function compareFamilies(size: number, portion: number, order: readonly number[], familyOf: (id: number) => number = () => 0): Promise<{ readonly pairs: ReadonlySet<string>; readonly ids: readonly number[] }> {
  const rows = new Map<number, PairRow[]>();
  const pairs = new Set<string>();
  const store = { samePixels: () => [], rowsOf: (id: number) => rows.get(id) ?? [] } as unknown as PairingStore;
  const random = createRandom(5);
  const place = new Map(order.map((id) => [id, random()]));
  for (let start = 0; start < size; start += portion) {
    const pending = order.slice(start, start + portion);
    const closure = createClosure(store, factsOf, () => null);
    const made: PairRow[] = [];
    const compare = (a: number, b: number): PairRow => {
      const key = `${Math.min(a, b)} ${Math.max(a, b)}`;
      expect(pairs.has(key)).toBe(false);
      pairs.add(key);
      const pair = { aId: Math.min(a, b), bId: Math.max(a, b), distance: 4, whole: null, kinship: null };
      return familyOf(a) === familyOf(b) ? { ...pair, level: 2, relation: 'near', transform: 'identity', similarity: 0.97 } : { ...pair, level: null, relation: null, transform: null, similarity: null };
    };
    const distanceOf = (a: number, b: number): number => (familyOf(a) === familyOf(b) ? Math.round(30 * Math.abs((place.get(a) ?? 0) - (place.get(b) ?? 0))) : Infinity);
    const seekers = pending.map((id) => createSeeker(id, order.slice(0, start + portion).filter((other) => other !== id)
      .map((other) => ({ facts: factsOf(other), distance: distanceOf(id, other) })), closure));
    for (;;) {
      let round: PairRow[] = [];
      for (const seeker of seekers) {
        for (const other of seeker.next()) {
          if (closure.isKnown(seeker.assetId, other)) continue;
          closure.ask([seeker.assetId, other]);
          round.push(compare(seeker.assetId, other));
        }
      }
      const isLast = round.length === 0;
      if (isLast) round = (await closure.complete(pending)).map(([one, other]) => compare(one, other));
      while (round.length > 0) {
        made.push(...round);
        closure.note(round);
        round = (await closure.open(round)).map(([one, other]) => compare(one, other));
      }
      if (isLast) break;
    }
    for (const row of made) for (const id of [row.aId, row.bId]) rows.set(id, [...rows.get(id) ?? [], row]);
  }
  return { pairs, ids: order };
}

test('a family costs comparisons by its size, not by its square, and each of it is compared with the one that leads', async () => {
  const order = Array.from({ length: 600 }, (_, at) => at + 1);
  const { pairs, ids } = await compareFamilies(600, 32, order);
  expect(pairs.size / 600).toBeLessThan(6);
  const lead = ids.map(factsOf).sort((a, b) => b.width - a.width || (a.sha256 < b.sha256 ? -1 : 1))[0]!.id;
  expect(order.filter((id) => id !== lead && !pairs.has(`${Math.min(id, lead)} ${Math.max(id, lead)}`))).toEqual([]);
});

test('two families that are unlike find that out by a few comparisons, not by one for each two of their members', async () => {
  const [families, members] = [12, 8];
  const order = Array.from({ length: families * members }, (_, at) => at + 1);
  const familyOf = (id: number): number => id % families;
  const { pairs } = await compareFamilies(order.length, 40, order, familyOf);
  const isWithin = (pair: string): boolean => { const [a, b] = pair.split(' '); return familyOf(Number(a)) === familyOf(Number(b)); };
  expect([...pairs].filter(isWithin)).toHaveLength(families * members * (members - 1) / 2);
  expect([...pairs].filter((pair) => !isWithin(pair)).length).toBeLessThan(6 * families * (families - 1) / 2);
});

test('a small family is compared all with all', async () => {
  const order = Array.from({ length: SMALL_FAMILY }, (_, at) => at + 1);
  expect((await compareFamilies(SMALL_FAMILY, 5, order)).pairs.size).toBe((SMALL_FAMILY * (SMALL_FAMILY - 1)) / 2);
});

test('who comes to lead a large family is compared with all of it', async () => {
  const store = { samePixels: () => [], rowsOf: () => [] } as unknown as PairingStore;
  const widths = new Map([[999, 5000], [1, 400]]);
  const closure = createClosure(store, (id) => ({ ...factsOf(id), width: widths.get(id) ?? 100 }), () => null);
  const row = (aId: number, bId: number): PairRow => ({ aId, bId, level: 1, relation: 'near', transform: 'identity', whole: null, distance: 4, similarity: 0.99, kinship: null });
  closure.note(Array.from({ length: 100 }, (_, at) => row(1, at + 2)));
  const late = row(1, 999);
  closure.note([late]);
  expect((await closure.open([late])).filter(([a, b]) => a === 999 || b === 999)).toHaveLength(100);
  // Whoever leads is found also where hundreds came before.
  const hub = createClosure(store, (id) => ({ ...factsOf(id), width: id }), () => null);
  hub.note(Array.from({ length: 700 }, (_, at) => row(1, at + 2)));
  const newcomer = row(1, 5000);
  hub.note([newcomer]);
  expect((await hub.open([newcomer])).flat().filter((id) => id < 5000).sort((a, b) => b - a).slice(0, 3)).toEqual([701, 700, 699]);
  // A crop, however large, leads nobody.
  const crop = { ...row(1, 998), whole: 'a' as const, relation: 'cropped' as const };
  widths.set(998, 9000);
  closure.note([crop]);
  expect((await closure.open([crop])).filter(([a, b]) => a === 998 || b === 998).length).toBeLessThanOrEqual(LEADERS);
});

const ALIKE = { relation: 'near', transform: 'identity', whole: null, similarity: 0.98, level: 'similar', kinship: null } as const;
const NOT_STOPPED = { atOnce: () => 2, signal: new AbortController().signal };

/**
 * Compares images that wait, all alike unless said otherwise and each a candidate of every other, beside a family that has
 * been compared; answers with the pairs that were written down, and who of them is marked as compared.
 */
async function comparePortion({ count, family = 0, isAlike = () => true, unreadable = [], limits = NOT_STOPPED, distanceOf = (a, b) => Math.abs(a - b), widthOf = (id) => 1000 - id }: {
  readonly count: number; readonly family?: number; readonly isAlike?: (a: number, b: number) => boolean; readonly unreadable?: readonly number[]; readonly limits?: Limits;
  readonly distanceOf?: (a: number, b: number) => number; readonly widthOf?: (id: number) => number;
}): Promise<{ readonly pairs: readonly string[]; readonly marked: readonly number[] }> {
  const sha256Of = (id: number): string => id.toString(16).padStart(64, '0');
  const idOf = ({ file }: { readonly file: unknown }): number => parseInt(/[0-9a-f]{64}/.exec(String(file))![0], 16);
  const rowOf = (aId: number, bId: number): PairRow => ({ ...ALIKE, aId, bId, level: isAlike(aId, bId) ? 2 : null, distance: 4 });
  const known = Array.from({ length: family }, (_, at) => count + 1 + at);
  const rows = known.flatMap((a) => known.filter((b) => b > a).map((b) => rowOf(a, b)));
  const pairs: string[] = [];
  const marked: number[] = [];
  const store = {
    samePixels: () => [], rowsOf: (id: number) => rows.filter(({ aId, bId }) => aId === id || bId === id), pixelsOf: () => null, hasComparedTwin: () => false,
    isWaiting: (id: number) => id <= count, distanceOf: () => 4, setPixels: () => undefined, dropCard: () => undefined,
    insert: ({ aId, bId }: PairRow) => { pairs.push(`${aId} ${bId}`); }, setPaired: (id: number) => { marked.push(id); },
  } as unknown as PairingStore;
  const answer = ({ input }: TaskCall): Promise<TaskAnswer> => {
    const { cards, pairs: asked } = input as { readonly cards: readonly { readonly file: unknown }[]; readonly pairs: readonly (readonly [number, number])[] };
    const ids = cards.map(idOf);
    return Promise.resolve({ result: {
      unreadable: ids.flatMap((id, card) => (unreadable.includes(id) ? [{ card, message: 'damaged' }] : [])),
      verdicts: asked.map(([a, b]) => (isAlike(ids[a]!, ids[b]!) && !unreadable.includes(ids[a]!) && !unreadable.includes(ids[b]!) ? ALIKE : null)),
    } });
  };
  const comparer = createPairComparer({
    store, pool: runner(answer, answer), factsOf: (id: number) => ({ ...factsOf(id), sha256: sha256Of(id), width: widthOf(id) }),
    groupCommit: { submit: (write: () => unknown) => Promise.resolve(write()) }, workspace: { renditions: '/renditions' }, originals: { find: () => null },
  } as unknown as Parameters<typeof createPairComparer>[0]);
  const all = Array.from({ length: count + family }, (_, at) => at + 1);
  await comparer.compare(all.slice(0, count).map((assetId) => (
    { assetId, sameSize: [], candidates: all.filter((other) => other !== assetId).map((other) => ({ assetId: other, distance: distanceOf(assetId, other) })) })), limits);
  return { pairs: pairs.toSorted(), marked: marked.toSorted((a, b) => a - b) };
}

test.each([1, 2, 3, 4, 5])('a portion that is broken off at one check of several, the %i., marks nobody that was not compared', async (at) => {
  let checks = 0;
  const { pairs, marked } = await comparePortion({ count: 4, limits: { ...NOT_STOPPED, mayGoOn: () => (checks += 1) !== at } });
  expect(marked).toEqual(pairs.length === 6 && checks < at ? [1, 2, 3, 4] : []);
});

test('who is tried in vain, its card being damaged, speaks for nobody else', async () => {
  const { pairs, marked } = await comparePortion({ count: 1, family: 4, unreadable: [2, 3] });
  expect(pairs).toEqual(['1 4', '1 5']);
  expect(marked).toContain(1);
});

test('a crop meets the whole that it was cut from, though it is nearer to other crops that it is unlike', async () => {
  const whole = 4;
  const isAlike = (a: number, b: number): boolean => a === whole || b === whole;
  const { pairs } = await comparePortion({ count: 1, family: 3, isAlike, distanceOf: (a, b) => (isAlike(a, b) ? Infinity : Math.abs(a - b)), widthOf: (id) => 1000 * id });
  expect(pairs).toContain(`1 ${whole}`);
});

const VERDICT = { verdicts: [null], unreadable: [] };
const runner = (run: (call: TaskCall) => Promise<TaskAnswer>, runAlone: (call: TaskCall) => Promise<TaskAnswer>): TaskRunner => ({ slots: 2, run, runAlone, close: () => Promise.resolve() });
const CARD = { file: 'card.jpg', width: 10, height: 10 };

test('the death of a worker marks nobody; a pair that also dies alone is told as one pair', async () => {
  const died = (): Promise<TaskAnswer> => Promise.reject(new Error('worker lost'));
  const limits = { atOnce: () => 1, signal: new AbortController().signal };
  const healthy = await verifyInPool(runner(died, () => Promise.resolve({ result: VERDICT })), [[1, 2]], () => CARD, limits);
  expect([healthy.failed.size, healthy.unreadable.size]).toEqual([0, 0]);
  let calls = 0;
  const third = (): Promise<TaskAnswer> => ((calls += 1) === 3 ? died() : Promise.resolve({ result: VERDICT }));
  const one = await verifyInPool(runner(died, third), [[1, 2], [1, 3], [1, 4], [1, 5]], () => CARD, limits);
  expect([...one.failed.keys()]).toEqual([2]);
  // The end of the engine says nothing of the pictures.
  const end = new AbortController();
  const ending = verifyInPool(runner(() => { end.abort(); return died(); }, died), [[1, 2]], () => CARD, { atOnce: () => 1, signal: end.signal });
  await expect(ending).rejects.toThrow();
});

test('an import that begins gets the threads as soon as they are free', async () => {
  let atOnce = 3;
  let [busy, most] = [0, 0];
  const starts: number[] = [];
  await inTurn(Array.from({ length: 12 }, (_, at) => at), { atOnce: () => atOnce, signal: new AbortController().signal }, async (item) => {
    busy += 1;
    if (item === 4) atOnce = 1;
    await new Promise(setImmediate);
    starts.push(item);
    if (item > 7) most = Math.max(most, busy);
    busy -= 1;
  });
  expect(starts.toSorted((a, b) => a - b)).toEqual(Array.from({ length: 12 }, (_, at) => at));
  expect(most).toBe(1);
});

test('the comparison goes on by itself after a full disk and after a defect', async () => {
  let attempts = 0;
  let pending = 1;
  const told: string[] = [];
  const pairing = createPairing({
    store: { status: () => ({ compared: 0, pending, failed: 0 }), wantedHashes: () => [] } as unknown as PairingStore,
    candidates: { pending: () => Promise.resolve(pending === 0 ? [] : [{ assetId: 1, candidates: [], sameSize: [] }]) } as unknown as PairingDependencies['candidates'],
    comparer: {
      compare: () => {
        attempts += 1;
        if (attempts === 1) return Promise.reject(new Error('a defect'));
        pending = 0;
        return Promise.resolve();
      },
      hashWanted: () => Promise.resolve(),
      cardOf: () => CARD,
    },
    slots: 1, isIdle: () => true, onChanged: () => undefined, onDiskFull: () => told.push('disk'), onDefect: () => told.push('defect'),
  });
  pairing.setWorking(true);
  await expect.poll(() => pending, { timeout: 20_000 }).toBe(0);
  expect([attempts, told]).toEqual([2, ['defect']]);
  await pairing.close();
});
