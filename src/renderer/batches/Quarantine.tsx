import { useMutation } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { useClient } from '../connect/context.tsx';
import { userError } from '../connect/errors.ts';
import { useErrorText } from '../i18n/error-text.ts';
import { useFormat } from '../i18n/setup.ts';
import { Button } from '../ui/Button.tsx';
import { Table } from '../ui/Table.tsx';
import { useToast } from '../ui/Toast.tsx';
import styles from './Batches.module.css';
import { ITEMS_SHOWN, useItems } from './queries.ts';

/** Files that were read but not admitted, and the way to admit them all the same. */
export function Quarantine({ batchId }: { readonly batchId: number }) {
  const { t } = useTranslation();
  const format = useFormat();
  const client = useClient();
  const toast = useToast();
  const errorText = useErrorText();
  const { data: items = [] } = useItems(batchId, { state: 'quarantined' });
  const salvage = useMutation({
    mutationFn: (itemIds: number[]) => client.ingest.salvage({ itemIds }),
    onSuccess: ({ queued, refused }) => {
      if (queued > 0) toast({ title: t('batches.salvaged', { count: queued, formatted: format.number(queued) }) });
      const [first] = refused;
      if (first) toast({ title: t('batches.refused', { count: refused.length, formatted: format.number(refused.length) }), description: first.message, tone: 'danger' });
    },
    onError: (error) => toast({ title: t('batches.failed'), description: userError(error).message, tone: 'danger' }),
  });
  if (items.length === 0) return null;
  // Of an unreadable file there is nothing to admit.
  const salvageable = items.filter((item) => item.verdict !== 'unreadable');
  return (
    <section>
      <div className={styles.sectionHead}>
        <h3>{t('batches.quarantine')}</h3>
        {salvageable.length > 0 && <Button size="small" disabled={salvage.isPending} onClick={() => salvage.mutate(salvageable.map((item) => item.id))}>{t('batches.salvageAll')}</Button>}
      </div>
      <p className={styles.muted}>{t('batches.quarantineBody')}</p>
      <Table
        label={t('batches.quarantine')} rows={items} rowKey={(item) => item.id}
        columns={[
          { key: 'file', header: t('batches.file'), cell: (item) => item.source },
          { key: 'reason', header: t('batches.reason'), cell: (item) => item.error && <><strong>{errorText(item.error.code).title}</strong> {item.error.message}</>, grow: true },
          {
            key: 'salvage', header: <span className="visually-hidden">{t('batches.salvage')}</span>,
            cell: (item) => item.verdict !== 'unreadable' && <Button size="small" disabled={salvage.isPending} onClick={() => salvage.mutate([item.id])}>{t('batches.salvage')}</Button>,
          },
        ]}
      />
      {items.length >= ITEMS_SHOWN && <p className={styles.muted}>{t('batches.more', { formatted: format.number(ITEMS_SHOWN) })}</p>}
    </section>
  );
}
