import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { EngineClient } from '../src/main/host/engine-client.ts';
import { importReaching, joinEngine, makePictures, startCli, temporaryFolder } from './hosts.ts';

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
