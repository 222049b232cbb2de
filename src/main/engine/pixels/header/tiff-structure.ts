/** A field of a TIFF directory; values are read only when asked for. */
export interface TiffField {
  readonly type: number;
  readonly count: number;
  /** Where the values lie; beyond the data if the file lies about it. */
  readonly at: number;
}
export type TiffDirectory = ReadonlyMap<number, TiffField>;

export interface TiffReader {
  readonly bytes: Buffer;
  readonly first: number;
  readonly directory: (at: number) => { readonly fields: TiffDirectory; readonly next: number } | null;
  /** Numbers of a field, at most `limit` of them; rationals as quotients. */
  readonly numbers: (field: TiffField | undefined, limit?: number) => number[];
  /** Text up to the first NUL, as bytes. */
  readonly data: (field: TiffField | undefined, limit: number) => Buffer | null;
}

const TYPE_SIZES = [0, 1, 1, 2, 4, 8, 1, 1, 2, 4, 8, 4, 8, 4];
/** More fields than any real directory has; a bound, not a rule. */
const MAX_FIELDS = 1000;

/** Reads TIFF structures (TIFF, EXIF, most raw files). Null if the byte order mark is missing. Never throws. */
export function createTiffReader(bytes: Buffer): TiffReader | null {
  const order = bytes.toString('latin1', 0, 2);
  if (bytes.length < 8 || (order !== 'II' && order !== 'MM')) return null;
  const little = order === 'II';
  const u16 = (at: number): number => (at + 2 > bytes.length ? 0 : little ? bytes.readUInt16LE(at) : bytes.readUInt16BE(at));
  const u32 = (at: number): number => (at + 4 > bytes.length ? 0 : little ? bytes.readUInt32LE(at) : bytes.readUInt32BE(at));
  const i32 = (at: number): number => u32(at) | 0;

  const number = (type: number, at: number): number => {
    switch (type) {
      case 1: case 2: case 7: return bytes[at] ?? 0;
      case 6: return ((bytes[at] ?? 0) << 24) >> 24;
      case 3: return u16(at);
      case 8: return (u16(at) << 16) >> 16;
      case 4: case 13: return u32(at);
      case 9: return i32(at);
      case 5: return u32(at) / u32(at + 4);
      case 10: return i32(at) / i32(at + 4);
      case 11: return at + 4 <= bytes.length ? (little ? bytes.readFloatLE(at) : bytes.readFloatBE(at)) : Number.NaN;
      case 12: return at + 8 <= bytes.length ? (little ? bytes.readDoubleLE(at) : bytes.readDoubleBE(at)) : Number.NaN;
      default: return Number.NaN;
    }
  };

  return {
    bytes,
    first: u32(4),
    directory(at) {
      if (at < 8 || at + 2 > bytes.length) return null;
      const count = u16(at);
      if (count === 0 || count > MAX_FIELDS) return null;
      const fields = new Map<number, TiffField>();
      for (let index = 0; index < count; index++) {
        const entry = at + 2 + 12 * index;
        if (entry + 12 > bytes.length) break;
        const type = u16(entry + 2);
        const values = u32(entry + 4);
        const size = (TYPE_SIZES[type] ?? 0) * values;
        if (size > 0) fields.set(u16(entry), { type, count: values, at: size <= 4 ? entry + 8 : u32(entry + 8) });
      }
      return { fields, next: u32(at + 2 + 12 * count) };
    },
    numbers(field, limit = 16) {
      if (!field) return [];
      const size = TYPE_SIZES[field.type] ?? 1;
      const values: number[] = [];
      for (let index = 0; index < Math.min(field.count, limit); index++) {
        const at = field.at + index * size;
        if (at + size > bytes.length) break;
        values.push(number(field.type, at));
      }
      return values;
    },
    data(field, limit) {
      if (!field || field.at >= bytes.length) return null;
      const size = (TYPE_SIZES[field.type] ?? 1) * field.count;
      return size > limit ? null : bytes.subarray(field.at, field.at + size);
    },
  };
}

/** Orientation of the first directory, 1 if there is none or it is nonsense. */
export function exifOrientation(exif: Buffer): number {
  const reader = createTiffReader(exif);
  const fields = reader?.directory(reader.first)?.fields;
  const value = reader?.numbers(fields?.get(0x112), 1)[0] ?? 1;
  return value >= 1 && value <= 8 ? value : 1;
}
