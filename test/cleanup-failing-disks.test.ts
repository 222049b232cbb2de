import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { realFiles, type Files } from '../src/main/engine/cleanup/files.ts';
import { toOperationItem } from '../src/main/engine/cleanup/journal.ts';
import { QUARANTINE_FOLDER } from '../src/main/engine/cleanup/places.ts';
import type { RemovalMode } from '../src/contract/index.ts';
import { faultyFiles, hashOf, memoryFolder, openBench, put, treeOf, type Bench } from './support/cleanup-bench.ts';

function fresh(): string {
  const folder = mkdtempSync(join(memoryFolder(), 'proofsheet-failing-'));
  onTestFinished(() => { rmSync(folder, { recursive: true, force: true }); });
  return folder;
}

/** One file to stay, and as many to go as asked for, in one folder. */
function withCopies(count: number): string {
  const folder = fresh();
  put(join(folder, 'pictures/a.jpg'), 'one');
  for (let index = 0; index < count; index += 1) put(join(folder, 'pictures/deep', `${String(index).padStart(4, '0')}.jpg`), 'one');
  return folder;
}

test('a file that cannot be moved costs no other file of its folder its place', async () => {
  const folder = withCopies(4);
  const looks = new Map<string, number>();
  let changed = '';
  const bench = openBench(folder, { files: { ...realFiles, look: async (path) => {
    const key = String(path);
    looks.set(key, (looks.get(key) ?? 0) + 1);
    // The first of them is written to right before it is moved: after the looks of the plan and of the check.
    if (changed === '' && key.includes('/deep/') && !key.includes(QUARANTINE_FOLDER) && looks.get(key) === 3) writeFileSync(changed = key, 'two');
    return realFiles.look(path);
  } } });
  bench.scan();
  expect(await bench.cleanup.operations.apply(await bench.plan())).toMatchObject({ moved: 3, skippedCount: 1, skipped: [{ code: 'stale' }] });
  await bench.close();
  expect(Object.keys(treeOf(join(folder, 'pictures')))).toEqual(['a.jpg', changed.slice(join(folder, 'pictures/').length)]);
});

test('files that do not fit into the topmost folder of their volume all go into one below it, and leave no empty folder above', async () => {
  const folder = withCopies(4);
  const top = join(folder, QUARANTINE_FOLDER);
  const refused: Files = { ...realFiles, rename: async (from, to) => {
    // As a folder that is mounted by itself; one that is not there is told first.
    if (String(to).startsWith(top) && await realFiles.look(join(String(to), '..')) !== null) throw Object.assign(new Error('EXDEV'), { code: 'EXDEV' });
    return realFiles.rename(from, to);
  } };
  const bench = openBench(folder, { files: refused });
  bench.scan();
  expect(await bench.cleanup.operations.apply(await bench.plan())).toMatchObject({ moved: 4, skipped: [] });
  expect(await realFiles.look(top)).toBeNull();
  expect(await bench.cleanup.operations.undo(1)).toMatchObject({ restored: 4, skipped: [] });
  await bench.close();
  expect(Object.keys(treeOf(join(folder, 'pictures')))).toHaveLength(5);
});

/** An undo whose process ends at its first change, of one file that was moved. @returns where that lies in quarantine */
async function undoCutShort(folder: string, mode: RemovalMode, fault: 'ends-before' | 'ends-after', at: number): Promise<string> {
  const first = openBench(folder);
  first.scan();
  await first.cleanup.operations.apply(await first.plan(mode));
  const place = String(first.cleanup.journal.quarantined(0, Number.MAX_SAFE_INTEGER, 1)[0]!.place);
  await first.close();
  let close = (): void => undefined;
  const second = openBench(folder, { files: faultyFiles(at, fault, () => { close(); }).files });
  close = () => { second.db.close(); };
  await second.cleanup.operations.undo(1).catch(() => undefined);
  await second.close().catch(() => undefined);
  return place;
}

