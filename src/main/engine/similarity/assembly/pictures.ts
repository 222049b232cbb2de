import { LUMA_RED, LUMA_GREEN, LUMA_BLUE, cell } from './cells';

export function luma(red: usize, green: usize, blue: usize, output: usize, count: i32): void {
  const r = f32x4.splat(LUMA_RED), g = f32x4.splat(LUMA_GREEN), b = f32x4.splat(LUMA_BLUE);
  for (let at: usize = 0, end = <usize>count << 2; at < end; at += 16) {
    v128.store(output + at, f32x4.add(f32x4.add(f32x4.mul(r, v128.load(red + at)), f32x4.mul(g, v128.load(green + at))), f32x4.mul(b, v128.load(blue + at))));
  }
}

/** Of a picture of three bytes a pixel. */
export function pixelLuma(rgb: usize, output: usize, count: i32): void {
  for (let at: usize = 0, end = <usize>count << 2; at < end; at += 4, rgb += 3) {
    store<f32>(output + at, LUMA_RED * <f32>load<u8>(rgb) + LUMA_GREEN * <f32>load<u8>(rgb, 1) + LUMA_BLUE * <f32>load<u8>(rgb, 2));
  }
}

/**
 * Brings a plane to `outWidth` × `outHeight` cells. A coverage has, for each cell, `starts` (u32, one more than cells),
 * and for each share `indices` (u32) and `weights` (f32). `row` has room for a row of the plane.
 */
export function resample(
  plane: usize, width: i32, row: usize, columnStarts: usize, columnIndices: usize, columnWeights: usize,
  rowStarts: usize, rowIndices: usize, rowWeights: usize, outWidth: i32, outHeight: i32, output: usize,
): void {
  const stride = <usize>width << 2;
  for (let y = 0; y < outHeight; y++) {
    memory.fill(row, 0, stride);
    for (let share = load<u32>(rowStarts + (<usize>y << 2)), end = load<u32>(rowStarts + (<usize>y << 2) + 4); share < end; share++) {
      const weight = f32x4.splat(load<f32>(rowWeights + (<usize>share << 2)));
      const from = plane + <usize>load<u32>(rowIndices + (<usize>share << 2)) * stride;
      for (let at: usize = 0; at < stride; at += 16) v128.store(row + at, f32x4.add(v128.load(row + at), f32x4.mul(weight, v128.load(from + at))));
    }
    for (let x = 0, share = load<u32>(columnStarts); x < outWidth; x++, output += 4) {
      let sum: f32 = 0;
      for (const end = load<u32>(columnStarts + (<usize>x << 2) + 4); share < end; share++) {
        sum += load<f32>(columnWeights + (<usize>share << 2)) * cell(row, <i32>load<u32>(columnIndices + (<usize>share << 2)));
      }
      store<f32>(output, sum);
    }
  }
}

/**
 * Cuts a part out of a picture of three bytes a pixel and brings it to `width` × `height` cells. Coverages are as for
 * `resample`. `from`, `across` and `down` are in pixels: how to walk over the picture so that its pixels come as in the
 * turned one. `row` has room for 16 bytes for each pixel of a turned row. One byte behind the picture is read.
 */
export function cut(
  rgb: usize, from: i32, across: i32, down: i32, firstColumn: i32, endColumn: i32, row: usize,
  columnStarts: usize, columnIndices: usize, columnWeights: usize, rowStarts: usize, rowIndices: usize, rowWeights: usize,
  width: i32, height: i32, red: usize, green: usize, blue: usize,
): void {
  const step = <usize>(3 * across);
  for (let y = 0, to: usize = 0; y < height; y++) {
    memory.fill(row + (<usize>firstColumn << 4), 0, <usize>(endColumn - firstColumn) << 4);
    for (let share = load<u32>(rowStarts + (<usize>y << 2)), end = load<u32>(rowStarts + (<usize>y << 2) + 4); share < end; share++) {
      const weight = f32x4.splat(load<f32>(rowWeights + (<usize>share << 2)));
      let pixel = rgb + <usize>(3 * (from + <i32>load<u32>(rowIndices + (<usize>share << 2)) * down + firstColumn * across));
      for (let at = row + (<usize>firstColumn << 4), rowEnd = row + (<usize>endColumn << 4); at < rowEnd; at += 16, pixel += step) {
        const levels = f32x4.convert_i32x4_u(i32x4.extend_low_i16x8_u(i16x8.extend_low_i8x16_u(v128.load_zero<u32>(pixel))));
        v128.store(at, f32x4.add(v128.load(at), f32x4.mul(weight, levels)));
      }
    }
    for (let x = 0, share = load<u32>(columnStarts); x < width; x++, to += 4) {
      let sum = f32x4.splat(0);
      for (const end = load<u32>(columnStarts + (<usize>x << 2) + 4); share < end; share++) {
        sum = f32x4.add(sum, f32x4.mul(f32x4.splat(load<f32>(columnWeights + (<usize>share << 2))), v128.load(row + (<usize>load<u32>(columnIndices + (<usize>share << 2)) << 4))));
      }
      store<f32>(red + to, f32x4.extract_lane(sum, 0));
      store<f32>(green + to, f32x4.extract_lane(sum, 1));
      store<f32>(blue + to, f32x4.extract_lane(sum, 2));
    }
  }
}

