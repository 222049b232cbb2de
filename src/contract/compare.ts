import * as z from 'zod';
import { countSchema, idSchema, procedure, sha256Schema } from './base.ts';

/** Over 40 dB excellent, 30 to 40 dB (both included) good, under 30 dB lower; identical pixels have no value. */
export const psnrBandSchema = z.enum(['identical', 'excellent', 'good', 'lower']);
/** Of the pHash distance: 0 same fingerprint, 1–5 very similar, 6–10 similar, from 11 on different. */
export const hashBandSchema = z.enum(['same-fingerprint', 'very-similar', 'similar', 'different']);

export const comparedSideSchema = z.object({
  assetId: idSchema.nullable(), path: z.string(), sha256: sha256Schema, format: z.string(), width: z.int().positive(), height: z.int().positive(), bytes: countSchema,
});
export type ComparedSide = z.infer<typeof comparedSideSchema>;

export const comparisonSchema = z.object({
  a: comparedSideSchema,
  b: comparedSideSchema,
  identicalBytes: z.boolean(),
  identicalPixels: z.boolean(),
  /** Null when the compared pixels are identical. How sides of different size are aligned: docs/compare.md. */
  psnrDb: z.number().nullable(),
  psnrBand: psnrBandSchema,
  /** −1 to 1, 1 when identical. */
  ssim: z.number().min(-1).max(1),
  pdqDistance: z.int().min(0).max(256),
  phashDistance: z.int().min(0).max(64),
  hashBand: hashBandSchema,
  /** Bytes of b ÷ bytes of a. */
  sizeRatio: z.number().nonnegative(),
});
export type Comparison = z.infer<typeof comparisonSchema>;

const sideInput = z.union([z.object({ assetId: idSchema }), z.object({ path: z.string() })]);

export const compareContract = {
  /** Measures two images against each other; `heatmap`, an absolute path, gets the difference as a PNG. */
  pair: procedure.input(z.object({ a: sideInput, b: sideInput, heatmap: z.string().optional() })).output(comparisonSchema),
  /** A file against an asset's original and each of its renditions. */
  withAsset: procedure
    .input(z.object({ assetId: idSchema, path: z.string() }))
    .output(z.object({ assetId: idSchema, comparisons: z.record(z.string(), comparisonSchema) })),
};
