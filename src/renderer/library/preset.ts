import { type Preset, RENDITION_PRESETS } from '../../contract/index.ts';

/** Stretching a rendition by less than this is not seen, and a smaller one is fetched and decoded many times faster. */
const TOLERATED_STRETCH = 1.2;

/** Formats every supported browser draws; the others are seen as their rendition. */
const DRAWABLE: ReadonlySet<string> = new Set(['jpeg', 'png', 'webp', 'gif', 'avif', 'bmp']);

export function isDrawable(format: string): boolean {
  return DRAWABLE.has(format);
}

/** The smallest rendition that is sharp at `edge` device pixels. */
export function presetFor(edge: number): Preset {
  if (edge <= RENDITION_PRESETS.thumb * TOLERATED_STRETCH) return 'thumb';
  return edge <= RENDITION_PRESETS.card * TOLERATED_STRETCH ? 'card' : 'zoom';
}
