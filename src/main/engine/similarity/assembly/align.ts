import { cell } from './cells';

function sample(plane: usize, width: i32, left: i32, u: f32, top: i32, v: f32): f32 {
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

function addTo(sums: usize, v: v128): void {
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
