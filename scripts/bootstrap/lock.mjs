import { mkdir, readFile, rename, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { BootstrapError, errorCode, say } from './report.mjs';

const HEARTBEAT_MS = 2000;
/** An owner that has not touched its lock for this long is gone: killed, or on a machine that was. */
const STALE_MS = 30_000;
const POLL_MS = 200;

/**
 * Runs one set-up step at a time per checkout, whoever else is starting; a lock whose owner died is taken over.
 * @template T @param {string} root @param {() => Promise<T>} step @returns {Promise<T>}
 */
export async function withSetupLock(root, step) {
  const folder = join(root, '.runtime');
  const lock = join(folder, 'setup.lock');
  await mkdir(folder, { recursive: true }).catch((/** @type {unknown} */ error) => {
    throw new BootstrapError(`Cannot write to ${root} (${String(error)}). The first run installs packages there: make it writable for this user.`);
  });
  let told = false;
  while (!(await take(lock))) {
    if (await isAbandoned(lock)) await remove(lock);
    else {
      if (!told) say('Another set-up is running in this folder; waiting for it …');
      told = true;
      await delay(POLL_MS);
    }
  }
  const heartbeat = setInterval(() => {
    // Missing only if somebody took us for dead; the step itself is safe to do twice.
    utimes(lock, new Date(), new Date()).catch(() => undefined);
  }, HEARTBEAT_MS);
  try {
    return await step();
  } finally {
    clearInterval(heartbeat);
    await rm(lock, { force: true });
  }
}

/** @param {string} lock */
async function take(lock) {
  try {
    await writeFile(lock, String(process.pid), { flag: 'wx' });
    return true;
  } catch (error) {
    if (errorCode(error) === 'EEXIST') return false;
    throw error;
  }
}

/** @param {string} lock */
async function isAbandoned(lock) {
  try {
    const [{ mtimeMs }, text] = await Promise.all([stat(lock), readFile(lock, 'utf8')]);
    return Date.now() - mtimeMs > STALE_MS || (text !== '' && !isAlive(Number(text)));
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return false;
    throw error;
  }
}

/** @param {number} pid */
function isAlive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return errorCode(error) !== 'ESRCH';
  }
}

/** Renamed first, so that of several that find the lock abandoned only one removes it. @param {string} lock */
async function remove(lock) {
  const aside = `${lock}.${process.pid}`;
  try {
    await rename(lock, aside);
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return;
    throw error;
  }
  await rm(aside, { force: true });
}
