import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Browser, Locator, Page } from 'playwright-core';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { paintPhoto, toSharp } from '../fixtures/images.ts';
import { launchBrowser } from './chromium.ts';
import { expectAccessible, startWorkbench, takeScreenshot, type Window, type Workbench } from './harness.ts';
import { importFolder, screensOf } from './screens.ts';

/** What a pane shows: which of the assets, its box on the page, and which part of it lies in the middle of the pane. */
interface Shown {
  readonly asset: string;
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** Of a picture of 1800 by 1200 pixels. */
const PART = { left: 360, top: 120, width: 1080, height: 840 } as const;

describe('comparing', () => {
  let browser: Browser;
  beforeAll(async () => { browser = await launchBrowser(); });
  afterAll(async () => { await browser.close(); });

  test('all panes show the same part whatever is done to one of them', async () => {
    const { page, window } = await openCompared(browser, ['whole.jpg', 'half.jpg', 'turned.tif']);
    expect(await names(page)).toEqual(['whole.jpg', 'half.jpg', 'turned.tif']);
    await expectInStep(page, 3);
    const fitted = await shown(page);

    // The wheel zooms at the pointer: what is under it stays under it.
    const pane = await areas(page).nth(1).boundingBox();
    // Events tell whole pixels.
    const pointer = { x: Math.round(pane!.x + pane!.width * 0.3), y: Math.round(pane!.y + pane!.height * 0.6) };
    const before = fractionAt((await boxes(page))[1]!, pointer);
    await page.mouse.move(pointer.x, pointer.y);
    for (let turn = 0; turn < 6; turn += 1) await page.mouse.wheel(0, -240);
    await expect.poll(async () => (await shown(page))[0]!.width).toBeGreaterThan(fitted[0]!.width * 4);
    const after = (await boxes(page))[1]!;
    const under = fractionAt(after, pointer);
    expect(Math.abs(under.x - before.x) * after.width).toBeLessThan(1);
    expect(Math.abs(under.y - before.y) * after.height).toBeLessThan(1);
    await expectInStep(page, 3);

    const zoomed = (await shown(page))[0]!;
    await page.mouse.down();
    await page.mouse.move(pointer.x + 67, pointer.y - 41, { steps: 5 });
    await page.mouse.up();
    const dragged = (await shown(page))[0]!;
    expect((zoomed.x - dragged.x) * dragged.width).toBeCloseTo(67, 0);
    expect((zoomed.y - dragged.y) * dragged.height).toBeCloseTo(-41, 0);
    await expectInStep(page, 3);

    for (const key of ['+', '-', 'z']) {
      await page.keyboard.press(key);
      await expectInStep(page, 3);
    }
    // 100 % of the sharpest: each of its pixels is one of the screen's.
    const width = async (): Promise<number> => Math.round((await shown(page))[0]!.width);
    await expect.poll(width).toBe(1800);
    // All at full size by now, also the TIFF, which no browser draws.
    await expect.poll(async () => await layers(page).locator('img[data-full="true"]').count(), { timeout: 10_000 }).toBe(3);
    const place = await shown(page);
    await page.setViewportSize({ width: 1000, height: 700 });
    await expectInStep(page, 3);
    expect(await width()).toBe(1800);
    await page.setViewportSize({ width: 1440, height: 900 });
    await expect.poll(async () => await shown(page)).toEqual(place);

    // The zoom and its place outlive the way of comparing; where more is seen at once, only the edges hold it.
    for (const key of ['w', 'o', 'd', 's']) {
      await page.keyboard.press(key);
      await expectInStep(page, key === 's' ? 3 : 2);
      await expect.poll(width).toBe(1800);
    }
    await expect.poll(async () => await shown(page)).toEqual(place);
    await page.keyboard.press('f');
    await expect.poll(async () => await shown(page)).toEqual(fitted);
    expect(window.complaints).toEqual([]);
  });

  test('the space bar flicks in place; the difference is measured; single pixels are shown as such', async () => {
    const { page, window } = await openCompared(browser, ['whole.jpg', 'half.jpg']);
    const start = await shown(page);
    await page.keyboard.press('Space');
    const flicked = await shown(page);
    expect(flicked.map(({ asset }) => asset)).toEqual(start.map(({ asset }) => asset).toReversed());
    expect(flicked.map(({ asset: _asset, ...box }) => box)).toEqual(start.map(({ asset: _asset, ...box }) => box));
    await page.keyboard.press('Space');
    expect(await shown(page)).toEqual(start);

    await page.keyboard.press('w');
    await page.keyboard.press('Space');
    expect((await shown(page)).map(({ asset }) => asset)).toEqual([start[0]!.asset]);
    await page.keyboard.press('Space');
    expect((await shown(page)).map(({ asset }) => asset)).toEqual([start[1]!.asset]);
    await page.keyboard.press('Space');
    expect(await shown(page)).toHaveLength(2);
    const divider = page.getByRole('slider', { name: 'Divider' });
    const bar = (await divider.boundingBox())!;
    await page.mouse.move(bar.x + bar.width / 2, bar.y + 200);
    await page.mouse.down();
    await page.mouse.move(bar.x + bar.width / 2 - 150, bar.y + 240);
    await page.mouse.up();
    await expect.poll(async () => Math.round((await divider.boundingBox())!.x)).toBe(Math.round(bar.x - 150));
    await divider.press('Home');
    expect(await divider.getAttribute('aria-valuenow')).toBe('0');

    await page.getByRole('group', { name: '2 images' }).focus();
    await page.keyboard.press('d');
    const heatmap = page.getByRole('img', { name: 'Heat map' });
    await heatmap.waitFor();
    // Over the pictures, to the pixel, at whatever zoom.
    await page.keyboard.press('+');
    await shown(page);
    const [map, picture] = [(await heatmap.boundingBox())!, (await boxes(page))[1]!];
    for (const side of ['x', 'y', 'width', 'height'] as const) expect(Math.abs(map[side] - picture[side])).toBeLessThan(1);

    await page.keyboard.press('s');
    for (let step = 0; step < 12; step += 1) await page.keyboard.press('+');
    const rendering = async (): Promise<string[]> => await layers(page).evaluateAll((all) => all.map((layer) => getComputedStyle(layer).imageRendering));
    await expect.poll(rendering).toEqual(['pixelated', 'pixelated']);
    await page.keyboard.press('z');
    await expect.poll(rendering).toEqual(['auto', 'auto']);
    await expect.poll(async () => await layers(page).locator('img[data-full="true"]').count()).toBe(2);
    expect(window.complaints).toEqual([]);
  });

  test('what was cut out lies where it was cut, beside it and over it, and is measured there', async () => {
    const { page, window } = await openCompared(browser, ['whole.jpg', 'part.jpg']);
    const part = PART.width / 1800;
    await expect.poll(async () => { const [whole, cut] = await shown(page); return (cut!.width / whole!.width).toFixed(4); }).toBe(part.toFixed(4));
    const lies = (cut: Shown, whole: Shown): readonly number[] => [whole.x * whole.width - cut.x * cut.width, whole.y * whole.height - cut.y * cut.height].map((offset) => Math.round(offset / whole.width * 1800));
    for (const key of ['s', 'w', 'o', 'd', '+', 'z']) {
      await page.keyboard.press(key);
      const [whole, cut] = await shown(page);
      expect(lies(cut!, whole!)).toEqual([PART.left, PART.top]);
    }
    const evidence = page.getByRole('complementary', { name: 'Evidence' });
    await evidence.getByText(`Measured at ${PART.width} × ${PART.height}: only what both show.`).waitFor();
    const [map, cut] = [(await page.getByRole('img', { name: 'Heat map' }).boundingBox())!, (await boxes(page))[1]!];
    for (const side of ['x', 'y', 'width', 'height'] as const) expect(Math.abs(map[side] - cut[side])).toBeLessThan(1);
    expect(window.complaints).toEqual([]);
  });

  test('what is looked at stays where it is when it is found out where the pictures lie', async () => {
    const { page, window } = await openCompared(browser, []);
    const { library } = screensOf(page);
    const release = await holdBack(page, 'compare/pair');
    for (const name of ['whole.jpg', 'framed.jpg']) await library.cells.filter({ hasText: name }).click({ modifiers: ['Control'] });
    await expect.poll(async () => await library.selected.count(), { timeout: 10_000 }).toBe(2);
    await page.keyboard.press('c');
    await expect.poll(async () => (await shown(page)).length, { timeout: 10_000 }).toBe(2);
    await page.getByRole('main').getByRole('button', { name: 'Not a duplicate', disabled: false }).waitFor();
    // The frame has more pixels, and no more of the picture.
    expect(await names(page)).toEqual(['whole.jpg', 'framed.jpg']);
    const pane = (await areas(page).first().boundingBox())!;
    await page.mouse.move(pane.x + pane.width * 0.2, pane.y + pane.height * 0.3);
    for (let turn = 0; turn < 6; turn += 1) await page.mouse.wheel(0, -240);
    const [before] = await shown(page);
    await release();
    await page.getByRole('complementary', { name: 'Evidence' }).getByText(/only what both show/).waitFor();
    const [after, framed] = await shown(page);
    expect(after!.asset).toBe(before!.asset);
    for (const side of ['x', 'y'] as const) expect(Math.abs(after![side] - before![side]) * before!.width).toBeLessThan(1);
    expect(Math.abs(after!.width - before!.width)).toBeLessThan(1);
    expect(Math.abs(framed!.width / after!.width - 2200 / 1800)).toBeLessThan(0.005);
    expect(window.complaints).toEqual([]);
  });

  test('the evidence is in figures with what is better; “not a duplicate” is remembered', async () => {
    const { page } = await openCompared(browser, ['whole.jpg', 'half.jpg']);
    const evidence = page.getByRole('complementary', { name: 'Evidence' });
    const row = evidence.getByRole('row', { name: 'Dimensions' });
    expect(await row.getByRole('cell').allInnerTexts()).toEqual([expect.stringMatching(/1800 × 1200\s*better/), '900 × 600']);
    await evidence.getByText(/^\d\d\.\d\d dB/).waitFor();
    await evidence.getByText('Measured at 900 × 600').waitFor();
    await evidence.getByText(/^0\.\d{4}$/).waitFor();
    await page.keyboard.press('n');
    await page.getByRole('dialog').filter({ hasText: 'Remembered: not a duplicate' }).waitFor();
    await page.getByText('Not duplicates', { exact: true }).waitFor();
    await page.keyboard.press('Escape');
    await page.keyboard.press('c');
    await page.getByText('Not duplicates', { exact: true }).waitFor();
    await page.keyboard.press('n');
    await page.getByText('Not duplicates', { exact: true }).waitFor({ state: 'hidden' });
  });

  test('a keyboard is enough, from the grid and the loupe and back to the same place', async () => {
    const { page } = await openCompared(browser, [], { viewport: { width: 900, height: 600 } });
    const { library } = screensOf(page);
    await library.cells.first().click();
    await page.keyboard.press('c');
    await page.getByRole('dialog').filter({ hasText: 'Choose two to four images' }).waitFor();
    await page.keyboard.press('Shift+Escape');
    await page.keyboard.press('Space');
    await page.keyboard.press('ArrowRight');
    await page.keyboard.press('Space');
    await page.keyboard.press('c');
    await expect.poll(async () => (await shown(page)).length, { timeout: 10_000 }).toBe(2);
    const chosen = page.getByRole('button', { name: /^[AB] / });
    expect(await chosen.evaluateAll((all) => all.map((one) => one.getAttribute('aria-pressed')))).toEqual(['true', 'false']);
    await page.keyboard.press('ArrowRight');
    expect(await chosen.evaluateAll((all) => all.map((one) => one.getAttribute('aria-pressed')))).toEqual(['false', 'true']);
    await page.keyboard.press('i');
    await page.getByRole('complementary', { name: 'Evidence' }).waitFor();
    await page.keyboard.press('Tab');
    await page.keyboard.press('Escape');
    await expect.poll(async () => await library.selected.count(), { timeout: 10_000 }).toBe(2);
    expect(await page.evaluate(() => document.activeElement?.getAttribute('data-rank'))).toBe('1');
    await page.keyboard.press('Escape');
    await page.keyboard.press('e');
    await page.keyboard.press('c');
    await expect.poll(async () => (await shown(page)).length, { timeout: 10_000 }).toBe(2);
    await page.keyboard.press('Escape');
    await page.getByRole('region', { name: 'Loupe' }).waitFor();
  });

  test.each(['light', 'dark'] as const)('axe finds nothing in any way of comparing, %s', async (colorScheme) => {
    const { page } = await openCompared(browser, ['whole.jpg', 'half.jpg', 'turned.tif', 'other.jpg'], { colorScheme });
    await page.getByText(/^\d\d\.\d\d dB/).first().waitFor();
    await expectAccessible(page);
    await takeScreenshot(page, `compare-four-${colorScheme}`);
    for (const [key, name] of [['w', 'swipe'], ['o', 'onion'], ['d', 'difference']] as const) {
      await page.keyboard.press(key);
      if (name === 'difference') await page.getByRole('img', { name: 'Heat map' }).waitFor();
      await expectAccessible(page);
      await takeScreenshot(page, `compare-${name}-${colorScheme}`);
    }
  });
});

/** A library of a picture, its reduction, the same turned as a TIFF, a part of it, it in a frame, and another one; those named are being compared. */
async function openCompared(browser: Browser, chosen: readonly string[], options: Parameters<Workbench['openWindow']>[1] = {}): Promise<{ readonly page: Page; readonly window: Window }> {
  const bench = await startWorkbench();
  const folder = join(bench.folder, 'Rings');
  await mkdir(folder);
  const whole = await toSharp(paintPhoto(1800, 1200, 5)).jpeg({ quality: 92 }).toBuffer();
  await writeFile(join(folder, 'whole.jpg'), whole);
  await writeFile(join(folder, 'half.jpg'), await sharp(whole).resize(900).jpeg({ quality: 80 }).toBuffer());
  await writeFile(join(folder, 'turned.tif'), await sharp(whole).resize(600).rotate(90).tiff({ compression: 'lzw' }).toBuffer());
  await writeFile(join(folder, 'part.jpg'), await sharp(whole).extract(PART).jpeg({ quality: 85 }).toBuffer());
  await writeFile(join(folder, 'framed.jpg'), await sharp(whole).extend({ top: 200, bottom: 200, left: 200, right: 200, background: 'white' }).jpeg({ quality: 85 }).toBuffer());
  await writeFile(join(folder, 'other.jpg'), await toSharp(paintPhoto(500, 400, 6)).jpeg().toBuffer());
  const window = await bench.openWindow(browser, options);
  const { page } = window;
  const { library } = screensOf(page);
  await importFolder(page, folder);
  await expect.poll(async () => await library.cells.count(), { timeout: 30_000 }).toBe(6);
  // Ranks are settled once nothing runs any more.
  await page.getByRole('button', { name: 'Show new images' }).waitFor({ state: 'hidden' });
  if (chosen.length > 0) {
    for (const name of chosen) await library.cells.filter({ hasText: name }).click({ modifiers: ['Control'] });
    await expect.poll(async () => await library.selected.count(), { timeout: 10_000 }).toBe(chosen.length);
    await page.keyboard.press('c');
    await expect.poll(async () => (await shown(page)).length, { timeout: 10_000 }).toBe(chosen.length);
    // By then it is known how each came from the first.
    await page.getByRole('main').getByRole('button', { name: 'Not a duplicate', disabled: false }).waitFor();
  }
  return { page, window };
}

/** Keeps what the page asks of one kind to itself, until the answer to this is called. */
async function holdBack(page: Page, procedure: string): Promise<() => Promise<void>> {
  await page.evaluate((held) => {
    const send = Reflect.get(WebSocket.prototype, 'send') as (this: WebSocket, message: unknown) => void;
    const waiting: (() => void)[] = [];
    WebSocket.prototype.send = function (message) {
      if (typeof message === 'string' && message.includes(held)) waiting.push(() => { send.call(this, message); });
      else send.call(this, message);
    };
    addEventListener('release', () => {
      WebSocket.prototype.send = send;
      for (const go of waiting) go();
    }, { once: true });
  }, procedure);
  return async () => { await page.evaluate(() => { dispatchEvent(new Event('release')); }); };
}

function areas(page: Page): Locator {
  return page.locator('[data-area]');
}

function layers(page: Page): Locator {
  return page.locator('[data-area] [data-asset][data-shown="true"]');
}

async function names(page: Page): Promise<string[]> {
  return await page.locator('figcaption bdi').allInnerTexts();
}

async function boxes(page: Page): Promise<{ x: number; y: number; width: number; height: number }[]> {
  return await layers(page).evaluateAll((all) => all.map((layer) => {
    const { x, y, width, height } = layer.getBoundingClientRect();
    return { x, y, width, height };
  }));
}

function fractionAt(box: { readonly x: number; readonly y: number; readonly width: number; readonly height: number }, point: { readonly x: number; readonly y: number }): { x: number; y: number } {
  return { x: (point.x - box.x) / box.width, y: (point.y - box.y) / box.height };
}

/** Measured on the page, for every picture that is shown, once nothing moves any more. */
async function shown(page: Page): Promise<Shown[]> {
  for (let before = '';;) {
    const now = await measure(page);
    if (JSON.stringify(now) === before) return now;
    before = JSON.stringify(now);
    await page.evaluate(async () => { for (let frame = 0; frame < 3; frame += 1) await new Promise(requestAnimationFrame); });
  }
}

async function measure(page: Page): Promise<Shown[]> {
  return await layers(page).evaluateAll((all) => all.map((layer) => {
    const pane = layer.closest('[data-area]')!.getBoundingClientRect();
    const { x, y, width, height } = layer.getBoundingClientRect();
    return { asset: (layer as HTMLElement).dataset['asset']!, x: (pane.x + pane.width / 2 - x) / width, y: (pane.y + pane.height / 2 - y) / height, width, height };
  }));
}

/** The same point lies in the middle of every pane, and one pixel of the screen is the same part of every picture. */
async function expectInStep(page: Page, count: number): Promise<void> {
  await expect.poll(async () => (await shown(page)).length, { timeout: 10_000 }).toBe(count);
  const [first, ...others] = await shown(page);
  for (const other of others) {
    expect(Math.abs(other.x - first!.x) * first!.width).toBeLessThan(1);
    expect(Math.abs(other.y - first!.y) * first!.height).toBeLessThan(1);
    expect(Math.abs(other.width - first!.width)).toBeLessThan(1);
    expect(Math.abs(other.height - first!.height)).toBeLessThan(1);
  }
}
