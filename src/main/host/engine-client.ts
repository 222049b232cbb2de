import { createORPCClient, type ClientContext, type ClientLink } from '@orpc/client';
import { RPCLink } from '@orpc/client/websocket';
import type { ContractRouterClient } from '@orpc/contract';
import { connect } from 'node:net';
import { WebSocket } from 'ws';
import type { Contract } from '../../contract/index.ts';
import { hostError } from './host-error.ts';

export type EngineClient = ContractRouterClient<Contract>;

export interface EngineSession {
  readonly address: string;
  readonly socket: WebSocket;
  readonly link: ClientLink<ClientContext>;
  /** Resolves when the connection is gone, for whatever reason. */
  readonly closed: Promise<void>;
  /** True when the connection was given up because the engine no longer answered. */
  readonly wentSilent: () => boolean;
}

export interface Patience {
  /** How long an engine may take to accept a connection. */
  readonly connectLimitMs: number;
  readonly pingEveryMs: number;
  /**
   * So many pings in a row without any answer, and the engine is given up. Counted, not timed: a host that was itself
   * suspended must not take its own absence for the engine's.
   */
  readonly maxMissedPings: number;
}

export const PATIENCE: Patience = { connectLimitMs: 5000, pingEveryMs: 5000, maxMissedPings: 5 };

/** How often a call is made again after the engine died before it answered; a call that kills it must end somewhere. */
const MAX_CALLS = 3;

/**
 * Opens one WebSocket to an engine's address (socket path or named pipe). Rejects if nobody serves there, and with
 * `timeout-connect` if somebody holds the address but does not answer: a process that is stopped or wedged.
 */
export function openEngineSocket(address: string, limitMs: number): Promise<WebSocket> {
  return new Promise((resolve, reject) => {
    // `ws+unix:` URLs cannot carry every path (`#`, `?`, `:`, `%`), a socket of our own can.
    const socket = new WebSocket('ws://engine/rpc', { createConnection: () => connect(address), perMessageDeflate: false });
    const timer = setTimeout(() => {
      reject(hostError('timeout-connect', `the engine did not answer within ${String(limitMs / 1000)} s`));
      socket.terminate();
    }, limitMs);
    // What follows an error is always `close`, and that is what everybody listens to who has the socket.
    socket.on('error', reject);
    socket.once('open', () => { resolve(socket); });
    for (const outcome of ['open', 'close'] as const) socket.once(outcome, () => { clearTimeout(timer); });
  });
}

export async function openEngineSession(address: string, patience = PATIENCE): Promise<EngineSession> {
  const socket = await openEngineSocket(address, patience.connectLimitMs);
  const closed = new Promise<void>((resolve) => { socket.once('close', () => { resolve(); }); });
  // ws fires the same events as a browser's WebSocket; only the declared types of the two differ.
  const link = new RPCLink({ websocket: socket as unknown as globalThis.WebSocket });
  return { address, socket, link, closed, wentSilent: watchHeartbeat(socket, patience) };
}

/** A request may take as long as it likes; an engine that answers no ping is not at work on it. */
function watchHeartbeat(socket: WebSocket, { pingEveryMs, maxMissedPings }: Patience): () => boolean {
  let missed = 0;
  const timer = setInterval(() => {
    if (missed >= maxMissedPings) socket.terminate();
    else socket.ping();
    missed += 1;
  }, pingEveryMs);
  for (const sign of ['pong', 'message'] as const) socket.on(sign, () => { missed = 0; });
  socket.once('close', () => { clearInterval(timer); });
  return () => missed > maxMissedPings;
}

/**
 * A client that outlives its connections: calls wait for the next session, and one whose engine died before it answered
 * is made again. That is safe because no procedure of the contract does harm when done twice: an import is joined, or at
 * worst made again of sources that are all known by then; a verb says what is so already; a purge or a salvage only counts
 * what was left for the second time. A stream that breaks is not resumed; it fails with `reset`, and its reader subscribes
 * again.
 */
export function createEngineClient(nextSession: (signal: AbortSignal | undefined) => Promise<EngineSession>): EngineClient {
  const link: ClientLink<ClientContext> = {
    async call(path, input, options) {
      for (let attempt = 1; ; attempt += 1) {
        const session = await nextSession(options.signal);
        try {
          const answer = await session.link.call(path, input, options);
          return isStream(answer) ? guardStream(answer, session) : answer;
        } catch (error) {
          if (session.socket.readyState === WebSocket.OPEN || options.signal?.aborted === true) throw error;
          await session.closed;
          if (attempt === MAX_CALLS) throw hostError('reset', `the engine stopped ${String(MAX_CALLS)} times while answering ${path.join('.')}`);
        }
      }
    },
  };
  return createORPCClient<EngineClient>(link);
}

function isStream(answer: unknown): answer is AsyncIteratorObject<unknown> {
  return typeof answer === 'object' && answer !== null && Symbol.asyncIterator in answer;
}

/** A lost connection must look neither like the end of the stream nor like the reader's own abort. */
async function* guardStream(stream: AsyncIteratorObject<unknown>, session: EngineSession): AsyncGenerator {
  const lost = (): boolean => session.socket.readyState !== WebSocket.OPEN;
  try {
    yield* stream;
  } catch (error) {
    throw lost() ? hostError('reset', 'the engine stopped') : error;
  }
  if (lost()) throw hostError('reset', 'the engine stopped');
}
