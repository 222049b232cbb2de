import { createHash } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { withSetupLock } from './lock.mjs';
import { runNpm } from './npm.mjs';
import { errorCode, say } from './report.mjs';

/**
 * Installs the packages of package-lock.json when node_modules is missing, of another platform, or behind the lock.
 * The stamp is written last, so an interrupted install is simply done again.
 * @param {string} root @param {string} node
 */
export async function ensureDependencies(root, node) {
  const lockText = await readFile(join(root, 'package-lock.json'), 'utf8');
  const stamp = createHash('sha256').update(`${process.platform} ${process.arch}\n${lockText}`).digest('hex');
  const stampFile = join(root, 'node_modules/.proofsheet-stamp');
  if ((await readIfPresent(stampFile)) === stamp) return;
  await withSetupLock(root, async () => {
    if ((await readIfPresent(stampFile)) === stamp) return;
    if (!(await matchesLock(root, lockText))) {
      say('Installing packages (about half a minute) …');
      const advice = 'Could not install the packages. Check the network and the free disk space, then run the same command again';
      await runNpm(root, node, ['ci', '--include=dev', '--include=optional'], advice);
    }
    await writeFile(stampFile, stamp);
  });
}

/**
 * True when npm's own record says that exactly these versions are installed already: a developer who ran
 * `npm install` should not wait for a second one.
 * @param {string} root @param {string} lockText
 */
async function matchesLock(root, lockText) {
  const recordText = await readIfPresent(join(root, 'node_modules/.package-lock.json'));
  if (recordText === undefined) return false;
  const wanted = JSON.parse(lockText).packages;
  const installed = JSON.parse(recordText).packages;
  return Object.entries(wanted).every(([path, entry]) => path === '' || installed[path]?.version === entry.version || !isForThisMachine(entry));
}

/**
 * Optional packages may be missing, except the binaries made for this very machine. Which C library is in use is npm's
 * to find out: of the two variants it takes one.
 * @param {{ os?: readonly string[], cpu?: readonly string[], libc?: readonly string[], optional?: boolean }} entry
 */
function isForThisMachine({ os, cpu, libc, optional }) {
  if (optional !== true) return true;
  return libc === undefined && os?.includes(process.platform) === true && cpu?.includes(process.arch) === true;
}

/** @param {string} file */
async function readIfPresent(file) {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return undefined;
    throw error;
  }
}
