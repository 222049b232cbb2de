import { describe, expect, it } from 'vitest';
import { TRANSFORMS, type Asset } from '../src/contract/index.ts';
import { evidenceRows } from '../src/renderer/compare/evidence-rows.ts';
import { arrangePanes } from '../src/renderer/compare/layout.ts';
import { likelyKeeperFirst } from '../src/renderer/compare/likely-keeper.ts';
import { alignedSize, common, inverse, layOut, place, rebased, sharpestOf, undoing, visiblePart, WHOLE } from '../src/renderer/compare/view.ts';
import { carriedOver, fitScale, panBy, zoomAt } from '../src/renderer/picture/zoom.ts';
import { tilesFor } from '../src/renderer/picture/tiles.ts';
import { inverseOf } from '../src/main/engine/similarity/verify-look.ts';
import { rowsOf } from '../src/main/engine/compare/rows.ts';
import { createFormat } from '../src/renderer/i18n/format.ts';
import { createI18n } from '../src/renderer/i18n/setup.ts';

const frame = { width: 500.5, height: 400 };
const large = { width: 6000, height: 4000 };
const small = { width: 1500, height: 1000 };

describe('the shared view', () => {
  it('counts its scale in pixels of the sharpest, and shows the others at the same size', () => {
    expect(sharpestOf([small, large])).toBe(large);
    const view = carriedOver({ x: 0.3, y: 0.6, scale: 1 }, large, frame);
    const [one, other] = [place(large, null, large, view, frame), place(small, null, large, view, frame)];
    expect([one.scale, other.scale]).toEqual([1, 4]);
    expect([other.width, other.height, other.left, other.top]).toEqual([one.width, one.height, one.left, one.top]);
    expect((frame.width / 2 - one.left) / one.width).toBeCloseTo(0.3, 12);
  });

  it('fits without enlarging, and enlarges what is smaller than the sharpest', () => {
    expect(fitScale({ width: 100, height: 50 }, frame)).toBe(1);
    const view = carriedOver(null, large, frame);
    expect(view.scale).toBeCloseTo(500.5 / 6000, 12);
    expect(place(small, null, large, view, frame).width).toBeCloseTo(500.5, 9);
    // Of other proportions: as large as fits.
    expect(place({ width: 1000, height: 1000 }, null, large, view, frame)).toMatchObject({ width: 400, height: 400 });
  });

  it('shows what was cut out where it was cut, and a frame around what it frames', () => {
    // A quarter of the first at twice its resolution, a frame, one of which nothing is known, and the same again.
    const sizes = [{ width: 1000, height: 800 }, { width: 1000, height: 800 }, { width: 1200, height: 1000 }, { width: 300, height: 300 }, { width: 500, height: 400 }];
    const { size, places } = layOut(sizes, [{ left: 0.25, top: 0.5, width: 0.5, height: 0.5 }, { left: -0.1, top: -0.125, width: 1.2, height: 1.25 }, null, WHOLE]);
    expect(size).toEqual({ width: 2400, height: 2000 });
    const view = carriedOver(null, size, { width: 600, height: 500 });
    const [first, cut, framed, unknown, same] = sizes.map((one, index) => place(one, places[index]!, size, view, { width: 600, height: 500 }));
    expect(framed).toEqual({ left: 0, top: 0, width: 600, height: 500, scale: 0.5 });
    for (const [key, value] of Object.entries({ left: 50, top: 50, width: 500, height: 400, scale: 0.5 })) expect(first![key as 'left']).toBeCloseTo(value, 9);
    for (const [key, value] of Object.entries({ left: 175, top: 250, width: 250, height: 200, scale: 0.25 })) expect(cut![key as 'left']).toBeCloseTo(value, 9);
    expect(same).toEqual({ ...first, scale: 1 });
    expect(unknown).toMatchObject({ left: 50, top: 0, width: 500, height: 500 });
    expect(common(places[1]!, places[2]!)).toEqual(places[1]);
    expect(common({ ...WHOLE, width: 0.2 }, { ...WHOLE, left: 0.3 })).toBeNull();
  });

  it('is that of the sharpest where nothing is cut or framed', () => {
    expect(layOut([small, large], [WHOLE])).toEqual({ size: large, places: [null, null] });
    expect(layOut([small, large], [null]).places).toEqual([null, null]);
  });

  it('leaves the first where it is on the screen when it is found out where the others lie', () => {
    const sizes = [{ width: 1000, height: 800 }, { width: 1000, height: 800 }, { width: 1200, height: 1000 }];
    const [cut, framed] = [{ left: 0.25, top: 0.5, width: 0.5, height: 0.5 }, { left: -0.1, top: -0.125, width: 1.2, height: 1.25 }];
    const basisOf = (inFirst: readonly (typeof cut | null)[], of = sizes) => {
      const { size, places } = layOut(of, inFirst);
      return { field: size, first: of[0]!, where: places[0]! };
    };
    const screen = { width: 600, height: 500 };
    const shownIn = (basis: ReturnType<typeof basisOf>, view: typeof unmeasured) => place(basis.first, basis.where, basis.field, view, screen);
    const unmeasured = { scale: 1.7, x: 0.3, y: 0.6 };
    const bases = [basisOf([null, null]), basisOf([cut, null]), basisOf([cut, framed]), basisOf([null, framed])];
    const before = shownIn(bases[0]!, unmeasured);
    let view = unmeasured;
    for (const [at, basis] of bases.entries()) {
      view = rebased(view, bases[Math.max(0, at - 1)]!, basis, screen);
      for (const [key, value] of Object.entries(before)) expect(shownIn(basis, view)[key as 'left']).toBeCloseTo(value, 9);
    }
    // Others are looked at in the same place, at the same percentage.
    const other = rebased({ scale: 1, x: 0.5, y: 0.5 }, bases[2]!, basisOf([null], [small, large]), null);
    expect(other.scale).toBe(1);
    expect(other.x).toBeCloseTo((0.5 - 0.1 / 1.2) * 1.2, 9);
  });

  it('zooms at the pointer and pans by screen pixels, never past the edges', () => {
    const start = carriedOver({ x: 0.5, y: 0.5, scale: 0.5 }, large, frame);
    const pointer = { x: 120, y: -80 };
    const under = (view: typeof start) => ({ x: view.x + pointer.x / (6000 * view.scale), y: view.y + pointer.y / (4000 * view.scale) });
    const zoomed = zoomAt(start, 3, pointer, large, frame);
    expect(under(zoomed).x).toBeCloseTo(under(start).x, 12);
    expect(under(zoomed).y).toBeCloseTo(under(start).y, 12);
    expect(panBy(zoomed, 60, 0, large, frame).x).toBeCloseTo(zoomed.x - 60 / 18_000, 12);
    expect(panBy(zoomed, 1e6, -1e6, large, frame)).toEqual({ scale: 3, x: frame.width / 2 / 18_000, y: 1 - frame.height / 2 / 12_000 });
    expect(zoomAt(zoomed, 1e9, pointer, large, frame).scale).toBe(16);
    expect(zoomAt(zoomed, 0, pointer, large, frame)).toEqual({ ...carriedOver(null, large, frame) });
  });

  it.each(TRANSFORMS)('undoes %s on screen as the engine does in pixels', (transform) => {
    // A picture of 3×2 pixels whose values tell their place.
    const picture = { width: 3, height: 2, channels: 3 as const, data: Uint8Array.from({ length: 18 }, (_, at) => Math.floor(at / 3)) };
    const rows = rowsOf(picture, transform);
    expect({ width: rows.width, height: rows.height }).toEqual(alignedSize(picture, transform));
    expect(inverse(transform)).toBe(inverseOf(transform));
    const [a, b, c, d] = undoing(transform);
    const row = new Uint8Array(rows.width * 3);
    for (let y = 0; y < 2; y += 1) {
      for (let x = 0; x < 3; x += 1) {
        const [dx, dy] = [x + 0.5 - 1.5, y + 0.5 - 1];
        const [toX, toY] = [a * dx + c * dy + rows.width / 2 - 0.5, b * dx + d * dy + rows.height / 2 - 0.5];
        rows.read(toY, row);
        expect(row[toX * 3]).toBe(y * 3 + x);
      }
    }
  });
});

