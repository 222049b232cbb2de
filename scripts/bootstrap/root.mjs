import { fileURLToPath } from 'node:url';

/** The checkout, absolute. */
export const root = fileURLToPath(new URL('../..', import.meta.url));
