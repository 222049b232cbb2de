import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { type Policy, POLICY_PROFILES, type Settings } from '../../contract/index.ts';
import { ErrorBanner } from '../app/ErrorBanner.tsx';
import { type Theme, useAppState, useSet } from '../app/store.ts';
import { useErrorToast } from '../app/useErrorToast.ts';
import { useClient, useHost } from '../connect/context.tsx';
import { type Language, LANGUAGES, useFormat } from '../i18n/setup.ts';
import { Button } from '../ui/Button.tsx';
import { Segmented } from '../ui/Segmented.tsx';
import { Select } from '../ui/Select.tsx';
import { Spinner } from '../ui/Spinner.tsx';
import { TextField } from '../ui/TextField.tsx';
import { useToast } from '../ui/Toast.tsx';
import { DownloadsSection } from './DownloadsSection.tsx';
import { Section } from './Section.tsx';
import styles from './Settings.module.css';

export function SettingsScreen() {
  const { t } = useTranslation();
  const client = useClient();
  const { data: settings, error, refetch } = useQuery({ queryKey: ['settings'], queryFn: ({ signal }) => client.settings.get(undefined, { signal }) });
  const save = useSaveSettings();
  return (
    <div className={styles.settings}>
      <h1>{t('settings.title')}</h1>
      <Appearance />
      {settings
        ? <>
          <PolicySection key={JSON.stringify(settings.policy)} policy={settings.policy} onSave={(policy) => save({ policy })} />
          <ListsSection key={settings.maxBatchSize} value={settings.maxBatchSize} onSave={(maxBatchSize) => save({ maxBatchSize })} />
          <DownloadsSection key={`${settings.downloads.bytesPerSecond} ${settings.downloads.proxy}`} downloads={settings.downloads} onSave={(downloads) => save({ downloads })} />
        </>
        : error
          ? <ErrorBanner error={error} onRetry={() => void refetch()} />
          : <Spinner label={t('settings.loading')} />}
      <Watched />
      <About />
    </div>
  );
}

function useSaveSettings(): (part: Partial<Settings>) => void {
  const client = useClient();
  const queries = useQueryClient();
  const toast = useToast();
  const errorToast = useErrorToast();
  const { mutate } = useMutation({
    mutationFn: (part: Partial<Settings>) => client.settings.set(part),
    onSuccess: (settings) => {
      queries.setQueryData(['settings'], settings);
      toast({ title: (t) => t('settings.saved') });
    },
    onError: (error) => errorToast((t) => t('settings.notSaved'), error),
  });
  return mutate;
}

function Appearance() {
  const { t } = useTranslation();
  const { theme, language } = { theme: useAppState((state) => state.theme), language: useAppState((state) => state.language) };
  const set = useSet();
  const themes = (['system', 'light', 'dark'] as const).map((value) => ({ value, label: t(`settings.themes.${value}`) }));
  const languages: readonly { readonly value: Language | 'system'; readonly label: string }[] = [
    { value: 'system', label: t('settings.systemLanguage') },
    ...(Object.keys(LANGUAGES) as Language[]).map((value) => ({ value, label: LANGUAGES[value] })),
  ];
  return (
    <Section title={t('settings.appearance')}>
      <div className={styles.line}><span>{t('settings.theme')}</span><Segmented<Theme> label={t('settings.theme')} value={theme} options={themes} onChange={(next) => set({ theme: next })} /></div>
      <div className={styles.line}><span>{t('settings.language')}</span><Select label={t('settings.language')} value={language} options={languages} onChange={(next) => set({ language: next })} /></div>
    </Section>
  );
}

/** Limits as they are typed, in the units people use; `scale` turns them into bytes and pixels. */
const LIMITS = [
  { key: 'maxBytes', scale: 1e6, least: 1 }, { key: 'maxPixels', scale: 1e6, least: 1 }, { key: 'maxSide', scale: 1, least: 1 },
  { key: 'minBytes', scale: 1, least: 0 }, { key: 'minSide', scale: 1, least: 0 },
] as const;
type LimitKey = (typeof LIMITS)[number]['key'];

