import { copyFile, mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { expect, test } from 'vitest';
import { unreachableInWords } from '../src/main/cli/words.ts';
import { makePictures, runCli, startCli, temporaryFolder } from './hosts.ts';
import { treeOf } from './support/cleanup-bench.ts';

/** What a command printed, as far as it is looked at here. */
interface Answer {
  readonly remove: readonly { readonly bytes: number; readonly keeper_path: string }[];
  readonly items: readonly { readonly bytes: number }[];
  readonly bytes: number;
}

async function library(copies: number) {
  const folder = await temporaryFolder();
  const pictures = await makePictures(join(folder, 'pictures'), 2, 64);
  await mkdir(join(pictures, 'copies'));
  for (let index = 0; index < copies; index += 1) await copyFile(join(pictures, '0001.jpg'), join(pictures, 'copies', `${String(index)}.jpg`));
  const run = async (...args: readonly string[]) => runCli([...args, '--workspace', join(folder, 'workspace')]);
  const json = async (...args: readonly string[]) => {
    const { status, stdout, stderr } = await run(...args, '--json');
    return { status, stderr, result: JSON.parse(stdout) as Answer };
  };
  await run('ingest', pictures);
  return { folder, pictures, run, json };
}

test('plan, apply, list, undo, restore and empty, as scripts use them', async () => {
  const { pictures, run, json } = await library(3);
  const before = treeOf(pictures);
  const plan = await json('cleanup', 'plan');
  expect(plan).toMatchObject({ status: 0, result: { plan_id: 1, groups: 1, keep: [{ path: join(pictures, '0001.jpg'), rule: 'path' }], held: [] } });
  expect(plan.result.remove.map((item) => Object.keys(item).sort())).toEqual([1, 2, 3].map(() => ['asset_id', 'bytes', 'group_id', 'keeper_path', 'path', 'reason', 'rule', 'source_id']));
  expect(plan.result.remove.map((item) => item.keeper_path)).toEqual([1, 2, 3].map(() => join(pictures, '0001.jpg')));
  expect(plan.result.bytes).toBe(plan.result.remove.reduce((sum, { bytes }) => sum + bytes, 0));
  expect(treeOf(pictures)).toEqual(before);

  await writeFile(join(pictures, 'copies/2.jpg'), 'changed');
  const applied = await json('cleanup', 'apply', '1');
  expect(applied).toMatchObject({ status: 3, result: { operation_id: 1, moved: 2, skipped_count: 1, skipped: [{ path: join(pictures, 'copies/2.jpg'), code: 'stale' }] } });
  expect(await json('cleanup', 'apply', '1')).toMatchObject({ status: 1, result: { error: { code: 'already-applied' } } });
  expect(await json('cleanup', 'list')).toMatchObject({ status: 0, result: { operations: [{ id: 1, kind: 'cleanup', mode: 'quarantine', state: 'applied', planned: 3, moved: 2, skipped: 1 }] } });

  const { result: list } = await json('quarantine', 'list');
  expect(list).toMatchObject({ total: 2, items: [{ id: 1, operation_id: 1 }, {}] });
  expect(await json('quarantine', 'restore', '1')).toMatchObject({ status: 0, result: { restored: 1, skipped: [] } });
  const dry = await json('quarantine', 'empty');
  expect(dry).toMatchObject({ status: 0, result: { dry_run: true, found: 1, bytes_to_free: list.items[1]!.bytes, deleted_count: 0 } });
  expect(await json('quarantine', 'empty', '--apply')).toMatchObject({ status: 0, result: { dry_run: false, deleted_count: 1, deleted_bytes: list.items[1]!.bytes } });
  expect(await json('cleanup', 'undo', '1')).toMatchObject({ status: 3, result: { restored: 0, skipped: [{ code: 'vanished' }] } });
  expect((await readdir(join(pictures, 'copies'))).length).toBe(2);
  expect((await run('quarantine', 'list')).stdout).toBe('The quarantine is empty.\n');
});

test('people read what would happen, what to type next, and why a file was left', async () => {
  const { pictures, run } = await library(2);
  const plan = await run('cleanup', 'plan', '--rules', 'largest, path', '--level', 'exact');
  expect(plan.stdout).toContain('2 files');
  expect(plan.stdout).toContain(`path: ${join(pictures, '0001.jpg')} against ${join(pictures, 'copies/0.jpg')}`);
  expect(plan.stdout).toContain('Nothing has been moved yet. To do it: proofsheet cleanup apply 1');
  await rm(join(pictures, 'copies/1.jpg'));
  const applied = await run('cleanup', 'apply', '1');
  expect(applied.status).toBe(3);
  expect(applied.stdout).toContain('To put them back: proofsheet cleanup undo 1');
  expect(applied.stderr).toContain(`${join(pictures, 'copies/1.jpg')}: the file is no longer there`);
  expect((await run('quarantine', 'empty')).stdout).toContain('would be deleted for good. Run again with --apply to delete them.');
  expect(await run('cleanup', 'undo', '1')).toMatchObject({ status: 0 });
  expect((await run('cleanup', 'plan', '--level', 'exact', '--protect', join(pictures, 'copies'))).stdout).toContain(`protected: protected against not protected`);
});

test('what does not fit is a usage error, and says how it would', async () => {
  const { run } = await library(0);
  for (const args of [['cleanup'], ['cleanup', 'apply'], ['cleanup', 'apply', 'x'], ['cleanup', 'plan', '--level', 'sure'], ['cleanup', 'plan', '--rules', 'best'], ['cleanup', 'plan', '--mode', 'delete'],
    ['cleanup', 'undo', '1', '--mode', 'trash'], ['quarantine'], ['quarantine', 'list', '--apply'], ['quarantine', 'restore', 'x'], ['quarantine', 'empty', '--days', '-1']]) {
    expect(await run(...args), args.join(' ')).toMatchObject({ status: 2 });
  }
  expect((await run('cleanup', 'plan')).stdout).toBe('There is nothing to clean up.\n');
  expect(await run('cleanup', 'apply', '7')).toMatchObject({ status: 1, stderr: 'There is no plan 7.\n' });
});

test('Ctrl-C ends a cleanup after the files at hand, and says what was done', async () => {
  const { pictures, folder, run } = await library(900);
  await run('cleanup', 'plan', '--level', 'exact');
  const apply = startCli(['cleanup', 'apply', '1', '--workspace', join(folder, 'workspace'), '--json']);
  while ((await readdir(join(pictures, 'copies'))).length === 900) await new Promise(setImmediate);
  apply.process.kill('SIGINT');
  const { status, stdout } = await apply.done;
  const result = JSON.parse(stdout) as { moved: number; skipped_count: number };
  expect(status).toBe(130);
  expect(result.moved + result.skipped_count).toBe(900);
  expect((await readdir(join(pictures, 'copies'))).length).toBe(900 - result.moved);
  expect(result.moved).toBeLessThan(900);
  expect(await run('cleanup', 'undo', '1')).toMatchObject({ status: 0 });
  expect((await readdir(join(pictures, 'copies'))).length).toBe(900);
});

test.each([
  ['an undo', ['cleanup', 'undo', '1']],
  ['a restore', ['quarantine', 'restore']],
  ['an emptying', ['quarantine', 'empty', '--apply']],
])('Ctrl-C ends %s between two files, and the rest is done by the next', async (_what, command) => {
  const { pictures, folder, run } = await library(900);
  await run('cleanup', 'plan', '--level', 'exact');
  await run('cleanup', 'apply', '1');
  const quarantine = join(folder, '.proofsheet-quarantine');
  const left = async (): Promise<number> => (await readdir(quarantine, { recursive: true }).catch(() => [])).filter((name) => name.endsWith('.jpg')).length;
  const act = startCli([...command, '--workspace', join(folder, 'workspace'), '--json']);
  while (await left() === 900) await new Promise(setImmediate);
  act.process.kill('SIGINT');
  const { status, stdout } = await act.done;
  const result = JSON.parse(stdout) as { restored?: number; deleted_count?: number };
  expect(status).toBe(130);
  const done = result.restored ?? result.deleted_count ?? 0;
  expect(done).toBeLessThan(900);
  expect(await left()).toBe(900 - done);
  expect(await run(...command)).toMatchObject({ status: 0 });
  expect(await left()).toBe(0);
  expect((await readdir(join(pictures, 'copies'))).length).toBe(result.restored === undefined ? 0 : 900);
});

test('Ctrl-C of one command leaves the cleanup of another alone', async () => {
  const { pictures, folder, run } = await library(1500);
  await run('cleanup', 'plan', '--level', 'exact');
  await run('cleanup', 'plan', '--level', 'exact');
  const workspace = join(folder, 'workspace');
  const first = startCli(['cleanup', 'apply', '1', '--workspace', workspace, '--json']);
  while ((await readdir(join(pictures, 'copies'))).length === 1500) await new Promise(setImmediate);
  // It waits for its turn behind the other.
  const second = startCli(['cleanup', 'apply', '2', '--workspace', workspace, '--json']);
  await second.says('Waiting for another cleanup to end.');
  second.process.kill('SIGINT');
  expect((await second.done).status).toBe(130);
  const { status, stdout } = await first.done;
  expect({ status, ...JSON.parse(stdout) as object }).toMatchObject({ status: 0, moved: 1500, skipped_count: 0 });
});

test('what cannot be reached has a column of its own in the list of what was done', async () => {
  const { folder, run, json } = await library(3);
  await run('cleanup', 'plan');
  await run('cleanup', 'apply', '1');
  // As a cleanup that was cut short in the middle of a file, on a drive that is not there any more.
  const db = new Database(join(folder, 'workspace', 'catalog.sqlite'));
  db.exec(`UPDATE operation_item SET state = 'moving', device = '1', place = '/nowhere/.proofsheet-quarantine/w/1/a.jpg' WHERE id = 2`);
  db.exec('UPDATE operation SET moved = 2 WHERE id = 1');
  db.close();
  const listed = await json('cleanup', 'list');
  expect(listed).toMatchObject({ status: 0, result: { operations: [{ planned: 3, moved: 2, skipped: 0, unreachable: 1 }] } });
  expect((await run('cleanup', 'list')).stdout).toMatch(/MOVED +SKIPPED +UNREACHABLE +PUT BACK.*\n.* 2 +0 +1 +0 /);
  expect(await json('cleanup', 'undo', '1')).toMatchObject({ status: 3, result: { restored: 2, skipped_count: 1, skipped: [{ code: 'offline' }] } });
  expect(unreachableInWords(1)).toContain('1 file of these cannot be reached: whether it was moved');
});

test('a plan tells of images that could not be compared, and the exit status says so', async () => {
  const { folder, run } = await library(2);
  const db = new Database(join(folder, 'workspace', 'catalog.sqlite'));
  db.exec(`UPDATE fingerprint SET paired = 2, pairing_error = 'no preview' WHERE asset_id = (SELECT max(id) FROM asset)`);
  db.close();
  const { status, stderr, stdout } = await run('cleanup', 'plan');
  expect({ status, stdout }).toMatchObject({ status: 3, stdout: expect.stringContaining('2 files') as string });
  expect(stderr).toMatch(/images? could not be compared/);
});
