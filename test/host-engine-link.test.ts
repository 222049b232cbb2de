import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { LEVELS } from '../src/contract/index.ts';
import { connectEngine, type ConnectOptions, type EngineLink, type EngineLinkState } from '../src/main/host/engine-link.ts';
import { enginePid, LAUNCH, makePictures, temporaryFolder } from './hosts.ts';

const QUICK = { firstBackoffMs: 20 };

async function connect(options: Partial<ConnectOptions> & { readonly workspace: string }): Promise<EngineLink> {
  const link = await connectEngine({ launch: LAUNCH, work: true, supervision: QUICK, ...options });
  onTestFinished(async () => { await link.stop('now'); });
  return link;
}

function nextState(link: EngineLink, wanted: EngineLinkState): Promise<void> {
  return new Promise((resolve) => {
    const leave = link.onState((state) => {
      if (state !== wanted) return;
      leave();
      resolve();
    });
  });
}

/** A program in the engine's place, to see what the supervisor makes of it. */
async function programThat(folder: string, source: string): Promise<ConnectOptions['launch']> {
  const entry = join(folder, 'program.mjs');
  await writeFile(entry, source);
  return { ...LAUNCH, entry };
}

test('the first host starts the engine, the second finds it', async () => {
  const workspace = join(await temporaryFolder(), 'a folder, named #1 (50%)?');
  const first = await connect({ workspace });
  const second = await connect({ workspace });
  expect([first.isOwned(), second.isOwned()]).toEqual([true, false]);
  const infos = await Promise.all([first.client.workspace.info(), second.client.workspace.info()]);
  expect(infos[0].engineStartedAt).toBe(infos[1].engineStartedAt);
});

test('hosts that start at the same moment end up with one engine', async () => {
  const workspace = await temporaryFolder();
  const links = await Promise.all([1, 2, 3].map(async () => await connect({ workspace })));
  expect(links.filter((link) => link.isOwned())).toHaveLength(1);
  const started = await Promise.all(links.map(async ({ client }) => (await client.workspace.info()).engineStartedAt));
  expect(new Set(started).size).toBe(1);
});

test('an engine that is killed is started again, and calls made meanwhile are answered', async () => {
  const workspace = await temporaryFolder();
  const link = await connect({ workspace });
  const before = await enginePid(workspace);
  const reconnecting = nextState(link, 'reconnecting');
  process.kill(before, 'SIGKILL');
  await reconnecting;
  expect((await link.client.workspace.metrics()).assetCount).toBe(0);
  expect(link.state()).toBe('connected');
  expect(await enginePid(workspace)).not.toBe(before);
});

test('a host whose engine belonged to another process takes over when that ends', async () => {
  const workspace = await temporaryFolder();
  const owner = await connect({ workspace });
  const guest = await connect({ workspace });
  await owner.stop('drain');
  expect((await guest.client.workspace.metrics()).assetCount).toBe(0);
  expect(guest.isOwned()).toBe(true);
});

test('what a host asks of an engine that is just ending is answered by the next one', async () => {
  const workspace = await temporaryFolder();
  const owner = await connect({ workspace });
  const guest = await connect({ workspace });
  // Without a pause, so that some meet it in every state that an ending engine goes through.
  const askOn = async (ask: () => Promise<unknown>): Promise<void> => {
    while (!guest.isOwned()) await ask();
  };
  const { cleanup } = guest.client;
  const asking = Promise.all([
    askOn(async () => { expect(await cleanup.review({ level: 'similar' })).toMatchObject({ total: 0 }); }),
    ...LEVELS.map((level) => askOn(async () => { expect(await cleanup.plan({ level })).toMatchObject({ remove: [] }); })),
    ...Array.from({ length: 20 }, () => askOn(async () => { expect(await cleanup.restore({})).toMatchObject({ restored: 0 }); })),
  ]);
  const left = owner.stop('drain');
  await asking;
  await left;
  expect(guest.isOwned()).toBe(true);
});

test('leaving another process’ engine does not stop it', async () => {
  const workspace = await temporaryFolder();
  const owner = await connect({ workspace });
  const guest = await connect({ workspace });
  await guest.stop('drain');
  expect((await owner.client.workspace.metrics()).assetCount).toBe(0);
  expect(owner.state()).toBe('connected');
});

