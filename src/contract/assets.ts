import * as z from 'zod';
import { countSchema, idSchema, procedure, sha256Schema, timestampSchema } from './base.ts';

export const presetSchema = z.enum(['thumb', 'card', 'zoom']);
export type Preset = z.infer<typeof presetSchema>;

export const renditionSchema = z.object({ preset: presetSchema, path: z.string(), width: countSchema, height: countSchema, bytes: countSchema });

const unit = z.number().min(0).max(1);
/** Components are 0–1, the score is 0–100; formulas in docs/quality.md. */
export const qualitySchema = z.object({
  score: z.number().min(0).max(100), sharpness: unit, contrast: unit, brightness: unit, colorfulness: unit, resolution: unit,
});

/** Hexadecimal: PDQ 64 digits, pHash and dHash 16. `pdqQuality` 0–100; below 50 the hash says little. */
export const hashesSchema = z.object({ pdq: z.string(), pdqQuality: z.int().min(0).max(100), phash: z.string(), dhash: z.string() });

/** What the file says of itself; every field only where it is present and sane. */
export const metadataSchema = z.object({
  cameraMake: z.string(), cameraModel: z.string(), lens: z.string(),
  exposureSeconds: z.number(), aperture: z.number(), iso: z.number(), focalLengthMm: z.number(),
  latitude: z.number(), longitude: z.number(), altitudeMetres: z.number(),
  title: z.string(), description: z.string(), keywords: z.array(z.string()), creator: z.string(), copyright: z.string(),
  rating: z.number(), software: z.string(), colorProfile: z.string(),
}).partial();
export type Metadata = z.infer<typeof metadataSchema>;

/** What an image has from a duplicate that was cleaned up, because it had none of its own. Never in its file. */
export const inheritedSchema = z.object({
  /** A key of the metadata, `takenAt`, `position` (latitude, longitude, altitude) or `row`: columns of a list. */
  field: z.enum(['takenAt', 'rating', 'keywords', 'position', 'title', 'description', 'creator', 'copyright', 'row']),
  fromAssetId: idSchema, fromPath: z.string(), operationId: idSchema,
});
export type Inherited = z.infer<typeof inheritedSchema>;

export const assetSchema = z.object({
  id: idSchema,
  sha256: sha256Schema,
  /** SHA-256 of the decoded, upright, 8-bit sRGB pixels at full size; null until something needs it (docs/decisions). */
  pixelSha256: sha256Schema.nullable(),
  format: z.string(),
  /** Upright pixels, after EXIF orientation. */
  width: z.int().positive(),
  height: z.int().positive(),
  bytes: countSchema,
  /** EXIF orientation as stored, 1–8. */
  orientation: z.int().min(1).max(8),
  frames: z.int().positive(),
  hasAlpha: z.boolean(),
  colorSpace: z.string(),
  takenAt: timestampSchema.nullable(),
  category: z.string().nullable(),
  /** `small`, `animated`, `wrong-extension`, `salvaged` … */
  flags: z.array(z.string()),
  quality: qualitySchema,
  hashes: hashesSchema,
  metadata: metadataSchema,
  /** Which fields of `metadata` and `takenAt` are inherited, and from whom. */
  inherited: z.array(inheritedSchema),
  /** The columns of lists that named a duplicate of this image; null when nothing of the kind was inherited. */
  inheritedRow: z.record(z.string(), z.string()).nullable(),
  renditions: z.array(renditionSchema),
  sources: z.array(z.string()),
  createdAt: timestampSchema,
});
export type Asset = z.infer<typeof assetSchema>;

/** Where an image is whose files are all gone: they wait in quarantine or in the system's trash, or there is none. */
export const absenceSchema = z.enum(['quarantine', 'trash', 'gone']);
export type Absence = z.infer<typeof absenceSchema>;

