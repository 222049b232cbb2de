import { spawn } from 'node:child_process';
import { constants } from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';
import { BootstrapError } from './report.mjs';

const FORWARDED = /** @type {const} */ (['SIGINT', 'SIGTERM', 'SIGHUP']);
/** A Ctrl-C arrives here once from the terminal and once more from npm, within a few milliseconds. */
const SAME_SIGNAL_MS = 250;
/** What lives this long has started, whatever it says. */
const START_LIMIT_MS = 10_000;
const LAST_WORDS_MS = 500;

/**
 * Runs a program on our own terminal and ends as it ended: same exit status, or the same signal.
 * @param {string} file @param {readonly string[]} args @param {NodeJS.ProcessEnv} env
 */
export function runInForeground(file, args, env) {
  endWith(spawn(file, args, { stdio: 'inherit', env }), file);
}

/**
 * Runs Electron as `runInForeground` does, except when it cannot start (a library is missing, the display cannot be
 * opened, its sandbox is not permitted): then nothing of its output is shown, and the reason is answered. It is up when
 * it says so, or when it has lived for a while.
 * @param {string} file @param {readonly string[]} args @param {NodeJS.ProcessEnv} env @returns {Promise<string>}
 */
export function runElectron(file, args, env) {
  return new Promise((resolve) => {
    const child = spawn(file, args, { stdio: ['inherit', 'inherit', 'pipe', 'ipc'], env });
    let held = '';
    let isUp = false;
    const up = () => {
      if (!isUp) process.stderr.write(held);
      isUp = true;
    };
    const timer = setTimeout(up, START_LIMIT_MS);
    child.once('message', up);
    child.stderr?.setEncoding('utf8').on('data', (/** @type {string} */ text) => {
      if (isUp) process.stderr.write(text);
      else held += text;
    });
    endWith(child, file, (ended) => {
      clearTimeout(timer);
      if (isUp || ended === 'status 0') up();
      else resolve(startProblem(held, ended));
      return isUp;
    });
  });
}

/** @param {string} said @param {string} ended */
function startProblem(said, ended) {
  const [, library] = /shared libraries: ([^:\s]+)/.exec(said) ?? [];
  if (library !== undefined) return `Electron needs the library ${library}, which is not installed`;
  if (/missing x server|open display|failed to connect to the (bus|wayland)|ozone_platform/i.test(said)) return 'Electron cannot open the display';
  if (/sandbox/i.test(said)) return 'the sandbox of Electron is not permitted here';
  return `Electron cannot start (${ended})`;
}

/**
 * Ends this process as the child ends, unless `decide` says no. A signal of the user always ends both.
 * @param {import('node:child_process').ChildProcess} child @param {string} file @param {(ended: string) => boolean} [decide]
 */
function endWith(child, file, decide = () => true) {
  let interrupted = false;
  const forwards = FORWARDED.map((signal) => {
    const forward = forwardTo(child, signal);
    const listener = () => {
      interrupted = true;
      forward();
    };
    process.on(signal, listener);
    return { signal, listener };
  });
  const release = () => { for (const { signal, listener } of forwards) process.off(signal, listener); };
  child.on('error', (error) => {
    if (!decide(error.message)) return release();
    process.stderr.write(`Could not run ${file}: ${error.message}\n`);
    process.exit(1);
  });
  const end = (/** @type {number | null} */ code, /** @type {NodeJS.Signals | null} */ signal) => {
    const goesOn = !interrupted && !decide(signal === null ? `status ${code}` : `signal ${signal}`);
    release();
    if (goesOn) return;
    if (signal === null) process.exit(code ?? 1);
    process.kill(process.pid, signal);
    // A signal that cannot end this process (stopped, ignored by the parent shell) still ends in its usual status.
    setTimeout(() => process.exit(128 + constants.signals[signal]), 1000);
  };
  child.once('exit', (code, signal) => {
    // What it wrote last is read before its end is judged; a process that it left behind may keep the pipe open for ever.
    const closed = new Promise((resolve) => { child.once('close', resolve); });
    void Promise.race([closed, delay(LAST_WORDS_MS, undefined, { ref: false })]).then(() => end(code, signal));
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
