import { describe, expect, it } from 'vitest';
import { carriedOver, fitScale, fitted, LARGEST_SCALE, panBy, zoomAt, type Zoom } from '../src/renderer/picture/zoom.ts';

const image = { width: 6000, height: 4000 };
const frame = { width: 1200, height: 800 };

describe('the loupe', () => {
  it('fits an image into the frame and never enlarges it for that', () => {
    expect(fitScale(image, frame)).toBeCloseTo(0.2);
    expect(fitScale({ width: 100, height: 50 }, frame)).toBe(1);
  });

  it('keeps the point under the pointer where it is while zooming', () => {
    const before = zoomAt(fitted(image, frame), 1, { x: 0, y: 0 }, image, frame);
    const pointer = { x: 200, y: -100 };
    const after = zoomAt(before, 2, pointer, image, frame);
    const pointAt = ({ x, y, scale }: Zoom) => [x + pointer.x / (image.width * scale), y + pointer.y / (image.height * scale)];
    expect(pointAt(after)[0]).toBeCloseTo(pointAt(before)[0]!);
    expect(pointAt(after)[1]).toBeCloseTo(pointAt(before)[1]!);
  });

  it('stays between the whole image and single pixels', () => {
    expect(zoomAt(fitted(image, frame), 0.001, { x: 0, y: 0 }, image, frame).scale).toBeCloseTo(0.2);
    expect(zoomAt(fitted(image, frame), 999, { x: 0, y: 0 }, image, frame).scale).toBe(LARGEST_SCALE);
  });

  it('shows the next image with the same zoom, but never beside its edges', () => {
    const corner = { scale: 1, x: 0.95, y: 0.95 };
    expect(carriedOver(corner, { width: 600, height: 1600 }, frame)).toEqual({ scale: 1, x: 0.5, y: 0.75 });
    expect(carriedOver(null, image, frame)).toEqual(fitted(image, frame));
  });

  it('pans by screen pixels and stops at the edges', () => {
    const actual = zoomAt(fitted(image, frame), 1, { x: 0, y: 0 }, image, frame);
    expect(panBy(actual, 60, 0, image, frame).x).toBeCloseTo(actual.x - 0.01);
    expect(panBy(actual, 1e6, 1e6, image, frame)).toMatchObject({ x: 600 / 6000, y: 400 / 4000 });
    const square = { width: 4000, height: 4000 };
    expect(panBy(fitted(square, frame), 50, 50, square, frame)).toMatchObject({ x: 0.5, y: 0.5 });
  });
});
