import { Worker } from 'node:worker_threads';
import type { Candidates } from './index-candidates.ts';
import type { Groups } from './groups.ts';
import type { SimilarityAnswer, SimilarityQuestion, SimilarityRequest } from './similarity-thread.ts';

/** Reading a million rows makes garbage fast: a small heap collects it before it grows. */
const THREAD_MEMORY = { maxYoungGenerationSizeMb: 16, maxOldGenerationSizeMb: 768 };

type Async<Functions> = { readonly [Name in keyof Functions]: Functions[Name] extends (...values: infer Values) => infer Result ? (...values: Values) => Promise<Result> : never };

export interface SimilarityThreads {
  readonly candidates: Async<Candidates>;
  readonly groups: Async<Groups>;
  close(): Promise<void>;
}

/**
 * Two threads with read-only handles of their own, started when they are first asked: one holds the codes of the whole
 * catalog, the other the groups. A join over a million codes takes seconds, which whoever looks at groups must not wait.
 */
export function createSimilarityThreads(catalogPath: string, threadFile: URL): SimilarityThreads {
  const index = createThread(catalogPath, threadFile);
  const groups = createThread(catalogPath, threadFile);
  return {
    candidates: {
      pending: (limit) => index.ask({ ask: 'pending', limit }),
      of: (fingerprint) => index.ask({ ask: 'candidates', fingerprint }),
      counts: () => index.ask({ ask: 'counts' }),
    },
    groups: {
      page: (level, start, count, members = Infinity) => groups.ask({ ask: 'page', level, start, count, members }),
      rankOf: (level, groupId) => groups.ask({ ask: 'rankOf', level, groupId }),
      ranksOfAssets: (level, assetIds) => groups.ask({ ask: 'ranksOfAssets', level, assetIds }),
      forgetNames: (level) => groups.ask({ ask: 'forgetNames', level }),
    },
    async close() {
      await Promise.all([index.close(), groups.close()]);
    },
  };
}

interface Thread {
  ask<Result>(question: SimilarityQuestion): Promise<Result>;
  close(): Promise<void>;
}

function createThread(catalogPath: string, threadFile: URL): Thread {
  const waiting = new Map<number, { resolve: (result: never) => void; reject: (error: Error) => void }>();
  let worker: Worker | undefined;
  let lastRequest = 0;

  function start(): Worker {
    const thread = new Worker(threadFile, { workerData: { path: catalogPath }, resourceLimits: THREAD_MEMORY });
    thread.on('message', (answer: SimilarityAnswer) => {
      const waiter = waiting.get(answer.request);
      waiting.delete(answer.request);
      if ('result' in answer) waiter?.resolve(answer.result as never);
      else waiter?.reject(new Error(answer.error));
    });
    const end = (error: Error): void => {
      // An error is followed by the exit: by then those who wait may wait for the next thread.
      if (worker !== thread) return;
      worker = undefined;
      for (const { reject } of waiting.values()) reject(error);
      waiting.clear();
    };
    thread.on('error', end);
    thread.on('exit', () => { end(new Error('The thread of the comparison has ended')); });
    return thread;
  }

  return {
    ask(question) {
      worker ??= start();
      const { promise, resolve, reject } = Promise.withResolvers<never>();
      lastRequest += 1;
      waiting.set(lastRequest, { resolve, reject });
      worker.postMessage({ request: lastRequest, question } satisfies SimilarityRequest);
      return promise;
    },
    async close() {
      await worker?.terminate();
    },
  };
}
