import type { ComparisonFailure, SimilarityStatus } from '../../../contract/index.ts';
import { errorCodeOf } from '../errors.ts';
import type { PendingAsset } from './index-candidates.ts';
import type { PairComparer } from './pairing-compare.ts';
import type { PairingStore } from './pairing-store.ts';
import type { SimilarityThreads } from './similarity-threads.ts';

export interface PairingDependencies {
  readonly store: PairingStore;
  readonly candidates: SimilarityThreads['candidates'];
  readonly comparer: PairComparer;
  /** How many tasks keep the pool busy. */
  readonly slots: number;
  /** Whether the engine has nothing more urgent to do now. */
  readonly isIdle: () => boolean;
  readonly onChanged: () => void;
  readonly onDiskFull: () => void;
  readonly onDefect: (error: unknown) => void;
}

export interface Pairing {
  readonly status: () => SimilarityStatus;
  readonly failures: (limit: number) => readonly ComparisonFailure[];
  /** Compares everything that waits, before all else; answers when nothing waits any more, or when the caller gives up. */
  catchUp(signal?: AbortSignal): Promise<SimilarityStatus>;
  /** Something may wait: it is compared in the background while the engine works and has the time. */
  wake(): void;
  setWorking(enabled: boolean): void;
  /** Resolves when nothing is being compared; what is at hand is left as it was. */
  close(): Promise<void>;
}

/**
 * The index is searched for so many at one time. Among a million images sorting the codes for a search costs half a
 * second, and looking for crops some milliseconds an image; a question of somebody else waits for as long.
 */
const SEARCHED_AT_ONCE = 1024;
/** Candidates of the images that are compared and written down at one time, as far as they are tried in any case. */
const CANDIDATES_AT_ONCE = 384;
const CANDIDATES_OF_IMAGE = 4;
const IMAGES_AT_ONCE = 256;
/** A large import shows its first duplicates before it ends: from so many waiting images on, some are compared meanwhile. */
const MAX_WAITING = 50_000;
/** An engine is idle when it has been for so long: between two items of an import it is not. */
const IDLE_MS = 400;
const MOST_DELAY_MS = 300_000;

/**
 * Compares new images with all that are there. What has been done is in the catalog: whoever is killed loses the images
 * at hand, which wait as before.
 */
export function createPairing({ store, candidates, comparer, slots, isIdle, onChanged, onDiskFull, onDefect }: PairingDependencies): Pairing {
  const callers = new Set<symbol>();
  let isWorking = false;
  let failures = 0;
  const stop = new AbortController();
  let running: Promise<void> | undefined;
  let timer: NodeJS.Timeout | undefined;

  const mayGoOn = (): boolean => !stop.signal.aborted && (callers.size > 0 || (isWorking && (isIdle() || store.status().pending >= MAX_WAITING)));

  // While an import is at work one task at a time: it is to notice little of this.
  const limits = { atOnce: () => (callers.size > 0 || isIdle() ? slots : 1), signal: stop.signal, mayGoOn };

  async function work(): Promise<void> {
    await comparer.hashWanted(limits);
    while (mayGoOn()) {
      const pending = await candidates.pending(SEARCHED_AT_ONCE);
      if (pending.length === 0) return;
      for (const portion of portionsOf(pending)) {
        if (!mayGoOn()) return;
        await comparer.compare(portion, limits);
        onChanged();
      }
    }
  }

  function start(): Promise<void> {
    running ??= work().then(() => { failures = 0; }).finally(() => { running = undefined; });
    return running;
  }

  function inBackground(): void {
    if (!isWorking || stop.signal.aborted || running !== undefined || (store.status().pending === 0 && store.wantedHashes().length === 0)) return;
    start().catch((error: unknown) => {
      if (stop.signal.aborted) return;
      if (errorCodeOf(error) === 'disk-full') onDiskFull();
      else onDefect(error);
      failures += 1;
      wake();
    });
  }

  /** Soon; after failures in a row later and later. */
  function wake(): void {
    if (!isWorking || stop.signal.aborted) return;
    timer ??= setTimeout(() => {
      timer = undefined;
      if (mayGoOn()) inBackground();
    }, Math.min(IDLE_MS * 4 ** failures, MOST_DELAY_MS));
  }

  return {
    status: () => store.status(),
    failures: (limit) => store.failures(limit),
    async catchUp(signal) {
      const caller = Symbol('caller');
      callers.add(caller);
      const leave = (): void => { callers.delete(caller); };
      signal?.addEventListener('abort', leave);
      try {
        do await start();
        while (!stop.signal.aborted && callers.has(caller) && store.status().pending > 0);
        return store.status();
      } finally {
        leave();
        signal?.removeEventListener('abort', leave);
        wake();
      }
    },
    wake,
    setWorking(enabled) {
      isWorking = enabled;
      if (enabled) wake();
    },
    async close() {
      stop.abort();
      clearTimeout(timer);
      await running?.catch(() => undefined);
    },
  };
}

/** In pieces that are done in a second or two: so much is lost at most, and so long a pause may take. */
function* portionsOf(pending: readonly PendingAsset[]): Generator<readonly PendingAsset[]> {
  let portion: PendingAsset[] = [];
  let count = 0;
  for (const asset of pending) {
    portion.push(asset);
    count += Math.min(asset.candidates.length, CANDIDATES_OF_IMAGE);
    if (count < CANDIDATES_AT_ONCE && portion.length < IMAGES_AT_ONCE) continue;
    yield portion;
    portion = [];
    count = 0;
  }
  if (portion.length > 0) yield portion;
}
