import { useQuery } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import type { Host } from '../../contract/index.ts';
import { useClient } from '../connect/context.tsx';
import { useErrorText } from '../i18n/error-text.ts';
import { useFormat } from '../i18n/setup.ts';
import { Badge, type Tone } from '../ui/Badge.tsx';
import { Table } from '../ui/Table.tsx';
import styles from './Batches.module.css';

const TONES: Readonly<Record<Host['state'], Tone>> = { 'open': 'neutral', 'parked': 'warning', 'resting': 'warning', 'trial': 'accent', 'given-up': 'danger' };
/** Those that have something to tell come first; the rest of thousands is counted. */
const MOST_SHOWN = 50;

/** Who is asked for the images of a list, how they answer, and why one is left alone; nothing before anyone was asked. */
export function Hosts() {
  const { t } = useTranslation();
  const format = useFormat();
  const errorText = useErrorText();
  const client = useClient();
  const { data } = useQuery({ queryKey: ['hosts'], queryFn: ({ signal }) => client.acquire.hosts(undefined, { signal }) });
  if (data === undefined || data.hosts.length === 0) return null;
  const shown = data.hosts.toSorted((a, b) => Number(a.state === 'open') - Number(b.state === 'open') || b.active - a.active || (a.host < b.host ? -1 : 1)).slice(0, MOST_SHOWN);
  return (
    <section>
      <h3>{t('batches.hosts.title')}</h3>
      <Table
        label={t('batches.hosts.title')} rows={shown} rowKey={({ host }) => host}
        columns={[
          { key: 'host', header: t('batches.hosts.host'), cell: ({ host }) => host, grow: true },
          {
            key: 'state', header: t('batches.state'),
            cell: ({ state, until, because }) => <>
              <Badge tone={TONES[state]}>{until === null ? t(`batches.hosts.states.${state}`) : t('batches.hosts.until', { state: t(`batches.hosts.states.${state}`), time: format.instant(until) })}</Badge>
              {because !== null && <small className={styles.muted}> {errorText(because).title}</small>}
            </>,
          },
          { key: 'active', header: t('batches.hosts.active'), cell: ({ active, limit }) => t('batches.ofTotal', { done: format.number(active), total: format.number(limit) }), numeric: true },
          { key: 'answered', header: t('batches.hosts.answered'), cell: ({ answered }) => format.number(answered), numeric: true },
          { key: 'failed', header: t('batches.counts.failed'), cell: ({ failed }) => format.number(failed), numeric: true },
          { key: 'speed', header: t('batches.speed'), cell: ({ bytesPerSecond }) => (bytesPerSecond === 0 ? '–' : t('batches.hosts.perSecond', { bytes: format.bytes(bytesPerSecond) })), numeric: true },
          { key: 'latency', header: t('batches.hosts.latency'), cell: ({ latencyMs }) => (latencyMs === null ? '–' : t('batches.hosts.milliseconds', { p50: format.number(latencyMs.p50), p95: format.number(latencyMs.p95) })), numeric: true },
        ]}
      />
      {data.hosts.length > shown.length && <p className={styles.muted}>{t('batches.hosts.more', { formatted: format.number(data.hosts.length - shown.length) })}</p>}
    </section>
  );
}
