import { createHash } from 'node:crypto';
import { POLICY_PROFILES } from '../../../contract/index.ts';
import { ProofsheetError } from '../errors.ts';
import { runPixelPass } from '../pixels/pass.ts';
import { defineTask, type TaskContext } from '../tasks/define-task.ts';
import { openToRead } from '../tasks/open-to-read.ts';
import type { StoredFingerprint } from './index-distance.ts';

/** What is needed to look for a picture that need not be in the catalog: what an ingest would make of it, and keep. */
export interface FileLook {
  readonly sha256: string;
  readonly pixelSha256: string | null;
  readonly format: string;
  readonly width: number;
  readonly height: number;
  readonly bytes: number;
  readonly takenAt: number | null;
  readonly camera: string | null;
  readonly fingerprint: StoredFingerprint;
  /** The card rendition's bytes. */
  readonly card: Uint8Array;
}

/** Whoever asks for one file has the time for a large one. */
const POLICY = POLICY_PROFILES.photographer;

/** Reads and decodes a file as an ingest does, writes nothing, and takes what can be read of a damaged one. */
export const lookAtFileTask = defineTask<{ readonly path: string }, FileLook>({ name: 'look-at-file', run });

async function run({ path }: { readonly path: string }, context: TaskContext): Promise<FileLook> {
  using file = await openToRead(path);
  const { size } = file.stat();
  if (!file.stat().isFile()) throw new ProofsheetError('bad-input', 'this is not a regular file');
  if (size > POLICY.maxBytes) throw new ProofsheetError('too-many-bytes', `the file has ${size} bytes, the limit is ${POLICY.maxBytes}`);
  using memory = await context.lendFileBuffer(size);
  const bytes = await file.readWhole(memory.buffer);
  const outcome = await runPixelPass(bytes, { policy: POLICY, salvage: true, admit: context.admitDecode });
  if (outcome.kind === 'refused') throw new ProofsheetError(outcome.error.code, outcome.error.message);
  const { format, width, height, pixelSha256, fingerprint: { pdq, pdqQuality, variants, features }, metadata, takenAt } = outcome;
  const card = outcome.renditions.find(({ preset }) => preset === 'card');
  if (!card) throw new Error('A picture came out of its pass without a card');
  const camera = [metadata.cameraMake, metadata.cameraModel].filter((name) => name !== undefined).join(' ');
  return {
    sha256: createHash('sha256').update(bytes).digest('hex'), pixelSha256, format, width, height, bytes: size,
    takenAt: takenAt === null ? null : Date.parse(takenAt), camera: camera === '' ? null : camera, fingerprint: { pdq, pdqQuality, variants, features }, card: card.bytes,
  };
}
