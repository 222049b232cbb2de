/*
 * The passes over all cells of a picture or of two, in AssemblyScript, made into planes-wasm.ts by scripts/wasm.ts.
 * Planes are f32, row by row, at multiples of 16 bytes, with at least 16 bytes before and behind each that may be read
 * and, behind, overwritten. Sums over a plane are f64. There is no allocation.
 */

const LUMA_RED: f32 = 0.299;
const LUMA_GREEN: f32 = 0.587;
const LUMA_BLUE: f32 = 0.114;

// @ts-ignore: decorator
@inline function sumOf(v: v128): f64 {
  return <f64>f32x4.extract_lane(v, 0) + <f64>f32x4.extract_lane(v, 1) + (<f64>f32x4.extract_lane(v, 2) + <f64>f32x4.extract_lane(v, 3));
}

// @ts-ignore: decorator
@inline function cell(plane: usize, at: i32): f32 {
  return load<f32>(plane + (at << 2));
}

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

/** 1·2·1 across and down; at the sides the outermost cell stands for what would lie beyond. `scratch` is a plane, too. */
export function binomial(input: usize, output: usize, scratch: usize, width: i32, height: i32): void {
  const half = f32x4.splat(0.5), quarter = f32x4.splat(0.25);
  const stride = <usize>width << 2;
  for (let y = 0; y < height; y++) {
    const first = input + y * stride, to = scratch + y * stride;
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
    const here = scratch + y * stride, to = output + y * stride;
    const above = y > 0 ? here - stride : here, below = y < height - 1 ? here + stride : here;
    for (let at: usize = 0; at < stride; at += 16) {
      v128.store(to + at, f32x4.add(f32x4.mul(half, v128.load(here + at)), f32x4.mul(quarter, f32x4.add(v128.load(above + at), v128.load(below + at)))));
    }
  }
}

// @ts-ignore: decorator
@inline function smooth4(plane: usize, by: usize): v128 {
  const near = f32x4.add(v128.load(plane - by), v128.load(plane + by)), far = f32x4.add(v128.load(plane - 2 * by), v128.load(plane + 2 * by));
  return f32x4.mul(f32x4.splat(<f32>0.0625), f32x4.add(f32x4.add(f32x4.mul(f32x4.splat(6), v128.load(plane)), f32x4.mul(f32x4.splat(4), near)), far));
}

// @ts-ignore: decorator
@inline function smooth1(plane: usize, by: usize): f32 {
  return <f32>0.0625 * (6 * load<f32>(plane) + 4 * (load<f32>(plane - by) + load<f32>(plane + by)) + (load<f32>(plane - 2 * by) + load<f32>(plane + 2 * by)));
}

/** 1·4·6·4·1 across and down; the outermost two cells are left as they are. `scratch` is a plane, too. */
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

/** 1 where two planes differ by less than `limit`, else 0. */
export function alikeCells(a: usize, b: usize, output: usize, count: i32, limit: f32): void {
  const most = f32x4.splat(limit), one = f32x4.splat(1);
  for (let at: usize = 0, end = <usize>count << 2; at < end; at += 16) {
    v128.store(output + at, v128.and(one, f32x4.lt(f32x4.abs(f32x4.sub(v128.load(a + at), v128.load(b + at))), most)));
  }
}

