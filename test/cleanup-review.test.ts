import { copyFile, mkdir, writeFile, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import sharp from 'sharp';
import { expect, test } from 'vitest';
import { drawPicture, makePictures, temporaryFolder } from './hosts.ts';
import { treeOf } from './support/cleanup-bench.ts';
import { openEngine, type TestClient } from './support/engine.ts';

/** A library in which each of `count` pictures lies twice: 0001.jpg …, and again in `copies`. */
const WRITTEN = new Date('2026-01-02T03:04:05Z');

async function twins(count: number) {
  const folder = await temporaryFolder();
  const pictures = await makePictures(join(folder, 'pictures'), count, 64);
  await mkdir(join(pictures, 'copies'));
  for (let index = 1; index <= count; index += 1) {
    await copyFile(join(pictures, `000${index}.jpg`), join(pictures, 'copies', `000${index}.jpg`));
    // None is older than another.
    for (const folderOf of [pictures, join(pictures, 'copies')]) await utimes(join(folderOf, `000${index}.jpg`), WRITTEN, WRITTEN);
  }
  const workspace = join(folder, 'workspace');
  const engine = openEngine(workspace);
  await engine.ingest({ paths: [pictures] });
  return { folder, pictures, workspace, ...engine };
}

/** The first page once all groups are counted. */
async function review(client: TestClient, options: Partial<Parameters<TestClient['cleanup']['review']>[0]> = {}) {
  for (;;) {
    const page = await client.cleanup.review({ level: 'exact', ...options });
    if (page.isCounted) return page;
  }
}

test('groups come with the rules’ suggestion and its facts, what was decided, and what it all comes to', async () => {
  const { client, pictures } = await twins(3);
  const page = await review(client);
  const bytes = page.groups.reduce((sum, { members }) => sum + members[1]!.bytes, 0);
  expect(page).toMatchObject({ total: 3, decided: 0, removable: 3, removableBytes: bytes });
  const [group] = page.groups;
  expect(group!.members.map(({ path, suggestion, decision, rule }) => [path.slice(pictures.length + 1).replace(/\d+/, 'N'), suggestion, decision, rule])).toEqual([['N.jpg', 'keep', null, 'path'], ['copies/N.jpg', 'remove', null, 'path']]);

  const [kept, gone] = group!.members.map(({ sourceId }) => sourceId);
  const decide = (choices: readonly (readonly [number, 'keep' | 'remove' | null])[]) => client.cleanup.decide({ level: 'exact', groupId: group!.id, choices: choices.map(([sourceId, choice]) => ({ sourceId, choice })) });
  expect(await decide([[kept!, 'remove'], [gone!, 'keep']])).toMatchObject({ isDecided: true, members: [{ decision: 'remove', suggestion: 'keep' }, { decision: 'keep' }] });
  expect(await review(client)).toMatchObject({ decided: 1, removable: 3 });
  await expect(decide([[gone!, 'remove']])).rejects.toMatchObject({ code: 'last-copy' });
  await expect(decide([[9999, 'keep']])).rejects.toMatchObject({ code: 'bad-input' });
  await client.settings.set({ protectedFolders: [pictures] });
  await expect(decide([[gone!, 'remove'], [kept!, 'keep']])).rejects.toMatchObject({ code: 'protected' });
  expect(await review(client)).toMatchObject({ removable: 0 });
  await client.settings.set({ protectedFolders: [] });
  expect(await decide([[kept!, null], [gone!, null]])).toMatchObject({ isDecided: false });
});

test('the next open group is found going round, until nothing is left to decide', async () => {
  const { client } = await twins(3);
  const { groups } = await review(client);
  const accept = async (rank: number): Promise<void> => {
    const { id, members } = groups[rank]!;
    await client.cleanup.decide({ level: 'exact', groupId: id, choices: members.map(({ sourceId, suggestion }) => ({ sourceId, choice: suggestion })) });
  };
  await accept(1);
  expect(await client.cleanup.nextOpen({ level: 'exact', from: 1 })).toBe(2);
  await accept(2);
  expect(await client.cleanup.nextOpen({ level: 'exact', from: 1 })).toBe(0);
  await accept(0);
  expect(await client.cleanup.nextOpen({ level: 'exact' })).toBe(null);
  expect(await client.cleanup.rankOf({ level: 'exact', of: { groupId: groups[2]!.id } })).toBe(2);
  expect(await client.cleanup.rankOf({ level: 'exact', of: { assetId: groups[1]!.members[0]!.assetId } })).toBe(1);
  expect(await client.cleanup.rankOf({ level: 'exact', of: { groupId: 'none' } })).toBe(null);
});

test('decisions outlive the engine, and only those groups are planned that were decided when that is wished', async () => {
  const { client, close, workspace, pictures } = await twins(3);
  const { groups: [group] } = await review(client);
  await client.cleanup.decide({ level: 'exact', groupId: group!.id, choices: group!.members.map(({ sourceId }, index) => ({ sourceId, choice: index === 0 ? 'remove' : 'keep' })) });
  await close();
  const next = openEngine(workspace);
  const plan = await next.client.cleanup.plan({ level: 'exact', scope: 'decided' });
  expect(plan).toMatchObject({ groups: 1, remove: [{ path: group!.members[0]!.path, rule: 'decision' }], keep: [{ path: group!.members[1]!.path }] });
  expect(await next.client.cleanup.acceptSuggestions({ level: 'exact' })).toEqual({ groups: 2, choices: 4 });
  expect((await next.client.cleanup.plan({ level: 'exact', scope: 'decided' })).counts).toEqual({ keep: 3, remove: 3, held: 0 });
  expect(await next.client.cleanup.plan({ level: 'exact', itemLimit: 1 })).toMatchObject({ counts: { remove: 3 }, remove: [{}] });
  expect((await next.client.cleanup.planItems({ planId: plan.planId, list: 'keep' })).keep).toEqual(plan.keep);
  expect(Object.keys(treeOf(pictures))).toHaveLength(6);
});

test('the rules of the settings decide where none are named', async () => {
  const { client } = await twins(1);
  expect((await review(client)).groups[0]!.members[0]).toMatchObject({ rule: 'path' });
  await client.settings.set({ keeperRules: [{ rule: 'oldest', enabled: true }, { rule: 'path', enabled: false }] });
  const plan = await client.cleanup.plan({ level: 'exact' });
  expect(['oldest', 'path']).toContain(plan.remove[0]!.rule);
});

/** Two pictures that were found to be the same, as the comparison writes it down. */
function pair(workspace: string, relation = 'near'): void {
  const db = new Database(join(workspace, 'catalog.sqlite'));
  db.prepare('DELETE FROM pair WHERE a_id = 1 AND b_id = 2').run();
  db.prepare(`INSERT INTO pair (a_id, b_id, level, relation, transform, distance, similarity) VALUES (1, 2, 1, ?, 'identity', 0, 0.99)`).run(relation);
  db.close();
}

test('the kept image inherits in the catalog what it has none of itself, for as long as its duplicate is gone', async () => {
  const folder = await temporaryFolder();
  const pictures = join(folder, 'pictures');
  await mkdir(pictures);
  const raw = { raw: { width: 320, height: 320, channels: 3 as const } };
  const exif = (date: string) => ({ IFD0: { Artist: 'Ada' }, IFD2: { DateTimeOriginal: date } });
  // The larger one says nothing of itself but its author.
  await sharp(drawPicture(1, 320, 320), raw).resize(640).withExif({ IFD0: { Artist: 'Eve' } }).png().toFile(join(pictures, 'large.png'));
  await sharp(drawPicture(1, 320, 320), raw).withExif({ ...exif('2019:05:04 03:02:01'), IFD3: { GPSLatitudeRef: 'N', GPSLatitude: '47/1 30/1 0/1', GPSLongitudeRef: 'E', GPSLongitude: '8/1 0/1 0/1' } }).jpeg().toFile(join(pictures, 'small.jpg'));
  await writeFile(join(folder, 'list.csv'), `path,sku\n${join(pictures, 'large.png')},\n${join(pictures, 'small.jpg')},R-77\n`);
  const workspace = join(folder, 'workspace');
  const { client, ingest } = openEngine(workspace, { work: true });
  await ingest({ paths: [join(folder, 'list.csv')] });
  await client.similarity.catchUp();
  pair(workspace);
  const find = async () => (await client.assets.list({ filter: 'name:large' }))[0]!;
  const before = treeOf(pictures);
  expect(await find()).toMatchObject({ takenAt: null, inherited: [], inheritedRow: null, metadata: { creator: 'Eve' } });

  const plan = await client.cleanup.plan({ level: 'strict' });
  expect(plan.remove).toMatchObject([{ path: join(pictures, 'small.jpg'), rule: 'resolution', reason: '640×640 against 320×320' }]);
  const { operationId } = await client.cleanup.apply({ planId: plan.planId });
  const heir = await find();
  expect(heir).toMatchObject({ takenAt: '2019-05-04T03:02:01.000Z', metadata: { creator: 'Eve', latitude: 47.5, longitude: 8 }, inheritedRow: { sku: 'R-77' } });
  expect(heir.inherited.map(({ field, fromPath, operationId: by }) => [field, fromPath, by])).toEqual(['position', 'row', 'takenAt'].map((field) => [field, join(pictures, 'small.jpg'), operationId]));
  // Reading the file anew changes nothing of it, and the file itself was never touched.
  await ingest({ paths: [pictures] });
  expect((await find()).inherited).toHaveLength(3);
  expect(treeOf(pictures)['large.png']).toBe(before['large.png']);

  await client.cleanup.undo({ operationId });
  expect(await find()).toMatchObject({ takenAt: null, inherited: [], inheritedRow: null });
  const without = await client.cleanup.plan({ level: 'strict', mergeMetadata: false });
  await client.cleanup.apply({ planId: without.planId });
  expect((await find()).inherited).toEqual([]);
});

test('a plan at a strict level leaves alone what only looks alike', async () => {
  const { client, workspace } = await twins(2);
  await client.similarity.catchUp();
  const db = new Database(join(workspace, 'catalog.sqlite'));
  db.prepare('DELETE FROM pair WHERE a_id = 1 AND b_id = 2').run();
  db.prepare(`INSERT INTO pair (a_id, b_id, level, relation, transform, distance, similarity) VALUES (1, 2, 3, 'near', 'identity', 20, 0.9)`).run();
  db.close();
  expect((await client.cleanup.plan({ level: 'strict' })).counts.remove).toBe(2);
  expect((await client.cleanup.plan({ level: 'loose' })).counts.remove).toBe(3);
});

test('the picture without a border is the reference of its group, and stays', async () => {
  const { client, workspace } = await twins(2);
  await client.similarity.catchUp();
  const db = new Database(join(workspace, 'catalog.sqlite'));
  // The first has the border, which makes it hold all of the second.
  db.prepare('DELETE FROM pair WHERE a_id = 1 AND b_id = 2').run();
  db.prepare(`INSERT INTO pair (a_id, b_id, level, relation, transform, whole, distance, similarity) VALUES (1, 2, 2, 'bordered', 'identity', 'a', 20, 0.9)`).run();
  db.prepare('UPDATE asset SET width = 70, height = 70 WHERE id = 1').run();
  db.close();
  const { groups: [group] } = await review(client, { level: 'similar' });
  expect(group!.members.map(({ assetId, relation, suggestion, rule }) => [assetId, relation, suggestion, rule]).slice(0, 3)).toEqual([[2, 'identical-bytes', 'keep', 'path'], [2, 'identical-bytes', 'remove', 'path'], [1, 'bordered', 'remove', 'whole']]);
});

test('what was said since the plan to be no duplicate stays', async () => {
  const { client, workspace } = await twins(2);
  await client.similarity.catchUp();
  pair(workspace);
  const plan = await client.cleanup.plan({ level: 'strict' });
  expect(plan.counts).toEqual({ keep: 1, remove: 3, held: 0 });
  const keeper = plan.keep[0]!.assetId;
  const other = plan.remove.find(({ assetId }) => assetId !== keeper)!.assetId;
  await client.similarity.setNotDuplicate({ pairs: [{ a: keeper, b: other }], value: true });
  expect(await client.cleanup.apply({ planId: plan.planId })).toMatchObject({ moved: 1, skippedCount: 2, skipped: [{ code: 'stale' }, { code: 'stale' }] });
});

test('renditions of what lies in quarantine are not purged, for it can come back', async () => {
  let now = Date.now();
  const folder = await temporaryFolder();
  const pictures = await makePictures(join(folder, 'pictures'), 2, 64);
  const workspace = join(folder, 'workspace');
  const { client, ingest } = openEngine(workspace, { now: () => now });
  await ingest({ paths: [pictures] });
  await client.similarity.catchUp();
  pair(workspace);
  const { planId } = await client.cleanup.plan({ level: 'strict' });
  const { operationId } = await client.cleanup.apply({ planId });
  now += 100 * 86_400_000;
  expect(await client.renditions.purge({ days: 30 })).toMatchObject({ renditionsToDelete: 0 });
  await client.cleanup.emptyQuarantine({ apply: true });
  expect(await client.renditions.purge({ days: 30 })).toMatchObject({ renditionsToDelete: 3 });
  expect(await client.cleanup.undo({ operationId })).toMatchObject({ restored: 0, skipped: [{ code: 'vanished' }] });
});
