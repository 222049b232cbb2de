import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ERROR_CODES } from '../src/contract/index.ts';
import { de } from '../src/renderer/i18n/de.ts';
import { en } from '../src/renderer/i18n/en.ts';
import { createI18n } from '../src/renderer/i18n/setup.ts';
import { legible } from '../src/renderer/i18n/legible.ts';
import { flagLabel } from '../src/renderer/library/flag-label.ts';
import { createFormat, roundEta } from '../src/renderer/i18n/format.ts';

const catalogues: Readonly<Record<string, object>> = { en, de };
const renderer = join(import.meta.dirname, '../src/renderer');
const sources = readdirSync(renderer, { recursive: true, encoding: 'utf8' })
  .filter((file) => /\.tsx?$/.test(file) && !/i18n[\\/](en|de)\.ts$/.test(file))
  .map((file) => readFileSync(join(renderer, file), 'utf8'))
  .join('\n');

/** Every text by its dotted key. */
function flatten(catalogue: object, prefix = ''): ReadonlyMap<string, string> {
  return new Map(Object.entries(catalogue).flatMap(([key, value]: [string, unknown]): [string, string][] =>
    typeof value === 'string' ? [[prefix + key, value]] : [...flatten(value as object, `${prefix}${key}.`)]));
}

const plain = (key: string): string => key.replace(/_(zero|one|two|few|many|other)$/, '');
const placeholders = (text: string): readonly string[] => (text.match(/\{\{\w+\}\}/g) ?? []).sort();

describe.each(Object.entries(catalogues))('the catalogue %s', (language, catalogue) => {
  const texts = flatten(catalogue);

  it('has every text of the English one, with the same figures in it', () => {
    for (const [key, text] of flatten(en)) {
      expect(texts.get(key), key).toBeTruthy();
      if (!/_one$/.test(key)) expect(placeholders(texts.get(key) ?? ''), key).toEqual(placeholders(text));
    }
    expect([...texts.keys()].filter((key) => !flatten(en).has(key))).toEqual([]);
  });

  it('has every plural form the language knows', () => {
    const categories = new Intl.PluralRules(language).resolvedOptions().pluralCategories;
    const counted = new Set([...texts.keys()].filter((key) => key !== plain(key)).map(plain));
    for (const key of counted) for (const category of categories) expect(texts.has(`${key}_${category}`), `${key}_${category}`).toBe(true);
  });
});

describe('the texts', () => {
  it('exist for every key the window uses', () => {
    const known = new Set([...flatten(en).keys()].map(plain));
    const used = [...sources.matchAll(/\bt\('([\w.-]+)'/g)].map((match) => match[1]!);
    expect(used.length).toBeGreaterThan(100);
    expect(used.filter((key) => !known.has(key))).toEqual([]);
  });

  it('are all used', () => {
    const literals = new Set([...sources.matchAll(/'([\w-]+(?:\.[\w-]+)+)'/g)].map((match) => match[1]!));
    const templates = [...sources.matchAll(/\bt\(`([^`]+)`/g)].map((match) => new RegExp(`^${match[1]!.replaceAll('.', '\\.').replace(/\$\{[^}]+\}/g, '[\\w-]+')}$`));
    const unused = [...new Set([...flatten(en).keys()].map(plain))].filter((key) => !literals.has(key) && !templates.some((template) => template.test(key)));
    expect(unused).toEqual([]);
  });

  it('name every mark an image can have', () => {
    const marks = ['small', 'over-limit', 'salvaged', 'animated', 'multi-page', 'wrong-extension', 'cmyk', '10-bit', '16-bit', 'raw-preview', 'metadata-unreadable'];
    for (const language of ['en', 'de'] as const) {
      const { t } = createI18n(language);
      expect(marks.filter((mark) => flagLabel(t, mark) === mark)).toEqual([]);
    }
    expect(flagLabel(createI18n('de').t, '16-bit')).toBe('16 Bit je Kanal');
  });

  it('explain every error code', () => {
    for (const catalogue of [en, de]) expect(Object.keys(catalogue.errors).filter((code) => code !== 'http').sort()).toEqual([...ERROR_CODES].sort());
  });
});

describe('figures', () => {
  it('are written as the language does', () => {
    expect(createFormat('en').number(1234567)).toBe('1,234,567');
    expect(createFormat('de').number(1234567)).toBe('1.234.567');
    expect(createFormat('de').bytes(1_234_567)).toBe('1,2 MB');
    expect(createFormat('en').bytes(999)).toBe('999 bytes');
    expect(createFormat('en').bytes(1)).toBe('1 byte');
    expect([76_800, 12_192_768, 400].map(createFormat('en').megapixels)).toEqual(['0.08 MP', '12.2 MP', '']);
    expect(createFormat('en').clock(3909)).toBe('1:05:09');
    expect(createFormat('en').clock(309)).toBe('5:09');
  });

  it('say a remaining time so coarsely that it stands still', () => {
    expect([5, 12, 50, 60, 239, 250, 5000, 6000].map(roundEta)).toEqual([
      { kind: 'moments' }, { kind: 'seconds', count: 20 }, { kind: 'seconds', count: 50 }, { kind: 'minutes', count: 1 },
      { kind: 'minutes', count: 4 }, { kind: 'minutes', count: 4 }, { kind: 'minutes', count: 83 }, { kind: 'hours', count: 1.5 },
    ]);
  });
});

describe('a name', () => {
  it('shows what could not be seen in it, and is otherwise as it is', () => {
    expect(legible('a\nb\tc\u202egpj.exe\u200b\u0007')).toBe('a\\nb\\tc\\u202egpj.exe\\u200b\\u0007');
    expect(legible('Gürtel 👩‍👧 戒指 «é».jpg')).toBe('Gürtel 👩‍👧 戒指 «é».jpg');
  });
});
