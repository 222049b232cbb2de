import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { DOWNLOAD_LIMITS, type DownloadSettings } from '../../contract/index.ts';
import { Button } from '../ui/Button.tsx';
import { Segmented } from '../ui/Segmented.tsx';
import { TextField } from '../ui/TextField.tsx';
import { Section } from './Section.tsx';
import styles from './Settings.module.css';

const MODES = ['conservative', 'balanced', 'aggressive', 'adaptive'] as const;

/** How hosts are asked, how fast, by what way, and which of the own network may be. */
export function DownloadsSection({ downloads, onSave }: { readonly downloads: DownloadSettings; readonly onSave: (downloads: DownloadSettings) => void }) {
  const { t } = useTranslation();
  const [speed, setSpeed] = useState(downloads.bytesPerSecond === null ? '' : String(downloads.bytesPerSecond / 1000));
  const [proxy, setProxy] = useState(downloads.proxy ?? '');
  const { mode, allowedHosts } = downloads;
  const bytesPerSecond = speed.trim() === '' ? null : Math.round(Number(speed) * 1000);
  const isSpeedWrong = bytesPerSecond !== null && !(bytesPerSecond >= 1024 && Number.isSafeInteger(bytesPerSecond));
  const typedProxy = proxy.trim() === '' ? null : proxy.trim();
  const isProxyWrong = typedProxy !== null && !/^(?:https?|socks5?):\/\/[^/\s]+/i.test(typedProxy);
  const changed = bytesPerSecond !== downloads.bytesPerSecond || typedProxy !== downloads.proxy;
  const canSave = changed && !isSpeedWrong && !isProxyWrong;
  const limits = mode === 'custom' ? downloads : DOWNLOAD_LIMITS[mode];
  return (
    <Section title={t('settings.downloads.title')}>
      <div className={styles.line}>
        <span>{t('settings.downloads.mode')}<small>{t(mode === 'adaptive' ? 'settings.downloads.adaptiveHint' : 'settings.downloads.modeHint', { global: limits.global, perHost: limits.perHost })}</small></span>
        <Segmented<DownloadSettings['mode']> label={t('settings.downloads.mode')} value={mode} options={MODES.map((value) => ({ value, label: t(`settings.downloads.modes.${value}`) }))} onChange={(next) => onSave({ ...downloads, mode: next })} />
      </div>
      <form className={styles.limits} onSubmit={(event) => { event.preventDefault(); if (canSave) onSave({ ...downloads, bytesPerSecond, proxy: typedProxy }); }}>
        <TextField label={t('settings.downloads.speed')} inputMode="numeric" value={speed} aria-invalid={isSpeedWrong} onChange={(event) => setSpeed(event.target.value)} hint={isSpeedWrong ? t('settings.invalid', { min: 2 }) : t('settings.downloads.speedHint')} />
        <TextField label={t('settings.downloads.proxy')} value={proxy} aria-invalid={isProxyWrong} onChange={(event) => setProxy(event.target.value)} hint={t('settings.downloads.proxyHint')} />
        <div className={styles.save}><Button type="submit" disabled={!canSave}>{t('settings.saveLists')}</Button></div>
      </form>
      {allowedHosts.length === 0 && <p className={styles.muted}>{t('settings.downloads.noneAllowed')}</p>}
      {allowedHosts.map((host) => (
        <div key={host} className={styles.line}>
          <span data-selectable>{host}<small>{t('settings.downloads.allowed')}</small></span>
          <Button size="small" onClick={() => onSave({ ...downloads, allowedHosts: allowedHosts.filter((one) => one !== host) })}>{t('settings.downloads.forbid')}</Button>
        </div>
      ))}
    </Section>
  );
}
