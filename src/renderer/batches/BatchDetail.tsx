import { useMutation, useQuery } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import type { Batch, BatchAggregate, ErrorCode, Progress } from '../../contract/index.ts';
import { ErrorBanner } from '../app/ErrorBanner.tsx';
import { useSet } from '../app/store.ts';
import { useErrorToast } from '../app/useErrorToast.ts';
import { useClient } from '../connect/context.tsx';
import { useErrorText } from '../i18n/error-text.ts';
import { useFormat } from '../i18n/setup.ts';
import { legible } from '../i18n/legible.ts';
import { Badge } from '../ui/Badge.tsx';
import { Banner } from '../ui/Banner.tsx';
import { Button } from '../ui/Button.tsx';
import { Checkbox } from '../ui/Checkbox.tsx';
import { ProgressBar } from '../ui/ProgressBar.tsx';
import { Spinner } from '../ui/Spinner.tsx';
import { Table } from '../ui/Table.tsx';
import styles from './Batches.module.css';
import { useCountText } from './count.ts';
import { useEtaText } from './eta.ts';
import { Failures } from './Failures.tsx';
import { Hosts } from './Hosts.tsx';
import { LeftOut } from './LeftOut.tsx';
import { batchVerbs, type BatchVerb, canRetry, finishedCount, fractionDone, imageCount, isActive, leftOutCount, progressTone, stateTone, wantedCount } from './progress.ts';
import { useBatch, useBatchVerb, useFailures, useProgress } from './queries.ts';
import { Quarantine } from './Quarantine.tsx';

export function BatchDetail({ id }: { readonly id: number }) {
  const { t } = useTranslation();
  const { data: aggregate, error, refetch } = useBatch(id);
  const { data: groups = [] } = useFailures(id);
  const progress = useProgress().find(({ batch }) => batch.id === id);
  if (error) {
    return <div className={styles.detail}><ErrorBanner error={error} onRetry={() => void refetch()} /></div>;
  }
  if (!aggregate) return <div className={styles.detail}><Spinner label={t('app.starting')} /></div>;
  const batch = progress && aggregate.deletedAt === null ? progress.batch : aggregate;
  const retryable = groups.filter(canRetry).map(({ code }) => code);
  return (
    <div className={styles.detail}>
      <header className={styles.header}>
        <div className={styles.title}>
          <h2>{batch.name}</h2>
          <Badge tone={stateTone(batch.state)}>{batch.deletedAt === null ? t(`batches.states.${batch.state}`) : t('batches.deletedBadge')}</Badge>
        </div>
        <Verbs batch={batch} retryable={retryable} />
      </header>
      <ProgressSection batch={batch} progress={progress ?? null} />
      {aggregate.totalSplit > 1 && <Parts aggregate={aggregate} retryable={retryable} />}
      {batch.kind === 'list' && isActive(batch) && <Hosts />}
      <Failures batch={batch} groups={groups} />
      {batch.quarantined > 0 && <Quarantine batchId={id} count={batch.quarantined} />}
      {leftOutCount(batch) > 0 && <LeftOut batchId={id} count={leftOutCount(batch)} />}
      <Sources batch={batch} />
    </div>
  );
}

/** `retryable`: the reasons of failures for which trying again can help. */
function Verbs({ batch, retryable, small = false }: { readonly batch: Batch; readonly retryable: readonly ErrorCode[]; readonly small?: boolean }) {
  const { t } = useTranslation();
  const act = useBatchVerb();
  const set = useSet();
  const size = small ? 'small' : 'normal';
  return (
    <div className={styles.verbs}>
      {!small && imageCount(batch) > 0 && <Button size={size} onClick={() => set({ screen: 'library', filter: `batch:${batch.id}`, loupeOpen: false })}>{t('batches.showImages')}</Button>}
      {batchVerbs(batch, retryable.length > 0).map((verb) => (
        <Button key={verb} size={size} variant={(verb === 'resume' || verb === 'goOn') && !small ? 'primary' : 'secondary'} onClick={() => act({ batch, verb, codes: retryable })}>{t(VERB_LABELS[verb])}</Button>
      ))}
    </div>
  );
}

const VERB_LABELS = {
  pause: 'batches.pause', resume: 'batches.resume', goOn: 'batches.goOn', cancel: 'batches.cancel', retry: 'batches.retryAll', delete: 'batches.delete', restore: 'batches.restore',
} as const satisfies Record<BatchVerb, string>;

