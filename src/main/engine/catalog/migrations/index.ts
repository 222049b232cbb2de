import { foundation } from './0010-foundation.ts';
import { similarity } from './0020-similarity.ts';
import { cleanup } from './0030-cleanup.ts';
import { acquire } from './0040-acquire.ts';

export interface Migration {
  readonly version: number;
  readonly name: string;
  readonly sql: string;
}

/** In order; a published migration is never edited. */
export const migrations: readonly Migration[] = [foundation, similarity, cleanup, acquire];
