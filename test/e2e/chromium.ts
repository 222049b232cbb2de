import { constants } from 'node:fs';
import { access, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir, userInfo } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { inflate } from '@sparticuz/chromium';
import { chromium, type Browser } from 'playwright-core';

const SYSTEM_NAMES = ['chromium', 'chromium-browser', 'google-chrome-stable', 'google-chrome'];

/** No request of its own, no sandbox (it does not work as root, and only our page is shown), nothing left behind. */
const ARGUMENTS = [
  '--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage', '--disable-quic', '--no-first-run', '--disable-background-networking',
  '--disable-component-update', '--disable-sync', '--disable-extensions', '--disable-default-apps', '--force-color-profile=srgb', '--hide-scrollbars',
];

/** The system's Chromium, else the one that comes with the packages, libraries included. */
export async function launchBrowser(): Promise<Browser> {
  const system = process.env['PROOFSHEET_CHROMIUM'] ?? await findOnPath();
  if (system !== undefined) return await chromium.launch({ executablePath: system, args: ARGUMENTS });
  const folder = await unpackBundled();
  return await chromium.launch({
    executablePath: join(folder, 'chromium'),
    args: [...ARGUMENTS, '--no-zygote', '--use-gl=angle', '--use-angle=swiftshader'],
    env: { ...definedEnvironment(), LD_LIBRARY_PATH: join(folder, 'al2023', 'lib'), FONTCONFIG_PATH: join(folder, 'fonts') },
  });
}

async function findOnPath(): Promise<string | undefined> {
  for (const folder of (process.env['PATH'] ?? '').split(delimiter)) {
    for (const name of SYSTEM_NAMES) {
      const path = join(folder, name);
      const isThere = await access(path, constants.X_OK).then(() => true, () => false);
      if (isThere) return path;
    }
  }
  return undefined;
}

/**
 * Unpacks once per user and version. The package itself unpacks to fixed names below the temporary folder and takes what
 * exists for complete, so two test files at once, another user or an interrupted run would break it: we unpack aside and
 * rename.
 */
async function unpackBundled(): Promise<string> {
  const packageFolder = join(dirname(fileURLToPath(import.meta.resolve('@sparticuz/chromium'))), '..');
  const { version } = JSON.parse(await readFile(join(packageFolder, 'package.json'), 'utf8')) as { readonly version: string };
  const ready = join(tmpdir(), `proofsheet-chromium-${version}-${String(userInfo().uid)}`);
  if (await access(ready).then(() => true, () => false)) return ready;
  const staging = await mkdtemp(`${ready}-`);
  const temporary = process.env['TMPDIR'];
  process.env['TMPDIR'] = staging;
  try {
    for (const name of ['chromium.br', 'fonts.tar.br', 'swiftshader.tar.br', 'al2023.tar.br']) await inflate(join(packageFolder, 'bin', name));
  } finally {
    if (temporary === undefined) delete process.env['TMPDIR'];
    else process.env['TMPDIR'] = temporary;
  }
  // The package's own file names folders of the service it was made for; without fonts, every text has no size.
  await writeFile(join(staging, 'fonts', 'fonts.conf'), fontConfiguration(ready));
  try {
    await rename(staging, ready);
  } catch {
    // Another test file was faster; its copy is as good.
    await rm(staging, { recursive: true });
  }
  return ready;
}

function fontConfiguration(folder: string): string {
  return `<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig><dir>/usr/share/fonts</dir><dir>${folder}/fonts</dir><cachedir>${folder}/fonts-cache</cachedir></fontconfig>
`;
}

function definedEnvironment(): Record<string, string> {
  return Object.fromEntries(Object.entries(process.env).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])));
}