test('a file that somebody else has put into the old place of one that is gone is not called restored', async () => {
  const folder = withCopies(1);
  const place = await undoCutShort(folder, 'quarantine', 'ends-before', 1);
  rmSync(place);
  put(join(folder, 'pictures/deep/0000.jpg'), 'something else');
  const bench = openBench(folder);
  await bench.cleanup.operations.restore([]);
  expect(bench.cleanup.journal.items({ operationId: 1, after: 0, limit: 9, states: null })).toMatchObject([{ state: 'lost' }]);
  expect(bench.cleanup.journal.operation(1)).toMatchObject({ state: 'applied', moved: 1, restored: 0 });
  const known = bench.db.prepare(`SELECT count(*) FROM source WHERE name = '0000.jpg' AND missing_since IS NULL`).pluck().get();
  expect(known).toBe(0);
  await bench.close();
  expect(treeOf(join(folder, 'pictures'))['deep/0000.jpg']).toBe(hashOf('something else'));
});

test('the last name of the kept bytes is never removed with a link that has done its service', async () => {
  // The file itself is gone from quarantine, or is another one; and its old place is free, or is not.
  for (const [replaced, written] of [[null, 'mine'], ['other', 'mine'], [null, null], ['other', null]] as const) {
    const folder = withCopies(1);
    // The folders are made, then the link is set aside.
    const place = await undoCutShort(folder, 'hard-link', 'ends-after', 2);
    rmSync(place);
    rmSync(join(folder, 'pictures/a.jpg'));
    if (replaced !== null) put(place, replaced);
    if (written !== null) put(join(folder, 'pictures/deep/0000.jpg'), written);
    expect(Object.values(treeOf(folder)).filter((hash) => hash === hashOf('one'))).toHaveLength(1);
    const bench = openBench(folder);
    await bench.cleanup.operations.undo(1);
    expect(bench.cleanup.journal.operation(1)).toMatchObject({ restored: 0 });
    await bench.close();
    const left = Object.values(treeOf(folder));
    expect(left.filter((hash) => hash === hashOf('one'))).toHaveLength(1);
    for (const content of [replaced, written]) if (content !== null) expect(left).toContain(hashOf(content));
    if (written === null) expect(treeOf(join(folder, 'pictures'))['deep/0000.jpg']).toBe(hashOf('one'));
  }
});

/** A disk that can be made to fail from some moment on; each look at it is counted. */
function mortal(isOn: (path: string) => boolean = () => true) {
  const disk = { isDead: false, looks: 0 };
  const files: Files = { ...realFiles, look: async (path) => {
    if (!disk.isDead || !isOn(String(path))) return realFiles.look(path);
    disk.looks += 1;
    throw Object.assign(new Error('EIO: i/o error'), { code: 'EIO' });
  } };
  return { disk, files };
}

/** So many copies that lie in quarantine, on a disk that dies with `disk.isDead`. */
async function cleanedUp(count: number, isOn?: (path: string) => boolean) {
  const { disk, files } = mortal(isOn);
  const bench = openBench(withCopies(count), { files });
  bench.scan();
  await bench.cleanup.operations.apply(await bench.plan());
  return { disk, bench, ...bench.cleanup };
}

test.each(['undo', 'restore', 'empty'] as const)('an %s that the end of the engine cuts short counts what it left', async (kind) => {
  const folder = withCopies(100);
  let changes = 0;
  let stop = (): void => undefined;
  const change = (run: (...paths: string[]) => Promise<void>) => async (...paths: unknown[]): Promise<void> => {
    if ((changes += 1) === 5) stop();
    return run(...paths as string[]);
  };
  const bench = openBench(folder, { files: { ...realFiles, link: change(async (from, to) => realFiles.link(from, to)), unlink: change(async (path) => realFiles.unlink(path)) } });
  bench.scan();
  const { operations, journal } = bench.cleanup;
  await operations.apply(await bench.plan());
  changes = 0;
  stop = () => { void operations.stop(); };
  const cancelled = (count: number) => Array.from({ length: count }, () => ({ code: 'cancelled' }));
  if (kind === 'empty') {
    const { deletedCount, skippedCount, errors } = await operations.empty(0, true);
    expect({ deletedCount, skippedCount, errors }).toMatchObject({ deletedCount: 32, skippedCount: 68, errors: cancelled(68) });
  } else {
    const { restored, skippedCount, skipped } = await (kind === 'undo' ? operations.undo(1) : operations.restore(undefined));
    expect({ restored, skippedCount, skipped }).toMatchObject({ restored: 32, skippedCount: 68, skipped: cancelled(68) });
  }
  if (kind !== 'undo') expect(journal.operation(2)).toMatchObject({ planned: 100, skipped: 68 });
  await bench.close();
});

