import type { Batch, BatchState, ItemCounts } from '../../contract/index.ts';
import type { Tone } from '../ui/Badge.tsx';
import type { ProgressBarProps } from '../ui/ProgressBar.tsx';

export function finishedCount({ done, failed, skipped, cancelled }: ItemCounts): number {
  return done + failed + skipped + cancelled;
}

/** 0–1; null while the total is still growing from nothing. */
export function fractionDone(batch: Batch): number | null {
  if (batch.total === 0) return batch.scanning ? null : 1;
  return finishedCount(batch) / batch.total;
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

export type BatchVerb = 'pause' | 'resume' | 'cancel' | 'retry' | 'delete' | 'restore';

/** What can be done with a batch in its state; the engine refuses the rest. */
export function batchVerbs({ state, deletedAt, failed }: Batch): readonly BatchVerb[] {
  if (deletedAt !== null) return ['restore'];
  const verbs: BatchVerb[] = [];
  if (state === 'running' || state === 'queued') verbs.push('pause');
  if (state === 'paused') verbs.push('resume');
  if (failed > 0 && !isActive({ state })) verbs.push('retry');
  if (isActive({ state })) verbs.push('cancel');
  else verbs.push('delete');
  return verbs;
}
