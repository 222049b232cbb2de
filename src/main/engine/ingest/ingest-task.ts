import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import type { ErrorCode, Policy, Preset, Verdict } from '../../../contract/index.ts';
import { ProofsheetError } from '../errors.ts';
import { runPixelPass, type PixelRecord, type RenditionBytes } from '../pixels/pass.ts';
import { moveTo, type NewFile, originalPath, publish, renditionPath } from '../renditions/store.ts';
import { defineTask, type TaskContext } from '../tasks/define-task.ts';
import { openToRead } from '../tasks/open-to-read.ts';

export interface IngestInput {
  /** Absolute; bytes where the name is not UTF-8. */
  readonly path: string | Uint8Array;
  readonly policy: Policy;
  /** Admit damaged or over-limit files with what can be read of them. */
  readonly salvage: boolean;
  /** Do the pixel work even when renditions of this content exist: the catalog does not know them. */
  readonly force: boolean;
  readonly renditions: string;
  /** Where to copy the original to; null leaves it where it is. */
  readonly originals: string | null;
  /** The file is the workspace's own, fetched by it: it becomes the original, and its not being there is no failure. */
  readonly isOwn: boolean;
}

export interface FileFacts {
  readonly bytes: number;
  readonly mtimeMs: number;
}

export interface WrittenRendition {
  readonly preset: Preset;
  readonly width: number;
  readonly height: number;
  readonly bytes: number;
  readonly sha256: string;
}

export type AcceptedRecord = Omit<PixelRecord, 'renditions'> & { readonly renditions: readonly WrittenRendition[] };

export type IngestResult =
  /** What was fetched is no longer where it was put. */
  | { readonly kind: 'gone' }
  /** Renditions of this content are there, so the catalog should know it. */
  | { readonly kind: 'known'; readonly file: FileFacts; readonly sha256: string }
  | { readonly kind: 'accepted'; readonly file: FileFacts; readonly sha256: string; readonly verdict: 'clean' | 'salvageable'; readonly record: AcceptedRecord }
  | {
    readonly kind: 'refused'; readonly file: FileFacts; readonly sha256: string | null; readonly verdict: Exclude<Verdict, 'clean'>;
    readonly format: string | null; readonly width: number | null; readonly height: number | null;
    readonly error: { readonly code: ErrorCode; readonly message: string };
  };

/** What no setting and no “salvage anyway” lifts: files are read whole, and memory is bounded. */
const HARD_BYTE_LIMIT = 300e6;

/** One read of the file, one decode of its pixels, and everything the catalog keeps of it. */
export const ingestTask = defineTask<IngestInput, IngestResult>({ name: 'ingest', run });

async function run(input: IngestInput, context: TaskContext): Promise<IngestResult> {
  try {
    return await read(input, context);
  } catch (error) {
    if (input.isOwn && (error as { code?: unknown }).code === 'ENOENT') return { kind: 'gone' };
    throw error;
  }
}

async function read(input: IngestInput, context: TaskContext): Promise<IngestResult> {
  using file = await openToRead(input.path);
  const before = file.stat();
  if (!before.isFile()) throw new ProofsheetError('bad-input', 'this is not a regular file');
  const facts: FileFacts = { bytes: before.size, mtimeMs: before.mtimeMs };
  const limit = input.salvage ? HARD_BYTE_LIMIT : Math.min(input.policy.maxBytes, HARD_BYTE_LIMIT);
  if (before.size > limit) {
    return { kind: 'refused', file: facts, sha256: null, verdict: 'rejected', format: null, width: null, height: null, error: { code: 'too-many-bytes', message: `the file has ${before.size} bytes, the limit is ${limit}` } };
  }
  using memory = await context.lendFileBuffer(before.size);
  const bytes = await file.readWhole(memory.buffer);
  const after = file.stat();
  if (bytes.length !== before.size || after.size !== before.size || after.mtimeMs !== before.mtimeMs) {
    throw new ProofsheetError('vanished', `the file changed while it was being read (${before.size} bytes before, ${after.size} after)`);
  }
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  if (!input.force && existsSync(renditionPath(input.renditions, sha256, 'zoom')) && (input.originals === null || input.isOwn)) {
    return { kind: 'known', file: facts, sha256 };
  }
  const outcome = await runPixelPass(bytes, { policy: input.policy, salvage: input.salvage, admit: context.admitDecode });
  if (outcome.kind === 'refused') {
    const { verdict, format, width, height, error } = outcome;
    return { kind: 'refused', file: facts, sha256, verdict, format, width, height, error };
  }
  const { kind, verdict, renditions, ...record } = outcome;
  if (input.originals !== null && !input.isOwn) await publish(input.originals, [{ path: originalPath(input.originals, sha256, outcome.format), bytes }]);
  // The zoom rendition gets its name last: its being there says that the others are.
  const zoomLast = renditions.toSorted((a, b) => Number(a.preset === 'zoom') - Number(b.preset === 'zoom'));
  await publish(input.renditions, zoomLast.map(({ preset, bytes: data }): NewFile => ({ path: renditionPath(input.renditions, sha256, preset), bytes: data })));
  // It lies on the disk already; where the catalog does not hear of it any more, it is fetched again.
  if (input.originals !== null && input.isOwn && typeof input.path === 'string') moveTo(originalPath(input.originals, sha256, outcome.format), input.path);
  return { kind, file: facts, sha256, verdict, record: { ...record, renditions: zoomLast.map(describe) } };
}

function describe({ preset, width, height, bytes }: RenditionBytes): WrittenRendition {
  return { preset, width, height, bytes: bytes.length, sha256: createHash('sha256').update(bytes).digest('hex') };
}
