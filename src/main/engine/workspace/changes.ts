import type { Change } from '../../../contract/index.ts';

type Topic = Change['topics'][number];

export interface Broadcast<Value> {
  publish(value: Value): void;
  subscribe(signal: AbortSignal | undefined): AsyncGenerator<Value, void>;
}

/**
 * Sends values to any number of listeners. A listener that is slower than the values gets what `merge` makes of those
 * it missed, so nothing piles up and the last one always arrives.
 */
export function createBroadcast<Value>(merge: (missed: Value, newest: Value) => Value): Broadcast<Value> {
  const listeners = new Set<{ pending: Value | undefined; wake: () => void }>();
  return {
    publish(value) {
      for (const listener of listeners) {
        listener.pending = listener.pending === undefined ? value : merge(listener.pending, value);
        listener.wake();
      }
    },
    async* subscribe(signal) {
      const listener: { pending: Value | undefined; wake: () => void } = { pending: undefined, wake: () => undefined };
      const onAbort = (): void => { listener.wake(); };
      listeners.add(listener);
      signal?.addEventListener('abort', onAbort);
      try {
        while (!signal?.aborted) {
          if (listener.pending === undefined) await new Promise<void>((resolve) => { listener.wake = resolve; });
          const value = listener.pending;
          listener.pending = undefined;
          if (value !== undefined) yield value;
        }
      } finally {
        listeners.delete(listener);
        signal?.removeEventListener('abort', onAbort);
      }
    },
  };
}

export interface ChangeLog {
  note(...topics: Topic[]): void;
  subscribe(signal: AbortSignal | undefined): AsyncGenerator<Change, void>;
  close(): void;
}

/** Gathers which kinds of rows changed and tells it at most every `intervalMs`. */
export function createChangeLog(intervalMs: number): ChangeLog {
  const broadcast = createBroadcast<Change>((missed, newest) => ({ ...newest, topics: [...new Set([...missed.topics, ...newest.topics])] }));
  const topics = new Set<Topic>();
  let revision = 0;
  let timer: NodeJS.Timeout | undefined;
  return {
    note(...changed) {
      for (const topic of changed) topics.add(topic);
      timer ??= setTimeout(() => {
        timer = undefined;
        revision += 1;
        broadcast.publish({ topics: [...topics], revision });
        topics.clear();
      }, intervalMs);
    },
    subscribe: (signal) => broadcast.subscribe(signal),
    close: () => { clearTimeout(timer); },
  };
}
