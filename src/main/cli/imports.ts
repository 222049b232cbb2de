import { setTimeout as delay } from 'node:timers/promises';
import type { Batch, ErrorCode, Progress } from '../../contract/index.ts';
import type { EngineClient } from '../host/engine-client.ts';
import { describeError } from '../host/host-error.ts';
import type { CommandContext } from './command.ts';
import { createProgressReporter } from './progress.ts';

export type ImportsEnd =
  | { readonly kind: 'finished' }
  | { readonly kind: 'interrupted' }
  /** Every unfinished part paused itself, and waiting would not help: the disk is full, say. */
  | { readonly kind: 'stuck'; readonly code: ErrorCode };

const QUIET_CHECK_MS = 1000;

/** Waits until the imports are done, showing how far they are. Outlives deaths of the engine. */
export async function followImports({ output, interrupt }: CommandContext, client: EngineClient, importIds: readonly number[]): Promise<ImportsEnd> {
  const reporter = createProgressReporter(output, () => performance.now());
  const isOurs = ({ batch }: Progress): boolean => importIds.includes(batch.parentId ?? batch.id);
  try {
    for (;;) {
      try {
        for await (const snapshot of quietly(await client.batches.progress(undefined, { signal: interrupt.signal }), interrupt.signal)) {
          const ours = snapshot?.filter(isOurs) ?? [];
          if (snapshot !== undefined) reporter.show(ours);
          const unfinished = ours.filter(({ batch }) => !isSettled(batch));
          if (unfinished.length === 0 && (await client.ingest.summary({ importIds: [...importIds] })).finished) return { kind: 'finished' };
          const [stuck] = unfinished;
          if (stuck !== undefined && stuck.pausedBecause !== null && unfinished.every(({ pausedBecause }) => pausedBecause !== null)) {
            return { kind: 'stuck', code: stuck.pausedBecause };
          }
        }
      } catch (error) {
        if (interrupt.signal.aborted) return { kind: 'interrupted' };
        if (describeError(error).code !== 'reset') throw error;
        output.note('The engine stopped unexpectedly and is being started again; nothing is lost.');
      }
    }
  } finally {
    reporter.end();
  }
}

function isSettled({ state, scanning }: Batch): boolean {
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
