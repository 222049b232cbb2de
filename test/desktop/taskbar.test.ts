import { expect, it } from 'vitest';
import type { Progress } from '../../src/contract/index.ts';
import { overallProgress } from '../../src/main/desktop/taskbar.ts';

const progress = (state: string, total: number, done: number, failed = 0): Progress =>
  ({ batch: { state, total, done, failed, quarantined: 0, skipped: 0, cancelled: 0 } }) as unknown as Progress;

it('shows one bar for all running imports, and none when nothing runs', () => {
  expect(overallProgress([])).toBe(-1);
  expect(overallProgress([progress('completed', 10, 10)])).toBe(-1);
  expect(overallProgress([progress('running', 100, 20, 5), progress('running', 100, 25), progress('paused', 1000, 0)])).toBe(0.25);
});

it('shows a bar without an end while the total is unknown', () => {
  expect(overallProgress([progress('running', 0, 0)])).toBeGreaterThan(1);
});
