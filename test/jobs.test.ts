import { join } from 'node:path';
import type Database from 'better-sqlite3';
import { describe, expect, test } from 'vitest';
import { createBatchStore, type BatchStore } from '../src/main/engine/batches/batch-store.ts';
import { createBatchVerbs, type BatchVerbs } from '../src/main/engine/batches/verbs.ts';
import { openCatalog } from '../src/main/engine/catalog/open.ts';
import { createGroupCommit } from '../src/main/engine/catalog/group-commit.ts';
import { createJobQueue, type JobQueue, type NewJob, type Outcome } from '../src/main/engine/jobs/queue.ts';
import { heals, MAX_RETRIES, retryDelay } from '../src/main/engine/jobs/retry.ts';
import { createRunner, type JobHandler } from '../src/main/engine/jobs/runner.ts';
import { ProofsheetError } from '../src/main/engine/errors.ts';
import type { TaskAnswer, TaskCall } from '../src/main/engine/tasks/define-task.ts';
import { temporaryFolder } from './hosts.ts';

interface Fixture {
  readonly db: Database.Database;
  readonly queue: JobQueue;
  readonly addBatch: () => number;
  readonly add: (batchId: number | null, change?: Partial<NewJob>, now?: number) => void;
}

async function openQueue(): Promise<Fixture> {
  const folder = await temporaryFolder();
  const db = openCatalog(join(folder, 'catalog.sqlite'), join(folder, 'backups'));
  const queue = createJobQueue(db, 'this run');
  return {
    db, queue,
    addBatch() {
      const spec = JSON.stringify({ paths: ['/x'], copy: false, maxBatchSize: 0, sourceColumn: null });
      const parent = Number(db.prepare(`INSERT INTO batch (name, kind, scan, spec, created_at) VALUES ('b', 'folder', 'done', ?, 0)`).run(spec).lastInsertRowid);
      return Number(db.prepare(`INSERT INTO batch (parent_id, name, kind, scan, created_at) VALUES (?, 'b', 'folder', 'done', 0)`).run(parent).lastInsertRowid);
    },
    add(batchId, change = {}, now = 1000) {
      queue.enqueue({ batchId, task: 'test', priority: 'normal', sourceId: null, ...change }, now);
    },
  };
}

function openBatches(db: Database.Database): BatchStore & BatchVerbs {
  const store = createBatchStore(db);
  return { ...store, ...createBatchVerbs(db, store) };
}

const DONE: Outcome = { state: 'done', assetId: null };

