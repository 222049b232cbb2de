import type { ImageHeader } from './header.ts';

export function readGifHeader(bytes: Buffer): ImageHeader {
  const tableBytes = (flags: number): number => ((flags & 0x80) !== 0 ? 3 * 2 ** ((flags & 7) + 1) : 0);
  const skipSubBlocks = (at: number): number => {
    while (at < bytes.length && bytes[at] !== 0) at += 1 + (bytes[at] ?? 0);
    return at + 1;
  };
  const width = bytes.readUInt16LE(6);
  const height = bytes.readUInt16LE(8);
  let frames = 0;
  let hasAlpha = false;
  let at = 13 + tableBytes(bytes.readUInt8(10));
  while (at < bytes.length) {
    const block = bytes[at];
    if (block === 0x21) {
      if (bytes[at + 1] === 0xf9 && ((bytes[at + 3] ?? 0) & 1) !== 0) hasAlpha = true;
      at = skipSubBlocks(at + 2);
    } else if (block === 0x2c) {
      frames++;
      at = skipSubBlocks(at + 11 + tableBytes(bytes[at + 9] ?? 0));
    } else break;
  }
  return {
    width,
    height,
    orientation: 1,
    frames: Math.max(1, frames),
    hasAlpha,
    bitDepth: 8,
    channels: 'rgb',
    decoderBytesPerPixel: 8,
    blocks: {},
  };
}
