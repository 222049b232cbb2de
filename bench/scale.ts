import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { createORPCClient } from '@orpc/client';
import { openEngineSession, type EngineClient } from '../src/main/host/engine-client.ts';
import { startEngine } from '../src/main/host/engine-process.ts';
import { table } from './measure.ts';
import { BENCH_FOLDER, smallPictures } from './pictures.ts';

const SIZES = [1000, 10_000, 100_000];

/** Small images at growing counts: that an item costs the same in a large catalog as in a small one, and no more memory. */
export async function benchScale(): Promise<string> {
  const rows: (string | number)[][] = [];
  for (const count of SIZES) {
    const pictures = await smallPictures(count);
    const workspace = join(BENCH_FOLDER, 'scratch', `workspace-${count}`);
    rmSync(workspace, { recursive: true, force: true });
    const first = await ingestOnce(workspace, pictures, count);
    const again = await ingestOnce(workspace, pictures, count);
    rows.push([
      count.toLocaleString('en'), (count / first.seconds).toFixed(0), ((first.cpuSeconds * 1000) / count).toFixed(2), (first.peakBytes / 2 ** 20).toFixed(0),
      (count / again.seconds).toFixed(0), (again.peakBytes / 2 ** 20).toFixed(0),
    ]);
    rmSync(workspace, { recursive: true, force: true });
  }
  return `JPEGs of 320×240 px.\n\n${table(['images', 'images per second', 'CPU ms per image', 'peak memory of the engine, MB', 'unchanged files per second', 'peak memory then, MB'], rows)}`;
}

interface Run {
  readonly seconds: number;
  readonly cpuSeconds: number;
  readonly peakBytes: number;
}

async function ingestOnce(workspace: string, pictures: string, count: number): Promise<Run> {
  const start = await startEngine({ launch: { entry: join(import.meta.dirname, '../src/main/engine/main.ts'), node: process.execPath, env: process.env }, workspace, work: true, debug: false });
  if (start.kind === 'refused') throw new Error(start.message);
  const { link } = await openEngineSession(start.process.address);
  const client = createORPCClient<EngineClient>(link);
  const began = performance.now();
  const { importIds } = await client.ingest.start({ paths: [pictures] });
  for await (const _ of await client.batches.progress()) {
    const summary = await client.ingest.summary({ importIds });
    if (!summary.finished) continue;
    if (summary.assetsNew + summary.assetsExisting !== count) throw new Error(`expected ${count} images but ${summary.assetsNew + summary.assetsExisting} were ingested`);
    break;
  }
  const run = { seconds: (performance.now() - began) / 1000, cpuSeconds: cpuSecondsOf(start.process.pid), peakBytes: peakBytesOf(start.process.pid) };
  await start.process.stop('drain');
  return run;
}

/** User and system time of a running process with all its threads, from /proc. */
function cpuSecondsOf(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
  return (Number(fields[11]) + Number(fields[12])) / 100;
}

function peakBytesOf(pid: number): number {
  return Number(/VmHWM:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) * 1024;
}
