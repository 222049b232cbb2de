/*
 * The passes over all cells of a picture or of two, in AssemblyScript, made into planes-wasm.ts by scripts/wasm.ts.
 * Planes are f32, row by row, at multiples of 16 bytes, with at least 16 bytes before and behind each that may be read
 * and, behind, overwritten. Sums over a plane are f64. There is no allocation.
 */

export const LUMA_RED: f32 = 0.299;
export const LUMA_GREEN: f32 = 0.587;
export const LUMA_BLUE: f32 = 0.114;
export const BLOCK = 4;

@inline export function sumOf(v: v128): f64 {
  return <f64>f32x4.extract_lane(v, 0) + <f64>f32x4.extract_lane(v, 1) + (<f64>f32x4.extract_lane(v, 2) + <f64>f32x4.extract_lane(v, 3));
}

export function cell(plane: usize, at: i32): f32 {
  return load<f32>(plane + (at << 2));
}