/** Of the inner cells where `counted` is 1: the sum of the squared slopes, each up to `most`. */
export function slopeEnergy(plane: usize, counted: usize, width: i32, height: i32, most: f32): f64 {
  const limit = f32x4.splat(most), quarter = f32x4.splat(0.25);
  const stride = <usize>width << 2;
  let sum: f64 = 0;
  for (let y = 1; y < height - 1; y++) {
    const row = plane + y * stride, mask = counted + y * stride;
    let total = f32x4.splat(0);
    let at: usize = 4;
    for (; at + 16 < stride; at += 16) {
      const across = f32x4.sub(v128.load(row + at + 4), v128.load(row + at - 4));
      const down = f32x4.sub(v128.load(row + at + stride), v128.load(row + at - stride));
      const square = f32x4.mul(quarter, f32x4.add(f32x4.mul(across, across), f32x4.mul(down, down)));
      total = f32x4.add(total, f32x4.mul(v128.load(mask + at), f32x4.pmin(limit, square)));
    }
    sum += sumOf(total);
    for (; at + 4 < stride; at += 4) {
      const across = load<f32>(row + at + 4) - load<f32>(row + at - 4), down = load<f32>(row + at + stride) - load<f32>(row + at - stride);
      sum += <f64>(load<f32>(mask + at) * min<f32>(most, <f32>0.25 * (across * across + down * down)));
    }
  }
  return sum;
}

/** Sum of the cells, and of their squares after it in `output`, two f64. */
export function moments(plane: usize, count: i32, output: usize): void {
  let sum: f64 = 0, squares: f64 = 0;
  let at = 0;
  while (at < count) {
    let s = f32x4.splat(0), q = f32x4.splat(0);
    const end = min(count & ~3, at + 1024);
    for (; at < end; at += 4) {
      const v = v128.load(plane + (at << 2));
      s = f32x4.add(s, v);
      q = f32x4.add(q, f32x4.mul(v, v));
    }
    sum += sumOf(s);
    squares += sumOf(q);
    if (at >= (count & ~3)) for (; at < count; at++) { const v = <f64>cell(plane, at); sum += v; squares += v * v; }
  }
  store<f64>(output, sum);
  store<f64>(output + 8, squares);
}

/** 1 where one of the channels is above `high` or below `low`, else 0. */
export function clippedCells(red: usize, green: usize, blue: usize, output: usize, count: i32, low: f32, high: f32): void {
  const least = f32x4.splat(low), most = f32x4.splat(high), one = f32x4.splat(1);
  for (let at: usize = 0, end = <usize>count << 2; at < end; at += 16) {
    const r = v128.load(red + at), g = v128.load(green + at), b = v128.load(blue + at);
    const isOut = v128.or(f32x4.gt(f32x4.pmax(f32x4.pmax(r, g), b), most), f32x4.lt(f32x4.pmin(f32x4.pmin(r, g), b), least));
    v128.store(output + at, v128.and(one, isOut));
  }
}

/** Looks each cell up in a table of 257 levels, between two of them on the line. */
export function applyTable(table: usize, plane: usize, output: usize, count: i32): void {
  for (let at: usize = 0, end = <usize>count << 2; at < end; at += 4) {
    const value = max<f32>(0, min<f32>(255, load<f32>(plane + at)));
    const level = <i32>value;
    const low = cell(table, level);
    store<f32>(output + at, low + (cell(table, level + 1) - low) * (value - <f32>level));
  }
}

/** What a table leaves between two channels, each up to `most`: its sum over every `step`th cell from `from` on. */
export function tableError(table: usize, first: usize, second: usize, count: i32, from: i32, step: i32, most: f32): f64 {
  let sum: f64 = 0;
  for (let at = from; at < count; at += step) {
    const level = <i32>nearest<f32>(max<f32>(0, min<f32>(255, cell(first, at))));
    sum += <f64>min<f32>(most, abs<f32>(cell(table, level) - cell(second, at)));
  }
  return sum;
}

const BLOCK = 4;

/** Rows of 16 bytes: of each block of 4 by 4 cells the mean of red less luminance, and of blue. */
export function blockColors(red: usize, green: usize, blue: usize, width: i32, columns: i32, rows: i32, outRed: usize, outBlue: usize): void {
  const stride = <usize>width << 2;
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) {
      const start = (<usize>row * BLOCK) * stride + (<usize>column << 4);
      let r = f32x4.splat(0), g = f32x4.splat(0), b = f32x4.splat(0);
      for (let line: usize = start, end = start + BLOCK * stride; line < end; line += stride) {
        r = f32x4.add(r, v128.load(red + line));
        g = f32x4.add(g, v128.load(green + line));
        b = f32x4.add(b, v128.load(blue + line));
      }
      const sumR = sumOf(r), sumG = sumOf(g), sumB = sumOf(b);
      const light = 0.299 * sumR + 0.587 * sumG + 0.114 * sumB;
      const to = <usize>(row * columns + column) << 2;
      store<f32>(outRed + to, <f32>((sumR - light) / 16));
      store<f32>(outBlue + to, <f32>((sumB - light) / 16));
    }
  }
}

