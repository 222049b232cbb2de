import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { copyExactly, hashTree, makeDuplicates } from '../fixtures/duplicates.ts';
import { joinEngine } from '../hosts.ts';
import { launchBrowser } from './chromium.ts';
import { expectAccessible, startWorkbench, takeScreenshot, type Workbench } from './harness.ts';
import { screensOf } from './screens.ts';

/** A bound on hanging for tests of many steps; the machine may be shared. */
const LONG = 150_000;

describe('cleaning up', () => {
  let browser: Browser;
  beforeAll(async () => { browser = await launchBrowser(); });
  afterAll(async () => { await browser.close(); });

  test('fifty groups are decided, applied and undone with the keyboard alone', async () => {
    const bench = await startWorkbench();
    const pictures = await compared(bench, await makeDuplicates(join(bench.folder, 'Shop'), 50));
    const before = await hashTree(pictures);
    const { page, complaints } = await bench.openWindow(browser);
    const { cleanup, toast } = screensOf(page);
    await page.keyboard.press('KeyU');
    await cleanup.decided(0, 50).waitFor();
    await cleanup.focused.waitFor();

    // The first three by hand: the keeper is marked, what is left follows, and the next open group is there.
    const seen = new Set<string>();
    for (let index = 0; index < 3; index += 1) {
      seen.add(await focusedName(page));
      await page.keyboard.press('KeyP');
      await page.keyboard.press('KeyX');
      await cleanup.decided(index + 1, 50).waitFor();
    }
    expect(seen.size).toBe(3);
    // One decision is taken back, and its group has the keyboard again.
    const third = [...seen][2];
    await page.keyboard.press('Backspace');
    await cleanup.decided(2, 50).waitFor();
    expect(await focusedName(page)).toBe(third);
    // To the last group and back, without a moment for the page between two keys.
    await pressWithoutPause(page, 'BracketRight', 60);
    await page.getByText('50 of 50', { exact: true }).waitFor();
    await pressWithoutPause(page, 'BracketLeft', 60);
    await page.getByText('1 of 50', { exact: true }).waitFor();
    await page.keyboard.press('Shift+BracketRight');
    // Held down, it decides about the one group that is seen.
    for (let index = 0; index < 20; index += 1) await page.keyboard.down('Enter');
    await page.keyboard.up('Enter');
    await cleanup.decided(3, 50).waitFor();
    // Faster than any answer: nothing is lost on the way, and nothing runs on into the plan.
    for (let index = 0; index < 60; index += 1) await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: 'Nothing left to decide' }).waitFor();
    expect(await hashTree(pictures)).toEqual(before);

    await page.keyboard.press('Control+Enter');
    await page.getByText('50 files to quarantine').waitFor();
    await page.keyboard.press('Enter');
    await page.keyboard.press('Control+Shift+Enter');
    await toast('50 files are in quarantine').waitFor();
    const after = await hashTree(pictures);
    expect(after).toEqual(Object.fromEntries(Object.entries(before).filter(([path]) => path.startsWith('originals'))));
    await page.getByRole('heading', { name: 'All cleaned up' }).waitFor();

    await page.keyboard.press('Control+KeyZ');
    await toast('50 files are back in their places').waitFor();
    expect(await hashTree(pictures)).toEqual(before);
    expect(complaints).toEqual([]);
  }, LONG);

  test('pairs are told apart one after the other, and what an answer implies is not asked', async () => {
    const bench = await startWorkbench();
    const folder = await makeDuplicates(join(bench.folder, 'Shop'), 3, 2);
    await copyExactly(join(folder, 'copies/0001.jpg'), join(folder, 'copies/again/0001 copy.jpg'));
    const pictures = await compared(bench, folder);
    const { page } = await bench.openWindow(browser);
    const { cleanup } = screensOf(page);
    await page.keyboard.press('KeyU');
    await cleanup.decided(0, 3).waitFor();
    await page.keyboard.press('KeyC');
    await page.getByRole('region', { name: 'Compare' }).waitFor();
    // Two groups of three contents, one of two: five pairs, whatever the number of files.
    for (let pair = 1; pair <= 5; pair += 1) {
      await page.getByRole('toolbar', { name: 'Decide about the pair' }).waitFor();
      const heading = await page.getByText(/^\d of 3/).first().textContent();
      await page.keyboard.press(pair === 5 ? 'KeyK' : 'Enter');
      await expect.poll(async () => `${String(await page.getByText(/^\d of 3/).count())} ${(await page.getByText(/^\d of 3/).allTextContents()).join()}`).not.toBe(`1 ${heading ?? ''}`);
    }
    await page.keyboard.press('Escape');
    await page.getByRole('heading', { name: 'Nothing left to decide' }).waitFor();
    // The window is ahead of the engine, to which it sends one decision after the other. Its plan waits for all of them.
    await page.keyboard.press('Control+Enter');
    await page.getByText('5 files to quarantine').waitFor();
    const { client } = await joinEngine(bench.workspace);
    const { groups } = await client.cleanup.review({ level: 'similar' });
    const kept = groups.map(({ members }) => members.filter(({ decision }) => decision === 'keep').length).sort();
    // Keep both was said of the last pair, whichever group it was in.
    expect(kept).toEqual([1, 1, 2]);
    expect(groups.flatMap(({ members }) => members).every(({ decision }) => decision !== null)).toBe(true);
    expect(Object.keys(await hashTree(pictures))).toHaveLength(9);
  });

  test('with the mouse: rules are sorted, files marked, the plan applied, the quarantine restored in part', async () => {
    const bench = await startWorkbench();
    const pictures = await compared(bench, await makeDuplicates(join(bench.folder, 'Shop'), 4));
    const before = await hashTree(pictures);
    const { page, complaints } = await bench.openWindow(browser);
    const { go, cleanup, toast } = screensOf(page);
    await go('Cleanup');
    await cleanup.decided(0, 4).waitFor();
    const first = cleanup.groups.first();
    await expect.poll(async () => await first.getByRole('gridcell').allTextContents()).toEqual([expect.stringContaining('Suggested: keep'), expect.stringContaining('Suggested: remove')]);
    expect(await first.getByRole('gridcell').first().textContent()).toContain('Resolution');

    // Dragging the last rule to the top: the place decides now, and the shorter one is that of the copies.
    const handles = page.getByRole('button', { name: /: drag, or use the arrow keys$/ });
    const from = await handles.filter({ hasText: '' }).last().boundingBox();
    const to = await handles.first().boundingBox();
    await page.mouse.move(from!.x + 8, from!.y + 8);
    await page.mouse.down();
    await page.mouse.move(to!.x + 8, to!.y - 4, { steps: 8 });
    await page.mouse.up();
    await expect.poll(async () => await first.getByRole('gridcell').filter({ hasText: 'Suggested: keep' }).textContent()).toMatch(/copies.*Place/);
    await page.getByRole('button', { name: 'Back to the usual order' }).click();
    await expect.poll(async () => await first.getByRole('gridcell').filter({ hasText: 'Suggested: keep' }).textContent()).toMatch(/originals.*Resolution/);
    // A rule that is switched off leaves it to the next.
    await page.getByRole('checkbox', { name: 'Resolution' }).click();
    await expect.poll(async () => await first.getByRole('gridcell').filter({ hasText: 'Suggested: keep' }).textContent()).not.toContain('Resolution');
    await page.getByRole('checkbox', { name: 'Resolution' }).click();

    await first.getByRole('gridcell').last().getByRole('button', { name: 'Keep' }).click();
    await first.getByRole('gridcell').first().getByRole('button', { name: 'Remove' }).click();
    await cleanup.decided(1, 4).waitFor();
    await cleanup.groups.nth(1).getByRole('button', { name: 'Accept' }).click();
    await cleanup.decided(2, 4).waitFor();
    // The last one that would stay cannot go.
    await first.getByRole('gridcell').last().getByRole('button', { name: 'Remove' }).click();
    await toast('The last copy').waitFor();
    await page.getByRole('button', { name: 'Review plan' }).click();
    await page.getByText('2 files to quarantine').waitFor();
    await page.getByRole('button', { name: 'All groups' }).click();
    await page.getByText('4 files to quarantine').waitFor();
    await page.getByRole('button', { name: 'Decided groups' }).click();
    await page.getByText('2 files to quarantine').waitFor();
    await page.getByRole('button', { name: 'Move to quarantine' }).click();
    await toast('2 files are in quarantine').waitFor();
    expect(Object.keys(await hashTree(pictures))).toHaveLength(6);

    await page.getByRole('button', { name: 'Quarantine' }).click();
    await page.getByRole('checkbox').first().click();
    await page.getByRole('button', { name: 'Restore chosen (1)' }).click();
    await toast('1 file is back in its place').waitFor();
    expect(Object.keys(await hashTree(pictures))).toHaveLength(7);
    await page.getByRole('button', { name: 'Restore all' }).click();
    await page.getByRole('heading', { name: 'The quarantine is empty' }).waitFor();
    expect(await hashTree(pictures)).toEqual(before);
    expect(complaints).toEqual([]);
  });

  test('what changed after the plan is left alone and told, a protected folder is never touched', async () => {
    const bench = await startWorkbench();
    const pictures = await compared(bench, await makeDuplicates(join(bench.folder, 'Shop'), 3));
    const { page } = await bench.openWindow(browser);
    const { go, cleanup, picker } = screensOf(page);
    await go('Cleanup');
    await cleanup.decided(0, 3).waitFor();
    for (let index = 0; index < 3; index += 1) await page.keyboard.press('Enter');
    await page.getByRole('button', { name: 'Review plan' }).first().click();
    await page.getByText('3 files to quarantine').waitFor();
    await writeFile(join(pictures, 'copies/0002.jpg'), 'something else');
    await page.getByRole('button', { name: 'Move to quarantine' }).click();
    await page.getByRole('heading', { name: 'Left alone' }).waitFor();
    await page.getByRole('row').filter({ hasText: '0002.jpg' }).getByText('Changed since it was planned').waitFor();
    expect(Object.keys(await hashTree(pictures)).filter((path) => path.startsWith('copies'))).toEqual([join('copies', '0002.jpg')]);
    await page.keyboard.press('Control+KeyZ');
    await page.getByRole('dialog').filter({ hasText: '2 files are back' }).waitFor();

    await page.getByRole('button', { name: 'Groups' }).first().click();
    await page.getByRole('complementary', { name: 'Which file to keep' }).getByRole('button', { name: 'Add folder' }).click();
    await page.getByRole('dialog', { name: 'Protect a folder' }).getByRole('listitem').first().waitFor();
    await page.getByRole('dialog', { name: 'Protect a folder' }).getByRole('textbox', { name: 'Folder' }).fill(join(pictures, 'copies'));
    await page.getByRole('button', { name: 'Protect “copies”' }).click();
    await expect(picker.dialog.count()).resolves.toBe(0);
    // The one that was changed is no duplicate any more, and the others are decided: both of their files stay now.
    const copies = page.getByRole('gridcell').filter({ hasText: join(pictures, 'copies').slice(-14) });
    await copies.first().getByText('Protected', { exact: true }).waitFor();
    expect(await copies.first().getByRole('button', { name: 'Remove' }).isDisabled()).toBe(true);
    await page.keyboard.press('Control+Enter');
    await page.getByText('0 files to quarantine').waitFor();
  });

  test('what is no duplicate is parted for good, also when Proofsheet is started again', async () => {
    const bench = await startWorkbench();
    await compared(bench, await makeDuplicates(join(bench.folder, 'Shop'), 3));
    const { page } = await bench.openWindow(browser);
    const { cleanup } = screensOf(page);
    await page.keyboard.press('KeyU');
    await cleanup.decided(0, 3).waitFor();
    const name = await focusedName(page);
    await page.keyboard.press('KeyN');
    await cleanup.decided(0, 2).waitFor();
    await page.keyboard.press('Backspace');
    await cleanup.decided(0, 3).waitFor();
    await expect.poll(async () => await focusedName(page)).toBe(name);
    await page.keyboard.press('KeyN');
    await cleanup.decided(0, 2).waitFor();
    await bench.killEngine();
    await page.reload();
    await page.getByRole('navigation').first().waitFor();
    await page.keyboard.press('KeyU');
    await cleanup.decided(0, 2).waitFor();
    const { client } = await joinEngine(bench.workspace);
    await client.similarity.catchUp();
    expect((await client.similarity.groups({ level: 'similar' })).total).toBe(2);
  });

  test('an image that is parted and taken back has the keyboard again, whatever its group is called then', async () => {
    const bench = await startWorkbench();
    const folder = await makeDuplicates(join(bench.folder, 'Shop'), 6, 6);
    for (const part of ['originals', 'copies', 'turned']) for (let index = 1; index <= 6; index += 1) await copyExactly(join(folder, part, `000${index}.jpg`), join(folder, 'again', part, `000${index} copy.jpg`));
    await compared(bench, folder);
    const { page } = await bench.openWindow(browser);
    const { cleanup, toast } = screensOf(page);
    await page.keyboard.press('KeyU');
    await cleanup.decided(0, 6).waitFor();
    await page.keyboard.press('BracketRight');
    await page.keyboard.press('BracketRight');
    const tiles = cleanup.groups.nth(2).getByRole('gridcell');
    const contents = new Map(await tiles.evaluateAll((cells) => cells.map((cell) => [cell.querySelector('img')?.src.split('/').at(-2) ?? '', cell.getAttribute('data-source')] as const)));
    expect(contents.size).toBe(3);
    // Each leaves with its copy as a group of its own; one of the three is what the whole group has its name from.
    for (const source of contents.values()) {
      await page.locator(`[data-source="${String(source)}"]`).click();
      await page.keyboard.press('KeyN');
      await cleanup.decided(0, 7).waitFor();
      await toast('.jpg” is no duplicate of the others').waitFor();
      await page.keyboard.press('Backspace');
      await toast('is no duplicate of the others').waitFor({ state: 'hidden' });
      await cleanup.decided(0, 6).waitFor();
      await expect.poll(async () => await cleanup.focused.getAttribute('data-source')).toBe(source);
      await expect.poll(async () => await page.getByRole('row').filter({ has: page.locator(`[data-source="${String(source)}"]`) }).getByRole('gridcell').count()).toBe(6);
    }
  }, LONG);

  test('after a click the keys mean the groups again; what was come to with the keyboard is pressed', async () => {
    const bench = await startWorkbench();
    await compared(bench, await makeDuplicates(join(bench.folder, 'Shop'), 8));
    const { page } = await bench.openWindow(browser);
    const { go, cleanup } = screensOf(page);
    const toolbar = page.getByRole('toolbar', { name: 'Cleanup' });
    await go('Cleanup');
    await cleanup.decided(0, 8).waitFor();
    await toolbar.getByRole('button', { name: 'Strict' }).click();
    await cleanup.decided(0, 8).waitFor();
    await cleanup.focused.waitFor();
    await toolbar.getByRole('button', { name: 'Similar' }).click();
    await cleanup.focused.waitFor();
    await page.keyboard.press('Enter');
    await cleanup.decided(1, 8).waitFor();
    for (const _ of ['hide', 'show']) await toolbar.getByRole('button', { name: 'Show or hide the keeper rules' }).click();
    await page.keyboard.press('Enter');
    await cleanup.decided(2, 8).waitFor();
    await page.getByRole('checkbox', { name: 'Oldest' }).click();
    await page.keyboard.press('Enter');
    await cleanup.decided(3, 8).waitFor();
    await page.keyboard.press('ArrowRight');
    await page.getByRole('complementary').getByRole('button', { name: 'Add folder' }).click();
    await page.getByRole('dialog', { name: 'Protect a folder' }).getByRole('button', { name: 'Close' }).click();
    await page.getByRole('dialog', { name: 'Protect a folder' }).waitFor({ state: 'hidden' });
    await page.keyboard.press('Enter');
    await cleanup.decided(4, 8).waitFor();
    await toolbar.getByRole('button', { name: 'History' }).press('Enter');
    await page.getByRole('heading', { name: 'History' }).waitFor();
    await page.keyboard.press('Escape');
    await cleanup.decided(4, 8).waitFor();
  }, LONG);

  test('what was cleaned up before a restart is undone with a key; until then the library says where the files are', async () => {
    const bench = await startWorkbench();
    const pictures = await compared(bench, await makeDuplicates(join(bench.folder, 'Shop'), 4));
    const before = await hashTree(pictures);
    const { client } = await joinEngine(bench.workspace);
    for (const level of ['exact', 'similar'] as const) await client.cleanup.apply({ planId: (await client.cleanup.plan({ level })).planId });
    await bench.killEngine();
    const { page, complaints } = await bench.openWindow(browser);
    const { library, toast, palette } = screensOf(page);
    await page.keyboard.press('KeyG');
    await expect.poll(async () => await library.cells.count(), { timeout: 20_000 }).toBe(8);
    const away = library.cells.filter({ hasText: 'In quarantine' });
    await expect.poll(async () => await away.count()).toBe(4);
    await away.first().click();
    await library.inspector.getByText('In quarantine', { exact: true }).waitFor();
    await library.inspector.getByRole('heading', { name: /^000\d\.jpg$/ }).waitFor();
    await takeScreenshot(page, 'library-in-quarantine');
    await page.keyboard.press('Control+KeyZ');
    await toast('4 files are back in their places').getByText('Cleanup of ').waitFor();
    expect(await hashTree(pictures)).toEqual(before);
    await expect.poll(async () => await away.count()).toBe(0);
    await page.keyboard.press('Control+KeyK');
    await palette.getByRole('combobox').fill('undo');
    await palette.getByRole('option', { name: 'Undo' }).click();
    await toast('Nothing to undo').waitFor();
    expect(complaints).toEqual([]);
  }, LONG);

  test('history tells what cannot be reached, and lists it with what was left alone', async () => {
    const bench = await startWorkbench();
    await compared(bench, await makeDuplicates(join(bench.folder, 'Shop'), 4));
    const { client } = await joinEngine(bench.workspace);
    const { planId } = await client.cleanup.plan({});
    await client.cleanup.apply({ planId });
    // As a cleanup that was cut short in the middle of a file, on a drive that is not there any more.
    const db = new Database(join(bench.workspace, 'catalog.sqlite'));
    db.exec(`UPDATE operation_item SET state = 'moving', device = '1', place = '/nowhere/.proofsheet-quarantine/w/1/a.jpg', error_code = 'offline', error_message = 'gone' WHERE id = 2`);
    db.exec('UPDATE operation SET moved = 3 WHERE id = 1');
    db.close();
    const { page } = await bench.openWindow(browser);
    await page.keyboard.press('KeyU');
    await page.getByRole('toolbar', { name: 'Cleanup' }).getByRole('button', { name: 'History' }).click();
    await page.getByText('1 not reachable', { exact: true }).waitFor();
    await takeScreenshot(page, 'cleanup-history-unreachable');
    await page.getByRole('table').getByRole('button', { name: '1', exact: true }).click();
    await page.getByText('3 of 4 files moved', { exact: false }).waitFor();
    await page.getByText('1 file cannot be reached', { exact: false }).waitFor();
    await page.getByRole('table').getByText('Not reachable', { exact: true }).waitFor();
  }, LONG);

  test.each(['light', 'dark'] as const)('axe finds nothing while one decides (%s)', async (colorScheme) => {
    const bench = await startWorkbench();
    const { page } = await bench.openWindow(browser, { colorScheme });
    const { cleanup } = screensOf(page);
    const check = checkState(page, colorScheme);
    await page.keyboard.press('KeyU');
    await page.getByRole('heading', { name: 'No images yet' }).waitFor();
    await check('no-images');
    await compared(bench, await makeDuplicates(join(bench.folder, 'Shop'), 4, 2));
    await cleanup.decided(0, 4).waitFor();
    await check('open');
    await page.keyboard.press('Enter');
    await page.keyboard.press('KeyX');
    // Of a group of two, both are decided by this; of three, one.
    await page.getByText(/^[12] of 4 decided$/).waitFor();
    await check('decided');
    await page.keyboard.press('KeyE');
    await page.getByRole('region', { name: 'Loupe' }).waitFor();
    await check('loupe');
    await page.keyboard.press('Escape');
    await page.keyboard.press('KeyC');
    await page.getByRole('region', { name: 'Compare' }).getByRole('img').first().waitFor();
    await check('pairs');
    await page.keyboard.press('Escape');
    await page.getByRole('button', { name: 'Exact' }).click();
    await page.getByRole('heading', { name: 'No duplicates' }).waitFor();
    await check('none');
    await page.getByRole('button', { name: 'Similar' }).click();
    await cleanup.groups.last().getByRole('gridcell').first().click();
    for (let index = 0; index < 4; index += 1) await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: 'Nothing left to decide' }).waitFor();
    await check('all-decided');
  }, LONG);

  test.each(['light', 'dark'] as const)('axe finds nothing in plan, quarantine and history (%s)', async (colorScheme) => {
    const bench = await startWorkbench();
    await compared(bench, await makeDuplicates(join(bench.folder, 'Shop'), 4));
    const { page } = await bench.openWindow(browser, { colorScheme });
    const { go, cleanup, toast } = screensOf(page);
    const check = checkState(page, colorScheme);
    await page.keyboard.press('KeyU');
    await cleanup.decided(0, 4).waitFor();
    for (let index = 0; index < 4; index += 1) await page.keyboard.press('Enter');
    await cleanup.decided(4, 4).waitFor();
    await page.keyboard.press('Control+Enter');
    await page.getByText(/\d files to quarantine/).waitFor();
    await check('plan');
    await page.keyboard.press('Control+Shift+Enter');
    await toast('in quarantine').waitFor();
    await check('applied');
    await page.getByRole('toolbar', { name: 'Cleanup' }).getByRole('button', { name: 'Quarantine' }).click();
    await page.getByRole('table').waitFor();
    await check('quarantine');
    await page.getByRole('button', { name: 'Empty quarantine…' }).click();
    const cancel = page.getByRole('button', { name: 'Cancel' });
    await cancel.waitFor();
    await expect.poll(async () => await cancel.evaluate((button) => button === document.activeElement)).toBe(true);
    await check('empty-quarantine');
    await cancel.click();
    await page.getByRole('button', { name: 'Groups' }).first().click();
    await page.getByRole('toolbar', { name: 'Cleanup' }).getByRole('button', { name: 'History' }).click();
    await page.getByRole('table').waitFor();
    await check('history');
    await page.getByRole('button', { name: 'Undo' }).first().click();
    await toast('back in their places').waitFor();
    await go('Library');
    await page.getByRole('complementary', { name: 'Inspector' }).getByRole('heading', { name: 'Similar images' }).waitFor();
    await check('inspector');
    await page.keyboard.press('Shift+KeyU');
    await cleanup.focused.waitFor();
    await go('Home');
    await page.getByText('4 groups of duplicates').first().waitFor();
    await check('home');
  }, LONG);
});

