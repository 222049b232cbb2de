import { spawn, type ChildProcess } from 'node:child_process';
import { setTimeout as delay } from 'node:timers/promises';
import * as z from 'zod';
import { ERROR_CODES, type NamedErrorCode } from '../../contract/index.ts';
import { openEngineLog } from './engine-log.ts';
import { hostError, systemCode, systemReason } from './host-error.ts';

export interface EngineLaunch {
  /** Absolute path of the engine's entry: `src/main/engine/main.ts` in a checkout, `out/main/engine.js` in a package. */
  readonly entry: string;
  /** A plain Node ≥ 24 binary, never Electron's. */
  readonly node: string;
  readonly env: Readonly<Record<string, string | undefined>>;
}

export interface EngineProcessOptions {
  readonly launch: EngineLaunch;
  readonly workspace: string;
  /** False: the queue is left alone, for commands that only read. */
  readonly work: boolean;
  /** Sends the engine's own messages to this process' stderr instead of the log file. */
  readonly debug: boolean;
  /** Ends the start: an engine that does not serve yet is killed. */
  readonly signal?: AbortSignal;
}

export type StopMode = 'drain' | 'now';

export interface EngineProcess {
  readonly pid: number;
  readonly address: string;
  /** Resolves, never rejects, with how it ended: `status 0`, `signal SIGKILL`. */
  readonly exited: Promise<string>;
  readonly isRunning: () => boolean;
  /** Asks for the given end and resolves when the process is gone; one that does not answer is killed. */
  readonly stop: (mode: StopMode) => Promise<void>;
  /** Ends it without asking: it does not answer. The catalog is consistent, jobs come back by their leases. */
  readonly kill: () => Promise<void>;
}

export type EngineStart =
  | { readonly kind: 'ready'; readonly process: EngineProcess }
  | { readonly kind: 'refused'; readonly code: NamedErrorCode; readonly message: string };

const messageSchema = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('ready'), address: z.string().min(1), pid: z.int() }),
  z.object({ kind: z.literal('refused'), code: z.enum(ERROR_CODES), message: z.string() }),
]);

/** Long enough for the jobs in flight; then whoever asked to stop is no longer kept waiting. */
const DRAIN_LIMIT_MS = 20_000;
const STOP_NOW_LIMIT_MS = 3_000;

/**
 * Rows pass through the engine's heap by the million: a small nursery keeps what is garbage from piling up.
 *
 * With Maglev, the middle one of V8's compilers, two objects of one literal were seen to hold the same fractions, on a
 * loaded machine under Node 24.21: the second fit of a tone had changed the first. 5 test runs of 30 failed by that, and of
 * 28 without it none, which take no longer. The cause in V8 is not known: try again with another version of Node.
 */
const NODE_FLAGS = ['--max-semi-space-size=8', '--no-maglev'];

/** Starts one engine and waits until it serves or says why it does not. */
export async function startEngine({ launch, workspace, work, debug, signal }: EngineProcessOptions): Promise<EngineStart> {
  const log = await openEngineLog(workspace).catch((error: unknown) => {
    throw hostError(systemCode(error) ?? 'internal', `the workspace ${workspace} cannot be used: ${systemReason(error)}`);
  });
  const output = debug ? 2 : log.descriptor;
  signal?.throwIfAborted();
  // The engine must outlive neither its host nor a Ctrl-C it was not told of, so it stays in the host's group and obeys
  // the channel alone.
  const child = spawn(launch.node, [...NODE_FLAGS, launch.entry, '--workspace', workspace, ...(work ? [] : ['--no-work'])], {
    stdio: ['ignore', output, output, 'ipc'],
    env: { ...launch.env, ...engineEnvironment(launch.env) },
  });
  const exited = exitOf(child).finally(() => log.close());
  const abandon = (): void => { child.kill('SIGKILL'); };
  signal?.addEventListener('abort', abandon);
  const first = await Promise.race([firstMessage(child), exited]);
  signal?.removeEventListener('abort', abandon);
  if (typeof first === 'string') {
    return { kind: 'refused', code: 'internal', message: `the engine stopped while starting (${first}): ${await log.lastWords() ?? 'it said nothing'}; see ${log.path}` };
  }
  if (first.kind === 'refused') {
    await exited;
    return first.code === 'internal' ? { ...first, message: `the engine could not start: ${first.message}; see ${log.path}` } : first;
  }
  return { kind: 'ready', process: engineProcess(child, first, exited) };
}

/**
 * All are read once, when a process starts. glibc alone minds the last three: two malloc arenas, since by default it keeps
 * freed pixels per thread; and pixels from the heap, which it keeps, since mapping them anew for each picture costs a
 * twentieth of an ingest in page faults.
 */
function engineEnvironment(env: EngineLaunch['env']): Record<string, string> {
  const defaults = { UV_THREADPOOL_SIZE: '4', MALLOC_ARENA_MAX: '2', MALLOC_MMAP_THRESHOLD_: String(32 * 2 ** 20), MALLOC_TRIM_THRESHOLD_: String(64 * 2 ** 20) };
  return Object.fromEntries(Object.entries(defaults).map(([name, value]) => [name, env[name] ?? value]));
}

function firstMessage(child: ChildProcess): Promise<z.infer<typeof messageSchema>> {
  return new Promise((resolve) => {
    child.on('message', function listen(message) {
      const parsed = messageSchema.safeParse(message);
      if (!parsed.success) return;
      child.off('message', listen);
      resolve(parsed.data);
    });
  });
}

function exitOf(child: ChildProcess): Promise<string> {
  return new Promise((resolve) => {
    child.once('error', (error) => { resolve(error.message); });
    child.once('exit', (status, signal) => { resolve(signal === null ? `status ${String(status)}` : `signal ${signal}`); });
  });
}

function engineProcess(child: ChildProcess, ready: { readonly address: string; readonly pid: number }, exited: Promise<string>): EngineProcess {
  const isRunning = (): boolean => child.exitCode === null && child.signalCode === null;
  const waitUpTo = async (milliseconds: number): Promise<void> => {
    const timer = new AbortController();
    await Promise.race([exited, delay(milliseconds, undefined, { signal: timer.signal }).catch(() => undefined)]);
    timer.abort();
  };
  const stop = async (mode: StopMode): Promise<void> => {
    if (!isRunning()) return;
    // A channel that is closed already tells the engine the same thing.
    if (child.connected) child.send({ kind: 'stop', mode }, () => undefined);
    await waitUpTo(mode === 'drain' ? DRAIN_LIMIT_MS : STOP_NOW_LIMIT_MS);
    if (!isRunning()) return;
    await (mode === 'drain' ? stop('now') : kill());
  };
  const kill = async (): Promise<void> => {
    child.kill('SIGKILL');
    await exited;
  };
  return { ...ready, exited, isRunning, stop, kill };
}
