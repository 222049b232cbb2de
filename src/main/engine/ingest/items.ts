import type Database from 'better-sqlite3';
import type { ErrorCode, Item, ItemError, ItemState, Verdict } from '../../../contract/index.ts';
import type { BatchVerbs } from '../batches/verbs.ts';
import type { Reader } from '../catalog/reader.ts';
import { shownLocation } from '../catalog/sources.ts';

export interface ItemQuery {
  readonly batchId?: number | undefined;
  readonly state?: ItemState | undefined;
  readonly code?: ErrorCode | undefined;
  readonly after: number;
  readonly limit: number;
}

export interface Items {
  list(query: ItemQuery): Promise<Item[]>;
  /** Queues refused items again, to be admitted with what can be read of them. */
  salvage(itemIds: readonly number[], now: number): { queued: number; refused: (ItemError & { itemId: number })[] };
}

interface ItemRow {
  readonly id: number;
  readonly container: string;
  readonly name: string;
  readonly batchId: number;
  readonly state: string;
  readonly assetId: number | null;
  readonly sha256: string | null;
  readonly verdict: Verdict | null;
  readonly format: string | null;
  readonly width: number | null;
  readonly height: number | null;
  readonly bytes: number | null;
  readonly attempts: number;
  readonly errorCode: ErrorCode | null;
  readonly errorMessage: string | null;
  readonly row: string | null;
}

interface Condition {
  readonly sql: string;
  readonly values: readonly (string | number)[];
}

const NEWEST_OF_SOURCE = `b.deleted_at IS NULL AND s.missing_since IS NULL AND NOT EXISTS (
  SELECT 1 FROM job newer JOIN batch nb ON nb.id = newer.batch_id WHERE newer.source_id = j.source_id AND newer.id > j.id AND nb.deleted_at IS NULL)`;

const STATE_IN_CATALOG: Readonly<Partial<Record<ItemState, string>>> = { running: 'leased' };

/** Up to this many items of a batch are sorted for each page; a larger batch is found in the order of all items. */
const SORTED_ITEMS = 20_000;
const IN_BATCH = 'IN (SELECT id FROM batch WHERE id = ? OR parent_id = ?)';

export function createItems(db: Database.Database, reader: Reader, verbs: BatchVerbs): Items {
  const sizeOf = db.prepare<[number, number], number>(`SELECT coalesce(sum(n), 0) FROM tally WHERE dimension = 'state' AND batch_id ${IN_BATCH}`).pluck();
  const requeue = db.prepare<[Record<string, unknown>]>(`
    UPDATE job SET state = 'queued', attempts = 0, run_after = 0, run_order = @now, error_code = NULL, error_message = NULL, verdict = NULL, finished_at = NULL,
      params = json_set(coalesce(params, '{}'), '$.salvage', json('true')) WHERE id = @id AND state = 'quarantined' AND verdict <> 'unreadable'`);
  const batchOf = db.prepare<[number], number>('SELECT batch_id FROM job WHERE id = ?').pluck();

  return {
    async list({ batchId, state, code, after, limit }) {
      const conditions: Condition[] = [{ sql: 'j.id > ?', values: [after] }, { sql: "j.task = 'ingest'", values: [] }];
      // Without a batch, a source that was ingested often is listed once, with its newest outcome, while it is there.
      conditions.push(batchId === undefined ? { sql: NEWEST_OF_SOURCE, values: [] } : { sql: `j.batch_id ${IN_BATCH}`, values: [batchId, batchId] });
      if (state !== undefined) conditions.push({ sql: 'j.state = ?', values: [STATE_IN_CATALOG[state] ?? state] });
      if (code !== undefined) conditions.push({ sql: 'j.error_code = ?', values: [code] });
      const isSmall = batchId !== undefined && (sizeOf.get(batchId, batchId) ?? 0) <= SORTED_ITEMS;
      const rows = await reader.rows<ItemRow>(`
        SELECT j.id, c.path AS container, s.name, j.batch_id AS batchId, j.state, j.asset_id AS assetId, lower(hex(coalesce(a.sha256, s.sha256))) AS sha256,
          j.verdict, coalesce(a.format, s.format) AS format, coalesce(a.width, s.width) AS width, coalesce(a.height, s.height) AS height,
          coalesce(a.bytes, s.bytes) AS bytes, j.attempts, j.error_code AS errorCode, j.error_message AS errorMessage, j.row
        FROM job j ${isSmall ? 'INDEXED BY job_batch' : 'NOT INDEXED'} CROSS JOIN batch b ON b.id = j.batch_id CROSS JOIN source s ON s.id = j.source_id
        JOIN container c ON c.id = s.container_id LEFT JOIN asset a ON a.id = j.asset_id
        WHERE ${conditions.map(({ sql }) => sql).join(' AND ')} ORDER BY j.id LIMIT ?`, [...conditions.flatMap(({ values }) => values), limit]);
      return rows.map(toItem);
    },
    salvage(itemIds, now) {
      const refused: (ItemError & { itemId: number })[] = [];
      let queued = 0;
      db.transaction(() => {
        for (const id of itemIds) {
          if (requeue.run({ id, now }).changes === 1) {
            const batchId = batchOf.get(id);
            if (batchId !== undefined) verbs.reopen(batchId);
            queued += 1;
          } else refused.push({ itemId: id, code: 'bad-input', message: `Item ${id} is not in quarantine, or nothing of it can be read.` });
        }
      }).immediate();
      return { queued, refused };
    },
  };
}

function toItem(row: ItemRow): Item {
  const isKnown = row.sha256 !== null && row.sha256 !== '';
  return {
    id: row.id, source: shownLocation(row.container, row.name), batchId: row.batchId, state: row.state === 'leased' ? 'running' : (row.state as ItemState),
    assetId: row.assetId, sha256: isKnown ? row.sha256 : null, verdict: row.verdict, format: row.format, width: row.width, height: row.height, bytes: row.bytes,
    attempts: row.attempts, error: row.errorCode === null ? null : { code: row.errorCode, message: row.errorMessage ?? '' },
    row: row.row === null ? null : (JSON.parse(row.row) as Record<string, string>),
  };
}
