import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { runQuietly } from './child.mjs';
import { withSetupLock } from './lock.mjs';
import { runNpm } from './npm.mjs';
import { say } from './report.mjs';

/** The one place that pins the Node everything of ours runs under. */
const NODE_VERSION = '24.21.0';
const NODE_MAJOR = 24;

/**
 * Answers the path of a Node ≥ 24: the current one, or one fetched from npm into `.runtime` on first use.
 * @param {string} root @returns {Promise<string>}
 */
export async function ensureNode(root) {
  if (Number.parseInt(process.versions.node, 10) >= NODE_MAJOR) return process.execPath;
  const executable = runtimeExecutable(root);
  if (existsSync(executable)) return executable;
  return withSetupLock(root, async () => {
    if (existsSync(executable)) return executable;
    say(`Fetching Node ${NODE_VERSION}, once (this is Node ${process.versions.node}) …`);
    const advice = `Could not fetch Node ${NODE_VERSION} from npm. Check the network, or install Node ${NODE_MAJOR} or newer yourself and run this again`;
    const prefix = join(root, '.runtime');
    await runNpm(root, process.execPath, ['install', '--no-save', '--no-package-lock', '--prefix', prefix, `${runtimePackage()}@${NODE_VERSION}`], advice);
    await runQuietly(executable, ['--version'], { cwd: root, env: process.env, failure: `${executable} does not run on this machine. Install Node ${NODE_MAJOR} or newer yourself and run this again` });
    return executable;
  });
}

/** @param {string} root */
function runtimeExecutable(root) {
  return join(root, '.runtime/node_modules', runtimePackage(), 'bin', process.platform === 'win32' ? 'node.exe' : 'node');
}

/** The npm packages that carry Node's own binaries follow this naming, the macOS one on Apple silicon excepted. */
function runtimePackage() {
  const platform = process.platform === 'win32' ? 'win' : process.platform;
  const family = platform === 'darwin' && process.arch === 'arm64' ? 'node-bin' : 'node';
  return `${family}-${platform}-${process.arch}`;
}