describe('the queue', () => {
  test('hands out high before normal before low, but low work that has waited is not starved', async () => {
    const { queue, addBatch, add } = await openQueue();
    const batch = addBatch();
    add(batch, { priority: 'low', params: 'old low' }, 0);
    add(batch, { priority: 'low', params: 'new low' }, 1_300_000);
    add(batch, { priority: 'normal', params: 'normal' }, 1_300_000);
    add(batch, { priority: 'high', params: 'high' }, 1_300_000);
    expect(queue.claim(10, 1_300_000).map(({ params }) => params)).toEqual(['old low', 'high', 'normal', 'new low']);
  });

  test('gives a job to one claim only, and takes a result only from the owner of the lease', async () => {
    const { db, queue, addBatch, add } = await openQueue();
    add(addBatch());
    const [job] = queue.claim(5, 2000);
    expect(queue.claim(5, 2000)).toEqual([]);
    const stranger = createJobQueue(db, 'another run');
    expect(stranger.finish(job!, DONE, 3000)).toBe(false);
    expect(queue.finish(job!, DONE, 3000)).toBe(true);
    expect(queue.finish(job!, DONE, 3000)).toBe(false);
  });

  test('gives back the jobs of a run that died, marked as having been in flight', async () => {
    const { db, queue, addBatch, add } = await openQueue();
    add(addBatch());
    queue.claim(5, 2000);
    const next = createJobQueue(db, 'the next run');
    expect(next.recover()).toBe(1);
    expect(next.claim(5, 2000)).toMatchObject([{ deaths: 1, attempts: 0 }]);
    next.release();
    expect(next.claim(5, 2000)).toMatchObject([{ deaths: 1 }]);
  });

  test('holds one unfinished job for a dedupe key', async () => {
    const { queue, add } = await openQueue();
    add(null, { dedupeKey: 'k' });
    add(null, { dedupeKey: 'k' });
    const jobs = queue.claim(5, 2000);
    expect(jobs).toHaveLength(1);
    queue.finish(jobs[0]!, DONE, 3000);
    add(null, { dedupeKey: 'k' });
    expect(queue.claim(5, 4000)).toHaveLength(1);
  });

  test('keeps a retry until its time, without holding up others', async () => {
    const { queue, addBatch, add } = await openQueue();
    const batch = addBatch();
    add(batch, { params: 'first' });
    add(batch, { params: 'second' });
    const [first] = queue.claim(1, 2000);
    queue.finish(first!, { state: 'retry', runAfter: 5000, countsAsAttempt: true, error: { code: 'reset', message: '' } }, 2000);
    expect(queue.nextRunAfter(2000)).toBe(5000);
    add(null, { priority: 'high' });
    const [background] = queue.claim(1, 2000);
    queue.finish(background!, { state: 'retry', runAfter: 4000, countsAsAttempt: true, error: { code: 'reset', message: '' } }, 2000);
    expect(queue.nextRunAfter(2000)).toBe(4000);
    expect(queue.claim(5, 4999).map(({ params }) => params).toSorted()).toEqual([null, 'second']);
    expect(queue.claim(5, 5000)).toMatchObject([{ params: 'first', attempts: 1 }]);
  });

  test('keeps sums that agree with the rows whatever happens, in any order', async () => {
    const { db, queue, addBatch, add } = await openQueue();
    const store = openBatches(db);
    const batches = [addBatch(), addBatch(), addBatch()];
    let seed = 7;
    const random = (): number => (seed = (seed * 48271) % 2147483647) / 2147483647;
    const outcomes: Outcome[] = [
      DONE, { state: 'failed', error: { code: 'corrupt', message: 'x' } }, { state: 'quarantined', verdict: 'rejected', error: { code: 'too-wide', message: 'x' } },
      { state: 'skipped', assetId: null }, { state: 'retry', runAfter: 0, countsAsAttempt: true, error: { code: 'reset', message: 'x' } },
    ];
    const attempt = async (act: () => unknown): Promise<void> => {
      try {
        await act();
      } catch (error) {
        if (!(error instanceof ProofsheetError)) throw error;
      }
    };
    for (let step = 0; step < 600; step += 1) {
      const batch = batches[Math.floor(random() * batches.length)]!;
      switch (Math.floor(random() * 10)) {
        case 0: case 1: case 2: add(batch, {}, step); break;
        case 3: await attempt(() => { store.pause(batch); }); break;
        case 4: await attempt(() => { store.resume(batch); }); break;
        case 5: await attempt(() => store.cancel(batch, step)); break;
        case 6: await attempt(() => store.retry(batch, random() < 0.5 ? 'corrupt' : undefined, step)); break;
        case 7: queue.release(); break;
        default: for (const job of queue.claim(3, step)) if (random() < 0.8) queue.finish(job, outcomes[Math.floor(random() * outcomes.length)]!, step);
      }
      for (const id of batches) {
        const rows = db.prepare<[number], { state: string; n: number }>('SELECT state, count(*) AS n FROM job WHERE batch_id = ? GROUP BY state').all(id);
        const { total, queued, running, done, failed, skipped, cancelled } = store.get(id);
        expect(total).toBe(rows.reduce((sum, { n }) => sum + n, 0));
        expect(queued + running + done + failed + skipped + cancelled).toBe(total);
        const reasons = db.prepare(`SELECT error_code AS code, count(*) AS count FROM job WHERE batch_id = ? AND state IN ('failed', 'quarantined') GROUP BY error_code ORDER BY count DESC, code`).all(id);
        expect(store.failureCounts(id)).toEqual(reasons);
      }
    }
  });
});