/** Squared slope of four cells in one row; beyond the picture is what is at its edge, half a slope there at most. */
// @ts-ignore: decorator
@inline function slopes(row: usize, above: usize, below: usize, isInside: v128): v128 {
  const across = v128.and(isInside, f32x4.sub(v128.load(row + 4), v128.load(row - 4)));
  const down = f32x4.sub(v128.load(below), v128.load(above));
  return f32x4.add(f32x4.mul(across, across), f32x4.mul(down, down));
}

/**
 * Of each block of 4 by 4 cells: root of the mean squared difference, mean difference, steepness of both, share of the
 * cells that `clipped` marks (0 for none). Answers with the sum of the blocks' structural similarity (Wang et al. 2004);
 * its second constant is raised to what JPEG leaves in plain areas.
 */
export function compareBlocks(a: usize, b: usize, clipped: usize, width: i32, height: i32, residual: usize, signed: usize, slopeA: usize, slopeB: usize, cut: usize): f64 {
  const columns = width >> 2, rows = height >> 2;
  const stride = <usize>width << 2;
  const all = i32x4.splat(-1);
  let ssim: f64 = 0;
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) {
      let isInside = all;
      if (column == 0) isInside = i32x4.replace_lane(isInside, 0, 0);
      if ((column << 2) + 4 == width) isInside = i32x4.replace_lane(isInside, 3, 0);
      let sumA = f32x4.splat(0), sumB = f32x4.splat(0), squares = f32x4.splat(0), steepA = f32x4.splat(0), steepB = f32x4.splat(0), cells = f32x4.splat(0);
      const start = (<usize>row * BLOCK) * stride + (<usize>column << 4);
      for (let line = 0; line < BLOCK; line++) {
        const at = start + line * stride;
        const y = row * BLOCK + line;
        const above = y > 0 ? at - stride : at, below = y < height - 1 ? at + stride : at;
        const one = v128.load(a + at), other = v128.load(b + at);
        const difference = f32x4.sub(other, one);
        sumA = f32x4.add(sumA, one);
        sumB = f32x4.add(sumB, other);
        squares = f32x4.add(squares, f32x4.mul(difference, difference));
        steepA = f32x4.add(steepA, slopes(a + at, a + above, a + below, isInside));
        steepB = f32x4.add(steepB, slopes(b + at, b + above, b + below, isInside));
        if (clipped != 0) cells = f32x4.add(cells, v128.load(clipped + at));
      }
      const meanA = sumOf(sumA) / 16, meanB = sumOf(sumB) / 16;
      const m = f32x4.splat(<f32>meanA), n = f32x4.splat(<f32>meanB);
      let squareA = f32x4.splat(0), squareB = f32x4.splat(0), product = f32x4.splat(0);
      for (let at = start, end = start + BLOCK * stride; at < end; at += stride) {
        const one = f32x4.sub(v128.load(a + at), m), other = f32x4.sub(v128.load(b + at), n);
        squareA = f32x4.add(squareA, f32x4.mul(one, one));
        squareB = f32x4.add(squareB, f32x4.mul(other, other));
        product = f32x4.add(product, f32x4.mul(one, other));
      }
      const varA = sumOf(squareA) / 16, varB = sumOf(squareB) / 16, both = sumOf(product) / 16;
      ssim += ((2 * meanA * meanB + 6.5) * (2 * both + 58.5)) / ((meanA * meanA + meanB * meanB + 6.5) * (varA + varB + 58.5));
      const to = <usize>(row * columns + column) << 2;
      store<f32>(residual + to, <f32>sqrt(sumOf(squares) / 16));
      store<f32>(signed + to, <f32>(meanB - meanA));
      store<f32>(slopeA + to, <f32>(sqrt(sumOf(steepA) / 16) / 2));
      store<f32>(slopeB + to, <f32>(sqrt(sumOf(steepB) / 16) / 2));
      store<f32>(cut + to, <f32>(sumOf(cells) / 16));
    }
  }
  return ssim;
}

