import { errorMessageOf } from '../errors.ts';
import { componentsOf } from './groups-components.ts';
import type { TaskRunner } from '../tasks/pool.ts';
import type { Limits } from './pairing-compare.ts';
import type { Pair } from './pairing-closure.ts';
import type { Verdict } from './verify.ts';
import { type Card, verifyPairsTask, type VerifyPairsInput, type VerifyPairsResult } from './verify-pairs-task.ts';

export interface VerifyOutcome {
  /** For each pair, in order; null where the two are not alike, or could not be compared. */
  readonly verdicts: readonly (Verdict | null)[];
  /** Why a card could not be read, by its key. */
  readonly unreadable: ReadonlyMap<number, string>;
  /** Why a pair of readable cards could not be compared, by its place. */
  readonly failed: ReadonlyMap<number, string>;
}

/** As many as keep every thread at work; more than these are half a second's work, which an import would wait for, fewer decode each card too often. */
const MOST_PAIRS_OF_TASK = 48;
const LEAST_PAIRS_OF_TASK = 6;

/**
 * Compares pictures in the pool. What was lost with a worker, whoever brought that down, runs again pair by pair in a
 * process of its own: a pair that ends that as well cannot be compared, and nothing waits for ever.
 * @param cardOf the card of a key
 */
export async function verifyInPool(
  pool: TaskRunner, pairs: readonly Pair[], cardOf: (key: number) => Card, limits: Limits,
): Promise<VerifyOutcome> {
  const verdicts: (Verdict | null)[] = pairs.map(() => null);
  const unreadable = new Map<number, string>();
  const failed = new Map<number, string>();
  const size = Math.min(MOST_PAIRS_OF_TASK, Math.max(LEAST_PAIRS_OF_TASK, Math.ceil(pairs.length / limits.atOnce())));
  const starts = Array.from({ length: Math.ceil(pairs.length / size) }, (_, at) => at * size);

  const order = byFamily(pairs);

  async function verifyBy(run: TaskRunner['run'], places: readonly number[]): Promise<void> {
    const part = places.map((place) => pairs[place] as Pair);
    const keys = [...new Set(part.flat())];
    const input: VerifyPairsInput = { cards: keys.map(cardOf), pairs: part.map(([a, b]) => [keys.indexOf(a), keys.indexOf(b)]) };
    const answer = await run({ task: verifyPairsTask.name, input });
    if ('error' in answer) throw new Error(answer.error.message);
    const result = answer.result as VerifyPairsResult;
    for (const { card, message } of result.unreadable) unreadable.set(keys[card] ?? 0, message);
    for (const [at, verdict] of result.verdicts.entries()) verdicts[places[at] ?? 0] = verdict;
  }

  await inTurn(starts, limits, async (start) => {
    const places = order.slice(start, start + size);
    await verifyBy((call) => pool.run(call), places).catch(async () => {
      for (const place of places) {
        limits.signal.throwIfAborted();
        await verifyBy((call) => pool.runAlone(call), [place]).catch((error: unknown) => { failed.set(place, errorMessageOf(error)); });
      }
    });
  });
  // An engine that ends takes its workers with it: that says nothing of the pictures.
  limits.signal.throwIfAborted();
  return { verdicts, unreadable, failed };
}

/** The places of the pairs, those of one family after each other, so that a card is decoded on few threads. */
function byFamily(pairs: readonly Pair[]): readonly number[] {
  const keys = new Map([...new Set(pairs.flat())].map((key, at) => [key, at]));
  const placeOf = (key: number): number => keys.get(key) ?? 0;
  const { of } = componentsOf(keys.size, (join) => { for (const [a, b] of pairs) join(placeOf(a), placeOf(b)); });
  const familyOf = (place: number): number => of[placeOf(pairs[place]?.[0] ?? 0)] ?? 0;
  return [...pairs.keys()].sort((a, b) => familyOf(a) - familyOf(b) || a - b);
}

/** Works on all, so many at one time as the limits allow by then; never on less than one. */
export async function inTurn<Item>(items: readonly Item[], { atOnce, signal }: Limits, work: (item: Item) => Promise<void>): Promise<void> {
  const left = items.values();
  let busy = Math.min(atOnce(), items.length);
  await Promise.all(Array.from({ length: busy }, async () => {
    for (const item of left) {
      signal.throwIfAborted();
      await work(item);
      if (busy <= atOnce()) continue;
      busy -= 1;
      return;
    }
  }));
}
