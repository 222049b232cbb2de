export interface Format {
  readonly number: (value: number) => string;
  readonly decimal: (value: number, digits: number) => string;
  /** With all of its decimal places, so that figures stand still and line up. */
  readonly fixed: (value: number, digits: number) => string;
  readonly percent: (fraction: number) => string;
  readonly bytes: (value: number) => string;
  readonly date: (iso: string) => string;
  readonly dateTime: (iso: string) => string;
  /** With its seconds, for what is compared by them. */
  readonly instant: (iso: string) => string;
  readonly unit: (value: number, unit: Intl.NumberFormatOptions['unit']) => string;
  /** `1:05:09`, or `5:09` under an hour. */
  readonly clock: (seconds: number) => string;
  readonly megapixels: (pixels: number) => string;
}

const BYTE_UNITS = ['byte', 'kilobyte', 'megabyte', 'gigabyte', 'terabyte'] as const;

/** Numbers, sizes and dates as the language writes them. Sizes are decimal (1 MB = 1,000,000 bytes), as file managers show them. */
export function createFormat(language: string): Format {
  const integer = new Intl.NumberFormat(language, { maximumFractionDigits: 0 });
  const percent = new Intl.NumberFormat(language, { style: 'percent', maximumFractionDigits: 0 });
  const date = new Intl.DateTimeFormat(language, { dateStyle: 'medium' });
  const dateTime = new Intl.DateTimeFormat(language, { dateStyle: 'medium', timeStyle: 'short' });
  const unit: Format['unit'] = (value, name) =>
    new Intl.NumberFormat(language, { style: 'unit', unit: name, unitDisplay: 'short', maximumFractionDigits: 1 }).format(value);
  const bytes = new Intl.NumberFormat(language, { style: 'unit', unit: 'byte', unitDisplay: 'long' });
  return {
    number: (value) => integer.format(value),
    decimal: (value, digits) => new Intl.NumberFormat(language, { maximumFractionDigits: digits }).format(value),
    fixed: (value, digits) => new Intl.NumberFormat(language, { minimumFractionDigits: digits, maximumFractionDigits: digits }).format(value),
    percent: (fraction) => percent.format(fraction),
    bytes: (value) => {
      const power = value < 1000 ? 0 : Math.min(BYTE_UNITS.length - 1, Math.floor(Math.log10(value) / 3));
      // Only bytes have a plural that is seen: the short forms of the others are all one.
      return power === 0 ? bytes.format(value) : unit(value / 1000 ** power, BYTE_UNITS[power] ?? 'byte');
    },
    date: (iso) => date.format(new Date(iso)),
    dateTime: (iso) => dateTime.format(new Date(iso)),
    instant: (iso) => new Intl.DateTimeFormat(language, { dateStyle: 'medium', timeStyle: 'medium' }).format(new Date(iso)),
    unit,
    clock: (seconds) => {
      const whole = Math.max(0, Math.round(seconds));
      const parts = [Math.floor(whole / 60) % 60, whole % 60].map((part) => String(part).padStart(2, '0'));
      const hours = Math.floor(whole / 3600);
      return hours > 0 ? `${hours}:${parts.join(':')}` : `${Math.floor(whole / 60)}:${parts[1] ?? '00'}`;
    },
    // An icon's are too few to say.
    megapixels: (pixels) => pixels < 5000 ? '' : `${new Intl.NumberFormat(language, { maximumFractionDigits: pixels < 1e6 ? 2 : 1 }).format(pixels / 1e6)} MP`,
  };
}

export type Eta =
  | { readonly kind: 'moments' }
  | { readonly kind: 'seconds' | 'minutes' | 'hours'; readonly count: number };

/** A remaining time rounded so coarsely that it does not flicker: tens of seconds, whole minutes, half hours. */
export function roundEta(seconds: number): Eta {
  if (seconds < 8) return { kind: 'moments' };
  if (seconds < 55) return { kind: 'seconds', count: Math.ceil(seconds / 10) * 10 };
  if (seconds < 90 * 60) return { kind: 'minutes', count: Math.max(1, Math.round(seconds / 60)) };
  return { kind: 'hours', count: Math.round(seconds / 1800) / 2 };
}
