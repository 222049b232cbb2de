import { setTimeout as delay } from 'node:timers/promises';
import type { SimilarityStatus } from '../../contract/index.ts';
import type { EngineClient } from '../host/engine-client.ts';
import { describeError } from '../host/host-error.ts';
import type { CommandContext } from './command.ts';
import { formatCount, formatDuration, plural } from './format.ts';

const LOOK_EVERY_MS = 500;
/** Elsewhere than on a terminal: one line this often. */
const LINE_EVERY_MS = 5000;

/**
 * Waits until every image of the catalog has been compared with the others, showing how far it is. Outlives deaths of
 * the engine. Throws when the user interrupts.
 */
export async function catchUp({ output, interrupt }: Pick<CommandContext, 'output' | 'interrupt'>, client: EngineClient): Promise<SimilarityStatus> {
  const began = performance.now();
  const first = await client.similarity.status();
  if (first.pending === 0) return first;
  let lastLine = began;
  for (;;) {
    const watching = new AbortController();
    const signal = AbortSignal.any([interrupt.signal, watching.signal]);
    const watch = (async () => {
      for (;;) {
        await delay(LOOK_EVERY_MS, undefined, { signal });
        const line = describeCatchUp(first, await client.similarity.status(undefined, { signal }), (performance.now() - began) / 1000);
        if (output.isLive) output.live(line);
        else if (performance.now() - lastLine >= LINE_EVERY_MS) {
          lastLine = performance.now();
          output.note(line);
        }
      }
    })();
    // It ends with the comparison, and tells nothing that the comparison itself does not.
    watch.catch(() => undefined);
    try {
      return await client.similarity.catchUp(undefined, { signal: interrupt.signal });
    } catch (error) {
      if (interrupt.signal.aborted || describeError(error).code !== 'reset') throw error;
      output.note('The engine stopped unexpectedly and is being started again; nothing is lost.');
    } finally {
      watching.abort();
      output.live('');
    }
  }
}

/** `Comparing: 1,204 of 5,000 images (24 %) · 85/s · about 45 s left · 3 failed` */
export function describeCatchUp(first: SimilarityStatus, { pending, failed }: SimilarityStatus, seconds: number): string {
  const done = Math.max(0, first.pending - pending);
  const rate = done / Math.max(seconds, 0.001);
  const newlyFailed = failed - first.failed;
  return [
    `Comparing: ${formatCount(done)} of ${plural(first.pending, 'image')} (${String(Math.floor((100 * done) / Math.max(1, first.pending)))} %)`,
    ...(done === 0 ? [] : [`${rate.toLocaleString('en', { maximumFractionDigits: rate < 10 ? 1 : 0 })}/s`, `about ${formatDuration(pending / rate)} left`]),
    ...(newlyFailed > 0 ? [`${formatCount(newlyFailed)} failed`] : []),
  ].join(' · ');
}
