export const COMPARE_MODES = ['side', 'swipe', 'onion', 'difference'] as const;
export type CompareMode = (typeof COMPARE_MODES)[number];
