import { useTranslation } from 'react-i18next';
import { useAppStore, useSet } from '../app/store.ts';
import { useErrorText } from '../i18n/error-text.ts';
import { legible } from '../i18n/legible.ts';
import { useFormat } from '../i18n/setup.ts';
import { Banner } from '../ui/Banner.tsx';
import { Button } from '../ui/Button.tsx';
import { Table } from '../ui/Table.tsx';
import type { Applied } from './plan-queries.ts';
import styles from './Plan.module.css';

/** What an apply left alone, and why. */
export function Skipped({ result: { moved, bytes, skipped, skippedCount } }: { readonly result: Applied }) {
  const { t } = useTranslation();
  const format = useFormat();
  const errorText = useErrorText();
  const store = useAppStore();
  const set = useSet();
  return (
    <div className={styles.skipped}>
      <Banner tone="warning" action={<Button size="small" autoFocus onClick={() => set({ cleanup: { ...store.getState().cleanup, view: 'groups' } })}>{t('cleanup.back')}</Button>}>
        {t('cleanup.plan.movedOf', { moved: format.number(moved), total: format.number(moved + skippedCount), bytes: format.bytes(bytes) })} {t('cleanup.skipped', { count: skippedCount, formatted: format.number(skippedCount) })}
      </Banner>
      <Table
        label={t('cleanup.plan.skippedTitle')} rows={skipped} rowKey={(_, index) => index}
        columns={[
          { key: 'file', header: t('batches.file'), cell: ({ path }) => legible(path) },
          { key: 'reason', header: t('batches.reason'), cell: ({ code, reason }) => <><strong>{errorText(code).title}</strong> <span className={styles.muted} lang="en">{reason}</span></>, grow: true },
        ]}
      />
    </div>
  );
}
