import { errorMessageOf } from '../errors.ts';
import type { TaskRunner } from '../tasks/pool.ts';
import type { Limits } from './pairing-compare.ts';
import type { Verdict } from './verify.ts';
import { type Card, verifyPairsTask, type VerifyPairsInput, type VerifyPairsResult } from './verify-pairs-task.ts';

export interface VerifyOutcome {
  /** For each pair, in order; null where the two are not alike, or could not be compared. */
  readonly verdicts: readonly (Verdict | null)[];
  /** Why a card could not be compared, by its key. */
  readonly failures: ReadonlyMap<number, string>;
}

/** As many as keep every thread at work; more than these are a second's work, fewer decode each card too often. */
const MOST_PAIRS_OF_TASK = 32;
const LEAST_PAIRS_OF_TASK = 6;

/**
 * Compares pictures in the pool. A pair that brings its worker down runs alone once more, and if it does so again it
 * counts as one that cannot be compared: nothing waits for ever.
 * @param cardOf the card of a key
 */
export async function verifyInPool(
  pool: TaskRunner, pairs: readonly (readonly [number, number])[], cardOf: (key: number) => Card, limits: Limits,
): Promise<VerifyOutcome> {
  const verdicts: (Verdict | null)[] = pairs.map(() => null);
  const failures = new Map<number, string>();
  const size = Math.min(MOST_PAIRS_OF_TASK, Math.max(LEAST_PAIRS_OF_TASK, Math.ceil(pairs.length / limits.atOnce)));
  const starts = Array.from({ length: Math.ceil(pairs.length / size) }, (_, at) => at * size);
  await inTurn(starts, limits, async (start) => {
    const found = await verifyTask(pool, pairs.slice(start, start + size), cardOf, failures);
    for (const [at, verdict] of found.entries()) verdicts[start + at] = verdict;
  });
  return { verdicts, failures };
}

/** Works on all, so many at one time. */
export async function inTurn<Item>(items: readonly Item[], { atOnce, signal }: Limits, work: (item: Item) => Promise<void>): Promise<void> {
  const left = items.values();
  await Promise.all(Array.from({ length: Math.min(atOnce, items.length) }, async () => {
    for (const item of left) {
      signal.throwIfAborted();
      await work(item);
    }
  }));
}

async function verifyTask(pool: TaskRunner, pairs: readonly (readonly [number, number])[], cardOf: (key: number) => Card, failures: Map<number, string>): Promise<readonly (Verdict | null)[]> {
  const keys = [...new Set(pairs.flat())];
  const input: VerifyPairsInput = { cards: keys.map(cardOf), pairs: pairs.map(([a, b]) => [keys.indexOf(a), keys.indexOf(b)]) };
  const call = { task: verifyPairsTask.name, input };
  const fail = async (reason: string): Promise<readonly (Verdict | null)[]> => {
    if (pairs.length === 1) {
      for (const key of keys) failures.set(key, reason);
      return [null];
    }
    const verdicts: (Verdict | null)[] = [];
    for (const pair of pairs) verdicts.push(...await verifyTask({ ...pool, run: (one) => pool.runAlone(one) }, [pair], cardOf, failures));
    return verdicts;
  };
  try {
    const answer = await pool.run(call);
    if ('error' in answer) return await fail(answer.error.message);
    const { verdicts, unreadable } = answer.result as VerifyPairsResult;
    for (const { card, message } of unreadable) failures.set(keys[card] ?? 0, message);
    return verdicts;
  } catch (error) {
    return await fail(errorMessageOf(error));
  }
}
