import type { Batch, BatchState, ErrorCode, Relation, SimilarHit, Transform } from '../../contract/index.ts';
import { formatCount, plural } from './format.ts';

const STATES: Readonly<Record<BatchState, string>> = {
  'draft': 'draft', 'queued': 'waiting', 'running': 'running', 'paused': 'paused', 'completed': 'done',
  'completed-with-errors': 'done with failures', 'cancelled': 'cancelled', 'failed': 'failed',
};

/** The window's words for the state of a batch. */
export function stateInWords({ state, deletedAt }: Pick<Batch, 'state' | 'deletedAt'>): string {
  return deletedAt === null ? STATES[state] : 'deleted';
}

/** What to say of the first of these that was called off, by another window or command. */
export function cancelledIn(batches: readonly Batch[]): { readonly code: ErrorCode; readonly message: string } | undefined {
  const batch = batches.find(({ state }) => state === 'cancelled');
  return batch && { code: 'cancelled', message: `“${batch.name}” was cancelled; “proofsheet batch retry ${String(batch.id)}” goes on with the rest of it.` };
}

/** `30 failed, 26 of them in quarantine`: what lies there counts as failed, but its items have a state of their own. */
export function failedInWords({ failed, quarantined }: Pick<Batch, 'failed' | 'quarantined'>): string {
  const share = quarantined < failed ? `${formatCount(quarantined)} of them ` : failed > 1 ? 'all ' : '';
  return `${formatCount(failed)} failed${quarantined === 0 ? '' : `, ${share}in quarantine`}`;
}

/** `257 unchanged, 12 left out`: known already and as it was, or no image, or hidden; empty when there is neither. */
export function skippedInWords({ skipped, unchanged }: Pick<Batch, 'skipped' | 'unchanged'>): string {
  const parts = [[unchanged, 'unchanged'], [skipped - unchanged, 'left out']] as const;
  return parts.filter(([count]) => count > 0).map(([count, what]) => `${formatCount(count)} ${what}`).join(', ');
}

/** Of images whose previews cannot be read. */
export function notComparedInWords(count: number): string {
  const them = count === 1 ? 'it' : 'them';
  return `${plural(count, 'image')} could not be compared, because no preview of ${them} can be read; ingest ${them} again.`;
}

/** Of files that a cleanup was busy with when their disk went. */
export function unreachableInWords(count: number): string {
  return `${plural(count, 'file')} of these cannot be reached: whether ${count === 1 ? 'it was' : 'they were'} moved is found out by itself once the volume is back; “proofsheet cleanup list” tells.`;
}

/** `disk full`: the codes are words already. */
export function reasonInWords(code: ErrorCode): string {
  return code.replaceAll('-', ' ');
}

const RELATIONS: Readonly<Record<Relation, string>> = {
  'identical-bytes': 'same bytes', 'identical-pixels': 'same pixels', 'near': 'near-identical', 'rotated': 'rotated', 'mirrored': 'mirrored', 'cropped': 'cropped', 'bordered': 'bordered',
};
const TURNS: Readonly<Partial<Record<Transform, string>>> = { 'rotate-90': ' 90°', 'rotate-180': ' 180°', 'rotate-270': ' 270°' };

/** `rotated 90°, 99.8 %`: what was done to the one to get the other, and how like they are. */
export function likenessInWords({ relation, transform, similarity, isDerived }: Pick<SimilarHit, 'relation' | 'transform' | 'similarity' | 'isDerived'>): string {
  // Never rounded up to what only equal pixels are.
  const percent = Math.floor(similarity * 1000) / 10;
  const isMarked = isDerived && relation !== 'cropped' && relation !== 'bordered';
  return `${isMarked && relation === 'near' ? '' : RELATIONS[relation]}${isMarked ? `${relation === 'near' ? '' : ', '}with a mark` : ''}${relation === 'rotated' ? TURNS[transform] ?? '' : ''}${relation.startsWith('identical') ? '' : `, ${percent.toFixed(1)} %`}`;
}
