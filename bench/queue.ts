import { createWriteStream, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { once } from 'node:events';
import { finished } from 'node:stream/promises';
import { createORPCClient } from '@orpc/client';
import { openCatalog } from '../src/main/engine/catalog/open.ts';
import { createSources } from '../src/main/engine/catalog/sources.ts';
import { createJobQueue } from '../src/main/engine/jobs/queue.ts';
import { openEngineSession, type EngineClient } from '../src/main/host/engine-client.ts';
import { startEngine } from '../src/main/host/engine-process.ts';
import { table } from './measure.ts';
import { BENCH_FOLDER } from './pictures.ts';

const ROWS = 1_000_000;

/** How fast rows are queued, and what a list of a million rows costs before and while its first jobs run. */
export async function benchQueue(): Promise<string> {
  const scratch = join(BENCH_FOLDER, 'scratch', 'queue');
  rmSync(scratch, { recursive: true, force: true });
  mkdirSync(scratch, { recursive: true });
  const inserts = [10_000, 100_000, ROWS].map((count) => [count.toLocaleString('en'), insertRate(join(scratch, `${count}.sqlite`), count).toFixed(0)]);
  const list = await readList(scratch);
  rmSync(scratch, { recursive: true, force: true });
  return `${table(['rows', 'rows queued per second'], inserts)}\n\nA CSV list of ${ROWS.toLocaleString('en')} rows, ${list.megabytes} MB:\n\n${table(['first item finished after', 'list read after', 'rows per second meanwhile', 'peak memory of the engine, MB'], [list.cells])}`;
}

function insertRate(path: string, count: number): number {
  const db = openCatalog(path, join(path, '..'));
  const sources = createSources(db);
  const queue = createJobQueue(db, 'bench');
  db.exec(`INSERT INTO batch (id, name, kind, scan, created_at) VALUES (1, 'b', 'list', 'done', 0)`);
  const began = performance.now();
  for (let from = 0; from < count; from += 1000) {
    db.transaction(() => {
      for (let row = from; row < from + 1000; row += 1) {
        const { id } = sources.upsert({ container: `/library/${Math.floor(row / 1000)}`, name: `IMG_${row}.jpg`, raw: null }, true);
        queue.enqueue({ batchId: 1, task: 'ingest', priority: 'normal', sourceId: id, row: `{"sku":"A${row}","title":"Ring"}` }, 0);
      }
    }).immediate();
  }
  const rate = count / ((performance.now() - began) / 1000);
  db.close();
  return rate;
}

async function readList(scratch: string): Promise<{ megabytes: number; cells: string[] }> {
  const path = join(scratch, 'list.csv');
  const file = createWriteStream(path);
  file.write('sku,image,title\n');
  for (let row = 0; row < ROWS; row += 1) if (!file.write(`A${row},/nowhere/folder ${Math.floor(row / 1000)}/IMG_${row}.jpg,"Ring, gold ${row}"\n`)) await once(file, 'drain');
  file.end();
  await finished(file);
  const start = await startEngine({ launch: { entry: join(import.meta.dirname, '../src/main/engine/main.ts'), node: process.execPath, env: process.env }, workspace: join(scratch, 'workspace'), work: true, debug: false });
  if (start.kind === 'refused') throw new Error(start.message);
  const { link } = await openEngineSession(start.process.address);
  const client = createORPCClient<EngineClient>(link);
  const began = performance.now();
  const seconds = (): number => (performance.now() - began) / 1000;
  await client.ingest.start({ paths: [path], maxBatchSize: 5000 });
  let firstItem: number | undefined;
  let read: number | undefined;
  for await (const [progress] of await client.batches.progress()) {
    if (progress && firstItem === undefined && progress.batch.failed + progress.batch.done > 0) firstItem = seconds();
    if (progress && !progress.batch.scanning) {
      read = seconds();
      break;
    }
  }
  const peak = Number(/VmHWM:\s+(\d+) kB/.exec(readFileSync(`/proc/${start.process.pid}/status`, 'utf8'))?.[1]) / 1024;
  await start.process.stop('now');
  return { megabytes: Math.round(file.bytesWritten / 1e6), cells: [`${(firstItem ?? NaN).toFixed(1)} s`, `${(read ?? NaN).toFixed(1)} s`, (ROWS / (read ?? NaN)).toFixed(0), peak.toFixed(0)] };
}
