import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import sharp from 'sharp';
import { POLICY_PROFILES } from '../src/contract/index.ts';
import { decode } from '../src/main/engine/pixels/decode/decode.ts';
import { readHeader } from '../src/main/engine/pixels/header/header.ts';
import { runPixelPass } from '../src/main/engine/pixels/pass.ts';
import type { Fingerprint } from '../src/main/engine/similarity/fingerprint.ts';
import { createLook, type Look } from '../src/main/engine/similarity/verify.ts';
import { createPlanes } from '../src/main/engine/similarity/planes.ts';
import { EDITS, nextFrame, recolour, toSharp, withSomebody } from '../test/fixtures/edits.ts';
import { createRandom, drawScene, KINDS, METALS, type Metal, type Raster, type SceneKind } from '../test/fixtures/scenes.ts';

/** A picture of the evaluation as the catalog would know it. */
export interface Sample {
  /** Of which original. */
  readonly family: number;
  readonly kind: SceneKind | 'photograph';
  /** The class of the edit; `original`; `near relative` for what is no duplicate; `mark on a page` for what may be either. */
  readonly group: string;
  readonly name: string;
  readonly fingerprint: Fingerprint;
  /** 64 bits: is each of 8×8 cells brighter than their mean. */
  readonly averageHash: Uint8Array;
  readonly pixelSha256: string | null;
  readonly size: { readonly width: number; readonly height: number };
  readonly card: Buffer;
}

interface Base { readonly kind: Sample['kind']; readonly seed: number; readonly raster: Raster }

/** Scenes of these numbers were looked at when limits were chosen; the others never. */
export const SEEDS = { tuning: [0, 1, 2], 'held out': [100, 101, 102] } as const;
export type Half = keyof typeof SEEDS;

/** Every other photograph of the folder belongs to each half. */
export async function* makeSamples(half: Half, folder: string | null): AsyncGenerator<readonly Sample[]> {
  const photographs = folder === null ? [] : (await listPictures(folder)).filter((_, index) => (index % 2 === 0) === (half === 'tuning'));
  let family = 0;
  for (const kind of KINDS) for (const seed of SEEDS[half]) yield await makeFamily({ kind, seed, raster: drawScene(kind, seed) }, family++);
  for (const path of photographs) yield await makeFamily({ kind: 'photograph', seed: family, raster: await readPhotograph(path) }, family++);
}

const planes = createPlanes();

export async function lookAt({ card, size }: Sample): Promise<Look> {
  const pixels = await decode(card, 'jpeg', readHeader(card, 'jpeg'), { isTolerant: false, keepsOneScan: true });
  return createLook(pixels.data, pixels.width, pixels.height, size, planes);
}

const WRITTEN = new Set<Sample['kind']>(['document', 'screenshot', 'chart']);
const MARKS = /logo|text/;

async function makeFamily(base: Base, family: number): Promise<readonly Sample[]> {
  const { raster, kind } = base;
  const random = createRandom(base.seed * 31 + 5 + family);
  const samples: (Sample | null)[] = [await makeSample(base, family, 'original', '', await toSharp(raster).jpeg({ quality: 95 }).toBuffer())];
  samples.push(await makeSample(base, family, 'exact pixels', 'PNG of the original', await sharp(await toSharp(raster).jpeg({ quality: 95 }).toBuffer()).png({ compressionLevel: 1 }).toBuffer()));
  for (const edit of EDITS) {
    const group = WRITTEN.has(kind) && MARKS.test(edit.name) ? 'mark on a page' : edit.group;
    samples.push(await makeSample(base, family, group, edit.name, await edit.make(raster, random)));
  }
  for (const [name, other] of makeRelatives(base, family)) {
    if (!isVisible(raster, other)) continue;
    samples.push(await makeSample(base, family, 'near relative', name, await toSharp(other).jpeg({ quality: 92 }).toBuffer()));
  }
  return samples.filter((sample) => sample !== null);
}

