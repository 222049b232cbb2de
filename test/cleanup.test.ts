import { chmod, copyFile, link, mkdir, mkdtemp, readdir, readFile, rename, rm, stat, symlink, utimes, writeFile } from 'node:fs/promises';
import { existsSync, statSync } from 'node:fs';
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { expect, onTestFinished, test, vi } from 'vitest';
import { makePictures, temporaryFolder } from './hosts.ts';
import { treeOf } from './support/cleanup-bench.ts';
import { openEngine, type TestClient } from './support/engine.ts';

async function copies(pictures: string, ...paths: readonly string[]): Promise<void> {
  for (const path of paths) {
    await mkdir(join(pictures, path, '..'), { recursive: true });
    await copyFile(join(pictures, '0001.jpg'), join(pictures, path));
  }
}

/** A library of `count` pictures, with copies of the first, taken in by an engine. */
async function library(options: { readonly count?: number; readonly copies?: readonly string[]; readonly folder?: string } = {}) {
  const folder = options.folder ?? await temporaryFolder();
  const pictures = await makePictures(join(folder, 'pictures'), options.count ?? 1, 64);
  await copies(pictures, ...options.copies ?? ['copy/a.jpg']);
  const engine = openEngine(join(folder, 'workspace'));
  await engine.ingest({ paths: [pictures] });
  return { folder, pictures, ...engine };
}

async function applyPlan(client: TestClient, options: Partial<Parameters<TestClient['cleanup']['plan']>[0]> = {}) {
  const plan = await client.cleanup.plan({ level: 'exact', ...options });
  return { plan, applied: await client.cleanup.apply({ planId: plan.planId }) };
}

test('a cleanup moves all copies but one, the catalog knows at once, and its undo brings every file back as it was', async () => {
  const { folder, pictures, client, ingest } = await library({ count: 3, copies: ['copies/a.jpg', 'copies/b.jpg'] });
  const before = treeOf(pictures);
  const times = Object.keys(before).map((path) => statSync(join(pictures, path)).mtimeMs);
  const { plan, applied } = await applyPlan(client);
  expect(plan).toMatchObject({ groups: 1, counts: { keep: 1, remove: 2, held: 0 }, folders: [{ path: join(pictures, 'copies'), files: 2, bytes: plan.bytes }] });
  expect(plan.remove[0]).toMatchObject({ rule: 'path', reason: `${join(pictures, '0001.jpg')} against ${join(pictures, 'copies/a.jpg')}` });
  expect(applied).toMatchObject({ moved: 2, bytes: plan.bytes, skippedCount: 0, skipped: [] });
  expect(Object.keys(treeOf(pictures))).toEqual(['0001.jpg', '0002.jpg', '0003.jpg']);
  const id = (await client.cleanup.quarantine({})).items[0]!.assetId!;
  expect((await client.assets.get({ id })).sources).toEqual([join(pictures, '0001.jpg')]);
  expect(await client.cleanup.operations({})).toMatchObject([{ state: 'applied', planned: 2, moved: 2, skipped: 0, restored: 0 }]);

  expect(await client.cleanup.undo({ operationId: applied.operationId })).toMatchObject({ restored: 2, bytes: plan.bytes, skipped: [] });
  expect(treeOf(pictures)).toEqual(before);
  expect(Object.keys(before).map((path) => statSync(join(pictures, path)).mtimeMs)).toEqual(times);
  expect((await client.assets.get({ id })).sources).toHaveLength(3);
  expect(await readdir(folder)).not.toContain('.proofsheet-quarantine');
  expect(await client.cleanup.operations({})).toMatchObject([{ state: 'undone', moved: 2, restored: 2 }]);
  expect(await ingest({ paths: [pictures] })).toMatchObject({ assetsNew: 0, batches: [{ unchanged: 5, done: 0 }] });
});