function ProgressSection({ batch, progress }: { readonly batch: Batch; readonly progress: Progress | null }) {
  const { t } = useTranslation();
  const format = useFormat();
  const etaText = useEtaText();
  const errorText = useErrorText();
  const counts = (['done', 'unchanged', 'running', 'queued', 'failed', 'quarantined', 'cancelled'] as const).filter((key) => batch[key] > 0 || key === 'done');
  return (
    <section className={styles.progress}>
      {progress?.pausedBecause && <Banner tone="warning">{t('batches.pausedBecause', { reason: errorText(progress.pausedBecause).title })}. {errorText(progress.pausedBecause).hint}</Banner>}
      <div className={styles.progressTop}>
        <strong><Headline batch={batch} /></strong>
        <span className={styles.muted}>{batch.scanning ? t('batches.scanning') : format.percent(fractionDone(batch) ?? 0)}</span>
      </div>
      <ProgressBar label={t('batches.progress', { name: batch.name })} value={fractionDone(batch)} tone={progressTone(batch)} />
      {progress && (
        <dl className={styles.figures}>
          {isActive(batch) && <Figure label={t('batches.remaining')} value={etaText(progress.etaSeconds)} />}
          {batch.state === 'running' && <Figure label={t('batches.speed')} value={t('batches.rate', { rate: format.decimal(progress.itemsPerSecond, progress.itemsPerSecond < 10 ? 1 : 0) })} />}
          <Figure label={t('batches.elapsed')} value={format.clock(progress.elapsedSeconds)} />
          <Figure label={t('batches.data')} value={format.bytes(progress.bytesDone)} />
        </dl>
      )}
      <dl className={styles.figures}>
        {counts.map((key) => <Figure key={key} label={t(`batches.counts.${key}`)} value={format.number(batch[key])} alarming={key === 'failed'} />)}
      </dl>
      {progress && progress.resumedFrom !== null && (
        <p className={styles.muted}>{t('batches.resumed', { done: format.number(progress.resumedFrom), total: format.number(batch.total) })}</p>
      )}
    </section>
  );
}

/** How far it is while it runs, what came of it after; files that are no images are told apart, so that the sums make sense. */
function Headline({ batch }: { readonly batch: Batch }) {
  const { t } = useTranslation();
  const format = useFormat();
  const countText = useCountText();
  const leftOut = leftOutCount(batch);
  return [countText(batch), batch.cancelled > 0 && t('batches.cancelledCount', { formatted: format.number(batch.cancelled) }), leftOut > 0 && t('batches.leftOut', { count: leftOut, formatted: format.number(leftOut) })].filter(Boolean).join(' · ');
}

function Figure({ label, value, alarming = false }: { readonly label: string; readonly value: string; readonly alarming?: boolean }) {
  return <div><dt>{label}</dt><dd className={alarming ? styles.failed : undefined}>{value}</dd></div>;
}

function Parts({ aggregate, retryable }: { readonly aggregate: BatchAggregate; readonly retryable: readonly ErrorCode[] }) {
  const { t } = useTranslation();
  const format = useFormat();
  return (
    <section>
      <h3>{t('batches.parts')}</h3>
      <Table
        label={t('batches.parts')} rows={aggregate.parts} rowKey={(part) => part.id}
        columns={[
          { key: 'name', header: t('batches.part'), cell: (part) => part.name, grow: true },
          { key: 'state', header: t('batches.state'), cell: (part) => <Badge tone={stateTone(part.state)}>{t(`batches.states.${part.state}`)}</Badge> },
          { key: 'done', header: t('batches.counts.done'), cell: (part) => t('batches.ofTotal', { done: format.number(finishedCount(part)), total: format.number(wantedCount(part)) }), numeric: true },
          { key: 'failed', header: t('batches.counts.failed'), cell: (part) => format.number(part.failed), numeric: true },
          { key: 'verbs', header: <span className="visually-hidden">{t('batches.verbs')}</span>, cell: (part) => <Verbs batch={part} retryable={retryable} small /> },
        ]}
      />
    </section>
  );
}

function Sources({ batch }: { readonly batch: Batch }) {
  const { t } = useTranslation();
  const client = useClient();
  const errorToast = useErrorToast();
  const { data: followed } = useQuery({ queryKey: ['follow'], queryFn: ({ signal }) => client.ingest.followed(undefined, { signal }) });
  const follow = useMutation({
    mutationFn: (input: { readonly path: string; readonly enabled: boolean }) => client.ingest.follow(input),
    onError: (error) => errorToast((say) => say('batches.failed'), error),
  });
  return (
    <section>
      <h3>{t('batches.sources')}</h3>
      <ul className={styles.sources}>
        {batch.sources.map((source) => (
          <li key={source}>
            <span data-selectable>{legible(source)}</span>
            {batch.kind === 'folder' && followed && (
              <Checkbox label={t('batches.follow')} checked={followed.some(({ path }) => path === source)} disabled={follow.isPending} onChange={(enabled) => follow.mutate({ path: source, enabled })} />
            )}
          </li>
        ))}
      </ul>
    </section>
  );
}
