import { join } from 'node:path';
import { expect, test } from 'vitest';
import { createBatchStore } from '../src/main/engine/batches/batch-store.ts';
import { createProgressMeter, SHOWN_IMPORTS } from '../src/main/engine/batches/progress.ts';
import { openCatalog } from '../src/main/engine/catalog/open.ts';
import { temporaryFolder } from './hosts.ts';

test('progress is that of open imports and those that ended a moment ago, and is read past all the others', async () => {
  const folder = await temporaryFolder();
  const db = openCatalog(join(folder, 'catalog.sqlite'), join(folder, 'backups'));
  const now = 1_000_000;
  const add = db.prepare<[number | null, number | null, number | null], number>(
    `INSERT INTO batch (parent_id, name, kind, scan, active_ms, bytes_done, created_at, finished_at, deleted_at) VALUES (?, 'x', 'folder', 'done', 1500, 70, 0, ?, ?) RETURNING id`).pluck();
  const importOf = (finishedAt: number | null, deletedAt: number | null = null): number => {
    const id = add.get(null, finishedAt, deletedAt)!;
    add.get(id, finishedAt, null);
    return id;
  };
  importOf(now - 60_000);
  const ended = importOf(now - 10_000);
  importOf(now - 60_000);
  const open = importOf(null);
  importOf(null, now);

  const shown = createProgressMeter(db, createBatchStore(db), () => null, () => now).snapshot();
  expect(shown.map(({ batch, bytesDone, elapsedSeconds }) => [batch.id, bytesDone, elapsedSeconds])).toEqual([[ended, 70, 1.5], [open, 70, 1.5]]);
  const plan = db.prepare<[number], { detail: string }>(`EXPLAIN QUERY PLAN ${SHOWN_IMPORTS}`).all(0).map(({ detail }) => detail);
  expect(plan.filter((step) => /^(SCAN|SEARCH) b /.test(step))).toEqual(['SEARCH b USING INDEX batch_finished (finished_at=?)', 'SEARCH b USING INDEX batch_finished (finished_at>?)']);
  db.close();
});

test('the rate of items never falls below none, also when finished ones are queued again', async () => {
  const folder = await temporaryFolder();
  const db = openCatalog(join(folder, 'catalog.sqlite'), join(folder, 'backups'));
  db.exec(`INSERT INTO batch (id, name, kind, scan, created_at) VALUES (1, 'x', 'folder', 'done', 0);
    INSERT INTO batch (id, parent_id, name, kind, scan, created_at) VALUES (2, 1, 'x', 'folder', 'done', 0)`);
  const insert = db.prepare(`INSERT INTO job (batch_id, task, state, run_order) VALUES (2, 'ingest', ?, 0)`);
  for (const state of ['queued', ...Array.from({ length: 50 }, () => 'cancelled')]) insert.run(state);
  let now = 1_000_000;
  const meter = createProgressMeter(db, createBatchStore(db), () => null, () => now);
  meter.snapshot();
  db.exec(`UPDATE job SET state = 'queued' WHERE state = 'cancelled'`);
  now += 1000;
  expect(meter.snapshot()).toMatchObject([{ itemsPerSecond: 0, etaSeconds: null }]);
  db.exec(`UPDATE job SET state = 'done' WHERE id <= 10`);
  now += 1000;
  expect(meter.snapshot()[0]!.itemsPerSecond).toBeGreaterThan(0);
  db.close();
});
