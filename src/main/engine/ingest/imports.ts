import { createHash } from 'node:crypto';
import { statSync } from 'node:fs';
import { basename, extname, join, resolve } from 'node:path';
import type Database from 'better-sqlite3';
import type { IngestOptions, Policy } from '../../../contract/index.ts';
import type { ImportSpec } from '../batches/batch-store.ts';
import { errorCodeOf, errorMessageOf, ProofsheetError } from '../errors.ts';
import type { JobQueue, NewJob, SettledOutcome } from '../jobs/queue.ts';
import { seenKey } from './ingest-handler.ts';
import { partName } from './parts.ts';
import type { ScanEntry } from './scan/entry.ts';
import { isListPath } from './scan/list-format.ts';
import { openList } from './scan/list.ts';
import { scan } from './scan/scan.ts';
import type { KnownSource, Sources } from '../catalog/sources.ts';

export interface ImportsDependencies {
  readonly db: Database.Database;
  readonly queue: JobQueue;
  readonly sources: Sources;
  readonly policy: () => Policy;
  readonly maxBatchSize: () => number;
  /** The workspace's own folder, never read as a source. */
  readonly exclude: string;
  readonly scanThread: URL;
  readonly now: () => number;
  /** New items are queued, or a scan has ended. */
  readonly onQueued: () => void;
  readonly onDefect: (error: unknown) => void;
}

export interface Imports {
  /** Begins an import of each list and one of all folders and files, or joins unfinished ones of the same sources. */
  start(options: IngestOptions): Promise<number[]>;
  /** Takes up the scans that an engine before this one left unfinished. */
  resumeScans(): void;
  /** Imports what is new or changed in these folders, with or without those below; what is unchanged leaves no trace. */
  addChanged(folders: readonly string[], recursive: boolean): Promise<void>;
  stop(): Promise<void>;
}

