import type { BrowserWindow } from 'electron';
import type { Progress } from '../../contract/index.ts';
import type { EngineLink } from '../host/engine-link.ts';

/** Below zero removes the bar, above one shows a bar without an end (Electron's own convention). */
const NO_BAR = -1;
const UNKNOWN = 2;

/** Shows the running imports' progress on the taskbar or the dock, as long as there is an engine to ask. */
export function showProgress(link: EngineLink, windows: () => readonly BrowserWindow[]): void {
  const set = (value: number): void => {
    for (const window of windows()) window.setProgressBar(value);
  };
  const watch = async (): Promise<void> => {
    try {
      for await (const progress of await link.client.batches.progress()) set(overallProgress(progress));
    } catch {
      set(NO_BAR); // the engine is gone; the next `connected` begins again
    }
  };
  void watch();
  link.onState((state) => {
    if (state === 'connected') void watch();
  });
}

/** One fraction over all batches that are at work. */
export function overallProgress(progress: readonly Progress[]): number {
  const working = progress.filter(({ batch }) => batch.state === 'running');
  if (working.length === 0) return NO_BAR;
  const total = working.reduce((sum, { batch }) => sum + batch.total, 0);
  const finished = working.reduce((sum, { batch }) => sum + batch.done + batch.failed + batch.skipped, 0);
  return total === 0 ? UNKNOWN : Math.min(1, finished / total);
}
