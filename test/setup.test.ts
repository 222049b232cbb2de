import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readFile, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { electronExecutable, hasDisplay } from '../scripts/bootstrap/electron.mjs';
import { withSetupLock } from '../scripts/bootstrap/lock.mjs';

const run = join(import.meta.dirname, '../scripts/run.mjs');
const child = join(import.meta.dirname, '../scripts/bootstrap/child.mjs');
let folder: string;
beforeEach(async () => { folder = await mkdtemp(join(tmpdir(), 'proofsheet-setup-')); });
afterEach(async () => rm(folder, { recursive: true, force: true }));

interface Ended { readonly code: number | null; readonly signal: NodeJS.Signals | null; readonly stdout: string; readonly stderr: string }

/** Runs Node; `whenSaid` is called with the process once something has been printed. */
async function node(args: readonly string[], whenSaid: (process: ReturnType<typeof spawn>) => void = () => undefined): Promise<Ended> {
  const program = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  const output = { stdout: '', stderr: '' };
  program.stdout.once('data', () => whenSaid(program));
  program.stdout.on('data', (data) => { output.stdout += String(data); });
  program.stderr.on('data', (data) => { output.stderr += String(data); });
  const [code, signal] = await once(program, 'close') as [number | null, NodeJS.Signals | null];
  return { code, signal, ...output };
}

/** A program that runs another one in the foreground, as every command does. */
const inForeground = (script: string): readonly string[] =>
  ['--input-type=module', '-e', `import { runInForeground } from ${JSON.stringify(child)}; runInForeground(process.execPath, ['-e', ${JSON.stringify(script)}], process.env);`];

describe('a command', () => {
  it('says what it knows when asked for something else, with status 2 and nothing on stdout', async () => {
    const { code, stdout, stderr } = await node([run, 'dance']);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toContain('start|cli|test');
  });

  it('adds nothing to the output of a prepared checkout', async () => {
    const { version } = JSON.parse(await readFile(join(import.meta.dirname, '../package.json'), 'utf8'));
    expect(await node([run, 'cli', '--version'])).toEqual({ code: 0, signal: null, stdout: `${version}\n`, stderr: '' });
  });

  it('ends with its program’s status', async () => {
    expect(await node(inForeground('process.exit(3)'))).toMatchObject({ code: 3, signal: null });
  });

  it('ends by the signal that ended its program', async () => {
    expect(await node(inForeground("process.kill(process.pid, 'SIGKILL')"))).toMatchObject({ signal: 'SIGKILL' });
  });

  it('hands a signal on, once, and waits for the program’s own end', async () => {
    const script = "let n = 0; process.on('SIGINT', () => { n += 1; setTimeout(() => { console.log('drained', n); process.exit(130); }, 400); }); setInterval(() => {}, 1000); console.log('ready');";
    const { code, stdout } = await node(inForeground(script), (program) => {
      // Twice within a moment: the terminal's and npm's copy of one Ctrl-C.
      program.kill('SIGINT');
      setTimeout(() => program.kill('SIGINT'), 20);
    });
    expect({ code, stdout }).toEqual({ code: 130, stdout: 'ready\ndrained 1\n' });
  });
});

describe('Electron', () => {
  const start = (script: string): readonly string[] =>
    ['--input-type=module', '-e', `import { runElectron } from ${JSON.stringify(child)}; console.log('instead:', await runElectron('/bin/sh', ['-c', ${JSON.stringify(script)}], process.env));`];

  it.each([
    ['a missing library', 'echo "electron: error while loading shared libraries: libnss3.so: cannot open shared object file" >&2; exit 127', 'Electron needs the library libnss3.so, which is not installed'],
    ['a display that cannot be opened', 'echo "[1:0101/1.1:ERROR:ozone_platform_x11.cc(1)] Missing X server or $DISPLAY" >&2; exit 1', 'Electron cannot open the display'],
    ['its sandbox', 'echo "FATAL:The SUID sandbox helper binary was found, but is not configured correctly." >&2; kill -TRAP $$', 'the sandbox of Electron is not permitted here'],
    ['anything else', 'kill -SEGV $$', 'Electron cannot start (signal SIGSEGV)'],
  ])('that cannot start because of %s is silent, and the reason is known', async (_what, script, reason) => {
    expect(await node(start(script))).toEqual({ code: 0, signal: null, stdout: `instead: ${reason}\n`, stderr: '' });
  });

  it('that cannot be run at all gives a reason too', async () => {
    const { stdout } = await node(['--input-type=module', '-e', `import { runElectron } from ${JSON.stringify(child)}; console.log(await runElectron('/nowhere/electron', [], process.env));`]);
    expect(stdout).toMatch(/^Electron cannot start \(.*ENOENT\)\n$/);
  });

  it('that is up ends this process as it ends, and what it says is shown', async () => {
    const script = `process.send('ready', () => { process.stderr.write('later'); process.exitCode = 4; process.disconnect(); });`;
    expect(await node(start(`echo first >&2; exec '${process.execPath}' -e "${script}"`))).toEqual({ code: 4, signal: null, stdout: '', stderr: 'first\nlater' });
  });

  it('that gives way to one that runs already ends in silence', async () => {
    expect(await node(start('exit 0'))).toEqual({ code: 0, signal: null, stdout: '', stderr: '' });
  });
});

describe('the set-up', () => {
  it('is done by one process at a time', async () => {
    const events: string[] = [];
    const step = (name: string) => withSetupLock(folder, async () => {
      events.push(`${name} begins`);
      await new Promise((resolve) => { setImmediate(resolve); });
      events.push(`${name} ends`);
    });
    await Promise.all([step('a'), step('b'), step('c')]);
    expect(events.filter((_, index) => index % 2 === 1)).toEqual(events.filter((_, index) => index % 2 === 0).map((event) => event.replace('begins', 'ends')));
  });

  it('goes on after one that was killed', async () => {
    const dead = spawn(process.execPath, ['-e', '']);
    await once(dead, 'exit');
    await mkdir(join(folder, '.runtime'));
    await writeFile(join(folder, '.runtime/setup.lock'), String(dead.pid));
    expect(await withSetupLock(folder, async () => 'done')).toBe('done');
    // Sooner than a lock becomes stale by its age alone.
  }, 20_000);

  it('goes on after one whose process number another program has now', async () => {
    await mkdir(join(folder, '.runtime'));
    const lock = join(folder, '.runtime/setup.lock');
    await writeFile(lock, String(process.pid));
    const longAgo = new Date(Date.now() - 3_600_000);
    await utimes(lock, longAgo, longAgo);
    expect(await withSetupLock(folder, async () => 'done')).toBe('done');
  });

  it('says which folder cannot be written', async () => {
    await writeFile(join(folder, 'a file'), '');
    await expect(withSetupLock(join(folder, 'a file'), async () => undefined)).rejects.toThrow(/a file.*make it writable/s);
  });
});

describe('the desktop window', () => {
  it('is tried only where there is a display', () => {
    expect(hasDisplay('linux', {})).toBe(false);
    expect(hasDisplay('linux', { DISPLAY: ':0' })).toBe(true);
    expect(hasDisplay('linux', { DISPLAY: '' })).toBe(false);
    expect(hasDisplay('linux', { WAYLAND_DISPLAY: 'wayland-0' })).toBe(true);
    expect(hasDisplay('darwin', { SSH_CONNECTION: '10.0.0.1 1 10.0.0.2 22' })).toBe(false);
    expect(hasDisplay('win32', {})).toBe(true);
  });

  it('needs a runtime that is really there', () => {
    expect(electronExecutable(folder)).toBeUndefined();
  });
});
