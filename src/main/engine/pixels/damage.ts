import type { NamedErrorCode } from '../../../contract/index.ts';

/** A file that cannot be read, or not whole. `truncated`: the data ends early; `corrupt`: what is there is wrong; `too-many-pixels`: memory is too small for it. */
export class DamageError extends Error {
  readonly code: NamedErrorCode;
  /** False when even a part of the picture cannot be had. */
  readonly salvageable: boolean;

  constructor(code: 'truncated' | 'corrupt' | 'unsupported-format' | 'too-many-pixels', message: string, salvageable = true) {
    super(message);
    this.name = 'DamageError';
    this.code = code;
    this.salvageable = salvageable;
  }
}
