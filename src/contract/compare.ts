import * as z from 'zod';
import { countSchema, idSchema, procedure, sha256Schema } from './base.ts';
import { itemErrorSchema } from './errors.ts';
import { transformSchema } from './similarity.ts';

/** Over 40 dB excellent, 30 to 40 dB (both included) good, under 30 dB lower; identical pixels have no value. */
export const psnrBandSchema = z.enum(['identical', 'excellent', 'good', 'lower']);
/** Of the pHash distance: 0 same fingerprint, 1–5 very similar, 6–10 similar, from 11 on different. */
export const hashBandSchema = z.enum(['same-fingerprint', 'very-similar', 'similar', 'different']);

export const comparedSideSchema = z.object({
  /** The asset that has this content, null when none has. */
  assetId: idSchema.nullable(),
  path: z.string(), sha256: sha256Schema, format: z.string(),
  /** Upright pixels. */
  width: z.int().positive(), height: z.int().positive(),
  bytes: countSchema,
  /** What was compared is only a part of a damaged file. */
  isDamaged: z.boolean(),
});
export type ComparedSide = z.infer<typeof comparedSideSchema>;

/**
 * `placed`: what both show, where one is cut from the other or framed; `resized`: the larger to the size of the smaller;
 * `cropped`: its middle in the proportions of the smaller, then so.
 */
export const alignmentSchema = z.enum(['same-size', 'resized', 'cropped', 'placed']);

/** A rectangle as fractions of the sides of a picture; it may reach beyond them. */
const rectangleSchema = z.object({ left: z.number(), top: z.number(), width: z.number().positive(), height: z.number().positive() });

export const comparisonSchema = z.object({
  a: comparedSideSchema,
  b: comparedSideSchema,
  alignment: alignmentSchema,
  /** Where b lies on a, with what was done to it undone; null unless `placed`. */
  bInA: rectangleSchema.nullable(),
  /** The size at which they were compared. */
  comparedWidth: z.int().positive(),
  comparedHeight: z.int().positive(),
  identicalBytes: z.boolean(),
  identicalPixels: z.boolean(),
  /** Decibels; null when the compared pixels are identical. How sides of different size are aligned: docs/compare.md. */
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

const sideInput = z.union([z.object({ assetId: idSchema }), z.object({ path: z.string().min(1) })]);
/** What was done to `a` to get `b`: it is undone before they are compared. */
const transform = transformSchema.default('identity');

/** By what of the asset the file was compared with: `original`, and each of its renditions. */
export const assetComparisonSchema = z.object({
  assetId: idSchema, comparisons: z.record(z.string(), z.union([comparisonSchema, z.object({ error: itemErrorSchema })])),
});
export type AssetComparison = z.infer<typeof assetComparisonSchema>;

export const compareContract = {
  /**
   * Measures two images against each other; `heatmap`, an absolute path, gets the difference as a PNG. `occupied` when
   * there is anything there but a heat map made before.
   */
  pair: procedure.input(z.object({ a: sideInput, b: sideInput, transform, heatmap: z.string().min(1).optional() })).output(comparisonSchema),
  /** An asset's original (`a`) and each of its renditions (`a`) against a file (`b`); what cannot be read is an error of its own. */
  withAsset: procedure.input(z.object({ assetId: idSchema, path: z.string().min(1) })).output(assetComparisonSchema),
  /** Where the heat map of two assets lies now, made if need be; for the hosts, which serve it. */
  heatmap: procedure.input(z.object({ a: idSchema, b: idSchema, transform })).output(z.object({ path: z.string() })),
};
