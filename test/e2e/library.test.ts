import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { makePictures } from '../hosts.ts';
import { launchBrowser } from './chromium.ts';
import { expectAccessible, startWorkbench, takeScreenshot } from './harness.ts';
import { dropPaths, importFolder, screensOf } from './screens.ts';

describe('looking around', () => {
  let browser: Browser;
  beforeAll(async () => { browser = await launchBrowser(); });
  afterAll(async () => { await browser.close(); });

  test('a filter that is half typed keeps what is shown, and what is selected stays so by image', async () => {
    const bench = await startWorkbench();
    const pictures = await makePictures(join(bench.folder, 'Rings'), 6);
    await makePictures(join(pictures, 'gold'), 9);
    const { page, complaints } = await bench.openWindow(browser, { permissions: ['clipboard-read', 'clipboard-write'] });
    const { library, toast } = screensOf(page);
    await importFolder(page, pictures);
    // Six of the nine are the same pictures as the first six.
    await expect.poll(async () => await library.cells.count(), { timeout: 20_000 }).toBe(9);
    await library.filter.fill('folder:gold');
    await expect.poll(async () => await library.cells.count()).toBe(9);
    await library.filter.fill('name:0001');
    await expect.poll(async () => await library.cells.count()).toBe(1);
    for (const half of ['name:0001 width>=', 'name:0001 folder:"go', 'name:0001 taken:2']) {
      await library.filter.fill(half);
      await page.getByText('The filter is not complete').waitFor();
      expect(await library.cells.count()).toBe(1);
      await library.filter.fill('name:0001');
      await page.getByText('The filter is not complete').waitFor({ state: 'hidden' });
    }
    await library.inspector.getByRole('heading', { name: '0001.jpg' }).waitFor();
    await page.getByText('1 of 9 images', { exact: true }).waitFor();
    await library.filter.fill('nothing-is-called-that');
    await library.inspector.getByText('Choose an image').waitFor();

    await library.filter.fill('');
    await expect.poll(async () => await library.cells.count()).toBe(9);
    const names = async () => await library.selected.evaluateAll((cells) => cells.map((cell) => cell.getAttribute('aria-label')?.slice(0, 8)).sort());
    for (const name of ['0002', '0005', '0008']) await library.cells.filter({ hasText: `${name}.jpg` }).click({ modifiers: ['Control'] });
    await expect.poll(names).toEqual(['0002.jpg', '0005.jpg', '0008.jpg']);
    await page.getByRole('button', { name: 'Descending' }).click();
    await expect.poll(names).toEqual(['0002.jpg', '0005.jpg', '0008.jpg']);
    for (const [key, direction] of [['Name', 'Ascending'], ['File size', 'Descending'], ['Date added', 'Descending'], ['Name', 'Ascending']] as const) {
      await page.getByRole('combobox', { name: 'Sort by' }).click();
      await page.getByRole('option', { name: key }).click();
      await page.getByRole('button', { name: direction }).waitFor();
    }
    await expect.poll(async () => await library.cells.first().getAttribute('aria-label')).toContain('0001.jpg');
    await library.filter.fill('-name:0005');
    await expect.poll(async () => await library.cells.count()).toBe(8);
    await expect.poll(names).toEqual(['0002.jpg', '0008.jpg']);
    await page.getByRole('button', { name: 'Copy paths' }).click();
    await toast('2 paths copied').waitFor();
    expect((await page.evaluate(async () => await navigator.clipboard.readText())).split('\n')).toEqual([join(pictures, '0002.jpg'), join(pictures, 'gold', '0008.jpg')]);
    await page.keyboard.press('Shift+Escape');
    await toast('2 paths copied').waitFor({ state: 'hidden' });
    // The one that was clicked goes along with the next; after all was deselected, none does.
    await page.getByRole('button', { name: 'Deselect' }).click();
    const cell = (name: string) => library.cells.filter({ hasText: `${name}.jpg` });
    await cell('0004').click({ modifiers: ['Control'] });
    await expect.poll(names).toEqual(['0004.jpg']);
    await cell('0001').click();
    await cell('0003').click({ modifiers: ['Control'] });
    await cell('0006').click({ modifiers: ['Control'] });
    await expect.poll(names).toEqual(['0001.jpg', '0003.jpg', '0006.jpg']);
    expect(complaints.filter((line) => !/status of 4/.test(line))).toEqual([]);
  });

  test('a list says what of it will be left out; failures offer what can help', async () => {
    const bench = await startWorkbench();
    await makePictures(join(bench.folder, 'pictures'), 2);
    await mkdir(join(bench.folder, 'broken'));
    const broken = Array.from({ length: 103 }, (_, index) => join('broken', `${String(index)}.jpg`));
    for (const [index, path] of broken.entries()) await writeFile(join(bench.folder, path), Buffer.alloc(3000 + index, 1));
    await writeFile(join(bench.folder, 'notes.jpg.txt'), 'x');
    const rows = ['pictures/0001.jpg', 'pictures/0002.jpg', 'gone.jpg', 'ftp://example.org/a.jpg', '', ...broken];
    await writeFile(join(bench.folder, 'list.csv'), `sku,file\n${rows.map((path, index) => `A${String(index)},${path}`).join('\n')}\n`);
    const { page } = await bench.openWindow(browser, { viewport: { width: 900, height: 600 } });
    const { go, home, picker, review, batches } = screensOf(page);
    await home.addList.click();
    await picker.type(join(bench.folder, 'list.csv'));
    await picker.path.press('Enter');
    await review.heading.waitFor();
    for (const text of ['108 rows · 105 files to import', 'Rows without a file', 'Other addresses', 'Missing files']) await page.getByText(text).waitFor();
    await expectAccessible(page);
    await takeScreenshot(page, 'review-list');
    await review.start.click();
    await go('Batches');
    await batches.state('Done with failures').waitFor({ timeout: 30_000 });
    await page.getByText('2 images').first().waitFor();
    await batches.reasons.filter({ hasText: 'Not found' }).getByRole('button', { name: 'Retry these' }).waitFor();
    for (const reason of ['Not a picture', 'Not a web address', 'Cannot be used']) expect(await batches.reasons.filter({ hasText: reason }).getByRole('button', { name: 'Retry these' }).count()).toBe(0);
    await page.getByText('1–100 of 103').waitFor();
    await page.getByRole('button', { name: 'Next files' }).click();
    await page.getByText('101–103 of 103').waitFor();
    await page.getByText(join(bench.folder, 'broken', '102.jpg')).waitFor();
  });

  test('a toast covers no command, and follows when the language is changed', async () => {
    const bench = await startWorkbench();
    const pictures = await makePictures(join(bench.folder, 'Rings'), 12);
    const { page } = await bench.openWindow(browser, { viewport: { width: 900, height: 600 }, permissions: ['clipboard-write'] });
    const { go, library, batches, toast } = screensOf(page);
    await importFolder(page, pictures);
    await expect.poll(async () => await library.cells.count(), { timeout: 20_000 }).toBe(12);
    await library.cells.first().click({ modifiers: ['Control'] });
    await page.getByRole('button', { name: 'Copy paths' }).click();
    const [bar, message] = await Promise.all([page.getByRole('toolbar', { name: 'Selection' }).boundingBox(), toast('1 path copied').boundingBox()]);
    expect(message!.y + message!.height).toBeLessThanOrEqual(bar!.y);
    await go('Batches');
    await batches.state('Done').waitFor();
    await batches.button('Delete').click();
    await toast('“Rings” deleted').waitFor();
    // Clicking fails where something else lies above the button.
    await page.getByText('Show deleted').click({ timeout: 2000 });
    await batches.button('Restore').click({ timeout: 2000 });
    await batches.button('Delete').click();
    await toast('“Rings” deleted').last().hover();
    await page.keyboard.press('Control+Comma');
    await page.getByRole('combobox', { name: 'Language' }).press('Enter');
    await page.getByRole('option', { name: 'Deutsch' }).press('Enter');
    await toast('„Rings“ gelöscht').last().getByRole('button', { name: 'Rückgängig' }).waitFor();
    await page.getByRole('button', { name: 'Bibliothek' }).click();
    const selection = page.getByRole('toolbar', { name: 'Auswahl' });
    await selection.getByRole('button', { name: 'Umkehren' }).waitFor();
    await page.getByRole('button', { name: 'Informationen ein- oder ausblenden' }).click();
    await takeScreenshot(page, 'selection-small-german');
    const [whole, ...parts] = await Promise.all([selection, ...await selection.getByRole('button').all()].map(async (part) => await part.boundingBox()));
    expect(new Set(parts.map((part) => part!.y)).size).toBe(1);
    const last = page.getByRole('grid').getByRole('gridcell').last();
    await last.hover();
    await page.mouse.wheel(0, 5000);
    await expect.poll(async () => { const box = await last.boundingBox(); return box!.y + box!.height; }).toBeLessThanOrEqual(whole!.y);
    expect(whole!.height).toBeLessThan(2 * parts[0]!.height);
    expect(Math.max(...parts.map((part) => part!.x + part!.width))).toBeLessThanOrEqual(whole!.x + whole!.width);
  });

  test('a rendition that is gone leaves the colour of its image, not the mark of a broken picture', async () => {
    const bench = await startWorkbench();
    const { page } = await bench.openWindow(browser);
    await importFolder(page, await makePictures(join(bench.folder, 'Rings'), 2));
    await expect.poll(async () => await screensOf(page).library.cells.count(), { timeout: 20_000 }).toBe(2);
    await rm(join(bench.workspace, 'renditions'), { recursive: true });
    const { page: other } = await bench.openWindow(browser);
    await other.keyboard.press('KeyG');
    await expect.poll(async () => await screensOf(other).library.cells.locator('img').evaluateAll((images) => images.map((image) => getComputedStyle(image).opacity))).toEqual(['0', '0']);
  });

  test('settings hold when they are saved, and nothing typed is lost before', async () => {
    const bench = await startWorkbench();
    const { page } = await bench.openWindow(browser);
    const { go } = screensOf(page);
    const field = (name: string) => page.getByRole('textbox', { name });
    const save = page.getByRole('button', { name: 'Save limits' });
    await go('Settings');
    await field('Longest side').fill('12345');
    await page.getByRole('button', { name: 'Photographer' }).click();
    await expect.poll(async () => [await field('Longest side').inputValue(), await field('Most pixels').inputValue()]).toEqual(['12345', '150']);
    await page.getByText('Not saved yet').waitFor();
    await page.reload();
    await expect.poll(async () => [await field('Longest side').count(), await page.getByRole('button', { name: 'Settings' }).count()]).toEqual([0, 1]);
    await go('Settings');
    await expect.poll(async () => await field('Most pixels').inputValue()).toBe('50');
    await page.getByRole('button', { name: 'Photographer' }).click();
    await save.click();
    await page.getByText('Saved', { exact: true }).waitFor();
    await page.reload();
    await go('Settings');
    await expect.poll(async () => await field('Most pixels').inputValue()).toBe('150');
  });

  test('a list that is dropped on the browser is reviewed as a list', async () => {
    const bench = await startWorkbench();
    const pictures = await makePictures(join(bench.folder, 'pictures'), 2);
    const list = join(bench.folder, 'rings.csv');
    await writeFile(list, `file\n${join(pictures, '0001.jpg')}\n${join(pictures, '0002.jpg')}\nbeside.jpg\n`);
    const { page } = await bench.openWindow(browser);
    const { home, review, library } = screensOf(page);
    await home.heading.waitFor();
    await dropPaths(page, [list]);
    await page.getByText('3 rows · 2 files to import').waitFor();
    await page.getByText('Only the list was copied').waitFor();
    await review.start.click();
    await expect.poll(async () => await library.cells.count(), { timeout: 20_000 }).toBe(2);
  });
});
