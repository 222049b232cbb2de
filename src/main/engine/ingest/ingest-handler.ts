import { basename, join } from 'node:path';
import type Database from 'better-sqlite3';
import { RENDITION_PRESETS } from '../../../contract/presets.ts';
import type { Policy } from '../../../contract/index.ts';
import type { ClaimedJob, Outcome } from '../jobs/queue.ts';
import type { JobHandler } from '../jobs/runner.ts';
import { hasWrongExtension } from '../pixels/extension.ts';
import { PIPELINE_VERSION, RENDITION_QUALITY } from '../renditions/store.ts';
import type { Workspace } from '../catalog/workspace.ts';
import type { IngestInput, IngestResult } from './ingest-task.ts';
import type { Sources } from '../catalog/sources.ts';

export interface IngestHandlerDependencies {
  readonly db: Database.Database;
  readonly workspace: Workspace;
  readonly sources: Sources;
  readonly policy: () => Policy;
  readonly now: () => number;
}

/** What an ingest job carries beside its source. */
interface IngestParams {
  readonly copy?: boolean;
  readonly salvage?: boolean;
  readonly force?: boolean;
}

/** The outcome of reading a file holds as long as this key: the pipeline, and for a refusal the policy too. */
export function seenKey(policy: Policy, refused: boolean): string {
  return refused ? `${PIPELINE_VERSION} ${JSON.stringify(policy)}` : String(PIPELINE_VERSION);
}

/** What a second look at the same bytes may tell otherwise: a newer pipeline's view of them. */
const REMADE = [
  'format', 'width', 'height', 'orientation', 'frames', 'has_alpha', 'color_space', 'taken_at', 'flags', 'metadata',
  'score', 'sharpness', 'contrast', 'brightness', 'colorfulness', 'resolution', 'placeholder', 'pipeline',
] as const;

