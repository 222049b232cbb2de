import { describe, expect, it } from 'vitest';
import { ERROR_CODES, type ItemCounts } from '../src/contract/index.ts';
import { batchVerbs, canRetry, finishedCount, fractionDone, imageCount, leftOutCount, wantedCount } from '../src/renderer/batches/progress.ts';

const counts: ItemCounts = { total: 28_230, queued: 0, running: 0, done: 500, failed: 10, quarantined: 8, skipped: 27_720, unchanged: 36, cancelled: 0 };

describe('the sums of a batch', () => {
  it('are about images; other files are told apart', () => {
    expect([imageCount(counts), leftOutCount(counts), wantedCount(counts), finishedCount(counts)]).toEqual([536, 27_684, 546, 546]);
  });

  it('make no progress out of files that are passed over', () => {
    const batch = { ...counts, queued: 500, done: 0 } as Parameters<typeof fractionDone>[0];
    expect(fractionDone(batch)).toBeCloseTo(46 / 546);
  });

  it('leave out of what is finished what was cancelled, which can be gone on with', () => {
    const batch = { ...counts, total: 798, done: 274, failed: 0, skipped: 0, unchanged: 0, cancelled: 524, state: 'cancelled', deletedAt: null } as unknown as Parameters<typeof fractionDone>[0];
    expect(fractionDone(batch)).toBeCloseTo(274 / 798);
    expect(batchVerbs(batch, false)).toEqual(['goOn', 'delete']);
  });
});

describe('trying again', () => {
  it('is offered where it can help, and nowhere else', () => {
    const offered = ERROR_CODES.filter((code) => canRetry({ code, retryable: ['disk-full', 'internal', 'vanished'].includes(code) }));
    expect(offered.toSorted()).toEqual(['disk-full', 'internal', 'no-permission', 'not-found', 'too-many-bytes', 'too-many-pixels', 'too-small', 'too-wide', 'vanished']);
  });

  it('is no verb of a batch whose failures all stay what they are', () => {
    const batch = { state: 'completed-with-errors', deletedAt: null, failed: 3, cancelled: 0 } as const;
    expect([batchVerbs(batch, true), batchVerbs(batch, false)]).toEqual([['retry', 'delete'], ['delete']]);
  });
});
