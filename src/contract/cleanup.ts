import * as z from 'zod';
import { countSchema, idSchema, procedure, sha256Schema, timestampSchema } from './base.ts';
import { errorCodeSchema } from './errors.ts';
import { groupMemberSchema, levelSchema } from './similarity.ts';

/**
 * In the default order. The first rule that tells two members apart decides which is kept; docs/cleanup.md says how.
 * `whole`: the whole picture before what was cut from it, framed or marked; `upright`: before what was turned or mirrored.
 */
export const KEEPER_RULES = ['protected', 'whole', 'resolution', 'upright', 'format', 'metadata', 'largest', 'oldest', 'quality', 'path'] as const;
export const keeperRuleSchema = z.enum(KEEPER_RULES);
export type KeeperRule = z.infer<typeof keeperRuleSchema>;

/** The rules of a workspace in their order; one that is switched off keeps its place. */
export const keeperRuleSettingsSchema = z.array(z.object({ rule: keeperRuleSchema, enabled: z.boolean() }));
export type KeeperRuleSetting = z.infer<typeof keeperRuleSettingsSchema>[number];

/** `quarantine` moves within the volume, `trash` into the system's, `hard-link` leaves a link to the keeper in the place. */
export const REMOVAL_MODES = ['quarantine', 'trash', 'hard-link'] as const;
export const removalModeSchema = z.enum(REMOVAL_MODES);
export type RemovalMode = z.infer<typeof removalModeSchema>;

const choiceSchema = z.enum(['keep', 'remove']);
export type Choice = z.infer<typeof choiceSchema>;

/** A name that the asking gives to what it asks for, to call it off by. */
const token = z.string().min(1).optional();

/** Without `rules`, those of the settings that are switched on. */
const grouping = { level: levelSchema.default('similar'), rules: z.array(keeperRuleSchema).min(1).optional() };

/** What was done to a picture, or was not. */
export const SHAPES = ['whole', 'upright', 'rotated', 'mirrored', 'cropped', 'bordered', 'marked'] as const;
const shapeSchema = z.enum(SHAPES);
export type Shape = z.infer<typeof shapeSchema>;

/** One side of what a rule weighs: language and units are the window's. */
const factSchema = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('protected'), isProtected: z.boolean() }),
  z.object({ kind: z.literal('shape'), shape: shapeSchema }),
  z.object({ kind: z.literal('size'), width: countSchema, height: countSchema }),
  z.object({ kind: z.literal('quality'), score: countSchema }),
  z.object({ kind: z.literal('format'), format: z.string() }),
  z.object({ kind: z.literal('details'), details: countSchema }),
  z.object({ kind: z.literal('written'), at: timestampSchema.nullable() }),
  z.object({ kind: z.literal('bytes'), bytes: countSchema }),
  z.object({ kind: z.literal('frames'), frames: countSchema }),
  z.object({ kind: z.literal('transparency'), isThere: z.boolean() }),
  z.object({ kind: z.literal('path'), path: z.string() }),
]);
export type Fact = z.infer<typeof factSchema>;

/** What decided: `better` against `worse`, which is null where nothing was weighed. `despite`: what the file is all the same, cropped say. */
const factsSchema = z.object({ despite: shapeSchema.nullable(), better: factSchema, worse: factSchema.nullable() });
export type Facts = z.infer<typeof factsSchema>;

export const reviewMemberSchema = groupMemberSchema.extend({
  name: z.string(), format: z.string(), width: z.int().positive(), height: z.int().positive(), bytes: countSchema, placeholder: z.string(),
  /** From the picture's own data; the file's time is told where there is none. */
  takenAt: timestampSchema.nullable(), modifiedAt: timestampSchema.nullable(),
  isProtected: z.boolean(),
  /**
   * What the rules would do with it. The first by the rules is kept, and with it what it cannot stand for: what is
   * protected, what moves or is transparent where it is not, and a cutting that has more pixels than the whole.
   */
  suggestion: choiceSchema,
  /** The rule that decided the suggestion against the keeper, and its facts: “4000×3000 against 1600×1200”. */
  rule: keeperRuleSchema,
  reason: z.string(),
  facts: factsSchema.nullable(),
  /** What the user has decided, null when nothing yet. */
  decision: choiceSchema.nullable(),
});
export type ReviewMember = z.infer<typeof reviewMemberSchema>;

export const reviewGroupSchema = z.object({ id: z.string(), isDecided: z.boolean(), members: z.array(reviewMemberSchema) });
export type ReviewGroup = z.infer<typeof reviewGroupSchema>;