/** What a grid cell needs, and nothing more. */
export const assetCellSchema = z.object({
  id: idSchema,
  sha256: sha256Schema,
  name: z.string(),
  width: z.int().positive(),
  height: z.int().positive(),
  format: z.string(),
  /** `#rrggbb`, the mean colour, painted until the picture is there. */
  placeholder: z.string(),
  hasAlpha: z.boolean(),
  flags: z.array(z.string()),
  /** Null while a file of it, or the workspace's own copy, is there. */
  absence: absenceSchema.nullable(),
});
export type AssetCell = z.infer<typeof assetCellSchema>;

/** Ranks from `start` up to but not including `end`. */
export const rankIntervalSchema = z.object({ start: countSchema, end: countSchema });
/** All or none of the ranks of a view, and the sorted, disjoint intervals that are the exception to it. */
export const selectionSchema = z.object({ all: z.boolean(), exceptions: z.array(rankIntervalSchema).readonly() });
export type Selection = z.infer<typeof selectionSchema>;

export const sortSchema = z.object({
  key: z.enum(['added', 'taken', 'name', 'bytes', 'pixels', 'score']),
  direction: z.enum(['ascending', 'descending']),
});
export type Sort = z.infer<typeof sortSchema>;

/** A filter expression (docs/filters.md); empty means everything. */
export const filterSchema = z.string().max(2000);

export const assetsContract = {
  /** Full records in id order, for export and the command line. */
  list: procedure
    .input(z.object({ filter: filterSchema.default(''), after: z.int().nonnegative().default(0), limit: z.int().min(1).max(1000).default(500) }))
    .output(z.array(assetSchema)),
  get: procedure.input(z.object({ id: idSchema })).output(assetSchema),
  /**
   * Opens a view: the ranks of all matching assets, fixed until it is opened again. Answers with the first window, so
   * that pictures can be painted while the ranks are still being made.
   */
  openView: procedure
    .input(z.object({ filter: filterSchema.default(''), sort: sortSchema, first: z.int().min(0).max(1000).default(200) }))
    .output(z.object({ viewId: idSchema, total: countSchema, cells: z.array(assetCellSchema) })),
  /** `count` cells from 0-based rank `start`; fewer at the end. `bad-input` when the view is no longer open. */
  window: procedure
    .input(z.object({ viewId: idSchema, start: countSchema, count: z.int().min(1).max(1000) }))
    .output(z.array(assetCellSchema)),
  /** 0-based rank of an asset in a view, null when it is not in it. */
  rankOf: procedure.input(z.object({ viewId: idSchema, assetId: idSchema })).output(countSchema.nullable()),
  /** What is selected in one view, by the ranks it has in another; what is not in that one is selected no longer. */
  carrySelection: procedure.input(z.object({ fromView: idSchema, toView: idSchema, selection: selectionSchema })).output(selectionSchema),
  /** Where the images of these ranks lie, in order: the first place of each. At most 5000 ranks. */
  paths: procedure.input(z.object({ viewId: idSchema, ranks: z.array(rankIntervalSchema) })).output(z.array(z.string())),
  /** Counts for the sidebar. `filter` of each facet value can be put into a view's filter as it is. */
  facets: procedure.output(z.object({
    total: countSchema,
    groups: z.array(z.object({
      key: z.enum(['folder', 'format', 'year', 'flag']),
      values: z.array(z.object({ label: z.string(), count: countSchema, filter: z.string() })),
    })),
  })),
  /**
   * A picture of an original's full size that every browser draws: the original itself where it is one, else a copy in
   * another format, made if need be. For the hosts, which serve it.
   */
  drawable: procedure.input(z.object({ id: idSchema })).output(z.object({ path: z.string(), format: z.string(), isCopy: z.boolean() })),
  /** Where one tile of a large picture lies (levels and sizes: presets.ts); made if need be. For the hosts, which serve it. */
  tile: procedure
    .input(z.object({ id: idSchema, level: countSchema, column: countSchema, row: countSchema }))
    .output(z.object({ path: z.string(), format: z.string(), offset: countSchema, bytes: countSchema })),
  /** Where an original can be read now: the first source that still exists. `vanished` when there is none. */
  original: procedure.input(z.object({ id: idSchema })).output(z.object({ path: z.string(), format: z.string(), bytes: countSchema })),
};
