import { createHash, randomBytes } from 'node:crypto';
import { constants, mkdirSync } from 'node:fs';
import { copyFile, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, isAbsolute, join } from 'node:path';
import type Database from 'better-sqlite3';
import type { AssetComparison, Comparison, Preset, Transform } from '../../../contract/index.ts';
import type { Originals } from '../assets/originals.ts';
import { errorCodeOf, errorMessageOf, ProofsheetError } from '../errors.ts';
import type { PictureCache } from '../renditions/cache.ts';
import { partFolder, renditionPath } from '../renditions/store.ts';
import { callTask } from '../tasks/call.ts';
import type { TaskRunner } from '../tasks/pool.ts';
import { createTurns } from '../tasks/turns.ts';
import { hashBand, psnrBand } from './bands.ts';
import type { ComparedContent, CompareInput, CompareResult, compareTask, SideInput } from './compare-task.ts';
import { isHeatmap } from './heatmap.ts';

export type Side = { readonly assetId: number } | { readonly path: string };

export interface Comparer {
  /** @throws ProofsheetError `occupied` when something else than a heat map lies at `heatmap` */
  pair(a: Side, b: Side, options: { readonly transform: Transform; readonly heatmap?: string | undefined }, signal?: AbortSignal): Promise<Comparison>;
  withAsset(assetId: number, path: string, signal?: AbortSignal): Promise<AssetComparison>;
  /** The path of the heat map of two assets in the cache. */
  heatmap(a: number, b: number, transform: Transform, signal?: AbortSignal): Promise<string>;
}

export interface ComparerDependencies {
  readonly db: Database.Database;
  readonly renditions: string;
  readonly originals: Originals;
  readonly pool: TaskRunner;
  readonly cache: PictureCache;
}

/** Leaves the pool room for everything else. */
const AT_ONCE = 2;
const HEATMAP_SUFFIX = 'difference.png';

