import * as z from 'zod';
import { countSchema, idSchema, procedure, sha256Schema } from './base.ts';

/** From the surest to the widest; each level holds all pairs of the levels before it. What they mean: docs/similarity.md. */
export const LEVELS = ['exact', 'strict', 'similar', 'loose'] as const;
export const levelSchema = z.enum(LEVELS);
export type Level = z.infer<typeof levelSchema>;

export const RELATIONS = ['identical-bytes', 'identical-pixels', 'near', 'rotated', 'mirrored', 'cropped', 'bordered'] as const;
export const relationSchema = z.enum(RELATIONS);
export type Relation = z.infer<typeof relationSchema>;

/** What was done to the reference to get the member. Rotations are clockwise; see PDQ_TRANSFORMS. */
export const TRANSFORMS = ['identity', 'rotate-270', 'rotate-180', 'rotate-90', 'flip-vertical', 'flip-horizontal', 'transpose', 'transverse'] as const;
export const transformSchema = z.enum(TRANSFORMS);
export type Transform = z.infer<typeof transformSchema>;

/** Pictures that belong together and are not duplicates: never offered for removal. */
export const KINSHIPS = ['burst', 'raw-jpeg', 'edit', 'recolour'] as const;
export const kinshipSchema = z.enum(KINSHIPS);
export type Kinship = z.infer<typeof kinshipSchema>;

const evidence = {
  relation: relationSchema,
  transform: transformSchema,
  /** Bits of 256 in which the PDQ hashes differ, of the variants that fit best; 0 for identical pixels. */
  distance: z.int().min(0).max(256),
  /** 0–1, of the aligned colour thumbnails; 1 for identical pixels. */
  similarity: z.number().min(0).max(1),
  /** Was it made of the other by cutting, framing, or laying a logo or lettering over it. */
  isDerived: z.boolean(),
};
export const pairEvidenceSchema = z.object({ ...evidence, level: levelSchema });
export type PairEvidence = z.infer<typeof pairEvidenceSchema>;

/** One file of a group: exact copies on disk are members of their own. Evidence is against the group's reference. */
export const groupMemberSchema = z.object({
  assetId: idSchema, sourceId: idSchema, sha256: sha256Schema, path: z.string(), isReference: z.boolean(), ...evidence,
});
export type GroupMember = z.infer<typeof groupMemberSchema>;

export const duplicateGroupSchema = z.object({
  /** Stays when images join or leave the group. */
  id: z.string(),
  members: z.array(groupMemberSchema),
});
export type DuplicateGroup = z.infer<typeof duplicateGroupSchema>;

export const similarHitSchema = z.object({ assetId: idSchema, sha256: sha256Schema, path: z.string(), ...evidence });
export type SimilarHit = z.infer<typeof similarHitSchema>;

export const similarityStatusSchema = z.object({
  /** Images that have been compared with all that were there before them. */
  compared: countSchema,
  pending: countSchema,
  /** Images whose renditions could not be read for the comparison. */
  failed: countSchema,
});
export type SimilarityStatus = z.infer<typeof similarityStatusSchema>;

const assetPairSchema = z.object({ a: idSchema, b: idSchema });

/** An image that could not be compared, and why. */
export const comparisonFailureSchema = z.object({ assetId: idSchema, path: z.string(), reason: z.string() });
export type ComparisonFailure = z.infer<typeof comparisonFailureSchema>;

export const similarityContract = {
  status: procedure.output(similarityStatusSchema),
  /** The images that `failed` counts, the first so many. */
  failures: procedure.input(z.object({ limit: z.int().min(1).max(1000).default(100) })).output(z.array(comparisonFailureSchema)),
  /** Compares what is pending now, whatever else the engine works on; answers when nothing is left or has failed. */
  catchUp: procedure.output(similarityStatusSchema),
  /** Groups of two or more files by rank, in the order of their ids; `total` counts all groups of the level. */
  groups: procedure
    .input(z.object({ level: levelSchema, start: countSchema.default(0), count: z.int().min(1).max(1000).default(200) }))
    .output(z.object({ total: countSchema, groups: z.array(duplicateGroupSchema) })),
  /** What looks like this image, best first: an asset, or a file that need not be in the catalog. */
  find: procedure
    .input(z.object({ of: z.union([z.object({ assetId: idSchema }), z.object({ path: z.string() })]), limit: z.int().min(1).max(1000).default(50) }))
    .output(z.array(similarHitSchema)),
  /** What belongs to this image without being a duplicate. */
  related: procedure
    .input(z.object({ assetId: idSchema }))
    .output(z.array(z.object({ assetId: idSchema, sha256: sha256Schema, path: z.string(), kinship: kinshipSchema }))),
  /**
   * The evidence between two images of the catalog, null when they are not even loosely alike; `derived` is the one that
   * was made of the other by cutting, framing or marking.
   */
  pair: procedure.input(z.object({ a: idSchema, b: idSchema })).output(z.object({ evidence: pairEvidenceSchema.nullable(), derived: idSchema.nullable(), kinship: kinshipSchema.nullable(), isNotDuplicate: z.boolean() })),
  /** Remembers by content, for ever, that these are not duplicates of each other; or takes that back. */
  setNotDuplicate: procedure
    .input(z.object({ pairs: z.array(assetPairSchema).min(1).max(5000), value: z.boolean() }))
    /** `pairs` are those of the input that this changed: the others had been said before. */
    .output(z.object({ changed: countSchema, pairs: z.array(assetPairSchema) })),
};
