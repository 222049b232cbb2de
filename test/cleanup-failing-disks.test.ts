import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { realFiles, type Files } from '../src/main/engine/cleanup/files.ts';
import { QUARANTINE_FOLDER } from '../src/main/engine/cleanup/places.ts';
import type { RemovalMode } from '../src/contract/index.ts';
import { faultyFiles, hashOf, memoryFolder, openBench, put, treeOf } from './support/cleanup-bench.ts';

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
  expect(bench.cleanup.journal.items({ operationId: 1, after: 0, limit: 9, state: null })).toMatchObject([{ state: 'lost' }]);
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