test('what lies in quarantine is not taken in again, and watching does not fight a cleanup', async () => {
  const { folder, client, pictures, ingest } = await library({ copies: ['copy/a.jpg'] });
  await client.ingest.follow({ path: folder, enabled: true });
  const { applied } = await applyPlan(client);
  expect(existsSync(join(folder, '.proofsheet-quarantine'))).toBe(true);
  const { batches } = await ingest({ paths: [folder] });
  expect(batches).toMatchObject([{ unchanged: 1, done: 0 }]);
  const [asset] = await client.assets.list({});
  expect(asset!.sources).toEqual([join(pictures, '0001.jpg')]);
  await client.cleanup.undo({ operationId: applied.operationId });
  await ingest({ paths: [folder] });
  expect((await client.assets.get({ id: asset!.id })).sources).toHaveLength(2);
  expect(await client.assets.list({})).toHaveLength(1);
});

test('what changed since the plan is skipped with its reason, and the rest is done', async () => {
  const { pictures, client } = await library({ copies: ['c/edited.jpg', 'c/swapped.jpg', 'c/gone.jpg', 'c/same.jpg', 'c/kept.jpg', 'c/link.jpg', 'c/name.jpg'] });
  const plan = await client.cleanup.plan({ level: 'exact' });
  expect(plan.counts.remove).toBe(7);
  const at = (name: string): string => join(pictures, 'c', name);
  await writeFile(at('edited.jpg'), 'shorter');
  // The same size and times, other bytes.
  const { size, atime, mtime } = await stat(at('swapped.jpg'));
  await writeFile(`${at('swapped.jpg')}.new`, Buffer.alloc(size, 7));
  await utimes(`${at('swapped.jpg')}.new`, atime, mtime);
  await rename(`${at('swapped.jpg')}.new`, at('swapped.jpg'));
  for (const name of ['gone.jpg', 'link.jpg', 'name.jpg']) await rm(at(name));
  // They show the same bytes still, but they are the file that is kept.
  await symlink(join(pictures, '0001.jpg'), at('link.jpg'));
  await link(join(pictures, '0001.jpg'), at('name.jpg'));
  const { groups: [group] } = await client.cleanup.review({ level: 'exact' });
  await client.cleanup.decide({ level: 'exact', groupId: group!.id, choices: [{ sourceId: group!.members.find(({ name }) => name === 'kept.jpg')!.sourceId, choice: 'keep' }] });
  const { moved, skippedCount, skipped } = await client.cleanup.apply({ planId: plan.planId });
  expect({ moved, skippedCount }).toEqual({ moved: 1, skippedCount: 6 });
  expect(Object.fromEntries(skipped.map(({ path, code }) => [path.slice(pictures.length + 3), code]))).toEqual({
    'edited.jpg': 'stale', 'swapped.jpg': 'stale', 'gone.jpg': 'vanished', 'kept.jpg': 'stale', 'link.jpg': 'filtered', 'name.jpg': 'filtered',
  });
  expect(existsSync(at('same.jpg'))).toBe(false);
  await expect(client.cleanup.apply({ planId: plan.planId })).rejects.toMatchObject({ code: 'already-applied' });
  await expect(client.cleanup.apply({ planId: 99 })).rejects.toMatchObject({ code: 'not-found' });
});

test('the last copy never goes: when what was to be kept has changed or gone, its copies stay', async () => {
  for (const spoil of [(path: string) => rm(path), (path: string) => writeFile(path, 'other'), async (path: string) => { await rm(path); await symlink(join(path, '../copy/a.jpg'), path); }]) {
    const { pictures, client } = await library({ copies: ['copy/a.jpg', 'copy/b.jpg'] });
    const plan = await client.cleanup.plan({ level: 'exact' });
    await spoil(join(pictures, '0001.jpg'));
    const applied = await client.cleanup.apply({ planId: plan.planId });
    expect(applied).toMatchObject({ moved: 0, skipped: [{ code: 'last-copy' }, { code: 'last-copy' }] });
    expect(applied.skipped[0]!.reason).toContain(join(pictures, '0001.jpg'));
    expect(await readdir(join(pictures, 'copy'))).toEqual(['a.jpg', 'b.jpg']);
  }
});

