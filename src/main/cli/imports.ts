import { setTimeout as delay } from 'node:timers/promises';
import type { Batch, ErrorCode, Progress } from '../../contract/index.ts';
import type { EngineClient } from '../host/engine-client.ts';
import type { EngineLink } from '../host/engine-link.ts';
import { describeError } from '../host/host-error.ts';
import type { CommandContext } from './command.ts';
import { createProgressReporter } from './progress.ts';

export type ImportsEnd =
  | { readonly kind: 'finished' }
  | { readonly kind: 'interrupted' }
  /** Every unfinished part paused itself, and waiting would not help: the disk is full, say. */
  | { readonly kind: 'stuck'; readonly code: ErrorCode };

const QUIET_CHECK_MS = 1000;
const PAGE = 1000;

/** Waits until the imports are done, showing how far they are. Outlives deaths of the engine. */
export async function followImports(context: CommandContext, client: EngineClient, importIds: readonly number[], isRetry = false): Promise<ImportsEnd> {
  const reporter = createProgressReporter(context.output, () => performance.now(), isRetry);
  const isOurs = ({ batch }: Progress): boolean => importIds.includes(batch.parentId ?? batch.id);
  let isPauseTold = false;
  try {
    return await watchProgress<ImportsEnd>(context, client, async (snapshot) => {
      const ours = snapshot?.filter(isOurs) ?? [];
      if (snapshot !== undefined) reporter.show(ours);
      const unfinished = ours.filter(({ batch }) => !isSettled(batch));
      if (unfinished.length === 0 && (await client.ingest.summary({ importIds: [...importIds] })).finished) return { kind: 'finished' };
      const isPaused = unfinished.length > 0 && unfinished.every(({ batch }) => batch.state === 'paused');
      if (isPaused && !isPauseTold) context.output.note('Paused by another window or command; resume it to go on (Ctrl-C leaves it paused).');
      // A second without a snapshot says nothing new.
      if (snapshot !== undefined) isPauseTold = isPaused;
      const code = unfinished[0]?.pausedBecause ?? null;
      return code !== null && unfinished.every(({ pausedBecause }) => pausedBecause !== null) ? { kind: 'stuck', code } : undefined;
    }) ?? { kind: 'interrupted' };
  } finally {
    reporter.end();
  }
}

/**
 * Looks at each snapshot of the progress, and at `undefined` for each second without one, until an answer is found or
 * the user interrupts, which answers with undefined. Outlives deaths of the engine.
 */
export async function watchProgress<Answer>(
  { output, interrupt }: CommandContext, client: EngineClient, look: (snapshot: readonly Progress[] | undefined) => Promise<Answer | undefined>,
): Promise<Answer | undefined> {
  for (;;) {
    try {
      for await (const snapshot of quietly(await client.batches.progress(undefined, { signal: interrupt.signal }), interrupt.signal)) {
        const answer = await look(snapshot);
        if (answer !== undefined) return answer;
      }
    } catch (error) {
      if (interrupt.signal.aborted) return undefined;
      if (describeError(error).code !== 'reset') throw error;
      output.note('The engine stopped unexpectedly and is being started again; nothing is lost.');
    }
  }
}

/** After an interruption: lets what is in work finish while it can still be counted. Another process' engine works on. */
export async function restEngine({ client, isOwned }: EngineLink): Promise<void> {
  if (isOwned()) await client.workspace.work({ enabled: false });
}

/** All imports newer than `since`, newest first. */
export async function listImports(client: EngineClient, { since = 0, includeDeleted = false }: { readonly since?: number; readonly includeDeleted?: boolean }): Promise<readonly Batch[]> {
  const found: Batch[] = [];
  for (;;) {
    const before = found.at(-1)?.id;
    const page = await client.batches.list({ includeDeleted, limit: PAGE, ...(before === undefined ? {} : { before }) });
    found.push(...page.filter(({ id }) => id > since));
    if (page.length < PAGE || (page.at(-1)?.id ?? 0) <= since) return found;
  }
}

export function isSettled({ state, scanning }: Batch): boolean {
  return !scanning && (state === 'completed' || state === 'completed-with-errors' || state === 'cancelled' || state === 'failed');
}

/** The snapshots, and undefined for each second without one: a batch that ended while we were away tells nobody. */
async function* quietly(stream: AsyncIteratorObject<readonly Progress[]>, signal: AbortSignal): AsyncGenerator<readonly Progress[] | undefined> {
  let next = stream.next();
  for (;;) {
    const timer = new AbortController();
    const silence = delay(QUIET_CHECK_MS, undefined, { signal: AbortSignal.any([signal, timer.signal]) });
    silence.catch(() => undefined);
    const result = await Promise.race([next, silence]);
    timer.abort();
    if (result === undefined) yield undefined;
    else if (result.done === true) return;
    else {
      yield result.value;
      next = stream.next();
    }
  }
}
