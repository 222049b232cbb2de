import { describe, expect, onTestFinished, test } from 'vitest';
import { admit, createBudget } from '../src/main/engine/tasks/admission.ts';
import { createPool } from '../src/main/engine/tasks/pool.ts';

describe('admission', () => {
  test('never lets more in than the budget, first come first served', async () => {
    const budget = createBudget(100 * 1024);
    let held = 0;
    let most = 0;
    const order: number[] = [];
    await Promise.all([60, 60, 10, 90, 30, 30, 30].map(async (kib, index) => {
      using _admitted = await admit(budget, kib * 1024);
      order.push(index);
      held += kib;
      most = Math.max(most, held);
      await new Promise(setImmediate);
      held -= kib;
    }));
    expect(most).toBeLessThanOrEqual(100);
    expect(order).toEqual([0, 1, 2, 3, 4, 5, 6]);
  });

  test('lets a request above the whole budget in alone', async () => {
    const budget = createBudget(10 * 1024);
    const large = await admit(budget, 1e9);
    const small = admit(budget, 1024);
    large[Symbol.dispose]();
    (await small)[Symbol.dispose]();
    large[Symbol.dispose]();
    (await admit(budget, 10 * 1024))[Symbol.dispose]();
  });
});

test('a call that hangs is ended at the limit, and others go on', async () => {
  const pool = createPool({
    workerFile: new URL('./crash/hanging-task.ts', import.meta.url), threads: 1, tasksPerThread: 1,
    fileBudgetBytes: 2 ** 20, decodeBudgetBytes: 2 ** 20, prepare: () => Promise.resolve(), taskLimitMs: 1500,
  });
  onTestFinished(() => pool.close());
  await expect(pool.run({ task: 'hang', input: true })).rejects.toMatchObject({ code: 'worker-lost', message: expect.stringContaining('1.5 s') as string });
  expect(await pool.run({ task: 'hang', input: false })).toEqual({ result: 'done' });
  await expect(pool.runAlone({ task: 'hang', input: true })).rejects.toMatchObject({ code: 'worker-lost' });
  expect(await pool.runAlone({ task: 'hang', input: false })).toEqual({ result: 'done' });
  expect(await pool.run({ task: 'nothing', input: null })).toMatchObject({ error: { message: expect.stringContaining('nothing') as string } });
});
