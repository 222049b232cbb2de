import { readFile, writeFile } from 'node:fs/promises';
import { writeFileSync } from 'node:fs';
import { createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { acquireEngine } from '../src/main/host/acquire-engine.ts';
import { openEngineSocket } from '../src/main/host/engine-client.ts';
import { connectEngine, type ConnectOptions, type EngineLink } from '../src/main/host/engine-link.ts';
import { enginePid, joinEngine, LAUNCH, makePictures, startCli, temporaryFolder } from './hosts.ts';

const IMPATIENT = { firstBackoffMs: 20, connectLimitMs: 500, pingEveryMs: 200, maxMissedPings: 5, silentWaitMs: 0 };

async function connect(options: Partial<ConnectOptions> & { readonly workspace: string }): Promise<EngineLink> {
  const link = await connectEngine({ launch: LAUNCH, work: true, ...options });
  onTestFinished(async () => { await link.stop('now'); });
  return link;
}

/** As a debugger, a memory limit or a wedged disk does: the process is there, and says nothing. */
async function suspendEngine(workspace: string): Promise<number> {
  const pid = await enginePid(workspace);
  process.kill(pid, 'SIGSTOP');
  onTestFinished(() => { if (isAlive(pid)) process.kill(pid, 'SIGCONT'); });
  return pid;
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

test('an engine of our own that no longer answers is killed, and the next one answers what was asked', async () => {
  const workspace = await temporaryFolder();
  const link = await connect({ workspace, supervision: IMPATIENT });
  const pid = await suspendEngine(workspace);
  expect((await link.client.workspace.metrics()).assetCount).toBe(0);
  expect([isAlive(pid), await enginePid(workspace) === pid]).toEqual([false, false]);
});

test('another process’ engine that no longer answers is left alone, and the host says which process it is', async () => {
  const workspace = await temporaryFolder();
  const owner = await connect({ workspace });
  const guest = await connect({ workspace, supervision: IMPATIENT });
  const pid = await suspendEngine(workspace);
  const silent = { code: 'workspace-busy', message: expect.stringContaining(`process ${String(pid)}) does not answer`) as string };
  await expect(guest.client.workspace.metrics()).rejects.toMatchObject(silent);
  await expect(guest.lost).rejects.toMatchObject(silent);
  await expect(connect({ workspace, supervision: IMPATIENT })).rejects.toMatchObject(silent);
  process.kill(pid, 'SIGCONT');
  expect((await owner.client.workspace.metrics()).assetCount).toBe(0);
});

test('an engine that does not answer yet is waited for', async () => {
  const workspace = await temporaryFolder();
  await connect({ workspace });
  const pid = await suspendEngine(workspace);
  // The clock is looked at when the wait begins, and after each time that the engine did not answer.
  let looks = 0;
  const now = (): number => {
    looks += 1;
    if (looks === 3) process.kill(pid, 'SIGCONT');
    return 0;
  };
  const guest = await connect({ workspace, supervision: { ...IMPATIENT, silentWaitMs: 1, now } });
  expect([guest.isOwned(), looks >= 3, (await guest.client.workspace.metrics()).assetCount]).toEqual([false, true, 0]);
});

test('an engine is waited for from when it is found silent, however long another one was before it', async () => {
  const workspace = await temporaryFolder();
  const address = join(workspace, 'silent');
  const tell = (pid: number): void => { writeFileSync(join(workspace, 'engine.json'), JSON.stringify({ pid, address, version: '0' })); };
  tell(1);
  // Each question takes ten milliseconds; after the third, another process holds the workspace.
  let questions = 0;
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket.on('error', () => undefined));
    questions += 1;
    if (questions === 3) tell(2);
  }).listen(address);
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  const patience = { connectLimitMs: 100, pingEveryMs: 1000, maxMissedPings: 5 };
  const acquiring = acquireEngine({
    workspace, launch: LAUNCH, work: false, debug: false, child: undefined, busyWaitMs: 0, silentWaitMs: 45, patience, now: () => questions * 10, signal: new AbortController().signal,
  });
  await expect(acquiring).rejects.toMatchObject({ code: 'workspace-busy', message: expect.stringContaining('process 2) does not answer') as string });
  expect(questions).toBe(3 + 5);
});

test('a channel asked for while the engine is busy is opened once it answers again', async () => {
  const workspace = await temporaryFolder();
  const limitMs = 200;
  const link = await connect({ workspace, supervision: { ...IMPATIENT, connectLimitMs: limitMs, maxMissedPings: 1000 } });
  const { address } = JSON.parse(await readFile(join(workspace, 'engine.json'), 'utf8')) as { readonly address: string };
  const pid = await suspendEngine(workspace);
  const channel = link.openChannel();
  // Asked later and given up as fast: the channel has been given up by then too.
  await expect(openEngineSocket(address, limitMs)).rejects.toMatchObject({ code: 'timeout-connect' });
  process.kill(pid, 'SIGCONT');
  const socket = await channel;
  expect([socket.readyState, link.state()]).toEqual([socket.OPEN, 'connected']);
  socket.close();
});

test('an engine that never gets ready is given up, and is gone', async () => {
  const folder = await temporaryFolder();
  const entry = join(folder, 'program.mjs');
  await writeFile(entry, `import { writeFileSync } from 'node:fs'; writeFileSync(${JSON.stringify(join(folder, 'pid'))}, String(process.pid)); setInterval(() => {}, 1000);`);
  const giveUp = new AbortController();
  const connecting = connect({ workspace: join(folder, 'workspace'), launch: { ...LAUNCH, entry }, signal: giveUp.signal });
  connecting.catch(() => undefined);
  await expect.poll(async () => Number(await readFile(join(folder, 'pid'), 'utf8').catch(() => ''))).toBeGreaterThan(0);
  giveUp.abort();
  await expect(connecting).rejects.toMatchObject({ code: 'cancelled' });
  expect(isAlive(Number(await readFile(join(folder, 'pid'), 'utf8')))).toBe(false);
});

test('a command that meets an engine that does not answer says so and fails', async () => {
  const workspace = await temporaryFolder();
  await connect({ workspace });
  const pid = await suspendEngine(workspace);
  const { status, stderr } = await startCli(['metrics', '--workspace', workspace]).done;
  expect([status, stderr]).toEqual([1, expect.stringContaining(`end process ${String(pid)} and try again`)]);
});

test('a command is ended by the second signal, whatever it waits for', async () => {
  const folder = await temporaryFolder();
  const workspace = join(folder, 'workspace');
  const pictures = await makePictures(join(folder, 'pictures'), 40, 1000);
  await connect({ workspace });
  const run = startCli(['ingest', pictures, '--workspace', workspace]);
  const guest = await joinEngine(workspace);
  for await (const snapshot of await guest.client.batches.progress()) if (snapshot.length > 0) break;
  await suspendEngine(workspace);
  const pressAgain = (): number | null => {
    run.process.kill('SIGTERM');
    return run.process.exitCode;
  };
  await expect.poll(pressAgain, { interval: 100, timeout: 8000 }).toBe(143);
});