export function createIngestHandler({ db, workspace, sources, policy, now }: IngestHandlerDependencies): JobHandler {
  const findAsset = db.prepare<[Uint8Array], { id: number; format: string; bytes: number; isSalvaged: number; isWhole: number }>(`
    SELECT id, format, bytes, EXISTS (SELECT 1 FROM json_each(flags) WHERE value = 'salvaged') AS isSalvaged,
      pipeline = ${PIPELINE_VERSION} AND (SELECT count(*) FROM rendition WHERE asset_id = asset.id AND pipeline = ${PIPELINE_VERSION}) = ${Object.keys(RENDITION_PRESETS).length} AS isWhole
    FROM asset WHERE sha256 = ?`);
  const insertAsset = db.prepare<[Record<string, unknown>], number>(`
    INSERT INTO asset (sha256, pixel_sha256, name, format, width, height, bytes, orientation, frames, has_alpha, color_space, taken_at, flags, metadata,
      score, sharpness, contrast, brightness, colorfulness, resolution, placeholder, stored, pipeline, added_order, created_at)
    VALUES (@sha256, @pixelSha256, @name, @format, @width, @height, @bytes, @orientation, @frames, @hasAlpha, @colorSpace, @takenAt, @flags, @metadata,
      @score, @sharpness, @contrast, @brightness, @colorfulness, @resolution, @placeholder, @stored, @pipeline, @addedOrder, @now)
    ON CONFLICT (sha256) DO UPDATE SET ${REMADE.map((column) => `${column} = excluded.${column}`).join(', ')},
      pixel_sha256 = coalesce(excluded.pixel_sha256, pixel_sha256) RETURNING id`).pluck();
  const insertFingerprint = db.prepare<[number, Uint8Array, number, Uint8Array, Uint8Array, Uint8Array, Uint8Array]>(
    'INSERT OR REPLACE INTO fingerprint (asset_id, pdq, pdq_quality, phash, dhash, variants, features) VALUES (?, ?, ?, ?, ?, ?, ?)');
  const removeRenditions = db.prepare<[number]>('DELETE FROM rendition WHERE asset_id = ?');
  const insertRendition = db.prepare<[number, string, number, number, number, Uint8Array, number, number, number]>(`
    INSERT INTO rendition (asset_id, preset, width, height, bytes, sha256, quality, pipeline, created_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`);
  const markStored = db.prepare<[number]>('UPDATE asset SET stored = 1 WHERE id = ?');
  const fetchedAs = db.prepare<[number], string>(`SELECT coalesce(lower(hex(sha256)), '') FROM source WHERE id = ?`).pluck();
  const assetOf = db.prepare<[number], number | null>('SELECT asset_id FROM source WHERE id = ?').pluck();
  const updateSource = db.prepare<[Record<string, unknown>]>(`
    UPDATE source SET bytes = @bytes, mtime_ms = @mtimeMs, seen_key = @seenKey, asset_id = @assetId, sha256 = @sha256, format = @format,
      width = @width, height = @height, verdict = @verdict, error_code = @errorCode, error_message = @errorMessage, missing_since = NULL,
      wrong_extension = @wrongExtension WHERE id = @id`);
  /** Makes the asset of this content, or makes anew what a purge has taken from it or an older pipeline has made. */
  function write(job: ClaimedJob, result: Extract<IngestResult, { kind: 'accepted' }>, stored: boolean, now: number): number {
    const { record, sha256, file } = result;
    const { quality, fingerprint } = record;
    const id = insertAsset.get({
      sha256: Buffer.from(sha256, 'hex'), pixelSha256: record.pixelSha256 === null ? null : Buffer.from(record.pixelSha256, 'hex'),
      name: nameOf(job), format: record.format, width: record.width, height: record.height, bytes: file.bytes,
      orientation: record.orientation, frames: record.frames, hasAlpha: Number(record.hasAlpha), colorSpace: record.colorSpace,
      takenAt: record.takenAt === null ? null : Date.parse(record.takenAt), flags: JSON.stringify(record.flags), metadata: JSON.stringify(record.metadata),
      score: quality.score, sharpness: quality.sharpness, contrast: quality.contrast, brightness: quality.brightness,
      colorfulness: quality.colorfulness, resolution: quality.resolution, placeholder: record.placeholder, stored: Number(stored), pipeline: PIPELINE_VERSION, addedOrder: job.id, now,
    });
    if (id === undefined) throw new Error(`The asset ${sha256} was not stored`);
    insertFingerprint.run(id, fingerprint.pdq, fingerprint.pdqQuality, bytesOf(fingerprint.phash), bytesOf(fingerprint.dhash), fingerprint.variants, fingerprint.features);
    removeRenditions.run(id);
    for (const r of record.renditions) insertRendition.run(id, r.preset, r.width, r.height, r.bytes, Buffer.from(r.sha256, 'hex'), RENDITION_QUALITY, PIPELINE_VERSION, now);
    return id;
  }

  function nameOf(job: ClaimedJob): string {
    const path = sources.pathOf(sourceOf(job));
    const name = basename(typeof path === 'string' ? path : Buffer.from(path).toString());
    return job.hostId === null ? name : name.replace(/[?#].*$/, '');
  }

  function remember(job: ClaimedJob, file: { readonly bytes: number; readonly mtimeMs: number | null }, facts: { assetId: number | null; sha256: string | null; format: string | null; width: number | null; height: number | null; verdict: string | null; error: { code: string; message: string } | null }, actualFormat: string | null): void {
    const before = assetOf.get(sourceOf(job)) ?? null;
    updateSource.run({
      id: sourceOf(job), bytes: file.bytes, mtimeMs: file.mtimeMs, seenKey: seenKey(policy(), facts.error !== null), assetId: facts.assetId,
      sha256: facts.sha256 === null ? null : Buffer.from(facts.sha256, 'hex'), format: facts.format, width: facts.width, height: facts.height,
      verdict: facts.verdict, errorCode: facts.error?.code ?? null, errorMessage: facts.error?.message ?? null,
      wrongExtension: Number(actualFormat !== null && hasWrongExtension(nameOf(job), actualFormat)),
    });
    if (before !== null && before !== facts.assetId) sources.nameAsset(before);
    if (facts.assetId !== null) sources.nameAsset(facts.assetId);
  }

  /** The asset that what was fetched for this item has become; null when it has not. */
  function ownAsset(job: ClaimedJob): Outcome | null {
    const sha256 = fetchedAs.get(sourceOf(job)) ?? '';
    const existing = findAsset.get(Buffer.from(sha256, 'hex'));
    if (existing?.isWhole !== 1) return null;
    const verdict = existing.isSalvaged === 1 ? 'salvageable' : 'clean';
    remember(job, { bytes: existing.bytes, mtimeMs: null }, { assetId: existing.id, sha256, format: null, width: null, height: null, verdict, error: null }, existing.format);
    return { state: 'done', assetId: existing.id, assetIsNew: false, verdict, bytes: existing.bytes };
  }

  return {
    task: 'ingest',
    prepare(job) {
      const { copy = false, salvage = false, force = false } = paramsOf(job);
      const common = { policy: policy(), salvage, force, renditions: workspace.renditions };
      if (job.hostId === null) return { input: { ...common, path: sources.pathOf(sourceOf(job)), originals: copy ? workspace.originals : null, isOwn: false } satisfies IngestInput };
      const sha256 = fetchedAs.get(sourceOf(job)) ?? '';
      if (sha256 === '') return { outcome: refetch(now()) };
      return { input: { ...common, path: join(workspace.downloads, sha256), originals: workspace.originals, isOwn: true } satisfies IngestInput };
    },
    commit(job, answer, time): Outcome {
      const result = answer as IngestResult;
      const isOwn = job.hostId !== null;
      // Another item with the same bytes has made it an original of the workspace, or a crash came between that and the catalog.
      if (result.kind === 'gone') return ownAsset(job) ?? refetch(time);
      if (result.kind === 'refused') {
        const { verdict, format, width, height, sha256, error } = result;
        remember(job, result.file, { assetId: null, sha256, format, width, height, verdict, error }, null);
        return { state: 'quarantined', verdict, error };
      }
      const existing = findAsset.get(Buffer.from(result.sha256, 'hex'));
      if (result.kind === 'known' && existing?.isWhole !== 1) {
        // The renditions of a run that died before its commit, of an older pipeline, or of a purge that was cut short.
        const params = JSON.stringify({ ...paramsOf(job), force: true });
        return { state: 'retry', runAfter: time, countsAsAttempt: false, params, error: { code: 'internal', message: 'renditions without their rows were found' } };
      }
      const copy = isOwn && result.kind === 'accepted' || (paramsOf(job).copy ?? false);
      // A copy of what was salvaged is as damaged as the first.
      const verdict = result.kind === 'accepted' ? result.verdict : existing?.isSalvaged === 1 ? 'salvageable' : 'clean';
      const assetId = result.kind === 'accepted' && existing?.isWhole !== 1 ? write(job, result, copy, time) : existing?.id;
      if (assetId === undefined) throw new Error(`The asset ${result.sha256} was neither known nor accepted`);
      if (existing !== undefined && copy) markStored.run(existing.id);
      remember(job, result.file, { assetId, sha256: result.sha256, format: null, width: null, height: null, verdict, error: null }, result.kind === 'accepted' ? result.record.format : existing?.format ?? null);
      return { state: 'done', assetId, assetIsNew: existing === undefined, verdict, bytes: result.file.bytes };
    },
  };
}

function refetch(now: number): Outcome {
  return { state: 'retry', runAfter: now, countsAsAttempt: false, refetch: true, error: { code: 'vanished', message: 'what was fetched is no longer there' } };
}

/** A 64-bit hash as it is stored: 8 bytes, the most significant first. */
function bytesOf(hash: bigint): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64BE(hash);
  return bytes;
}

function sourceOf(job: ClaimedJob): number {
  if (job.sourceId === null) throw new Error(`The ingest job ${job.id} has no source`);
  return job.sourceId;
}

function paramsOf(job: ClaimedJob): IngestParams {
  return job.params === null ? {} : (JSON.parse(job.params) as IngestParams);
}
