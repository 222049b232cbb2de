import { existsSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { AxeBuilder } from '@axe-core/playwright';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { expect, onTestFinished } from 'vitest';
import { enginePid, startCli, temporaryFolder, type CliRun } from '../hosts.ts';

const root = join(import.meta.dirname, '../..');
const RESULTS = join(root, 'test-results');

export interface Workbench {
  readonly folder: string;
  readonly workspace: string;
  readonly url: string;
  readonly token: string;
  readonly host: CliRun;
  /** As hard as it gets: no time to save anything. */
  readonly killEngine: () => Promise<void>;
  readonly openWindow: (browser: Browser, options?: BrowserContextOptions) => Promise<Window>;
}

export interface Window {
  readonly page: Page;
  /** Everything the page complained about: exceptions, console errors, violations of the content policy. */
  readonly complaints: readonly string[];
}

/** The loopback host as a user starts it, on a workspace of its own that vanishes with the test; `prepare` fills it before. */
export async function startWorkbench({ prepare }: { readonly prepare?: (workspace: string) => Promise<void> } = {}): Promise<Workbench> {
  if (!existsSync(join(root, 'out/renderer/index.html'))) throw new Error('The window is not built: npm run build.');
  const folder = await temporaryFolder();
  const workspace = join(folder, 'workspace');
  await prepare?.(workspace);
  const host = startCli(['serve', '--workspace', workspace, '--json'], { cwd: folder });
  const { url, token } = JSON.parse(await host.says(/\}\n/)) as { readonly url: string; readonly token: string };
  onTestFinished(async () => {
    host.process.kill('SIGTERM');
    await host.done;
  });
  return {
    folder, workspace, url, token, host,
    killEngine: async () => { process.kill(await enginePid(workspace), 'SIGKILL'); },
    openWindow: async (browser, options) => await openWindow(browser, url, options),
  };
}

async function openWindow(browser: Browser, url: string, options: BrowserContextOptions = {}): Promise<Window> {
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 }, locale: 'en-GB', reducedMotion: 'reduce', ...options });
  const page = await context.newPage();
  onTestFinished(async ({ task }) => {
    if (task.result?.state === 'fail') await takeScreenshot(page, `failed ${task.name.replaceAll(/[^\w ]/g, '')}`);
    await context.close();
  });
  page.setDefaultTimeout(20_000);
  const complaints: string[] = [];
  page.on('pageerror', (error) => { complaints.push(String(error)); });
  page.on('console', (message) => { if (message.type() === 'error') complaints.push(message.text()); });
  await page.goto(url);
  await page.getByRole('navigation').first().waitFor();
  return { page, complaints };
}

/** Written to test-results/ for people to look at. */
export async function takeScreenshot(page: Page, name: string): Promise<void> {
  await mkdir(RESULTS, { recursive: true });
  await page.screenshot({ path: join(RESULTS, `${name}.png`), animations: 'disabled' });
}

/** Fails with the rule and the elements that break it. */
export async function expectAccessible(page: Page): Promise<void> {
  const { violations } = await new AxeBuilder({ page }).withTags(['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']).analyze();
  expect(violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ target }) => target.join(' ')).join(', ')}`)).toEqual([]);
}
