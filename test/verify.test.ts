import sharp from 'sharp';
import { beforeAll, describe, expect, test } from 'vitest';
import { POLICY_PROFILES, TRANSFORMS } from '../src/contract/index.ts';
import { runPixelPass } from '../src/main/engine/pixels/pass.ts';
import { createLook, inverseOf, type Look, verify as verifyBy, type Verdict } from '../src/main/engine/similarity/verify.ts';
import { createPlanes } from '../src/main/engine/similarity/planes.ts';
import { type Edit, EDITS, nextFrame, recolour, toSharp, withNumber, withSomebody } from './fixtures/edits.ts';
import { type Change, createRandom, drawScene, type Raster, type SceneKind } from './fixtures/scenes.ts';

/** Scenes that the limits were not chosen on. */
const SCENES: readonly (readonly [SceneKind, number])[] = [['landscape', 41], ['spheres', 42], ['texture', 47], ['bokeh', 44]];
const rasters = new Map<string, Raster>();
const looks = new Map<string, Look>();
const planes = createPlanes();
const verify = (a: Look, b: Look): Verdict | null => verifyBy(a, b, planes);

beforeAll(async () => {
  for (const [kind, seed] of [...SCENES, ['ring', 45], ['document', 46]] as const) {
    const raster = drawScene(kind, seed);
    rasters.set(kind, raster);
    looks.set(kind, await lookOf(await toSharp(raster).jpeg({ quality: 95 }).toBuffer()));
  }
}, 60_000);

describe.each(SCENES)('of a %s', (kind) => {
  const edited = async (name: string): Promise<Verdict | null> => {
    const edit = EDITS.find((one) => one.name === name);
    if (!edit) throw new Error(`there is no edit ${name}`);
    return verify(lookTo(kind), await lookOf(await edit.make(rasterTo(kind), createRandom(5))));
  };

  test.each(['JPEG 50', 'JPEG 20', 'WebP 50', 'resize 50 %', 'resize 200 %', 'noise 6', 'blur 1 px'])('%s is the same picture', async (name) => {
    expect(await edited(name)).toMatchObject({ relation: 'near', transform: 'identity', level: 'strict', kinship: null, whole: null });
  });

  test.each(['resize 25 %', 'brightness −25 %', 'contrast −30 %', 'gamma 0.7', 'JPEG 10', 'sharpen', 'logo'])('%s leaves it similar at least', async (name) => {
    const verdict = await edited(name);
    expect(verdict).toMatchObject({ relation: 'near', transform: 'identity', kinship: null });
    expect(['strict', 'similar']).toContain(verdict?.level);
  });

  test('a logo tells which of the two is the one without it, from both sides', async () => {
    const edit = EDITS.find(({ name }) => name === 'logo');
    const marked = await lookOf(await edit!.make(rasterTo(kind), createRandom(5)));
    expect(verify(lookTo(kind), marked)).toMatchObject({ level: 'similar', relation: 'near', whole: 'a' });
    expect(verify(marked, lookTo(kind))).toMatchObject({ level: 'similar', relation: 'near', whole: 'b' });
  });

  test.each(['brightness +20 %', 'brightness −25 %', 'contrast −30 %', 'gamma 0.7'])('a logo and then %s tell nothing, or the right one', async (tone) => {
    const edit = (name: string): Edit => EDITS.find((one) => one.name === name)!;
    const { data, info } = await sharp(await edit('logo').make(rasterTo(kind), createRandom(5))).removeAlpha().raw().toBuffer({ resolveWithObject: true });
    const marked = await lookOf(await edit(tone).make({ data, width: info.width, height: info.height }, createRandom(5)));
    expect(verify(lookTo(kind), marked)?.whole ?? 'a').toBe('a');
    expect(verify(marked, lookTo(kind))?.whole ?? 'b').toBe('b');
  });

  test.each(TRANSFORMS.filter((transform) => transform !== 'identity'))('%s is told by its name', async (transform) => {
    expect(await edited(transform)).toMatchObject({ transform, level: 'similar', kinship: null, relation: transform.startsWith('rotate') ? 'rotated' : 'mirrored' });
  });

  test.each(['white 10 %', 'black letterbox 15 %', 'coloured 6 %', 'grey, uneven'])('a border, %s, is no part of it', async (name) => {
    expect(await edited(name)).toMatchObject({ relation: 'bordered', level: 'similar', whole: 'b', kinship: null });
  });

  test('a backdrop of its own blurred copy is no part of it either', async () => {
    const verdict = await edited('blurred letterbox');
    expect(verdict).toMatchObject({ level: 'similar', whole: 'b', kinship: null });
    // How soft a backdrop is compared with the picture decides what it is called.
    expect(['bordered', 'cropped']).toContain(verdict?.relation);
  });

  test.each(['90 % of each side', '80 % of each side', '80 % of the area', '60 % of the area'])('a crop, %s, belongs to the whole', async (name) => {
    expect(await edited(name)).toMatchObject({ level: 'similar', whole: 'a', kinship: null });
  });

  test('the next frame of a burst is another picture', async () => {
    for (const strength of [1, 2]) expect(isOffered(await against(kind, nextFrame(rasterTo(kind), 7, strength)))).toBe(false);
  });

  test('a thing in another colour makes another picture', async () => {
    expect(await against(kind, recolour(rasterTo(kind), 7, 90))).toMatchObject({ kinship: 'recolour', level: 'loose' });
  });
});

