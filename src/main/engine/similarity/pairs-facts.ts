import type Database from 'better-sqlite3';
import type { Kinship } from '../../../contract/index.ts';
import { RAW_FORMATS } from '../pixels/sniff.ts';

/** What says when and by which camera an image was taken. */
export interface Exposure {
  readonly format: string;
  /** Milliseconds since 1970, as the camera's clock said. */
  readonly takenAt: number | null;
  readonly camera: string | null;
}

/** What the catalog says of an image that bears on whether another is its duplicate. */
export interface AssetFacts extends Exposure {
  readonly id: number;
  readonly sha256: string;
  readonly pixels: string | null;
  readonly width: number;
  readonly height: number;
  readonly bytes: number;
}

export function createFacts(db: Database.Database): (assetId: number) => AssetFacts | undefined {
  const find = db.prepare<[number], AssetFacts>(`
    SELECT id, lower(hex(sha256)) AS sha256, nullif(lower(hex(pixel_sha256)), '') AS pixels, format, width, height, bytes, taken_at AS takenAt,
      nullif(concat_ws(' ', metadata ->> '$.cameraMake', metadata ->> '$.cameraModel'), '') AS camera FROM asset WHERE id = ?`);
  return (assetId) => find.get(assetId);
}

/** Clocks of cameras tell whole seconds at least; a copy may have lost the parts of one. */
const SAME_SECOND_MS = 1000;

/**
 * What two images that look alike are by what is known of them: a raw file beside the picture made of it, or two
 * exposures, however alike. Null when nothing speaks against their being the same picture.
 */
export function kinshipOf(a: Exposure, b: Exposure): Kinship | null {
  if (isRaw(a) !== isRaw(b)) return 'raw-jpeg';
  if (a.camera === null || a.camera !== b.camera || a.takenAt === null || b.takenAt === null) return null;
  return isSameMoment(a.takenAt, b.takenAt) ? null : 'burst';
}

export function areTwoExposures(a: Exposure, b: Exposure): boolean {
  return kinshipOf(a, b) !== null;
}

function isSameMoment(a: number, b: number): boolean {
  if (Math.floor(a / SAME_SECOND_MS) !== Math.floor(b / SAME_SECOND_MS)) return false;
  const [partA, partB] = [a % SAME_SECOND_MS, b % SAME_SECOND_MS];
  return partA === 0 || partB === 0 || partA === partB;
}

const RAWS: ReadonlySet<string> = new Set(RAW_FORMATS);

export function isRaw({ format }: Pick<AssetFacts, 'format'>): boolean {
  return RAWS.has(format);
}
