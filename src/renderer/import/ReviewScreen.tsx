import { useMutation } from '@tanstack/react-query';
import { FolderSearch } from 'lucide-react';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { ReviewEntry } from '../../contract/index.ts';
import { useAction } from '../app/actions.ts';
import { ErrorBanner } from '../app/ErrorBanner.tsx';
import { type PendingImport, useAppState, useAppStore, useSet } from '../app/store.ts';
import { useClient } from '../connect/context.tsx';
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
  const store = useAppStore();
  const toast = useToast();
  const addList = useAction('add-list');
  const [sourceColumn, setSourceColumn] = useState<string>();
  const [name, setName] = useState(pending.name ?? '');
  const [copy, setCopy] = useState(false);
  const [follow, setFollow] = useState(false);
  const { review, error } = useReview({ paths: pending.paths, ...(sourceColumn && { sourceColumn }) });
  const entries = review?.entries ?? [];
  const hasFolder = entries.some((entry) => entry.kind === 'folder');
  const nothing = review?.complete === true && entries.every((entry) => entry.images === 0);

  const start = useMutation({
    mutationFn: () => client.ingest.start({
      paths: [...pending.paths], copy, follow: follow && hasFolder && !pending.mustCopy, ...(name.trim() && { name: name.trim() }), ...(sourceColumn && { sourceColumn }),
    }),
    onSuccess: ({ importIds: [first] }) => {
      // Who has gone elsewhere in the meantime stays there.
      set({ pendingImport: null, batchId: first ?? null, ...(store.getState().screen === 'import' && { screen: 'library', filter: '' }) });
      toast({ title: (say) => say('review.started'), action: { label: (say) => say('review.show'), run: () => set({ screen: 'batches' }) } });
    },
  });

  return (
    <div className={styles.review}>
      <header className={styles.reviewHeader}>
        <h1>{t('review.title')}</h1>
        <p className={styles.muted}>{t(pending.mustCopy ? 'review.countedCopies' : 'review.counted')} {t('app.promise')}</p>
      </header>
      <div className={styles.reviewBody}>
        <div className={styles.reviewEntries}>
          {error !== null && <ErrorBanner error={error} />}
          {!review && !error && <Spinner label={t('review.counting')} />}
          {pending.mustCopy && entries.some(({ list, skipped }) => list && skipped.some(({ code }) => code === 'not-found')) && (
            <Banner tone="warning" action={<Button size="small" onClick={addList.run}>{t('actions.add-list')}</Button>}>{t('review.copiedList')}</Banner>
          )}
          {entries.map((entry) => <ReviewEntryView key={entry.path} entry={entry} title={pending.mustCopy ? nameOfCopy(entry, pending.name) : entry.path} complete={review?.complete === true} onColumn={setSourceColumn} />)}
        </div>
        <aside className={styles.options} aria-label={t('review.options')}>
          <h2>{t('review.options')}</h2>
          <TextField label={t('review.name')} hint={t('review.nameHint')} value={name} maxLength={200} onChange={(event) => setName(event.target.value)} />
          {!pending.mustCopy && <Checkbox label={t('review.copy')} hint={t('review.copyHint')} checked={copy} onChange={setCopy} />}
          {hasFolder && !pending.mustCopy && <Checkbox label={t('review.follow')} hint={t('review.followHint')} checked={follow} onChange={setFollow} />}
        </aside>
      </div>
      {start.error && <ErrorBanner error={start.error} onRetry={() => start.mutate()} />}
      <footer className={styles.reviewFooter} data-dock>
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

/** Copies lie in a folder whose name means nothing; lists keep theirs. */
function nameOfCopy(entry: ReviewEntry, name: string | undefined): string {
  return entry.kind === 'folder' && name ? name : entry.path.split(/[\\/]/).at(-1) ?? entry.path;
}
