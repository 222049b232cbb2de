import type { TFunction } from 'i18next';
import { en } from '../i18n/en.ts';

/** A mark in the user's words; marks this window does not know yet are shown as the engine names them. */
export function flagLabel(t: TFunction, flag: string): string {
  const bits = /^(\d+)-bit$/.exec(flag)?.[1];
  if (bits) return t('library.bitDepth', { bits });
  return isKnown(flag) ? t(`flags.${flag}`) : flag;
}

function isKnown(flag: string): flag is keyof typeof en.flags {
  return flag in en.flags;
}
