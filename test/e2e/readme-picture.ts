// Makes the pictures of the README from the real window: draws a small shop and a few landscapes, ingests them, looks;
// then scatters versions of them as people do, and cleans up.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readdir, rm, utimes } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, parse } from 'node:path';
import type { Page } from 'playwright-core';
import sharp, { type Sharp } from 'sharp';
import { launchBrowser } from './chromium.ts';
import { screensOf } from './screens.ts';

const METALS = [['#f7e3a1', '#b8892b'], ['#f4f4f6', '#9a9ca3'], ['#f3c9b5', '#b0694c']] as const;
const STONES = ['#2b6cb0', '#b83280', '#2f855a', '#dd6b20', '#805ad5', '#e2e8f0'] as const;
const GROUNDS = ['#ffffff', '#f3f1ec', '#20232a', '#e8e4df'] as const;

const root = join(import.meta.dirname, '../..');
const work = join(tmpdir(), 'demo');
await rm(work, { recursive: true, force: true });
try {
  const pictures = join(work, 'Pictures');
  await drawPictures(pictures);
  const cli = join(root, 'src/main/cli/main.ts');
  const workspace = join(work, 'Catalog');
  await takeIn(cli, pictures, workspace);
  const host = spawn(process.execPath, [cli, 'serve', '--json', '--workspace', workspace], { stdio: ['ignore', 'pipe', 'ignore'] });
  const [line] = (await once(host.stdout, 'data')) as [Buffer];
  const { url } = JSON.parse(line.toString()) as { url: string };
  const browser = await launchBrowser();
  const page = await browser.newPage({ viewport: { width: 1440, height: 900 }, colorScheme: 'light', locale: 'en-GB' });
  await page.goto(url);
  await page.getByRole('navigation').waitFor();
  await page.keyboard.press('g');
  await page.getByRole('gridcell').first().click();
  await mkdir(join(root, 'docs/images'), { recursive: true });
  await take(page, 'library');

  await scatterVersions(pictures);
  await takeIn(cli, pictures, workspace);
  const { library, cleanup } = screensOf(page);
  await page.keyboard.press('u');
  await cleanup.focused.waitFor();
  for (let group = 0; group < 3; group += 1) await page.keyboard.press('Enter');
  await page.getByText(/^3 of .* decided$/).waitFor();
  await page.keyboard.press('g');
  await library.filter.fill('name:landscapes-12');
  await page.getByText(/^5 of /).waitFor();
  await library.cells.filter({ hasText: /^landscapes-12.jpg$/ }).click();
  await page.keyboard.press('Shift+U');
  await cleanup.focused.waitFor();
  await take(page, 'cleanup');
  await page.keyboard.press('g');
  await library.filter.fill('name:landscapes-08');
  await page.getByText(/^3 of /).waitFor();
  for (const name of ['landscapes-08.jpg', 'landscapes-08 web.webp']) await library.cells.filter({ hasText: name }).click({ modifiers: ['Control'] });
  await page.keyboard.press('c');
  await page.getByText(/^Measured at/).waitFor();
  await take(page, 'compare');
  await browser.close();
  host.kill('SIGTERM');
  await once(host, 'close');
} finally {
  await rm(work, { recursive: true, force: true });
}

/** Has a folder in the catalog, and all that is in it compared. */
async function takeIn(cli: string, folder: string, workspace: string): Promise<void> {
  for (const command of [['ingest', folder], ['duplicates']]) {
    const [status] = await once(spawn(process.execPath, [cli, ...command, '--workspace', workspace], { stdio: 'ignore' }), 'close') as [number];
    if (status !== 0) throw new Error(`${command.join(' ')} ended with status ${status}`);
  }
}

async function take(page: Page, name: string): Promise<void> {
  await page.mouse.move(720, 890);
  // Every picture, and nothing that still fades in.
  await page.waitForLoadState('networkidle');
  await page.waitForFunction(() => [...document.images].every((image) => image.complete));
  await page.screenshot({ path: join(root, `docs/images/${name}.png`), animations: 'disabled' });
}

