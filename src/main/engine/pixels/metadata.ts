import type { Metadata } from '../../../contract/index.ts';
import type { MetadataBlocks } from './header/header.ts';
import { createTiffReader, type TiffDirectory, type TiffReader } from './header/tiff-structure.ts';
import { readProfile } from './icc.ts';
import { readIptc } from './iptc.ts';
import { readXmp } from './xmp.ts';

export interface FileMetadata {
  readonly metadata: Metadata;
  /** ISO 8601 in UTC. A local time without a zone is taken as UTC, so that it reads the same everywhere. */
  readonly takenAt: string | null;
  /** False if a block is there but makes no sense. */
  readonly isReadable: boolean;
}

/**
 * What the file says of itself. EXIF comes first, then XMP, IPTC and PNG's texts; whatever is missing, hostile or absurd
 * is left out. Texts lose control and direction characters and are cut at 2000 characters, names at 200.
 */
export function readMetadata(blocks: MetadataBlocks): FileMetadata {
  const exif = blocks.exif ? readExif(blocks.exif) : null;
  const xmp = blocks.xmp ? readXmp(blocks.xmp) : null;
  const iptc = blocks.iptc ? readIptc(blocks.iptc) : null;
  const texts = new Map(blocks.texts ?? []);
  const profile = blocks.icc ? readProfile(blocks.icc) : null;
  const metadata: Metadata = {
    ...exif?.numbers,
    ...optional('cameraMake', name(exif?.cameraMake)),
    ...optional('cameraModel', name(exif?.cameraModel)),
    ...optional('lens', name(exif?.lens)),
    ...optional('title', name(xmp?.title) ?? name(iptc?.title) ?? name(texts.get('Title'))),
    ...optional('description', text(xmp?.description) ?? text(iptc?.description) ?? text(exif?.description) ?? text(texts.get('Description')) ?? text(texts.get('Comment'))),
    ...optional('keywords', keywords([...(xmp?.keywords ?? []), ...(iptc?.keywords ?? [])])),
    ...optional('creator', name(exif?.artist) ?? name(xmp?.creator) ?? name(iptc?.creator) ?? name(texts.get('Author'))),
    ...optional('copyright', name(exif?.copyright) ?? name(xmp?.copyright) ?? name(iptc?.copyright) ?? name(texts.get('Copyright'))),
    ...optional('rating', rating(xmp?.rating ?? exif?.rating)),
    ...optional('software', name(exif?.software) ?? name(xmp?.software) ?? name(texts.get('Software'))),
    ...optional('colorProfile', name(profile?.description)),
  };
  return {
    metadata,
    takenAt: exif?.takenAt ?? parseDate(xmp?.date) ?? parseDate(iptc?.date) ?? parseDate(texts.get('Creation Time')) ?? null,
    isReadable: (!blocks.exif || exif !== null) && (!blocks.icc || profile !== null),
  };
}

interface Exif {
  readonly numbers: Pick<Metadata, 'exposureSeconds' | 'aperture' | 'iso' | 'focalLengthMm' | 'latitude' | 'longitude' | 'altitudeMetres'>;
  readonly takenAt: string | null;
  readonly cameraMake: string | undefined; readonly cameraModel: string | undefined; readonly lens: string | undefined;
  readonly description: string | undefined; readonly artist: string | undefined; readonly copyright: string | undefined;
  readonly software: string | undefined; readonly rating: number | undefined;
}

const EMPTY: TiffDirectory = new Map();

function readExif(block: Buffer): Exif | null {
  const reader = createTiffReader(block);
  const main = reader?.directory(reader.first)?.fields;
  if (!reader || !main) return null;
  const sub = (tag: number): TiffDirectory => reader.directory(reader.numbers(main.get(tag), 1)[0] ?? 0)?.fields ?? EMPTY;
  const photo = sub(0x8769);
  const string = (fields: TiffDirectory, tag: number): string | undefined => readString(reader, fields, tag);
  const number = (tag: number, low: number, high: number): number | undefined => within(reader.numbers(photo.get(tag), 1)[0], low, high);
  return {
    numbers: {
      ...optional('exposureSeconds', number(0x829a, 1e-7, 1e5)),
      ...optional('aperture', number(0x829d, 0.1, 1000)),
      ...optional('iso', number(0x8827, 1, 1e7)),
      ...optional('focalLengthMm', number(0x920a, 0.1, 1e5)),
      ...readPosition(reader, sub(0x8825)),
    },
    takenAt: parseDate(string(photo, 0x9003), string(photo, 0x9011) ?? string(photo, 0x9010), string(photo, 0x9291))
      ?? parseDate(string(photo, 0x9004), string(photo, 0x9012) ?? string(photo, 0x9010), string(photo, 0x9292)),
    cameraMake: string(main, 0x10f),
    cameraModel: string(main, 0x110),
    lens: string(photo, 0xa434),
    description: string(main, 0x10e),
    artist: string(main, 0x13b),
    copyright: string(main, 0x8298),
    software: string(main, 0x131),
    rating: reader.numbers(main.get(0x4746), 1)[0],
  };
}

