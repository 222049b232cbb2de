import type { TFunction } from 'i18next';
import { useTranslation } from 'react-i18next';
import { ERROR_CODES, type ErrorCode, type NamedErrorCode } from '../../contract/index.ts';

export interface ErrorText {
  readonly title: string;
  readonly hint: string;
}

const NAMED: ReadonlySet<string> = new Set(ERROR_CODES);

/** An error code in the user's words: what it is, and what it means. */
export function errorText(t: TFunction, code: ErrorCode): ErrorText {
  const status = /^http-(\d+)$/.exec(code)?.[1];
  if (status) return { title: t('errors.http.title', { status }), hint: t('errors.http.hint') };
  const name = NAMED.has(code) ? code as NamedErrorCode : 'internal';
  return { title: t(`errors.${name}.title`), hint: t(`errors.${name}.hint`) };
}

export function useErrorText(): (code: ErrorCode) => ErrorText {
  const { t } = useTranslation();
  return (code) => errorText(t, code);
}
