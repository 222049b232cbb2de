import { BLOCK, cell, sumOf } from './cells';

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
    const row = plane + <usize>y * stride, mask = counted + <usize>y * stride;
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

/** Rows of 16 bytes: of each block of 4 by 4 cells the mean of red less luminance, and of blue. */
export function blockColors(red: usize, green: usize, blue: usize, width: i32, columns: i32, rows: i32, outRed: usize, outBlue: usize): void {
  const stride = <usize>width << 2;
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) {
      const start = (<usize>row * BLOCK) * stride + (<usize>column << 4);
      let r = f32x4.splat(0), g = f32x4.splat(0), b = f32x4.splat(0);
      for (let line: usize = start, end = start + <usize>BLOCK * stride; line < end; line += stride) {
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

/**
 * How far the colours of blocks differ, of each the mean over the three by three blocks around it; the first's colours are
 * `saturation` times as strong. Blocks that `left` marks (bytes) do not count. Writes them one after the other, in
 * levels of Cb and Cr, and answers with how many there are.
 */
export function chromaDifferences(
  fromRed: usize, fromBlue: usize, toRed: usize, toBlue: usize, left: usize, columns: i32, rows: i32,
  saturation: f32, byRed: f32, byBlue: f32, output: usize,
): i32 {
  let written = 0;
  for (let y = 0; y < rows; y++) {
    for (let x = 0; x < columns; x++) {
      if (load<u8>(left + (y * columns + x)) != 0) continue;
      let n: f32 = 0, red: f32 = 0, blue: f32 = 0;
      for (let row = max(0, y - 1); row <= min(rows - 1, y + 1); row++) {
        for (let at = row * columns + max(0, x - 1), end = row * columns + min(columns - 1, x + 1); at <= end; at++) {
          if (load<u8>(left + at) != 0) continue;
          n += 1;
          red += cell(toRed, at) - saturation * cell(fromRed, at);
          blue += cell(toBlue, at) - saturation * cell(fromBlue, at);
        }
      }
      store<f32>(output + (<usize>written << 2), sqrt<f32>(byBlue * blue * (byBlue * blue) + byRed * red * (byRed * red)) / n);
      written++;
    }
  }
  return written;
}

/** Squared slope of four cells in one row; beyond the picture is what is at its edge, half a slope there at most. */
function slopes(row: usize, above: usize, below: usize, isInside: v128): v128 {
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
        const at = start + <usize>line * stride;
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
      for (let at = start, end = start + <usize>BLOCK * stride; at < end; at += stride) {
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

/** Of each block of 4 by 4 cells the root of the mean square. */
export function blockRoots(plane: usize, width: i32, columns: i32, rows: i32, output: usize): void {
  const stride = <usize>width << 2;
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++, output += 4) {
      const start = plane + (<usize>row * BLOCK) * stride + (<usize>column << 4);
      let squares = f32x4.splat(0);
      for (let line = start, end = start + <usize>BLOCK * stride; line < end; line += stride) {
        const v = v128.load(line);
        squares = f32x4.add(squares, f32x4.mul(v, v));
      }
      store<f32>(output, <f32>(sqrt(sumOf(squares)) / BLOCK));
    }
  }
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
      for (let line = start, end = start + <usize>TILE * stride; line < end; line += stride) {
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
