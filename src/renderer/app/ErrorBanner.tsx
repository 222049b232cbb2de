import { useTranslation } from 'react-i18next';
import { userError } from '../connect/errors.ts';
import { useErrorText } from '../i18n/error-text.ts';
import { Banner } from '../ui/Banner.tsx';
import { Button } from '../ui/Button.tsx';

/** What went wrong in the user's language, with the engine's own sentence as the detail. */
export function ErrorBanner({ error, onRetry }: { readonly error: unknown; readonly onRetry?: () => void }) {
  const { t } = useTranslation();
  const { code, message } = userError(error);
  const { title, hint } = useErrorText()(code);
  return (
    <Banner tone="danger" detail={message} action={onRetry && <Button size="small" onClick={onRetry}>{t('app.retry')}</Button>}>
      <strong>{title}</strong> {hint}
    </Banner>
  );
}