/**
 * Differences of every `step`th cell, counted in bins of an eighth of a level from −256 up to 256: answers with their
 * median. `counts` has room for 4096 u32.
 */
export function medianDifference(first: usize, second: usize, count: i32, step: i32, counts: usize): f64 {
  memory.fill(counts, 0, 4096 << 2);
  let total = 0;
  for (let at = 0; at < count; at += step, total++) {
    const bin = counts + (<usize>max(0, min(4095, <i32>nearest<f32>((cell(second, at) - cell(first, at)) * 8) + 2048)) << 2);
    store<u32>(bin, load<u32>(bin) + 1);
  }
  let bin = 0;
  for (let below = <i32>load<u32>(counts); below <= total >> 1 && bin < 4095; below += <i32>load<u32>(counts + (<usize>bin << 2))) bin++;
  return <f64>(bin - 2048) / 8;
}

const TILE = 8;

/**
 * Of each tile of 8 by 8 cells, from the second row and column on, six f64: the sums of the slopes' products xx, xy, yy,
 * of x and y with the change, and of its square, over the cells where `counted` is 1 (0: everywhere).
 */
export function sumTiles(a: usize, b: usize, counted: usize, width: i32, columns: i32, rows: i32, output: usize): void {
  const quarter = f32x4.splat(0.25);
  const stride = <usize>width << 2;
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++, output += 48) {
      let xx = f32x4.splat(0), xy = f32x4.splat(0), yy = f32x4.splat(0), xt = f32x4.splat(0), yt = f32x4.splat(0), tt = f32x4.splat(0);
      const start = (<usize>(row * TILE + 1)) * stride + (<usize>(column * TILE + 1) << 2);
      for (let line = start, end = start + TILE * stride; line < end; line += stride) {
        for (let at = line; at < line + 4 * TILE; at += 16) {
          let slopeX = f32x4.mul(quarter, f32x4.add(f32x4.sub(v128.load(a + at + 4), v128.load(a + at - 4)), f32x4.sub(v128.load(b + at + 4), v128.load(b + at - 4))));
          let slopeY = f32x4.mul(quarter, f32x4.add(f32x4.sub(v128.load(a + at + stride), v128.load(a + at - stride)), f32x4.sub(v128.load(b + at + stride), v128.load(b + at - stride))));
          let change = f32x4.sub(v128.load(b + at), v128.load(a + at));
          if (counted != 0) {
            const mask = v128.load(counted + at);
            slopeX = f32x4.mul(mask, slopeX);
            slopeY = f32x4.mul(mask, slopeY);
            change = f32x4.mul(mask, change);
          }
          xx = f32x4.add(xx, f32x4.mul(slopeX, slopeX));
          xy = f32x4.add(xy, f32x4.mul(slopeX, slopeY));
          yy = f32x4.add(yy, f32x4.mul(slopeY, slopeY));
          xt = f32x4.add(xt, f32x4.mul(slopeX, change));
          yt = f32x4.add(yt, f32x4.mul(slopeY, change));
          tt = f32x4.add(tt, f32x4.mul(change, change));
        }
      }
      store<f64>(output, sumOf(xx));
      store<f64>(output, sumOf(xy), 8);
      store<f64>(output, sumOf(yy), 16);
      store<f64>(output, sumOf(xt), 24);
      store<f64>(output, sumOf(yt), 32);
      store<f64>(output, sumOf(tt), 40);
    }
  }
}