function readString(reader: TiffReader, fields: TiffDirectory, tag: number): string | undefined {
  const data = reader.data(fields.get(tag), 64 * 1024);
  if (!data) return undefined;
  const end = data.indexOf(0);
  const bytes = end < 0 ? data : data.subarray(0, end);
  const utf8 = bytes.toString('utf8');
  return utf8.includes('\ufffd') ? bytes.toString('latin1') : utf8;
}

/** Degrees, minutes and seconds with their signs. The point 0°, 0° is what broken devices write, and left out. */
function readPosition(reader: TiffReader, gps: TiffDirectory): Pick<Metadata, 'latitude' | 'longitude' | 'altitudeMetres'> {
  const angle = (tag: number, reference: number, negative: string, limit: number): number | undefined => {
    const [degrees, minutes = 0, seconds = 0] = reader.numbers(gps.get(tag), 3).map((part) => (Number.isFinite(part) ? part : 0));
    if (degrees === undefined) return undefined;
    const value = degrees + minutes / 60 + seconds / 3600;
    return within(readString(reader, gps, reference)?.toUpperCase().startsWith(negative) ? -value : value, -limit, limit);
  };
  const latitude = angle(2, 1, 'S', 90);
  const longitude = angle(4, 3, 'W', 180);
  if (latitude === undefined || longitude === undefined || (latitude === 0 && longitude === 0)) return {};
  const height = reader.numbers(gps.get(6), 1)[0];
  const altitude = within(reader.numbers(gps.get(5), 1)[0] === 1 && height !== undefined ? -height : height, -12_000, 100_000);
  return { latitude: round(latitude, 7), longitude: round(longitude, 7), ...optional('altitudeMetres', altitude) };
}

/**
 * EXIF (`2024:05:01 12:30:00`), XMP and IPTC (`2024-05-01T12:30:00+02:00`) dates; date alone is midnight. Null for what
 * is no date, or before photography.
 */
export function parseDate(value: string | undefined, offset?: string, fraction?: string): string | null {
  const match = /^\s*(\d{4})[:-](\d{2})[:-](\d{2})(?:[T ](\d{2}):(\d{2})(?::(\d{2})(?:[.,](\d{1,9}))?)?\s*(Z|[+-]\d{2}:?\d{2})?)?/.exec(value ?? '');
  if (!match) return null;
  const [, year = '', month = '', day = '', hour = '00', minute = '00', second = '00', ownFraction, ownZone] = match;
  const zone = ownZone ?? /^\s*(Z|[+-]\d{2}:\d{2})/.exec(offset ?? '')?.[1] ?? 'Z';
  const colonZone = /^[+-]\d{4}$/.test(zone) ? `${zone.slice(0, 3)}:${zone.slice(3)}` : zone;
  const milliseconds = (ownFraction ?? /^\d+/.exec(fraction ?? '')?.[0] ?? '').slice(0, 3).padEnd(3, '0');
  const time = new Date(`${year}-${month}-${day}T${hour}:${minute}:${second}.${milliseconds}${colonZone}`);
  if (Number.isNaN(time.getTime()) || Number(year) < 1826) return null;
  // Date accepts the 30th of February and makes March of it.
  return new Date(`${year}-${month}-${day}T00:00:00Z`).getUTCDate() === Number(day) ? time.toISOString() : null;
}

function optional<Key extends string, Value>(key: Key, value: Value | undefined): { [K in Key]?: Value } {
  return (value === undefined ? {} : { [key]: value }) as { [K in Key]?: Value };
}

function within(value: number | undefined, low: number, high: number): number | undefined {
  return value !== undefined && Number.isFinite(value) && value >= low && value <= high ? value : undefined;
}

function round(value: number, digits: number): number {
  return Number(value.toFixed(digits));
}

function rating(value: number | undefined): number | undefined {
  return within(value, 0, 5);
}

// Control characters, and those that turn the direction of text round: names from files are shown beside our own words.
const UNSAFE = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff\ufffe\uffff]/g;

function text(value: string | undefined, limit = 2000): string | undefined {
  const clean = value?.slice(0, 4 * limit).toWellFormed().replace(UNSAFE, '').trim().slice(0, limit).toWellFormed();
  return clean ? clean : undefined;
}

function name(value: string | undefined): string | undefined {
  return text(value?.slice(0, 800).replace(/\s+/g, ' '), 200);
}

function keywords(values: readonly string[]): string[] | undefined {
  const unique = new Set(values.slice(0, 1000).map((value) => name(value)).filter((value) => value !== undefined));
  return unique.size > 0 ? [...unique].slice(0, 200) : undefined;
}
