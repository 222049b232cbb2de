import { setTimeout } from 'node:timers/promises';

/**
 * A token bucket for all downloads together, a quarter of a second deep.
 * @param rate bytes per second, null for no limit; asked each time, so that it can be changed while downloads run
 * @returns waits until so many bytes may have been taken; undefined when nothing has to be waited for
 */
export function createThrottle(rate: () => number | null, now: () => number): (bytes: number) => Promise<void> | undefined {
  let freeAt = 0;
  return (bytes) => {
    const bytesPerSecond = rate();
    if (bytesPerSecond === null) return undefined;
    freeAt = Math.max(freeAt, now() - DEPTH_MS) + bytes / bytesPerSecond * 1000;
    const wait = freeAt - now();
    return wait <= 0 ? undefined : setTimeout(wait);
  };
}

const DEPTH_MS = 250;
