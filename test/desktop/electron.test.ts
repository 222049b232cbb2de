import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { _electron, type ElectronApplication, type Page } from 'playwright-core';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ensureDesktopBuild } from '../../scripts/bootstrap/build.mjs';
import { electronExecutable, hasDisplay } from '../../scripts/bootstrap/electron.mjs';

const root = join(import.meta.dirname, '../..');
const executablePath = electronExecutable(root);

/** The application in a real Electron: only where its binary is installed and there is a display to open a window on. */
describe.skipIf(executablePath === undefined || !hasDisplay(process.platform, process.env))('in Electron', () => {
  let folder: string;
  let app: ElectronApplication;
  let page: Page;

  beforeAll(async () => {
    await ensureDesktopBuild(root, process.execPath);
    folder = await mkdtemp(join(tmpdir(), 'proofsheet-electron-'));
    const picture = join(folder, 'opened.jpg');
    await sharp({ create: { width: 640, height: 480, channels: 3, background: '#357' } }).jpeg().toFile(picture);
    app = await _electron.launch({
      executablePath: executablePath!,
      args: [root, picture, `--user-data-dir=${join(folder, 'profile')}`],
      env: { ...process.env as Record<string, string>, PROOFSHEET_WORKSPACE: join(folder, 'workspace'), PROOFSHEET_NODE: process.execPath },
    });
    page = await app.firstWindow();
  }, 300_000);
  afterAll(async () => {
    await app.close();
    await rm(folder, { recursive: true, force: true });
  });

  it('shows its own page in a sandbox that knows no Node', async () => {
    expect(page.url()).toMatch(/^proofsheet:\/\/app\//);
    expect(await page.evaluate(() => [typeof Reflect.get(globalThis, 'require'), typeof Reflect.get(globalThis, 'process'), Object.keys(Reflect.get(globalThis, 'proofsheet')).toSorted()]))
      .toEqual(['undefined', 'undefined', ['host', 'mediaBase', 'onAction', 'pathForFile', 'pick', 'platform', 'reveal', 'version']]);
  });

  it('shows the picture it was opened with', async () => {
    const picture = page.locator('img[src^="proofsheet://media/renditions/"]').first();
    await picture.waitFor({ timeout: 60_000 });
    await expect.poll(() => picture.evaluate((image) => (image as HTMLImageElement).naturalWidth)).toBeGreaterThan(0);
  });

  it('reaches no other address', async () => {
    expect(await page.evaluate(() => fetch('https://example.org/').then(() => 'reached', () => 'refused'))).toBe('refused');
  });
});
