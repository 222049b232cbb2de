import { parentPort, workerData } from 'node:worker_threads';
import Database from 'better-sqlite3';

export interface ReadRequest {
  readonly request: number;
  /** `ids`: one numeric column, answered as an array of its values. */
  readonly shape: 'ids' | 'rows';
  readonly sql: string;
  readonly values: readonly (string | number)[];
}

export type ReadAnswer =
  | { readonly request: number; readonly result: Float64Array<ArrayBuffer> | readonly unknown[] }
  | { readonly request: number; readonly error: string };

const port = parentPort;
if (!port) throw new Error('reader-thread.ts runs as a worker thread');
const { path } = workerData as { readonly path: string };
const db = new Database(path, { readonly: true });
db.pragma('cache_size = -32768');

port.on('message', ({ request, shape, sql, values }: ReadRequest) => {
  try {
    if (shape === 'rows') {
      port.postMessage({ request, result: db.prepare(sql).all(...values) } satisfies ReadAnswer);
      return;
    }
    const result = Float64Array.from(db.prepare<unknown[], number>(sql).pluck().all(...values));
    port.postMessage({ request, result } satisfies ReadAnswer, [result.buffer]);
  } catch (error) {
    port.postMessage({ request, error: error instanceof Error ? error.message : String(error) } satisfies ReadAnswer);
  }
});
