import { createInstance, type i18n } from 'i18next';
import { useMemo } from 'react';
import { initReactI18next, useTranslation } from 'react-i18next';
import { de } from './de.ts';
import { en } from './en.ts';
import { createFormat, type Format } from './format.ts';

export type { Format };

declare module 'i18next' {
  interface CustomTypeOptions {
    defaultNS: 'translation';
    resources: { translation: typeof en };
  }
}

export const LANGUAGES = { en: 'English', de: 'Deutsch' } as const;
export type Language = keyof typeof LANGUAGES;

/** The first of the user's languages that we speak. */
export function pickLanguage(preferred: readonly string[]): Language {
  const known = preferred.map((tag) => tag.split('-')[0]).find((tag): tag is Language => tag !== undefined && tag in LANGUAGES);
  return known ?? 'en';
}

export function createI18n(language: Language): i18n {
  const instance = createInstance();
  void instance.use(initReactI18next).init({
    lng: language,
    fallbackLng: 'en',
    resources: { en: { translation: en }, de: { translation: de } },
    interpolation: { escapeValue: false },
    initAsync: false,
  });
  return instance;
}

export function useFormat(): Format {
  const { i18n: { language } } = useTranslation();
  // Dates are written as in the user's country where the language is theirs: English has two ways at least.
  return useMemo(() => createFormat(navigator.languages.find((tag) => tag.split('-')[0] === language) ?? language), [language]);
}
