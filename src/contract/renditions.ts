import * as z from 'zod';
import { countSchema, procedure } from './base.ts';
import { itemErrorSchema } from './errors.ts';

export const purgeReportSchema = z.object({
  dryRun: z.boolean(),
  purgeDays: countSchema,
  cutoffDate: z.iso.datetime(),
  renditionsFound: countSchema,
  renditionsToDelete: countSchema,
  bytesToFree: countSchema,
  deletedCount: countSchema,
  deletedBytes: countSchema,
  /** Full-size copies and heat maps not used for as long: removed, or what would be. They are made again when they are looked at. */
  cache: z.object({ files: countSchema, bytes: countSchema }),
  errors: z.array(itemErrorSchema.extend({ path: z.string() })),
});
export type PurgeReport = z.infer<typeof purgeReportSchema>;

export const renditionsContract = {
  /** Removes renditions that nothing refers to and that are older than `days`; only reports unless `apply`. */
  purge: procedure.input(z.object({ days: countSchema.default(30), apply: z.boolean().default(false) })).output(purgeReportSchema),
};
