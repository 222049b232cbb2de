import { type ClientContext, type ClientLink, createORPCClient } from '@orpc/client';
import type { ContractRouterClient } from '@orpc/contract';
import type { Contract } from '../../contract/index.ts';

export type EngineClient = ContractRouterClient<Contract>;
export type Link = ClientLink<ClientContext>;
/** `refused` is the end: no attempt follows. */
export type ConnectionStatus = 'connecting' | 'connected' | 'reconnecting' | 'refused';

/** The address carries no token, or one the server does not accept. */
export class AccessRefused extends Error {}

export interface Connection {
  readonly client: EngineClient;
  readonly status: () => ConnectionStatus;
  /** Called after every change of the status; answers a function that stops it. */
  readonly subscribe: (listener: () => void) => () => void;
  /** Tries again at once instead of waiting for the next attempt. */
  readonly retryNow: () => void;
}

export interface ConnectionDependencies {
  /** Rejects with `AccessRefused` when trying again is useless. */
  readonly open: (onLost: () => void) => Promise<Link>;
  readonly random: () => number;
}

const FIRST_DELAY = 250;
const LONGEST_DELAY = 4000;

/**
 * Keeps one connection to the engine. Calls made while it is down wait for it; calls under way when it breaks are
 * rejected, and the queries behind them are asked again. Attempts are spaced 0.25 s to 4 s apart, with full jitter,
 * and end when access is refused: all calls are rejected with that from then on.
 */
export function createConnection({ open, random }: ConnectionDependencies): Connection {
  const listeners = new Set<() => void>();
  let status: ConnectionStatus = 'connecting';
  let attempts = 0;
  let wake: (() => void) | null = null;
  const setStatus = (next: ConnectionStatus) => {
    if (status === next) return;
    status = next;
    for (const listener of listeners) listener();
  };

  async function connect(): Promise<Link> {
    for (;;) {
      try {
        const link = await open(() => { setStatus('reconnecting'); current = start(); });
        attempts = 0;
        // Whoever waits for this promise must find the status already changed.
        setStatus('connected');
        return link;
      } catch (error) {
        if (error instanceof AccessRefused) {
          setStatus('refused');
          throw error;
        }
        // Nobody listens there yet. The status tells the user.
        await pause(random() * Math.min(LONGEST_DELAY, FIRST_DELAY * 2 ** attempts++));
      }
    }
  }

  const pause = (milliseconds: number) => new Promise<void>((resolve) => {
    const timer = setTimeout(resolve, milliseconds);
    wake = () => { clearTimeout(timer); resolve(); };
  });

  function start(): Promise<Link> {
    const link = connect();
    // Whoever makes a call is told, and so is the status; without any call it is not an unhandled rejection.
    link.catch(() => undefined);
    return link;
  }

  let current = start();
  const link: Link = {
    call: async (path, input, options) => {
      const opened = await abortable(current, options.signal);
      return opened.call(path, input, options);
    },
  };
  return {
    client: createORPCClient<EngineClient>(link),
    status: () => status,
    subscribe: (listener) => { listeners.add(listener); return () => listeners.delete(listener); },
    retryNow: () => { attempts = 0; wake?.(); },
  };
}

function abortable<Value>(promise: Promise<Value>, signal: AbortSignal | undefined): Promise<Value> {
  if (!signal) return promise;
  signal.throwIfAborted();
  return new Promise((resolve, reject) => {
    const abort = () => reject(new DOMException('The call was aborted.', 'AbortError'));
    signal.addEventListener('abort', abort, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort));
  });
}