// @ts-ignore: decorator
@inline function extreme(a: v128, b: v128, isMost: bool): v128 {
  return isMost ? f32x4.pmax(a, b) : f32x4.pmin(a, b);
}

/** The least or the greatest of the 5 by 5 cells around each, as far as they are in the picture. */
export function extremes(input: usize, output: usize, scratch: usize, width: i32, height: i32, isMost: bool): void {
  const stride = <usize>width << 2;
  for (let y = 0; y < height; y++) {
    const row = input + y * stride, to = scratch + y * stride;
    for (let x = 0; x < width; x += 4) {
      const at = <usize>x << 2;
      if (x >= 2 && x + 6 <= width) {
        const near = extreme(extreme(v128.load(row + at - 4), v128.load(row + at + 4), isMost), v128.load(row + at), isMost);
        v128.store(to + at, extreme(near, extreme(v128.load(row + at - 8), v128.load(row + at + 8), isMost), isMost));
        continue;
      }
      for (let place = x; place < min(width, x + 4); place++) {
        let found = cell(row, place);
        for (let other = max(0, place - 2); other <= min(width - 1, place + 2); other++) found = isMost ? max(found, cell(row, other)) : min(found, cell(row, other));
        store<f32>(to + (<usize>place << 2), found);
      }
    }
  }
  for (let y = 0; y < height; y++) {
    const to = output + y * stride;
    const first = scratch + <usize>max(0, y - 2) * stride, last = scratch + <usize>min(height - 1, y + 2) * stride;
    for (let at: usize = 0; at < stride; at += 16) {
      let found = v128.load(first + at);
      for (let row = first + stride; row <= last; row += stride) found = extreme(found, v128.load(row + at), isMost);
      v128.store(to + at, found);
    }
  }
}

/** How far a table is from the straight line between what it makes of the least and of the greatest around each cell. */
export function offTheLine(plane: usize, low: usize, high: usize, table: usize, output: usize, count: i32): void {
  for (let at: usize = 0, end = <usize>count << 2; at < end; at += 4) {
    const value = load<f32>(plane + at), darkest = load<f32>(low + at), brightest = load<f32>(high + at);
    const span = brightest - darkest;
    let off: f32 = 0;
    if (span > 1) {
      const from = cell(table, <i32>nearest<f32>(darkest));
      off = abs<f32>(cell(table, <i32>nearest<f32>(value)) - from - ((cell(table, <i32>nearest<f32>(brightest)) - from) * (value - darkest)) / span);
    }
    store<f32>(output + at, off);
  }
}

/** Of each block of 4 by 4 cells the root of the mean square. */
export function blockRoots(plane: usize, width: i32, columns: i32, rows: i32, output: usize): void {
  const stride = <usize>width << 2;
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++, output += 4) {
      const start = plane + (<usize>row * BLOCK) * stride + (<usize>column << 4);
      let squares = f32x4.splat(0);
      for (let line = start, end = start + BLOCK * stride; line < end; line += stride) {
        const v = v128.load(line);
        squares = f32x4.add(squares, f32x4.mul(v, v));
      }
      store<f32>(output, <f32>(sqrt(sumOf(squares)) / BLOCK));
    }
  }
}

/**
 * Cuts a part out of a picture of three bytes a pixel and brings it to `width` × `height` cells. Coverages are as for
 * `resample`. `from`, `across` and
 * `down` are in pixels: how to walk over the picture so that its pixels come as in the turned one. `row` has room for 16
 * bytes for each pixel of a turned row. One byte behind the picture is read.
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

// @ts-ignore: decorator
@inline function add64(a: v128, b: v128): v128 { return f64x2.add(a, b); }

// @ts-ignore: decorator
@inline function sum64(v: v128): f64 { return f64x2.extract_lane(v, 0) + f64x2.extract_lane(v, 1); }

/**
 * Least squares of gain and offset that make `from` (f64) `to` (f64), clipped to 0–255; what lies far off counts little,
 * what is within `margin` of black or white, or is clipped in both, not. `count` is even. Writes gain and offset (f64);
 * answers with the mean difference that is left, in levels, infinite where less than `least` of the samples count.
 */
