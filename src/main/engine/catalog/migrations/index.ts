import { foundation } from './0010-foundation.ts';

export interface Migration {
  readonly version: number;
  readonly name: string;
  readonly sql: string;
}

/** In order; a published migration is never edited. */
export const migrations: readonly Migration[] = [foundation];