describe('tiles', () => {
  const huge = { width: 14_000, height: 10_000 };

  it('come at the resolution of the screen, only where they are in view, over coarser ones', () => {
    const whole = { left: 0, top: 0, right: 1, bottom: 1 };
    const fine = tilesFor(huge, 14_000, { left: 0.5, top: 0.5, right: 0.56, bottom: 0.55 });
    expect(fine.map(({ level, column, row }) => [level, column, row])).toEqual([[1, 3, 2], [0, 6, 4], [0, 7, 4], [0, 6, 5], [0, 7, 5]]);
    // 14000 px on 1750: an eighth.
    expect(new Set(tilesFor(huge, 1750, whole).map(({ level }) => level))).toEqual(new Set([3]));
    expect(tilesFor(huge, 1750, whole)).toHaveLength(4);
    expect(tilesFor(huge, 100, whole).length).toBeLessThanOrEqual(4);
    expect(new Set(tilesFor(huge, 1e6, { left: 0.1, top: 0.1, right: 0.101, bottom: 0.101 }).map(({ level }) => level))).toEqual(new Set([0, 1]));
  });

  it('cover the picture without a gap at every level', () => {
    for (const shownWidth of [14_000, 6000, 3000, 1500]) {
      const tiles = tilesFor(huge, shownWidth, { left: 0, top: 0, right: 1, bottom: 1 });
      for (const level of new Set(tiles.map((tile) => tile.level))) {
        const area = tiles.filter((tile) => tile.level === level).reduce((sum, { width, height }) => sum + width * height, 0);
        expect(area).toBeCloseTo(1, 9);
      }
    }
  });

  it.each(TRANSFORMS)('are those in view also where %s was undone', (transform) => {
    const aligned = alignedSize(large, transform);
    // The left upper corner as it is shown.
    const part = visiblePart({ left: 0, top: 0, width: aligned.width, height: aligned.height, scale: 1 }, { width: aligned.width / 4, height: aligned.height / 2 }, transform);
    const [a, b, c, d] = undoing(transform);
    const shownAt = (x: number, y: number) => [a * (x - 0.5) + c * (y - 0.5) + 0.5, b * (x - 0.5) + d * (y - 0.5) + 0.5];
    const corners = [shownAt(part.left, part.top), shownAt(part.right, part.bottom)];
    expect([Math.min(...corners.map(([x]) => x!)), Math.max(...corners.map(([x]) => x!)), Math.min(...corners.map(([, y]) => y!)), Math.max(...corners.map(([, y]) => y!))]).toEqual([0, 0.25, 0, 0.5]);
  });
});

