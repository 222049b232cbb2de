import { Worker } from 'node:worker_threads';
import type { ReadAnswer, ReadRequest } from './reader-thread.ts';

export interface Reader {
  /** The values of the one numeric column of a query, in order. */
  ids(sql: string, values: readonly (string | number)[]): Promise<Float64Array>;
  rows<Row>(sql: string, values: readonly (string | number)[]): Promise<readonly Row[]>;
  close(): Promise<void>;
}

/**
 * Long queries on a thread with a read-only connection of its own: sorting or counting a million rows takes seconds
 * that the engine's thread does not have. Unlike a pool worker this thread is never killed, so it may hold a handle.
 */
export function createReader(catalogPath: string, threadFile: URL): Reader {
  const waiting = new Map<number, { resolve: (result: never) => void; reject: (error: Error) => void }>();
  let thread: Worker | undefined;
  let lastRequest = 0;

  function ask<Result>(shape: ReadRequest['shape'], sql: string, values: readonly (string | number)[]): Promise<Result> {
    thread ??= start();
    const { promise, resolve, reject } = Promise.withResolvers<Result>();
    lastRequest += 1;
    waiting.set(lastRequest, { resolve, reject });
    thread.postMessage({ request: lastRequest, shape, sql, values } satisfies ReadRequest);
    return promise;
  }

  function start(): Worker {
    const worker = new Worker(threadFile, { workerData: { path: catalogPath } });
    worker.on('message', (answer: ReadAnswer) => {
      const waiter = waiting.get(answer.request);
      waiting.delete(answer.request);
      if ('result' in answer) waiter?.resolve(answer.result as never);
      else waiter?.reject(new Error(answer.error));
    });
    worker.on('error', (error: Error) => {
      thread = undefined;
      for (const { reject } of waiting.values()) reject(error);
      waiting.clear();
    });
    return worker;
  }

  return {
    ids: (sql, values) => ask<Float64Array>('ids', sql, values),
    rows: <Row>(sql: string, values: readonly (string | number)[]) => ask<readonly Row[]>('rows', sql, values),
    async close() {
      await thread?.terminate();
    },
  };
}
