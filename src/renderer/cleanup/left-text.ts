import type { TFunction } from 'i18next';
import type { Format } from '../i18n/setup.ts';

export interface Left {
  /** Without those that cannot be reached. */
  readonly skipped: number;
  readonly unreachable: number;
}

/** What an operation left: what stayed as it was, and what nobody can see. */
export function leftText(t: TFunction, format: Format, { skipped, unreachable }: Left): string {
  return [
    ...skipped > 0 ? [t('cleanup.skipped', { count: skipped, formatted: format.number(skipped) })] : [],
    ...unreachable > 0 ? [t('cleanup.unreachable', { count: unreachable, formatted: format.number(unreachable) })] : [],
  ].join(' ');
}
