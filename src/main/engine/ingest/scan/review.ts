import { extname } from 'node:path';
import { statSync } from 'node:fs';
import type { ErrorCode, ReviewEntry } from '../../../../contract/index.ts';
import { errorCodeOf, errorMessageOf, ProofsheetError } from '../../errors.ts';
import { partNames } from '../parts.ts';
import type { ScanEntry } from './entry.ts';
import { isListPath, listName } from './list-format.ts';
import { inspectList, listEntries, openList } from './list.ts';
import { walk } from './walk.ts';

export interface ReviewRequest {
  readonly paths: readonly string[];
  readonly exclude: string;
  readonly maxBatchSize: number;
  readonly name: string | undefined;
  readonly sourceColumn: string | undefined;
}

const EXAMPLES = 5;
const LIST_PREVIEW = 20;
/** Counts are shown while they grow: often enough to look alive. */
const ENTRIES_BETWEEN_REPORTS = 2000;

/** What an import of these paths would find, in growing counts; the last value is complete. */
export async function* review(request: ReviewRequest): AsyncGenerator<readonly ReviewEntry[], void> {
  const finished: ReviewEntry[] = [];
  for (const path of request.paths) {
    for await (const entry of reviewPath(path, request)) {
      finished[request.paths.indexOf(path)] = entry;
      yield finished;
    }
  }
}

async function* reviewPath(path: string, request: ReviewRequest): AsyncGenerator<ReviewEntry> {
  const empty = { path, images: 0, bytes: 0, byFormat: {}, skipped: [], list: null, parts: [] };
  let isFolder: boolean;
  try {
    isFolder = statSync(path).isDirectory();
  } catch (error) {
    yield { ...empty, kind: 'missing', skipped: [{ code: errorCodeOf(error), count: 1, examples: [errorMessageOf(error)] }] };
    return;
  }
  if (!isFolder && isListPath(path)) {
    yield* reviewList(path, request, empty);
    return;
  }
  const tally = createTally();
  let seen = 0;
  for (const entry of walk({ paths: [path], exclude: request.exclude, recursive: true })) {
    if ('folderRead' in entry) continue;
    tally.add(entry);
    if (++seen % ENTRIES_BETWEEN_REPORTS === 0) yield { ...empty, ...tally.snapshot(), kind: 'folder' };
  }
  yield { ...empty, ...tally.snapshot(), kind: isFolder ? 'folder' : 'image' };
}

/** The rows are gone through as an import would, so that what will fail is known before it is begun. */
async function* reviewList(path: string, request: ReviewRequest, empty: Omit<ReviewEntry, 'kind'>): AsyncGenerator<ReviewEntry> {
  try {
    const list = await inspectList(path, LIST_PREVIEW, request.sourceColumn);
    const name = request.name ?? listName(path);
    const found = { ...empty, kind: 'list' as const, list, parts: partNames(name, list.rows, request.maxBatchSize) };
    const tally = createTally();
    let seen = 0;
    for await (const entry of listEntries(await openList(path, request.sourceColumn), path, 0)) {
      tally.add(entry.bytes === null && entry.host === null && entry.refusal === null ? missing(entry) : entry);
      if (++seen % ENTRIES_BETWEEN_REPORTS === 0) yield { ...found, ...tally.snapshot() };
    }
    yield { ...found, ...tally.snapshot() };
  } catch (error) {
    if (!(error instanceof ProofsheetError)) throw error;
    yield { ...empty, kind: 'list', skipped: [{ code: error.code, count: 1, examples: [error.message] }] };
  }
}

function missing(entry: ScanEntry): ScanEntry {
  return { ...entry, refusal: { state: 'failed', code: 'not-found', message: 'the file does not exist' } };
}

function createTally(): { add: (entry: ScanEntry) => void; snapshot: () => Pick<ReviewEntry, 'images' | 'bytes' | 'byFormat' | 'skipped'> } {
  let images = 0;
  let bytes = 0;
  const byFormat: Record<string, number> = {};
  const skipped = new Map<ErrorCode, { count: number; examples: string[] }>();
  return {
    add({ refusal, name, host, bytes: size }) {
      if (refusal) {
        const group = skipped.get(refusal.code) ?? { count: 0, examples: [] };
        group.count += 1;
        if (group.examples.length < EXAMPLES) group.examples.push(name);
        skipped.set(refusal.code, group);
        return;
      }
      images += 1;
      bytes += size ?? 0;
      const format = extname(host === null ? name : name.replace(/[?].*$/, '')).slice(1).toLowerCase() || 'none';
      byFormat[format] = (byFormat[format] ?? 0) + 1;
    },
    snapshot: () => ({ images, bytes, byFormat: { ...byFormat }, skipped: [...skipped].map(([code, group]) => ({ code, ...group, examples: [...group.examples] })) }),
  };
}
