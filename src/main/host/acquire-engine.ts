import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import * as z from 'zod';
import { openEngineSession, type EngineSession } from './engine-client.ts';
import { startEngine, type EngineProcess, type EngineProcessOptions } from './engine-process.ts';
import { hostError } from './host-error.ts';

export interface AcquireOptions extends EngineProcessOptions {
  /** The child of an earlier round, which may still be alive. */
  readonly child: EngineProcess | undefined;
  /** How long an engine that holds the workspace may go without answering, in milliseconds. */
  readonly busyWaitMs: number;
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
 * engine's lock lets one win, and the loser's `workspace-busy` sends us back to look for the winner.
 */
export async function acquireEngine(options: AcquireOptions): Promise<AcquiredEngine> {
  const giveUpAt = options.now() + options.busyWaitMs;
  for (;;) {
    const running = await findRunning(options);
    if (running !== undefined) {
      return { session: running, child: options.child?.isRunning() === true ? options.child : undefined };
    }
    const started = await startEngine(options);
    if (started.kind === 'ready') return { session: await openEngineSession(started.process.address), child: started.process };
    if (started.code !== 'workspace-busy' || options.now() >= giveUpAt) {
      throw hostError(started.code, started.message, { workspace: options.workspace });
    }
    await delay(RETRY_MS, undefined, { signal: options.signal });
  }
}

/**
 * `engine.json` may be missing, stale, or half a thought of a killed engine: only an open connection counts. An engine
 * that another process started only to read is told that there is work now.
 */
async function findRunning({ workspace, work }: AcquireOptions): Promise<EngineSession | undefined> {
  try {
    const file: unknown = JSON.parse(await readFile(join(workspace, 'engine.json'), 'utf8'));
    const session = await openEngineSession(engineFileSchema.parse(file).address);
    if (work) await session.link.call(['workspace', 'work'], { enabled: true }, { context: {} });
    return session;
  } catch {
    return undefined;
  }
}
