import { spawn } from 'node:child_process';
import { constants } from 'node:os';
import { BootstrapError } from './report.mjs';

const FORWARDED = /** @type {const} */ (['SIGINT', 'SIGTERM', 'SIGHUP']);
/** A Ctrl-C arrives here once from the terminal and once more from npm, within a few milliseconds. */
const SAME_SIGNAL_MS = 250;

/**
 * Runs a program on our own terminal and ends as it ended: same exit status, or the same signal.
 * @param {string} file @param {readonly string[]} args @param {NodeJS.ProcessEnv} env
 */
export function runInForeground(file, args, env) {
  const child = spawn(file, args, { stdio: 'inherit', env });
  for (const signal of FORWARDED) process.on(signal, forwardTo(child, signal));
  child.on('error', (error) => {
    process.stderr.write(`Could not run ${file}: ${error.message}\n`);
    process.exit(1);
  });
  child.on('exit', (code, signal) => {
    if (signal === null) process.exit(code ?? 1);
    for (const name of FORWARDED) process.removeAllListeners(name);
    process.kill(process.pid, signal);
    // A signal that cannot end this process (stopped, ignored by the parent shell) still ends in its usual status.
    setTimeout(() => process.exit(128 + constants.signals[signal]), 1000);
  });
}

/** @param {import('node:child_process').ChildProcess} child @param {NodeJS.Signals} signal */
function forwardTo(child, signal) {
  let last = -Infinity;
  return () => {
    // A terminal's Ctrl-C (or its closing) reaches the whole foreground group, the child included: do not say it twice.
    const reachedChild = signal !== 'SIGTERM' && (process.stdin.isTTY || process.stdout.isTTY || process.stderr.isTTY);
    const now = performance.now();
    if (!reachedChild && now - last > SAME_SIGNAL_MS) child.kill(signal);
    last = now;
  };
}

/**
 * Runs a program silently; when it fails, the error carries all it said.
 * @param {string} file @param {readonly string[]} args
 * @param {{ cwd: string, env: NodeJS.ProcessEnv, failure: string, timeoutMs?: number, shell?: boolean }} options
 */
export async function runQuietly(file, args, { cwd, env, failure, timeoutMs, shell = false }) {
  const child = spawn(file, args, { cwd, env, stdio: ['ignore', 'pipe', 'pipe'], timeout: timeoutMs, shell });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (/** @type {string} */ text) => { output += text; });
  const code = await new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (status, signal) => resolve(status ?? signal));
  });
  if (code !== 0) throw new BootstrapError(`${output.trim()}\n\n${failure} (status ${code}).`);
  return output;
}
