import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import * as z from 'zod';
import { openEngineSession, type EngineSession, type Patience } from './engine-client.ts';
import { startEngine, type EngineProcess, type EngineProcessOptions } from './engine-process.ts';
import { describeError, hostError } from './host-error.ts';

export interface AcquireOptions extends EngineProcessOptions {
  /** The child of an earlier round, which may still be alive. */
  readonly child: EngineProcess | undefined;
  /** How long an engine that only starts or ends may hold the workspace, in milliseconds. */
  readonly busyWaitMs: number;
  /** How long one and the same engine that holds the workspace may go without answering, in milliseconds. */
  readonly silentWaitMs: number;
  readonly patience: Patience;
  readonly now: () => number;
  readonly signal: AbortSignal;
}

export interface AcquiredEngine {
  readonly session: EngineSession;
  /** Undefined when the engine is another process' child. */
  readonly child: EngineProcess | undefined;
}

const RETRY_MS = 200;

const engineFileSchema = z.object({ pid: z.int(), address: z.string().min(1), version: z.string() });

/**
 * Connects to the engine that holds the workspace, or starts one. Two hosts may do this at the same moment: the
 * engine's lock lets one win, and the loser's `workspace-busy` sends us back to look for the winner. One that ends holds
 * it for a while too, and one that starts on a slow disk may not answer at once.
 */
export async function acquireEngine(options: AcquireOptions): Promise<AcquiredEngine> {
  const { now, busyWaitMs, silentWaitMs, workspace } = options;
  const began = now();
  let silent: { readonly pid: number; readonly since: number } | undefined;
  for (;;) {
    const asked = now();
    const running = await findRunning(options);
    if (running.kind === 'found') return { session: running.session, child: options.child?.isRunning() === true ? options.child : undefined };
    if (running.kind === 'silent') {
      // It is another process' child, and not ours to end.
      const pid = String(running.pid);
      // What was waited for until now may have been another one.
      if (silent?.pid !== running.pid) silent = { pid: running.pid, since: asked };
      if (now() - silent.since >= silentWaitMs) throw hostError('workspace-busy', `the engine that holds ${workspace} (process ${pid}) does not answer; end process ${pid} and try again, nothing that is done will be lost`, { pid: running.pid });
    } else {
      silent = undefined;
      const started = await startEngine(options);
      if (started.kind === 'ready') return { session: await openOwnSession(started.process, options.patience), child: started.process };
      if (started.code !== 'workspace-busy') throw hostError(started.code, started.message, { workspace });
      if (now() - began >= busyWaitMs) throw hostError('workspace-busy', `${started.message} It was waited for ${String(Math.round((now() - began) / 1000))} s; try again when it is done.`, { workspace });
    }
    await delay(RETRY_MS, undefined, { signal: options.signal });
  }
}

async function openOwnSession(engine: EngineProcess, patience: Patience): Promise<EngineSession> {
  try {
    return await openEngineSession(engine.address, patience);
  } catch (error) {
    await engine.kill();
    throw hostError('internal', `the engine could not be reached after its start: ${describeError(error).message}`);
  }
}

type Running =
  | { readonly kind: 'found'; readonly session: EngineSession }
  | { readonly kind: 'silent'; readonly pid: number }
  | { readonly kind: 'none' };

/**
 * `engine.json` may be missing, stale, or half a thought of a killed engine: only an open connection counts. An engine
 * that another process started only to read is told that there is work now.
 */
async function findRunning({ workspace, work, patience }: AcquireOptions): Promise<Running> {
  const file = await readEngineFile(workspace);
  if (file === undefined) return { kind: 'none' };
  try {
    const session = await openEngineSession(file.address, patience);
    if (work) await session.link.call(['workspace', 'work'], { enabled: true }, { context: {} });
    return { kind: 'found', session };
  } catch (error) {
    return describeError(error).code === 'timeout-connect' ? { kind: 'silent', pid: file.pid } : { kind: 'none' };
  }
}

async function readEngineFile(workspace: string): Promise<z.infer<typeof engineFileSchema> | undefined> {
  try {
    return engineFileSchema.parse(JSON.parse(await readFile(join(workspace, 'engine.json'), 'utf8')));
  } catch {
    return undefined;
  }
}
