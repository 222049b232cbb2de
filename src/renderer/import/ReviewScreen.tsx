import { useMutation } from '@tanstack/react-query';
import { FolderSearch } from 'lucide-react';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useAction } from '../app/actions.ts';
import { type PendingImport, useAppState, useSet } from '../app/store.ts';
import { useClient } from '../connect/context.tsx';
import { userError } from '../connect/errors.ts';
import { Banner } from '../ui/Banner.tsx';
import { Button } from '../ui/Button.tsx';
import { Checkbox } from '../ui/Checkbox.tsx';
import { EmptyState } from '../ui/EmptyState.tsx';
import { Spinner } from '../ui/Spinner.tsx';
import { TextField } from '../ui/TextField.tsx';
import { useToast } from '../ui/Toast.tsx';
import styles from './Import.module.css';
import { ReviewEntryView } from './ReviewEntryView.tsx';
import { useReview } from './useReview.ts';

/** What would be imported and how, before anything runs. */
export function ReviewScreen() {
  const { t } = useTranslation();
  const pending = useAppState((state) => state.pendingImport);
  const addFolder = useAction('add-folder');
  if (!pending) {
    return <EmptyState icon={FolderSearch} title={t('review.nothing')} actions={<Button variant="primary" onClick={addFolder.run}>{t('actions.add-folder')}</Button>} />;
  }
  return <Reviewing key={pending.paths.join('\n')} pending={pending} />;
}

function Reviewing({ pending }: { readonly pending: PendingImport }) {
  const { t } = useTranslation();
  const client = useClient();
  const set = useSet();
  const toast = useToast();
  const [sourceColumn, setSourceColumn] = useState<string>();
  const [name, setName] = useState(pending.name ?? '');
  const [copy, setCopy] = useState(pending.mustCopy);
  const [follow, setFollow] = useState(false);
  const { review, error } = useReview({ paths: pending.paths, ...(sourceColumn && { sourceColumn }) });
  const entries = review?.entries ?? [];
  const hasFolder = entries.some((entry) => entry.kind === 'folder');
  const nothing = review?.complete === true && entries.every((entry) => entry.images === 0);

  const start = useMutation({
    mutationFn: () => client.ingest.start({
      paths: [...pending.paths], copy: copy && !pending.mustCopy, follow: follow && hasFolder && !pending.mustCopy, ...(name.trim() && { name: name.trim() }), ...(sourceColumn && { sourceColumn }),
    }),
    onSuccess: ({ importIds: [first] }) => {
      set({ screen: 'library', pendingImport: null, filter: '', batchId: first ?? null });
      toast({ title: t('review.started'), action: { label: t('review.show'), run: () => set({ screen: 'batches' }) } });
    },
  });

  return (
    <div className={styles.review}>
      <header className={styles.reviewHeader}>
        <h1>{t('review.title')}</h1>
        <p className={styles.muted}>{t('review.counted')} {t('app.promise')}</p>
      </header>
      <div className={styles.reviewBody}>
        <div className={styles.reviewEntries}>
          {error && <Banner tone="danger">{error.message}</Banner>}
          {!review && !error && <Spinner label={t('review.counting')} />}
          {entries.map((entry) => <ReviewEntryView key={entry.path} entry={entry} title={pending.name ?? entry.path} complete={review?.complete === true} onColumn={setSourceColumn} />)}
        </div>
        <aside className={styles.options} aria-label={t('review.options')}>
          <h2>{t('review.options')}</h2>
          <TextField label={t('review.name')} hint={t('review.nameHint')} value={name} maxLength={200} onChange={(event) => setName(event.target.value)} />
          <Checkbox label={t('review.copy')} hint={t(pending.mustCopy ? 'review.mustCopy' : 'review.copyHint')} checked={copy} disabled={pending.mustCopy} onChange={setCopy} />
          {hasFolder && !pending.mustCopy && <Checkbox label={t('review.follow')} hint={t('review.followHint')} checked={follow} onChange={setFollow} />}
        </aside>
      </div>
      {start.error && <Banner tone="danger" action={<Button size="small" onClick={() => start.mutate()}>{t('app.retry')}</Button>}>{userError(start.error).message}</Banner>}
      <footer className={styles.reviewFooter}>
        <span className={styles.footerStart} role="status">
          {review && !review.complete && <><Spinner label={t('review.counting')} /> {t('review.counting')}</>}
          {nothing && t('review.nothing')}
        </span>
        <Button onClick={() => set({ screen: 'library', pendingImport: null })}>{t('app.cancel')}</Button>
        <Button variant="primary" disabled={!review || nothing || start.isPending} onClick={() => start.mutate()}>{t('review.start')}</Button>
      </footer>
    </div>
  );
}