/** What must not be taken for a copy. */
function* makeRelatives({ kind, seed, raster }: Base, family: number): Generator<readonly [string, Raster]> {
  if (!WRITTEN.has(kind)) for (const strength of [0.4, 1, 2]) yield [`next frame, movement ${strength}`, nextFrame(raster, family, strength)];
  if (kind === 'photograph' || kind === 'bokeh' || kind === 'spheres') for (const degrees of [40, 90]) yield [`a thing in another hue, ${degrees}°`, recolour(raster, family, degrees)];
  if (kind === 'spheres') for (const motion of [0.005, 0.01, 0.03]) yield [`things moved by ${motion * 100} %`, drawScene(kind, seed, { motion })];
  if (!WRITTEN.has(kind) && kind !== 'ring') yield ['somebody in the middle', withSomebody(raster, family)];
  if (kind === 'ring') {
    for (const metal of Object.keys(METALS) as Metal[]) yield [`same ring in ${metal}`, drawScene(kind, seed, { metal })];
    for (const stone of [1, 2]) yield ['another stone', drawScene(kind, seed, { stone })];
    for (const engraving of [1, 2]) yield ['another engraving', drawScene(kind, seed, { engraving })];
  }
  if (kind === 'document' || kind === 'screenshot') for (const words of [1, 2, 4]) yield [`other words, ${words} places`, drawScene(kind, seed, { words })];
}

/** Without colour another hue is the same picture, and a word may be behind something: at least 20 pixels must differ by 24 levels. */
function isVisible(a: Raster, b: Raster): boolean {
  let count = 0;
  for (let at = 0; at < a.data.length; at++) if (Math.abs((a.data[at] ?? 0) - (b.data[at] ?? 0)) > 24) count++;
  return count >= 60;
}

async function makeSample({ kind }: Base, family: number, group: string, name: string, bytes: Buffer): Promise<Sample | null> {
  const outcome = await runPixelPass(bytes, { policy: POLICY_PROFILES.standard, salvage: false, admit: () => Promise.resolve({ [Symbol.dispose]: () => undefined }) });
  if (outcome.kind !== 'accepted') throw new Error(`${kind} ${family}, ${group} ${name}: ${outcome.error.message}`);
  const card = outcome.renditions.find(({ preset }) => preset === 'card');
  if (!card) throw new Error('a pixel pass without a card');
  const cells = await sharp(card.bytes).greyscale().resize(8, 8, { fit: 'fill' }).raw().toBuffer();
  return { family, kind, group, name, fingerprint: outcome.fingerprint, averageHash: hashOf(cells), pixelSha256: outcome.pixelSha256, size: { width: outcome.width, height: outcome.height }, card: Buffer.from(card.bytes) };
}

function hashOf(cells: Uint8Array): Uint8Array {
  const mean = cells.reduce((sum, cell) => sum + cell, 0) / cells.length;
  return Uint8Array.from({ length: 8 }, (_, byte) => cells.subarray(8 * byte, 8 * byte + 8).reduce((bits, cell, bit) => bits | (cell > mean ? 1 << bit : 0), 0));
}

const PICTURE = /\.(jpe?g|png|webp|avif|tiff?)$/i;
/** Photographs smaller than this are thumbnails: a quarter of them is nothing to compare. */
const MIN_SIDE = 160;
const MAX_SIDE = 1000;

async function listPictures(folder: string): Promise<readonly string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const paths = entries.filter((entry) => entry.isFile() && PICTURE.test(entry.name)).map((entry) => join(entry.parentPath, entry.name)).toSorted();
  const sizes = await Promise.all(paths.map(async (path) => await sharp(path).metadata().catch(() => null)));
  return paths.filter((_, index) => Math.min(sizes[index]?.width ?? 0, sizes[index]?.height ?? 0) >= MIN_SIDE);
}

async function readPhotograph(path: string): Promise<Raster> {
  const { data, info } = await sharp(path).rotate().resize(MAX_SIDE, MAX_SIDE, { fit: 'inside', withoutEnlargement: true }).removeAlpha().toColourspace('srgb').raw().toBuffer({ resolveWithObject: true });
  return { data, width: info.width, height: info.height };
}
