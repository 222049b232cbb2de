import { execFileSync } from 'node:child_process';
import { chmodSync, existsSync, linkSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync, statSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { refusalOf } from '../src/main/engine/cleanup/checks.ts';
import { realFiles, type Files } from '../src/main/engine/cleanup/files.ts';
import { toOperationItem } from '../src/main/engine/cleanup/journal.ts';
import { createPlaces, QUARANTINE_FOLDER } from '../src/main/engine/cleanup/places.ts';
import { faultyFiles, memoryFolder, openBench, put, treeOf, type Bench } from './support/cleanup-bench.ts';

function fresh(): string {
  const folder = mkdtempSync(join(memoryFolder(), 'proofsheet-volume-'));
  onTestFinished(() => { rmSync(folder, { recursive: true, force: true }); });
  return folder;
}

/** A workspace, and a drive whose pictures it knows; one file to stay and two to go. */
function withDrive(): { readonly folder: string; readonly drive: string; readonly unplug: () => void; readonly plugIn: () => void } {
  const [folder, drive] = [fresh(), fresh()];
  for (const path of ['a.jpg', 'deep/a.jpg', 'deep/b.jpg']) put(join(drive, 'pictures', path), 'one');
  symlinkSync(join(drive, 'pictures'), join(folder, 'pictures'));
  const away = `${drive}-unplugged`;
  return { folder, drive, unplug: () => { renameSync(drive, away); }, plugIn: () => { renameSync(away, drive); } };
}

/** Runs an act whose process ends right after or before some change of the disk. */
async function cutShort(folder: string, at: number, fault: 'ends-before' | 'ends-after', act: (bench: Bench) => Promise<unknown>): Promise<void> {
  let close = (): void => undefined;
  const bench = openBench(folder, { files: faultyFiles(at, fault, () => { close(); }).files });
  close = () => { bench.db.close(); };
  await act(bench).catch(() => undefined);
  await bench.close().catch(() => undefined);
}

for (const kind of ['apply', 'undo', 'empty'] as const) {
  test(`what an ${kind} was busy with when the power failed is not written off while its volume is unplugged`, async () => {
    for (let at = 1; at <= 8; at += 1) {
      for (const fault of ['ends-before', 'ends-after'] as const) {
        const { folder, drive, unplug, plugIn } = withDrive();
        const before = treeOf(drive);
        const first = openBench(folder);
        first.scan();
        const planId = await first.plan();
        if (kind !== 'apply') await first.cleanup.operations.apply(planId);
        await first.close();
        await cutShort(folder, at, fault, ({ cleanup: { operations } }) => (kind === 'apply' ? operations.apply(planId) : kind === 'undo' ? operations.undo(1) : operations.empty(0, true)));
        const left = Object.keys(treeOf(drive)).length;
        unplug();
        const second = openBench(folder);
        await second.cleanup.operations.restore([]);
        const states = second.cleanup.journal.items({ operationId: 1, after: 0, limit: 10, states: null }).map(({ state }) => state);
        expect(states).not.toContain('lost');
        await second.close();
        plugIn();
        const third = openBench(folder);
        const result = await third.cleanup.operations.undo(1).catch((error: unknown) => error);
        expect(third.cleanup.journal.intents(undefined, 9)).toEqual([]);
        expect(await third.cleanup.operations.quarantineTotals(Number.MAX_SAFE_INTEGER)).toEqual({ total: 0, bytes: 0 });
        await third.close();
        // What was not deleted is back, and nothing lies forgotten in quarantine.
        if (kind === 'empty') expect(Object.keys(treeOf(drive)).filter((path) => path.startsWith('pictures/'))).toHaveLength(left);
        else expect(treeOf(drive), `${at} ${fault} ${JSON.stringify(result)}`).toEqual(before);
      }
    }
  });
}

test('a cleanup whose drive is pulled out ends, tells what cannot be reached, and finds it by itself when the drive is back', async () => {
  const { folder, drive, unplug, plugIn } = withDrive();
  const before = treeOf(drive);
  const first = openBench(folder);
  first.scan();
  const planId = await first.plan();
  await first.close();
  const renamed = 1 + await stepsTo(folder, 'rename');
  await cutShort(folder, renamed, 'ends-after', ({ cleanup }) => cleanup.operations.apply(planId));
  unplug();
  const patience = { answerMs: 5000, recheckMs: 5 };
  const second = openBench(folder, { patience });
  const { journal, operations } = second.cleanup;
  await operations.restore([]);
  const { planned, moved, skipped, unreachable, ...cut } = journal.operation(1);
  expect(cut).toMatchObject({ state: 'applied', finishedAt: expect.any(Number) as number });
  expect([moved + skipped + unreachable, unreachable > 0]).toEqual([planned, true]);
  plugIn();
  await expect.poll(() => journal.operation(1).unreachable, { interval: 5 }).toBe(0);
  expect(journal.operation(1)).toMatchObject({ state: 'applied', planned: 2, moved: 1, skipped: 1 });
  expect(await operations.undo(1)).toMatchObject({ restored: 1, skipped: [] });
  await second.close();
  expect(treeOf(drive)).toEqual(before);
});

test('a volume that does not even answer keeps other acts back no longer than it is waited for', async () => {
  const { folder } = withDrive();
  const first = openBench(folder);
  first.scan();
  const [planId, other] = [await first.plan(), await first.plan()];
  await first.close();
  await cutShort(folder, 1 + await stepsTo(folder, 'rename'), 'ends-before', ({ cleanup }) => cleanup.operations.apply(planId));
  const hanging = Promise.withResolvers<null>();
  let asked = 0;
  const files: Files = { ...realFiles, look: async (path) => {
    if (!String(path).includes(QUARANTINE_FOLDER)) return realFiles.look(path);
    asked += 1;
    return asked === 1 ? hanging.promise : realFiles.look(path);
  } };
  const second = openBench(folder, { files, patience: { answerMs: 5, recheckMs: 5 } });
  expect(await second.cleanup.operations.apply(other)).toMatchObject({ moved: 2 });
  expect(second.cleanup.journal.operation(1)).toMatchObject({ state: 'applied', unreachable: 2 });
  hanging.resolve(null);
  await expect.poll(() => second.cleanup.journal.operation(1).unreachable, { interval: 5 }).toBe(0);
  await second.close();
});

test('what was lost is looked for again by the next undo', async () => {
  const { folder, drive } = withDrive();
  const bench = openBench(folder);
  bench.scan();
  await bench.cleanup.operations.apply(await bench.plan());
  const [item] = bench.cleanup.journal.quarantined(0, Number.MAX_SAFE_INTEGER, 9);
  renameSync(String(item!.place), join(drive, 'elsewhere'));
  expect(await bench.cleanup.operations.undo(1)).toMatchObject({ restored: 1, skipped: [{ code: 'vanished' }] });
  expect(bench.cleanup.journal.item(item!.id)).toMatchObject({ state: 'lost' });
  put(String(item!.place), '');
  renameSync(join(drive, 'elsewhere'), String(item!.place));
  expect(await bench.cleanup.operations.undo(1)).toMatchObject({ restored: 1, skipped: [] });
  await bench.close();
});

test('a file that was put in the place of one in quarantine is neither deleted with it nor put back for it', async () => {
  const { folder } = withDrive();
  const bench = openBench(folder);
  bench.scan();
  await bench.cleanup.operations.apply(await bench.plan());
  const [swapped, copied] = bench.cleanup.journal.quarantined(0, Number.MAX_SAFE_INTEGER, 9).map(({ place }) => String(place));
  rmSync(swapped!);
  writeFileSync(swapped!, 'TWO');
  // The same bytes in another file, as after a copy of the volume: it is what was moved there.
  rmSync(copied!);
  writeFileSync(copied!, 'one');
  utimesSync(copied!, 5, 5);
  expect(await bench.cleanup.operations.empty(0, true)).toMatchObject({ deletedCount: 1, errors: [{ code: 'stale' }] });
  expect([existsSync(swapped!), existsSync(copied!)]).toEqual([true, false]);
  expect(await bench.cleanup.operations.undo(1)).toMatchObject({ restored: 0, skipped: [{ code: 'stale' }, { code: 'vanished' }] });
  expect(existsSync(swapped!)).toBe(true);
  await bench.close();
});

test('a file that cannot be looked at keeps no other act back, and is settled when it can be', async () => {
  const folder = fresh();
  for (const path of ['a.jpg', 'deep/a.jpg', 'x.jpg', 'deep/x.jpg']) put(join(folder, 'pictures', path), path.includes('a') ? 'one' : 'two');
  const before = treeOf(join(folder, 'pictures'));
  const first = openBench(folder);
  first.scan();
  const [planId, other] = [await first.plan(), await first.plan()];
  await first.close();
  // The first of them has been moved, and the journal does not say so yet.
  const renamed = 1 + await stepsTo(folder, 'rename');
  await cutShort(folder, renamed, 'ends-after', ({ cleanup }) => cleanup.operations.apply(planId));
  const name = existsSync(join(folder, 'pictures/deep/a.jpg')) ? 'deep/x.jpg' : 'deep/a.jpg';
  const failing: Files = { ...realFiles, look: async (path) => {
    if (String(path).endsWith(name)) throw Object.assign(new Error('EIO: i/o error'), { code: 'EIO' });
    return realFiles.look(path);
  } };
  const second = openBench(folder, { files: failing });
  await second.cleanup.operations.apply(other);
  expect(second.cleanup.journal.intents(undefined, 9)).toHaveLength(1);
  expect(second.cleanup.journal.operation(1)).toMatchObject({ state: 'applied', planned: 2, moved: 0, skipped: 1, unreachable: 1, finishedAt: expect.any(Number) as number });
  expect(second.cleanup.journal.items({ operationId: 1, after: 0, limit: 9, states: ['unreachable'] }).map(toOperationItem)).toMatchObject([{ state: 'unreachable', path: join(folder, 'pictures', name) }]);
  expect(second.cleanup.journal.operation(2)).toMatchObject({ state: 'applied', moved: 1 });
  expect(await second.cleanup.operations.undo(1)).toMatchObject({ restored: 0, skippedCount: 1 });
  await second.close();
  const third = openBench(folder);
  for (const id of [1, 2]) expect(await third.cleanup.operations.undo(id)).toMatchObject({ restored: 1, skipped: [] });
  expect(third.cleanup.journal.operation(1)).toMatchObject({ state: 'undone', planned: 2, moved: 1, skipped: 1 });
  await third.close();
  expect(treeOf(join(folder, 'pictures'))).toEqual(before);
});

/** How many changes an apply makes before the first of a kind: making folders, on any disk as many. */
async function stepsTo(like: string, name: keyof Files): Promise<number> {
  const folder = fresh();
  for (const path of ['a.jpg', 'deep/a.jpg', 'x.jpg', 'deep/x.jpg']) put(join(folder, 'pictures', path), path.includes('a') ? 'one' : 'two');
  expect(folder.length).toBe(like.length);
  const { files, steps } = faultyFiles(Infinity, 'fails');
  let at = 0;
  const bench = openBench(folder, { files: { ...files, [name]: async (...values: unknown[]) => {
    at ||= steps() + 1;
    return (files[name] as (...all: unknown[]) => Promise<unknown>)(...values);
  } } });
  bench.scan();
  await bench.cleanup.operations.apply(await bench.plan());
  await bench.close();
  return at - 1;
}

/** So many files go and come back, and then everything lies as it did. */
async function goAndComeBack(folder: string, count: number, files: Files = realFiles): Promise<void> {
  const before = treeOf(join(folder, 'pictures'));
  const bench = openBench(folder, { files });
  bench.scan();
  expect(await bench.cleanup.operations.apply(await bench.plan())).toMatchObject({ moved: count, skipped: [] });
  expect(await bench.cleanup.operations.undo(1)).toMatchObject({ restored: count, skipped: [] });
  await bench.close();
  expect(treeOf(join(folder, 'pictures'))).toEqual(before);
}

test('on a volume that knows no modes, as memory cards and network drives, a quarantine is made all the same', async () => {
  const folder = fresh();
  for (const path of ['a.jpg', 'deep/er/a.jpg']) put(join(folder, 'pictures', path), 'one');
  const files: Files = {
    ...realFiles,
    look: async (path) => {
      const look = await realFiles.look(path);
      return look?.kind === 'other' ? { ...look, mode: look.mode | 0o055n } : look;
    },
    makePrivate: async () => undefined,
  };
  await goAndComeBack(folder, 1, files);
});

test('a folder open to others is closed before anything is put into it, and one that turns out to be somebody else’s is not left behind', async () => {
  const folder = fresh();
  for (const path of ['a.jpg', 'deep/a.jpg']) put(join(folder, 'pictures', path), 'one');
  mkdirSync(join(folder, QUARANTINE_FOLDER));
  chmodSync(join(folder, QUARANTINE_FOLDER), 0o777);
  const bench = openBench(folder);
  bench.scan();
  expect(await bench.cleanup.operations.apply(await bench.plan())).toMatchObject({ moved: 1 });
  expect(statSync(join(folder, QUARANTINE_FOLDER)).mode & 0o777).toBe(0o700);
  await bench.cleanup.operations.undo(1);
  await bench.close();
  const files: Files = { ...realFiles, look: async (path) => {
    const look = await realFiles.look(path);
    return look?.kind === 'other' && String(path).endsWith(QUARANTINE_FOLDER) ? { ...look, owner: look.owner + 1n } : look;
  } };
  const other = openBench(folder, { files });
  expect(await other.cleanup.operations.apply(await other.plan())).toMatchObject({ moved: 0, skipped: [{ code: 'no-permission' }] });
  await other.close();
  expect(readdirSync(folder, { recursive: true }).filter((path) => String(path).endsWith(QUARANTINE_FOLDER))).toEqual([]);
});

test('a folder that is gone by then is made as the user makes folders, not as a quarantine is', async () => {
  const folder = fresh();
  for (const path of ['a.jpg', 'deep/b.jpg']) put(join(folder, 'pictures', path), 'one');
  const bench = openBench(folder);
  bench.scan();
  await bench.cleanup.operations.apply(await bench.plan());
  rmSync(join(folder, 'pictures/deep'), { recursive: true });
  expect(await bench.cleanup.operations.undo(1)).toMatchObject({ restored: 1, skipped: [] });
  await bench.close();
  mkdirSync(join(folder, 'usual'));
  expect(statSync(join(folder, 'pictures/deep')).mode).toBe(statSync(join(folder, 'usual')).mode);
});

test('a folder that may not be written to is told from a file that may not be read', () => {
  const refused = (syscall: string): string => refusalOf(Object.assign(new Error('EACCES'), { code: 'EACCES', syscall })).reason;
  expect([refused('open'), refused('unlink')]).toEqual(['reading it is not permitted', 'its folder may not be written to, so the file cannot be moved']);
});

test('two names of one duplicate both go, and both come back', async () => {
  const folder = fresh();
  for (const path of ['a.jpg', 'd/b.jpg']) put(join(folder, 'pictures', path), 'one');
  linkSync(join(folder, 'pictures/d/b.jpg'), join(folder, 'pictures/d/c.jpg'));
  await goAndComeBack(folder, 2);
});

test('two files that would be given one place in quarantine are given two', async () => {
  const folder = fresh();
  put(join(folder, 'pictures/x/a.jpg'), 'one');
  const places = createPlaces(realFiles, 'w', 1);
  const taken = new Set<string>();
  const chosen = [await places.choose(join(folder, 'pictures/x/a.jpg'), '1', 0, taken), await places.choose(join(folder, 'pictures/x/a.jpg'), '2', 0, taken)];
  expect(new Set(chosen).size).toBe(2);
});

test('no link is made to a protected file: through it, the file could be changed', async () => {
  const folder = fresh();
  for (const path of ['safe/a.jpg', 'd/a.jpg']) put(join(folder, 'pictures', path), 'one');
  const bench = openBench(folder);
  bench.scan();
  const planId = await bench.plan('hard-link');
  await bench.close();
  const settings = { protectedFolders: [join(folder, 'pictures', 'safe'), join(folder, 'pictures', 'd')] };
  for (const protectedFolder of settings.protectedFolders) {
    const next = openBench(folder, { settings: { protectedFolders: [protectedFolder] } });
    expect(next.cleanup.plans.list(await next.plan('hard-link'), 'held', 0, 9).held).toMatchObject([{ code: 'protected' }]);
    await next.close();
  }
  const last = openBench(folder, { settings });
  expect(await last.cleanup.operations.apply(planId)).toMatchObject({ moved: 0, skipped: [{ code: 'protected' }] });
  await last.close();
});

const canMount = process.getuid?.() === 0 && process.platform === 'linux';
test.skipIf(!canMount)('a protected folder is protected by whatever way it is come to, mounted twice for example', async () => {
  const folder = fresh();
  for (const path of ['real/safe/a.jpg', 'real/x.jpg']) put(join(folder, path), 'one');
  mkdirSync(join(folder, 'pictures'));
  execFileSync('mount', ['--bind', join(folder, 'real'), join(folder, 'pictures')]);
  onTestFinished(() => { execFileSync('umount', ['-l', join(folder, 'pictures')]); });
  const bench = openBench(folder);
  bench.scan();
  // By their names alone the rules would keep `x.jpg`.
  const planId = await bench.plan();
  await bench.close();
  const next = openBench(folder, { settings: { protectedFolders: [join(folder, 'real/safe')] } });
  expect(await next.cleanup.operations.apply(planId)).toMatchObject({ moved: 0, skipped: [{ code: 'protected' }] });
  // Whoever plans now is told beforehand: what is protected stays, and stands for the other.
  const { keep, remove } = await next.cleanup.plans.describe(await next.plan(), 9);
  expect([keep.map(({ path, rule }) => [path, rule]), remove.map(({ path }) => path)]).toEqual([[[join(folder, 'pictures/safe/a.jpg'), 'protected']], [join(folder, 'pictures/x.jpg')]]);
  await next.close();
});

test('restoring counts each file once, and says of every one that it did not put back why', async () => {
  const folder = fresh();
  for (const path of ['a.jpg', 'd/b.jpg', 'd/c.jpg']) put(join(folder, 'pictures', path), 'one');
  const bench = openBench(folder);
  bench.scan();
  const planId = await bench.plan();
  rmSync(join(folder, 'pictures/d/c.jpg'));
  await bench.cleanup.operations.apply(planId);
  const items = bench.cleanup.journal.items({ operationId: 1, after: 0, limit: 9, states: null });
  const id = (state: string): number => items.find((item) => item.state === state)!.id;
  const { restore } = bench.cleanup.operations;
  expect(await restore([id('skipped')])).toMatchObject({ restored: 0, skippedCount: 1, skipped: [{ code: 'bad-input' }] });
  expect(await restore([id('moved'), id('moved')])).toMatchObject({ restored: 1, skippedCount: 0 });
  expect(await restore([id('moved')])).toMatchObject({ restored: 0, skipped: [{ code: 'already-applied' }] });
  expect(bench.cleanup.journal.operations(Number.MAX_SAFE_INTEGER, 9).map(({ planned, restored, skipped }) => [planned, restored, skipped])).toEqual([[1, 0, 1], [1, 1, 0], [1, 0, 1], [2, 1, 1]]);
  await bench.close();
});

test('a plan that was applied is called applied however long ago that was', async () => {
  const { folder } = withDrive();
  const bench = openBench(folder);
  bench.scan();
  const planId = await bench.plan();
  await bench.cleanup.operations.apply(planId);
  for (let later = 0; later < 12; later += 1) await bench.plan();
  await expect(bench.cleanup.operations.apply(planId)).rejects.toMatchObject({ code: 'already-applied' });
  await bench.close();
});
