import { eventIterator } from '@orpc/contract';
import * as z from 'zod';
import { countSchema, procedure } from './base.ts';
import { itemStateSchema } from './ingest.ts';

export const metricsSchema = z.object({
  workspace: z.string(),
  assetCount: countSchema,
  renditionCount: countSchema,
  /** Bytes of distinct contents, wherever they lie. */
  assetBytes: countSchema,
  renditionBytes: countSchema,
  totalBytes: countSchema,
  itemsByState: z.record(itemStateSchema, countSchema),
  throughput: z.object({ itemsPerSecond: z.number().nonnegative(), itemsFinished: countSchema, activeSeconds: z.number().nonnegative() }),
});
export type Metrics = z.infer<typeof metricsSchema>;

export const CHANGE_TOPICS = ['assets', 'batches', 'items', 'settings', 'follow', 'similarity', 'cleanup', 'hosts'] as const;
export const changeSchema = z.object({ topics: z.array(z.enum(CHANGE_TOPICS)), revision: countSchema });
export type Change = z.infer<typeof changeSchema>;

export const directoryEntrySchema = z.object({ name: z.string(), path: z.string(), kind: z.enum(['folder', 'image', 'list', 'other']), bytes: countSchema.nullable() });

export const workspaceContract = {
  info: procedure.output(z.object({ path: z.string(), name: z.string(), version: z.string(), engineStartedAt: z.iso.datetime(), home: z.string() })),
  metrics: procedure.output(metricsSchema),
  /** An engine started only to be read (`--no-work`) leaves the queue alone until a command that works turns it on. */
  work: procedure.input(z.object({ enabled: z.boolean() })).output(z.object({ enabled: z.boolean() })),
  /** Tells which kinds of rows changed, coalesced to 100 ms; used only to fetch again. */
  changes: procedure.output(eventIterator(changeSchema)),
  /** Stands in for a native file dialog in the browser host. */
  listDirectory: procedure
    .input(z.object({ path: z.string().optional(), showHidden: z.boolean().default(false) }))
    .output(z.object({ path: z.string(), parent: z.string().nullable(), entries: z.array(directoryEntrySchema), truncated: z.boolean() })),
};
