import * as z from 'zod';

/**
 * The closed list of error codes: used in the catalog, by the command line and (translated) in the window.
 * Codes may be added, none is ever renamed. HTTP failures carry their status as `http-404`, `http-503`.
 */
export const ERROR_CODES = [
  'dns', 'connect', 'tls', 'timeout-connect', 'timeout-headers', 'timeout-idle', 'timeout-total', 'too-slow', 'reset',
  'truncated', 'rate-limited', 'blocked-scheme', 'blocked-address', 'blocked-robots', 'blocked-x-robots',
  'too-many-redirects', 'too-many-bytes', 'not-an-image', 'unsupported-format', 'corrupt', 'too-many-pixels', 'too-wide',
  'too-small', 'hash-mismatch', 'web-page', 'bad-response', 'filtered', 'not-found', 'no-permission', 'vanished', 'disk-full', 'offline',
  'worker-lost', 'cancelled', 'workspace-busy', 'workspace-newer', 'workspace-older', 'bad-input', 'stale', 'already-applied', 'protected', 'last-copy', 'occupied', 'not-compared', 'internal',
] as const;

export type NamedErrorCode = (typeof ERROR_CODES)[number];
export type ErrorCode = NamedErrorCode | `http-${number}`;

export const errorCodeSchema = z.union([z.enum(ERROR_CODES), z.templateLiteral(['http-', z.int().min(400).max(599)])]);

/** Why an item did not become an asset: a code from the closed list and one sentence with the numbers in it. */
export const itemErrorSchema = z.object({ code: errorCodeSchema, message: z.string() });
export type ItemError = z.infer<typeof itemErrorSchema>;

const errorDataSchema = z.object({ retryable: z.boolean(), details: z.record(z.string(), z.unknown()) });
export type ErrorData = z.infer<typeof errorDataSchema>;

/** The errors every procedure may answer with, in the form oRPC declares them. */
export const contractErrors = Object.fromEntries(
  ERROR_CODES.map((code) => [code, { status: code === 'internal' ? 500 : 422, data: errorDataSchema }]),
) as Record<NamedErrorCode, { status: number; data: typeof errorDataSchema }>;
