import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { realFiles, type Files } from '../src/main/engine/cleanup/files.ts';
import { QUARANTINE_FOLDER } from '../src/main/engine/cleanup/places.ts';
import { memoryFolder, openBench, put, treeOf } from './support/cleanup-bench.ts';

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
