import type { QueryClient } from '@tanstack/react-query';
import type { Change, Progress } from '../../contract/index.ts';
import type { Connection } from './connection.ts';

/** Query keys begin with the topic whose changes make them stale. A view never is: its ranks are fixed. */
export const PROGRESS_KEY = ['progress'] as const;
const PAUSE_AFTER_FAILURE = 1000;
/** While an import runs, rows change many times a second; counts on screen need not. */
const SPACING = 1000;
/** Groups follow from what is alike, and suggestions from the rules in the settings; of the images in a view's windows, files come and go. */
const ALSO: Readonly<Record<string, readonly string[]>> = { similarity: ['cleanup'], settings: ['cleanup'], cleanup: ['window'], assets: ['window'] };

export interface LiveDependencies {
  readonly connection: Connection;
  readonly queries: QueryClient;
  readonly onProgress: (progress: readonly Progress[]) => void;
}

/** Follows the engine's two streams: progress is shown as it comes, changes make queries ask again. Ends with `signal`. */
export function followEngine({ connection, queries, onProgress }: LiveDependencies, signal: AbortSignal): void {
  const refresh = createSpacedRefresh(queries, signal);
  void follow((options) => connection.client.workspace.changes(undefined, options), ({ topics }: Change) => refresh(topics), signal);
  void follow((options) => connection.client.batches.progress(undefined, options), (progress: Progress[]) => {
    queries.setQueryData(PROGRESS_KEY, progress);
    onProgress(progress);
  }, signal);
  let before = connection.status();
  const stop = connection.subscribe(() => {
    const now = connection.status();
    if (before === 'reconnecting' && now === 'connected') void queries.invalidateQueries();
    before = now;
  });
  signal.addEventListener('abort', stop, { once: true });
}

type Open<Value> = (options: { signal: AbortSignal }) => Promise<AsyncIterable<Value>>;

async function follow<Value>(open: Open<Value>, onValue: (value: Value) => void, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    try {
      for await (const value of await open({ signal })) onValue(value);
    } catch {
      // A broken stream is opened again like one that ended; while the engine is away, opening waits for it.
    }
    await new Promise((resolve) => { setTimeout(resolve, PAUSE_AFTER_FAILURE); });
  }
}

/** Marks topics stale at once, and then at most once per `SPACING` while changes keep coming. */
function createSpacedRefresh(queries: QueryClient, signal: AbortSignal): (topics: readonly string[]) => void {
  const pending = new Set<string>();
  let timer: ReturnType<typeof setTimeout> | null = null;
  const flush = () => {
    const more = pending.size > 0;
    for (const topic of pending) {
      // A slow question is never dropped for the next, or it would go unanswered while changes come; it is asked once more after.
      if (queries.isFetching({ queryKey: [topic] }) === 0) pending.delete(topic);
      void queries.invalidateQueries({ queryKey: [topic] }, { cancelRefetch: false });
    }
    timer = more ? setTimeout(flush, SPACING) : null;
  };
  signal.addEventListener('abort', () => { if (timer) clearTimeout(timer); }, { once: true });
  return (topics) => {
    for (const topic of topics) for (const stale of [topic, ...(ALSO[topic] ?? [])]) pending.add(stale);
    if (!timer) flush();
  };
}
