import { eventIterator } from '@orpc/contract';
import * as z from 'zod';
import { countSchema, idSchema, procedure, sha256Schema } from './base.ts';
import { batchSchema } from './batches.ts';
import { errorCodeSchema, itemErrorSchema } from './errors.ts';

export const VERDICTS = ['clean', 'salvageable', 'unreadable', 'rejected'] as const;
/**
 * What one look at the bytes found. `clean`: every pixel decoded without complaint. `salvageable`: something decoded,
 * but the file is damaged. `unreadable`: no picture can be had from it. `rejected`: sound, but against the policy.
 */
export const verdictSchema = z.enum(VERDICTS);
export type Verdict = z.infer<typeof verdictSchema>;

export const ITEM_STATES = ['done', 'failed', 'quarantined', 'skipped', 'queued', 'running', 'cancelled'] as const;
export const itemStateSchema = z.enum(ITEM_STATES);
export type ItemState = z.infer<typeof itemStateSchema>;

export const listRowSchema = z.record(z.string(), z.string());

export const itemSchema = z.object({
  id: idSchema,
  /** Absolute path or URL. Bytes of a path that are not UTF-8 are shown as `\xNN`. */
  source: z.string(),
  batchId: idSchema,
  state: itemStateSchema,
  assetId: idSchema.nullable(),
  sha256: sha256Schema.nullable(),
  verdict: verdictSchema.nullable(),
  format: z.string().nullable(),
  width: countSchema.nullable(),
  height: countSchema.nullable(),
  bytes: countSchema.nullable(),
  attempts: countSchema,
  error: itemErrorSchema.nullable(),
  row: listRowSchema.nullable(),
});
export type Item = z.infer<typeof itemSchema>;

/** How a list would be read. `columns` is empty and `sourceColumn` null for plain lines. */
export const listInspectionSchema = z.object({
  encoding: z.string(),
  delimiter: z.string().nullable(),
  columns: z.array(z.string()),
  sourceColumn: z.string().nullable(),
  rows: countSchema,
  preview: z.array(listRowSchema),
});
export type ListInspection = z.infer<typeof listInspectionSchema>;

export const skipGroupSchema = z.object({ code: errorCodeSchema, count: countSchema, examples: z.array(z.string()) });

export const reviewEntrySchema = z.object({
  path: z.string(),
  kind: z.enum(['folder', 'image', 'list', 'unsupported', 'missing']),
  /** Files that look like images by name; their bytes decide when they are read. */
  images: countSchema,
  bytes: countSchema,
  byFormat: z.record(z.string(), countSchema),
  /** What will not be read, and why. */
  skipped: z.array(skipGroupSchema),
  list: listInspectionSchema.nullable(),
  /** Batch names the import would be split into. */
  parts: z.array(z.string()),
});
export type ReviewEntry = z.infer<typeof reviewEntrySchema>;
export const reviewSchema = z.object({ complete: z.boolean(), entries: z.array(reviewEntrySchema) });
export type Review = z.infer<typeof reviewSchema>;

export const ingestOptionsSchema = z.object({
  /** Absolute paths of folders, image files and lists (.csv .tsv .txt .json .jsonl). */
  paths: z.array(z.string().min(1)).min(1),
  name: z.string().min(1).optional(),
  /** Copy originals into the workspace; otherwise they are referenced where they are. Never changed either way. */
  copy: z.boolean().default(false),
  /** Keep watching the folders and ingest what is added or changed. */
  follow: z.boolean().default(false),
  /** Lists are split into parts of at most this many rows; 0 never splits. Absent: the setting. */
  maxBatchSize: z.int().nonnegative().optional(),
  sourceColumn: z.string().optional(),
  /** Hosts that the addresses of a list may name though they lie on private or loopback addresses. */
  allowHosts: z.array(z.string().min(1)).default([]),
});
export type IngestOptions = z.infer<typeof ingestOptionsSchema>;

export const ingestSummarySchema = z.object({
  /** The parts that hold the items. */
  batches: z.array(batchSchema),
  assetsNew: countSchema,
  assetsExisting: countSchema,
  verdicts: z.object({ clean: countSchema, salvageable: countSchema, unreadable: countSchema, rejected: countSchema }),
  /** True when nothing is queued, running or still being read. */
  finished: z.boolean(),
});
export type IngestSummary = z.infer<typeof ingestSummarySchema>;

export const ingestContract = {
  /** What is there, before anything runs. Streams growing counts; the last value has `complete: true`. */
  review: procedure
    .input(ingestOptionsSchema.pick({ paths: true, maxBatchSize: true, sourceColumn: true, name: true }))
    .output(eventIterator(reviewSchema)),
  inspectList: procedure
    .input(z.object({ path: z.string().min(1), preview: z.int().nonnegative().nullable().default(100), sourceColumn: z.string().optional() }))
    .output(listInspectionSchema),
  /** Begins an import, or joins the unfinished one of the same sources. Returns at once. */
  start: procedure.input(ingestOptionsSchema).output(z.object({ importIds: z.array(idSchema) })),
  summary: procedure.input(z.object({ importIds: z.array(idSchema) })).output(ingestSummarySchema),
  /** Ingested sources, oldest first; without a batch, each source once with its newest outcome. */
  items: procedure
    .input(z.object({ batchId: idSchema.optional(), state: itemStateSchema.optional(), code: errorCodeSchema.optional(), after: z.int().nonnegative().default(0), limit: z.int().min(1).max(5000).default(1000) }))
    .output(z.array(itemSchema)),
  /** What failed of a batch as CSV that can be taken in again: its source, its row's columns, and why. Page by page. */
  failedList: procedure
    .input(z.object({ batchId: idSchema, code: errorCodeSchema.optional(), after: z.int().nonnegative().default(0) }))
    .output(z.object({ text: z.string(), rows: countSchema, next: idSchema.nullable() })),
  /** Admits quarantined items with what can be read of them. */
  salvage: procedure.input(z.object({ itemIds: z.array(idSchema).min(1) })).output(z.object({ queued: countSchema, refused: z.array(itemErrorSchema.extend({ itemId: idSchema })) })),
  followed: procedure.output(z.array(z.object({ path: z.string(), since: z.iso.datetime() }))),
  follow: procedure.input(z.object({ path: z.string().min(1), enabled: z.boolean(), copy: z.boolean().default(false) })).output(z.object({ following: z.boolean() })),
};
