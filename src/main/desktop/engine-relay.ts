import { MessageChannelMain, type MessagePortMain, type WebContents } from 'electron';
import { setTimeout as delay } from 'node:timers/promises';
import { WebSocket, type RawData } from 'ws';
import type { EngineLink } from '../host/engine-link.ts';
import type { Log } from './log.ts';

export interface EngineRelay {
  /** Gives the window a port to the engine, and another whenever that one is lost. */
  readonly connect: (contents: WebContents) => void;
}

/** A socket may be seen to close before the link knows that its engine died: the next attempt finds the new one. */
const RETRY_MS = 200;

/** Passes messages between each window's port and the engine's socket, both ways, unread. */
export function createEngineRelay(link: Pick<EngineLink, 'openChannel' | 'state'>, log: Log): EngineRelay {
  const current = new WeakMap<WebContents, WebSocket>();

  const join = (contents: WebContents, socket: WebSocket): void => {
    const { port1: ours, port2: theirs } = new MessageChannelMain();
    current.get(contents)?.close();
    current.set(contents, socket);
    toWindow(socket, ours);
    toEngine(ours, socket);
    // The window was closed or reloaded: one that comes back asks for itself.
    ours.on('close', () => {
      if (current.get(contents) === socket) current.delete(contents);
    });
    // The window shows "reconnecting"; the next port comes as soon as there is an engine again.
    socket.once('close', () => {
      ours.close();
      if (current.get(contents) === socket) connect(contents);
    });
    contents.postMessage('port', null, [theirs]);
    ours.start();
  };
  const connect = (contents: WebContents): void => {
    const attempt = async (): Promise<void> => {
      try {
        const socket = await link.openChannel();
        if (contents.isDestroyed()) socket.close();
        else join(contents, socket);
      } catch (error) {
        log(`no connection to the engine: ${String(error)}`);
        if (contents.isDestroyed() || link.state() === 'failed' || link.state() === 'stopped') return;
        await delay(RETRY_MS);
        await attempt();
      }
    };
    void attempt();
  };
  return { connect };
}

function toWindow(socket: WebSocket, port: MessagePortMain): void {
  socket.on('message', (data: RawData, isBinary: boolean) => port.postMessage(isBinary ? bytesOf(data) : textOf(data)));
}

function toEngine(port: MessagePortMain, socket: WebSocket): void {
  port.on('message', ({ data }: { readonly data: unknown }) => {
    if (socket.readyState === WebSocket.OPEN && (typeof data === 'string' || ArrayBuffer.isView(data) || data instanceof ArrayBuffer)) socket.send(data);
  });
  port.on('close', () => socket.close());
}

/** A plain copy: a view of ws's pooled memory would be sent with everything around it. */
function bytesOf(data: RawData): Uint8Array {
  return new Uint8Array(Array.isArray(data) ? Buffer.concat(data) : data instanceof ArrayBuffer ? data.slice(0) : data);
}

function textOf(data: RawData): string {
  return Array.isArray(data) ? Buffer.concat(data).toString() : Buffer.from(data as Buffer).toString();
}