// A texture fits nowhere but on itself.
describe.each(SCENES.filter(([kind]) => kind !== 'texture'))('round a %s', (kind) => {
  test.each(['white', 'black', '#c03020'])('a frame of a few pixels, %s, is one too, and a cut of as much is none', async (background) => {
    const { width, height } = rasterTo(kind);
    const margin = Math.round(0.012 * Math.min(width, height)) + 3;
    const sides = { top: margin, bottom: margin, left: margin, right: margin };
    expect(verify(lookTo(kind), await lookOf(await toSharp(rasterTo(kind)).extend({ ...sides, background }).jpeg({ quality: 95 }).toBuffer()))).toMatchObject({ relation: 'bordered', whole: 'b' });
    const cut = { left: margin, top: margin, width: width - 2 * margin, height: height - 2 * margin };
    expect(verify(lookTo(kind), await lookOf(await toSharp(rasterTo(kind)).extract(cut).jpeg({ quality: 95 }).toBuffer()))).toMatchObject({ relation: 'cropped', whole: 'a' });
  });
});

describe.each(SCENES)('into a %s', (kind) => {
  test('somebody who comes makes another picture', async () => {
    expect(isOffered(await against(kind, withSomebody(rasterTo(kind), 3)))).toBe(false);
  });

  test('another number on a plate makes another picture', async () => {
    const [one, same, another] = await Promise.all([11, 11, 12].map(async (seed) => await lookOf(await encode(withNumber(rasterTo(kind), seed)))));
    expect(isOffered(verify(one!, same!))).toBe(true);
    expect(isOffered(verify(one!, another!))).toBe(false);
  });
});

