import { ChevronDown, ChevronRight } from 'lucide-react';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Batch, FailureGroup } from '../../contract/index.ts';
import { useErrorText } from '../i18n/error-text.ts';
import { useFormat } from '../i18n/setup.ts';
import { Button, IconButton } from '../ui/Button.tsx';
import { Table } from '../ui/Table.tsx';
import styles from './Batches.module.css';
import { isActive } from './progress.ts';
import { ITEMS_SHOWN, useBatchVerb, useFailures, useItems } from './queries.ts';

/** What failed, grouped by reason, worst first, with the way to try again. */
export function Failures({ batch }: { readonly batch: Batch }) {
  const { t } = useTranslation();
  const { data: groups = [] } = useFailures(batch.id);
  return (
    <section>
      <h3>{t('batches.failuresTitle')}</h3>
      {groups.length === 0
        ? <p className={styles.muted}>{t('batches.noFailures')}</p>
        : <ul className={styles.failures}>{groups.toSorted((a, b) => b.count - a.count).map((group) => <Group key={group.code} batch={batch} group={group} />)}</ul>}
    </section>
  );
}

function Group({ batch, group }: { readonly batch: Batch; readonly group: FailureGroup }) {
  const { t } = useTranslation();
  const format = useFormat();
  const act = useBatchVerb();
  const { title, hint } = useErrorText()(group.code);
  const [open, setOpen] = useState(false);
  return (
    <li>
      <div className={styles.failure}>
        <IconButton size="small" icon={open ? ChevronDown : ChevronRight} label={open ? t('batches.hideItems') : t('batches.showItems')} aria-expanded={open} onClick={() => setOpen(!open)} />
        <span className={styles.failureCount}>{format.number(group.count)}</span>
        <div className={styles.failureText}>
          <strong>{title}</strong> <span className={styles.muted}>{hint}</span>
          <p className={styles.example} data-selectable>{group.example.source} – {group.example.message}</p>
        </div>
        {!isActive(batch) && <Button size="small" onClick={() => act({ batch, verb: 'retry', code: group.code })}>{t('batches.retryReason')}</Button>}
      </div>
      {open && <FailedItems batchId={batch.id} code={group.code} />}
    </li>
  );
}

function FailedItems({ batchId, code }: { readonly batchId: number; readonly code: FailureGroup['code'] }) {
  const { t } = useTranslation();
  const format = useFormat();
  const { data: items = [] } = useItems(batchId, { code });
  return (
    <div className={styles.items}>
      <Table
        label={t('batches.showItems')} rows={items} rowKey={(item) => item.id}
        columns={[
          { key: 'file', header: t('batches.file'), cell: (item) => item.source },
          { key: 'reason', header: t('batches.reason'), cell: (item) => item.error?.message ?? '', grow: true },
        ]}
      />
      {items.length >= ITEMS_SHOWN && <p className={styles.muted}>{t('batches.more', { formatted: format.number(ITEMS_SHOWN) })}</p>}
    </div>
  );
}
