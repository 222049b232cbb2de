/** Below this it is not worth the trouble: small arrays may share their memory with others, too. */
const MIN_BYTES = 8 * 2 ** 20;

/**
 * Gives back the memory of a large picture at once. Its array is a few words on the heap, so the collector sees no
 * reason to come, while 200 MB hang on it; two pictures later the process would hold what admission says is free.
 * The array is empty afterwards.
 */
export function freePixels({ buffer, byteLength }: Uint8Array): void {
  if (byteLength < MIN_BYTES || byteLength !== buffer.byteLength || !(buffer instanceof ArrayBuffer)) return;
  buffer.transfer(0);
}
