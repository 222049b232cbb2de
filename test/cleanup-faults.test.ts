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
  expect(journal.intents()).toEqual([]);
  const missing = bench.db.prepare('SELECT count(*) FROM source WHERE missing_since IS NOT NULL').pluck().get();
  await bench.close();
  expect(missing).toBe(0);
  expect(everything(folder)).toEqual(before);
}

/** Runs an act with a fault at each of its changes in turn, until it comes to its end without meeting the fault. */
async function atEveryStep(prepare: () => Promise<string>, act: (folder: string, at: number) => Promise<number>): Promise<number> {
  for (let at = 1; ; at += 1) {
    const steps = await act(await prepare(), at);
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

for (const mode of MODES) {
  for (const fault of ['ends-before', 'ends-after'] as const) {
    test(`an apply (${mode}) that ${fault.replace('-', ' ')} any change is settled by the next engine, and undone whole`, async () => {
      let before: Tree = {};
      const steps = await atEveryStep(async () => {
        const folder = makeFolder();
        before = everything(folder);
        return folder;
      }, async (folder, at) => {
        const first = openBench(folder);
        first.scan();
        const planId = await first.plan(mode);
        await first.close();
        const { bench, faults } = await openFaulty(folder, at, fault);
        await bench.cleanup.operations.apply(planId).catch(() => undefined);
        await bench.close().catch(() => undefined);
        await expectRestorable(folder, before);
        await expectSums(folder, 1);
        return faults.steps();
      });
      expect(steps).toBeGreaterThan(6);
    });

    test(`an undo (${mode}) that ${fault.replace('-', ' ')} any change is settled by the next engine, and finished by another`, async () => {
      let before: Tree = {};
      const steps = await atEveryStep(async () => {
        const folder = makeFolder();
        before = everything(folder);
        return folder;
      }, async (folder, at) => {
        const first = openBench(folder);
        first.scan();
        const { operationId } = await first.cleanup.operations.apply(await first.plan(mode));
        await first.close();
        const { bench, faults } = await openFaulty(folder, at, fault);
        await bench.cleanup.operations.undo(operationId).catch(() => undefined);
        await bench.close().catch(() => undefined);
        await expectRestorable(folder, before);
        await expectSums(folder, operationId);
        return faults.steps();
      });
      expect(steps).toBeGreaterThan(6);
    });
  }

  test(`a disk that fails at any one change of an apply (${mode}) costs at most the files it concerns`, async () => {
    let before: Tree = {};
    await atEveryStep(async () => {
      const folder = makeFolder();
      before = everything(folder);
      return folder;
    }, async (folder, at) => {
      const { bench, faults } = await openFaulty(folder, at, 'fails');
      bench.scan();
      const result = await bench.cleanup.operations.apply(await bench.plan(mode));
      expect(result.moved + result.skippedCount).toBe(3);
      expect(result.skippedCount).toBeLessThanOrEqual(1);
      const steps = faults.steps();
      await bench.close();
      await expectRestorable(folder, before);
      return steps;
    });
  });

  test(`a disk that fails at any one change of an undo (${mode}) leaves at most the files it concerns to the next one`, async () => {
    let before: Tree = {};
    await atEveryStep(async () => {
      const folder = makeFolder();
      before = everything(folder);
      return folder;
    }, async (folder, at) => {
      const first = openBench(folder);
      first.scan();
      const { operationId } = await first.cleanup.operations.apply(await first.plan(mode));
      await first.close();
      const { bench, faults } = await openFaulty(folder, at, 'fails');
      const result = await bench.cleanup.operations.undo(operationId);
      expect(result.restored + result.skippedCount).toBe(3);
      expect(result.skippedCount).toBeLessThanOrEqual(1);
      const steps = faults.steps();
      await bench.close();
      await expectRestorable(folder, before);
      return steps;
    });
  });
}

for (const mode of MODES) {
  for (const fault of ['fails-from', 'look-fails', 'looks-fail-from'] as const) {
    for (const kind of ['apply', 'undo'] as const) {
      test(`an ${kind} (${mode}) loses sight of no file on a disk with the fault “${fault}” at any point`, async () => {
        let before: Tree = {};
        const steps = await atEveryStep(async () => {
          const folder = makeFolder();
          before = everything(folder);
          return folder;
        }, async (folder, at) => {
          const first = openBench(folder);
          first.scan();
          const planId = await first.plan(mode);
          if (kind === 'undo') await first.cleanup.operations.apply(planId);
          await first.close();
          const { bench, faults } = await openFaulty(folder, at, fault);
          // Whatever it answers: all three are accounted for.
          const result = kind === 'apply' ? await bench.cleanup.operations.apply(planId) : await bench.cleanup.operations.undo(1);
          expect(('moved' in result ? result.moved : result.restored) + result.skippedCount).toBe(3);
          const steps = faults.steps();
          await bench.close();
          await expectRestorable(folder, before);
          await expectSums(folder, 1);
          return steps;
        });
        expect(steps).toBeGreaterThan(5);
      });
    }
  }
}

test('an emptying that ends at any change deletes only what it says it deleted', async () => {
  for (const fault of ['ends-before', 'ends-after'] as const) {
    await atEveryStep(async () => makeFolder(), async (folder, at) => {
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
      const deleted = next.cleanup.journal.items({ operationId, after: 0, limit: 100, state: 'deleted' }).map(({ path }) => path.slice(join(folder, 'pictures').length + 1));
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
