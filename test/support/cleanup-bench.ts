import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type Database from 'better-sqlite3';
import { DEFAULT_DOWNLOADS, KEEPER_RULES, POLICY_PROFILES, type Level, type RemovalMode, type Settings } from '../../src/contract/index.ts';
import { openCatalog } from '../../src/main/engine/catalog/open.ts';
import type { Reader } from '../../src/main/engine/catalog/reader.ts';
import { createSources } from '../../src/main/engine/catalog/sources.ts';
import { createCleanup, type Cleanup } from '../../src/main/engine/cleanup/cleanup.ts';
import { realFiles, type Files } from '../../src/main/engine/cleanup/files.ts';
import type { Patience } from '../../src/main/engine/cleanup/operations.ts';
import { createGroups } from '../../src/main/engine/similarity/groups.ts';

/** What lies where: the path below a folder, and the hash of what it holds. Hidden files count too. */
export type Tree = Readonly<Record<string, string>>;

export function treeOf(folder: string): Tree {
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  return Object.fromEntries(files.sort().map((path) => [path.slice(folder.length + 1), hashOf(readFileSync(path))]));
}

export function hashOf(content: string | Uint8Array): string {
  return createHash('sha256').update(content).digest('hex');
}

export function put(path: string, content: string): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, content);
}

/** Where a disk need not be waited for, if there is such a place: what is tested here is the order of things. */
export function memoryFolder(): string {
  return existsSync('/dev/shm') ? '/dev/shm' : tmpdir();
}

/** The cleanup alone on a catalog of its own: what it does to a disk, hundreds of times over. */
export interface Bench {
  readonly db: Database.Database;
  readonly cleanup: Cleanup;
  /** Brings the catalog's rows to what lies in the folder, as an import would; what is of one family is alike at the level `similar`. */
  readonly scan: (familyOf?: (content: string) => string) => void;
  readonly plan: (mode?: RemovalMode, protect?: readonly string[], level?: Level) => Promise<number>;
  readonly close: () => Promise<void>;
}

export interface BenchOptions {
  readonly files?: Files;
  readonly settings?: Partial<Settings>;
  readonly patience?: Patience;
}

export function openBench(folder: string, { files = realFiles, settings = {}, ...rest }: BenchOptions = {}): Bench {
  const db = openCatalog(join(folder, 'catalog.sqlite'), join(folder, 'backups'));
  const groups = createGroups(db);
  const reader: Reader = {
    ids: async (sql, values) => Float64Array.from(db.prepare<unknown[], number>(sql).pluck().all(...values)),
    rows: async <Row>(sql: string, values: readonly (string | number)[]) => db.prepare<unknown[], Row>(sql).all(...values),
    close: async () => undefined,
  };
  const revision = db.prepare<[], number>(`SELECT n FROM total WHERE key = 'similarity-revision'`).pluck();
  const defects: unknown[] = [];
  const all: Settings = { policy: POLICY_PROFILES.standard, maxBatchSize: 5000, protectedFolders: [], downloads: DEFAULT_DOWNLOADS, keeperRules: KEEPER_RULES.map((rule) => ({ rule, enabled: true })), ...settings };
  const cleanup = createCleanup({
    db, reader, files, settings: () => all, scansEnded: async () => undefined, now: Date.now, ...rest,
    groups: {
      page: async (...values) => groups.page(...values), rankOf: async (...values) => groups.rankOf(...values),
      ranksOfAssets: async (...values) => groups.ranksOfAssets(...values), revision: () => revision.get() ?? 0,
    },
    onChanged: () => undefined, onFilesChanged: () => undefined, onDefect: (error) => defects.push(error),
  });
  return {
    db, cleanup,
    scan: (familyOf) => { scanInto(db, join(folder, 'pictures'), familyOf); },
    async plan(mode = 'quarantine', protect = [], level = 'exact') {
      return cleanup.plans.make({ level, rules: KEEPER_RULES, scope: 'all', mode, mergeMetadata: true, protect }, cleanup.protectionWith(protect), { operationId: null, isEnded: false });
    },
    async close() {
      await cleanup.stop();
      if (db.open) db.close();
      if (defects.length > 0) throw new AggregateError(defects, 'the cleanup reported defects');
    },
  };
}

