import { createHash } from 'node:crypto';
import { statSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import type Database from 'better-sqlite3';
import type { IngestOptions } from '../../../contract/index.ts';
import type { BatchStore, ImportSpec } from '../batches/batch-store.ts';
import { errorCodeOf, errorMessageOf, ProofsheetError } from '../errors.ts';
import type { Sources } from '../catalog/sources.ts';
import type { Entries, Taken } from './entries.ts';
import { partName } from './parts.ts';
import type { FolderRead, ScanEntry } from './scan/entry.ts';
import { toAllowedHost } from '../acquire/addresses.ts';
import { isListPath, listName } from './scan/list-format.ts';
import { scan } from './scan/scan.ts';

export interface ImportsDependencies {
  readonly db: Database.Database;
  readonly batches: BatchStore;
  readonly entries: Entries;
  readonly sources: Sources;
  readonly maxBatchSize: () => number;
  /** The workspace's own folder, never read as a source. */
  readonly exclude: string;
  readonly scanThread: URL;
  readonly now: () => number;
  /** New items are queued, or a scan has ended. */
  readonly onQueued: () => void;
  /** Files that images came from are no longer there. */
  readonly onGone: () => void;
  /** No more can be written: `resumeScans` is called when there is room. */
  readonly onDiskFull: () => void;
  readonly onDefect: (error: unknown) => void;
}

export interface FollowedFolders {
  readonly paths: readonly string[];
  readonly recursive: boolean;
  readonly copy: boolean;
}

export interface Imports {
  /** Begins an import of each list and one of all folders and files, or joins unfinished ones of the same sources. */
  start(options: IngestOptions): Promise<number[]>;
  /** Takes up the scans that ended early: with an engine before this one, by a full disk, or by a cancel that was taken back. */
  resumeScans(): void;
  /**
   * Imports what is new or changed in these folders; what is unchanged leaves no trace.
   * @returns the folders to look at again, since a file in them was being read and may have changed meanwhile
   */
  addChanged(folders: FollowedFolders): Promise<string[]>;
  /** Notes that a folder is gone with all that was in it. */
  markGone(folder: string): Promise<void>;
  /** Resolves when no folder or list is being read. */
  scansEnded(): Promise<void>;
  /** Ends all reading; what was not read is taken up by the next engine. */
  stop(): Promise<void>;
}

/** `cut`: ended before everything was read, to be taken up again. */
type Reading = 'whole' | 'cut';

interface ScanningRow {
  readonly id: number;
  readonly name: string;
  readonly kind: 'folder' | 'list';
  readonly spec: string;
  readonly cursor: number;
}

export function createImports(dependencies: ImportsDependencies): Imports {
  const { db, batches, entries, sources, exclude, scanThread, now, onQueued, onGone, onDiskFull, onDefect } = dependencies;
  const findUnfinished = db.prepare<[string], number>(
    `SELECT id FROM batch INDEXED BY batch_finished WHERE finished_at IS NULL AND spec_key = ? AND parent_id IS NULL AND cancelled_at IS NULL AND deleted_at IS NULL ORDER BY id DESC LIMIT 1`).pluck();
  const insertBatch = db.prepare<[Record<string, unknown>]>(`
    INSERT INTO batch (parent_id, name, kind, sequence, scan, spec, spec_key, created_at, paused)
    -- A part that is read after its import was paused is paused like those before it.
    VALUES (@parentId, @name, @kind, @sequence, 'running', @spec, @specKey, @now, coalesce((SELECT paused FROM batch WHERE id = @parentId), 0))`);
  const scannable = `FROM batch INDEXED BY batch_finished WHERE finished_at IS NULL AND parent_id IS NULL AND scan = 'running' AND cancelled_at IS NULL AND deleted_at IS NULL`;
  const scanning = db.prepare<[], ScanningRow>(`SELECT id, name, kind, spec, scan_cursor AS cursor ${scannable}`);
  const isScannable = db.prepare<[number], number>(`SELECT 1 ${scannable} AND id = ?`).pluck();
  const partsOf = db.prepare<[number], { id: number; sequence: number }>('SELECT id, sequence FROM batch WHERE parent_id = ? ORDER BY sequence');
  const advance = db.prepare<[number, number]>('UPDATE batch SET scan_cursor = ? WHERE id = ?');
  const setScan = db.prepare<[Record<string, unknown>]>(
    'UPDATE batch SET scan = @scan, error_code = @code, error_message = @message WHERE id = @id OR parent_id = @id');
  const namePart = db.prepare<[string, number, number]>('UPDATE batch SET name = ?, total_split = ? WHERE id = ?');
  const setTotalSplit = db.prepare<[number, number]>('UPDATE batch SET total_split = ? WHERE id = ?');
  const unpause = db.prepare<[number, number]>('UPDATE batch SET paused = 0 WHERE id = ? OR parent_id = ?');
  const running = new Map<number, Promise<void>>();
  /** Imports to be read once more when the reading that goes on has ended. */
  const again = new Set<number>();
  let stopping = false;

  function begin(name: string, kind: 'folder' | 'list', spec: ImportSpec): number {
    const specKey = keyOf(spec);
    // What has just come to its end is not joined.
    batches.settle(now());
    const unfinished = findUnfinished.get(specKey);
    if (unfinished !== undefined) {
      unpause.run(unfinished, unfinished);
      // What was added since its sources were read belongs to it too.
      if (running.has(unfinished)) again.add(unfinished);
      else setScan.run({ id: unfinished, scan: 'running', code: null, message: null });
      resumeScans();
      onQueued();
      return unfinished;
    }
    const { importId } = insertImport(name, kind, spec, specKey);
    resumeScans();
    return importId;
  }

  const insertImport = db.transaction((name: string, kind: 'folder' | 'list', spec: ImportSpec, specKey: string): { importId: number; partId: number } => {
    const importId = Number(insertBatch.run({ parentId: null, name, kind, sequence: 1, spec: JSON.stringify(spec), specKey, now: now() }).lastInsertRowid);
    return { importId, partId: addPart(importId, name, kind, 1) };
  });

  function addPart(parentId: number, name: string, kind: string, sequence: number): number {
    return Number(insertBatch.run({ parentId, name, kind, sequence, spec: null, specKey: null, now: now() }).lastInsertRowid);
  }

  function resumeScans(): void {
    for (const row of scanning.all()) if (!running.has(row.id)) read(row);
  }

  function read({ id, name, kind, spec: text, cursor }: ScanningRow): void {
    const spec = JSON.parse(text) as ImportSpec;
    const reading = kind === 'list' ? readList(id, name, spec, cursor) : readImport(id, spec);
    running.set(id, conclude(id, name, spec, reading).catch(onDefect));
  }

  /** Waits for the reading of an import to end, and notes how it did. */
  async function conclude(id: number, name: string, spec: ImportSpec, reading: Promise<Reading>): Promise<void> {
    let isCut = false;
    try {
      isCut = await reading === 'cut';
      if (!isCut && !again.has(id)) finishScan(id, name, spec, null);
    } catch (error) {
      // A full disk does not end a scan: it is taken up again when there is room.
      if (errorCodeOf(error) === 'disk-full') onDiskFull();
      else if (!stopping && !again.has(id)) finishScan(id, name, spec, error);
    } finally {
      running.delete(id);
      const onceMore = again.delete(id) || isCut;
      onQueued();
      if (onceMore && !stopping) resumeScans();
    }
  }

  async function scansEnded(): Promise<void> {
    await Promise.all(running.values());
  }

  function readImport(importId: number, spec: ImportSpec): Promise<Reading> {
    const [part] = partsOf.all(importId);
    if (!part) throw new Error(`The import ${importId} has no part`);
    return readFolders(spec, {
      isCut: () => stopping || isScannable.get(importId) === undefined,
      take: spec.changesOnly ? (entry) => entries.addChanged(entry, () => part.id, spec.copy) : (entry) => entries.addOnce(entry, part.id, spec.copy),
    });
  }

  /** Hands over each entry below the folders, and notes the files that are no longer there. */
  async function readFolders({ paths, changesOnly }: Pick<ImportSpec, 'paths' | 'changesOnly'>, { isCut, take }: { readonly isCut: () => boolean; readonly take: (entry: ScanEntry) => Taken }): Promise<Reading> {
    const recursive = changesOnly?.recursive ?? true;
    const unknown = new Set<string>();
    const foldersRead = new Set<string>();
    let seen = new Set<number>();
    const takeIn = db.transaction((chunk: readonly (ScanEntry | FolderRead)[]) => {
      for (const value of chunk) {
        if ('folderRead' in value) {
          // An empty folder to import from is more likely a drive that is not plugged in than one that was cleared.
          if (recursive && value.isEmpty && paths.includes(value.folderRead)) for (const container of sources.containersBelow(value.folderRead)) unknown.add(container);
          else markMissing(value.folderRead, seen);
          foldersRead.add(value.folderRead);
          seen = new Set();
          continue;
        }
        // Of what cannot be opened, or is left out from above, nothing is known; it may have been taken in by name.
        if (value.refusal && value.refusal.code !== 'not-an-image') for (const container of sources.containersBelow(join(value.container, value.name))) unknown.add(container);
        const { sourceId } = take(value);
        if (sourceId !== null) seen.add(sourceId);
      }
    });
    for await (const chunk of scan(scanThread, { kind: 'walk', paths, exclude, recursive })) {
      if (isCut()) return 'cut';
      // A walk that was broken off begins again from the start: what it had queued already is passed over.
      takeIn.immediate(chunk);
      onQueued();
    }
    if (isCut()) return 'cut';
    if (recursive) await markVanishedFolders(paths, foldersRead, unknown);
    return 'whole';
  }

  function markMissing(container: string, seen: ReadonlySet<number>): void {
    if (sources.markMissing(container, seen, now()) > 0) onGone();
  }

  /** A folder that was looked at whole no longer holds the folders that were not found; one that could not be opened may. */
  async function markVanishedFolders(roots: readonly string[], foldersRead: ReadonlySet<string>, unknown: ReadonlySet<string>): Promise<void> {
    for (const root of roots) {
      if (!foldersRead.has(root)) continue;
      for (const container of sources.containersBelow(root)) {
        if (foldersRead.has(container) || unknown.has(container)) continue;
        markMissing(container, NOTHING);
        await new Promise(setImmediate);
      }
    }
  }

  async function readList(importId: number, name: string, spec: ImportSpec, cursor: number): Promise<Reading> {
    const [path] = spec.paths;
    if (path === undefined) throw new Error(`The import ${importId} names no list`);
    let row = cursor;
    let part = partsOf.all(importId).at(-1);
    for await (const chunk of scan(scanThread, { kind: 'list', path, sourceColumn: spec.sourceColumn ?? undefined, after: cursor })) {
      if (stopping || isScannable.get(importId) === undefined) return 'cut';
      // Rows and the cursor move together, so that no row is read twice or never.
      db.transaction(() => {
        for (const entry of chunk) {
          const sequence = spec.maxBatchSize === 0 ? 1 : Math.floor(row / spec.maxBatchSize) + 1;
          if (part?.sequence !== sequence) part = { id: addPart(importId, `${name}_Part${sequence}`, 'list', sequence), sequence };
          entries.add(entry, part.id, spec.copy);
          row += 1;
        }
        advance.run(row, importId);
      }).immediate();
      onQueued();
    }
    return stopping ? 'cut' : 'whole';
  }

  function finishScan(importId: number, name: string, spec: ImportSpec, error: unknown): void {
    db.transaction(() => {
      const parts = partsOf.all(importId);
      const total = spec.maxBatchSize === 0 ? 1 : parts.length;
      for (const part of parts) namePart.run(partName(name, part.sequence, total), total, part.id);
      setTotalSplit.run(total, importId);
      setScan.run({ id: importId, scan: error === null ? 'done' : 'failed', code: error === null ? null : errorCodeOf(error), message: error === null ? null : errorMessageOf(error) });
    }).immediate();
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
      for (const path of lists) for await (const _ of scan(scanThread, { kind: 'open', path, sourceColumn: options.sourceColumn }));
      const maxBatchSize = options.maxBatchSize ?? dependencies.maxBatchSize();
      const base = { copy: options.copy, maxBatchSize, sourceColumn: options.sourceColumn ?? null, ...options.allowHosts.length === 0 ? {} : { allowHosts: options.allowHosts.map(toAllowedHost).sort() } };
      const ids = lists.map((path) => begin(options.name ?? listName(path), 'list', { ...base, paths: [path] }));
      if (others.length > 0) ids.push(begin(options.name ?? nameOf(others), 'folder', { ...base, sourceColumn: null, maxBatchSize: 0, paths: others }));
      return ids;
    },
    resumeScans,
    async addChanged({ paths, recursive, copy }) {
      const spec: ImportSpec = { paths, copy, maxBatchSize: 0, sourceColumn: null, changesOnly: { recursive } };
      const looked = Promise.withResolvers<Reading>();
      const unsettled = new Set<string>();
      let made: { readonly importId: number; readonly partId: number; readonly concluded: Promise<void> } | undefined;
      // The import is made with its first item: a look that finds nothing new leaves nothing behind.
      const make = (): number => {
        if (made) return made.partId;
        const { importId, partId } = insertImport(nameOf(paths), 'folder', spec, keyOf(spec));
        made = { importId, partId, concluded: conclude(importId, nameOf(paths), spec, looked.promise).catch(onDefect) };
        running.set(importId, made.concluded);
        return partId;
      };
      const looking = readFolders(spec, {
        isCut: () => stopping || (made !== undefined && isScannable.get(made.importId) === undefined),
        take(entry) {
          const taken = entries.addChanged(entry, make, copy);
          if (taken.unsettled) unsettled.add(entry.container);
          return taken;
        },
      });
      looked.resolve(looking);
      await looking;
      await made?.concluded;
      return [...unsettled];
    },
    async markGone(folder) {
      for (const container of sources.containersBelow(folder)) {
        markMissing(container, NOTHING);
        await new Promise(setImmediate);
      }
    },
    scansEnded,
    async stop() {
      stopping = true;
      await scansEnded();
    },
  };
}

const NOTHING: ReadonlySet<number> = new Set();

function keyOf(spec: ImportSpec): string {
  return createHash('sha256').update(JSON.stringify(spec)).digest('hex');
}

function nameOf(paths: readonly string[]): string {
  const [first = ''] = paths;
  const name = basename(first) || first;
  return paths.length === 1 ? name : `${name} and ${paths.length - 1} more`;
}
