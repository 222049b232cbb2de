import { useTranslation } from 'react-i18next';
import { roundEta } from '../i18n/format.ts';
import { useFormat } from '../i18n/setup.ts';

/** Writes a remaining time as "about 4 min". */
export function useEtaText(): (seconds: number | null) => string {
  const { t } = useTranslation();
  const format = useFormat();
  return (seconds) => {
    if (seconds === null) return t('batches.eta.unknown');
    const eta = roundEta(seconds);
    return eta.kind === 'moments'
      ? t('batches.eta.moments')
      : t(`batches.eta.${eta.kind}`, { count: eta.count, formatted: format.decimal(eta.count, 1) });
  };
}
