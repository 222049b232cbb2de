import { FileQuestion, FileSpreadsheet, FileX, Folder, Image } from 'lucide-react';
import { useTranslation } from 'react-i18next';
import type { ErrorCode, ListInspection, ReviewEntry } from '../../contract/index.ts';
import { type ErrorText, useErrorText } from '../i18n/error-text.ts';
import { useFormat } from '../i18n/setup.ts';
import { Select } from '../ui/Select.tsx';
import { Table } from '../ui/Table.tsx';
import styles from './Import.module.css';

const ICONS = { folder: Folder, image: Image, list: FileSpreadsheet, unsupported: FileX, missing: FileQuestion } as const;
const DELIMITERS = { ',': 'comma', ';': 'semicolon', '\t': 'tab', '|': 'pipe' } as const;
const PREVIEW_ROWS = 8;
const EXAMPLES_SHOWN = 3;
/** Before anything has been read, some reasons mean something more certain than they do after. */
const KNOWN_BY_NAME = ['bad-input', 'blocked-scheme', 'not-found', 'filtered', 'not-an-image'] as const;

export interface ReviewEntryProps {
  readonly entry: ReviewEntry;
  readonly title: string;
  readonly complete: boolean;
  readonly onColumn: (column: string) => void;
}

/** One of the things to be imported: what was found in it and what will be left out. */
export function ReviewEntryView({ entry, title, complete, onColumn }: ReviewEntryProps) {
  const { t } = useTranslation();
  const format = useFormat();
  const Icon = ICONS[entry.kind];
  const readable = entry.kind === 'folder' || entry.kind === 'image' || entry.kind === 'list';
  return (
    <section className={styles.entryView}>
      <header>
        <Icon size={20} strokeWidth={1.5} aria-hidden />
        <h2 data-selectable>{title}</h2>
        {readable
          ? <strong>
            {entry.list && entry.list.rows !== entry.images && `${t('review.rows', { count: entry.list.rows, formatted: format.number(entry.list.rows) })} · `}
            {t('review.found', { count: entry.images, formatted: format.number(entry.images) })}
          </strong>
          : <strong className={styles.problem}>{t(entry.kind === 'missing' ? 'review.kinds.missing' : 'review.kinds.unsupported')}</strong>}
        {entry.bytes > 0 && <span className={styles.muted}>{format.bytes(entry.bytes)}</span>}
      </header>
      {readable && (
        <div className={styles.found}>
          {Object.keys(entry.byFormat).length > 0 && <Formats entry={entry} />}
          <Skipped entry={entry} complete={complete} />
        </div>
      )}
      {entry.list && <ListView list={entry.list} parts={entry.parts} onColumn={onColumn} />}
    </section>
  );
}

function Formats({ entry }: { readonly entry: ReviewEntry }) {
  const { t } = useTranslation();
  const format = useFormat();
  const formats = Object.entries(entry.byFormat).toSorted(([, a], [, b]) => b - a);
  const most = formats[0]?.[1] ?? 1;
  return (
    <div>
      <h3>{t('review.formats')}</h3>
      <dl className={styles.bars}>
        {formats.map(([name, count]) => (
          <div key={name}>
            <dt>{name.toUpperCase()}</dt>
            <dd><span className={styles.bar} style={{ inlineSize: `${count / most * 100}%` }} /></dd>
            <dd className={styles.count}>{format.number(count)}</dd>
          </div>
        ))}
      </dl>
    </div>
  );
}

function Skipped({ entry, complete }: { readonly entry: ReviewEntry; readonly complete: boolean }) {
  const { t } = useTranslation();
  const format = useFormat();
  const textOf = useLeftOutText();
  if (entry.skipped.length === 0) return complete ? <p className={styles.muted}>{t('review.nothingSkipped')}</p> : null;
  return (
    <div>
      <h3>{t('review.skipped')}</h3>
      <ul className={styles.skipped}>
        {entry.skipped.map(({ code, count, examples }) => (
          <li key={code}>
            <span className={styles.count}>{format.number(count)}</span>
            <span><strong>{textOf(code).title}</strong> {textOf(code).hint}
              {examples[0] && <span className={styles.example} data-selectable>{t('batches.example')}: {examples.slice(0, EXAMPLES_SHOWN).join(', ')}</span>}</span>
          </li>
        ))}
      </ul>
    </div>
  );
}

function useLeftOutText(): (code: ErrorCode) => ErrorText {
  const { t } = useTranslation();
  const errorText = useErrorText();
  return (code) => {
    const known = KNOWN_BY_NAME.find((name) => name === code);
    return known ? { title: t(`review.leftOut.${known}.title`), hint: t(`review.leftOut.${known}.hint`) } : errorText(code);
  };
}

function ListView({ list, parts, onColumn }: { readonly list: ListInspection; readonly parts: readonly string[]; readonly onColumn: (column: string) => void }) {
  const { t } = useTranslation();
  const format = useFormat();
  const { delimiter, columns, sourceColumn, encoding } = list;
  const delimiterName = delimiter === null ? t('review.delimiters.none')
    : delimiter in DELIMITERS ? t(`review.delimiters.${DELIMITERS[delimiter as keyof typeof DELIMITERS]}`) : delimiter;
  const columnNames = columns.length > 0 ? columns : Object.keys(list.preview[0] ?? {});
  const [first, last] = [parts[0], parts.at(-1)];
  return (
    <div className={styles.list}>
      <dl className={styles.facts}>
        <div><dt>{t('review.encoding')}</dt><dd>{encoding.toUpperCase()}</dd></div>
        <div><dt>{t('review.delimiter')}</dt><dd>{delimiterName}</dd></div>
        <div><dt>{t('batches.parts')}</dt><dd>{t('review.parts', { count: parts.length, formatted: format.number(parts.length) })}{parts.length > 1 && `: ${first} … ${last}`}</dd></div>
      </dl>
      {columns.length > 0 && (
        <Select visibleLabel label={t('review.column')} value={sourceColumn ?? ''} options={columns.map((column) => ({ value: column, label: column }))} onChange={onColumn} />
      )}
      <h3>{t('review.preview')}</h3>
      <Table<Readonly<Record<string, string>>>
        label={t('review.preview')} rows={list.preview.slice(0, PREVIEW_ROWS)} rowKey={(_, index) => index}
        columns={columnNames.map((column) => ({
          key: column, header: column,
          cell: (row) => column === sourceColumn ? <strong>{row[column]}</strong> : row[column],
        }))}
      />
    </div>
  );
}
