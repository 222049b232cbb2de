import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { ErrorBanner } from '../app/ErrorBanner.tsx';
import { useClient } from '../connect/context.tsx';
import { useErrorText } from '../i18n/error-text.ts';
import { legible } from '../i18n/legible.ts';
import { useFormat } from '../i18n/setup.ts';
import { Badge } from '../ui/Badge.tsx';
import { Banner } from '../ui/Banner.tsx';
import { Button } from '../ui/Button.tsx';
import { Table } from '../ui/Table.tsx';
import { leftText } from './left-text.ts';
import styles from './Plan.module.css';

const ON_PAGE = 200;

export interface SkippedProps {
  readonly operationId: number;
  readonly moved: number;
  readonly bytes: number;
  readonly skipped: number;
  /** Not among the skipped: it cannot be seen yet whether they were moved. */
  readonly unreachable: number;
  readonly onBack: () => void;
}

/** What an operation left alone, and why. */
export function Skipped({ operationId, moved, bytes, skipped, unreachable, onBack }: SkippedProps) {
  const { t } = useTranslation();
  const format = useFormat();
  const errorText = useErrorText();
  const client = useClient();
  // Behind which item each page begins that was gone through to get here.
  const [starts, setStarts] = useState<readonly number[]>([0]);
  const after = starts.at(-1) ?? 0;
  const { data: items = [], error, refetch } = useQuery({
    queryKey: ['cleanup', 'skipped', operationId, after],
    queryFn: ({ signal }) => client.cleanup.operationItems({ operationId, state: ['skipped', 'unreachable'], after, limit: ON_PAGE }, { signal }),
    placeholderData: keepPreviousData,
  });
  const last = items.at(-1);
  return (
    <div className={styles.skipped}>
      <Banner tone="warning" action={<Button size="small" onClick={onBack}>{t('cleanup.back')}</Button>}>
        {t('cleanup.plan.movedOf', { moved: format.number(moved), total: format.number(moved + skipped + unreachable), bytes: format.bytes(bytes) })} {leftText(t, format, { skipped, unreachable })}
      </Banner>
      {error && <ErrorBanner error={error} onRetry={() => void refetch()} />}
      <Table
        label={t('cleanup.plan.skippedTitle')} rows={items} rowKey={({ id }) => id}
        columns={[
          { key: 'file', header: t('batches.file'), cell: ({ path }) => legible(path) },
          { key: 'reason', header: t('batches.reason'), cell: ({ state, code, reason }) => <>{state === 'unreachable' && <><Badge tone="warning">{t('cleanup.plan.unreachable')}</Badge> </>}{code && <strong>{errorText(code).title}</strong>} <span className={styles.muted} lang="en">{reason}</span></>, grow: true },
        ]}
      />
      {skipped + unreachable > ON_PAGE && (
        <div className={styles.pager}>
          <Button size="small" disabled={starts.length === 1} onClick={() => setStarts(starts.slice(0, -1))}>{t('batches.previousPage')}</Button>
          <Button size="small" disabled={items.length < ON_PAGE || !last} onClick={() => { if (last) setStarts([...starts, last.id]); }}>{t('batches.nextPage')}</Button>
        </div>
      )}
    </div>
  );
}
