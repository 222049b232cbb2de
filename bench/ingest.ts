import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { BENCH_FOLDER, largePictures } from './pictures.ts';
import { measure, median, table, type Usage } from './measure.ts';

const COUNT = 200;
const ROUNDS = 3;
const CLI = join(import.meta.dirname, '../src/main/cli/main.ts');

/**
 * Ingest of 12-megapixel JPEGs against the two peers, on the same files and cores, turn by turn in the same run.
 * vipsthumbnail runs as two processes, since one alone does not use both cores.
 */
export async function benchIngest(): Promise<string> {
  const pictures = await largePictures(COUNT);
  const scratch = join(BENCH_FOLDER, 'scratch');
  const peers: Readonly<Record<string, () => Promise<Usage>>> = {
    'proofsheet ingest': () => measure([process.execPath, CLI, 'ingest', pictures, '--json', '--workspace', join(scratch, 'workspace')]),
    'vipsthumbnail --size 1200': () => measure(['bash', '-c', `ls "${pictures}"/*.jpg | xargs -P 2 -n ${COUNT / 4} vipsthumbnail --size 1200 -o "${scratch}/%s.jpg[Q=85]"`]),
    'sharp 1200 → 400 → 100, one decode': () => measure([process.execPath, join(import.meta.dirname, 'bare-cascade.ts'), pictures, join(scratch, 'cascade')], { UV_THREADPOOL_SIZE: '4' }),
  };
  const runs = new Map<string, Usage[]>();
  for (let round = 0; round < ROUNDS; round += 1) {
    for (const [name, run] of Object.entries(peers)) {
      rmSync(scratch, { recursive: true, force: true });
      mkdirSync(scratch, { recursive: true });
      const usage = await run();
      if (name === 'proofsheet ingest') expectAllDone(usage.stdout);
      runs.set(name, [...(runs.get(name) ?? []), usage]);
    }
  }
  rmSync(scratch, { recursive: true, force: true });
  const of = (name: string): { cpu: number; wall: number } => {
    const usages = runs.get(name) ?? [];
    return { cpu: median(usages.map(({ cpuSeconds }) => cpuSeconds)), wall: median(usages.map(({ wallSeconds }) => wallSeconds)) };
  };
  const ours = of('proofsheet ingest');
  const rows = Object.keys(peers).map((name) => {
    const { cpu, wall } = of(name);
    return [name, ((cpu * 1000) / COUNT).toFixed(1), (COUNT / wall).toFixed(1), (ours.cpu / cpu).toFixed(2), (ours.wall / wall).toFixed(2)];
  });
  return `${COUNT} JPEGs of 4000×3000 px, median of ${ROUNDS} rounds.\n\n${table(['program', 'CPU ms per image', 'images per second', 'our CPU ÷ its CPU', 'our wall ÷ its wall'], rows)}`;
}

function expectAllDone(stdout: string): void {
  const { batches } = JSON.parse(stdout) as { batches: { done: number }[] };
  if (batches[0]?.done !== COUNT) throw new Error(`expected ${COUNT} images done but ${batches[0]?.done ?? 0} were`);
}
