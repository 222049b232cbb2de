import { mkdir } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { createORPCClient } from '@orpc/client';
import sharp from 'sharp';
import { expect, test } from 'vitest';
import { openEngineSession, type EngineClient } from '../../src/main/host/engine-client.ts';
import { startEngine } from '../../src/main/host/engine-process.ts';
import { createRandom, paintPhoto, toSharp } from '../fixtures/images.ts';
import { LAUNCH, temporaryFolder } from '../hosts.ts';
import { openEngine, type TestClient } from '../support/engine.ts';

async function groupsOf(client: TestClient): Promise<unknown> {
  const { groups } = await client.similarity.groups({ level: 'similar', count: 1000 });
  return groups.map(({ id, members }) => ({ id, members: members.map(({ path, relation, similarity, distance }) => [basename(path), relation, similarity, distance]) }));
}

test('an engine killed again and again while it compares ends with the groups of one that never was', async () => {
  const folder = await temporaryFolder();
  const pictures = join(folder, 'pictures');
  await mkdir(pictures);
  for (let family = 0; family < 10; family += 1) {
    const base = await toSharp(paintPhoto(300, 220, family * 17 + 1)).jpeg({ quality: 92 }).toBuffer();
    for (let version = 0; version < 8; version += 1) await sharp(base).resize(300 - version * 12).jpeg({ quality: 90 - version * 4 }).toFile(join(pictures, `${family} ${version}.jpg`));
  }
  const calm = openEngine(join(folder, 'calm'));
  await calm.ingest({ paths: [pictures] });
  await calm.client.similarity.catchUp();
  const expected = await groupsOf(calm.client);
  // Which versions are one group is the verification's matter, not this test's.
  expect((expected as readonly unknown[]).length).toBeGreaterThanOrEqual(10);
  await calm.close();

  const workspace = join(folder, 'workspace');
  const random = createRandom(31);
  let kills = 0;
  for (let compared = 0; compared < 80 && kills < 12;) {
    const start = await startEngine({ launch: LAUNCH, workspace, work: true, debug: false });
    if (start.kind === 'refused') throw new Error(start.message);
    const { link } = await openEngineSession(start.process.address);
    const client = createORPCClient<EngineClient>(link);
    const { importIds } = await client.ingest.start({ paths: [pictures] });
    while (!(await client.ingest.summary({ importIds })).finished);
    const catchingUp = client.similarity.catchUp().catch(() => undefined);
    // Sometimes in the first search, mostly right behind something that was written down, and then in the midst of the next.
    const goal = random() < 0.3 ? 0 : Math.min(80, compared + 1);
    for (let look = Math.floor(random() * 60); look > 0 || compared < goal; look -= 1) compared = (await client.similarity.status()).compared;
    process.kill(start.process.pid, 'SIGKILL');
    await Promise.all([start.process.exited, catchingUp]);
    kills += 1;
  }
  expect(kills).toBeGreaterThan(1);
  const { client } = openEngine(workspace);
  expect(await client.similarity.catchUp()).toEqual({ compared: 80, pending: 0, failed: 0 });
  expect(await groupsOf(client)).toEqual(expected);
}, 180_000);