/** An old backup, what was sent to a phone, and what was made for the web. */
async function scatterVersions(folder: string): Promise<void> {
  const versions: readonly { readonly of: (number: number) => boolean; readonly name: (stem: string) => string; readonly make: (image: Sharp, size: Size) => Sharp }[] = [
    { of: (number) => number % 2 === 0, name: (stem) => `Old laptop/${stem} (1).jpg`, make: (image) => image.jpeg({ quality: 86 }) },
    { of: (number) => number % 3 === 0, name: (stem) => `Phone/${stem} small.jpg`, make: (image) => image.resize(800).jpeg({ quality: 78 }) },
    {
      of: (number) => number % 4 === 0, name: (stem) => `Web/${stem} web.webp`,
      make: (image, { width, height }) => image.extract({ left: Math.round(width * 0.03), top: Math.round(height * 0.06), width: Math.round(width * 0.72), height: Math.round(height * 0.84) }).webp({ quality: 80 }),
    },
    { of: (number) => number % 6 === 0, name: (stem) => `Prints/${stem} framed.jpg`, make: (image) => image.extend({ left: 110, right: 110, top: 110, bottom: 110, background: '#d9c9a8' }).jpeg({ quality: 90 }) },
  ];
  for (const place of ['Old laptop', 'Phone', 'Web', 'Prints']) await mkdir(join(folder, place));
  for (const shelf of ['Shop/Rings', 'Shop/Pendants', 'Shop/Pearls', 'Landscapes']) {
    for (const name of (await readdir(join(folder, shelf))).sort()) {
      const number = Number(/\d+/.exec(name)?.[0]);
      const image = sharp(join(folder, shelf, name));
      const size = await image.metadata();
      for (const [index, version] of versions.entries()) {
        if (!version.of(number)) continue;
        const path = join(folder, version.name(parse(name).name));
        await version.make(image.clone(), size).toFile(path);
        await utimes(path, dayOf(number + 31 * index), dayOf(number + 31 * index));
      }
    }
  }
}

interface Size { readonly width: number; readonly height: number }

/** When a file was written last. */
function dayOf(number: number): Date {
  return new Date(Date.UTC(2025, 2, 3 + number, 10, 7 * number));
}

async function drawPictures(folder: string): Promise<void> {
  const shelves = { 'Shop/Rings': ring, 'Shop/Pendants': pendant, 'Shop/Pearls': pearls, 'Landscapes': landscape } as const;
  for (const [shelf, draw] of Object.entries(shelves)) {
    await mkdir(join(folder, shelf), { recursive: true });
    for (let number = 1; number <= 12; number += 1) {
      const [width, height] = shelf === 'Landscapes' ? [1800, number % 3 === 0 ? 1800 : 1200] : [1400, number % 4 === 0 ? 1700 : 1400];
      const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 100 ${(100 * height) / width}">${draw(number, (100 * height) / width)}</svg>`;
      const name = `${shelf.split('/').at(-1)?.toLowerCase() ?? ''}-${String(number).padStart(2, '0')}`;
      const image = sharp(Buffer.from(svg)).flatten({ background: '#ffffff' });
      const path = join(folder, shelf, number % 6 === 5 ? `${name}.png` : `${name}.jpg`);
      await (number % 6 === 5 ? image.png() : image.jpeg({ quality: 90 })).toFile(path);
      await utimes(path, dayOf(number), dayOf(number));
    }
  }
}

function metal(number: number): string {
  const [light, dark] = METALS[number % METALS.length] ?? METALS[0];
  return `<defs><linearGradient id="m" x1="0" y1="0" x2="1" y2="1"><stop offset="0" stop-color="${light}"/><stop offset=".5" stop-color="${dark}"/><stop offset="1" stop-color="${light}"/></linearGradient></defs>`;
}

