import { copyFile, mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { makePictures } from '../hosts.ts';
import { launchBrowser } from './chromium.ts';
import { expectAccessible, startWorkbench, takeScreenshot } from './harness.ts';
import { dropPaths, importFolder, screensOf } from './screens.ts';

/**
 * Enough for an import to be met at work: it takes in a dozen before it is paused, and another before it is cancelled.
 * Drawing them takes a third of the time that importing them does, so the tests share them.
 */
const MANY = 80;

describe('the window', () => {
  let browser: Browser;
  let shared: string;
  let many: string;
  beforeAll(async () => {
    browser = await launchBrowser();
    shared = await mkdtemp(join(tmpdir(), 'proofsheet-test-'));
    many = await makePictures(join(shared, 'Many'), MANY, 1500);
  });
  afterAll(async () => {
    await browser.close();
    await rm(shared, { recursive: true, force: true, maxRetries: 5 });
  });

  test('a chosen folder is reviewed, imported and shown', async () => {
    const bench = await startWorkbench();
    const pictures = await makePictures(join(bench.folder, 'Rings'), 12);
    const { page, complaints } = await bench.openWindow(browser);
    const { home, library } = screensOf(page);
    await home.heading.waitFor();
    await takeScreenshot(page, 'home');
    await importFolder(page, pictures);
    await expect.poll(async () => await library.cells.count(), { timeout: 20_000 }).toBe(12);
    await expect.poll(async () => await library.cells.locator('img').evaluateAll((images) => images.filter((image) => image instanceof HTMLImageElement && image.naturalWidth > 0).length)).toBe(12);
    await takeScreenshot(page, 'library');
    expect(new URL(page.url()).hash).not.toContain('token');
    expect(complaints).toEqual([]);
  });

  test('what an import left out can be looked at, with the reason for each, apart from images known before', async () => {
    const bench = await startWorkbench();
    const pictures = await makePictures(join(bench.folder, 'Rings'), 3);
    // Characters that cannot be seen are written out wherever a name is shown.
    await rename(join(pictures, '0003.jpg'), join(pictures, '0003\u202e.jpg'));
    await writeFile(join(pictures, 'end\u202e.md'), 'x');
    for (let index = 0; index < 101; index += 1) await writeFile(join(pictures, `notes ${String(index)}.txt`), 'x');
    await writeFile(join(pictures, '.hidden.jpg'), 'x');
    const { page } = await bench.openWindow(browser);
    const { go, home, library, batches } = screensOf(page);
    for (const outcome of ['Done', 'Unchanged']) {
      await go('Home');
      await home.heading.waitFor();
      await importFolder(page, pictures);
      await go('Batches');
      await batches.state('Done').waitFor();
      await page.getByRole('definition').filter({ hasText: '3' }).first().waitFor();
      await page.getByRole('term').filter({ hasText: outcome }).first().waitFor();
    }
    await page.getByRole('heading', { name: '103 other files left out' }).waitFor();
    await batches.button('Show files').click();
    const rows = page.getByRole('region', { name: '103 other files left out' }).getByRole('row');
    await expect.poll(async () => await rows.count()).toBe(101);
    await page.getByText('1–100 of 103').waitFor();
    await takeScreenshot(page, 'batches-left-out');
    await rows.filter({ hasText: '.hidden.jpg' }).getByText('Left out').or(rows.filter({ hasText: 'notes 0.txt' }).getByText('the .txt file is not an image')).first().waitFor();
    await batches.button('Next files').click();
    await expect.poll(async () => await rows.count()).toBe(4);
    expect(await rows.filter({ hasText: '0001.jpg' }).count()).toBe(0);
    await expectAccessible(page);
    await go('Library');
    await library.cells.filter({ hasText: '0003\\u202e.jpg' }).click();
    await library.inspector.getByRole('heading', { name: '0003\\u202e.jpg' }).waitFor();
  });

  test('a folder dropped on the window is copied in, reviewed and imported', async () => {
    const bench = await startWorkbench();
    const dropped = await makePictures(join(bench.folder, 'dropped'), 4);
    const { page, complaints } = await bench.openWindow(browser);
    const { home, review, library } = screensOf(page);
    await home.heading.waitFor();
    await dropPaths(page, [dropped]);
    await review.heading.waitFor();
    await takeScreenshot(page, 'review');
    await review.start.click();
    await expect.poll(async () => await library.cells.count(), { timeout: 20_000 }).toBe(4);
    expect(complaints).toEqual([]);
  });

  test('an import can be paused, resumed and cancelled', async () => {
    const bench = await startWorkbench();
    const { page } = await bench.openWindow(browser);
    const { go, batches } = screensOf(page);
    await importFolder(page, many);
    await go('Batches');
    await batches.button('Pause').click();
    await batches.state('Paused').waitFor();
    await takeScreenshot(page, 'batches-paused');
    await batches.button('Resume').click();
    await batches.state('Running').waitFor();
    await takeScreenshot(page, 'batches-running');
    await batches.button('Cancel').click();
    await batches.state('Cancelled').waitFor();
    await page.getByRole('main').getByText(new RegExp(`^\\d+ of ${MANY} images · \\d+ cancelled$`)).waitFor();
    await batches.button('Go on').click();
    await batches.done();
    await page.getByRole('main').getByText(`${MANY} images`).first().waitFor();
  });

  test('failures are grouped by reason and can be tried again', async () => {
    const bench = await startWorkbench();
    const pictures = await makePictures(join(bench.folder, 'Mixed'), 3);
    await writeFile(join(pictures, 'empty.jpg'), Buffer.alloc(4000));
    const list = join(bench.folder, 'list.txt');
    await writeFile(list, ['0001.jpg', '0002.jpg', 'late.jpg', 'empty.jpg'].map((name) => join(pictures, name)).join('\n'));
    const { page } = await bench.openWindow(browser);
    const { go, home, picker, review, batches } = screensOf(page);
    await home.addList.click();
    await picker.type(bench.folder);
    await picker.path.press('Enter');
    await picker.dialog.getByRole('button', { name: 'list.txt' }).click();
    await picker.dialog.getByRole('button', { name: 'Add list' }).click();
    await review.start.click();
    await go('Batches');
    await batches.state('Done with failures').waitFor();
    await batches.reasons.filter({ hasText: 'Not found' }).waitFor();
    await takeScreenshot(page, 'batches-failures');
    await copyFile(join(await makePictures(join(bench.folder, 'more'), 5), '0005.jpg'), join(pictures, 'late.jpg'));
    await batches.reasons.filter({ hasText: 'Not found' }).getByRole('button', { name: 'Retry these' }).click();
    await expect.poll(async () => await batches.reasons.filter({ hasText: 'Not found' }).count()).toBe(0);
    await page.getByRole('main').getByText('3 images').first().waitFor();
  });

  test('the death of the engine is told, and the import finishes without anything lost', async () => {
    const bench = await startWorkbench();
    const { page } = await bench.openWindow(browser);
    const { go, batches } = screensOf(page);
    await importFolder(page, many);
    await go('Batches');
    await batches.state('Running').waitFor();
    await bench.killEngine();
    const banner = page.getByText('No connection to the engine');
    await banner.waitFor();
    await takeScreenshot(page, 'reconnecting');
    await banner.waitFor({ state: 'hidden' });
    await batches.done();
    await go('Library');
    await page.getByText(`${MANY} images`).first().waitFor();
  });

  test('everything can be reached with the keyboard alone', async () => {
    const bench = await startWorkbench();
    const pictures = await makePictures(join(bench.folder, 'Keys'), 6);
    const { page } = await bench.openWindow(browser);
    const { home, picker, review, library, shortcuts, palette } = screensOf(page);
    await home.heading.waitFor();
    await page.keyboard.press('Control+KeyO');
    await expect.poll(async () => await picker.path.inputValue()).not.toBe('');
    await picker.path.focus();
    await page.keyboard.press('Control+KeyA');
    await page.keyboard.type(pictures);
    await page.keyboard.press('Enter');
    await picker.confirm('Keys').waitFor();
    await picker.confirm('Keys').focus();
    await page.keyboard.press('Enter');
    await review.heading.waitFor();
    await expect.poll(async () => await review.start.isEnabled()).toBe(true);
    await review.start.focus();
    await page.keyboard.press('Enter');
    await expect.poll(async () => await library.cells.count(), { timeout: 20_000 }).toBe(6);
    await page.keyboard.press('KeyG');
    await library.grid.press('Home');
    await page.keyboard.press('ArrowRight');
    await page.keyboard.press('KeyE');
    await page.getByRole('region', { name: 'Loupe' }).waitFor();
    await takeScreenshot(page, 'loupe');
    await page.keyboard.press('Escape');
    await library.grid.waitFor();
    await page.keyboard.press('Shift+Slash');
    await shortcuts.waitFor();
    await takeScreenshot(page, 'shortcuts');
    await page.keyboard.press('Escape');
    await shortcuts.waitFor({ state: 'hidden' });
    await page.keyboard.press('Control+KeyK');
    await palette.waitFor();
    await page.keyboard.press('Escape');
    await palette.waitFor({ state: 'hidden' });
    await page.keyboard.press('KeyB');
    await page.getByRole('heading', { name: 'Batches' }).waitFor();
  });

  test.each(['light', 'dark'] as const)('axe finds nothing on any screen (%s)', async (colorScheme) => {
    const bench = await startWorkbench();
    const pictures = await makePictures(join(bench.folder, 'Rings'), 8);
    await writeFile(join(pictures, 'broken.jpg'), Buffer.alloc(4000));
    const { page } = await bench.openWindow(browser, { colorScheme });
    const { go, home, picker, review, library } = screensOf(page);
    await home.heading.waitFor();
    await expectAccessible(page);
    await takeScreenshot(page, `home-${colorScheme}`);
    await home.addFolder.click();
    await picker.type(pictures);
    await picker.path.press('Enter');
    await picker.confirm('Rings').waitFor();
    await expectAccessible(page);
    await picker.confirm('Rings').click();
    await expect.poll(async () => await review.start.isEnabled()).toBe(true);
    await expectAccessible(page);
    await takeScreenshot(page, `review-${colorScheme}`);
    await review.start.click();
    await expect.poll(async () => await library.cells.count(), { timeout: 20_000 }).toBe(8);
    await library.cells.first().click();
    await expectAccessible(page);
    await takeScreenshot(page, `library-${colorScheme}`);
    await page.keyboard.press('KeyE');
    await page.getByRole('region', { name: 'Loupe' }).waitFor();
    await expectAccessible(page);
    await takeScreenshot(page, `loupe-${colorScheme}`);
    await page.keyboard.press('Escape');
    for (const screen of ['Batches', 'Settings'] as const) {
      await go(screen);
      await page.getByRole('heading', { name: screen }).first().waitFor();
      await expectAccessible(page);
      await takeScreenshot(page, `${screen.toLowerCase()}-${colorScheme}`);
    }
  });
});
