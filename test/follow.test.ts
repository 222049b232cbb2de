import { execFileSync } from 'node:child_process';
import { mkdir, readdir, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import sharp from 'sharp';
import { describe, expect, onTestFinished, test } from 'vitest';
import { drawPicture, makePictures, temporaryFolder } from './hosts.ts';
import { allItems, openEngine, type TestClient } from './support/engine.ts';

const canMount = process.getuid?.() === 0 && (() => {
  try {
    execFileSync('unshare', ['-m', 'mount', '--bind', '/tmp', '/tmp'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
})();

describe('a followed folder', () => {
  /** Follows a folder with one picture, and waits for what is asked of the engine. */
  async function follow(options: { copy?: boolean } = {}) {
    const folder = await temporaryFolder();
    const pictures = await makePictures(join(folder, 'pictures'), 1);
    const { client, engine, ingest, close } = openEngine(join(folder, 'workspace'));
    await ingest({ paths: [pictures], follow: true, ...options });
    async function until(isSo: () => Promise<boolean>): Promise<void> {
      const changes = await client.workspace.changes();
      while (!(await isSo())) await changes.next();
      await changes.return();
    }
    return { folder, pictures, client, engine, close, until };
  }
  const isIdle = async (client: TestClient): Promise<boolean> => (await client.batches.list({})).every(({ queued, running, scanning }) => !scanning && queued + running === 0);

  test('takes in what is added and what is changed', async () => {
    const { pictures, client, until } = await follow();
    expect(await client.ingest.followed()).toMatchObject([{ path: pictures }]);
    await makePictures(join(pictures, 'new folder'), 3);
    await until(async () => (await client.workspace.metrics()).assetCount === 3);
    await sharp(drawPicture(77, 160, 120), { raw: { width: 160, height: 120, channels: 3 } }).jpeg().toFile(join(pictures, '0001.jpg'));
    await until(async () => (await client.workspace.metrics()).assetCount === 4);
    expect(await client.ingest.follow({ path: pictures, enabled: false })).toEqual({ following: false });
    expect(await client.ingest.followed()).toEqual([]);
    // Each file became an item once for each content it had, and only folders are asked for.
    const items = (await client.batches.list({})).map(({ total, sources }) => ({ total, sources }));
    expect(items.reduce((sum, { total }) => sum + total, 0)).toBe(5);
    expect(items.flatMap(({ sources }) => sources).every((path) => path === pictures || path === join(pictures, 'new folder'))).toBe(true);
  });

  test('knows a renamed file by its new name only', async () => {
    const { pictures, client, until } = await follow();
    await rename(join(pictures, '0001.jpg'), join(pictures, 'renamed.jpg'));
    await until(async () => (await client.assets.list({})).every(({ sources }) => sources[0] === join(pictures, 'renamed.jpg') && sources.length === 1));
    expect((await allItems(client)).map(({ source }) => source)).toEqual([join(pictures, 'renamed.jpg')]);
    expect((await client.workspace.metrics()).assetCount).toBe(1);
  });

  test('takes in names that are not UTF-8, and keeps copies where the import did', async () => {
    const { pictures, client, engine, until } = await follow({ copy: true });
    await writeFile(Buffer.concat([Buffer.from(`${pictures}/latin-`), Buffer.from([0xe9]), Buffer.from('.jpg')]), await sharp(drawPicture(5, 90, 90), { raw: { width: 90, height: 90, channels: 3 } }).jpeg().toBuffer());
    await until(async () => (await client.workspace.metrics()).assetCount === 2);
    expect((await readdir(engine.workspace.originals, { recursive: true })).filter((name) => /\.jpe?g$/.test(name))).toHaveLength(2);
  });

  test('notices that a folder is gone', async () => {
    const { pictures, client, until } = await follow();
    await makePictures(join(pictures, 'trip'), 2);
    await until(async () => (await client.assets.list({})).length === 2 && await isIdle(client));
    await rm(join(pictures, 'trip'), { recursive: true });
    await until(async () => (await allItems(client)).length === 1);
  });

  test('looks into a folder that came in the place of another of the same name', async () => {
    const { folder, pictures, client, until } = await follow();
    await makePictures(join(pictures, 'album', 'deeper'), 2);
    await until(async () => (await client.assets.list({})).length === 2 && await isIdle(client));
    await makePictures(join(folder, 'other', 'deeper'), 4);
    await rename(join(pictures, 'album'), join(folder, 'old'));
    await rename(join(folder, 'other'), join(pictures, 'album'));
    await until(async () => (await client.assets.list({})).length === 4);
    await makePictures(join(pictures, 'album', 'deeper', 'more'), 5);
    await until(async () => (await client.assets.list({})).length === 5);
  });

  test.skipIf(!canMount)('takes an empty mount point for a drive that is not plugged in, and sees it come back', async () => {
    const folder = await temporaryFolder();
    const drive = join(folder, 'drive');
    await mkdir(drive);
    const stick = join(folder, 'stick');
    await makePictures(stick, 2);
    execFileSync('mount', ['--bind', stick, drive]);
    onTestFinished(() => { execFileSync('umount', ['-l', drive], { stdio: 'ignore' }); });
    const { client, ingest } = openEngine(join(folder, 'workspace'));
    await ingest({ paths: [drive] });
    execFileSync('umount', [drive]);
    await ingest({ paths: [drive] });
    expect((await allItems(client)).filter(({ state }) => state !== 'failed')).toHaveLength(2);
    execFileSync('mount', ['--bind', stick, drive]);
    expect((await ingest({ paths: [drive] })).assetsExisting).toBe(2);
  });

  test('does not try again what failed until the file changes', async () => {
    const { pictures, client, until } = await follow();
    await symlink('nowhere.jpg', join(pictures, 'broken-link.jpg'));
    await until(async () => (await allItems(client, { state: 'failed' })).length === 1);
    await makePictures(join(pictures, 'more'), 2);
    await until(async () => (await client.workspace.metrics()).assetCount === 2 && await isIdle(client));
    await sharp(drawPicture(9, 160, 120), { raw: { width: 160, height: 120, channels: 3 } }).jpeg().toFile(join(pictures, 'another.jpg'));
    await until(async () => (await client.workspace.metrics()).assetCount === 3 && await isIdle(client));
    expect((await client.workspace.metrics()).itemsByState.failed).toBe(1);
  });
});
