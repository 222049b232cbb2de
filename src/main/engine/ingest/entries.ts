import type Database from 'better-sqlite3';
import type { ErrorCode, Policy } from '../../../contract/index.ts';
import type { KnownSource, Sources } from '../catalog/sources.ts';
import type { JobQueue, NewJob, SettledOutcome } from '../jobs/queue.ts';
import { PIPELINE_VERSION } from '../renditions/store.ts';
import { seenKey } from './ingest-handler.ts';
import type { ScanEntry } from './scan/entry.ts';

export interface EntriesDependencies {
  readonly db: Database.Database;
  readonly queue: JobQueue;
  readonly sources: Sources;
  /** Whether what was fetched from this source is still as good as new. */
  readonly isFresh: (sourceId: number) => boolean;
  readonly policy: () => Policy;
  readonly now: () => number;
}

/** What became of an entry: the source it is, and whether a job that runs just now may have missed what it says. */
export interface Taken {
  readonly sourceId: number | null;
  readonly unsettled: boolean;
}

export interface Entries {
  /** Makes an item of what a scan came upon: work, or an outcome that is known without reading the file. */
  add(entry: ScanEntry, batchId: number, copy: boolean): void;
  /** The same for a folder's entry, which a walk that begins again comes upon again: it is an item once. */
  addOnce(entry: ScanEntry, batchId: number, copy: boolean): Taken;
  /** Makes an item only of what is new or has changed since it was last read, in the batch that `batchId` then makes. */
  addChanged(entry: ScanEntry, batchId: () => number, copy: boolean): Taken;
}

export function createEntries({ db, queue, sources, isFresh, policy, now }: EntriesDependencies): Entries {
  const alreadyThere = db.prepare<[number, number], number>('SELECT 1 FROM job WHERE source_id = ? AND batch_id = ?').pluck();
  const newestJob = db.prepare<[number], { state: string; finishedAt: number | null }>(
    'SELECT j.state, j.finished_at AS finishedAt FROM job j JOIN batch b ON b.id = j.batch_id WHERE j.source_id = ? AND b.deleted_at IS NULL ORDER BY j.id DESC LIMIT 1');

  const compareAgain = db.prepare<[number]>('UPDATE fingerprint SET paired = 0, pairing_error = NULL WHERE asset_id = ? AND paired = 2');

  function enqueue(entry: ScanEntry, source: KnownSource, batchId: number, copy: boolean): void {
    const outcome = outcomeOf(entry, source, copy);
    const hostId = entry.host === null ? null : sources.hostId(entry.host);
    const job: NewJob = { batchId, task: 'ingest', priority: 'normal', sourceId: source.id, hostId, row: entry.row, params: copy ? '{"copy":true}' : null };
    // Whoever takes an image in again has been told that it could not be compared.
    if (source.assetId !== null && outcome?.state === 'skipped') compareAgain.run(source.assetId);
    queue.enqueue(outcome ? { ...job, outcome } : job, now());
  }

  /** The outcome that is known without reading the file; null when it has to be read. */
  function outcomeOf({ refusal, host, bytes, mtimeMs }: ScanEntry, source: KnownSource, copy: boolean): SettledOutcome | null {
    if (refusal) {
      const error = { code: refusal.code, message: refusal.message };
      return refusal.state === 'failed' ? { state: 'failed', error } : { state: 'skipped', assetId: null, error };
    }
    if (host !== null && source.assetId === null) return null;
    const unchanged = host === null ? bytes !== null && source.bytes === bytes && source.mtimeMs === mtimeMs : isFresh(source.id);
    if (!unchanged) return null;
    if (source.assetId !== null) {
      const same = source.seenKey === seenKey(policy(), false) && source.pipeline === PIPELINE_VERSION && (!copy || source.stored === 1);
      return same ? { state: 'skipped', assetId: source.assetId, verdict: source.verdict } : null;
    }
    if (source.errorCode === null || source.seenKey !== seenKey(policy(), true)) return null;
    return { state: 'quarantined', verdict: source.verdict, error: { code: source.errorCode as ErrorCode, message: source.errorMessage ?? '' } };
  }

  function isChange(entry: ScanEntry, source: KnownSource | null, copy: boolean): boolean {
    if (entry.refusal?.state === 'skipped') return false;
    if (source === null) return true;
    if (entry.refusal === null && outcomeOf(entry, source, copy) !== null) return false;
    const job = newestJob.get(source.id);
    if (job === undefined) return true;
    // It will be read as it is by then.
    if (job.state === 'queued' || job.state === 'leased') return false;
    // What failed or was called off is no news until something about the file has changed.
    return entry.refusal === null && !((job.state === 'failed' || job.state === 'cancelled') && (entry.ctimeMs ?? 0) <= (job.finishedAt ?? 0));
  }

  return {
    add(entry, batchId, copy) { enqueue(entry, sources.upsert(entry, isThere(entry)), batchId, copy); },
    addOnce(entry, batchId, copy) {
      const source = sources.upsert(entry, isThere(entry));
      if (alreadyThere.get(source.id, batchId) === undefined) enqueue(entry, source, batchId, copy);
      return { sourceId: source.id, unsettled: false };
    },
    addChanged(entry, batchId, copy) {
      const known = sources.see(entry, isThere(entry));
      if (!isChange(entry, known, copy)) return { sourceId: known?.id ?? null, unsettled: known !== null && newestJob.get(known.id)?.state === 'leased' };
      const source = known ?? sources.upsert(entry, true);
      enqueue(entry, source, batchId(), copy);
      return { sourceId: source.id, unsettled: false };
    },
  };
}

/** A list may name what is long gone; what a folder shows is there, even if it cannot be opened. */
function isThere(entry: ScanEntry): boolean {
  return entry.row === null || entry.bytes !== null || entry.host !== null;
}