export function createComparer({ db, renditions, originals, pool, cache }: ComparerDependencies): Comparer {
  const contentOf = db.prepare<[number], string>('SELECT lower(hex(sha256)) FROM asset WHERE id = ?').pluck();
  const assetWith = db.prepare<[string], number>('SELECT id FROM asset WHERE sha256 = unhex(?)').pluck();
  const presetsOf = db.prepare<[number], Preset>('SELECT preset FROM rendition WHERE asset_id = ? ORDER BY bytes').pluck();
  const turns = createTurns(AT_ONCE);

  function shaOf(assetId: number): string {
    const sha256 = contentOf.get(assetId);
    if (sha256 === undefined) throw new ProofsheetError('not-found', `There is no asset ${assetId}.`);
    return sha256;
  }

  function sideInput(side: Side): SideInput {
    if ('assetId' in side) return { name: `asset ${side.assetId}`, paths: originals.all(side.assetId), sha256: shaOf(side.assetId) };
    if (!isAbsolute(side.path)) throw new ProofsheetError('bad-input', `${side.path} is not an absolute path`);
    return { name: side.path, paths: [side.path], sha256: null };
  }

  async function measure(input: Omit<CompareInput, 'scratch'>, signal: AbortSignal | undefined): Promise<CompareResult> {
    return await turns.run(() => callTask<typeof compareTask>(pool, 'compare', { ...input, scratch: newPart() }), signal);
  }

  /** A name in the cache's folder for what is being made; whatever a crash leaves there goes at the next start. */
  function newPart(): string {
    mkdirSync(partFolder(cache.folder), { recursive: true });
    return join(partFolder(cache.folder), randomBytes(12).toString('hex'));
  }

  function toComparison(result: CompareResult): Comparison {
    const { a: first, b: second, ...rest } = result;
    const describe = (content: ComparedContent): Comparison['a'] => ({ ...content, assetId: assetWith.get(content.sha256) ?? null, path: shownPath(content.path) });
    return {
      ...rest, a: describe(first), b: describe(second), identicalBytes: first.sha256 === second.sha256,
      psnrBand: psnrBand(rest.psnrDb), hashBand: hashBand(rest.phashDistance), sizeRatio: second.bytes / first.bytes,
    };
  }

  async function compare(a: SideInput, b: SideInput, signal: AbortSignal | undefined): Promise<Comparison> {
    return toComparison(await measure({ a, b, transform: 'identity', heatmap: null }, signal));
  }

  return {
    async pair(sideA, sideB, { transform, heatmap }, signal) {
      const [a, b] = [sideInput(sideA), sideInput(sideB)];
      if (heatmap === undefined) return toComparison(await measure({ a, b, transform, heatmap: null }, signal));
      await checkTarget(heatmap);
      const part = newPart();
      try {
        const comparison = toComparison(await measure({ a, b, transform, heatmap: part }, signal));
        await putHeatmap(part, heatmap);
        return comparison;
      } finally {
        await rm(part, { force: true });
      }
    },

    async withAsset(assetId, path, signal) {
      const file = sideInput({ path });
      const sides: readonly (readonly [string, SideInput])[] = [
        ['original', sideInput({ assetId })],
        ...presetsOf.all(assetId).map((preset) => [preset, { name: `the ${preset} rendition of asset ${assetId}`, paths: [renditionPath(renditions, shaOf(assetId), preset)], sha256: null }] as const),
      ];
      const comparisons: Record<string, AssetComparison['comparisons'][string]> = {};
      // The file itself first: where that cannot be read, there is nothing to compare with.
      await compare(file, file, signal);
      for (const [name, side] of sides) {
        try {
          comparisons[name] = await compare(side, file, signal);
        } catch (error) {
          if (!(error instanceof ProofsheetError) || error.code === 'cancelled') throw error;
          comparisons[name] = { error: { code: error.code, message: error.message } };
        }
      }
      return { assetId, comparisons };
    },

    async heatmap(a, b, transform, signal) {
      const key = createHash('sha256').update(`${shaOf(a)} ${shaOf(b)} ${transform}`).digest('hex');
      const known = await cache.find(key, HEATMAP_SUFFIX);
      if (known !== null) return known;
      const part = newPart();
      try {
        await measure({ a: sideInput({ assetId: a }), b: sideInput({ assetId: b }), transform, heatmap: part }, signal);
        const path = cache.pathOf(key, HEATMAP_SUFFIX);
        mkdirSync(dirname(path), { recursive: true });
        await rename(part, path);
        await cache.trim();
        return path;
      } finally {
        await rm(part, { force: true });
      }
    },
  };
}

function shownPath(path: string | Uint8Array): string {
  return typeof path === 'string' ? path : Buffer.from(path).toString();
}

/** Before any work is done: whether the heat map may go there. */
async function checkTarget(path: string): Promise<void> {
  if (!isAbsolute(path)) throw new ProofsheetError('bad-input', `${path} is not an absolute path`);
  const folder = await stat(dirname(path)).catch((error: unknown) => { throw new ProofsheetError(errorCodeOf(error), `${dirname(path)}: ${errorMessageOf(error)}`); });
  if (!folder.isDirectory()) throw new ProofsheetError('bad-input', `${dirname(path)} is not a folder`);
  const isThere = await stat(path).then(() => true, () => false);
  if (isThere && !await isHeatmap(path)) throw occupied(path);
}

/** Written beside and renamed over a heat map of before; over nothing else, whatever comes there meanwhile. */
async function putHeatmap(from: string, to: string): Promise<void> {
  try {
    if (await isHeatmap(to)) {
      const beside = join(dirname(to), `.${basename(to)}.${randomBytes(6).toString('hex')}`);
      try {
        await copyFile(from, beside, constants.COPYFILE_EXCL);
        await rename(beside, to);
      } finally {
        await rm(beside, { force: true });
      }
    } else {
      await copyFile(from, to, constants.COPYFILE_EXCL);
    }
  } catch (error) {
    if ((error as { code?: unknown } | null)?.code === 'EEXIST') throw occupied(to);
    throw new ProofsheetError(errorCodeOf(error), `${to}: ${errorCodeOf(error) === 'no-permission' ? 'writing there is not permitted' : errorMessageOf(error)}`);
  }
}

function occupied(path: string): ProofsheetError {
  return new ProofsheetError('occupied', `${path} exists and is not a heat map of Proofsheet; it stays as it is. Choose another name.`);
}
