import { parentPort, workerData } from 'node:worker_threads';
import type { ErrorCode, ListInspection, ReviewEntry } from '../../../../contract/index.ts';
import { errorCodeOf, errorMessageOf } from '../../errors.ts';
import type { FolderRead, ScanEntry } from './entry.ts';
import { inspectList, listEntries, openList } from './list.ts';
import { review } from './review.ts';
import { walk, type WalkOptions } from './walk.ts';

export type ScanRequest =
  | { readonly kind: 'walk' } & WalkOptions
  | { readonly kind: 'list'; readonly path: string; readonly sourceColumn: string | undefined; readonly after: number }
  /** Only whether and how the list can be read. */
  | { readonly kind: 'open'; readonly path: string; readonly sourceColumn: string | undefined }
  | { readonly kind: 'inspect'; readonly path: string; readonly preview: number | null; readonly sourceColumn: string | undefined }
  | { readonly kind: 'review'; readonly paths: readonly string[]; readonly exclude: string; readonly maxBatchSize: number; readonly name: string | undefined; readonly sourceColumn: string | undefined };

type ScanValue = (ScanEntry | FolderRead)[] | ListInspection | readonly ReviewEntry[];

/** Values come one at a time, each asked for with `next`, so a fast reader cannot run ahead of a slow writer. */
export type ScanMessage =
  | { readonly kind: 'value'; readonly value: ScanValue }
  | { readonly kind: 'end' }
  | { readonly kind: 'error'; readonly code: ErrorCode; readonly message: string };

/** Large enough that messages cost nothing, small enough that a transaction of one does not hold up the engine. */
const CHUNK = 1000;

const port = parentPort;
if (!port) throw new Error('scan-thread.ts runs as a worker thread');
const values = open(workerData as ScanRequest);

port.on('message', () => {
  values.next().then(
    ({ done, value }) => { port.postMessage((done ? { kind: 'end' } : { kind: 'value', value }) satisfies ScanMessage); },
    (error: unknown) => { port.postMessage({ kind: 'error', code: errorCodeOf(error), message: errorMessageOf(error) } satisfies ScanMessage); },
  );
});

async function* open(request: ScanRequest): AsyncGenerator<ScanValue, void> {
  switch (request.kind) {
    case 'walk': yield* chunked(walk(request)); break;
    case 'list': yield* chunked(listEntries(await openList(request.path, request.sourceColumn), request.path, request.after)); break;
    case 'open': await openList(request.path, request.sourceColumn); break;
    case 'inspect': yield await inspectList(request.path, request.preview, request.sourceColumn); break;
    case 'review': yield* review(request); break;
  }
}

async function* chunked<Entry extends ScanEntry | FolderRead>(entries: AsyncIterable<Entry> | Iterable<Entry>): AsyncGenerator<Entry[], void> {
  let chunk: Entry[] = [];
  let fault: { readonly error: unknown } | undefined;
  try {
    for await (const entry of entries) {
      chunk.push(entry);
      if (chunk.length < CHUNK) continue;
      yield chunk;
      chunk = [];
    }
  } catch (error) {
    // What was read before the fault is not lost with it.
    fault = { error };
  }
  if (chunk.length > 0) yield chunk;
  if (fault) throw fault.error;
}