export const planRemovalSchema = z.object({
  sha256: sha256Schema, path: z.string(), assetId: idSchema, sourceId: idSchema, groupId: z.string(), rule: z.union([keeperRuleSchema, z.literal('decision')]), reason: z.string(),
  /** The reason in parts; null for a decision of the user. */
  facts: factsSchema.nullable(), bytes: countSchema,
  /** The file that stays for it. */
  keeperPath: z.string(), keeperSha256: sha256Schema,
});
export const planKeepSchema = z.object({ sha256: sha256Schema, path: z.string(), assetId: idSchema, sourceId: idSchema, groupId: z.string(), rule: z.union([keeperRuleSchema, z.literal('decision')]) });

/** A member that would go but must not: protected, missing, or the last of its group. */
export const planHeldSchema = z.object({ sha256: sha256Schema, path: z.string(), code: errorCodeSchema, reason: z.string(), bytes: countSchema });

export const planSchema = z.object({
  planId: idSchema, groups: countSchema, keep: z.array(planKeepSchema), remove: z.array(planRemovalSchema), bytes: countSchema, held: z.array(planHeldSchema),
  /** All of them, however few were asked for. */
  counts: z.object({ keep: countSchema, remove: countSchema, held: countSchema }),
  /** Where files would go from, most bytes first; at most 100 folders. */
  folders: z.array(z.object({ path: z.string(), files: countSchema, bytes: countSchema })),
});
export type Plan = z.infer<typeof planSchema>;

export const skippedSchema = z.object({ path: z.string(), code: errorCodeSchema, reason: z.string() });

export const operationSchema = z.object({
  id: idSchema,
  kind: z.enum(['cleanup', 'restore', 'empty-quarantine']),
  mode: removalModeSchema.nullable(),
  state: z.enum(['running', 'applied', 'undoing', 'undone', 'partly-undone']),
  /** Of a cleanup. */
  planId: idSchema.nullable(),
  planned: countSchema, moved: countSchema, skipped: countSchema, restored: countSchema,
  /**
   * Files of which it cannot be seen whether they were moved, since their volume is not there: the cleanup was cut short.
   * That is found out by itself once it is; then they count with the others. `planned` is the sum of `moved`, `skipped`,
   * `unreachable` and, while it runs, those whose turn has not come. What cannot be seen of a file that was to be put back
   * or deleted is told by the answer to that; such a file counts as moved.
   */
  unreachable: countSchema,
  bytes: countSchema, createdAt: timestampSchema, finishedAt: timestampSchema.nullable(),
});
export type Operation = z.infer<typeof operationSchema>;

export const quarantineItemSchema = z.object({
  id: idSchema, operationId: idSchema, assetId: idSchema.nullable(), path: z.string(), quarantinePath: z.string(), bytes: countSchema, movedAt: timestampSchema,
});
export type QuarantineItem = z.infer<typeof quarantineItemSchema>;

export const OPERATION_ITEM_STATES = ['planned', 'moved', 'skipped', 'restored', 'deleted', 'lost', 'unreachable'] as const;
export const operationItemSchema = z.object({
  id: idSchema, path: z.string(), bytes: countSchema,
  /**
   * `deleted`: for good, with the quarantine; `lost`: no longer where it had been moved to, by no act of ours;
   * `unreachable`: it cannot be seen yet whether it was moved.
   */
  state: z.enum(OPERATION_ITEM_STATES),
  /** Why it was skipped, or could not be put back. */
  code: errorCodeSchema.nullable(), reason: z.string().nullable(),
});
export type OperationItem = z.infer<typeof operationItemSchema>;

/** At most so many of the skipped are answered at once; `skippedCount` counts all, `operationItems` has the others. */
export const MAX_SKIPPED = 5000;
/** `unreachable`: those among the skipped of which it cannot be seen yet whether they were moved. */
const applied = z.object({ operationId: idSchema, moved: countSchema, bytes: countSchema, unreachable: countSchema, skippedCount: countSchema, skipped: z.array(skippedSchema) });
const restored = z.object({ operationId: idSchema.nullable(), restored: countSchema, bytes: countSchema, skippedCount: countSchema, skipped: z.array(skippedSchema) });

