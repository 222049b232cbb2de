import type { ImageFormat } from './sniff.ts';

/** Does the file stop before its format says it ends? False where the format has no end mark, or its header tells. */
export function endsEarly(bytes: Buffer, format: ImageFormat): boolean {
  switch (format) {
    case 'jpeg': return bytes.lastIndexOf('\xff\xd9', undefined, 'latin1') < 0;
    case 'png': return bytes.lastIndexOf('IEND', undefined, 'latin1') < 0;
    case 'webp': return bytes.length >= 8 && bytes.readUInt32LE(4) + 8 > bytes.length;
    default: return false;
  }
}
