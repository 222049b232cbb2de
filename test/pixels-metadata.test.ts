import { describe, expect, test } from 'vitest';
import { POLICY_PROFILES } from '../src/contract/settings.ts';
import { readPngHeader } from '../src/main/engine/pixels/header/png.ts';
import { readProfile } from '../src/main/engine/pixels/icc.ts';
import { parseDate, readMetadata } from '../src/main/engine/pixels/metadata.ts';
import type { PixelAccepted } from '../src/main/engine/pixels/outcome.ts';
import { runPixelPass } from '../src/main/engine/pixels/pass.ts';
import { createRandom, makePng, makeSwappedProfile, makeTiff, paint, paintPhoto, pngChunk, TIFF_TYPE, toSharp, withSegment } from './fixtures/images.ts';

async function accept(bytes: Buffer): Promise<PixelAccepted> {
  const outcome = await runPixelPass(bytes, { policy: POLICY_PROFILES.standard, salvage: false, admit: () => Promise.resolve({ [Symbol.dispose]: () => undefined }) });
  if (outcome.kind === 'refused') throw new Error(outcome.error.message);
  return outcome;
}

const picture = (): Promise<Buffer> => toSharp(paint(80, 60, (x, y) => [x * 3, y * 4, 90])).jpeg().toBuffer();
const exifSegment = (tiff: Buffer): Buffer => Buffer.concat([Buffer.from('Exif\0\0', 'latin1'), tiff]);
const ascii = (tag: number, text: string): { tag: number; type: number; values: Buffer } => ({ tag, type: TIFF_TYPE.ascii, values: Buffer.from(`${text}\0`) });
const iptcRecord = (record: number, dataset: number, text: string): Buffer => {
  const data = Buffer.from(text);
  return Buffer.concat([Buffer.from([0x1c, record, dataset, data.length >> 8, data.length & 255]), data]);
};

test('EXIF written by an encoder is read: camera, exposure, place, time with its zone', async () => {
  const jpeg = await toSharp(paint(80, 60, () => [1, 2, 3])).withExif({
    IFD0: { Make: 'Example', Model: 'Camera 1', Artist: 'Jane Doe', Copyright: '(C) Jane', ImageDescription: 'A picture', Software: 'fw 1.0' },
    IFD2: { DateTimeOriginal: '2024:05:01 12:30:00', OffsetTimeOriginal: '+02:00', SubSecTimeOriginal: '25', ExposureTime: '1/250', FNumber: '28/10', ISOSpeedRatings: '400', FocalLength: '50/1', LensModel: 'Lens 50' },
    IFD3: { GPSLatitudeRef: 'S', GPSLatitude: '33/1 51/1 3600/100', GPSLongitudeRef: 'E', GPSLongitude: '151/1 12/1 0/1' },
  }).jpeg().toBuffer();
  const { metadata, takenAt } = await accept(jpeg);
  expect(takenAt).toBe('2024-05-01T10:30:00.250Z');
  expect(metadata).toMatchObject({
    cameraMake: 'Example', cameraModel: 'Camera 1', lens: 'Lens 50', exposureSeconds: 0.004, aperture: 2.8, iso: 400, focalLengthMm: 50,
    latitude: -33.86, longitude: 151.2, creator: 'Jane Doe', copyright: '(C) Jane', description: 'A picture', software: 'fw 1.0',
  });
});

test('EXIF texts in UTF-8 and in Latin-1 are both read', () => {
  const description = (values: Buffer): string | undefined => readMetadata({ exif: makeTiff([[{ tag: 0x10e, type: TIFF_TYPE.ascii, values }]]) }).metadata.description;
  expect(description(Buffer.from('Ünïcode'))).toBe('Ünïcode');
  expect(description(Buffer.from('Ünïcode', 'latin1'))).toBe('Ünïcode');
});

test('XMP, IPTC and PNG texts fill what EXIF does not say', async () => {
  const xmp = `<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF><rdf:Description xmp:Rating="4" photoshop:DateCreated="2020-02-29T08:00:00-05:00">
    <dc:title><rdf:Alt><rdf:li xml:lang="x-default">Fish &amp; chips &#x1F41F;</rdf:li></rdf:Alt></dc:title>
    <dc:subject><rdf:Bag><rdf:li>sea</rdf:li><rdf:li>food</rdf:li><rdf:li>sea</rdf:li></rdf:Bag></dc:subject></rdf:Description></rdf:RDF></x:xmpmeta>`;
  const withXmp = await accept(withSegment(await picture(), 0xe1, Buffer.concat([Buffer.from('http://ns.adobe.com/xap/1.0/\0', 'latin1'), Buffer.from(xmp)])));
  expect(withXmp.metadata).toEqual({ title: 'Fish & chips 🐟', keywords: ['sea', 'food'], rating: 4 });
  expect(withXmp.takenAt).toBe('2020-02-29T13:00:00.000Z');

  const records = Buffer.concat([iptcRecord(2, 5, 'A title'), iptcRecord(2, 25, 'one'), iptcRecord(2, 25, 'two'), iptcRecord(2, 55, '20190704'), iptcRecord(2, 60, '181500+0200'), iptcRecord(2, 80, 'Zoë')]);
  const head = Buffer.from('8BIM\x04\x04\0\0\0\0\0\0', 'latin1');
  head.writeUInt32BE(records.length, 8);
  const withIptc = await accept(withSegment(await picture(), 0xed, Buffer.concat([Buffer.from('Photoshop 3.0\0', 'latin1'), head, records])));
  expect(withIptc.metadata).toEqual({ title: 'A title', keywords: ['one', 'two'], creator: 'Zoë' });
  expect(withIptc.takenAt).toBe('2019-07-04T16:15:00.000Z');

  const texts = [pngChunk('tEXt', Buffer.from('Title\0Plain')), pngChunk('tEXt', Buffer.from('Software\0Tool'))];
  expect(readMetadata(readPngHeader(makePng(10, 10, texts)).blocks).metadata).toEqual({ title: 'Plain', software: 'Tool' });
});

