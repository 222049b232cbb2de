import { eventIterator } from '@orpc/contract';
import * as z from 'zod';
import { countSchema, idSchema, procedure, timestampSchema } from './base.ts';
import { errorCodeSchema, itemErrorSchema } from './errors.ts';

export const BATCH_STATES = [
  'draft', 'queued', 'running', 'paused', 'completed', 'completed-with-errors', 'cancelled', 'failed',
] as const;
export const batchStateSchema = z.enum(BATCH_STATES);
export type BatchState = z.infer<typeof batchStateSchema>;

/**
 * What became of the items of a batch. Every item is counted in exactly one place:
 * `total = queued + running + done + failed + skipped + cancelled`. `quarantined` says how many of `failed` were read
 * but not admitted (their bytes are damaged or break the policy), so that they can be looked at and salvaged. `unchanged`
 * says how many of `skipped` are images the catalog had already; the others of them are no images, or hidden.
 */
export const itemCountsSchema = z.object({
  total: countSchema, queued: countSchema, running: countSchema, done: countSchema, failed: countSchema,
  quarantined: countSchema, skipped: countSchema, unchanged: countSchema, cancelled: countSchema,
});
export type ItemCounts = z.infer<typeof itemCountsSchema>;

/** An import (`parentId` null) or one of its parts. Work hangs on parts only; an import's counts are the sums. */
export const batchSchema = itemCountsSchema.extend({
  id: idSchema,
  parentId: idSchema.nullable(),
  name: z.string(),
  kind: z.enum(['folder', 'list']),
  /** 1-based place among the parts, and how many parts there are. */
  sequence: z.int().positive(),
  totalSplit: z.int().positive(),
  state: batchStateSchema,
  /** True while the sources are still being read: `total` will grow. */
  scanning: z.boolean(),
  createdAt: timestampSchema,
  finishedAt: timestampSchema.nullable(),
  deletedAt: timestampSchema.nullable(),
  /** Why its sources could not be read to the end; null when they could. */
  error: itemErrorSchema.nullable(),
  /** The folders, files or list this came from. */
  sources: z.array(z.string()),
});
export type Batch = z.infer<typeof batchSchema>;

export const batchAggregateSchema = batchSchema.extend({
  /** done / (done + failed), 0–1; null before anything has finished. */
  successRate: z.number().min(0).max(1).nullable(),
  parts: z.array(batchSchema),
});
export type BatchAggregate = z.infer<typeof batchAggregateSchema>;

export const failureGroupSchema = z.object({
  code: errorCodeSchema,
  count: countSchema,
  /** True where trying again can help without a change by the user. */
  retryable: z.boolean(),
  example: z.object({ source: z.string(), message: z.string() }),
});
export type FailureGroup = z.infer<typeof failureGroupSchema>;

/** A running or just finished import, as the progress panel shows it. */
export const progressSchema = z.object({
  batch: batchSchema,
  bytesDone: countSchema,
  /** Exponentially weighted mean, items per second. */
  itemsPerSecond: z.number().nonnegative(),
  /** Null until there is a stable rate, or while the total is unknown. */
  etaSeconds: z.number().nonnegative().nullable(),
  elapsedSeconds: z.number().nonnegative(),
  failures: z.array(z.object({ code: errorCodeSchema, count: countSchema })),
  /** Items already finished when this engine took the batch up again; null if it was begun in this run. */
  resumedFrom: countSchema.nullable(),
  /** Why the batch paused itself (disk full, say); null when the user paused it or it runs. */
  pausedBecause: errorCodeSchema.nullable(),
});
export type Progress = z.infer<typeof progressSchema>;

const batchTarget = z.object({ id: idSchema });

export const batchesContract = {
  /** Imports, newest first; parts are found through `show`. `before` is the last id of the page before this one. */
  list: procedure
    .input(z.object({ includeDeleted: z.boolean().default(false), before: idSchema.optional(), limit: z.int().min(1).max(1000).default(200) }))
    .output(z.array(batchSchema)),
  show: procedure.input(batchTarget).output(batchAggregateSchema),
  /** The verbs act on a part, or through an import's id on all its parts. */
  pause: procedure.input(batchTarget).output(batchAggregateSchema),
  resume: procedure.input(batchTarget).output(batchAggregateSchema),
  /** Queues failed items again; with `code`, only those that failed for this reason. */
  retry: procedure.input(batchTarget.extend({ code: errorCodeSchema.optional() })).output(batchAggregateSchema),
  cancel: procedure.input(batchTarget).output(batchAggregateSchema),
  /** Soft: the batch and its items are hidden, assets stay, `restore` brings all back. */
  delete: procedure.input(batchTarget).output(batchAggregateSchema),
  restore: procedure.input(batchTarget).output(batchAggregateSchema),
  /** The other parts of the same import. */
  related: procedure.input(batchTarget).output(z.array(batchSchema)),
  failures: procedure.input(batchTarget).output(z.array(failureGroupSchema)),
  /** Snapshots, at most five a second; the first one comes at once. */
  progress: procedure.output(eventIterator(z.array(progressSchema))),
};
