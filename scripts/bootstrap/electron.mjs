import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { runQuietly } from './child.mjs';
import { BootstrapError, say } from './report.mjs';

const PROBE_MS = 3000;
/** A download that stalls this long in total is given up; about 110 MB. */
const DOWNLOAD_MS = 15 * 60_000;
const OFFICIAL_MIRROR = 'https://github.com/electron/electron/releases/download/';

/**
 * Decides where the window opens: in Electron, or (with one sentence saying why) in the browser.
 * Nothing is asked of the network without a display.
 * @param {string} root @param {string} node
 * @returns {Promise<{ kind: 'electron', executable: string } | { kind: 'browser', reason: string }>}
 */
export async function desktopLaunch(root, node) {
  if (!hasDisplay(process.platform, process.env)) return inBrowser('there is no display here');
  if (process.getuid?.() === 0) return inBrowser('Electron does not run as root');
  const installed = electronExecutable(root);
  if (installed !== undefined) return { kind: 'electron', executable: installed };
  const { version } = JSON.parse(readFileSync(join(root, 'node_modules/electron/package.json'), 'utf8'));
  if (!(await canBeDownloaded(artifactUrl(version, process.platform, process.arch)))) {
    return inBrowser('the Electron runtime is not installed and cannot be downloaded');
  }
  say(`Downloading Electron ${version}, once (about 110 MB) …`);
  try {
    await runQuietly(node, [join(root, 'node_modules/electron/install.js')], { cwd: root, env: process.env, failure: 'Electron could not be downloaded', timeoutMs: DOWNLOAD_MS });
  } catch (error) {
    if (!(error instanceof BootstrapError)) throw error;
    say(error.message);
  }
  const executable = electronExecutable(root);
  return executable === undefined ? inBrowser('the download of Electron failed') : { kind: 'electron', executable };
}

/** The Electron binary of this checkout or of ELECTRON_OVERRIDE_DIST_PATH, if there is one. @param {string} root */
export function electronExecutable(root) {
  const names = { darwin: 'Electron.app/Contents/MacOS/Electron', win32: 'electron.exe' };
  const name = Object.entries(names).find(([platform]) => platform === process.platform)?.[1] ?? 'electron';
  const folder = process.env['ELECTRON_OVERRIDE_DIST_PATH'] ?? join(root, 'node_modules/electron/dist');
  const executable = join(folder, name);
  return existsSync(executable) ? executable : undefined;
}

/** @param {NodeJS.Platform} platform @param {NodeJS.ProcessEnv} env */
export function hasDisplay(platform, env) {
  if (platform === 'win32') return true;
  if (platform === 'darwin') return env['SSH_CONNECTION'] === undefined;
  return Boolean(env['DISPLAY'] ?? env['WAYLAND_DISPLAY']);
}

/** @param {string} reason @returns {{ kind: 'browser', reason: string }} */
export function inBrowser(reason) {
  return { kind: 'browser', reason: `Opening Proofsheet in the browser instead of its own window: ${reason}.` };
}

/** Where Electron's own installer would look, its mirror settings included. @param {string} version @param {string} platform @param {string} arch */
function artifactUrl(version, platform, arch) {
  const { npm_config_electron_mirror: npmMirror, ELECTRON_MIRROR: mirror } = process.env;
  return `${npmMirror ?? mirror ?? OFFICIAL_MIRROR}v${version}/electron-v${version}-${platform}-${arch}.zip`;
}

/** Reads the first bytes of the real file: a proxy that answers HEAD may still refuse the download. @param {string} url */
async function canBeDownloaded(url) {
  try {
    const response = await fetch(url, { headers: { range: 'bytes=0-1023' }, signal: AbortSignal.timeout(PROBE_MS) });
    const reader = response.ok ? response.body?.getReader() : undefined;
    const first = await reader?.read();
    // Not every server knows ranges: do not take in the rest.
    await reader?.cancel();
    return first?.value?.[0] === 0x50 && first.value[1] === 0x4b; // "PK", a zip
  } catch {
    return false; // no network, no name, refused or too slow: all mean "not now"
  }
}
