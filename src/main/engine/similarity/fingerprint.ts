export interface Fingerprint {
  /** Eight 32-byte PDQ hashes, identity first. */
  readonly pdq: Uint8Array<ArrayBuffer>;
  /** 0–100; below 50 the hash says little. */
  readonly pdqQuality: number;
  readonly phash: bigint;
  readonly dhash: bigint;
}
