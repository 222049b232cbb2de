import { runEngineProcess } from './engine-process.ts';

// From a checkout threads start from the sources; in a package they lie beside this file.
const inSources = import.meta.url.endsWith('.ts');
const beside = (source: string, bundle: string): URL => new URL(inSources ? source : bundle, import.meta.url);

await runEngineProcess(process.argv.slice(2), {
  worker: beside('./worker.ts', './worker.js'),
  scanThread: beside('./ingest/scan/scan-thread.ts', './scan-thread.js'),
  readerThread: beside('./catalog/reader-thread.ts', './reader-thread.js'),
  similarityThread: beside('./similarity/similarity-thread.ts', './similarity-thread.js'),
});
