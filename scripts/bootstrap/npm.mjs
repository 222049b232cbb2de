import { accessSync, constants, existsSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { runQuietly } from './child.mjs';

/**
 * Runs npm under the given Node, quietly, and never its packages' install scripts: none of ours needs one, and they
 * would ask for a compiler or a download.
 * @param {string} root @param {string} node @param {readonly string[]} args @param {string} failure what to tell the user
 */
export async function runNpm(root, node, args, failure) {
  const flags = ['--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error', '--no-update-notifier'];
  const { file, prefix, shell } = npmCommand(node);
  const quoted = shell ? args.map((arg) => `"${arg}"`) : args;
  await runQuietly(file, [...prefix, ...quoted, ...flags], { cwd: root, env: npmEnvironment(root), failure, shell });
}

/** The npm that called us, else the one beside Node, else the one on PATH. @param {string} node */
function npmCommand(node) {
  const beside = [join(dirname(process.execPath), '../lib/node_modules/npm/bin/npm-cli.js'), join(dirname(process.execPath), 'node_modules/npm/bin/npm-cli.js')];
  const script = [process.env['npm_execpath'], ...beside].find((path) => path?.endsWith('npm-cli.js') && existsSync(path));
  if (script !== undefined) return { file: npmRunsUnder(script) ? node : process.execPath, prefix: [script], shell: false };
  // Windows refuses to start a .cmd file without a shell.
  const windows = process.platform === 'win32';
  return { file: windows ? 'npm.cmd' : 'npm', prefix: [], shell: windows };
}

/** npm before 9 was never tried on Node 24. @param {string} script */
function npmRunsUnder(script) {
  const { version } = JSON.parse(readFileSync(join(dirname(script), '../package.json'), 'utf8'));
  return Number.parseInt(version, 10) >= 9;
}

/** @param {string} root */
function npmEnvironment(root) {
  // Set by the outer npm for its own call; they would send this one to the wrong folder or hide its errors.
  const outer = ['npm_config_local_prefix', 'npm_config_prefix', 'npm_config_loglevel', 'npm_config_workspace'];
  /** @type {NodeJS.ProcessEnv} */
  const env = { ...Object.fromEntries(Object.entries(process.env).filter(([name]) => !outer.includes(name))), ELECTRON_SKIP_BINARY_DOWNLOAD: '1' };
  if (env['npm_config_cache'] === undefined || !isWritable(env['npm_config_cache'])) {
    env['npm_config_cache'] = isWritable(join(homedir(), '.npm')) ? join(homedir(), '.npm') : join(root, '.runtime/npm-cache');
  }
  return env;
}

/** Whether the folder can be written, or made where it is missing. @param {string} folder @returns {boolean} */
function isWritable(folder) {
  try {
    accessSync(folder, constants.W_OK | constants.X_OK);
    return true;
  } catch (error) {
    const parent = dirname(folder);
    const missing = error instanceof Error && 'code' in error && error.code === 'ENOENT';
    return missing && parent !== folder && isWritable(parent);
  }
}