describe('batches', () => {
  test('that are paused hand out nothing, and what is in flight may still finish', async () => {
    const { db, queue, addBatch, add } = await openQueue();
    const store = openBatches(db);
    const batch = addBatch();
    add(batch);
    add(batch);
    const [job] = queue.claim(1, 2000);
    store.pause(batch);
    expect(queue.claim(5, 2000)).toEqual([]);
    expect(queue.finish(job!, DONE, 2000)).toBe(true);
    expect(store.get(batch)).toMatchObject({ state: 'paused', done: 1, queued: 1 });
    store.resume(batch);
    expect(queue.claim(5, 2000)).toHaveLength(1);
  });

  test('that are cancelled hand out nothing, also what comes in late', async () => {
    const { db, queue, addBatch, add } = await openQueue();
    const batch = addBatch();
    add(batch);
    const verbs = openBatches(db);
    await verbs.cancel(batch, 1500);
    add(batch);
    expect(queue.claim(5, 2000)).toEqual([]);
  });

  test('act through their import on all parts, and refuse what makes no sense', async () => {
    const { db, addBatch, add, queue } = await openQueue();
    const store = openBatches(db);
    const batch = addBatch();
    const { parentId } = store.get(batch);
    add(batch);
    store.pause(parentId!);
    expect(store.get(batch).state).toBe('paused');
    store.resume(parentId!);
    for (const job of queue.claim(5, 2000)) queue.finish(job, DONE, 2000);
    store.settle(3000);
    expect(store.aggregate(parentId!)).toMatchObject({ state: 'completed', done: 1, successRate: 1, finishedAt: new Date(3000).toISOString() });
    for (const verb of ['pause', 'resume', 'cancel'] as const) await expect((async () => store[verb](parentId!, 1))()).rejects.toThrow(`Cannot ${verb} “b”: it has ended.`);
    expect(() => store.get(4711)).toThrow(expect.objectContaining({ code: 'not-found' }));
  });

  test('take a verb that is said twice like one that is said once', async () => {
    const { db, addBatch, add } = await openQueue();
    const store = openBatches(db);
    const batch = addBatch();
    const other = addBatch();
    const { parentId } = store.get(batch);
    add(batch);
    add(other);
    for (const verb of ['pause', 'resume', 'cancel', 'retry', 'delete', 'restore'] as const) {
      const say = async (): Promise<unknown> => verb === 'retry' ? store.retry(parentId!, undefined, 3000) : store[verb](parentId!, 3000);
      await say();
      store.settle(4000);
      const once = store.aggregate(parentId!);
      await say();
      store.settle(4000);
      expect(store.aggregate(parentId!), verb).toEqual(once);
    }
    expect(store.get(other)).toMatchObject({ state: 'queued', queued: 1 });
  });

  test('stay as they are when a retry finds nothing of the kind it is for', async () => {
    const { db, queue, addBatch, add } = await openQueue();
    const store = openBatches(db);
    const batch = addBatch();
    const { parentId } = store.get(batch);
    add(batch);
    const [job] = queue.claim(1, 1000);
    queue.finish(job!, { state: 'failed', error: { code: 'corrupt', message: 'x' } }, 1000);
    add(batch);
    await store.cancel(parentId!, 1500);
    const before = store.aggregate(parentId!);
    expect(await store.retry(parentId!, 'not-found', 2000)).toBe(0);
    expect(store.aggregate(parentId!)).toEqual(before);
    expect(before.state).toBe('cancelled');
  });

  test('are cancelled as a whole with their last open part', async () => {
    const { db, addBatch, add } = await openQueue();
    const store = openBatches(db);
    const first = addBatch();
    const { parentId } = store.get(first);
    const second = Number(db.prepare(`INSERT INTO batch (parent_id, name, kind, sequence, scan, created_at) VALUES (?, 'b', 'list', 2, 'done', 0)`).run(parentId).lastInsertRowid);
    add(first);
    add(second);
    await store.cancel(second, 1000);
    expect(store.get(parentId!)).toMatchObject({ state: 'queued', queued: 1, cancelled: 1 });
    await store.cancel(first, 2000);
    store.settle(3000);
    expect(store.get(parentId!)).toMatchObject({ state: 'cancelled', cancelled: 2, finishedAt: new Date(3000).toISOString() });
  });

  test('of a million-row kind are moved in pieces, each row once', async () => {
    const { db, addBatch, add } = await openQueue();
    const store = openBatches(db);
    const batch = addBatch();
    db.transaction(() => { for (let row = 0; row < 12_000; row += 1) add(batch); })();
    const cancelled = store.cancel(batch, 1500);
    // Between two pieces others are served, and the sums agree there too.
    const { queued, cancelled: moved, total, state } = store.get(batch);
    expect([queued > 0 && moved > 0, queued + moved, state]).toEqual([true, total, 'cancelled']);
    await cancelled;
    expect(store.get(batch)).toMatchObject({ queued: 0, cancelled: 12_000 });
    expect(await store.retry(batch, undefined, 2000)).toBe(12_000);
    expect(store.get(batch)).toMatchObject({ queued: 12_000, cancelled: 0, state: 'queued' });
  });

  test('that were called off while they were read are not read on for a few of their items', async () => {
    const { db, queue, addBatch, add } = await openQueue();
    const store = openBatches(db);
    const batch = addBatch();
    const { parentId } = store.get(batch);
    db.prepare(`UPDATE batch SET scan = 'running'`).run();
    add(batch);
    const [job] = queue.claim(1, 1000);
    queue.finish(job!, { state: 'quarantined', verdict: 'salvageable', error: { code: 'corrupt', message: 'x' } }, 1000);
    await store.cancel(parentId!, 1500);
    await store.retry(parentId!, 'corrupt', 2000);
    expect(store.get(parentId!)).toMatchObject({ scanning: false, queued: 1, state: 'queued' });
    await store.retry(parentId!, undefined, 2500);
    expect(store.get(parentId!)).toMatchObject({ scanning: false, queued: 1 });
    await store.cancel(parentId!, 3000);
    await store.retry(parentId!, undefined, 3500);
    expect(store.get(parentId!)).toMatchObject({ scanning: true, queued: 1 });
  });

  test('lose a part that is deleted by itself, and end without it', async () => {
    const { db, queue, addBatch, add } = await openQueue();
    const store = openBatches(db);
    const first = addBatch();
    const { parentId } = store.get(first);
    const second = Number(db.prepare(`INSERT INTO batch (parent_id, name, kind, sequence, scan, created_at) VALUES (?, 'b', 'list', 2, 'done', 0)`).run(parentId).lastInsertRowid);
    add(first);
    add(second);
    store.delete(second, 1000);
    for (const job of queue.claim(5, 2000)) queue.finish(job, DONE, 2000);
    store.settle(3000);
    expect(store.get(parentId!)).toMatchObject({ state: 'completed', total: 1, done: 1, finishedAt: new Date(3000).toISOString() });
    store.restore(second);
    expect(store.get(parentId!)).toMatchObject({ state: 'running', total: 2, done: 1, queued: 1, finishedAt: null });
    expect(queue.claim(5, 4000)).toHaveLength(1);
  });

  test('deleted are out of sight and out of work until they are restored', async () => {
    const { db, queue, addBatch, add } = await openQueue();
    const store = openBatches(db);
    const batch = addBatch();
    add(batch);
    store.delete(batch, 5000);
    expect(store.list(10, false)).toEqual([]);
    expect(store.list(10, true)).toHaveLength(1);
    expect(queue.claim(5, 6000)).toEqual([]);
    store.restore(batch);
    expect(queue.claim(5, 6000)).toHaveLength(1);
  });

  test('retry failed items, all of them or those with one reason', async () => {
    const { db, queue, addBatch, add } = await openQueue();
    const store = openBatches(db);
    const batch = addBatch();
    for (const code of ['corrupt', 'not-found', 'not-found'] as const) {
      add(batch);
      const [job] = queue.claim(1, 2000);
      queue.finish(job!, { state: 'failed', error: { code, message: 'x' } }, 2000);
    }
    expect(store.failures(batch).map(({ code, count }) => [code, count])).toEqual([['not-found', 2], ['corrupt', 1]]);
    expect(await store.retry(batch, 'not-found', 3000)).toBe(2);
    expect(store.get(batch)).toMatchObject({ queued: 2, failed: 1 });
    expect(queue.claim(5, 3000)).toMatchObject([{ attempts: 0 }, { attempts: 0 }]);
  });
});

