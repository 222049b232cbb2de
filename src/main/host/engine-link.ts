import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { WebSocket } from 'ws';
import { acquireEngine } from './acquire-engine.ts';
import { createEngineClient, openEngineSocket, type EngineClient, type EngineSession, PATIENCE, type Patience } from './engine-client.ts';
import type { EngineLaunch, EngineProcess, StopMode } from './engine-process.ts';
import { describeError, hostError } from './host-error.ts';

/** `failed`: the supervisor gave up; `stopped`: this host asked for the end. Both are final. */
export type EngineLinkState = 'connecting' | 'connected' | 'reconnecting' | 'failed' | 'stopped';

export interface EngineLink {
  readonly workspace: string;
  readonly client: EngineClient;
  /** True while the engine is a child of this process. Another process' engine is talked to, never stopped. */
  readonly isOwned: () => boolean;
  readonly state: () => EngineLinkState;
  /** Tells changes of state; answers with the unsubscribe function. */
  readonly onState: (listener: (state: EngineLinkState) => void) => () => void;
  /** Rejects with the reason when the state becomes `failed`; never resolves. */
  readonly lost: Promise<never>;
  /** One more connection to the engine, for a host that relays frames unread. Waits while reconnecting. */
  readonly openChannel: () => Promise<WebSocket>;
  /** Leaves; an engine of our own is drained or stopped first. May be called again with `now`. */
  readonly stop: (mode: StopMode) => Promise<void>;
}

export interface ConnectOptions {
  /** Absolute path; created on first use. */
  readonly workspace: string;
  readonly launch: EngineLaunch;
  /** False for commands that only read: an engine started for them leaves the queue alone. */
  readonly work: boolean;
  readonly debug?: boolean;
  /** Gives up connecting, which then rejects with `cancelled`; means nothing once connected. */
  readonly signal?: AbortSignal;
  readonly supervision?: Partial<Supervision>;
}

export interface Supervision extends Patience {
  readonly firstBackoffMs: number;
  readonly maxBackoffMs: number;
  /** An engine that ran this long makes the next backoff short again. */
  readonly stableMs: number;
  readonly maxFailedStarts: number;
  /** Deaths without a stable time between them. Generous, because a poisonous job kills its engine twice. */
  readonly maxRapidDeaths: number;
  /** For an engine that only starts or ends: longer than one of another host may take to finish what is in work. */
  readonly busyWaitMs: number;
  /** For an engine that holds the workspace and does not answer. */
  readonly silentWaitMs: number;
  readonly now: () => number;
}

const DEFAULTS: Supervision = {
  firstBackoffMs: 250, maxBackoffMs: 10_000, stableMs: 60_000, maxFailedStarts: 3, maxRapidDeaths: 20, busyWaitMs: 25_000, silentWaitMs: 10_000,
  ...PATIENCE,
  now: () => performance.now(),
};

/**
 * Finds the engine that holds the workspace or starts one, and keeps the connection: an engine that dies is started
 * again with backoff, one of ours that no longer answers is killed first, one that another process ran is replaced by
 * our own. Rejects when none can be had, with the
 * engine's own reason (`workspace-newer`, `workspace-busy`, `no-permission` …).
 */
