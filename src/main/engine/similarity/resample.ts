/**
 * How the cells of one side of a picture are made of those of another: output cell c is the sum of the input cells
 * `indices[s]` times `weights[s]`, for s from `starts[c]` up to but not including `starts[c + 1]`.
 */
export interface Coverage {
  readonly starts: Uint32Array;
  readonly indices: Uint32Array;
  readonly weights: Float64Array;
}

/** Applies one coverage along the rows and one down the columns. */
export function resample(plane: Float32Array, width: number, across: Coverage, down: Coverage): Float32Array {
  const outWidth = across.starts.length - 1;
  const outHeight = down.starts.length - 1;
  const output = new Float32Array(outWidth * outHeight);
  const row = new Float64Array(width);
  for (let y = 0; y < outHeight; y++) {
    row.fill(0);
    for (let share = down.starts[y] ?? 0; share < (down.starts[y + 1] ?? 0); share++) {
      const start = (down.indices[share] ?? 0) * width;
      const weight = down.weights[share] ?? 0;
      for (let x = 0; x < width; x++) row[x] = (row[x] ?? 0) + weight * (plane[start + x] ?? 0);
    }
    for (let x = 0; x < outWidth; x++) {
      let sum = 0;
      for (let share = across.starts[x] ?? 0; share < (across.starts[x + 1] ?? 0); share++) {
        sum += (across.weights[share] ?? 0) * (row[across.indices[share] ?? 0] ?? 0);
      }
      output[y * outWidth + x] = sum;
    }
  }
  return output;
}

/** Averages a plane to another size, each output cell the exact mean of the area it covers. */
export function areaAverage(plane: Float32Array, width: number, height: number, outWidth: number, outHeight: number): Float32Array {
  return resample(plane, width, areaCoverage(width, outWidth), areaCoverage(height, outHeight));
}

/** Each output cell is the mean of what it covers; with a `kernel`, of as many strips of it, weighted so. */
export function areaCoverage(length: number, outLength: number, kernel: readonly number[] = [1]): Coverage {
  const strips = outLength * kernel.length;
  const scale = length / strips;
  const total = kernel.reduce((sum, weight) => sum + weight, 0);
  const starts = new Uint32Array(outLength + 1);
  const indices = new Uint32Array(length + 2 * strips);
  const weights = new Float64Array(length + 2 * strips);
  let count = 0;
  for (let strip = 0; strip < strips; strip++) {
    const cell = Math.floor(strip / kernel.length);
    const from = strip * scale;
    const to = (strip + 1) * scale;
    const weight = (kernel[strip % kernel.length] ?? 0) / total / scale;
    for (let index = Math.floor(from); index < Math.min(length, Math.ceil(to)); index++) {
      const covered = Math.min(to, index + 1) - Math.max(from, index);
      if (covered <= 1e-9) continue;
      // Where two strips of a cell meet inside an input cell, it counts for both.
      if (count === (starts[cell] ?? 0) || indices[count - 1] !== index) indices[count++] = index;
      weights[count - 1] = (weights[count - 1] ?? 0) + covered * weight;
    }
    starts[cell + 1] = count;
  }
  return { starts, indices, weights };
}
