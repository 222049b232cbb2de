import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { linkSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import sharp from 'sharp';
import type { Page } from 'playwright-core';
import { openCatalog } from '../src/main/engine/catalog/open.ts';
import { renditionPath } from '../src/main/engine/renditions/store.ts';
import { launchBrowser } from '../test/e2e/chromium.ts';
import { fillCatalog } from '../test/fixtures/catalog.ts';
import { table } from './measure.ts';
import { BENCH_FOLDER } from './pictures.ts';

const SIZES = [10_000, 100_000, 1_000_000];
const OPENINGS = 5;
const JUMPS = 120;

/** The Library of growing catalogs in a real browser: how soon the first pictures are there, and how soon after a jump. */
export async function benchWindow(): Promise<string> {
  const browser = await launchBrowser();
  const rows: string[][] = [];
  for (const count of SIZES) {
    const workspace = await makeWorkspace(count);
    const host = spawn(process.execPath, [join(import.meta.dirname, '../src/main/cli/main.ts'), 'serve', '--json', '--workspace', workspace], { stdio: ['ignore', 'pipe', 'inherit'] });
    const [line] = (await once(host.stdout, 'data')) as [Buffer];
    const { url } = JSON.parse(line.toString()) as { url: string };
    const openings: number[] = [];
    let jumps: number[] = [];
    let longest = 0;
    for (let round = 0; round < OPENINGS; round += 1) {
      const context = await browser.newContext({ viewport: { width: 1440, height: 900 } });
      const page = await context.newPage();
      const began = performance.now();
      await page.goto(url);
      await page.keyboard.press('g');
      await page.waitForFunction(() => [...document.querySelectorAll<HTMLImageElement>('[role=gridcell] img')].some((image) => image.complete && image.naturalWidth > 0));
      openings.push(performance.now() - began);
      if (round === OPENINGS - 1) ({ jumps, longest } = await jumpAbout(page));
      await context.close();
    }
    host.kill('SIGTERM');
    await once(host, 'close');
    rmSync(workspace, { recursive: true, force: true });
    rows.push([count.toLocaleString('en'), ms(at(openings, 0.5)), ms(Math.max(...openings)), ms(at(jumps, 0.5)), ms(at(jumps, 0.95)), ms(longest)]);
  }
  await browser.close();
  return `Chromium ${browser.version()}, 1440×900. “First picture” is from the first byte asked for to the first decoded thumbnail; a jump is to a random place of the grid until all cells there have their data.\n\n${
    table(['assets', 'first picture, median', 'slowest', 'jump, median', 'jump, p95', 'longest task on the page while jumping'], rows)}`;
}

/** A catalog of rows, with real pictures behind the assets that the first window shows. */
async function makeWorkspace(count: number): Promise<string> {
  const workspace = join(BENCH_FOLDER, 'scratch', `window-${count}`);
  rmSync(workspace, { recursive: true, force: true });
  mkdirSync(workspace, { recursive: true });
  const db = openCatalog(join(workspace, 'catalog.sqlite'), join(workspace, 'backups'));
  for (let first = 0; first < count; first += 10_000) fillCatalog(db, Math.min(10_000, count - first), first);
  db.close();
  const picture = join(workspace, 'picture.jpg');
  writeFileSync(picture, await sharp({ create: { width: 400, height: 300, channels: 3, background: '#678' } }).jpeg().toBuffer());
  for (let index = 0; index < 400; index += 1) {
    for (const number of [index, count - 1 - index]) {
      for (const preset of ['thumb', 'card'] as const) {
        const path = renditionPath(join(workspace, 'renditions'), createHash('sha256').update(String(number)).digest('hex'), preset);
        mkdirSync(dirname(path), { recursive: true });
        linkSync(picture, path);
      }
    }
  }
  return workspace;
}

async function jumpAbout(page: Page): Promise<{ jumps: number[]; longest: number }> {
  return page.evaluate(async (count) => {
    const scroller = document.querySelector('[role=grid]');
    if (!scroller) throw new Error('There is no grid');
    let element: Element | null = scroller;
    while (element && element.scrollHeight <= element.clientHeight + 1) element = element.parentElement;
    if (!element) throw new Error('Nothing scrolls');
    let longest = 0;
    new PerformanceObserver((list) => { for (const entry of list.getEntries()) longest = Math.max(longest, entry.duration); }).observe({ type: 'longtask' });
    const frame = (): Promise<number> => new Promise((resolve) => { requestAnimationFrame(resolve); });
    const ready = (): boolean => {
      const cells = [...document.querySelectorAll('[role=gridcell]')].filter((cell) => cell.getBoundingClientRect().top < window.innerHeight && cell.getBoundingClientRect().bottom > 0);
      return cells.length > 0 && cells.every((cell) => cell.querySelector('img'));
    };
    const jumps: number[] = [];
    for (let jump = 0; jump < count; jump += 1) {
      const began = performance.now();
      element.scrollTop = Math.random() * (element.scrollHeight - element.clientHeight);
      await frame();
      while (!ready()) await frame();
      jumps.push(performance.now() - began);
    }
    return { jumps, longest };
  }, JUMPS);
}

function at(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? NaN;
}

function ms(value: number): string {
  return `${value.toFixed(0)} ms`;
}