export function createImports(dependencies: ImportsDependencies): Imports {
  const { db, queue, sources, policy, exclude, scanThread, now, onQueued, onDefect } = dependencies;
  const findUnfinished = db.prepare<[string], number>(
    `SELECT id FROM batch WHERE spec_key = ? AND parent_id IS NULL AND finished_at IS NULL AND cancelled_at IS NULL AND deleted_at IS NULL ORDER BY id DESC LIMIT 1`).pluck();
  const insertBatch = db.prepare<[Record<string, unknown>]>(`
    INSERT INTO batch (parent_id, name, kind, sequence, scan, spec, spec_key, created_at, paused, cancelled_at)
    SELECT @parentId, @name, @kind, @sequence, 'running', @spec, @specKey, @now,
      -- A part that is read after its import was paused or cancelled is paused or cancelled like those before it.
      coalesce((SELECT paused FROM batch WHERE parent_id = @parentId ORDER BY sequence DESC LIMIT 1), 0),
      (SELECT cancelled_at FROM batch WHERE parent_id = @parentId ORDER BY sequence DESC LIMIT 1)`);
  const unpause = db.prepare<[number, number]>('UPDATE batch SET paused = 0 WHERE id = ? OR parent_id = ?');
  const scanning = db.prepare<[], { id: number; name: string; kind: 'folder' | 'list'; spec: string; cursor: number }>(
    `SELECT id, name, kind, spec, scan_cursor AS cursor FROM batch WHERE parent_id IS NULL AND scan = 'running' AND cancelled_at IS NULL`);
  const partsOf = db.prepare<[number], { id: number; sequence: number }>('SELECT id, sequence FROM batch WHERE parent_id = ? ORDER BY sequence');
  const advance = db.prepare<[number, number]>('UPDATE batch SET scan_cursor = ? WHERE id = ?');
  const endScan = db.prepare<[Record<string, unknown>]>(
    'UPDATE batch SET scan = @scan, error_code = @code, error_message = @message WHERE id = @id OR parent_id = @id');
  const namePart = db.prepare<[string, number, number]>('UPDATE batch SET name = ?, total_split = ? WHERE id = ?');
  const setTotalSplit = db.prepare<[number, number]>('UPDATE batch SET total_split = ? WHERE id = ?');
  const alreadyThere = db.prepare<[number, number], number>('SELECT 1 FROM job WHERE source_id = ? AND batch_id = ?').pluck();
  const isCancelled = db.prepare<[number], number>('SELECT 1 FROM batch WHERE id = ? AND (cancelled_at IS NOT NULL OR deleted_at IS NOT NULL)').pluck();
  const running = new Map<number, Promise<void>>();
  let stopping = false;

  function begin(name: string, kind: 'folder' | 'list', spec: ImportSpec): number {
    const specKey = createHash('sha256').update(JSON.stringify(spec)).digest('hex');
    const unfinished = findUnfinished.get(specKey);
    if (unfinished !== undefined) {
      unpause.run(unfinished, unfinished);
      onQueued();
      return unfinished;
    }
    const id = db.transaction(() => {
      const importId = Number(insertBatch.run({ parentId: null, name, kind, sequence: 1, spec: JSON.stringify(spec), specKey, now: now() }).lastInsertRowid);
      addPart(importId, name, kind, 1);
      return importId;
    }).immediate();
    read(id, name, kind, spec, 0);
    return id;
  }

  function addPart(parentId: number, name: string, kind: string, sequence: number): number {
    return Number(insertBatch.run({ parentId, name, kind, sequence, spec: null, specKey: null, now: now() }).lastInsertRowid);
  }

  function read(importId: number, name: string, kind: 'folder' | 'list', spec: ImportSpec, cursor: number): void {
    if (running.has(importId)) return;
    const reading = (kind === 'list' ? readList(importId, name, spec, cursor) : readFolders(importId, spec))
      .then(
        () => { if (!stopping) finishScan(importId, name, spec, null); },
        // A full disk does not end a scan: it is taken up again when there is room.
        (error: unknown) => { if (!stopping && errorCodeOf(error) !== 'disk-full') finishScan(importId, name, spec, error); },
      )
      .catch(onDefect)
      .finally(() => {
        running.delete(importId);
        onQueued();
      });
    running.set(importId, reading);
  }

  async function readFolders(importId: number, spec: ImportSpec): Promise<void> {
    const [part] = partsOf.all(importId);
    if (!part) throw new Error(`The import ${importId} has no part`);
    const unreadable: string[] = [];
    for await (const chunk of scan(scanThread, { kind: 'walk', paths: spec.paths, exclude, recursive: true })) {
      if (stopping || isCancelled.get(importId) !== undefined) return;
      // A walk that was broken off begins again from the start: what it had queued already is passed over.
      db.transaction(() => { for (const entry of chunk) queueEntry(entry, part.id, spec.copy, true); }).immediate();
      for (const { container, name, refusal } of chunk) if (refusal?.state === 'failed') unreadable.push(join(container, name));
      onQueued();
    }
    await markMissing(part.id, spec.paths, unreadable);
  }

  /** A folder that was looked at whole no longer holds what was not found; one that could not be opened may. */
  async function markMissing(partId: number, folders: readonly string[], unreadable: readonly string[]): Promise<void> {
    const unknown = new Set(unreadable.flatMap((path) => sources.containersBelow(path)));
    for (const folder of folders) {
      for (const containerId of sources.containersBelow(folder)) {
        if (!unknown.has(containerId)) sources.markMissing(containerId, partId, now());
        await new Promise(setImmediate);
      }
    }
  }

  async function readList(importId: number, name: string, spec: ImportSpec, cursor: number): Promise<void> {
    const [path] = spec.paths;
    if (path === undefined) throw new Error(`The import ${importId} names no list`);
    let row = cursor;
    let part = partsOf.all(importId).at(-1);
    for await (const chunk of scan(scanThread, { kind: 'list', path, sourceColumn: spec.sourceColumn ?? undefined, after: cursor })) {
      if (stopping || isCancelled.get(importId) !== undefined) return;
      // Rows and the cursor move together, so that no row is read twice or never.
      db.transaction(() => {
        for (const entry of chunk) {
          const sequence = spec.maxBatchSize === 0 ? 1 : Math.floor(row / spec.maxBatchSize) + 1;
          if (part?.sequence !== sequence) part = { id: addPart(importId, `${name}_Part${sequence}`, 'list', sequence), sequence };
          queueEntry(entry, part.id, spec.copy, false);
          row += 1;
        }
        advance.run(row, importId);
      }).immediate();
      onQueued();
    }
  }

  function finishScan(importId: number, name: string, spec: ImportSpec, error: unknown): void {
    db.transaction(() => {
      const parts = partsOf.all(importId);
      const total = spec.maxBatchSize === 0 ? 1 : parts.length;
      for (const part of parts) namePart.run(partName(name, part.sequence, total), total, part.id);
      setTotalSplit.run(total, importId);
      endScan.run({ id: importId, scan: error === null ? 'done' : 'failed', code: error === null ? null : errorCodeOf(error), message: error === null ? null : errorMessageOf(error) });
    }).immediate();
  }

  /** @returns whether the entry became work */
  function queueEntry(entry: ScanEntry, batchId: number, copy: boolean, oncePerBatch: boolean): boolean {
    const source = sources.upsert(entry);
    if (oncePerBatch && alreadyThere.get(source.id, batchId) !== undefined) return false;
    const outcome = outcomeOf(entry, source, copy);
    const job: NewJob = { batchId, task: 'ingest', priority: 'normal', sourceId: source.id, row: entry.row, params: copy ? '{"copy":true}' : null };
    queue.enqueue(outcome ? { ...job, outcome } : job, now());
    return outcome === null;
  }

  /** The outcome that is known without reading the file; null when it has to be read. */
  function outcomeOf({ refusal, bytes, mtimeMs }: ScanEntry, source: KnownSource, copy: boolean): SettledOutcome | null {
    if (refusal) {
      const error = { code: refusal.code, message: refusal.message };
      return refusal.state === 'failed' ? { state: 'failed', error } : { state: 'skipped', assetId: null, error };
    }
    const unchanged = bytes !== null && source.bytes === bytes && source.mtimeMs === mtimeMs;
    if (!unchanged) return null;
    if (source.assetId !== null) {
      const same = source.seenKey === seenKey(policy(), false) && (!copy || source.stored === 1);
      return same ? { state: 'skipped', assetId: source.assetId, verdict: source.verdict } : null;
    }
    if (source.errorCode === null || source.seenKey !== seenKey(policy(), true)) return null;
    return { state: 'quarantined', verdict: source.verdict, error: { code: source.errorCode as never, message: source.errorMessage ?? '' } };
  }

  return {
    async start(options) {
      const paths = options.paths.map((path) => resolve(path));
      for (const path of paths) {
        try {
          statSync(path);
        } catch (error) {
          throw new ProofsheetError(errorCodeOf(error) === 'internal' ? 'not-found' : errorCodeOf(error), `${path} cannot be read: ${errorMessageOf(error)}`);
        }
      }
      const isList = (path: string): boolean => isListPath(path) && statSync(path).isFile();
      const lists = paths.filter(isList);
      const others = paths.filter((path) => !isList(path)).sort();
      // A list that cannot be read is an error now, not an import that fails later.
      for (const path of lists) await openList(path, options.sourceColumn);
      const maxBatchSize = options.maxBatchSize ?? dependencies.maxBatchSize();
      const base = { copy: options.copy, maxBatchSize, sourceColumn: options.sourceColumn ?? null };
      const ids = lists.map((path) => begin(options.name ?? basename(path, extname(path)), 'list', { ...base, paths: [path] }));
      if (others.length > 0) ids.push(begin(options.name ?? nameOf(others), 'folder', { ...base, sourceColumn: null, maxBatchSize: 0, paths: others }));
      return ids;
    },
    resumeScans() {
      for (const { id, name, kind, spec, cursor } of scanning.all()) read(id, name, kind, JSON.parse(spec) as ImportSpec, cursor);
    },
    async addChanged(folders, recursive) {
      const found: string[] = [];
      for await (const chunk of scan(scanThread, { kind: 'walk', paths: folders, exclude, recursive })) {
        for (const entry of chunk) {
          if (entry.refusal === null && entry.raw === null && outcomeOf(entry, sources.upsert(entry), false) === null) found.push(join(entry.container, entry.name));
        }
      }
      if (found.length > 0) begin(nameOf(folders), 'folder', { paths: found, copy: false, maxBatchSize: 0, sourceColumn: null });
    },
    async stop() {
      stopping = true;
      await Promise.all(running.values());
    },
  };
}

function nameOf(paths: readonly string[]): string {
  const [first = ''] = paths;
  const name = basename(first) || first;
  return paths.length === 1 ? name : `${name} and ${paths.length - 1} more`;
}
