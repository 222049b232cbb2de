import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { WebSocket, WebSocketServer, type RawData } from 'ws';

export interface Relay {
  readonly accept: (request: IncomingMessage, socket: Duplex, head: Buffer) => Promise<void>;
  readonly close: () => void;
}

/** Uploads do not come this way; the largest message is a selection or a list of paths. */
const MAX_MESSAGE_BYTES = 16_000_000;
/** Above this, the faster side is not read until the slower one has caught up. */
const HIGH_WATER_BYTES = 1_000_000;
const SERVICE_RESTART = 1012;

/** Passes WebSocket messages between a browser and the engine, both ways, unread. */
export function createRelay(openChannel: () => Promise<WebSocket>): Relay {
  const server = new WebSocketServer({
    noServer: true, perMessageDeflate: false, maxPayload: MAX_MESSAGE_BYTES,
    // The second protocol offered is the token; only the first may be echoed.
    handleProtocols: () => 'proofsheet',
  });
  return {
    async accept(request, socket, head) {
      const gone = new AbortController();
      socket.once('close', () => { gone.abort(); });
      const channel = await openChannel();
      if (gone.signal.aborted) {
        channel.terminate();
        return;
      }
      server.handleUpgrade(request, socket, head, (browser) => { join(browser, channel); });
    },
    close() {
      for (const browser of server.clients) browser.close(1001, 'Proofsheet is closing');
      server.close();
    },
  };
}

function join(browser: WebSocket, channel: WebSocket): void {
  forward(browser, channel);
  forward(channel, browser);
  // The page shows "reconnecting" and tries again; by then the engine is back.
  channel.once('close', () => { browser.close(SERVICE_RESTART, 'the engine is restarting'); });
  browser.once('close', () => { channel.close(); });
  // `close` follows every error.
  browser.on('error', () => undefined);
}

function forward(from: WebSocket, to: WebSocket): void {
  from.on('message', (data: RawData, isBinary: boolean) => {
    if (to.readyState !== WebSocket.OPEN) return;
    to.send(data, { binary: isBinary }, () => {
      if (from.isPaused && to.bufferedAmount < HIGH_WATER_BYTES / 2) from.resume();
    });
    if (to.bufferedAmount > HIGH_WATER_BYTES) from.pause();
  });
  to.once('close', () => { from.resume(); });
}

/** Refuses an upgrade with a plain HTTP answer. */
export async function refuseUpgrade(socket: Duplex, status: number, reason: string): Promise<void> {
  socket.end(`HTTP/1.1 ${String(status)} ${reason}\r\nconnection: close\r\ncontent-length: 0\r\n\r\n`);
  await once(socket, 'close');
}
