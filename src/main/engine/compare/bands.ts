import type { Comparison } from '../../../contract/index.ts';

/** Over 40 dB excellent, 30 to 40 (both included) good, under 30 lower; null stands for identical pixels. */
export function psnrBand(psnrDb: number | null): Comparison['psnrBand'] {
  if (psnrDb === null) return 'identical';
  if (psnrDb > 40) return 'excellent';
  return psnrDb >= 30 ? 'good' : 'lower';
}

/** Of 64-bit hashes: no bit different, 1–5, 6–10, more. */
export function hashBand(distance: number): Comparison['hashBand'] {
  if (distance === 0) return 'same-fingerprint';
  if (distance <= 5) return 'very-similar';
  return distance <= 10 ? 'similar' : 'different';
}
