import type { Batch, BatchState, ErrorCode } from '../../contract/index.ts';

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

/** `disk full`: the codes are words already. */
export function reasonInWords(code: ErrorCode): string {
  return code.replaceAll('-', ' ');
}
