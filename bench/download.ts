import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createDownloads } from '../src/main/engine/acquire/download.ts';
import { DEFAULT_CLOCKS } from '../src/main/engine/acquire/exchange.ts';
import { createLookups, resolveBySystem } from '../src/main/engine/acquire/lookup.ts';
import { createSwitchingTransport } from '../src/main/engine/acquire/transport.ts';
import { measure, table } from './measure.ts';
import { BENCH_FOLDER } from './pictures.ts';

const IMAGES = 4000;
const AT_ONCE = 16;

/** Images of some 150 kB over loopback: what fetching, hashing and storing them costs, beside aria2c on the same list. */
export async function benchDownload(): Promise<string> {
  const scratch = join(BENCH_FOLDER, 'scratch', 'download');
  rmSync(scratch, { recursive: true, force: true });
  mkdirSync(scratch, { recursive: true });
  const server = fork(join(import.meta.dirname, 'image-server.ts'));
  const [{ port, bytes }] = (await once(server, 'message')) as [{ port: number; bytes: number }];
  const urls = Array.from({ length: IMAGES }, (_, index) => `http://127.0.0.1:${port}/${index}.jpg`);
  const rows: string[][] = [];
  const add = (name: string, wall: number, cpu: number): void => { rows.push([name, `${wall.toFixed(1)} s`, `${cpu.toFixed(1)} s`, (IMAGES / wall).toFixed(0), (IMAGES / cpu).toFixed(0)]); };

  const own = await ours(urls, join(scratch, 'ours'));
  add('Proofsheet: fetch, SHA-256, sync, rename', own.wall, own.cpu);
  const list = join(scratch, 'list.txt');
  writeFileSync(list, urls.join('\n'));
  for (const [name, command] of [['aria2c', ['aria2c', '-q', '-x1', '-s1', `-j${AT_ONCE}`, '-d', join(scratch, 'aria2c'), '-i', list]], ['gallery-dl', ['gallery-dl', '-q', '-d', join(scratch, 'gallery-dl'), '-i', list]]] as const) {
    const usage = await measure(command).catch(() => null);
    if (usage === null) rows.push([`${name} is not installed`, '–', '–', '–', '–']);
    else add(`${name}: fetch, rename`, usage.wallSeconds, usage.cpuSeconds);
  }
  server.disconnect();
  rmSync(scratch, { recursive: true, force: true });
  return `${IMAGES.toLocaleString('en')} images of ${Math.round(bytes / 1000)} kB from one server on loopback, ${AT_ONCE} at a time; the server’s work is not counted.\n\n${table(['', 'time', 'CPU time', 'images per second', 'images per CPU-second'], rows)}`;
}

async function ours(urls: readonly string[], folder: string): Promise<{ wall: number; cpu: number }> {
  const transport = createSwitchingTransport({ lookups: createLookups(resolveBySystem, Date.now), proxy: () => null, connectMs: DEFAULT_CLOCKS.connectMs });
  const downloads = createDownloads({ folder, agents: transport.agents, userAgent: 'Proofsheet-bench', throttle: () => undefined, now: Date.now });
  const allowed = new Set(['127.0.0.1']);
  const never = new AbortController().signal;
  const [began, before] = [performance.now(), process.cpuUsage()];
  const queue = urls.entries();
  await Promise.all(Array.from({ length: AT_ONCE }, async () => {
    for (const [index, url] of queue) await downloads.fetch({ url: new URL(url), allowed, known: null, maxBytes: 50e6, clocks: DEFAULT_CLOCKS, key: String(index) }, never);
  }));
  const { user, system } = process.cpuUsage(before);
  const wall = (performance.now() - began) / 1000;
  await transport.close();
  return { wall, cpu: (user + system) / 1e6 };
}