export async function connectEngine(options: ConnectOptions): Promise<EngineLink> {
  const { workspace } = options;
  const limits = { ...DEFAULTS, ...options.supervision };
  const listeners = new Set<(state: EngineLinkState) => void>();
  const stopping = new AbortController();
  // An engine that does not answer does not agree to a farewell either.
  const left = once(stopping.signal, 'abort');
  let state: EngineLinkState = 'connecting';
  let child: EngineProcess | undefined;
  let current: EngineSession | undefined;
  let next = nextSession();
  const lost = Promise.withResolvers<never>();
  lost.promise.catch(() => undefined);

  const setState = (changed: EngineLinkState): void => {
    state = changed;
    for (const listener of [...listeners]) listener(changed);
  };
  // Aborting the wait is how `stop` ends it.
  const pause = (milliseconds: number): Promise<unknown> => delay(milliseconds, undefined, { signal: stopping.signal }).catch(() => undefined);

  /** A session, or undefined when there will be none any more. */
  const open = async (): Promise<EngineSession | undefined> => {
    for (let failures = 1; ; failures += 1) {
      try {
        const acquired = await acquireEngine({
          workspace, launch: options.launch, work: options.work, debug: options.debug ?? false,
          child, busyWaitMs: limits.busyWaitMs, silentWaitMs: limits.silentWaitMs, patience: limits, now: limits.now, signal: stopping.signal,
        });
        child = acquired.child;
        if (!stopping.signal.aborted) return acquired.session;
        acquired.session.socket.close();
      } catch (error) {
        if (!stopping.signal.aborted && (!isWorthRepeating(error) || failures >= limits.maxFailedStarts)) {
          fail(error);
          return undefined;
        }
      }
      if (stopping.signal.aborted) return undefined;
      await pause(limits.firstBackoffMs * 2 ** (failures - 1));
    }
  };
  const fail = (error: unknown): void => {
    next.reject(error);
    lost.reject(error);
    setState('failed');
  };
  const supervise = async (): Promise<void> => {
    let rapidDeaths = 0;
    for (;;) {
      const session = await open();
      if (session === undefined) return;
      const since = limits.now();
      current = session;
      next.resolve(session);
      setState('connected');
      await Promise.race([session.closed, left]);
      if (stopping.signal.aborted) return;
      next = nextSession();
      setState('reconnecting');
      if (child === undefined) continue;
      if (session.wentSilent()) await child.kill();
      const end = await Promise.race([child.exited, delay(limits.firstBackoffMs, 'a lost connection')]);
      rapidDeaths = limits.now() - since >= limits.stableMs ? 1 : rapidDeaths + 1;
      if (rapidDeaths > limits.maxRapidDeaths) {
        fail(hostError('internal', `the engine stopped ${String(rapidDeaths)} times in short order, last with ${end}; see ${join(workspace, 'logs', 'engine.log')}`));
        return;
      }
      await pause(Math.min(limits.maxBackoffMs, limits.firstBackoffMs * 2 ** (rapidDeaths - 1)));
    }
  };

  const supervised = supervise();
  const giveUp = (): void => {
    stopping.abort();
    next.reject(hostError('cancelled', 'stopped while connecting'));
  };
  options.signal?.addEventListener('abort', giveUp);
  try {
    await next.promise;
  } catch (error) {
    await supervised;
    throw error;
  } finally {
    options.signal?.removeEventListener('abort', giveUp);
  }

  return {
    workspace,
    client: createEngineClient((signal) => abortable(next.promise, signal)),
    isOwned: () => child?.isRunning() === true,
    state: () => state,
    onState(listener) {
      listeners.add(listener);
      return () => { listeners.delete(listener); };
    },
    lost: lost.promise,
    async openChannel() {
      for (;;) {
        const session = await next.promise;
        try {
          return await openEngineSocket(session.address, limits.connectLimitMs);
        } catch {
          // Either the engine is gone and our own connection is about to tell, so that the channel is one to its successor;
          // or it is busy, and has to be asked again.
          await Promise.race([session.closed, pause(limits.firstBackoffMs)]);
        }
      }
    },
    async stop(mode) {
      if (!stopping.signal.aborted) {
        stopping.abort();
        const closing = hostError('cancelled', 'Proofsheet is closing');
        next.reject(closing);
        next = nextSession();
        next.reject(closing);
        setState('stopped');
        current?.socket.close();
      }
      if (mode === 'now') current?.socket.terminate();
      await child?.stop(mode);
      await supervised;
      // One that was only just starting when we were asked to stop.
      await child?.stop(mode);
    },
  };
}

/** A promise whose rejection may go unheard: nobody need be waiting when the engine is lost for good. */
function nextSession(): PromiseWithResolvers<EngineSession> {
  const resolvers = Promise.withResolvers<EngineSession>();
  resolvers.promise.catch(() => undefined);
  return resolvers;
}

/** An engine that crashed while starting may do better next time; one that refused has its reasons. */
function isWorthRepeating(error: unknown): boolean {
  return describeError(error).code === 'internal';
}

async function abortable<Value>(promise: Promise<Value>, signal: AbortSignal | undefined): Promise<Value> {
  if (signal === undefined) return await promise;
  signal.throwIfAborted();
  const aborted = Promise.withResolvers<never>();
  const abort = (): void => { aborted.reject(signal.reason); };
  signal.addEventListener('abort', abort, { once: true });
  try {
    return await Promise.race([promise, aborted.promise]);
  } finally {
    signal.removeEventListener('abort', abort);
  }
}
