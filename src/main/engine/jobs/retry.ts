import type { ErrorCode } from '../../../contract/index.ts';

/** How often a failed attempt is repeated before the item is failed for good. */
export const MAX_RETRIES = 3;

const HEALS: ReadonlySet<string> = new Set<ErrorCode>([
  'dns', 'connect', 'timeout-connect', 'timeout-headers', 'timeout-idle', 'timeout-total', 'too-slow', 'reset',
  'rate-limited', 'vanished', 'internal', 'offline', 'disk-full',
  'http-408', 'http-425', 'http-429', 'http-500', 'http-502', 'http-503', 'http-504', 'http-521', 'http-522', 'http-524',
]);

/** Whether time alone can make this error go away, so that trying again is more than hope. */
export function heals(code: ErrorCode): boolean {
  return HEALS.has(code);
}

/**
 * Milliseconds to wait before the next attempt: full jitter over 2, 4, 8 s ("Exponential Backoff And Jitter", AWS
 * Architecture Blog, 2015), so that what failed together does not come back together.
 * @param attempt how many attempts have failed so far, from 1
 * @param random uniform in [0, 1)
 */
export function retryDelay(attempt: number, random: () => number): number {
  return Math.round(random() * 1000 * 2 ** attempt);
}