describe('panes', () => {
  it.each([
    [2, { width: 1000, height: 760 }, large, { columns: 2, rows: 1 }],
    [2, { width: 1000, height: 760 }, { width: 8000, height: 1500 }, { columns: 1, rows: 2 }],
    [3, { width: 1500, height: 760 }, { width: 2000, height: 3000 }, { columns: 3, rows: 1 }],
    [4, { width: 1000, height: 760 }, large, { columns: 2, rows: 2 }],
    [4, { width: 2400, height: 600 }, { width: 2000, height: 3000 }, { columns: 4, rows: 1 }],
  ])('%i in %j of pictures of %j', (count, stage, picture, grid) => {
    expect(arrangePanes(count, stage, picture, 36, 1)).toEqual(grid);
  });
});

describe('candidates', () => {
  const asset = (part: Partial<Asset>): Asset => ({
    id: 1, sha256: '0'.repeat(64), pixelSha256: null, format: 'jpeg', ...large, bytes: 5e6, orientation: 1, frames: 1, hasAlpha: false, colorSpace: 'srgb', takenAt: null, category: null, flags: [],
    quality: { score: 70, sharpness: 0.5, contrast: 0.5, brightness: 0.5, colorfulness: 0.5, resolution: 0.5 }, hashes: { pdq: '', pdqQuality: 0, phash: '', dhash: '' }, metadata: {}, renditions: [], inherited: [], inheritedRow: null, sources: ['/a.jpg'], createdAt: '2026-01-01T00:00:00.000Z', ...part,
  });

  it('begin with the one most likely to be kept', () => {
    const order = (...parts: Partial<Asset>[]): number[] => likelyKeeperFirst(parts.map((part, index) => asset({ id: index + 1, ...part })), new Set([9])).map(({ id }) => id);
    expect(order({ ...small, bytes: 9e6 }, {})).toEqual([2, 1]);
    expect(order({}, { metadata: { cameraModel: 'X' } })).toEqual([2, 1]);
    expect(order({}, { bytes: 12e6 })).toEqual([2, 1]);
    // Saved anew at a higher quality it shows no more.
    expect(order({}, { bytes: 6e6 })).toEqual([1, 2]);
    expect(order({}, { takenAt: '2020-01-01T00:00:00.000Z' }, { takenAt: '2019-01-01T00:00:00.000Z' })).toEqual([3, 2, 1]);
    expect(order({}, {})).toEqual([1, 2]);
    // A copy in a frame has more pixels, and no more of the picture.
    expect(order({ id: 9, width: 6600, height: 4600 }, { id: 2 })).toEqual([2, 9]);
    const score = (value: number): Partial<Asset> => ({ quality: { ...asset({}).quality, score: value } });
    expect(order(score(66), { ...score(70), bytes: 4e6 }, score(76))).toEqual([3, 1, 2]);
  });

  it('are told apart by figures, and the better one is named only where there is one', () => {
    const rows = (...parts: Partial<Asset>[]) => new Map(evidenceRows(parts.map(asset), createI18n('en').t, createFormat('en')).map((row) => [row.label, row]));
    const found = rows({ takenAt: '2019-05-01T10:00:00.000Z', metadata: { cameraMake: 'NIKON CORPORATION', cameraModel: 'NIKON D7100', exposureSeconds: 1 / 640, aperture: 5.6, iso: 400 } }, { ...small, bytes: 9e6 }, {});
    expect(found.get('Dimensions')).toMatchObject({ values: ['6000 × 4000', '1500 × 1000', '6000 × 4000'], better: [0, 2] });
    // Of another size, more bytes are no merit.
    expect(found.get('Size')?.better).toEqual([]);
    expect(found.get('Taken')?.better).toEqual([0]);
    expect(found.get('Camera')?.values).toEqual(['NIKON D7100', '', '']);
    expect(found.get('Exposure')?.values[0]).toBe('1/640 s · f/5.6 · ISO 400');
    expect(found.get('Sharpness')?.better).toEqual([]);
    expect(rows({}, { bytes: 6e6 }).get('Size')?.better).toEqual([1]);
    expect(rows({}, {}).has('Taken')).toBe(false);
    const quality = (sharpness: number, score: number): Partial<Asset> => ({ quality: { ...asset({}).quality, sharpness, score } });
    expect(rows(quality(0.52, 70), quality(0.5, 72)).get('Sharpness')?.better).toEqual([]);
    expect(rows(quality(0.52, 70), quality(0.5, 72)).get('Quality')?.better).toEqual([]);
    const three = rows(quality(0.52, 73), quality(0.51, 72), quality(0.4, 70));
    expect([three.get('Sharpness')?.better, three.get('Quality')?.better]).toEqual([[0, 1], [0, 1]]);
    expect(rows({ bytes: 5.05e6 }, {}).get('Size')?.better).toEqual([]);
    expect(rows({ width: 6000 }, { width: 5900 }).get('Dimensions')?.better).toEqual([]);
    expect(rows({ metadata: { iso: 100 } }, {}).get('Metadata fields')?.better).toEqual([0]);
  });
});
