import type { Metadata } from '../../contract/index.ts';
import type { Format } from '../i18n/format.ts';

/** Many makers name themselves in the model too: `NIKON CORPORATION`, `NIKON D7100`. */
export function cameraName({ cameraMake = '', cameraModel = '' }: Metadata): string {
  const brand = cameraMake.split(/[\s,]/)[0]?.toLowerCase() ?? '';
  return brand !== '' && cameraModel.toLowerCase().startsWith(brand) ? cameraModel : [cameraMake, cameraModel].filter(Boolean).join(' ');
}

/** `1/250 s` below half a second, as cameras write it. */
export function exposureText(seconds: number, format: Format): string {
  return seconds > 0 && seconds < 0.5 ? `1/${Math.round(1 / seconds)} s` : `${format.decimal(seconds, 1)} s`;
}