/** Rows as an ingest leaves them, for files of any content. */
function scanInto(db: Database.Database, pictures: string, familyOf: (content: string) => string = (content) => content): void {
  const sources = createSources(db);
  const asset = db.prepare(`
    INSERT INTO asset (sha256, name, format, width, height, bytes, orientation, frames, has_alpha, color_space, flags, metadata,
      score, sharpness, contrast, brightness, colorfulness, resolution, placeholder, pipeline, created_at)
    VALUES (?, ?, 'jpeg', 100, 100, ?, 1, 1, 0, 'srgb', '[]', '{}', 50, 0.5, 0.5, 0.5, 0.5, 0.5, '#808080', 1, 0) ON CONFLICT (sha256) DO NOTHING`);
  const assetId = db.prepare<[Uint8Array], number>('SELECT id FROM asset WHERE sha256 = ?').pluck();
  const update = db.prepare(`UPDATE source SET asset_id = ?, sha256 = ?, bytes = ?, mtime_ms = ?, seen_key = '1', verdict = 'clean', missing_since = NULL WHERE id = ?`);
  const pair = db.prepare(`INSERT INTO pair (a_id, b_id, level, relation, transform, distance, similarity) VALUES (min(@a, @b), max(@a, @b), 2, 'near', 'identity', 4, 0.9) ON CONFLICT DO NOTHING`);
  const families = new Map<string, Set<number>>();
  const seen = new Map<string, Set<number>>();
  db.transaction(() => {
    for (const entry of readdirSync(pictures, { recursive: true, withFileTypes: true })) {
      if (!entry.isFile() || entry.parentPath.includes('/.')) continue;
      const path = join(entry.parentPath, entry.name);
      const content = readFileSync(path);
      const hash = Buffer.from(hashOf(content), 'hex');
      asset.run(hash, entry.name, content.length);
      const { id } = sources.upsert({ container: entry.parentPath, name: entry.name, raw: null }, true);
      const b = assetId.get(hash)!;
      update.run(b, hash, content.length, statSync(path).mtimeMs, id);
      const family = families.get(familyOf(content.toString())) ?? new Set();
      for (const a of family) if (a !== b) pair.run({ a, b });
      families.set(familyOf(content.toString()), family.add(b));
      seen.set(entry.parentPath, (seen.get(entry.parentPath) ?? new Set()).add(id));
    }
  }).immediate();
  for (const container of sources.containersBelow(pictures)) sources.markMissing(container, seen.get(container) ?? new Set(), Date.now());
}

/** The end of a process: from then on nothing it would do happens. */
class Crash extends Error {}

const CHANGES = ['rename', 'link', 'unlink', 'makeFolder', 'removeEmptyFolder', 'write', 'syncFolder'] as const;

export interface Faults {
  readonly files: Files;
  /** How many changes were begun so far, or looks. */
  readonly steps: () => number;
}

export type Fault = 'ends-before' | 'ends-after' | 'fails' | 'fails-from' | 'look-fails' | 'looks-fail-from';

/**
 * The real disk, on which the n-th change (from 1) does not go as it should: before it or right after it everything ends,
 * or it alone, or it and all after it, fail with an error of the disk; or the n-th look at a file does.
 */
export function faultyFiles(at: number, fault: Fault, onEnd: () => void = () => undefined): Faults {
  let steps = 0;
  let isOver = false;
  const end = (): never => {
    isOver = true;
    onEnd();
    throw new Crash();
  };
  const act = async <Result>(isStep: boolean, run: () => Promise<Result>): Promise<Result> => {
    if (isOver) throw new Crash();
    if (isStep) steps += 1;
    const isIt = isStep && (steps === at || (fault.endsWith('-from') && steps > at));
    if (isIt && fault.includes('fail')) throw Object.assign(new Error('EIO: i/o error'), { code: 'EIO' });
    if (isIt && fault === 'ends-before') end();
    const result = await run();
    if (isIt && fault === 'ends-after') end();
    return result;
  };
  const wrapped = Object.fromEntries(Object.entries(realFiles).map(([name, run]) => [
    name, (...values: unknown[]) => act((fault.startsWith('look') ? ['look'] : CHANGES as readonly string[]).includes(name), () => (run as (...all: unknown[]) => Promise<unknown>)(...values)),
  ]));
  return { files: wrapped as unknown as Files, steps: () => steps };
}
