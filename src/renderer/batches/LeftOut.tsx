import { ChevronDown, ChevronRight } from 'lucide-react';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useErrorText } from '../i18n/error-text.ts';
import { useFormat } from '../i18n/setup.ts';
import { legible } from '../i18n/legible.ts';
import { Button } from '../ui/Button.tsx';
import { Table } from '../ui/Table.tsx';
import styles from './Batches.module.css';
import { Pager } from './Pager.tsx';
import { type ItemFilter, useItemPages } from './queries.ts';

/** Everything that is passed over by design; a fault makes a failure instead. */
const LEFT_OUT: ItemFilter = { leftOutFor: ['not-an-image', 'filtered'] };

/** Files that were passed over, with the reason for each, for whoever asks. */
export function LeftOut({ batchId, count }: { readonly batchId: number; readonly count: number }) {
  const { t } = useTranslation();
  const format = useFormat();
  const [open, setOpen] = useState(false);
  return (
    <section>
      <div className={styles.sectionHead}>
        <h3>{t('batches.leftOut', { count, formatted: format.number(count) })}</h3>
        <Button size="small" icon={open ? ChevronDown : ChevronRight} aria-expanded={open} onClick={() => setOpen(!open)}>{open ? t('batches.hideItems') : t('batches.showItems')}</Button>
      </div>
      {open && <Items batchId={batchId} count={count} />}
    </section>
  );
}

function Items({ batchId, count }: { readonly batchId: number; readonly count: number }) {
  const { t } = useTranslation();
  const format = useFormat();
  const errorText = useErrorText();
  const pages = useItemPages(batchId, LEFT_OUT);
  return (
    <>
      <Table
        label={t('batches.leftOut', { count, formatted: format.number(count) })} rows={pages.items} rowKey={(item) => item.id}
        columns={[
          { key: 'file', header: t('batches.file'), cell: (item) => legible(item.source) },
          { key: 'reason', header: t('batches.reason'), cell: (item) => item.error && <><strong>{errorText(item.error.code).title}</strong> <span className={styles.muted} lang="en">{item.error.message}</span></>, grow: true },
        ]}
      />
      <Pager pages={pages} total={count} />
    </>
  );
}
