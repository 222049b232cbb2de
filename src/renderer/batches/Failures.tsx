import { ChevronDown, ChevronRight } from 'lucide-react';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Batch, FailureGroup } from '../../contract/index.ts';
import { useErrorToast } from '../app/useErrorToast.ts';
import { useClient } from '../connect/context.tsx';
import { useErrorText } from '../i18n/error-text.ts';
import { useFormat } from '../i18n/setup.ts';
import { legible } from '../i18n/legible.ts';
import { Button, IconButton } from '../ui/Button.tsx';
import { Table } from '../ui/Table.tsx';
import { useToast } from '../ui/Toast.tsx';
import { AllowHosts } from './AllowHosts.tsx';
import styles from './Batches.module.css';
import { Pager } from './Pager.tsx';
import { canRetry, isActive, remedyOf } from './progress.ts';
import { allItems, useBatchVerb, useItemPages } from './queries.ts';

/** What failed, grouped by reason, worst first, with what can be done about it. */
export function Failures({ batch, groups }: { readonly batch: Batch; readonly groups: readonly FailureGroup[] }) {
  const { t } = useTranslation();
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
  const copyPaths = useCopyPaths(batch.id, group);
  const saveList = useSaveList(batch, group);
  const { title, hint } = useErrorText()(group.code);
  const [open, setOpen] = useState(false);
  return (
    <li>
      <div className={styles.failure}>
        <IconButton size="small" icon={open ? ChevronDown : ChevronRight} label={open ? t('batches.hideItems') : t('batches.showItems')} aria-expanded={open} onClick={() => setOpen(!open)} />
        <span className={styles.failureCount}>{format.number(group.count)}</span>
        <div className={styles.failureText}>
          <strong>{title}</strong> <span className={styles.muted}>{hint} {t(`batches.remedies.${remedyOf(group)}`)}</span>
          <p className={styles.example} data-selectable>{legible(group.example.source)} <span lang="en">– {group.example.message}</span></p>
        </div>
        <div className={styles.failureVerbs}>
          {group.code === 'blocked-address' && !isActive(batch) && <AllowHosts batch={batch} />}
          <Button size="small" onClick={copyPaths}>{t('actions.copy-paths')}</Button>
          {batch.kind === 'list' && <Button size="small" onClick={saveList}>{t('batches.saveList')}</Button>}
          {canRetry(group) && !isActive(batch) && <Button size="small" onClick={() => act({ batch, verb: 'retry', codes: [group.code] })}>{t('batches.retryReason')}</Button>}
        </div>
      </div>
      {open && <FailedItems batchId={batch.id} group={group} />}
    </li>
  );
}

function useCopyPaths(batchId: number, { code }: FailureGroup): () => void {
  const client = useClient();
  const toast = useToast();
  const errorToast = useErrorToast();
  const copy = async () => {
    const items = await allItems(client, batchId, { code });
    await navigator.clipboard.writeText(items.map(({ source }) => source).join('\n'));
    toast({ title: (t, format) => t('library.pathsCopied', { count: items.length, formatted: format.number(items.length) }) });
  };
  return () => { copy().catch((error: unknown) => errorToast((t) => t('batches.failed'), error)); };
}

/** Hands what failed for this reason to the browser as a list that can be imported again. */
function useSaveList(batch: Batch, { code }: FailureGroup): () => void {
  const client = useClient();
  const errorToast = useErrorToast();
  const save = async () => {
    const pages: string[] = [];
    for (let after: number | null = 0; after !== null;) {
      const page: { readonly text: string; readonly next: number | null } = await client.ingest.failedList({ batchId: batch.id, code, after });
      pages.push(page.text);
      after = page.next;
    }
    const url = URL.createObjectURL(new Blob(pages, { type: 'text/csv' }));
    const link = document.createElement('a');
    link.href = url;
    link.download = `${batch.name} ${code}.csv`;
    link.click();
    URL.revokeObjectURL(url);
  };
  return () => { save().catch((error: unknown) => errorToast((t) => t('batches.failed'), error)); };
}

function FailedItems({ batchId, group }: { readonly batchId: number; readonly group: FailureGroup }) {
  const { t } = useTranslation();
  const pages = useItemPages(batchId, { code: group.code });
  return (
    <div className={styles.items}>
      <Table
        label={t('batches.showItems')} rows={pages.items} rowKey={(item) => item.id}
        columns={[
          { key: 'file', header: t('batches.file'), cell: (item) => legible(item.source) },
          { key: 'detail', header: t('batches.detail'), cell: (item) => <span lang="en">{item.error?.message}</span>, grow: true },
        ]}
      />
      <Pager pages={pages} total={group.count} />
    </div>
  );
}