/** 1·2·1 across and down; at the sides the outermost cell stands for what would lie beyond. `scratch` is a plane, too. */
export function binomial(input: usize, output: usize, scratch: usize, width: i32, height: i32): void {
  const half = f32x4.splat(0.5), quarter = f32x4.splat(0.25);
  const stride = <usize>width << 2;
  for (let y = 0; y < height; y++) {
    const first = input + <usize>y * stride, to = scratch + <usize>y * stride;
    for (let at: usize = 0; at < stride; at += 16) {
      const beside = f32x4.add(v128.load(first + at - 4), v128.load(first + at + 4));
      v128.store(to + at, f32x4.add(f32x4.mul(half, v128.load(first + at)), f32x4.mul(quarter, beside)));
    }
    const last = stride - 4;
    const inner: usize = width > 1 ? 4 : 0;
    store<f32>(to, <f32>0.75 * load<f32>(first) + <f32>0.25 * load<f32>(first + inner));
    store<f32>(to + last, <f32>0.75 * load<f32>(first + last) + <f32>0.25 * load<f32>(first + last - inner));
  }
  for (let y = 0; y < height; y++) {
    const here = scratch + <usize>y * stride, to = output + <usize>y * stride;
    const above = y > 0 ? here - stride : here, below = y < height - 1 ? here + stride : here;
    for (let at: usize = 0; at < stride; at += 16) {
      v128.store(to + at, f32x4.add(f32x4.mul(half, v128.load(here + at)), f32x4.mul(quarter, f32x4.add(v128.load(above + at), v128.load(below + at)))));
    }
  }
}

function smooth4(plane: usize, by: usize): v128 {
  const near = f32x4.add(v128.load(plane - by), v128.load(plane + by)), far = f32x4.add(v128.load(plane - 2 * by), v128.load(plane + 2 * by));
  return f32x4.mul(f32x4.splat(<f32>0.0625), f32x4.add(f32x4.add(f32x4.mul(f32x4.splat(6), v128.load(plane)), f32x4.mul(f32x4.splat(4), near)), far));
}

function smooth1(plane: usize, by: usize): f32 {
  return <f32>0.0625 * (6 * load<f32>(plane) + 4 * (load<f32>(plane - by) + load<f32>(plane + by)) + (load<f32>(plane - 2 * by) + load<f32>(plane + 2 * by)));
}

/** 1·4·6·4·1 across and down, of at least 4 by 4 cells; the outermost two are left as they are. `scratch` is a plane, too. */
export function smooth(input: usize, output: usize, scratch: usize, width: i32, height: i32): void {
  const stride = <usize>width << 2;
  const bytes = stride * height;
  memory.copy(scratch, input, bytes);
  for (let row: usize = 0; row < bytes; row += stride) {
    let at = row + 8;
    const end = row + stride - 8;
    for (; at + 16 <= end; at += 16) v128.store(scratch + at, smooth4(input + at, 4));
    for (; at < end; at += 4) store<f32>(scratch + at, smooth1(input + at, 4));
  }
  memory.copy(output, scratch, bytes);
  let at: usize = 2 * stride;
  const end: usize = bytes - 2 * stride;
  for (; at + 16 <= end; at += 16) v128.store(output + at, smooth4(scratch + at, stride));
  for (; at < end; at += 4) store<f32>(output + at, smooth1(scratch + at, stride));
}

/** Determinant of the Hessian; nothing at the outermost three cells. */
export function hessian(plane: usize, output: usize, width: i32, height: i32): void {
  const stride = <usize>width << 2;
  memory.fill(output, 0, stride * height);
  const two = f32x4.splat(2), quarter = f32x4.splat(0.25);
  for (let y = 3; y < height - 3; y++) {
    const row = <usize>y * stride;
    for (let at = row + 12, end = row + stride - 12; at < end; at += 16) {
      const here = plane + at;
      const twice = f32x4.mul(two, v128.load(here));
      const xx = f32x4.sub(f32x4.add(v128.load(here - 4), v128.load(here + 4)), twice);
      const yy = f32x4.sub(f32x4.add(v128.load(here - stride), v128.load(here + stride)), twice);
      const same = f32x4.add(v128.load(here - stride - 4), v128.load(here + stride + 4)), other = f32x4.add(v128.load(here - stride + 4), v128.load(here + stride - 4));
      const xy = f32x4.mul(quarter, f32x4.sub(same, other));
      v128.store(output + at, f32x4.sub(f32x4.mul(xx, yy), f32x4.mul(xy, xy)));
    }
    // What the last four cells reach beyond the row's inside.
    memory.fill(output + row + stride - 12, 0, 12);
  }
}
