import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import sharp from 'sharp';
import { beforeAll, expect, test } from 'vitest';
import { describeCatchUp } from '../src/main/cli/catch-up.ts';
import { paintPhoto, toSharp } from './fixtures/images.ts';
import { runCli, temporaryFolder } from './hosts.ts';

let base: Buffer;
beforeAll(async () => { base = await toSharp(paintPhoto(480, 360, 44)).jpeg({ quality: 92 }).toBuffer(); });

async function place(): Promise<{ readonly cwd: string; readonly cli: (...args: string[]) => ReturnType<typeof runCli> }> {
  const cwd = await temporaryFolder();
  await mkdir(join(cwd, 'pictures'));
  await writeFile(join(cwd, 'pictures', 'one.jpg'), base);
  await writeFile(join(cwd, 'pictures', 'copy of one.jpg'), base);
  await sharp(base).png().toFile(join(cwd, 'pictures', 'one.png'));
  await sharp(base).rotate(180).jpeg({ quality: 80 }).toFile(join(cwd, 'pictures', 'turned.jpg'));
  await toSharp(paintPhoto(480, 360, 45)).jpeg().toFile(join(cwd, 'pictures', 'other.jpg'));
  const cli = (...args: string[]): ReturnType<typeof runCli> => runCli([...args, '--workspace', 'workspace'], { cwd });
  expect((await cli('ingest', 'pictures', '--json')).status).toBe(0);
  return { cwd, cli };
}

test('duplicates right after an ingest prints every group, with the fields scripts rely on', async () => {
  const { cwd, cli } = await place();
  const { status, stdout } = await cli('duplicates', '--json');
  expect(status).toBe(0);
  const document = JSON.parse(stdout) as { readonly level: string; readonly groups: readonly { readonly id: string; readonly members: readonly Record<string, unknown>[] }[] };
  expect(document.level).toBe('similar');
  expect(document.groups).toHaveLength(1);
  const members = new Map(document.groups[0]!.members.map((member) => [member['path'], member]));
  expect([...members.keys()].toSorted()).toEqual(['copy of one.jpg', 'one.jpg', 'one.png', 'turned.jpg'].map((name) => join(cwd, 'pictures', name)));
  expect(members.get(join(cwd, 'pictures', 'turned.jpg'))).toMatchObject({ asset_id: expect.any(Number), relation: 'rotated', transform: 'rotate-180', distance: expect.any(Number), similarity: expect.any(Number) });
  const relations = [...members.values()].map(({ relation }) => relation);
  expect(relations.filter((relation) => String(relation).startsWith('identical'))).toHaveLength(3);
  // The level decides what belongs together.
  const exact = JSON.parse((await cli('duplicates', '--level', 'exact', '--json')).stdout) as typeof document;
  expect(exact).toMatchObject({ level: 'exact', groups: [{ id: expect.stringMatching(/^[0-9a-f]{16}$/), members: [{}, {}, {}] }] });
});

test('duplicates speaks to people too, and refuses a level that does not exist', async () => {
  const { cwd, cli } = await place();
  const { status, stdout, stderr } = await cli('duplicates');
  expect(status).toBe(0);
  expect(stdout).toMatch(/^[0-9a-f]{16} {2}4 files\n {2}reference +\//);
  expect(stdout).toContain(`rotated 180°, 99.`);
  expect(stdout).toContain(join(cwd, 'pictures', 'turned.jpg'));
  expect(stderr).toContain('1 group at level “similar”');
  const wrong = await cli('duplicates', '--level', 'nearly', '--json');
  expect(wrong.status).toBe(2);
  expect(JSON.parse(wrong.stdout)).toMatchObject({ error: { code: 'bad-input', message: expect.stringContaining('exact, strict, similar, loose') } });
});

test('an empty catalog has no duplicates, in a document of its own', async () => {
  const cwd = await temporaryFolder();
  expect(await runCli(['duplicates', '--json', '--workspace', 'workspace'], { cwd })).toMatchObject({ status: 0, stdout: '{"level":"similar","groups":[]}\n' });
});

test('images that cannot be compared are told, and the exit status says that some failed', async () => {
  const { cwd, cli } = await place();
  await rm(join(cwd, 'workspace', 'renditions'), { recursive: true });
  // Whatever the engine came to compare before it ended, this begins anew.
  const db = new Database(join(cwd, 'workspace', 'catalog.sqlite'));
  db.exec('DELETE FROM pair; UPDATE fingerprint SET paired = 0');
  db.close();
  const { status, stdout, stderr } = await cli('duplicates', '--json');
  expect(status).toBe(3);
  expect(stderr).toMatch(/[1-4] images? could not be compared/);
  expect(JSON.parse(stdout)).toMatchObject({ level: 'similar', groups: [{ members: [{}, {}, {}] }] });
  expect((await cli('duplicates', '--level', 'exact', '--json')).stdout).toContain('"identical-bytes"');
});

test('similar prints what looks like a file, best first, one line each; the file need not be in the catalog', async () => {
  const { cwd, cli } = await place();
  await sharp(base).resize(300).jpeg({ quality: 70 }).toFile(join(cwd, 'outside.jpg'));
  const { status, stdout } = await cli('similar', 'outside.jpg', '--json');
  expect(status).toBe(0);
  const hits = stdout.trim().split('\n').map((line) => JSON.parse(line) as Record<string, unknown>);
  expect(hits).toHaveLength(3);
  expect(hits[0]).toMatchObject({ asset_id: expect.any(Number), path: expect.stringContaining('one'), relation: 'near', distance: expect.any(Number), similarity: expect.any(Number) });
  expect(hits.map(({ similarity }) => similarity)).toEqual(hits.map(({ similarity }) => Number(similarity)).toSorted((a, b) => b - a));
  expect((await cli('similar', 'outside.jpg', '--limit', '1', '--json')).stdout.trim().split('\n')).toHaveLength(1);
  expect((await cli('similar', 'outside.jpg')).stdout).toMatch(/^ID .*LIKENESS .*FILE\n\d+ +near-identical, 9/);
  const gone = await cli('similar', 'gone.jpg', '--json');
  expect(gone.status).toBe(1);
  expect(JSON.parse(gone.stdout)).toMatchObject({ error: { code: 'not-found' } });
});

test('similar says that it could not compare, and why, by its exit status too', async () => {
  const { cwd, cli } = await place();
  await sharp(base).resize(300).jpeg({ quality: 70 }).toFile(join(cwd, 'outside.jpg'));
  await rm(join(cwd, 'workspace', 'renditions'), { recursive: true });
  const { status, stdout } = await cli('similar', 'outside.jpg', '--json');
  expect([status, JSON.parse(stdout)]).toEqual([3, { error: { code: 'not-compared', message: expect.stringContaining('a preview cannot be read') as string } }]);
  expect(await cli('similar', 'outside.jpg')).toMatchObject({ status: 3, stdout: '', stderr: expect.stringContaining('ingest the images again') as string });
});

test('the progress of the comparison tells count, rate, time left and failures', () => {
  const first = { compared: 100, pending: 5000, failed: 1 };
  expect(describeCatchUp(first, { compared: 1300, pending: 3798, failed: 3 }, 10)).toBe('Comparing: 1,202 of 5,000 images (24 %) · 120/s · about 32 s left · 2 failed');
  expect(describeCatchUp(first, first, 1)).toBe('Comparing: 0 of 5,000 images (0 %)');
});
