import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { failedInWords } from '../src/main/cli/words.ts';
import type { EngineClient } from '../src/main/host/engine-client.ts';
import { importReaching, joinEngine, makePictures, runCli, startCli, temporaryFolder } from './hosts.ts';

/** A folder with more pictures than are read before anyone can say a word. */
async function manyPictures(): Promise<string> {
  const cwd = await temporaryFolder();
  await makePictures(join(cwd, 'pictures'), 60, 1200);
  return cwd;
}

/** Acts on the import as soon as some of it is done, as a window beside the command would. */
async function actOnImport(cwd: string, act: (client: EngineClient, id: number) => Promise<unknown>): Promise<number> {
  const link = await joinEngine(join(cwd, 'workspace'));
  const { id } = await importReaching(link, ({ done, state }) => done > 0 && state === 'running');
  await act(link.client, id);
  await link.stop('now');
  return id;
}

test('an import that is cancelled elsewhere is a failure of the command that waits for it, and can be taken up again', async () => {
  const cwd = await manyPictures();
  const ingest = startCli(['ingest', 'pictures', '--workspace', 'workspace', '--json'], { cwd });
  const id = String(await actOnImport(cwd, async (client, importId) => await client.batches.cancel({ id: importId })));
  const { status, stdout, stderr } = await ingest.done;
  expect([status, stderr]).toEqual([1, expect.stringContaining('“pictures” was cancelled; “proofsheet batch retry')]);
  expect(JSON.parse(stdout)).toMatchObject({ batches: [{ state: 'cancelled' }], error: { code: 'cancelled' } });
  const retry = startCli(['batch', 'retry', id, '--workspace', 'workspace'], { cwd });
  await retry.says('to try again');
  await (await joinEngine(join(cwd, 'workspace'))).client.batches.cancel({ id: Number(id) });
  const retried = await retry.done;
  expect([retried.status, retried.stderr]).toEqual([1, expect.stringContaining('was cancelled')]);
});

test('a command whose import is paused elsewhere says so once, and goes on waiting until it is resumed', async () => {
  const cwd = await manyPictures();
  const ingest = startCli(['ingest', 'pictures', '--workspace', 'workspace', '--json'], { cwd });
  const id = await actOnImport(cwd, async (client, importId) => await client.batches.pause({ id: importId }));
  await ingest.says('Paused by another window or command; resume it to go on (Ctrl-C leaves it paused).');
  const link = await joinEngine(join(cwd, 'workspace'));
  await link.client.batches.resume({ id });
  await link.stop('now');
  const { status, stderr } = await ingest.done;
  expect([status, stderr.match(/Paused by/g)]).toEqual([0, ['Paused by']]);
});

test('what failed is told by its reasons and where to see it, apart from what of it lies in quarantine', async () => {
  const cwd = await someFailures();
  const { status, stdout } = await runCli(['ingest', 'list.txt', '--workspace', 'workspace'], { cwd });
  expect([status, stdout]).toEqual([3, expect.stringMatching(/3 items in .* 1 done, .*2 failed, 1 of them in quarantine\n/)]);
  expect(stdout).toMatch(/\nfailed: (1 not found, 1 truncated|1 truncated, 1 not found)\nto list them: proofsheet items --batch 1 --state failed, or --state quarantined\n$/);
  expect((await runCli(['batch', 'list', '--workspace', 'workspace'], { cwd })).stdout).toContain('2 (1 in quarantine)');
  expect(failedInWords({ failed: 30, quarantined: 30 })).toBe('30 failed, all in quarantine');
  expect(failedInWords({ failed: 1, quarantined: 1 })).toBe('1 failed, in quarantine');
});

test('what is known already is told apart from what was left out', async () => {
  const cwd = await temporaryFolder();
  await writeFile(join(await makePictures(join(cwd, 'pictures'), 3), 'notes.doc'), 'no picture');
  const ingest = async (): Promise<string> => (await runCli(['ingest', 'pictures', '--workspace', 'workspace'], { cwd })).stdout;
  expect(await ingest()).toMatch(/: 3 done, 1 left out, 0 failed\n/);
  expect(await ingest()).toMatch(/: 0 done, 3 unchanged, 1 left out, 0 failed\n/);
  expect((await runCli(['batch', 'list', '--workspace', 'workspace'], { cwd })).stdout).toMatch(/UNCHANGED +LEFT OUT +FAILED.*\n.* 0 +3 +1 +0 +pictures/);
});

/** A list of a sound picture, one that is none, and one that is not there. */
async function someFailures(): Promise<string> {
  const cwd = await temporaryFolder();
  const pictures = await makePictures(join(cwd, 'pictures'), 1);
  await writeFile(join(pictures, 'broken.jpg'), Buffer.concat([Buffer.from([0xff, 0xd8, 0xff, 0xe0]), Buffer.alloc(3000, 1)]));
  await writeFile(join(cwd, 'list.txt'), ['0001', 'broken', 'gone'].map((name) => join(pictures, `${name}.jpg\n`)).join(''));
  return cwd;
}