function PolicySection({ policy, onSave }: { readonly policy: Policy; readonly onSave: (policy: Policy) => void }) {
  const { t } = useTranslation();
  const [typed, setTyped] = useState<Readonly<Partial<Record<LimitKey, string>>>>({});
  // What is chosen fills in what was not typed; nothing holds before it is saved.
  const [chosen, setChosen] = useState(policy);
  const { profile, small } = chosen;
  const values = LIMITS.map(({ key, scale, least }) => {
    const text = typed[key] ?? String(chosen[key] / scale);
    return { key, text, least, value: wholeNumber(text, least, scale) };
  });
  const changed = profile !== policy.profile || small !== policy.small || values.some(({ key, value }) => value !== policy[key]);
  const invalid = values.some(({ value }) => value === null);
  const save = () => {
    const limits = Object.fromEntries(values.map(({ key, value }) => [key, value ?? policy[key]])) as Record<LimitKey, number>;
    onSave({ profile, small, ...limits });
  };
  return (
    <Section title={t('settings.policy')}>
      <p className={styles.muted}>{t('settings.policyBody')}</p>
      <div className={styles.line}>
        <span>{t('settings.profile')}<small>{t(`settings.profileHints.${profile}`)}</small></span>
        <Segmented
          label={t('settings.profile')} value={profile} onChange={(next) => setChosen(POLICY_PROFILES[next])}
          options={(['standard', 'strict', 'photographer'] as const).map((value) => ({ value, label: t(`settings.profiles.${value}`) }))}
        />
      </div>
      <form className={styles.limits} onSubmit={(event) => { event.preventDefault(); if (changed && !invalid) save(); }}>
        {values.map(({ key, text, value, least }) => (
          <TextField
            key={key} label={t(`settings.${key}`)} inputMode="numeric" value={text} aria-invalid={value === null}
            hint={value === null ? t('settings.invalid', { min: least }) : undefined}
            onChange={(event) => setTyped({ ...typed, [key]: event.target.value })}
          />
        ))}
        <div className={styles.smallMode}>
          <span>{t('settings.small')}</span>
          <Select label={t('settings.small')} value={small} onChange={(next) => setChosen({ ...chosen, small: next })} options={(['warn', 'reject'] as const).map((value) => ({ value, label: t(`settings.smallModes.${value}`) }))} />
        </div>
        <div className={styles.save}>
          {changed && <span className={styles.unsaved} role="status">{t('settings.unsaved')}</span>}
          <Button type="submit" variant="primary" disabled={!changed || invalid}>{t('settings.save')}</Button>
        </div>
      </form>
    </Section>
  );
}

function ListsSection({ value, onSave }: { readonly value: number; readonly onSave: (value: number) => void }) {
  const { t } = useTranslation();
  const [text, setText] = useState(String(value));
  const parsed = wholeNumber(text, 0, 1);
  return (
    <Section title={t('settings.lists')}>
      <form className={styles.limits} onSubmit={(event) => { event.preventDefault(); if (parsed !== null && parsed !== value) onSave(parsed); }}>
        <TextField
          label={t('settings.maxBatchSize')} inputMode="numeric" value={text} aria-invalid={parsed === null} onChange={(event) => setText(event.target.value)}
          hint={parsed === null ? t('settings.invalid', { min: 0 }) : t('settings.maxBatchSizeHint')}
        />
        <div className={styles.save}><Button type="submit" disabled={parsed === null || parsed === value}>{t('settings.saveLists')}</Button></div>
      </form>
    </Section>
  );
}

function Watched() {
  const { t } = useTranslation();
  const format = useFormat();
  const client = useClient();
  const toast = useToast();
  const errorToast = useErrorToast();
  const { data: followed = [] } = useQuery({ queryKey: ['follow'], queryFn: ({ signal }) => client.ingest.followed(undefined, { signal }) });
  const follow = useMutation({
    mutationFn: (input: { readonly path: string; readonly enabled: boolean }) => client.ingest.follow(input),
    onSuccess: (_, { path, enabled }) => {
      if (!enabled) toast({ title: (say) => say('settings.watchStopped', { path }), action: { label: (say) => say('app.undo'), run: () => follow.mutate({ path, enabled: true }) } });
    },
    onError: (error) => errorToast((say) => say('settings.notSaved'), error),
  });
  return (
    <Section title={t('settings.watched')}>
      {followed.length === 0 && <p className={styles.muted}>{t('settings.watchedNone')}</p>}
      {followed.map(({ path, since }) => (
        <div key={path} className={styles.line}>
          <span data-selectable>{path}<small>{t('settings.since', { date: format.date(since) })}</small></span>
          <Button size="small" disabled={follow.isPending} onClick={() => follow.mutate({ path, enabled: false })}>{t('settings.stopWatching')}</Button>
        </div>
      ))}
    </Section>
  );
}

function About() {
  const { t } = useTranslation();
  const client = useClient();
  const host = useHost();
  const { data: info } = useQuery({ queryKey: ['workspace', 'info'], queryFn: ({ signal }) => client.workspace.info(undefined, { signal }) });
  return (
    <Section title={t('settings.about')}>
      <div className={styles.line}><span>{t('settings.workspace')}</span><span data-selectable>{info?.path}</span></div>
      <div className={styles.line}><span>{t('settings.version')}</span><span data-selectable>{host.version}</span></div>
    </Section>
  );
}

/** The typed number in the engine's unit; null when it is not a whole number of at least `least`. */
function wholeNumber(text: string, least: number, scale: number): number | null {
  const value = Number(text);
  return text.trim() !== '' && Number.isSafeInteger(value * scale) && value >= least ? value * scale : null;
}
