import type { Policy } from '../../../contract/index.ts';
import { HARD_PIXEL_LIMIT } from './decode/sharp.ts';
import type { ImageHeader } from './header/header.ts';
import type { PixelError } from './outcome.ts';

export interface PolicyFinding {
  readonly error: PixelError;
  /** True if not even "salvage anyway" may admit it. */
  readonly isFinal: boolean;
}

/** Holds a file's header against the policy; limits are inclusive. Null if nothing is wrong. */
export function checkPolicy(byteLength: number, header: ImageHeader, policy: Policy): PolicyFinding | null {
  const { width, height, frames, samples = 1 } = header;
  const pixels = width * height * Math.max(1, samples / 4);
  const size = `${width}×${height} px${samples > 4 ? ` of ${samples} samples` : ''}${frames > 1 ? ` in ${frames} frames` : ''}`;
  const finding = (code: PixelError['code'], message: string, isFinal = false): PolicyFinding => ({ error: { code, message }, isFinal });
  if (pixels > HARD_PIXEL_LIMIT) {
    const limit = Math.min(policy.maxPixels, HARD_PIXEL_LIMIT);
    return finding('too-many-pixels', `image is ${size}, the limit is ${megapixels(limit)} megapixels`, true);
  }
  if (byteLength > policy.maxBytes) return finding('too-many-bytes', `file has ${byteLength} bytes, the limit is ${policy.maxBytes}`);
  if (pixels * frames > policy.maxPixels) return finding('too-many-pixels', `image is ${size}, the limit is ${megapixels(policy.maxPixels)} megapixels`);
  if (Math.max(width, height) > policy.maxSide) return finding('too-wide', `image is ${size}, the limit is ${policy.maxSide} px a side`);
  if (policy.small === 'reject' && isSmall(byteLength, header, policy)) {
    return finding('too-small', `image is ${size} in ${byteLength} bytes, at least ${policy.minSide}×${policy.minSide} px and ${policy.minBytes} bytes are wanted`);
  }
  return null;
}

export function isSmall(byteLength: number, { width, height }: ImageHeader, policy: Policy): boolean {
  return byteLength < policy.minBytes || Math.min(width, height) < policy.minSide;
}

function megapixels(pixels: number): string {
  return (pixels / 1e6).toFixed(1).replace(/\.0$/, '');
}
