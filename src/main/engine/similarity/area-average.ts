/** Averages a plane to another size, each output cell the exact mean of the area it covers. */
export function areaAverage(plane: Float32Array, width: number, height: number, outWidth: number, outHeight: number): Float32Array {
  const across = coverage(width, outWidth);
  const down = coverage(height, outHeight);
  const output = new Float32Array(outWidth * outHeight);
  const row = new Float64Array(width);
  for (let y = 0; y < outHeight; y++) {
    row.fill(0);
    for (const { index, weight } of down[y] ?? []) {
      const start = index * width;
      for (let x = 0; x < width; x++) row[x] = (row[x] ?? 0) + weight * (plane[start + x] ?? 0);
    }
    for (let x = 0; x < outWidth; x++) {
      let sum = 0;
      for (const { index, weight } of across[x] ?? []) sum += weight * (row[index] ?? 0);
      output[y * outWidth + x] = sum;
    }
  }
  return output;
}

interface Share { readonly index: number; readonly weight: number }

/** Which input cells each output cell covers, and with what share; the shares of one output cell add up to 1. */
function coverage(length: number, outLength: number): Share[][] {
  const scale = length / outLength;
  return Array.from({ length: outLength }, (_, cell) => {
    const from = cell * scale;
    const to = (cell + 1) * scale;
    const shares: Share[] = [];
    for (let index = Math.floor(from); index < Math.min(length, Math.ceil(to)); index++) {
      const covered = Math.min(to, index + 1) - Math.max(from, index);
      if (covered > 1e-9) shares.push({ index, weight: covered / scale });
    }
    return shares;
  });
}
