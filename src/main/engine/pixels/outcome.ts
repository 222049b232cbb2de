import type { Metadata, NamedErrorCode, Policy, Preset } from '../../../contract/index.ts';
import type { Fingerprint } from '../similarity/fingerprint.ts';
import type { Quality } from './quality.ts';

export interface PixelOptions {
  readonly policy: Policy;
  /** Admit damaged files and files against the policy with what can be read; the hard limit of 268 megapixels stays. */
  readonly salvage: boolean;
  /** Waits until this many bytes of memory may be taken; disposed when the decoded pixels are gone. */
  readonly admit: Admit;
}
export type Admit = (peakBytes: number) => Promise<Disposable>;

/** JPEG, quality 85, sRGB, without metadata. */
export interface RenditionBytes {
  readonly preset: Preset;
  readonly width: number;
  readonly height: number;
  readonly bytes: Uint8Array<ArrayBuffer>;
}

export interface PixelRecord {
  readonly format: string;
  /** Upright pixels. */
  readonly width: number;
  readonly height: number;
  /** EXIF orientation as stored, 1–8. */
  readonly orientation: number;
  readonly frames: number;
  readonly hasAlpha: boolean;
  /** `srgb`, `rgb` (another profile), `gray`, `cmyk`, `lab`. */
  readonly colorSpace: string;
  /** Bits a channel. */
  readonly bitDepth: number;
  readonly flags: readonly string[];
  /** ISO 8601 in UTC. */
  readonly takenAt: string | null;
  readonly metadata: Metadata;
  /** See pixel-hash.ts; null for JPEGs that were decoded at a reduced scale. */
  readonly pixelSha256: string | null;
  readonly renditions: readonly RenditionBytes[];
  readonly fingerprint: Fingerprint;
  readonly quality: Quality;
  /** Mean colour, `#rrggbb`. */
  readonly placeholder: string;
}

export interface PixelError { readonly code: NamedErrorCode; readonly message: string }

export type PixelAccepted = PixelRecord & { readonly kind: 'accepted'; readonly verdict: 'clean' | 'salvageable' };
export interface PixelRefused {
  readonly kind: 'refused';
  readonly verdict: 'salvageable' | 'unreadable' | 'rejected';
  readonly format: string | null;
  /** Upright, null where the header does not say. */
  readonly width: number | null;
  readonly height: number | null;
  readonly error: PixelError;
}
export type PixelOutcome = PixelAccepted | PixelRefused;
