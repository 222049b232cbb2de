import { KeyRound } from 'lucide-react';
import { useTranslation } from 'react-i18next';
import { Button } from '../ui/Button.tsx';
import { EmptyState } from '../ui/EmptyState.tsx';
import { Spinner } from '../ui/Spinner.tsx';
import styles from './Shell.module.css';

/** What is shown before the engine has been reached, and when it cannot be. */
export function Starting({ refused, onRetry }: { readonly refused: boolean; readonly onRetry: () => void }) {
  const { t } = useTranslation();
  return (
    <main className={styles.starting}>
      {refused
        ? <EmptyState icon={KeyRound} title={t('app.refused.title')} actions={<Button onClick={onRetry}>{t('app.refused.retry')}</Button>}>{t('app.refused.body')}</EmptyState>
        : <Spinner label={t('app.starting')} />}
    </main>
  );
}
