import type Database from 'better-sqlite3';
import type { ErrorCode } from '../../../contract/index.ts';
import type { SettledOutcome } from '../jobs/queue.ts';
import type { AnswerFacts } from './download.ts';
import type { Validators } from './headers.ts';

/** What the catalog remembers of what was fetched. */
export interface Fetched {
  /** Whether the source's image is there and need not be asked for: the server said so, or it was fetched a short while ago. */
  isFresh(sourceId: number): boolean;
  /** What has come of this source since then, for another item; `pending` while it is being read, null when it was not fetched. */
  outcomeSince(sourceId: number, time: number, jobId: number): SettledOutcome | 'pending' | null;
  /** What to ask the server by whether it has another version; null when nothing of it is there. */
  validators(sourceId: number): Validators | null;
  /** @param content what came; null where the server said that what is there still holds, and perhaps no more */
  note(sourceId: number, facts: AnswerFacts, content: { readonly sha256: string; readonly bytes: number } | null): void;
  assetOf(sourceId: number): number | null;
}

/** A server that says nothing of how long its answer holds: a day, as is usual for images. */
const FRESH_MS = 24 * 3600_000;

export function createFetched(db: Database.Database, now: () => number): Fetched {
  const find = db.prepare<[number], { etag: string | null; lastModified: string | null; fetchedAt: number; freshUntil: number | null; sha256: Buffer | null; assetId: number | null }>(`
    SELECT f.etag, f.last_modified AS lastModified, f.fetched_at AS fetchedAt, f.fresh_until AS freshUntil, f.sha256, (SELECT a.id FROM asset a WHERE a.id = s.asset_id AND a.sha256 = f.sha256) AS assetId
    FROM fetched f JOIN source s ON s.id = f.source_id WHERE f.source_id = ?`);
  const isBeingRead = db.prepare<[number, number], number>(`SELECT EXISTS (SELECT 1 FROM job WHERE source_id = ? AND id <> ? AND (state = 'leased' OR state = 'queued' AND lane IS NULL)
    AND NOT EXISTS (SELECT 1 FROM batch b WHERE b.id = job.batch_id AND (b.paused = 1 OR b.cancelled_at IS NOT NULL OR b.deleted_at IS NOT NULL)))`).pluck();
  const outcomeOf = db.prepare<[number], { verdict: string | null; code: ErrorCode | null; message: string | null }>(
    'SELECT verdict, error_code AS code, error_message AS message FROM source WHERE id = ?');
  const insert = db.prepare<[Record<string, unknown>]>(`
    INSERT OR REPLACE INTO fetched (source_id, etag, last_modified, content_type, final_url, fetched_at, fresh_until, sha256)
    VALUES (@sourceId, @etag, @lastModified, @contentType, @finalUrl, @now, @freshUntil, @sha256)`);
  const setContent = db.prepare<[Buffer, number, number]>('UPDATE source SET sha256 = ?, bytes = ?, missing_since = NULL WHERE id = ?');
  const assetOf = db.prepare<[number], number | null>('SELECT asset_id FROM source WHERE id = ?').pluck();
  return {
    isFresh(sourceId) {
      const found = find.get(sourceId);
      return found !== undefined && found.assetId !== null && now() < (found.freshUntil ?? found.fetchedAt + FRESH_MS);
    },
    outcomeSince(sourceId, time, jobId) {
      const found = find.get(sourceId);
      if (found === undefined || found.fetchedAt < time) return null;
      if (isBeingRead.get(sourceId, jobId) === 1) return 'pending';
      const outcome = outcomeOf.get(sourceId);
      if (outcome === undefined) return null;
      const { verdict, code, message } = outcome;
      if (found.assetId !== null) return { state: 'skipped', assetId: found.assetId, verdict };
      return code === null ? null : { state: 'quarantined', verdict, error: { code, message: message ?? '' } };
    },
    validators(sourceId) {
      const found = find.get(sourceId);
      return found === undefined || found.assetId === null ? null : { etag: found.etag, lastModified: found.lastModified };
    },
    note(sourceId, { etag, lastModified, contentType, finalUrl, freshUntil }, content) {
      const before = content === null ? find.get(sourceId) : undefined;
      const sha256 = content === null ? before?.sha256 ?? null : Buffer.from(content.sha256, 'hex');
      if (content !== null) setContent.run(Buffer.from(content.sha256, 'hex'), content.bytes, sourceId);
      // What a 304 does not say is as it was (RFC 9111, 4.3.4): it holds as long again as it did.
      const lifetime = before === undefined || before.freshUntil === null ? null : before.freshUntil - before.fetchedAt;
      insert.run({
        sourceId, contentType, finalUrl, sha256, now: now(), etag: etag ?? before?.etag ?? null, lastModified: lastModified ?? before?.lastModified ?? null,
        freshUntil: freshUntil ?? (lifetime === null ? null : now() + lifetime),
      });
    },
    assetOf: (sourceId) => assetOf.get(sourceId) ?? null,
  };
}
