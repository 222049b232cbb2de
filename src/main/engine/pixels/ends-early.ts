import { readBoxes } from './header/boxes.ts';
import type { ImageFormat } from './sniff.ts';

/** Does the file stop before its format says it ends? False where the format has no end mark. */
export function endsEarly(bytes: Buffer, format: ImageFormat): boolean {
  switch (format) {
    case 'jpeg': return bytes.lastIndexOf('\xff\xd9', undefined, 'latin1') < 0;
    case 'png': return bytes.lastIndexOf('IEND', undefined, 'latin1') < 0;
    case 'gif': return bytes.lastIndexOf(0x3b) < bytes.length - 64;
    case 'webp': return bytes.length >= 8 && bytes.readUInt32LE(4) + 8 > bytes.length;
    case 'avif': case 'heic': return lacksBytes(bytes);
    case 'jxl': case 'jp2': return bytes[0] !== 0xff && lacksBytes(bytes);
    default: return false;
  }
}

/** Is the last box of the file shorter than it says? */
function lacksBytes(bytes: Buffer): boolean {
  const known = readBoxes(bytes);
  const last = known.at(-1);
  if (!last) return true;
  const start = last.data.byteOffset - bytes.byteOffset;
  const said = start >= 8 ? bytes.readUInt32BE(start - 8) : 0;
  return said > 8 && said - 8 > last.data.length;
}
