import { createHash } from 'node:crypto';
import { chmodSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { RPCHandler } from '@orpc/server/ws';
import { WebSocketServer } from 'ws';
import manifest from '../../../package.json' with { type: 'json' };
import { createEngine, type Engine, type EngineOptions } from './engine.ts';
import { errorCodeOf, errorMessageOf } from './errors.ts';
import { createDefectTeller, createEndKeeper } from './rpc.ts';
import { privateSocketFolder, type SocketFolder } from './socket-folder.ts';

/** Largest message a client may send; lists of paths are the largest there are. */
const MAX_MESSAGE_BYTES = 64 * 2 ** 20;

/**
 * One engine in a process of its own: serves the contract on a local socket, tells its parent over IPC when it is
 * ready or why it will not be, and ends when told to or when the parent is gone.
 */
export async function runEngineProcess(args: readonly string[], files: EngineOptions['files']): Promise<void> {
  // A terminal's Ctrl-C reaches the whole group; the host decides what it means.
  process.on('SIGINT', () => undefined);
  const { values } = parseArgs({ args: [...args], options: { 'workspace': { type: 'string' }, 'no-work': { type: 'boolean', default: false } } });
  if (values.workspace === undefined) throw new Error('Expected --workspace DIR');

  let engine: Engine;
  try {
    engine = createEngine({ workspace: values.workspace, work: !values['no-work'], version: manifest.version, files, onDefect: report });
  } catch (error) {
    if (errorCodeOf(error) === 'internal') report(error);
    await tell({ kind: 'refused', code: errorCodeOf(error), message: errorMessageOf(error) });
    process.exit(1);
  }

  const folder = process.platform === 'win32' ? undefined : privateSocketFolder(process.env['XDG_RUNTIME_DIR'], process.getuid?.() ?? 0);
  const address = addressOf(engine.workspace.root, folder);
  let ending: Promise<void> | undefined;
  const server = await serve(engine, address, () => ending !== undefined);
  const engineFile = engine.workspace.engineFile;
  writeFileSync(`${engineFile}.part`, JSON.stringify({ pid: process.pid, address, version: manifest.version }));
  renameSync(`${engineFile}.part`, engineFile);

  const end = (mode: 'drain' | 'now'): void => {
    ending ??= engine.close(mode).then(
      () => {
        folder?.remove();
        process.exit(0);
      },
      (error: unknown) => {
        report(error);
        process.exit(1);
      },
    );
    server.close();
  };
  process.on('message', (message: { readonly kind?: unknown; readonly mode?: unknown }) => {
    if (message.kind !== 'stop') return;
    // A second, more urgent wish does not wait for the first: what is in flight is given back when it is found leased.
    if (message.mode === 'now' && ending) process.exit(0);
    end(message.mode === 'now' ? 'now' : 'drain');
  });
  process.on('disconnect', () => { end('drain'); });
  // A terminal that is closed says SIGHUP to all its processes.
  for (const signal of ['SIGTERM', 'SIGHUP'] as const) process.on(signal, () => { end('drain'); });
  await tell({ kind: 'ready', address, pid: process.pid });
}

async function serve(engine: Engine, address: string, isEnding: () => boolean): Promise<Server> {
  const server = createServer((_request, response) => response.writeHead(404).end());
  const sockets = new WebSocketServer({ server, path: '/rpc', maxPayload: MAX_MESSAGE_BYTES });
  const handler = new RPCHandler(engine.router, { clientInterceptors: [createDefectTeller(report, join(engine.workspace.logs, 'engine.log')), createEndKeeper(isEnding)] });
  sockets.on('connection', (socket) => {
    socket.on('error', report);
    void handler.upgrade(socket, { context: {} });
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(address, resolve);
  });
  if (process.platform !== 'win32') chmodSync(address, 0o600);
  return server;
}

/**
 * The socket's name comes from the workspace, and lies in a folder of this user alone: a path below a deep workspace
 * would not fit into the name that a Unix socket may have.
 */
function addressOf(root: string, folder: SocketFolder | undefined): string {
  const name = createHash('sha256').update(root).digest('hex').slice(0, 24);
  if (folder === undefined) return `\\\\.\\pipe\\proofsheet-${name}`;
  const address = join(folder.path, `${name}.sock`);
  // We hold the workspace's lock, so whoever left this socket is gone.
  rmSync(address, { force: true });
  return address;
}

async function tell(message: Readonly<Record<string, unknown>>): Promise<void> {
  if (!process.send) return;
  await new Promise<void>((resolve) => process.send?.(message, undefined, undefined, () => { resolve(); }));
}

function report(error: unknown): void {
  process.stderr.write(`${new Date().toISOString()} ${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
}
