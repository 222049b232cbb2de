import { CopyCheck, FileSpreadsheet, FolderPlus, ImagePlus, ShieldCheck } from 'lucide-react';
import { useTranslation } from 'react-i18next';
import { useAction } from '../app/actions.ts';
import { useAppState, useSet } from '../app/store.ts';
import { useCountText } from '../batches/count.ts';
import { stateTone } from '../batches/progress.ts';
import { useBatches } from '../batches/queries.ts';
import { useGroupCount } from '../cleanup/queries.ts';
import { useFormat } from '../i18n/setup.ts';
import { Badge } from '../ui/Badge.tsx';
import { Button } from '../ui/Button.tsx';
import { ContactSheet } from './ContactSheet.tsx';
import styles from './Home.module.css';

const RECENT = 6;

/** Where one begins: the ways in, the promise, and what was imported lately. */
export function HomeScreen() {
  const { t } = useTranslation();
  const addFolder = useAction('add-folder');
  const addFiles = useAction('add-files');
  const addList = useAction('add-list');
  return (
    <div className={styles.home}>
      <section className={styles.start}>
        <ContactSheet />
        <h1>{t('home.title')}</h1>
        <p className={styles.lead}>{t('home.body')}</p>
        <div className={styles.verbs}>
          <Button variant="primary" size="large" icon={FolderPlus} onClick={addFolder.run}>{t('actions.add-folder')}</Button>
          <Button size="large" icon={ImagePlus} onClick={addFiles.run}>{t('actions.add-files')}</Button>
          <Button size="large" icon={FileSpreadsheet} onClick={addList.run}>{t('actions.add-list')}</Button>
        </div>
        <p className={styles.hint}>{t('home.lists')}</p>
        <p className={styles.promise}><ShieldCheck size={16} strokeWidth={1.75} aria-hidden />{t('app.promise')}</p>
      </section>
      <Found />
      <Recent />
    </div>
  );
}

/** What the comparison has found, and the way to clean it up. */
function Found() {
  const { t } = useTranslation();
  const format = useFormat();
  const set = useSet();
  const count = useGroupCount(useAppState((state) => state.level)) ?? 0;
  if (count === 0) return null;
  return (
    <section className={styles.found}>
      <CopyCheck size={20} strokeWidth={1.5} aria-hidden />
      <p><strong>{t('cleanup.found', { count, formatted: format.number(count) })}</strong> {t('cleanup.foundHint')}</p>
      <Button onClick={() => set({ screen: 'cleanup' })}>{t('actions.go-cleanup')}</Button>
    </section>
  );
}

function Recent() {
  const { t } = useTranslation();
  const format = useFormat();
  const set = useSet();
  const countText = useCountText();
  const { data: batches } = useBatches(false);
  if (!batches || batches.length === 0) return null;
  return (
    <section className={styles.recent} aria-labelledby="recent-imports">
      <h2 id="recent-imports">{t('home.recent')}</h2>
      <ul>
        {batches.slice(0, RECENT).map((batch) => (
          <li key={batch.id}>
            <button type="button" className={styles.row} onClick={() => set({ screen: 'batches', batchId: batch.id })}>
              <span className={styles.name}>{batch.name}</span>
              <span className={styles.source}>{batch.sources[0]}</span>
              <span>{countText(batch)}</span>
              <span className={styles.source}>{format.date(batch.createdAt)}</span>
              <Badge tone={stateTone(batch.state)}>{t(`batches.states.${batch.state}`)}</Badge>
            </button>
          </li>
        ))}
      </ul>
    </section>
  );
}
