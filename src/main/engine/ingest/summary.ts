import type Database from 'better-sqlite3';
import type { Batch, IngestSummary, Verdict } from '../../../contract/index.ts';
import type { BatchStore } from '../batches/batch-store.ts';

/** What came of these imports so far. Look-alikes still being compared pixel by pixel count as unfinished. */
export function summarize(db: Database.Database, batches: BatchStore, importIds: readonly number[]): IngestSummary {
  const tallies = db.prepare<[number], { dimension: string; value: string; n: number }>(
    `SELECT dimension, value, n FROM tally WHERE batch_id = ? AND dimension IN ('verdict', 'asset')`);
  const background = db.prepare<[], number>(`
    SELECT EXISTS (SELECT 1 FROM job INDEXED BY job_claim WHERE batch_id IS NULL AND state = 'queued')
      OR EXISTS (SELECT 1 FROM job INDEXED BY job_leased WHERE state = 'leased' AND batch_id IS NULL)`).pluck();
  const parts = importIds.flatMap((id) => batches.parts(id));
  // A list may still be read while the part that was read into is cancelled.
  const isOpen = (batch: Batch): boolean => batch.deletedAt === null && (batch.scanning || batch.queued + batch.running > 0);
  const finished = ![...importIds.map((id) => batches.get(id)), ...parts].some(isOpen) && background.get() === 0;
  const summary = { assetsNew: 0, assetsExisting: 0, verdicts: { clean: 0, salvageable: 0, unreadable: 0, rejected: 0 } };
  for (const part of parts.filter(({ deletedAt }) => deletedAt === null)) {
    for (const { dimension, value, n } of tallies.all(part.id)) {
      if (dimension === 'asset') summary[value === 'new' ? 'assetsNew' : 'assetsExisting'] += n;
      else summary.verdicts[value as Verdict] += n;
    }
  }
  return { batches: parts, ...summary, finished };
}
