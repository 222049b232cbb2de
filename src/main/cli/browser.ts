import { spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { isAbsolute, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { CommandContext } from './command.ts';

/** Long enough for a browser that has to start first. */
const PAGE_LIFETIME_MS = 60_000;
const PAGE = 'proofsheet.html';

/**
 * Opens the address in the user's browser until `ended`. Everybody on this computer can read the arguments of a program,
 * and the address holds the token: the browser is given a page that leads there and that only the user can read.
 */
export async function openBrowser({ platform, env, output }: Pick<CommandContext, 'platform' | 'env' | 'output'>, url: string, ended: AbortSignal): Promise<void> {
  const failed = (): void => { output.note('No browser could be opened; open the address yourself.'); };
  const folder = await makePage(platform === 'linux' ? [env['HOME'] ?? '', tmpdir()] : [tmpdir()], url);
  if (folder === undefined) {
    failed();
    return;
  }
  try {
    const [program, ...args] = platform === 'darwin' ? ['open'] : platform === 'win32' ? ['rundll32', 'url.dll,FileProtocolHandler'] : ['xdg-open'];
    const browser = spawn(program, [...args, join(folder, PAGE)], { stdio: 'ignore', detached: true });
    browser.once('error', failed);
    browser.unref();
    await delay(PAGE_LIFETIME_MS, undefined, { signal: ended }).catch(() => undefined);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/**
 * A folder with the page, which only the user can read, in the first place that takes it. On Linux a browser may be a snap:
 * that has a /tmp and an XDG_RUNTIME_DIR of its own, and of the home folder it reads what is not hidden.
 */
async function makePage(places: readonly string[], url: string): Promise<string | undefined> {
  for (const place of places.filter(isAbsolute)) {
    const folder = await mkdtemp(join(place, 'proofsheet-open-')).catch(() => undefined);
    if (folder === undefined) continue;
    const written = await writeFile(join(folder, PAGE), redirectTo(url), { mode: 0o600 }).then(() => true, () => false);
    if (written) return folder;
    await rm(folder, { recursive: true, force: true });
  }
  return undefined;
}

/** The address is made of digits and letters of our own: there is nothing in it to escape. */
function redirectTo(url: string): string {
  return `<!doctype html><meta charset="utf-8"><title>Proofsheet</title><meta name="referrer" content="no-referrer"><meta http-equiv="refresh" content="0;url=${url}"><a href="${url}">Proofsheet</a>\n`;
}