test.each([
  ['2024:05:01 12:30:00', undefined, '2024-05-01T12:30:00.000Z'],
  ['2024:05:01 12:30:00', '-07:00', '2024-05-01T19:30:00.000Z'],
  ['2024-05-01', undefined, '2024-05-01T00:00:00.000Z'],
  ['2024:02:30 10:00:00', undefined, null],
  ['0000:00:00 00:00:00', undefined, null],
  ['    :  :     :  :  ', undefined, null],
  ['1200:01:01 00:00:00', undefined, null],
  ['yesterday', undefined, null],
])('the date %j with zone %j is %j', (value, zone, expected) => {
  expect(parseDate(value, zone)).toBe(expected);
});

describe('hostile metadata', () => {
  test('texts lose control and direction characters and are cut; absurd numbers are left out', () => {
    const exif = makeTiff([[
      ascii(0x10f, `Evil\u202e\u0007gpj.exe ${'x'.repeat(5000)}`), ascii(0x131, '\n\t '),
      { tag: 0x8769, type: TIFF_TYPE.long, values: [8] }, { tag: 0x8825, type: TIFF_TYPE.long, values: [8] },
      { tag: 0x829a, type: TIFF_TYPE.rational, values: [1, 0] }, { tag: 2, type: TIFF_TYPE.rational, values: [900, 1, 0, 1, 0, 1] },
    ]]);
    const { metadata } = readMetadata({ exif });
    expect(metadata.cameraMake).toMatch(/^Evilgpj\.exe x+$/);
    expect(metadata.cameraMake!.length).toBeLessThanOrEqual(200);
    expect(Object.keys(metadata)).toEqual(['cameraMake']);
  });

  test('the place 0°, 0° of broken devices is no place', () => {
    const place = (degrees: number): Buffer => makeTiff([[{ tag: 0x8825, type: TIFF_TYPE.long, values: [8] }, { tag: 2, type: TIFF_TYPE.rational, values: [degrees, 1] }, { tag: 4, type: TIFF_TYPE.rational, values: [degrees, 1] }]]);
    expect(readMetadata({ exif: place(0) }).metadata).toEqual({});
    expect(readMetadata({ exif: place(12) }).metadata).toEqual({ latitude: 12, longitude: 12 });
  });

  test('a block that makes no sense is flagged, and the picture is fine', async () => {
    const outcome = await accept(withSegment(await picture(), 0xe1, exifSegment(Buffer.from('this is no TIFF structure'))));
    expect([outcome.verdict, outcome.flags.includes('metadata-unreadable')]).toEqual(['clean', true]);
  });

  test('sub-directories that point at themselves, and random bytes, are survived', () => {
    const random = createRandom(5);
    const sound = makeTiff([[ascii(0x10f, 'Maker'), { tag: 0x8769, type: TIFF_TYPE.long, values: [8] }, { tag: 0x8825, type: TIFF_TYPE.long, values: [8] }]]);
    for (let round = 0; round < 300; round++) {
      const broken = Buffer.from(sound);
      for (let fault = 0; fault < 6; fault++) broken[Math.floor(random() * broken.length)] = Math.floor(random() * 256);
      const noise = Buffer.from(Array.from({ length: 200 }, () => Math.floor(random() * 256)));
      const result = readMetadata({ exif: broken, xmp: noise, iptc: Buffer.concat([Buffer.from([0x1c, 2]), noise]), icc: Buffer.concat([makeSwappedProfile().subarray(0, 130), noise]) });
      expect(typeof result.isReadable).toBe('boolean');
    }
  });
});

test('profiles are recognised by their numbers: sRGB in its usual forms, and what is not', async () => {
  const profileOf = async (name: string): Promise<Buffer> => readPngHeader(await toSharp(paintPhoto(8, 8)).withIccProfile(name).png().toBuffer()).blocks.icc!;
  expect(readProfile(await profileOf('srgb'))).toMatchObject({ isSrgb: true });
  expect(readProfile(await profileOf('p3'))).toMatchObject({ isSrgb: false });
  expect(readProfile(makeSwappedProfile())).toEqual({ isSrgb: false, description: 'Swapped' });
  expect(readProfile(Buffer.alloc(200))).toBeNull();
});

test('a profile whose name is cut off in the middle of a character is read as far as it goes', () => {
  const profile = (nameBytes: number): Buffer => {
    const name = Buffer.from('mluc\0\0\0\0\0\0\0\x01\0\0\0\x0cenUS\0\0\0\x08\0\0\0\x1c\0N\0a\0m\0e', 'latin1').subarray(0, 28 + nameBytes);
    const head = Buffer.alloc(144);
    head.write('RGB ', 16, 'latin1');
    head.write('acsp', 36, 'latin1');
    head.writeUInt32BE(1, 128);
    head.write('desc', 132, 'latin1');
    head.writeUInt32BE(144, 136);
    head.writeUInt32BE(name.length, 140);
    return Buffer.concat([head, name]);
  };
  expect([8, 7, 1, 0].map((nameBytes) => readProfile(profile(nameBytes))?.description)).toEqual(['Name', 'Nam', '', '']);
});
