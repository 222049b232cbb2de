import type { Preset } from '../../../contract/index.ts';
import { RENDITION_PRESETS } from '../../../contract/presets.ts';
import { type Fingerprint, fingerprint } from '../similarity/fingerprint.ts';
import type { Pixels, Size } from './decode/decode.ts';
import { encodeJpeg, resizeOnWhite, type RgbImage } from './decode/sharp.ts';
import { freePixels } from './free-pixels.ts';
import type { RenditionBytes } from './outcome.ts';
import { measureQuality, type Quality } from './quality.ts';

export interface Derived {
  readonly renditions: readonly RenditionBytes[];
  readonly fingerprint: Fingerprint;
  readonly quality: Quality;
  readonly placeholder: string;
}

/** Fits a size into a square, never enlarging, each side at least 1. */
export function fitInside({ width, height }: Size, side: number): Size {
  const scale = Math.min(1, side / Math.max(width, height));
  return { width: Math.max(1, Math.round(width * scale)), height: Math.max(1, Math.round(height * scale)) };
}

/** The zoom-size picture without alpha, from decoded pixels of any larger size. */
export async function toZoom(pixels: Pixels): Promise<RgbImage> {
  const { width, height } = fitInside(pixels, RENDITION_PRESETS.zoom);
  if (width !== pixels.width || height !== pixels.height) return resizeOnWhite(pixels, width, height);
  return { data: pixels.channels === 4 ? flattenOnWhite(pixels.data) : pixels.data, width, height };
}

/**
 * Everything that is made of a picture: each size from the next larger one, never from the file again. `original` is
 * the upright size of the picture. `asIs` is the file itself without metadata, where it may serve as the rendition of
 * its own size. Presets that come out at the same size share one array.
 */
export async function derive(zoom: RgbImage, original: Size, asIs: Uint8Array<ArrayBuffer> | null): Promise<Derived> {
  const cardSize = fitInside(original, RENDITION_PRESETS.card);
  const thumbSize = fitInside(original, RENDITION_PRESETS.thumb);
  const isZoomOwn = !isSameSize(zoom, cardSize);
  const encode = (from: RgbImage, size: Size): Uint8Array<ArrayBuffer> | Promise<Uint8Array<ArrayBuffer>> =>
    (asIs && isSameSize(size, original) ? asIs : encodeJpeg(from, size.width, size.height));
  const card = isZoomOwn ? await resizeOnWhite({ ...zoom, channels: 3 }, cardSize.width, cardSize.height) : zoom;
  const cardBytes = encode(card, cardSize);
  const encoding = Promise.all([
    isSameSize(thumbSize, cardSize) ? cardBytes : encode(card, thumbSize),
    cardBytes,
    isZoomOwn ? encode(zoom, zoom) : cardBytes,
  ]);
  // Other threads encode meanwhile.
  const { luma, placeholder } = measurePixels(card.data);
  const measured = {
    fingerprint: fingerprint(luma, card.width, card.height, isSameSize(card, original)),
    quality: measureQuality(card, luma, (original.width * original.height) / 1e6),
  };
  freePixels(luma);
  const [thumb, cardEncoded, zoomEncoded] = await encoding;
  if (isZoomOwn) freePixels(card.data);
  const rendition = (preset: Preset, { width, height }: Size, bytes: Uint8Array<ArrayBuffer>): RenditionBytes => ({ preset, width, height, bytes });
  return {
    renditions: [rendition('thumb', thumbSize, thumb), rendition('card', cardSize, cardEncoded), rendition('zoom', zoom, zoomEncoded)],
    ...measured,
    placeholder,
  };
}

function isSameSize(a: Size, b: Size): boolean {
  return a.width === b.width && a.height === b.height;
}

function flattenOnWhite(rgba: Uint8Array): Uint8Array {
  const rgb = new Uint8Array((rgba.length / 4) * 3);
  for (let from = 0, to = 0; from < rgba.length; from += 4, to += 3) {
    const alpha = rgba[from + 3] ?? 255;
    for (let channel = 0; channel < 3; channel++) {
      rgb[to + channel] = alpha === 255 ? rgba[from + channel] ?? 0 : Math.round(((rgba[from + channel] ?? 0) * alpha + 255 * (255 - alpha)) / 255);
    }
  }
  return rgb;
}

/** Luminance with the weights of BT.601, as PDQ has it, and the mean colour. */
function measurePixels(rgb: Uint8Array): { luma: Float32Array; placeholder: string } {
  const luma = new Float32Array(rgb.length / 3);
  let reds = 0;
  let greens = 0;
  let blues = 0;
  for (let from = 0, to = 0; to < luma.length; from += 3, to++) {
    const red = rgb[from] ?? 0;
    const green = rgb[from + 1] ?? 0;
    const blue = rgb[from + 2] ?? 0;
    luma[to] = 0.299 * red + 0.587 * green + 0.114 * blue;
    reds += red;
    greens += green;
    blues += blue;
  }
  const hex = [reds, greens, blues].map((sum) => Math.round(sum / luma.length).toString(16).padStart(2, '0'));
  return { luma, placeholder: `#${hex.join('')}` };
}