export function fitGain(from: usize, to: usize, count: i32, margin: f64, rounds: i32, patient: i32, least: f64, output: usize): f64 {
  let gain: f64 = 1, offset: f64 = 0, limit: f64 = 60, error: f64 = 0;
  const end = <usize>count << 3;
  const low = f64x2.splat(margin), high = f64x2.splat(255 - margin), white = f64x2.splat(254), black = f64x2.splat(1), one = f64x2.splat(1);
  for (let round = 0; round < rounds; round++) {
    let weights = f64x2.splat(0), sumU = weights, sumV = weights, squares = weights, products = weights;
    let g = f64x2.splat(gain), o = f64x2.splat(offset), l = f64x2.splat(limit);
    for (let at: usize = 0; at < end; at += 16) {
      const u = v128.load(from + at), v = v128.load(to + at);
      let isOut = v128.or(f64x2.lt(v, low), f64x2.gt(v, high));
      const expected = add64(f64x2.mul(g, u), o);
      if (round > 0) {
        const isWhite = v128.and(f64x2.ge(v, white), f64x2.ge(expected, white)), isBlack = v128.and(f64x2.le(v, black), f64x2.le(expected, black));
        isOut = v128.or(isOut, v128.or(isWhite, isBlack));
      }
      const distance = f64x2.abs(f64x2.sub(v, expected));
      const share = f64x2.div(l, distance);
      const weight = v128.andnot(v128.bitselect(f64x2.mul(share, share), one, f64x2.gt(distance, l)), isOut);
      const weighed = f64x2.mul(weight, u);
      weights = add64(weights, weight);
      sumU = add64(sumU, weighed);
      sumV = add64(sumV, f64x2.mul(weight, v));
      squares = add64(squares, f64x2.mul(weighed, u));
      products = add64(products, f64x2.mul(weighed, v));
    }
    const w = sum64(weights), su = sum64(sumU), sv = sum64(sumV);
    if (w < least * <f64>count) {
      store<f64>(output, 1);
      store<f64>(output + 8, 0);
      return Infinity;
    }
    const spread = sum64(squares) - (su * su) / w;
    gain = spread > w ? max<f64>(0.2, min<f64>(5, (sum64(products) - (su * sv) / w) / spread)) : 1;
    offset = (sv - gain * su) / w;
    g = f64x2.splat(gain);
    o = f64x2.splat(offset);
    let errors = f64x2.splat(0);
    const zero = f64x2.splat(0), most = f64x2.splat(255);
    for (let at: usize = 0; at < end; at += 16) {
      const expected = f64x2.pmax(zero, f64x2.pmin(most, add64(f64x2.mul(g, v128.load(from + at)), o)));
      errors = add64(errors, f64x2.pmin(l, f64x2.abs(f64x2.sub(v128.load(to + at), expected))));
    }
    error = sum64(errors) / <f64>count;
    if (round < patient) continue;
    const tighter = max<f64>(4, min<f64>(limit, 2.5 * error));
    if (limit - tighter < 0.02 * limit) break;
    limit = tighter;
  }
  store<f64>(output, gain);
  store<f64>(output + 8, offset);
  return error;
}

const BINS = 16;

// @ts-ignore: decorator
@inline function binOf(level: f32): usize {
  return <usize>max(0, min(BINS - 1, <i32>level >> 4)) << 2;
}

/**
 * Of every `step`th cell from `start` on at most `most` of each sixteenth of the range, evenly spread: appends the first
 * channel's level and the second's as f64, and answers with how many. `scratch`: 128 bytes.
 */
