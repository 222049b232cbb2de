import type { Metadata, NamedErrorCode, Policy, Preset } from '../../../contract/index.ts';
import type { Fingerprint } from '../similarity/fingerprint.ts';

export interface PixelOptions {
  readonly policy: Policy;
  readonly salvage: boolean;
  readonly extension: string;
  readonly admit: (peakBytes: number) => Promise<Disposable>;
}
export interface RenditionPixels { readonly preset: Preset; readonly width: number; readonly height: number; readonly bytes: Uint8Array<ArrayBuffer> }
export interface Quality {
  readonly score: number; readonly sharpness: number; readonly contrast: number;
  readonly brightness: number; readonly colorfulness: number; readonly resolution: number;
}
export interface PixelRecord {
  readonly format: string; readonly width: number; readonly height: number; readonly orientation: number;
  readonly frames: number; readonly hasAlpha: boolean; readonly colorSpace: string; readonly bitDepth: number;
  readonly flags: readonly string[]; readonly takenAt: string | null; readonly metadata: Metadata;
  readonly pixelSha256: string | null; readonly renditions: readonly RenditionPixels[];
  readonly fingerprint: Fingerprint; readonly quality: Quality; readonly placeholder: string;
}
export interface PixelAccepted extends PixelRecord { readonly kind: 'accepted'; readonly verdict: 'clean' | 'salvageable' }
export interface PixelRefused {
  readonly kind: 'refused'; readonly verdict: 'salvageable' | 'unreadable' | 'rejected';
  readonly format: string | null; readonly width: number | null; readonly height: number | null;
  readonly error: { readonly code: NamedErrorCode; readonly message: string };
}
export type PixelOutcome = PixelAccepted | PixelRefused;

export async function runPixelPass(bytes: Buffer, options: PixelOptions): Promise<PixelOutcome> {
  using _admitted = await options.admit(bytes.length);
  return { kind: 'refused', verdict: 'unreadable', format: null, width: null, height: null, error: { code: 'unsupported-format', message: 'no format is read yet' } };
}

export interface HashOptions { readonly admit: (peakBytes: number) => Promise<Disposable>; readonly maxPixels: number }
export async function hashPixels(bytes: Buffer, options: HashOptions): Promise<string> {
  using _admitted = await options.admit(bytes.length);
  throw new Error(`no format is read yet, limit ${options.maxPixels}`);
}
