import type { Progress } from '../../contract/index.ts';
import { formatCount, formatDuration } from './format.ts';
import type { Output } from './output.ts';

export interface ProgressReporter {
  readonly show: (progress: readonly Progress[]) => void;
  readonly end: () => void;
}

/** Elsewhere than on a terminal: one line this often. */
const LINE_EVERY_MS = 5000;

/**
 * Progress on stderr: a live line on a terminal, else one line every five seconds. `now` in milliseconds. What is tried
 * again had been finished before: nothing was resumed, and it is not said.
 */
export function createProgressReporter(output: Output, now: () => number, isRetry = false): ProgressReporter {
  let lastLine = now();
  const resumed = new Set<number>();
  return {
    show(progress) {
      for (const { batch, resumedFrom } of progress) {
        if (isRetry || resumedFrom === null || resumed.has(batch.id)) continue;
        resumed.add(batch.id);
        output.note(`Resumed ${formatCount(resumedFrom)} of ${formatCount(batch.total)}.`);
      }
      if (progress.length === 0) return;
      if (output.isLive) output.live(describeProgress(progress));
      else if (now() - lastLine >= LINE_EVERY_MS) {
        lastLine = now();
        output.note(describeProgress(progress));
      }
    },
    end: () => { output.live(''); },
  };
}

/** `12,304 of 48,000 (25 %) · 85/s · about 7 min left · 3 failed` */
export function describeProgress(progress: readonly Progress[]): string {
  const sum = (pick: (one: Progress) => number): number => progress.reduce((total, one) => total + pick(one), 0);
  const total = sum(({ batch }) => batch.total);
  const settled = total - sum(({ batch }) => batch.queued + batch.running);
  const failed = sum(({ batch }) => batch.failed);
  const scanning = progress.some(({ batch }) => batch.scanning);
  const paused = progress.every(({ batch }) => batch.state === 'paused');
  const etas = progress.map(({ etaSeconds }) => etaSeconds).filter((eta) => eta !== null);
  return [
    `${formatCount(settled)} of ${formatCount(total)}${scanning ? '+' : total === 0 ? '' : ` (${String(Math.floor((100 * settled) / total))} %)`}`,
    paused ? 'paused' : `${formatRate(sum(({ itemsPerSecond }) => itemsPerSecond))}/s`,
    ...(scanning ? ['still looking'] : []),
    ...(etas.length === 0 || paused ? [] : [`about ${formatDuration(Math.max(...etas))} left`]),
    ...(failed === 0 ? [] : [`${formatCount(failed)} failed`]),
  ].join(' · ');
}

function formatRate(itemsPerSecond: number): string {
  return itemsPerSecond.toLocaleString('en', { maximumFractionDigits: itemsPerSecond < 10 ? 1 : 0 });
}
