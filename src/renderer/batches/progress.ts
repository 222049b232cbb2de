import type { Batch, BatchState, ErrorCode, FailureGroup, ItemCounts } from '../../contract/index.ts';
import type { Tone } from '../ui/Badge.tsx';
import type { ProgressBarProps } from '../ui/ProgressBar.tsx';

/** Files that were passed over because they are no images, or hidden. They are told aside from what an import is about. */
export function leftOutCount({ skipped, unchanged }: ItemCounts): number {
  return skipped - unchanged;
}

export function wantedCount(counts: ItemCounts): number {
  return counts.total - leftOutCount(counts);
}

/** What was cancelled is not finished: it can be gone on with. */
export function finishedCount({ done, failed, unchanged }: ItemCounts): number {
  return done + failed + unchanged;
}

/** Images that an import has led to, new or known before. */
export function imageCount({ done, unchanged }: ItemCounts): number {
  return done + unchanged;
}

/** 0–1; null while the total is still growing from nothing. */
export function fractionDone(batch: Batch): number | null {
  const wanted = wantedCount(batch);
  if (wanted === 0) return batch.scanning ? null : 1;
  return finishedCount(batch) / wanted;
}

/** True while there is or will be work. */
export function isActive({ state }: Pick<Batch, 'state'>): boolean {
  return state === 'running' || state === 'queued' || state === 'paused';
}

export function progressTone({ state }: Pick<Batch, 'state'>): NonNullable<ProgressBarProps['tone']> {
  if (state === 'paused' || state === 'cancelled' || state === 'draft') return 'paused';
  if (state === 'failed') return 'failed';
  return state === 'completed' || state === 'completed-with-errors' ? 'complete' : 'running';
}

const TONES: Readonly<Partial<Record<BatchState, Tone>>> = { 'running': 'accent', 'paused': 'warning', 'completed-with-errors': 'warning', 'failed': 'danger' };

export function stateTone(state: BatchState): Tone {
  return TONES[state] ?? 'neutral';
}

export type BatchVerb = 'pause' | 'resume' | 'goOn' | 'cancel' | 'retry' | 'delete' | 'restore';

/** What can be done with a batch in its state; `retryable` says whether trying its failures again can help. */
export function batchVerbs({ state, deletedAt, failed, cancelled }: Pick<Batch, 'state' | 'deletedAt' | 'failed' | 'cancelled'>, retryable: boolean): readonly BatchVerb[] {
  if (deletedAt !== null) return ['restore'];
  const verbs: BatchVerb[] = [];
  if (state === 'running' || state === 'queued') verbs.push('pause');
  if (state === 'paused') verbs.push('resume');
  if (state === 'cancelled' || (cancelled > 0 && !isActive({ state }))) verbs.push('goOn');
  if (retryable && failed > 0 && !isActive({ state })) verbs.push('retry');
  if (isActive({ state })) verbs.push('cancel');
  else verbs.push('delete');
  return verbs;
}

/** What can be done about a failure, in place of trying again or before it. */
export type Remedy = 'again' | 'bring' | 'permit' | 'allow' | 'limit' | 'replace' | 'none';

const REMEDIES: Readonly<Partial<Record<ErrorCode, Remedy>>> = {
  'not-found': 'bring', 'no-permission': 'permit', 'blocked-address': 'allow', 'too-many-bytes': 'limit', 'too-many-pixels': 'limit', 'too-wide': 'limit', 'too-small': 'limit',
  'truncated': 'replace', 'corrupt': 'replace',
};

export function remedyOf({ code, retryable }: Pick<FailureGroup, 'code' | 'retryable'>): Remedy {
  return REMEDIES[code] ?? (retryable ? 'again' : 'none');
}

/** Whether trying again can end otherwise, by itself or once the user has removed the reason. */
export function canRetry(group: Pick<FailureGroup, 'code' | 'retryable'>): boolean {
  return !['replace', 'allow', 'none'].includes(remedyOf(group));
}
