import type { TFunction } from 'i18next';
import type { Fact, Facts } from '../../contract/index.ts';
import { legible, placeOf } from '../i18n/legible.ts';
import type { Format } from '../i18n/setup.ts';

/** What decided, such as “4000 × 3000 against 1600 × 1200”; nothing where the user did. */
export function factsText(t: TFunction, format: Format, facts: Facts | null): string {
  if (facts === null) return '';
  const { despite } = facts;
  const words = [wordOf(t, format, facts.better), facts.worse && wordOf(t, format, facts.worse)] as const;
  // What looks equal when it is rounded is told to the byte.
  const [better, worse] = words[0] === words[1] ? [exactly(t, format, facts.better), facts.worse && exactly(t, format, facts.worse)] : words;
  const weighed = worse === null || better === worse ? better : t('cleanup.facts.against', { better, worse });
  return despite === null ? weighed : t('cleanup.facts.despite', { shape: t(`cleanup.facts.shapes.${despite}`), facts: weighed });
}

function wordOf(t: TFunction, format: Format, fact: Fact): string {
  switch (fact.kind) {
    case 'protected': return t(fact.isProtected ? 'cleanup.facts.protected' : 'cleanup.facts.unprotected');
    case 'shape': return t(`cleanup.facts.shapes.${fact.shape}`);
    case 'size': return `${fact.width} × ${fact.height}`;
    case 'quality': return t('cleanup.facts.quality', { score: format.number(fact.score) });
    case 'format': return fact.format.toUpperCase();
    case 'details': return t('cleanup.facts.details', { count: fact.details, formatted: format.number(fact.details) });
    case 'written': return fact.at === null ? t('cleanup.facts.noDate') : format.instant(fact.at);
    case 'bytes': return format.bytes(fact.bytes);
    case 'frames': return t('cleanup.facts.frames', { count: fact.frames, formatted: format.number(fact.frames) });
    case 'transparency': return t(fact.isThere ? 'cleanup.facts.transparent' : 'cleanup.facts.opaque');
    case 'path': return placeOf(fact.path);
  }
}

function exactly(t: TFunction, format: Format, fact: Fact): string {
  switch (fact.kind) {
    case 'bytes': return t('cleanup.facts.bytes', { count: fact.bytes, formatted: format.number(fact.bytes) });
    case 'path': return legible(fact.path);
    default: return wordOf(t, format, fact);
  }
}
