export interface ProfileFacts {
  readonly description: string;
  /** True where converting to sRGB would change nothing but rounding. */
  readonly isSrgb: boolean;
}

/**
 * What matters of an ICC profile. Most profiles found in pictures say sRGB in one of many encodings; recognising them
 * by their numbers spares a conversion of every pixel, and keeps the decoded pixels of a file and of its copy without
 * the profile identical, which a conversion with its rounding would not.
 */
export function readProfile(icc: Buffer): ProfileFacts | null {
  if (icc.length < 132 || icc.toString('latin1', 36, 40) !== 'acsp') return null;
  const tag = (name: string): Buffer | null => findTag(icc, name);
  return { description: describe(tag('desc')), isSrgb: icc.toString('latin1', 16, 20) === 'RGB ' && isSrgb(tag) };
}

function findTag(icc: Buffer, name: string): Buffer | null {
  const count = Math.min(icc.readUInt32BE(128), 100);
  for (let index = 0; index < count; index++) {
    const at = 132 + 12 * index;
    if (at + 12 > icc.length) return null;
    if (icc.toString('latin1', at, at + 4) !== name) continue;
    const offset = icc.readUInt32BE(at + 4);
    return icc.subarray(offset, offset + icc.readUInt32BE(at + 8));
  }
  return null;
}

/** Colorants of sRGB adapted to D50, in the order red, green, blue. */
const COLORANTS = { rXYZ: [0.4361, 0.2225, 0.0139], gXYZ: [0.3851, 0.7169, 0.0971], bXYZ: [0.1431, 0.0606, 0.7141] } as const;
const COLORANT_TOLERANCE = 0.003;
const CURVE_TOLERANCE = 0.004;

function isSrgb(tag: (name: string) => Buffer | null): boolean {
  if (tag('A2B0')) return false;
  for (const [name, expected] of Object.entries(COLORANTS)) {
    const xyz = tag(name);
    if (!xyz || xyz.length < 20) return false;
    if (expected.some((value, index) => Math.abs(xyz.readInt32BE(8 + 4 * index) / 65_536 - value) > COLORANT_TOLERANCE)) return false;
  }
  return ['rTRC', 'gTRC', 'bTRC'].every((name) => {
    const curve = readCurve(tag(name));
    return curve !== null && [0.02, 0.1, 0.25, 0.5, 0.75, 0.9].every((x) => Math.abs(curve(x) - srgbToLinear(x)) < CURVE_TOLERANCE);
  });
}

function srgbToLinear(value: number): number {
  return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
}

function readCurve(data: Buffer | null): ((x: number) => number) | null {
  if (!data || data.length < 14) return null;
  if (data.toString('latin1', 0, 4) === 'curv') {
    const count = data.readUInt32BE(8);
    if (count === 0) return (x) => x;
    if (count === 1) return (x) => x ** (data.readUInt16BE(12) / 256);
    if (data.length < 12 + 2 * count) return null;
    return (x) => {
      const place = x * (count - 1);
      const low = Math.floor(place);
      const [a, b] = [data.readUInt16BE(12 + 2 * low), data.readUInt16BE(12 + 2 * Math.min(count - 1, low + 1))];
      return (a + (b - a) * (place - low)) / 65_535;
    };
  }
  // Parametric: type 3 is the form in which sRGB itself is defined, type 0 a plain power.
  if (data.toString('latin1', 0, 4) !== 'para') return null;
  const type = data.readUInt16BE(8);
  const parameter = (index: number): number => (16 + 4 * index <= data.length ? data.readInt32BE(12 + 4 * index) / 65_536 : 0);
  if (type === 0) return (x) => x ** parameter(0);
  if (type !== 3) return null;
  const [g, a, b, c, d] = [parameter(0), parameter(1), parameter(2), parameter(3), parameter(4)];
  return (x) => (x >= d ? (a * x + b) ** g : c * x);
}

/** Version 2 keeps ASCII text, version 4 texts in UTF-16 by language, of which the first is taken. */
function describe(data: Buffer | null): string {
  if (!data || data.length < 12) return '';
  if (data.toString('latin1', 0, 4) === 'desc') return data.toString('latin1', 12, 12 + Math.min(data.readUInt32BE(8), 200)).replace(/\0.*$/s, '');
  if (data.toString('latin1', 0, 4) !== 'mluc' || data.length < 28) return '';
  const [length, at] = [Math.min(data.readUInt32BE(20), 400) & ~1, data.readUInt32BE(24)];
  const text = data.subarray(at, at + length);
  // A text that is cut off may end in half a unit.
  return Buffer.from(text.subarray(0, text.length & ~1)).swap16().toString('utf16le');
}
