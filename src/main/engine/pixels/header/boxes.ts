export interface Box { readonly type: string; readonly data: Buffer }

/** The boxes of ISO base media (HEIF, CR3, JPEG 2000, JPEG XL containers), one level; stops where they make no sense. */
export function readBoxes(bytes: Buffer): Box[] {
  const boxes: Box[] = [];
  for (let at = 0; at + 8 <= bytes.length;) {
    const short = bytes.readUInt32BE(at);
    const isLong = short === 1 && at + 16 <= bytes.length;
    const size = isLong ? Number(bytes.readBigUInt64BE(at + 8)) : short === 0 ? bytes.length - at : short;
    const headerBytes = isLong ? 16 : 8;
    if (size < headerBytes) break;
    boxes.push({ type: bytes.toString('latin1', at + 4, at + 8), data: bytes.subarray(at + headerBytes, at + size) });
    at += size;
  }
  return boxes;
}

export function findBox(boxes: readonly Box[], type: string): Buffer | undefined {
  return boxes.find((box) => box.type === type)?.data;
}