describe('what looks alike and is not the same', () => {
  const ring = async (change: Change, than: Change = {}): Promise<Verdict | null> =>
    verify(await lookOf(await encode(drawScene('ring', 45, than))), await lookOf(await encode(drawScene('ring', 45, change))));

  test('is the same ring in another metal, also where it is a subtle one', async () => {
    for (const [one, another] of [['yellow', 'silver'], ['yellow', 'rose'], ['copper', 'rose'], ['silver', 'copper']] as const) {
      expect(isOffered(await ring({ metal: another }, { metal: one }))).toBe(false);
    }
    // The same metal again is the same picture.
    expect(await ring({ metal: 'yellow' }, { metal: 'yellow' })).toMatchObject({ level: 'strict' });
  });

  test('is the same pose with another stone or engraving', async () => {
    for (const change of [{ stone: 1 }, { stone: 2 }, { engraving: 1 }, { engraving: 2 }]) expect(isOffered(await ring(change))).toBe(false);
  });

  test('is the same page with another word', async () => {
    for (const words of [1, 2, 4]) expect(isOffered(await against('document', drawScene('document', 46, { words })))).toBe(false);
    expect(isOffered(await against('document', rasterTo('document')))).toBe(true);
  });

  test('is any other picture', async () => {
    for (const [a] of SCENES) for (const [b] of SCENES) if (a !== b) expect(isOffered(verify(lookTo(a), lookTo(b)))).toBe(false);
  });

  test('are pictures that show nothing', async () => {
    const flat = async (level: number, size = 300): Promise<Look> => await lookOf(await sharp({ create: { width: size, height: size, channels: 3, background: { r: level, g: level, b: level } } }).png().toBuffer());
    expect(verify(await flat(255), await flat(250))).toBeNull();
    expect(verify(await flat(128), await flat(128))).toBeNull();
    const ramp = async (to: number): Promise<Look> => await lookOf(await encode({ width: 300, height: 300, data: Buffer.from(Uint8Array.from({ length: 270_000 }, (_, at) => (Math.floor(at / 3) % 300) * to)) }));
    expect(verify(await ramp(0.5), await ramp(0.3))).toBeNull();
  });

  test('are icons too small to tell', async () => {
    const icon = async (seed: number): Promise<Look> => await lookOf(await toSharp(drawScene('bokeh', seed)).resize(20, 20, { fit: 'fill' }).png().toBuffer());
    expect(isOffered(verify(await icon(1), await icon(2)))).toBe(false);
  });
});

describe('a verdict', () => {
  test('is the same whichever picture is named first, with the transform turned round', async () => {
    const edits = ['rotate-90', 'transpose', 'white 10 %', '80 % of the area', 'JPEG 20', 'logo'];
    for (const name of edits) {
      const edit = EDITS.find((one) => one.name === name)!;
      const copy = await lookOf(await edit.make(rasterTo('spheres'), createRandom(5)));
      const [there, back] = [verify(lookTo('spheres'), copy)!, verify(copy, lookTo('spheres'))!];
      const swapped = { a: 'b', b: 'a' } as const;
      expect(back).toEqual({ ...there, transform: inverseOf(there.transform), whole: there.whole && swapped[there.whole] });
    }
  });

  test('depends on the two contents alone', async () => {
    const copy = await lookOf(await toSharp(rasterTo('bokeh')).jpeg({ quality: 30 }).toBuffer());
    const first = verify(lookTo('bokeh'), copy);
    verify(lookTo('landscape'), copy);
    expect(verify(lookTo('bokeh'), copy)).toEqual(first);
  });
});

function isOffered(verdict: Verdict | null): boolean {
  return verdict !== null && verdict.kinship === null && verdict.level !== 'loose';
}

function lookTo(kind: string): Look {
  return looks.get(kind)!;
}

function rasterTo(kind: string): Raster {
  return rasters.get(kind)!;
}

async function against(kind: string, changed: Raster): Promise<Verdict | null> {
  return verify(lookTo(kind), await lookOf(await encode(changed)));
}

function encode(raster: Raster): Promise<Buffer> {
  return toSharp(raster).jpeg({ quality: 92 }).toBuffer();
}

/** A file as the engine looks at it: by the card that the pixel pass makes. */
async function lookOf(bytes: Buffer): Promise<Look> {
  const outcome = await runPixelPass(bytes, { policy: POLICY_PROFILES.standard, salvage: false, admit: () => Promise.resolve({ [Symbol.dispose]: () => undefined }) });
  if (outcome.kind !== 'accepted') throw new Error(outcome.error.message);
  const { data, info } = await sharp(outcome.renditions.find(({ preset }) => preset === 'card')!.bytes).raw().toBuffer({ resolveWithObject: true });
  return createLook(data, info.width, info.height, { width: outcome.width, height: outcome.height }, planes);
}
