import type Database from 'better-sqlite3';
import type { ItemState, Metrics } from '../../../contract/index.ts';
import { ITEM_STATES } from '../../../contract/index.ts';

/** Totals from rows that triggers keep, so the answer takes no longer for a million assets than for one. */
export function readMetrics(db: Database.Database, root: string): Metrics {
  const total = db.prepare<[string], number>('SELECT n FROM total WHERE key = ?').pluck();
  const tallies = db.prepare<[], { state: string; n: number }>(
    `SELECT value AS state, sum(n) AS n FROM tally JOIN batch b ON b.id = batch_id WHERE dimension = 'state' AND b.deleted_at IS NULL GROUP BY value`).all();
  const activeMs = db.prepare<[], number>('SELECT coalesce(sum(active_ms), 0) FROM batch').pluck().get() ?? 0;
  const byState = Object.fromEntries(ITEM_STATES.map((state) => [state, tallies.find((tally) => tally.state === (state === 'running' ? 'leased' : state))?.n ?? 0])) as Record<ItemState, number>;
  const itemsFinished = byState.done + byState.failed + byState.quarantined + byState.skipped;
  const [assetBytes, renditionBytes] = [total.get('asset-bytes') ?? 0, total.get('rendition-bytes') ?? 0];
  return {
    workspace: root,
    assetCount: total.get('assets') ?? 0, renditionCount: total.get('renditions') ?? 0,
    assetBytes, renditionBytes, totalBytes: assetBytes + renditionBytes,
    itemsByState: byState,
    throughput: { itemsFinished, activeSeconds: activeMs / 1000, itemsPerSecond: activeMs === 0 ? 0 : byState.done / (activeMs / 1000) },
  };
}