test.each(['undo', 'empty'] as const)('an %s on a disk that fails leaves alone what it had not touched, and nothing to be looked for again and again', async (kind) => {
  const { disk, bench, operations, journal } = await cleanedUp(100);
  disk.isDead = true;
  const { skippedCount, skipped } = await (kind === 'undo' ? operations.undo(1) : operations.empty(0, true).then(({ errors, ...rest }) => ({ ...rest, skipped: errors })));
  expect({ skippedCount, codes: [...new Set(skipped.map(({ code }) => code))] }).toEqual({ skippedCount: 100, codes: ['offline'] });
  // One file was tried, and the disk asked whether it is at work at all.
  expect(disk.looks).toBeLessThan(5);
  expect([journal.hasIntents(), journal.items({ operationId: 1, after: 0, limit: 100, states: ['moved'] }).length]).toEqual([false, 100]);
  disk.isDead = false;
  expect(await operations.undo(1)).toMatchObject({ restored: 100, skipped: [] });
  await bench.close();
});

test('one file that cannot be read holds up no other file of its disk', async () => {
  const { disk, bench, operations } = await cleanedUp(40, (path) => path.endsWith('/0003.jpg'));
  disk.isDead = true;
  expect(await operations.undo(1)).toMatchObject({ restored: 39, skippedCount: 1, skipped: [{ code: 'offline' }] });
  await bench.close();
});

/** Undoes so many files as a process that ends in the middle of its chunks, one after another. */
function leaveIntents(bench: Bench, operationId: number): void {
  bench.cleanup.journal.intendReturn(bench.cleanup.journal.away(operationId, 0, 1_000_000).map(({ id }) => id), 'restoring');
}

test('many files that cannot be reached are asked for by one of their volume, however many they are', async () => {
  const { disk, bench, operations, journal } = await cleanedUp(1200);
  leaveIntents(bench, 1);
  disk.isDead = true;
  await operations.restore([]);
  expect(disk.looks).toBe(1);
  const { skippedCount, skipped } = await operations.undo(1);
  expect([skippedCount, skipped.length, skipped[0]?.code]).toEqual([1200, 1200, 'offline']);
  // They were moved, and are counted once.
  expect(journal.operation(1)).toMatchObject({ planned: 1200, moved: 1200, skipped: 0, unreachable: 0 });
  expect(journal.items({ operationId: 1, after: 0, limit: 9, states: ['moved'] }).map(toOperationItem)[0]).toMatchObject({ state: 'moved', code: 'offline' });
  disk.isDead = false;
  await operations.restore([]);
  expect(journal.hasIntents()).toBe(false);
  expect(journal.operation(1)).toMatchObject({ moved: 1200, state: 'applied' });
  expect(await operations.undo(1)).toMatchObject({ restored: 1200, skippedCount: 0 });
  await bench.close();
});

