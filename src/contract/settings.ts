import * as z from 'zod';
import { procedure } from './base.ts';
import { keeperRuleSettingsSchema } from './cleanup.ts';

/** Limits are inclusive. `reject` or `warn` says what breaking a lower bound does. */
export const policySchema = z.object({
  profile: z.enum(['standard', 'strict', 'photographer']),
  maxBytes: z.int().positive(),
  /** Width × height × frames. */
  maxPixels: z.int().positive(),
  maxSide: z.int().positive(),
  minBytes: z.int().nonnegative(),
  minSide: z.int().nonnegative(),
  small: z.enum(['reject', 'warn']),
});
export type Policy = z.infer<typeof policySchema>;

export const POLICY_PROFILES: Record<Policy['profile'], Policy> = {
  standard: { profile: 'standard', maxBytes: 50e6, maxPixels: 50e6, maxSide: 8000, minBytes: 1024, minSide: 50, small: 'warn' },
  strict: { profile: 'strict', maxBytes: 50e6, maxPixels: 50e6, maxSide: 8000, minBytes: 1024, minSide: 50, small: 'reject' },
  photographer: { profile: 'photographer', maxBytes: 200e6, maxPixels: 150e6, maxSide: 20_000, minBytes: 1024, minSide: 50, small: 'warn' },
};

export const DOWNLOAD_MODES = ['conservative', 'balanced', 'aggressive', 'adaptive', 'custom'] as const;

/** How many downloads run at once: altogether, and from one host. `adaptive` moves below these, `custom` takes what is set. */
export const DOWNLOAD_LIMITS = {
  conservative: { global: 5, perHost: 2 }, balanced: { global: 10, perHost: 4 }, aggressive: { global: 20, perHost: 8 }, adaptive: { global: 20, perHost: 8 },
} as const;

export const downloadSettingsSchema = z.object({
  mode: z.enum(DOWNLOAD_MODES),
  /** In the mode `custom`. */
  global: z.int().min(1).max(256),
  perHost: z.int().min(1).max(16),
  /** All downloads together; null is without a limit. */
  bytesPerSecond: z.int().min(1024).nullable(),
  /** `http:`, `https:` or `socks5:` address of a proxy; null for direct connections. */
  proxy: z.url({ protocol: /^(?:https?|socks5?)$/ }).nullable(),
  /** Hosts that are fetched from though they lie on private or loopback addresses. */
  allowedHosts: z.array(z.string()),
});
export type DownloadSettings = z.infer<typeof downloadSettingsSchema>;

export const DEFAULT_DOWNLOADS: DownloadSettings = { mode: 'adaptive', global: 32, perHost: 4, bytesPerSecond: null, proxy: null, allowedHosts: [] };

export const settingsSchema = z.object({
  policy: policySchema,
  /** Rows in a part when a list is split; 0 never splits. */
  maxBatchSize: z.int().nonnegative(),
  /** Absolute folders; no file at or below one of them is ever moved. */
  protectedFolders: z.array(z.string()),
  downloads: downloadSettingsSchema,
  /** What decides which file of a group is kept, in order; see docs/cleanup.md. */
  keeperRules: keeperRuleSettingsSchema,
});
export type Settings = z.infer<typeof settingsSchema>;

export const settingsContract = {
  get: procedure.output(settingsSchema),
  /** Replaces the given keys; choosing a profile without limits takes that profile's. */
  set: procedure.input(settingsSchema.partial()).output(settingsSchema),
};
