import { copyFileSync, existsSync, mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { createORPCClient } from '@orpc/client';
import { expect, test } from 'vitest';
import { openEngineSession, type EngineClient } from '../../src/main/host/engine-client.ts';
import { startEngine } from '../../src/main/host/engine-process.ts';
import { createRandom } from '../fixtures/images.ts';
import { LAUNCH, makePictures, temporaryFolder } from '../hosts.ts';
import { treeOf } from '../support/cleanup-bench.ts';
import { openEngine } from '../support/engine.ts';

interface RunningEngine {
  readonly client: EngineClient;
  readonly kill: () => Promise<void>;
}

async function launchEngine(workspace: string): Promise<RunningEngine> {
  const start = await startEngine({ launch: LAUNCH, workspace, work: false, debug: false });
  if (start.kind === 'refused') throw new Error(start.message);
  const { link } = await openEngineSession(start.process.address);
  return {
    client: createORPCClient<EngineClient>(link),
    async kill() {
      process.kill(start.process.pid, 'SIGKILL');
      await start.process.exited;
    },
  };
}

const count = (folder: string): number => readdirSync(folder, { recursive: true }).filter((name) => String(name).endsWith('.jpg')).length;

/** Resolves when so many files have come to or gone from a folder, or the act has ended before. */
async function reached(folder: string, isReached: (files: number) => boolean, act: Promise<unknown>): Promise<void> {
  const over = act.then(() => true, () => true);
  while (!isReached(count(folder)) && !await Promise.race([over, new Promise<false>((resolve) => { setImmediate(resolve, false); })])) continue;
}

test('an engine killed in the middle of cleanups and undos, again and again, loses no file and covers none', async () => {
  const folder = await temporaryFolder();
  const pictures = await makePictures(join(folder, 'pictures'), 40, 64);
  for (const copy of ['copies', 'copies/of copies']) {
    mkdirSync(join(pictures, copy));
    for (const name of readdirSync(pictures).filter((one) => one.endsWith('.jpg'))) copyFileSync(join(pictures, name), join(pictures, copy, name));
  }
  const workspace = join(folder, 'workspace');
  const before = treeOf(pictures);
  const files = count(pictures);
  const { ingest, close } = openEngine(workspace);
  await ingest({ paths: [pictures] });
  await close();
  const random = createRandom(77);
  for (let round = 0; round < 6; round += 1) {
    const first = await launchEngine(workspace);
    const { planId, counts } = await first.client.cleanup.plan({ level: 'exact', itemLimit: 0 });
    expect(counts).toEqual({ keep: 40, remove: 80, held: 0 });
    const applying = first.client.cleanup.apply({ planId });
    const goal = Math.floor(random() * 80);
    await reached(pictures, (left) => left < files - goal, applying);
    await first.kill();
    await applying.catch(() => undefined);

    const second = await launchEngine(workspace);
    // Behind the recovery, in the same turn.
    await expect(second.client.cleanup.apply({ planId })).rejects.toMatchObject({ code: 'already-applied', message: expect.stringMatching(/operation \d+ moved [1-9]\d* of 80 files/) as string });
    const [operation] = await second.client.cleanup.operations({ limit: 1 });
    expect(operation).toMatchObject({ state: 'applied', planned: 80 });
    expect(operation!.moved + operation!.skipped).toBe(80);
    expect(operation!.moved).toBe(files - count(pictures));
    const undoing = second.client.cleanup.undo({ operationId: operation!.id });
    const back = count(pictures) + Math.floor(random() * operation!.moved);
    await reached(pictures, (now) => now > back, undoing);
    await second.kill();
    await undoing.catch(() => undefined);

    const third = await launchEngine(workspace);
    const result = await third.client.cleanup.undo({ operationId: operation!.id }).catch((error: unknown) => error);
    expect(result).toMatchObject(result instanceof Error ? { code: 'already-applied' } : { skipped: [] });
    expect(treeOf(pictures)).toEqual(before);
    expect(existsSync(join(folder, '.proofsheet-quarantine'))).toBe(false);
    const { total } = await third.client.cleanup.quarantine({});
    expect(total).toBe(0);
    await third.kill();
  }
  // Nothing has to be read again for the catalog to know its files.
  const engine = openEngine(workspace);
  expect(await engine.ingest({ paths: [pictures] })).toMatchObject({ assetsNew: 0, batches: [{ skipped: 120, unchanged: 120, done: 0 }] });
});
