import { useTranslation } from 'react-i18next';
import { useClient } from '../connect/context.tsx';
import { useErrorText } from '../i18n/error-text.ts';
import { legible } from '../i18n/legible.ts';
import { Button } from '../ui/Button.tsx';
import { Table } from '../ui/Table.tsx';
import styles from './Batches.module.css';
import { Pager } from './Pager.tsx';
import { allItems, useItemPages, useSalvage } from './queries.ts';

const QUARANTINED = { state: 'quarantined' } as const;

/** Files that were read but not admitted, and the way to admit them all the same. */
export function Quarantine({ batchId, count }: { readonly batchId: number; readonly count: number }) {
  const { t } = useTranslation();
  const client = useClient();
  const errorText = useErrorText();
  const pages = useItemPages(batchId, QUARANTINED);
  const salvage = useSalvage();
  // Of an unreadable file there is nothing to admit.
  const canSalvage = pages.next !== undefined || pages.items.some(({ verdict }) => verdict !== 'unreadable');
  return (
    <section>
      <div className={styles.sectionHead}>
        <h3>{t('batches.quarantine')}</h3>
        {canSalvage && <Button size="small" disabled={salvage.isPending} onClick={() => salvage.mutate(() => allItems(client, batchId, QUARANTINED))}>{t('batches.salvageAll')}</Button>}
      </div>
      <p className={styles.muted}>{t('batches.quarantineBody')}</p>
      <Table
        label={t('batches.quarantine')} rows={pages.items} rowKey={(item) => item.id}
        columns={[
          { key: 'file', header: t('batches.file'), cell: (item) => legible(item.source) },
          { key: 'reason', header: t('batches.reason'), cell: (item) => item.error && <><strong>{errorText(item.error.code).title}</strong> <span className={styles.muted} lang="en">{item.error.message}</span></>, grow: true },
          {
            key: 'salvage', header: <span className="visually-hidden">{t('batches.salvage')}</span>,
            cell: (item) => item.verdict !== 'unreadable' && <Button size="small" disabled={salvage.isPending} onClick={() => salvage.mutate(() => Promise.resolve([item]))}>{t('batches.salvage')}</Button>,
          },
        ]}
      />
      <Pager pages={pages} total={count} />
    </section>
  );
}