test('the journal finds what is open in an operation, and in all, by an index', () => {
  const bench = openBench(fresh());
  const planOf = (sql: string): string => bench.db.prepare<unknown[], { detail: string }>(`EXPLAIN QUERY PLAN ${sql}`).all().map(({ detail }) => detail).join('\n');
  const open = `state IN ('moving', 'restoring', 'deleting')`;
  expect(planOf(`SELECT i.path, o.mode FROM operation_item i JOIN operation o ON o.id = i.operation_id WHERE i.${open} AND (i.operation_id, i.id) > (0, 0) ORDER BY i.operation_id, i.id LIMIT 5`)).toMatch(/^SEARCH i USING INDEX operation_item_intent \(.*operation_id.*\)\nSEARCH o/);
  expect(planOf(`SELECT count(*) FROM operation_item INDEXED BY operation_item_intent WHERE operation_id = 1 AND ${open}`)).toMatch(/operation_item_intent \(operation_id=\?\)/);
  bench.db.close();
});

test('volumes that do not answer hold one thread between them, and the others are settled once they do', async () => {
  // Two drives of one catalog, each with files that a cleanup was busy with.
  const folder = fresh();
  for (const drive of ['one', 'two']) for (const path of ['a.jpg', 'deep/a.jpg']) put(join(folder, 'pictures', drive, path), drive);
  const drives = ['one', 'two'].map((drive) => join(folder, 'pictures', drive));
  // As two mounted volumes, each with a quarantine of its own.
  const driveOf = (path: string): number => drives.findIndex((drive) => path.startsWith(`${drive}/`));
  const apart: Files = { ...realFiles, rename: async (from, to) => {
    if (driveOf(String(from)) !== driveOf(String(to))) throw Object.assign(new Error('EXDEV'), { code: 'EXDEV' });
    return realFiles.rename(from, to);
  } };
  const first = openBench(folder, { files: apart });
  first.scan();
  expect(await first.cleanup.operations.apply(await first.plan())).toMatchObject({ moved: 2 });
  leaveIntents(first, 1);
  first.db.close();
  const silence = Promise.withResolvers<null>();
  let isSilent = true;
  let waiting = 0;
  let most = 0;
  const files: Files = { ...apart, look: async (path) => {
    if (isSilent && driveOf(String(path)) >= 0) {
      most = Math.max(most, waiting += 1);
      await silence.promise;
      waiting -= 1;
    }
    return realFiles.look(path);
  } };
  const second = openBench(folder, { files, patience: { answerMs: 5, recheckMs: 5 } });
  const { operations, journal } = second.cleanup;
  for (let act = 0; act < 3; act += 1) await operations.restore([]);
  expect(most).toBe(1);
  expect(journal.intents(undefined, 9).map(({ errorCode }) => errorCode)).toEqual(['offline', 'offline']);
  isSilent = false;
  silence.resolve(null);
  await expect.poll(() => journal.hasIntents(), { interval: 5 }).toBe(false);
  expect(await operations.undo(1)).toMatchObject({ restored: 2, skipped: [] });
  await second.close();
});

test('of a cleanup whose disk fails in the middle every file is counted once: moved, skipped or unreachable', async () => {
  const folder = withCopies(40);
  const { disk, files } = mortal();
  let renames = 0;
  const bench = openBench(folder, { files: { ...files, rename: async (from, to) => {
    await realFiles.rename(from, to);
    if ((renames += 1) === 3) disk.isDead = true;
  } } });
  bench.scan();
  const { operations, journal } = bench.cleanup;
  const applied = await operations.apply(await bench.plan());
  expect(applied).toMatchObject({ moved: 2, skippedCount: 38, unreachable: expect.any(Number) as number });
  expect(applied.unreachable).toBeGreaterThan(0);
  const { planned, moved, skipped, unreachable } = journal.operation(1);
  expect([moved + skipped + unreachable, unreachable]).toEqual([planned, applied.unreachable]);
  const left = journal.items({ operationId: 1, after: 0, limit: 99, states: ['skipped', 'unreachable'] }).map(toOperationItem);
  expect(left.map(({ state, code }) => `${state} ${String(code)}`).sort()).toEqual([...Array.from({ length: skipped }, () => 'skipped offline'), ...Array.from({ length: unreachable }, () => 'unreachable offline')]);
  disk.isDead = false;
  await operations.restore([]);
  expect(journal.operation(1)).toMatchObject({ moved: 3, skipped: 37, unreachable: 0 });
  await bench.close();
});
