import { existsSync } from 'node:fs';
import { benchAccuracy } from './accuracy.ts';
import { benchDownload } from './download.ts';
import { benchIngest } from './ingest.ts';
import { machine } from './measure.ts';
import { benchQueue } from './queue.ts';
import { benchScale } from './scale.ts';
import { benchSimilarity } from './similarity.ts';
import { benchWindow } from './window.ts';

const BENCHMARKS: Readonly<Record<string, (folder: string | null) => Promise<string>>> = { accuracy: benchAccuracy, download: benchDownload, ingest: benchIngest, scale: benchScale, queue: benchQueue, similarity: benchSimilarity, window: benchWindow };

/** `npm run bench`, or `npm run bench -- ingest queue` for some of them; `accuracy` takes a folder of photographs too. Prints Markdown. */
const folders = process.argv.slice(2).filter((name) => !(name in BENCHMARKS) && existsSync(name));
const wanted = process.argv.slice(2).filter((name) => !folders.includes(name));
const unknown = wanted.filter((name) => !(name in BENCHMARKS));
if (unknown.length > 0) {
  process.stderr.write(`There is no benchmark ${unknown.join(', ')}; there are ${Object.keys(BENCHMARKS).join(', ')}.\n`);
  process.exitCode = 2;
} else {
  process.stdout.write(`Machine: ${machine()}\n`);
  for (const [name, run] of Object.entries(BENCHMARKS)) {
    if (wanted.length === 0 || wanted.includes(name)) process.stdout.write(`\n## ${name}\n\n${await run(folders[0] ?? null)}\n`);
  }
}
