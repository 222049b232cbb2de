import { sumOf, cell } from './cells';

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

/** The same of `count` levels that are f64. */
export function applyTableToDoubles(table: usize, levels: usize, output: usize, count: i32): void {
  for (let at: usize = 0, end = <usize>count << 3; at < end; at += 8) {
    const value = max<f64>(0, min<f64>(255, load<f64>(levels + at)));
    const level = <i32>value;
    const low = <f64>cell(table, level);
    store<f64>(output + at, low + (<f64>cell(table, level + 1) - low) * (value - <f64>level));
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

function sum64(v: v128): f64 { return f64x2.extract_lane(v, 0) + f64x2.extract_lane(v, 1); }

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
      const expected = f64x2.add(f64x2.mul(g, u), o);
      if (round > 0) {
        const isWhite = v128.and(f64x2.ge(v, white), f64x2.ge(expected, white)), isBlack = v128.and(f64x2.le(v, black), f64x2.le(expected, black));
        isOut = v128.or(isOut, v128.or(isWhite, isBlack));
      }
      const distance = f64x2.abs(f64x2.sub(v, expected));
      const share = f64x2.div(l, distance);
      const weight = v128.andnot(v128.bitselect(f64x2.mul(share, share), one, f64x2.gt(distance, l)), isOut);
      const weighed = f64x2.mul(weight, u);
      weights = f64x2.add(weights, weight);
      sumU = f64x2.add(sumU, weighed);
      sumV = f64x2.add(sumV, f64x2.mul(weight, v));
      squares = f64x2.add(squares, f64x2.mul(weighed, u));
      products = f64x2.add(products, f64x2.mul(weighed, v));
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
      const expected = f64x2.pmax(zero, f64x2.pmin(most, f64x2.add(f64x2.mul(g, v128.load(from + at)), o)));
      errors = f64x2.add(errors, f64x2.pmin(l, f64x2.abs(f64x2.sub(v128.load(to + at), expected))));
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

function binOf(level: f32): usize {
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

function extreme(a: v128, b: v128, isMost: bool): v128 {
  return isMost ? f32x4.pmax(a, b) : f32x4.pmin(a, b);
}

/** The least or the greatest of the 5 by 5 cells around each, as far as they are in the picture. */
export function extremes(input: usize, output: usize, scratch: usize, width: i32, height: i32, isMost: bool): void {
  const stride = <usize>width << 2;
  for (let y = 0; y < height; y++) {
    const row = input + <usize>y * stride, to = scratch + <usize>y * stride;
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
    const to = output + <usize>y * stride;
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