export const cleanupContract = {
  /** Groups by rank with what the rules suggest and what was decided. */
  review: procedure
    .input(z.object({ ...grouping, start: countSchema.default(0), count: z.int().min(1).max(500).default(100) }))
    .output(z.object({
      total: countSchema, decided: countSchema, removable: countSchema, removableBytes: countSchema,
      /** False while groups are still being counted: the numbers grow, and the topic `cleanup` tells when they are whole. */
      isCounted: z.boolean(),
      groups: z.array(reviewGroupSchema),
    })),
  /** 0-based rank of the first group from `from` on that is still open, going round at the end; null when all are decided. */
  nextOpen: procedure.input(z.object({ ...grouping, from: countSchema.default(0) })).output(countSchema.nullable()),
  /** 0-based rank of the group of that id, or the one that holds this image; null when there is none at that level. */
  rankOf: procedure
    .input(z.object({ level: levelSchema, of: z.union([z.object({ groupId: z.string() }), z.object({ assetId: idSchema })]) }))
    .output(countSchema.nullable()),
  /** Keep or remove, by content and place, until changed. Refused with `last-copy` when it would leave a group without a keeper. */
  decide: procedure
    .input(z.object({ level: levelSchema, groupId: z.string(), choices: z.array(z.object({ sourceId: idSchema, choice: choiceSchema.nullable() })).min(1) }))
    .output(reviewGroupSchema),
  /** Takes the rules' suggestion for every group that is still open. */
  acceptSuggestions: procedure.input(z.object(grouping)).output(z.object({ groups: countSchema, choices: countSchema })),
  /**
   * Writes down what would be done. `decided` takes only groups that were decided, `all` lets the rules decide the rest.
   * `protect` adds folders to the protected ones of the settings.
   */
  plan: procedure
    .input(z.object({ ...grouping, protect: z.array(z.string()).default([]), scope: z.enum(['decided', 'all']).default('all'), mode: removalModeSchema.default('quarantine'), mergeMetadata: z.boolean().default(true),
      /** At most so many of each list are answered; `planItems` has the others. All of them when left out. */
      itemLimit: countSchema.optional(), token }))
    .output(planSchema),
  /** The lists of a plan by place, 0-based, in the order of the plan. */
  planItems: procedure
    .input(z.object({ planId: idSchema, list: z.enum(['keep', 'remove', 'held']), start: countSchema.default(0), count: z.int().min(1).max(1000).default(200) }))
    .output(z.object({ keep: z.array(planKeepSchema), remove: z.array(planRemovalSchema), held: z.array(planHeldSchema) })),
  /** Does what the plan says, item by item, each checked again before; what no longer fits is skipped with its reason. */
  apply: procedure.input(z.object({ planId: idSchema, token })).output(applied),
  /**
   * Ends an act after the files that are at work, or before its turn, by its operation or by the token it was asked for
   * with. The others of an apply are skipped. What was moved stays so until it is undone.
   */
  cancel: procedure.input(z.union([z.object({ operationId: idSchema }), z.object({ token: z.string() })])).output(z.object({ cancelled: z.boolean() })),
  /** Puts back what an operation moved. Never over another file: what finds its place occupied stays where it is. */
  undo: procedure.input(z.object({ operationId: idSchema, token })).output(restored),
  /** Newest first. */
  operations: procedure.input(z.object({ before: idSchema.optional(), limit: z.int().min(1).max(200).default(50) })).output(z.array(operationSchema)),
  /** The files of an operation in its order, and what became of each. */
  operationItems: procedure
    .input(z.object({ operationId: idSchema, /** One state, or any of several; all of them when left out. */
      state: z.union([z.enum(OPERATION_ITEM_STATES), z.array(z.enum(OPERATION_ITEM_STATES)).min(1)]).optional(), after: z.int().nonnegative().default(0), limit: z.int().min(1).max(5000).default(1000) }))
    .output(z.array(operationItemSchema)),
  quarantine: procedure
    .input(z.object({ after: z.int().nonnegative().default(0), limit: z.int().min(1).max(1000).default(200) }))
    .output(z.object({ total: countSchema, bytes: countSchema, items: z.array(quarantineItemSchema) })),
  restore: procedure.input(z.object({ ids: z.array(idSchema).min(1).max(5000).optional(), token })).output(restored),
  /** The one act that deletes for good; only reports unless `apply`. `errors` are the first of those that were left where they are. */
  emptyQuarantine: procedure
    .input(z.object({ days: countSchema.default(0), apply: z.boolean().default(false), token }))
    .output(z.object({ dryRun: z.boolean(), found: countSchema, bytesToFree: countSchema, deletedCount: countSchema, deletedBytes: countSchema, skippedCount: countSchema, errors: z.array(skippedSchema) })),
};
