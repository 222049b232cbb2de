import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import type { ListInspection, ReviewEntry } from '../../../../contract/index.ts';
import { ProofsheetError } from '../../errors.ts';
import type { FolderRead, ScanEntry } from './entry.ts';
import type { ScanMessage, ScanRequest } from './scan-thread.ts';

/** Reading a list makes garbage fast: a small heap collects it before it grows. */
const THREAD_MEMORY = { maxYoungGenerationSizeMb: 8, maxOldGenerationSizeMb: 256 };

type ValueOf<Request extends ScanRequest> =
  Request extends { kind: 'walk' } ? (ScanEntry | FolderRead)[] : Request extends { kind: 'list' } ? ScanEntry[] : Request extends { kind: 'inspect' } ? ListInspection : Request extends { kind: 'open' } ? never : readonly ReviewEntry[];

/**
 * Reads folders and lists on a thread of its own: the file system may be slow, and the engine's thread may not wait.
 * Ending the iteration early ends the thread.
 * @throws ProofsheetError whatever stopped the reading
 */
export async function* scan<Request extends ScanRequest>(threadFile: URL, request: Request): AsyncGenerator<ValueOf<Request>, void> {
  const thread = new Worker(threadFile, { workerData: request, resourceLimits: THREAD_MEMORY });
  // A thread dies when it likes, also while the last value is still at work: then there is nobody who waits to be told.
  let death: Error | undefined;
  thread.on('error', (error: Error) => { death = error; });
  try {
    for (;;) {
      if (death) throw death;
      thread.postMessage('next');
      const [message] = (await once(thread, 'message')) as [ScanMessage];
      if (message.kind === 'end') return;
      if (message.kind === 'error') throw new ProofsheetError(message.code, message.message);
      yield message.value as ValueOf<Request>;
    }
  } finally {
    await thread.terminate();
  }
}