test('two plans at once, or the same one twice, never remove what the other keeps', async () => {
  const { pictures, client } = await library({ copies: ['copy/a.jpg', 'copy/b.jpg'] });
  const first = await client.cleanup.plan({ level: 'exact' });
  const second = await client.cleanup.plan({ level: 'exact', protect: [join(pictures, 'copy')] });
  const third = await client.cleanup.plan({ level: 'exact', rules: ['largest'] });
  expect(second).toMatchObject({ counts: { remove: 1 }, remove: [{ path: join(pictures, '0001.jpg'), rule: 'protected' }] });
  const ends = await Promise.allSettled([first, second, first, third].map(({ planId }) => client.cleanup.apply({ planId })));
  expect(ends.map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled', 'rejected', 'fulfilled']);
  expect(ends[1]).toMatchObject({ value: { moved: 0, skipped: [{ code: 'last-copy' }] } });
  expect(Object.keys(treeOf(pictures))).toEqual(['0001.jpg']);
});

test('a plan, and an act that waits for its turn, are called off by the name they were asked for with, and nothing else is', async () => {
  const { pictures, client } = await library({ copies: ['copy/a.jpg', 'copy/b.jpg'] });
  const planning = client.cleanup.plan({ level: 'exact', token: 'one' });
  const other = client.cleanup.plan({ level: 'exact', token: 'other' });
  expect(await client.cleanup.cancel({ token: 'one' })).toEqual({ cancelled: true });
  await expect(planning).rejects.toMatchObject({ code: 'cancelled' });
  const { planId, counts } = await other;
  expect(counts).toMatchObject({ remove: 2 });
  // What was called off is no plan that could be applied.
  await expect(client.cleanup.apply({ planId: planId - 1 })).rejects.toMatchObject({ code: 'stale' });

  const second = await client.cleanup.plan({ level: 'exact' });
  const applying = client.cleanup.apply({ planId, token: 'first' });
  const waiting = client.cleanup.apply({ planId: second.planId, token: 'second' });
  expect(await client.cleanup.cancel({ token: 'second' })).toEqual({ cancelled: true });
  await expect(waiting).rejects.toMatchObject({ code: 'cancelled' });
  expect(await applying).toMatchObject({ moved: 2, skipped: [] });
  expect(await client.cleanup.operations({})).toMatchObject([{ planId, moved: 2 }]);
  for (const token of ['one', 'other', 'first', 'second', 'none']) expect(await client.cleanup.cancel({ token })).toEqual({ cancelled: false });
  // It was not applied, and still can be: what it would move is gone.
  expect(await client.cleanup.apply({ planId: second.planId })).toMatchObject({ moved: 0, skipped: [{ code: 'vanished' }, { code: 'vanished' }] });
  expect(Object.keys(treeOf(pictures))).toEqual(['0001.jpg']);
});

test('nothing in a protected folder is moved, whatever links lead there and however late it was protected', async () => {
  const { folder, pictures, client } = await library({ copies: ['safe/a.jpg', 'safe/deep/b.jpg', 'other/c.jpg'] });
  await symlink(pictures, join(folder, 'alias'));
  const plan = await client.cleanup.plan({ level: 'exact' });
  await client.settings.set({ protectedFolders: [join(folder, 'alias', 'safe')] });
  expect(await client.cleanup.apply({ planId: plan.planId })).toMatchObject({ moved: 1, skipped: [{ code: 'protected' }, { code: 'protected' }] });
  expect(Object.keys(treeOf(pictures))).toEqual(['0001.jpg', 'safe/a.jpg', 'safe/deep/b.jpg']);
  // What is misspelt would protect nothing.
  await expect(client.cleanup.plan({ level: 'exact', protect: [join(pictures, 'save')] })).rejects.toMatchObject({ code: 'not-found' });
  await expect(client.settings.set({ protectedFolders: ['not/absolute'] })).rejects.toMatchObject({ code: 'bad-input' });
});

test('a file that was taken in by way of a link is protected by the folder that it really lies in', async () => {
  const folder = await temporaryFolder();
  const pictures = await makePictures(join(folder, 'pictures'), 1, 64);
  await copies(pictures, 'safe/a.jpg', 'other/b.jpg');
  await symlink(pictures, join(folder, 'alias'));
  const { client, ingest } = openEngine(join(folder, 'workspace'));
  await ingest({ paths: [join(folder, 'alias')] });
  const late = await client.cleanup.plan({ level: 'exact' });
  const { plan, applied } = await applyPlan(client, { protect: [join(pictures, 'safe')] });
  expect(plan.keep).toMatchObject([{ path: join(folder, 'alias/safe/a.jpg'), rule: 'protected' }]);
  expect(applied).toMatchObject({ moved: 2, skipped: [] });
  expect(Object.keys(treeOf(pictures))).toEqual(['safe/a.jpg']);
  await client.cleanup.undo({ operationId: applied.operationId });
  await client.settings.set({ protectedFolders: [join(pictures, 'safe')] });
  expect(await client.cleanup.apply({ planId: late.planId })).toMatchObject({ moved: 1, skipped: [{ path: join(folder, 'alias/safe/a.jpg'), code: 'protected' }] });
  expect(Object.keys(treeOf(pictures))).toEqual(['0001.jpg', 'safe/a.jpg']);
});

test('a file that a link of its group leads to stays, since the link would lead nowhere', async () => {
  const { pictures, client, ingest } = await library({ copies: ['c/copy.jpg'] });
  await symlink(join(pictures, 'c/copy.jpg'), join(pictures, 'link.jpg'));
  await ingest({ paths: [join(pictures, 'link.jpg')] });
  const plan = await client.cleanup.plan({ level: 'exact' });
  expect(plan.counts).toMatchObject({ remove: 0, held: 2 });
  expect(plan.held.map(({ path, code, reason }) => [path, code, reason.includes(join(pictures, 'link.jpg'))])).toContainEqual([join(pictures, 'c/copy.jpg'), 'filtered', true]);
});

test('links are left alone, and a second name or another path of the kept file is no copy of it', async () => {
  const folder = await temporaryFolder();
  const pictures = await makePictures(join(folder, 'pictures'), 1, 64);
  await link(join(pictures, '0001.jpg'), join(pictures, '0001 copy.jpg'));
  await symlink(join(pictures, '0001.jpg'), join(pictures, 'a.jpg'));
  await copies(pictures, 'real copy/r.jpg');
  await symlink(pictures, join(folder, 'alias'));
  const { client, ingest } = openEngine(join(folder, 'workspace'));
  await ingest({ paths: [pictures] });
  await ingest({ paths: [join(folder, 'alias')] });
  const before = treeOf(pictures);
  const { plan, applied } = await applyPlan(client);
  expect(plan.remove.map(({ path }) => path.slice(folder.length + 1)).sort()).toContain('pictures/real copy/r.jpg');
  expect(new Set(plan.held.map(({ code }) => code))).toEqual(new Set(['filtered']));
  // The real copy is in the catalog by two paths: it goes once.
  expect(applied.moved).toBe(1);
  expect(Object.keys(treeOf(pictures))).toEqual(['0001 copy.jpg', '0001.jpg']);
  expect(existsSync(join(pictures, 'a.jpg'))).toBe(true);
  await client.cleanup.undo({ operationId: applied.operationId });
  expect(treeOf(pictures)).toEqual(before);
});

test('files on another volume go into a quarantine of their own there', async () => {
  const folder = await temporaryFolder();
  const other = existsSync('/dev/shm') ? await mkdtemp('/dev/shm/proofsheet-test-') : folder;
  onTestFinished(async () => { await rm(other, { recursive: true, force: true }); });
  const isOther = statSync(other).dev !== statSync(folder).dev;
  if (!isOther) process.stderr.write('SKIPPED: there is no second volume here to clean up across.\n');
  const pictures = await makePictures(join(folder, 'pictures'), 1, 64);
  await mkdir(join(other, 'drive'));
  await copyFile(join(pictures, '0001.jpg'), join(other, 'drive', 'long name of a copy.jpg'));
  const { client, ingest } = openEngine(join(folder, 'workspace'));
  await ingest({ paths: [pictures, join(other, 'drive')] });
  const { applied } = await applyPlan(client, { protect: [pictures] });
  expect(applied.moved).toBe(1);
  const { items: [item] } = await client.cleanup.quarantine({});
  expect(item!.quarantinePath.startsWith(join(other, '.proofsheet-quarantine'))).toBe(true);
  expect(await client.cleanup.restore({ ids: [item!.id] })).toMatchObject({ restored: 1 });
  expect(existsSync(join(other, 'drive', 'long name of a copy.jpg'))).toBe(true);
});

test('a place that is taken again is not covered: its file stays in quarantine until there is room', async () => {
  const { pictures, client } = await library({ copies: ['copy/a.jpg', 'copy/b.jpg'] });
  const { applied } = await applyPlan(client);
  await writeFile(join(pictures, 'copy/a.jpg'), 'mine');
  expect(await client.cleanup.undo({ operationId: applied.operationId })).toMatchObject({ restored: 1, skipped: [{ path: join(pictures, 'copy/a.jpg'), code: 'occupied' }] });
  expect(await readFile(join(pictures, 'copy/a.jpg'), 'utf8')).toBe('mine');
  expect(await client.cleanup.operations({})).toMatchObject([{ state: 'partly-undone', restored: 1 }]);
  // Gone with its folder: both come back.
  await rm(join(pictures, 'copy'), { recursive: true });
  expect(await client.cleanup.undo({ operationId: applied.operationId })).toMatchObject({ restored: 1, skipped: [] });
  expect(await readdir(join(pictures, 'copy'))).toEqual(['a.jpg']);
  await expect(client.cleanup.undo({ operationId: applied.operationId })).rejects.toMatchObject({ code: 'already-applied' });
});

test('emptying only tells until it is told to apply; then an undo says what is gone for good', async () => {
  const { client, pictures } = await library({ copies: ['copy/a.jpg', 'copy/b.jpg'] });
  const { plan, applied } = await applyPlan(client);
  expect(await client.cleanup.emptyQuarantine({})).toEqual({ dryRun: true, found: 2, bytesToFree: plan.bytes, deletedCount: 0, deletedBytes: 0, skippedCount: 0, errors: [] });
  expect(await client.cleanup.emptyQuarantine({ days: 1, apply: true })).toMatchObject({ found: 0, deletedCount: 0 });
  const { items } = await client.cleanup.quarantine({});
  // What is not what was moved there is not deleted.
  await writeFile(items[0]!.quarantinePath, 'something else');
  expect(await client.cleanup.emptyQuarantine({ apply: true })).toMatchObject({ found: 2, deletedCount: 1, deletedBytes: items[1]!.bytes, errors: [{ code: 'stale' }] });
  expect(existsSync(items[1]!.quarantinePath)).toBe(false);
  // Nor is it put back as if it were; with its bytes it is.
  expect(await client.cleanup.undo({ operationId: applied.operationId })).toMatchObject({ restored: 0, skipped: [{ code: 'stale' }, { code: 'vanished' }] });
  await copyFile(join(pictures, '0001.jpg'), items[0]!.quarantinePath);
  expect(await client.cleanup.undo({ operationId: applied.operationId })).toMatchObject({ restored: 1, skipped: [{ path: items[1]!.path, code: 'vanished' }] });
  expect(await client.cleanup.operations({})).toMatchObject([{ kind: 'empty-quarantine', planned: 2, moved: 1, skipped: 1 }, { kind: 'cleanup', state: 'partly-undone' }]);
  expect(await client.cleanup.operationItems({ operationId: applied.operationId, state: 'deleted' })).toHaveLength(1);
  expect(existsSync(join(pictures, 'copy'))).toBe(true);
});

test.skipIf(process.platform !== 'linux')('the system’s trash gets what its specification asks for, and gives it back', async () => {
  const folder = await temporaryFolder();
  vi.stubEnv('XDG_DATA_HOME', join(folder, 'data'));
  const { pictures, client } = await library({ folder, copies: ['copy/ring & stone.jpg', 'copy/x/ring & stone.jpg'] });
  const before = treeOf(pictures);
  const { applied } = await applyPlan(client, { mode: 'trash' });
  expect(applied.moved).toBe(2);
  const trash = join(folder, 'data/Trash');
  expect((await readdir(join(trash, 'files'))).sort()).toEqual(['ring & stone.2.jpg', 'ring & stone.jpg']);
  expect(await readFile(join(trash, 'info/ring & stone.jpg.trashinfo'), 'utf8')).toMatch(/^\[Trash Info\]\nPath=\/[^ ]*\/ring%20%26%20stone\.jpg\nDeletionDate=\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\n$/);
  // It is not in the quarantine, and emptying that leaves it.
  expect(await client.cleanup.emptyQuarantine({ apply: true })).toMatchObject({ found: 0 });
  // One is taken out with another program.
  await rename(join(trash, 'files/ring & stone.jpg'), join(pictures, 'copy/ring & stone.jpg'));
  expect(await client.cleanup.undo({ operationId: applied.operationId })).toMatchObject({ restored: 2, skipped: [] });
  expect(treeOf(pictures)).toEqual(before);
  expect(await readdir(join(trash, 'files'))).toEqual([]);
});

test('hard links take the place of identical files, are known to the catalog, and give way to the files again', async () => {
  const { pictures, client, ingest } = await library({ copies: ['copy/a.jpg', 'copy/b.jpg'] });
  await chmod(join(pictures, 'copy/b.jpg'), 0o640);
  await utimes(join(pictures, 'copy/a.jpg'), 5, 5);
  await ingest({ paths: [pictures] });
  const inode = (path: string): number => statSync(join(pictures, path)).ino;
  const [kept, own] = [inode('0001.jpg'), inode('copy/a.jpg')];
  // The oldest is kept by the rules: by path it is the other.
  const { plan, applied } = await applyPlan(client, { mode: 'hard-link', rules: ['path'] });
  expect(plan.counts.remove).toBe(2);
  expect(applied).toMatchObject({ moved: 1, skipped: [{ path: join(pictures, 'copy/b.jpg'), code: 'filtered' }] });
  expect(inode('copy/a.jpg')).toBe(kept);
  expect(await ingest({ paths: [pictures] })).toMatchObject({ batches: [{ unchanged: 3, done: 0 }] });
  expect(await client.cleanup.undo({ operationId: applied.operationId })).toMatchObject({ restored: 1, skipped: [] });
  expect(inode('copy/a.jpg')).toBe(own);
  expect(statSync(join(pictures, 'copy/a.jpg')).mtimeMs).toBe(5000);
  expect(statSync(join(pictures, '0001.jpg')).nlink).toBe(1);
  expect(await ingest({ paths: [pictures] })).toMatchObject({ batches: [{ unchanged: 3, done: 0 }] });
});

test('a link that has become a file of its own is not taken away by an undo', async () => {
  const { pictures, client } = await library({ copies: ['copy/a.jpg'] });
  const { applied } = await applyPlan(client, { mode: 'hard-link' });
  // The kept name goes: the link is the last name of the bytes now.
  await rm(join(pictures, '0001.jpg'));
  expect(await client.cleanup.undo({ operationId: applied.operationId })).toMatchObject({ restored: 0, skipped: [{ code: 'occupied' }] });
  expect(Object.keys(treeOf(pictures))).toEqual(['copy/a.jpg']);
});

test('names that are not UTF-8, and names as long as they may be, are moved and come back', async () => {
  const folder = await temporaryFolder();
  const pictures = await makePictures(join(folder, 'pictures'), 1, 64);
  const deep = join(pictures, ...Array.from({ length: 3 }, (_, index) => String(index).repeat(250)));
  await mkdir(deep, { recursive: true });
  await copyFile(join(pictures, '0001.jpg'), join(deep, `${'n'.repeat(251)}.jpg`));
  const raw = Buffer.concat([Buffer.from(`${pictures}/r`), Buffer.from([0xff, 0xe9]), Buffer.from('.jpg')]);
  const hasRaw = process.platform === 'linux';
  if (hasRaw) await writeFile(raw, await readFile(join(pictures, '0001.jpg')));
  const { client, ingest } = openEngine(join(folder, 'workspace'));
  await ingest({ paths: [pictures] });
  for (const mode of hasRaw ? ['quarantine', 'trash'] as const : ['quarantine'] as const) {
    vi.stubEnv('XDG_DATA_HOME', join(folder, 'data'));
    const { applied } = await applyPlan(client, { mode });
    expect(applied).toMatchObject({ moved: hasRaw ? 2 : 1, skipped: [] });
    if (hasRaw) expect(existsSync(raw)).toBe(false);
    expect(await client.cleanup.undo({ operationId: applied.operationId })).toMatchObject({ restored: hasRaw ? 2 : 1, skipped: [] });
    expect(existsSync(join(deep, `${'n'.repeat(251)}.jpg`))).toBe(true);
    if (hasRaw) expect(existsSync(raw)).toBe(true);
  }
});

const canMount = process.getuid?.() === 0 && process.platform === 'linux';

test.skipIf(!canMount)('what lies on a read-only disk is skipped, what lies on one that is mounted by itself stays on it, and the rest is done', async () => {
  const { pictures, client } = await library({ copies: ['fixed/a.jpg', 'free/b.jpg', 'drive/deep/c.jpg'] });
  const plan = await client.cleanup.plan({ level: 'exact' });
  for (const name of ['fixed', 'drive']) {
    execFileSync('mount', ['--bind', join(pictures, name), join(pictures, name)]);
    onTestFinished(() => { execFileSync('umount', ['-l', join(pictures, name)]); });
  }
  execFileSync('mount', ['-o', 'remount,bind,ro', join(pictures, 'fixed')]);
  const applied = await client.cleanup.apply({ planId: plan.planId });
  expect(applied).toMatchObject({ moved: 2, skipped: [{ path: join(pictures, 'fixed/a.jpg'), code: 'no-permission' }] });
  const places = (await client.cleanup.quarantine({})).items.map(({ quarantinePath }) => quarantinePath);
  expect(places.filter((place) => place.startsWith(join(pictures, 'drive/.proofsheet-quarantine')))).toHaveLength(1);
  expect(await client.cleanup.undo({ operationId: applied.operationId })).toMatchObject({ restored: 2, skipped: [] });
  expect(Object.keys(treeOf(pictures))).toEqual(['0001.jpg', 'drive/deep/c.jpg', 'fixed/a.jpg', 'free/b.jpg']);
});

test.skipIf(!canMount)('a full disk stops a cleanup without losing sight of a file', async () => {
  const folder = await temporaryFolder();
  const disk = join(folder, 'disk');
  await mkdir(disk);
  execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=12m', 'tmpfs', disk]);
  onTestFinished(() => { execFileSync('umount', ['-l', disk]); });
  const pictures = await makePictures(join(folder, 'pictures'), 1, 64);
  await copies(pictures, ...Array.from({ length: 400 }, (_, index) => `copies/${index}.jpg`));
  const { client, ingest } = openEngine(join(disk, 'workspace'));
  await ingest({ paths: [pictures] });
  const before = treeOf(pictures);
  const plan = await client.cleanup.plan({ level: 'exact', itemLimit: 0 });
  execFileSync('sh', ['-c', `dd if=/dev/zero of=${join(disk, 'ballast')} bs=4k 2>/dev/null; true`]);
  await expect(client.cleanup.apply({ planId: plan.planId })).rejects.toMatchObject({ code: 'disk-full' });
  await rm(join(disk, 'ballast'));
  const moved = 401 - Object.keys(treeOf(pictures)).length;
  const again = await client.cleanup.plan({ level: 'exact', itemLimit: 0 });
  expect((await client.cleanup.apply({ planId: again.planId })).moved).toBe(400 - moved);
  for (const { id, state } of await client.cleanup.operations({})) {
    expect(state).toBe('applied');
    await client.cleanup.undo({ operationId: id });
  }
  expect(treeOf(pictures)).toEqual(before);
});