function gem(x: number, y: number, size: number, number: number): string {
  const color = STONES[number % STONES.length] ?? '#2b6cb0';
  const points = Array.from({ length: 8 }, (_, i) => [x + size * Math.cos((i * Math.PI) / 4 + 0.39), y + size * Math.sin((i * Math.PI) / 4 + 0.39)] as const);
  const facets = points.map(([px, py], i) => {
    const [nx, ny] = points[(i + 1) % 8] ?? [x, y];
    return `<polygon points="${px},${py} ${nx},${ny} ${x},${y}" fill="#fff" fill-opacity="${0.08 + ((i * 3) % 8) / 18}"/>`;
  });
  return `<polygon points="${points.map((point) => point.join(',')).join(' ')}" fill="${color}"/>${facets.join('')}`;
}

function ground(number: number, height: number): string {
  return `<rect width="100" height="${height}" fill="${GROUNDS[number % GROUNDS.length] ?? '#fff'}"/><ellipse cx="50" cy="${height * 0.86}" rx="30" ry="3" fill="#000" fill-opacity=".12"/>`;
}

function ring(number: number, height: number): string {
  const y = height * 0.58;
  return `${metal(number)}${ground(number, height)}<ellipse cx="50" cy="${y}" rx="${22 + (number % 3) * 2}" ry="26" fill="none" stroke="url(#m)" stroke-width="${3 + (number % 4)}"/>${gem(50, y - 29, 6 + (number % 4) * 1.5, number)}`;
}

function pendant(number: number, height: number): string {
  const y = height * 0.62;
  return `${metal(number)}${ground(number, height)}<path d="M15 8 Q50 ${y * 1.25} 85 8" fill="none" stroke="url(#m)" stroke-width="1.4"/><circle cx="50" cy="${y}" r="${13 + (number % 3)}" fill="none" stroke="url(#m)" stroke-width="3"/>${gem(50, y, 9 + (number % 3), number + 2)}`;
}

function pearls(number: number, height: number): string {
  const beads = Array.from({ length: 17 }, (_, i) => {
    const angle = Math.PI * (0.05 + (0.9 * i) / 16);
    const [x, y, r] = [50 - 36 * Math.cos(angle), height * 0.25 + 44 * Math.sin(angle), 3 + 1.6 * Math.sin(angle) + (number % 3) * 0.3];
    return `<circle cx="${x}" cy="${y}" r="${r}" fill="url(#p)"/>`;
  });
  const tint = ['#f6efe6', '#3b3f4a', '#f3d9dc'][number % 3];
  return `<defs><radialGradient id="p" cx=".35" cy=".3" r=".8"><stop offset="0" stop-color="#fff"/><stop offset=".5" stop-color="${tint}"/><stop offset="1" stop-color="#555"/></radialGradient></defs>${ground(number + 1, height)}${beads.join('')}`;
}

function landscape(number: number, height: number): string {
  const hue = (number * 37) % 360;
  const hills = Array.from({ length: 5 }, (_, i) => {
    const base = height * (0.45 + i * 0.12);
    const ridge = Array.from({ length: 11 }, (_, k) => `${k * 10},${base - Math.abs(Math.sin(k * 1.7 + i * 2.3 + number)) * (12 - i * 1.8)}`);
    return `<polygon points="0,${height} ${ridge.join(' ')} 100,${height}" fill="hsl(${(hue + 190 - i * 14) % 360} ${22 + i * 7}% ${62 - i * 11}%)"/>`;
  });
  return `<defs><linearGradient id="s" x1="0" y1="0" x2="0" y2="1"><stop offset="0" stop-color="hsl(${hue} 55% 62%)"/><stop offset="1" stop-color="hsl(${(hue + 40) % 360} 70% 88%)"/></linearGradient></defs><rect width="100" height="${height}" fill="url(#s)"/><circle cx="${20 + ((number * 13) % 60)}" cy="${height * 0.25}" r="6" fill="#fff" fill-opacity=".85"/>${hills.join('')}`;
}