test('an engine started only to read leaves the queue alone until a host that works joins it', async () => {
  const folder = await temporaryFolder();
  const workspace = join(folder, 'workspace');
  const pictures = await makePictures(join(folder, 'pictures'), 3);
  const reader = await connect({ workspace, work: false });
  const { importIds } = await reader.client.ingest.start({ paths: [pictures] });
  expect((await reader.client.ingest.summary({ importIds })).finished).toBe(false);
  const worker = await connect({ workspace, work: true });
  for await (const _snapshot of await worker.client.batches.progress()) {
    if ((await worker.client.ingest.summary({ importIds })).finished) break;
  }
  expect((await reader.client.workspace.metrics()).assetCount).toBe(3);
});

test('a stream that loses its engine fails as “reset”, not as if it had ended', async () => {
  const workspace = await temporaryFolder();
  const link = await connect({ workspace });
  const stream = await link.client.batches.progress();
  await stream.next();
  const rest = (async () => { for await (const _snapshot of stream) { /* until it breaks */ } })();
  process.kill(await enginePid(workspace), 'SIGKILL');
  await expect(rest).rejects.toMatchObject({ code: 'reset' });
});

test('after stopping, nothing runs and nothing answers', async () => {
  const workspace = await temporaryFolder();
  const link = await connect({ workspace });
  const pid = await enginePid(workspace);
  await link.stop('drain');
  expect(() => process.kill(pid, 0)).toThrow(/ESRCH/);
  await expect(link.client.workspace.metrics()).rejects.toMatchObject({ code: 'cancelled' });
  expect(link.state()).toBe('stopped');
});

test('a host that stops while its next engine is starting leaves none behind', async () => {
  const workspace = await temporaryFolder();
  const link = await connect({ workspace });
  const away = nextState(link, 'reconnecting');
  process.kill(await enginePid(workspace), 'SIGKILL');
  await away;
  await link.stop('now');
  // Were one left, it would hold the workspace and be found instead.
  const next = await connect({ workspace });
  expect(next.isOwned()).toBe(true);
});

test('an engine that refuses is not asked again, and its reason is told', async () => {
  const folder = await temporaryFolder();
  const launch = await programThat(folder, `process.send({ kind: 'refused', code: 'workspace-newer', message: 'made by version 9' }, () => process.exit(1));`);
  await expect(connect({ workspace: join(folder, 'workspace'), launch })).rejects.toMatchObject({ code: 'workspace-newer', message: 'made by version 9' });
});

test('a workspace that stays busy without answering is given up with a clear code', async () => {
  const folder = await temporaryFolder();
  const launch = await programThat(folder, `process.send({ kind: 'refused', code: 'workspace-busy', message: 'held by another' }, () => process.exit(1));`);
  await expect(connect({ workspace: join(folder, 'workspace'), launch, supervision: { ...QUICK, busyWaitMs: 0 } })).rejects.toMatchObject({ code: 'workspace-busy' });
});

test('an engine that cannot start is given up after a few tries, with its last words', async () => {
  const folder = await temporaryFolder();
  const workspace = join(folder, 'workspace');
  await mkdir(workspace);
  const launch = await programThat(folder, `throw new Error('no decoder for this processor');`);
  await expect(connect({ workspace, launch })).rejects.toThrow(/status 1.*no decoder for this processor/s);
});

test('an engine that keeps dying is given up in the end', async () => {
  const workspace = await temporaryFolder();
  const link = await connect({ workspace, supervision: { firstBackoffMs: 1, maxRapidDeaths: 2 } });
  const failed = expect(link.lost).rejects.toThrow(/stopped 3 times/);
  for (let death = 1; death <= 3; death += 1) {
    await link.client.workspace.metrics();
    const away = nextState(link, 'reconnecting');
    process.kill(await enginePid(workspace), 'SIGKILL');
    await away;
  }
  await failed;
  expect(link.state()).toBe('failed');
  await expect(link.client.workspace.metrics()).rejects.toThrow(/stopped 3 times/);
});
