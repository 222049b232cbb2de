import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Batch } from '../../contract/index.ts';
import { useErrorToast } from '../app/useErrorToast.ts';
import { useClient } from '../connect/context.tsx';
import { Button } from '../ui/Button.tsx';
import { Checkbox } from '../ui/Checkbox.tsx';
import { Dialog } from '../ui/Dialog.tsx';
import styles from './Batches.module.css';
import { useBatchVerb } from './queries.ts';

/** So many refused addresses are looked at for the hosts they name. */
const LOOKED_AT = 5000;

/** Asks which hosts on private addresses may be fetched from, by this workspace from now on, and tries again. */
export function AllowHosts({ batch }: { readonly batch: Batch }) {
  const { t } = useTranslation();
  const [open, setOpen] = useState(false);
  return (
    <>
      <Button size="small" onClick={() => setOpen(true)}>{t('batches.allow.ask')}</Button>
      {open && <Question batch={batch} onClose={() => setOpen(false)} />}
    </>
  );
}

function Question({ batch, onClose }: { readonly batch: Batch; readonly onClose: () => void }) {
  const { t } = useTranslation();
  const client = useClient();
  const queries = useQueryClient();
  const errorToast = useErrorToast();
  const act = useBatchVerb();
  const { data: hosts = [] } = useQuery({
    queryKey: ['items', batch.id, 'blocked-hosts'],
    queryFn: async ({ signal }) => {
      const items = await client.ingest.items({ batchId: batch.id, code: 'blocked-address', limit: LOOKED_AT }, { signal });
      return [...new Set(items.flatMap(({ source }) => URL.parse(source)?.hostname ?? []))].sort();
    },
  });
  const [refused, setRefused] = useState<ReadonlySet<string>>(new Set());
  const chosen = hosts.filter((host) => !refused.has(host));
  const allow = async (): Promise<void> => {
    const { downloads } = await client.settings.get();
    const settings = await client.settings.set({ downloads: { ...downloads, allowedHosts: [...new Set([...downloads.allowedHosts, ...chosen])].sort() } });
    queries.setQueryData(['settings'], settings);
    onClose();
    act({ batch, verb: 'retry', codes: ['blocked-address'] });
  };
  return (
    <Dialog
      open title={t('batches.allow.title')} closeLabel={t('app.close')} onClose={onClose} footer={<>
        <Button onClick={onClose}>{t('app.cancel')}</Button>
        <Button variant="primary" disabled={chosen.length === 0} onClick={() => { allow().catch((error: unknown) => errorToast((say) => say('batches.failed'), error)); }}>{t('batches.allow.confirm')}</Button>
      </>}
    >
      <p>{t('batches.allow.body')}</p>
      <ul className={styles.allowed}>
        {hosts.map((host) => <li key={host}><Checkbox label={host} checked={!refused.has(host)} onChange={(checked) => setRefused(new Set(checked ? [...refused].filter((one) => one !== host) : [...refused, host]))} /></li>)}
      </ul>
    </Dialog>
  );
}