export function takeSamples(first: usize, second: usize, count: i32, start: i32, step: i32, most: i32, from: usize, to: usize, scratch: usize): i32 {
  const steps = scratch, wait = scratch + 64;
  memory.fill(scratch, 0, 128);
  for (let at = start; at < count; at += step) {
    const bin = steps + binOf(cell(first, at));
    store<u32>(bin, load<u32>(bin) + 1);
  }
  for (let bin: usize = 0; bin < 64; bin += 4) store<u32>(steps + bin, (load<u32>(steps + bin) + most - 1) / most);
  let taken = 0;
  for (let at = start; at < count; at += step) {
    const value = cell(first, at);
    const bin = binOf(value);
    const left = load<u32>(wait + bin);
    store<u32>(wait + bin, left == 0 ? load<u32>(steps + bin) - 1 : left - 1);
    if (left > 0) continue;
    store<f64>(from + (<usize>taken << 3), <f64>max<f32>(0, value));
    store<f64>(to + (<usize>taken << 3), <f64>cell(second, at));
    taken++;
  }
  return taken;
}

// @ts-ignore: decorator
@inline function sample(plane: usize, width: i32, left: i32, u: f32, top: i32, v: f32): f32 {
  const at = plane + (<usize>(top * width + left) << 2);
  const next = at + (<usize>width << 2);
  const upper = load<f32>(at) * (<f32>1 - u) + load<f32>(at, 4) * u;
  return upper + (load<f32>(next) * (<f32>1 - u) + load<f32>(next, 4) * u - upper) * v;
}

/**
 * Correlation of two planes over `across` × `down` samples: `columns` and `rows` (f32) say where each lies in either,
 * between its cells, a whole cell being right of and below each; where a plane is plain, its noise is taken for 1.
 */
export function correlate(first: usize, firstWidth: i32, firstColumns: usize, firstRows: usize, second: usize, secondWidth: i32, secondColumns: usize, secondRows: usize, across: i32, down: i32): f64 {
  let sumA: f64 = 0, sumB: f64 = 0, squareA: f64 = 0, squareB: f64 = 0, product: f64 = 0;
  for (let row = 0; row < down; row++) {
    const placeA = cell(firstRows, row), placeB = cell(secondRows, row);
    const topA = <i32>placeA, topB = <i32>placeB;
    const v = placeA - <f32>topA, w = placeB - <f32>topB;
    for (let column = 0; column < across; column++) {
      const x = cell(firstColumns, column), z = cell(secondColumns, column);
      const leftA = <i32>x, leftB = <i32>z;
      const a = <f64>sample(first, firstWidth, leftA, x - <f32>leftA, topA, v), b = <f64>sample(second, secondWidth, leftB, z - <f32>leftB, topB, w);
      sumA += a; sumB += b; squareA += a * a; squareB += b * b; product += a * b;
    }
  }
  const n = <f64>(across * down);
  const varA = squareA - (sumA * sumA) / n, varB = squareB - (sumB * sumB) / n;
  return (product - (sumA * sumB) / n) / sqrt(max<f64>(n, varA) * max<f64>(n, varB));
}

// @ts-ignore: decorator
@inline function addTo(sums: usize, v: v128): void {
  v128.store(sums, f64x2.add(v128.load(sums), f64x2.promote_low_f32x4(v)));
  v128.store(sums, f64x2.add(v128.load(sums, 16), f64x2.promote_low_f32x4(i32x4.shuffle(v, v, 2, 3, 2, 3))), 16);
}

/**
 * The normal equations of one round of Gauss-Newton, over every `step`th place of the second plane that lies in the
 * first as seen through the window. With P = (slope x, slope x · x, slope y, slope y · y) and Q = (value, 1, residual,
 * 0), all weighted, writes 42 f64: the rows of P × P, of P × Q, of value × Q and of 1 × Q, then the sum of the residuals'
 * sizes and the count.
 */
