/**
 * Longest-edge bounds in pixels; images are fitted inside and never enlarged. On its own, without schemas, because the
 * decoding threads need it and nothing else of the contract: what they do not load they need not collect.
 */
export const RENDITION_PRESETS = { thumb: 100, card: 400, zoom: 1200 } as const;
