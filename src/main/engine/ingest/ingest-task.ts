import { createHash } from 'node:crypto';
import { constants } from 'node:fs';
import { access, open } from 'node:fs/promises';
import { extname } from 'node:path';
import type { ErrorCode, Policy, Preset, Verdict } from '../../../contract/index.ts';
import { ProofsheetError } from '../errors.ts';
import { runPixelPass, type PixelRecord } from '../pixels/pass.ts';
import { originalPath, publish, renditionPath } from '../renditions/store.ts';
import { defineTask, type TaskContext } from '../tasks/define-task.ts';
import { readWhole } from './read-whole.ts';

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
  const path = typeof input.path === 'string' ? input.path : Buffer.from(input.path);
  // Without O_NONBLOCK, opening a named pipe would wait for ever.
  await using file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
  const before = await file.stat();
  if (!before.isFile()) throw new ProofsheetError('bad-input', 'this is not a regular file');
  const facts: FileFacts = { bytes: before.size, mtimeMs: before.mtimeMs };
  const limit = input.salvage ? HARD_BYTE_LIMIT : Math.min(input.policy.maxBytes, HARD_BYTE_LIMIT);
  if (before.size > limit) {
    return { kind: 'refused', file: facts, sha256: null, verdict: 'rejected', format: null, width: null, height: null, error: { code: 'too-many-bytes', message: `the file has ${before.size} bytes, the limit is ${limit}` } };
  }
  using memory = await context.lendFileBuffer(before.size);
  const bytes = await readWhole(file, memory.buffer);
  const after = await file.stat();
  if (bytes.length !== before.size || after.size !== before.size || after.mtimeMs !== before.mtimeMs) {
    throw new ProofsheetError('vanished', `the file changed while it was being read (${before.size} bytes before, ${after.size} after)`);
  }
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  if (!input.force && (await exists(renditionPath(input.renditions, sha256, 'zoom'))) && input.originals === null) {
    return { kind: 'known', file: facts, sha256 };
  }
  const outcome = await runPixelPass(bytes, { policy: input.policy, salvage: input.salvage, extension: extname(String(path)).slice(1).toLowerCase(), admit: context.admitDecode });
  if (outcome.kind === 'refused') {
    const { verdict, format, width, height, error } = outcome;
    return { kind: 'refused', file: facts, sha256, verdict, format, width, height, error };
  }
  if (input.originals !== null) await publish(input.originals, originalPath(input.originals, sha256, outcome.format), bytes);
  const { kind, verdict, renditions, ...record } = outcome;
  const written: WrittenRendition[] = [];
  // The zoom rendition is written last: its being there says that the others are.
  for (const rendition of renditions.toSorted((a, b) => Number(a.preset === 'zoom') - Number(b.preset === 'zoom'))) {
    written.push(await write(input.renditions, sha256, rendition));
  }
  return { kind, file: facts, sha256, verdict, record: { ...record, renditions: written } };
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(() => true, () => false);
}

async function write(folder: string, sha256: string, rendition: PixelRecord['renditions'][number]): Promise<WrittenRendition> {
  const { preset, width, height, bytes } = rendition;
  await publish(folder, renditionPath(folder, sha256, preset), bytes);
  return { preset, width, height, bytes: bytes.length, sha256: createHash('sha256').update(bytes).digest('hex') };
}