export function accumulate(
  first: usize, width: i32, height: i32, second: usize, acrossCount: i32, downCount: i32, step: i32,
  windowLeft: f64, windowTop: f64, windowAcross: f64, windowDown: f64, gain: f32, offset: f32, limit: f32, sums: usize,
): void {
  memory.fill(sums, 0, 42 * 8);
  const toX = <f32>(0.5 * <f64>acrossCount / windowAcross), toY = <f32>(0.5 * <f64>downCount / windowDown);
  let residuals: f64 = 0;
  let count = 0;
  for (let py = 0; py < downCount; py += step) {
    const y = (<f64>py + 0.5) / <f64>downCount;
    const fromY = (windowTop + windowDown * y) * <f64>height - 0.5;
    if (fromY < 0 || fromY >= <f64>(height - 1)) continue;
    const top = <i32>fromY;
    const v = <f32>(fromY - <f64>top);
    const above = py > 0 ? acrossCount : 0, below = py < downCount - 1 ? acrossCount : 0;
    let p0 = f32x4.splat(0), p1 = p0, p2 = p0, p3 = p0, q0 = p0, q1 = p0, q2 = p0, q3 = p0, values = p0, ones = p0;
    let size: f32 = 0;
    for (let px = 0; px < acrossCount; px += step) {
      const x = (<f64>px + 0.5) / <f64>acrossCount;
      const fromX = (windowLeft + windowAcross * x) * <f64>width - 0.5;
      if (fromX < 0 || fromX >= <f64>(width - 1)) continue;
      const left = <i32>fromX;
      const value = sample(first, width, left, <f32>(fromX - <f64>left), top, v);
      const place = py * acrossCount + px;
      const slopeX = (cell(second, px < acrossCount - 1 ? place + 1 : place) - cell(second, px > 0 ? place - 1 : place)) * toX;
      const slopeY = (cell(second, place + below) - cell(second, place - above)) * toY;
      const residual = cell(second, place) - gain * value - offset;
      const away = abs<f32>(residual);
      const weight = f32x4.splat(away > limit ? limit / away : 1);
      size += away;
      count++;
      const p = f32x4(slopeX, slopeX * <f32>x, slopeY, slopeY * <f32>y), q = f32x4(value, 1, residual, 0);
      const wp = f32x4.mul(weight, p), wq = f32x4.mul(weight, q);
      p0 = f32x4.add(p0, f32x4.mul(p, i32x4.shuffle(wp, wp, 0, 0, 0, 0)));
      p1 = f32x4.add(p1, f32x4.mul(p, i32x4.shuffle(wp, wp, 1, 1, 1, 1)));
      p2 = f32x4.add(p2, f32x4.mul(p, i32x4.shuffle(wp, wp, 2, 2, 2, 2)));
      p3 = f32x4.add(p3, f32x4.mul(p, i32x4.shuffle(wp, wp, 3, 3, 3, 3)));
      q0 = f32x4.add(q0, f32x4.mul(q, i32x4.shuffle(wp, wp, 0, 0, 0, 0)));
      q1 = f32x4.add(q1, f32x4.mul(q, i32x4.shuffle(wp, wp, 1, 1, 1, 1)));
      q2 = f32x4.add(q2, f32x4.mul(q, i32x4.shuffle(wp, wp, 2, 2, 2, 2)));
      q3 = f32x4.add(q3, f32x4.mul(q, i32x4.shuffle(wp, wp, 3, 3, 3, 3)));
      values = f32x4.add(values, f32x4.mul(q, i32x4.shuffle(wq, wq, 0, 0, 0, 0)));
      ones = f32x4.add(ones, wq);
    }
    residuals += <f64>size;
    addTo(sums, p0); addTo(sums + 32, p1); addTo(sums + 64, p2); addTo(sums + 96, p3);
    addTo(sums + 128, q0); addTo(sums + 160, q1); addTo(sums + 192, q2); addTo(sums + 224, q3);
    addTo(sums + 256, values); addTo(sums + 288, ones);
  }
  store<f64>(sums + 320, residuals);
  store<f64>(sums + 328, <f64>count);
}