test('the runner claims several jobs at a time, and no more than keep the pool busy', async () => {
  const { db, queue, addBatch, add } = await openQueue();
  const batch = addBatch();
  for (let index = 0; index < 60; index++) add(batch, {}, index);
  const claims: number[] = [];
  const { promise, resolve } = Promise.withResolvers<undefined>();
  let finished = 0;
  let last: Promise<unknown> = Promise.resolve();
  const runner = createRunner({
    queue: { ...queue, claim: (limit, now) => { const jobs = queue.claim(limit, now); if (jobs.length > 0) claims.push(jobs.length); return jobs; } },
    groupCommit: createGroupCommit(db, 1), now: () => 100, random: Math.random, onDefect: (error) => { throw error; }, onDiskFull: () => undefined,
    pool: {
      slots: 2, runAlone: () => Promise.reject(new Error('no engine has died')), close: () => Promise.resolve(),
      // One after the other, each in a turn of its own.
      run: () => (last = last.then(() => new Promise(setImmediate))).then(() => ({ result: 1 })),
    },
    handlers: [{ task: 'test', prepare: () => ({ input: null }), commit() { finished += 1; return DONE; } }],
    onFinished() { if (finished === 60) resolve(undefined); },
  });
  runner.wake();
  await promise;
  await runner.halt();
  expect(claims.reduce((sum, count) => sum + count, 0)).toBe(60);
  expect(Math.max(...claims)).toBe(6);
  expect(claims.length).toBeLessThanOrEqual(15);
});

