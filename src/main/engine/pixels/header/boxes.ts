export interface Box {
  readonly type: string;
  readonly data: Buffer;
  /** Bytes by which the file is too short for it. */
  readonly missing: number;
}

/** The boxes of ISO base media (HEIF, CR3, JPEG 2000, JPEG XL containers), one level; stops where they make no sense. */
export function readBoxes(bytes: Buffer): Box[] {
  const boxes: Box[] = [];
  for (let at = 0; at + 8 <= bytes.length;) {
    const short = bytes.readUInt32BE(at);
    const isLong = short === 1 && at + 16 <= bytes.length;
    const size = isLong ? Number(bytes.readBigUInt64BE(at + 8)) : short === 0 ? bytes.length - at : short;
    const headerBytes = isLong ? 16 : 8;
    if (size < headerBytes) break;
    boxes.push({ type: bytes.toString('latin1', at + 4, at + 8), data: bytes.subarray(at + headerBytes, at + size), missing: Math.max(0, at + size - bytes.length) });
    at += size;
  }
  return boxes;
}

export function findBox(boxes: readonly Box[], type: string): Buffer | undefined {
  return boxes.find((box) => box.type === type)?.data;
}

/** What the boxes of these types lack, that hold a picture's data; others at the end of a file may be a maker's own and anything. */
export function missingFrom(boxes: readonly Box[], types: readonly string[]): number {
  return boxes.reduce((sum, { type, missing }) => sum + (types.includes(type) ? missing : 0), 0);
}
