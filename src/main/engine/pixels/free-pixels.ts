/** Below this it is not worth the trouble: small arrays may share their memory with others, too. */
const MIN_BYTES = 64 * 1024;

/**
 * Gives back the memory of a picture at once. Its array is a few words on the heap, so the collector sees no reason to
 * come while 200 MB hang on it, and two pictures later the process would hold what admission says is free. Where
 * pictures are small it comes far too often instead: it counts their bytes, and walks the whole heap to get at them.
 * The array is empty afterwards.
 */
export function freePixels({ buffer, byteLength }: Uint8Array | Float32Array): void {
  if (byteLength < MIN_BYTES || byteLength !== buffer.byteLength || !(buffer instanceof ArrayBuffer)) return;
  buffer.transfer(0);
}