describe('retries', () => {
  test('wait 2, 4, 8 s at the most, spread over the whole span', () => {
    expect([1, 2, 3].map((attempt) => retryDelay(attempt, () => 1))).toEqual([2000, 4000, 8000]);
    expect([1, 2, 3].map((attempt) => retryDelay(attempt, () => 0.25))).toEqual([500, 1000, 2000]);
    expect(retryDelay(3, () => 0)).toBe(0);
  });

  test('are for what time can heal', () => {
    expect(['reset', 'http-503', 'http-429', 'timeout-idle'].every((code) => heals(code as 'reset'))).toBe(true);
    expect(['corrupt', 'http-404', 'too-wide', 'worker-lost', 'no-permission'].some((code) => heals(code as 'reset'))).toBe(false);
  });

  /** Runs one job under a clock that jumps to whenever the queue waits for. */
  async function runJob(answer: (call: TaskCall) => TaskAnswer | Error, handler: Partial<JobHandler> = {}) {
    const { db, queue, addBatch, add } = await openQueue();
    const store = openBatches(db);
    const batch = addBatch();
    add(batch, {}, 0);
    const calls: string[] = [];
    const times: number[] = [];
    let now = 0;
    let diskFull = 0;
    const { promise, resolve } = Promise.withResolvers<undefined>();
    const call = (kind: string) => (taskCall: TaskCall): Promise<TaskAnswer> => {
      calls.push(kind);
      times.push(now);
      const reply = answer(taskCall);
      return reply instanceof Error ? Promise.reject(reply) : Promise.resolve(reply);
    };
    const runner = createRunner({
      queue, groupCommit: createGroupCommit(db, 1), now: () => now, random: () => 0.001,
      pool: { slots: 1, run: call('pool'), runAlone: call('alone'), close: () => Promise.resolve() },
      handlers: [{ task: 'test', prepare: () => ({ input: null }), commit: () => DONE, ...handler }],
      onFinished() {
        const { queued, running } = store.get(batch);
        if (queued + running === 0) resolve(undefined);
        // The clock only: the runner itself must come back for a retry whose time has come.
        else now = queue.nextRunAfter(now) ?? now;
      },
      onDiskFull() {
        diskFull += 1;
        resolve(undefined);
      },
      onDefect: (error) => { throw error; },
    });
    runner.wake();
    await promise;
    await runner.halt();
    return { db, store, batch, calls, times, diskFull: () => diskFull };
  }

  test('repeat an attempt that may heal three times, then fail it with its reason', async () => {
    const { store, batch, times } = await runJob(() => ({ error: { message: 'broken pipe', code: 'EIO' } }));
    expect(times).toEqual([0, 2, 6, 14]);
    expect(times).toHaveLength(MAX_RETRIES + 1);
    expect(store.failures(batch)).toMatchObject([{ code: 'internal', count: 1, example: {} }]);
  });

  test('keep the code that a task names', async () => {
    const { store, batch, times } = await runJob(() => ({ error: { message: 'changed while it was read', code: 'vanished' } }));
    expect(times).toHaveLength(MAX_RETRIES + 1);
    expect(store.failures(batch)).toMatchObject([{ code: 'vanished', retryable: true }]);
  });

  test('never repeat what no time can heal', async () => {
    const { store, batch, times } = await runJob(() => ({ error: { message: 'gone', code: 'ENOENT' } }));
    expect(times).toEqual([0]);
    expect(store.failures(batch)).toMatchObject([{ code: 'not-found' }]);
  });

  test('stop at a full disk without counting it as an attempt', async () => {
    const { db, store, batch, diskFull } = await runJob(() => ({ error: { message: 'full', code: 'ENOSPC' } }));
    expect(diskFull()).toBe(1);
    expect(store.get(batch)).toMatchObject({ failed: 0, queued: 1 });
    expect(db.prepare('SELECT attempts FROM job').pluck().get()).toBe(0);
  });

  test('take a result whose rows cannot be written as an error of ours, and keep nothing of it', async () => {
    const { db, store, batch } = await runJob(() => ({ result: 1 }), {
      commit: () => { throw new Error('constraint'); },
    });
    expect(store.failures(batch)).toMatchObject([{ code: 'internal' }]);
    expect(db.prepare('SELECT attempts FROM job').pluck().get()).toBe(MAX_RETRIES + 1);
  });
});
