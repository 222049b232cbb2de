import { copyFile, mkdir, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { makePictures, temporaryFolder } from './hosts.ts';
import { openEngine } from './support/engine.ts';

/** Every file below a folder, hidden ones included, with the hash of what it holds. */
export async function treeOf(folder: string): Promise<Record<string, string>> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  const hashed = await Promise.all(files.map(async (path) => [path.slice(folder.length + 1), createHash('sha256').update(await readFile(path)).digest('hex').slice(0, 12)] as const));
  return Object.fromEntries(hashed.sort(([a], [b]) => (a < b ? -1 : 1)));
}

test('a cleanup of exact copies moves all but one, and its undo brings every file back as it was', async () => {
  const folder = await temporaryFolder();
  const pictures = await makePictures(join(folder, 'pictures'), 3);
  await mkdir(join(pictures, 'copies'));
  for (const name of ['0001.jpg', '0002.jpg']) await copyFile(join(pictures, name), join(pictures, 'copies', name));
  const { client, ingest } = openEngine(join(folder, 'workspace'));
  await ingest({ paths: [pictures] });
  const before = await treeOf(pictures);

  const plan = await client.cleanup.plan({ level: 'exact' });
  expect(plan).toMatchObject({ groups: 2, counts: { keep: 2, remove: 2, held: 0 } });
  expect(plan.remove.map(({ path }) => path).sort()).toEqual([join(pictures, 'copies/0001.jpg'), join(pictures, 'copies/0002.jpg')]);
  const applied = await client.cleanup.apply({ planId: plan.planId });
  expect(applied).toMatchObject({ moved: 2, bytes: plan.bytes, skippedCount: 0 });
  expect(Object.keys(await treeOf(pictures)).sort()).toEqual(['0001.jpg', '0002.jpg', '0003.jpg']);
  const { items } = await client.cleanup.quarantine({});
  expect(items).toHaveLength(2);

  expect(await client.cleanup.undo({ operationId: applied.operationId })).toMatchObject({ restored: 2, skippedCount: 0 });
  expect(await treeOf(pictures)).toEqual(before);
  expect((await client.cleanup.quarantine({})).total).toBe(0);
  expect(await readdir(folder)).not.toContain('.proofsheet-quarantine');
  void stat; void rm; void writeFile;
});
