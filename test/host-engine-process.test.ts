import { chmod, mkdir, readdir, readFile, stat, symlink } from 'node:fs/promises';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { dirname, join } from 'node:path';
import Database from 'better-sqlite3';
import { expect, onTestFinished, test } from 'vitest';
import { createEngineClient, openEngineSession } from '../src/main/host/engine-client.ts';
import { connectEngine, type EngineLink } from '../src/main/host/engine-link.ts';
import { startEngine } from '../src/main/host/engine-process.ts';
import { LAUNCH, makePictures, temporaryFolder } from './hosts.ts';

async function connect(workspace: string, env: Readonly<Record<string, string>> = {}): Promise<EngineLink> {
  const link = await connectEngine({ workspace, launch: { ...LAUNCH, env: { ...LAUNCH.env, ...env } }, work: true });
  onTestFinished(async () => { await link.stop('now'); });
  return link;
}

async function addressOf(workspace: string): Promise<string> {
  return (JSON.parse(await readFile(join(workspace, 'engine.json'), 'utf8')) as { readonly address: string }).address;
}

const folderName = `proofsheet-${String(process.getuid?.())}`;

test('the socket lies in a folder of the user alone', async () => {
  const folder = await temporaryFolder();
  const workspace = join(folder, 'workspace');
  await connect(workspace, { XDG_RUNTIME_DIR: folder });
  const address = await addressOf(workspace);
  expect(dirname(address)).toBe(join(folder, folderName));
  expect([(await stat(dirname(address))).mode & 0o777, (await stat(address)).mode & 0o777]).toEqual([0o700, 0o600]);
});

test.each([
  ['is open to others', async (path: string) => { await mkdir(path); await chmod(path, 0o777); }],
  ['leads elsewhere', async (path: string) => { await mkdir(`${path}-elsewhere`, { mode: 0o700 }); await symlink(`${path}-elsewhere`, path); }],
])('a folder of this name that %s is passed over, and clients find the engine all the same', async (_what, prepare) => {
  const folder = await temporaryFolder();
  const workspace = join(folder, 'workspace');
  await prepare(join(folder, folderName));
  const env = { XDG_RUNTIME_DIR: folder, TMPDIR: folder };
  const owner = await connect(workspace, env);
  const address = await addressOf(workspace);
  expect([address.startsWith(folder), (await stat(dirname(address))).mode & 0o777]).toEqual([false, 0o700]);
  expect(await readdir(join(folder, folderName))).toEqual([]);
  const guest = await connect(workspace, env);
  expect([guest.isOwned(), (await guest.client.workspace.metrics()).assetCount]).toEqual([false, 0]);
  await owner.stop('drain');
});

test('a defect is told in one sentence that names the log, and its stack is there', async () => {
  const workspace = await temporaryFolder();
  const { client } = await connect(workspace);
  const catalog = new Database(join(workspace, 'catalog.sqlite'));
  onTestFinished(() => { catalog.close(); });
  catalog.exec('ALTER TABLE batch RENAME TO gone');
  const log = join(workspace, 'logs', 'engine.log');
  await expect(client.batches.list({})).rejects.toMatchObject({ code: 'internal', message: `Proofsheet could not do this because of a defect of its own; the details are in ${log}` });
  expect(await readFile(log, 'utf8')).toMatch(/no such table.*\n\s+at /);
});

test('a defect that keeps an engine from starting is told with the log too', async () => {
  const workspace = await temporaryFolder();
  await (await connect(workspace)).stop('drain');
  const catalog = new Database(join(workspace, 'catalog.sqlite'));
  catalog.exec('ALTER TABLE batch RENAME TO gone');
  catalog.close();
  const log = join(workspace, 'logs', 'engine.log');
  await expect(connect(workspace)).rejects.toMatchObject({ message: expect.stringMatching(/^the engine could not start: no such table.*; see .*engine\.log$/) as string });
  expect(await readFile(log, 'utf8')).toMatch(/no such table.*\n\s+at /);
});

test('an engine whose terminal is closed finishes what is in work', async () => {
  const folder = await temporaryFolder();
  const workspace = join(folder, 'workspace');
  const pictures = await makePictures(join(folder, 'pictures'), 20, 1000);
  const started = await startEngine({ launch: LAUNCH, workspace, work: true, debug: false });
  if (started.kind === 'refused') throw new Error(started.message);
  onTestFinished(async () => { await started.process.kill(); });
  const session = await openEngineSession(started.process.address);
  const client = createEngineClient(() => Promise.resolve(session));
  await client.ingest.start({ paths: [pictures] });
  for await (const snapshot of await client.batches.progress()) if (snapshot.some(({ batch }) => batch.running > 0)) break;
  process.kill(started.process.pid, 'SIGHUP');
  expect(await started.process.exited).toBe('status 0');
});

test('an engine whose host was gone before it was ready does not stay', async () => {
  const workspace = await temporaryFolder();
  const child = spawn(LAUNCH.node, [LAUNCH.entry, '--workspace', workspace], { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
  onTestFinished(() => { child.kill('SIGKILL'); });
  child.disconnect();
  expect(await once(child, 'exit')).toEqual([0, null]);
});