/** Takes a folder in and compares all that is in it. */
async function compared({ workspace }: Workbench, folder: string): Promise<string> {
  const { client } = await joinEngine(workspace);
  const { importIds: [importId] } = await client.ingest.start({ paths: [folder] });
  await expect.poll(async () => (await client.batches.list({})).find(({ id }) => id === importId)?.state, { timeout: 40_000 }).toBe('completed');
  await client.similarity.catchUp();
  return folder;
}

/** Looks for what axe has to say of a state, and leaves a picture of it. */
function checkState(page: Page, colorScheme: string): (name: string) => Promise<void> {
  return async (name) => {
    await expectAccessible(page);
    await takeScreenshot(page, `cleanup-${name}-${colorScheme}`);
  };
}

/**
 * Presses a key as a machine under load hears it: keys come before all else, so that nothing that waits for its turn, the
 * rest of a drawing too, has one between them.
 */
async function pressWithoutPause(page: Page, code: string, times: number): Promise<void> {
  await page.evaluate(async ({ code: pressed, times: left }) => {
    for (let press = 0; press < left; press += 1) {
      (document.activeElement ?? document.body).dispatchEvent(new KeyboardEvent('keydown', { code: pressed, bubbles: true, cancelable: true }));
      // What React does at once after a key is done in promises; a handful of turns lets it.
      for (let turn = 0; turn < 20; turn += 1) await Promise.resolve();
    }
  }, { code, times });
}

/** The name of the file that has the keyboard, with its folder. */
async function focusedName(page: Page): Promise<string> {
  return await page.evaluate(() => document.activeElement?.querySelector('strong')?.textContent ?? '');
}
