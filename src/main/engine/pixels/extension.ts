import { extname } from 'node:path';
import { type ImageFormat, RAW_FORMATS } from './sniff.ts';

const EXTENSIONS: { readonly [Format in ImageFormat]?: readonly string[] } = {
  jpeg: ['jpg', 'jpeg', 'jpe', 'jfif', 'jif', 'mpo'],
  png: ['png', 'apng'],
  bmp: ['bmp', 'dib'],
  tiff: ['tif', 'tiff'],
  avif: ['avif', 'avifs'],
  heic: ['heic', 'heif', 'hif', 'heics'],
  ico: ['ico', 'cur'],
  jp2: ['jp2', 'j2k', 'jpf', 'jpx', 'j2c', 'jpc'],
  arw: ['arw', 'srf', 'sr2'],
  nef: ['nef', 'nrw'],
  rw2: ['rw2', 'raw'],
};

/** Does the name claim another format? One without extension claims none; a raw file under a raw name is right enough: several are plain TIFFs inside. */
export function hasWrongExtension(name: string, format: string): boolean {
  const extension = extname(name).slice(1).toLowerCase();
  if (extension === '') return false;
  const isRawName = RAW_FORMATS.some((raw) => raw === extension);
  if (isRawName && (format === 'tiff' || RAW_FORMATS.some((raw) => raw === format))) return false;
  return !(EXTENSIONS[format as ImageFormat] ?? [format]).includes(extension);
}
