import type { EngineOptions } from '../../src/main/engine/engine.ts';

const source = (path: string): URL => new URL(`../../src/main/engine/${path}`, import.meta.url);

/** The files that threads of an engine in a checkout start from. */
export const ENGINE_FILES: EngineOptions['files'] = {
  worker: source('worker.ts'), scanThread: source('ingest/scan/scan-thread.ts'), readerThread: source('catalog/reader-thread.ts'),
  similarityThread: source('similarity/similarity-thread.ts'),
};
