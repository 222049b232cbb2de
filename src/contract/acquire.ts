import * as z from 'zod';
import { countSchema, procedure, timestampSchema } from './base.ts';
import { errorCodeSchema } from './errors.ts';
import { DOWNLOAD_MODES } from './settings.ts';

/** A host that has been asked since the engine was started. */
export const hostSchema = z.object({
  /** With the port, unless it is the scheme's own. */
  host: z.string(),
  /** Downloads that run, and how many may. */
  active: countSchema,
  limit: countSchema,
  answered: countSchema,
  failed: countSchema,
  /** How often it asked for fewer requests. */
  limited: countSchema,
  /** Of one download, on average. */
  bytesPerSecond: countSchema,
  /** Milliseconds from the request to the end of the body, of the last 64; null before the first. */
  latencyMs: z.object({ p50: countSchema, p95: countSchema }).nullable(),
  /** 0–1: the share of answers among its last attempts, less for slowness and for requests to slow down. */
  health: z.number().min(0).max(1),
  /** `parked` at its own wish, `resting` after failures in a row, `trial`: one request decides, `given-up` until somebody retries. */
  state: z.enum(['open', 'parked', 'resting', 'trial', 'given-up']),
  /** When it is asked again; null when nothing holds it back. */
  until: timestampSchema.nullable(),
  /** What lowered its limit, or holds it back. */
  because: errorCodeSchema.nullable(),
});
export type Host = z.infer<typeof hostSchema>;

export const urlJudgementSchema = z.object({
  allowed: z.boolean(),
  /** Why not: `blocked-scheme`, `blocked-address`, `blocked-robots`; null when it is allowed. */
  code: errorCodeSchema.nullable(),
  reason: z.string(),
  /** The line of the robots.txt that decided, null when none did. */
  rule: z.string().nullable(),
});
export type UrlJudgement = z.infer<typeof urlJudgementSchema>;

export const acquireContract = {
  /** Would a crawl fetch this address; by `robots`, the text of a robots.txt, without asking anybody. */
  checkUrl: procedure
    .input(z.object({ url: z.string().min(1), userAgent: z.string().min(1).optional(), robots: z.string().optional(), allowHosts: z.array(z.string().min(1)).default([]) }))
    .output(urlJudgementSchema),
  /** Who is asked, and how they answer. */
  hosts: procedure.output(z.object({ mode: z.enum(DOWNLOAD_MODES), isOffline: z.boolean(), hosts: z.array(hostSchema) })),
};
