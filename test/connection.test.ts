import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { RPCLink } from '@orpc/client/websocket';
import { implement } from '@orpc/server';
import { RPCHandler } from '@orpc/server/ws';
import { describe, expect, it, onTestFinished } from 'vitest';
import { WebSocketServer } from 'ws';
import { contract } from '../src/contract/index.ts';
import { AccessRefused, createConnection, type Connection, type ConnectionStatus, type Link } from '../src/renderer/connect/connection.ts';

const info = { path: '/w', name: 'w', version: '0', engineStartedAt: '2026-01-01T00:00:00.000Z', home: '/' };

/** An engine that answers one question, on a port that can be taken up again. */
async function startEngine(port = 0) {
  const os = implement({ workspace: { info: contract.workspace.info } });
  const handler = new RPCHandler({ workspace: { info: os.workspace.info.handler(() => info) } });
  const server = new WebSocketServer({ port, host: '127.0.0.1' });
  server.on('connection', (socket) => void handler.upgrade(socket));
  await once(server, 'listening');
  const stop = () => {
    for (const socket of server.clients) socket.terminate();
    server.close();
  };
  onTestFinished(stop);
  return { port: (server.address() as AddressInfo).port, stop };
}

function connectTo(port: number): Connection {
  const open = (onLost: () => void): Promise<Link> => new Promise((resolve, reject) => {
    const socket = new WebSocket(`ws://127.0.0.1:${port}`);
    onTestFinished(() => socket.close());
    socket.addEventListener('open', () => {
      socket.addEventListener('close', onLost, { once: true });
      resolve(new RPCLink({ websocket: socket }));
    });
    socket.addEventListener('error', () => reject(new Error('unreachable')));
  });
  return createConnection({ open, random: () => 0.1 });
}

const until = (connection: Connection, status: ConnectionStatus) => new Promise<void>((resolve) => {
  const check = () => { if (connection.status() === status) resolve(); };
  connection.subscribe(check);
  check();
});

describe('the connection to the engine', () => {
  it('answers calls, and tells when it is lost and when it is back', async () => {
    const first = await startEngine();
    const connection = connectTo(first.port);
    expect(await connection.client.workspace.info()).toEqual(info);
    expect(connection.status()).toBe('connected');

    first.stop();
    await until(connection, 'reconnecting');
    await startEngine(first.port);
    await until(connection, 'connected');
    expect(await connection.client.workspace.info()).toEqual(info);
  });

  it('holds calls back while the engine is away and makes them when it returns', async () => {
    const first = await startEngine();
    const connection = connectTo(first.port);
    await until(connection, 'connected');
    first.stop();
    await until(connection, 'reconnecting');
    const answer = connection.client.workspace.info();
    await startEngine(first.port);
    expect(await answer).toEqual(info);
  });

  it('ends when access is refused, and says so to whoever calls', async () => {
    const attempts: string[] = [];
    const open = () => {
      attempts.push('attempt');
      return Promise.reject(attempts.length < 3 ? new Error('unreachable') : new AccessRefused('The access token is not accepted.'));
    };
    const connection = createConnection({ open, random: () => 0 });
    await until(connection, 'refused');
    await expect(connection.client.workspace.info()).rejects.toBeInstanceOf(AccessRefused);
    expect(attempts).toHaveLength(3);
  });

  it('gives a waiting call up when it is aborted', async () => {
    const engine = await startEngine();
    const connection = connectTo(engine.port);
    await until(connection, 'connected');
    engine.stop();
    await until(connection, 'reconnecting');
    const controller = new AbortController();
    const answer = connection.client.workspace.info(undefined, { signal: controller.signal });
    controller.abort();
    await expect(answer).rejects.toThrow('aborted');
    await startEngine(engine.port);
  });
});
