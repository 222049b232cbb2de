import { mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import type { RemovalMode } from '../src/contract/index.ts';
import { faultyFiles, memoryFolder, openBench, put, treeOf, type Fault, type Tree } from './support/cleanup-bench.ts';

const MODES: readonly RemovalMode[] = process.platform === 'linux' ? ['quarantine', 'trash', 'hard-link'] : ['quarantine', 'hard-link'];

let root: string;
beforeAll(() => {
  root = mkdtempSync(join(memoryFolder(), 'proofsheet-faults-'));
});
afterAll(() => { rmSync(root, { recursive: true, force: true }); });

/** Two groups, three files to go: in the same folder as what is kept, in one of its own, and beside another. */
function makeFolder(): string {
  const folder = mkdtempSync(join(root, 'run-'));
  // A trash of its own.
  vi.stubEnv('XDG_DATA_HOME', join(folder, 'data'));
  for (const [path, content] of Object.entries({ 'a.jpg': 'one', 'b.jpg': 'one', 'deep/er/a.jpg': 'one', 'c.jpg': 'two', 'deep/c.jpg': 'two', 'alone.jpg': 'three' })) {
    put(join(folder, 'pictures', path), content);
  }
  return folder;
}

/** All files there are, but for what the catalog and the trash write for themselves. */
function everything(folder: string): Tree {
  return Object.fromEntries(Object.entries(treeOf(folder)).filter(([path]) => !/^(catalog\.sqlite|backups|data\/Trash\/info)/.test(path)));
}

/** The journal's sums agree with its items, and with the plan. */
async function expectSums(folder: string, operationId: number): Promise<void> {
  const bench = openBench(folder);
  bench.cleanup.journal.operation(operationId);
  const { planned, moved, skipped, restored } = bench.cleanup.journal.operation(operationId);
  expect(moved + skipped).toBe(planned);
  expect(restored).toBeLessThanOrEqual(moved);
  await bench.close();
}

/** Opens what a crash left, lets it recover, undoes what can be undone, and finds all files as they were. */
async function expectRestorable(folder: string, before: Tree): Promise<void> {
  const bench = openBench(folder);
  const { operations, journal } = bench.cleanup;
  await operations.restore([]).catch(() => undefined);
  for (const { id, state, moved } of journal.operations(Number.MAX_SAFE_INTEGER, 100)) {
    expect(['applied', 'undone', 'partly-undone']).toContain(state);
    if (state !== 'undone' && moved > 0) expect(await operations.undo(id)).toMatchObject({ skipped: [] });
  }
  expect(journal.intents(undefined, 9)).toEqual([]);
  const missing = bench.db.prepare('SELECT count(*) FROM source WHERE missing_since IS NOT NULL').pluck().get();
  await bench.close();
  expect(missing).toBe(0);
  expect(everything(folder)).toEqual(before);
}

/** Runs an act with a fault at each of its changes in turn, until it comes to its end without meeting the fault. @returns how many it made */
async function atEveryStep(act: (folder: string, at: number) => Promise<number>): Promise<number> {
  for (let at = 1; ; at += 1) {
    const steps = await act(makeFolder(), at);
    if (steps < at) return steps;
  }
}

async function openFaulty(folder: string, at: number, fault: Fault) {
  let close = (): void => undefined;
  const faults = faultyFiles(at, fault, () => { close(); });
  const bench = openBench(folder, { files: faults.files });
  // A process that has ended writes no rows either.
  close = () => { bench.db.close(); };
  return { bench, faults };
}

interface Trial {
  readonly mode: RemovalMode;
  readonly kind: 'apply' | 'undo';
  readonly fault: Fault;
  /** Of the three files. */
  readonly mostSkipped: number;
}

/**
 * A cleanup, or the undo of one, with a fault at each of its changes or looks in turn: all three files are accounted for,
 * the journal's sums agree, and afterwards everything can be put back as it was.
 */
async function tryEverywhere({ mode, kind, fault, mostSkipped }: Trial): Promise<number> {
  return atEveryStep(async (folder, at) => {
    const before = everything(folder);
    const first = openBench(folder);
    first.scan();
    const planId = await first.plan(mode);
    if (kind === 'undo') await first.cleanup.operations.apply(planId);
    await first.close();
    const { bench, faults } = await openFaulty(folder, at, fault);
    const { operations } = bench.cleanup;
    const acting = kind === 'apply' ? operations.apply(planId).then(({ moved, skippedCount }) => ({ done: moved, skippedCount })) : operations.undo(1).then(({ restored, skippedCount }) => ({ done: restored, skippedCount }));
    if (fault.startsWith('ends')) {
      await acting.catch(() => undefined);
      await bench.close().catch(() => undefined);
    } else {
      const { done, skippedCount } = await acting;
      expect(done + skippedCount).toBe(3);
      expect(skippedCount).toBeLessThanOrEqual(mostSkipped);
      await bench.close();
    }
    await expectRestorable(folder, before);
    await expectSums(folder, 1);
    return faults.steps();
  });
}

const FAULTS: readonly (readonly [fault: Fault, mostSkipped: number, outcome: string])[] = [
  ['ends-before', 3, 'that ends before any change is settled by the next engine, and undone whole'],
  ['ends-after', 3, 'that ends after any change is settled by the next engine, and undone whole'],
  ['fails', 1, 'on a disk that fails at any one change costs at most the file it concerns'],
  ['fails-from', 3, 'on a disk that fails from any change on loses sight of no file'],
  ['look-fails', 3, 'on a disk that fails at any one look loses sight of no file'],
  ['looks-fail-from', 3, 'on a disk that fails from any look on loses sight of no file'],
];

for (const mode of MODES) {
  for (const kind of ['apply', 'undo'] as const) {
    for (const [fault, mostSkipped, outcome] of FAULTS) {
      test(`an ${kind} (${mode}) ${outcome}`, async () => {
        expect(await tryEverywhere({ mode, kind, fault, mostSkipped })).toBeGreaterThan(5);
      });
    }
  }
}

test('an emptying that ends at any change deletes only what it says it deleted', async () => {
  for (const fault of ['ends-before', 'ends-after'] as const) {
    await atEveryStep(async (folder, at) => {
      const first = openBench(folder);
      first.scan();
      const { operationId } = await first.cleanup.operations.apply(await first.plan());
      const kept = Object.keys(treeOf(join(folder, 'pictures')));
      await first.close();
      const { bench, faults } = await openFaulty(folder, at, fault);
      await bench.cleanup.operations.empty(0, true).catch(() => undefined);
      await bench.close().catch(() => undefined);
      const next = openBench(folder);
      await next.cleanup.operations.restore([]).catch(() => undefined);
      const deleted = next.cleanup.journal.items({ operationId, after: 0, limit: 100, states: ['deleted'] }).map(({ path }) => path.slice(join(folder, 'pictures').length + 1));
      const result = await next.cleanup.operations.undo(operationId);
      expect(result.restored).toBe(3 - deleted.length);
      expect(result.skipped.map(({ code }) => code)).toEqual(deleted.map(() => 'vanished'));
      await next.close();
      const now = Object.keys(treeOf(join(folder, 'pictures')));
      expect(now.sort()).toEqual(['a.jpg', 'alone.jpg', 'b.jpg', 'c.jpg', 'deep/c.jpg', 'deep/er/a.jpg'].filter((path) => !deleted.includes(path)));
      expect(now).toEqual(expect.arrayContaining(kept));
      return faults.steps();
    });
  }
});
