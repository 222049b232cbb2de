import { ArrowLeft, CircleAlert, ListChecks } from 'lucide-react';
import { useEffect, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { type Plan, REMOVAL_MODES } from '../../contract/index.ts';
import { type BoundAction, useActions } from '../app/actions.ts';
import { ErrorBanner } from '../app/ErrorBanner.tsx';
import { useKeyLabel } from '../app/keyboard.ts';
import { useAppState, useAppStore, useSet } from '../app/store.ts';
import { legible } from '../i18n/legible.ts';
import { useFormat } from '../i18n/setup.ts';
import { Button } from '../ui/Button.tsx';
import { Checkbox } from '../ui/Checkbox.tsx';
import { EmptyState } from '../ui/EmptyState.tsx';
import { Kbd } from '../ui/Kbd.tsx';
import { ProgressBar } from '../ui/ProgressBar.tsx';
import { Segmented } from '../ui/Segmented.tsx';
import { Select } from '../ui/Select.tsx';
import { Spinner } from '../ui/Spinner.tsx';
import { operationOf, type PlanList, useApply, usePlan, useStop } from './plan-queries.ts';
import { PlanItems } from './PlanItems.tsx';
import styles from './Plan.module.css';
import { useOperations } from './queries.ts';
import { Skipped } from './Skipped.tsx';

/** What will happen to which files, before anything does, and the one button that does it. */
export function PlanView() {
  const { t } = useTranslation();
  const store = useAppStore();
  const set = useSet();
  const level = useAppState((state) => state.level);
  const mode = useAppState((state) => state.removalMode);
  const mergeMetadata = useAppState((state) => state.mergeMetadata);
  const decisions = useAppState((state) => state.decisions);
  const [scope, setScope] = useState<'decided' | 'all'>('decided');
  const { data: plan, error, isPlaceholderData, isFetching, refetch } = usePlan({ level, scope, mode, mergeMetadata }, decisions.idle);
  const { apply, isPending, result } = useApply(mode);
  const leave = () => set({ cleanup: { ...store.getState().cleanup, view: 'groups' } });
  const settled = plan && !isPlaceholderData && !isFetching ? plan : undefined;
  const applyNow = { run: () => { if (settled) apply(settled.planId); }, enabled: settled !== undefined && settled.counts.remove > 0 && !isPending && !result };
  useActions({ 'close-loupe': { run: leave, enabled: !isPending }, 'apply-plan': applyNow });
  // Whatever was pressed to get here, a key pressed once more does nothing.
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => heading.current?.focus(), []);

  return (
    <div className={styles.plan}>
      <header className={styles.bar}>
        <Button variant="quiet" icon={ArrowLeft} disabled={isPending} onClick={leave}>{t('cleanup.back')}</Button>
        <h1 ref={heading} tabIndex={-1}>{t(result ? 'cleanup.plan.skippedTitle' : 'cleanup.plan.title')}</h1>
      </header>
      {error && <ErrorBanner error={error} onRetry={() => void refetch()} />}
      {result && <Skipped operationId={result.operationId} moved={result.moved} bytes={result.bytes} skipped={result.skippedCount - result.unreachable} unreachable={result.unreachable} onBack={leave} />}
      {!plan && !error && <div className={styles.loading}><Spinner label={t('cleanup.plan.making')} /></div>}
      {plan && !result && <>
        <fieldset className={styles.options} disabled={isPending}>
          <legend className="visually-hidden">{t('cleanup.plan.options')}</legend>
          <div className={styles.option}>
            <Segmented label={t('cleanup.plan.scope')} value={scope} onChange={setScope} options={(['decided', 'all'] as const).map((value) => ({ value, label: t(`cleanup.plan.scopes.${value}`) }))} />
            <small>{t(`cleanup.plan.scopeHints.${scope}`, { level: t(`cleanup.levels.${level}`) })}</small>
          </div>
          <div className={styles.option}>
            <Select label={t('cleanup.plan.mode')} value={mode} onChange={(removalMode) => set({ removalMode })} options={REMOVAL_MODES.map((value) => ({ value, label: t(`cleanup.plan.modes.${value}`) }))} />
            <small>{t(`cleanup.plan.modeHints.${mode}`)}</small>
          </div>
          <Checkbox label={t('cleanup.plan.merge')} hint={t('cleanup.plan.mergeHint')} checked={mergeMetadata} onChange={(next) => set({ mergeMetadata: next })} />
        </fieldset>
        {plan.counts.remove + plan.counts.held === 0 && settled
          ? <NothingPlanned scope={scope} onAll={() => setScope('all')} onLeave={leave} />
          : <Planned plan={plan} />}
        <Footer plan={plan} isPending={isPending} apply={applyNow} />
      </>}
    </div>
  );
}

function NothingPlanned({ scope, onAll, onLeave }: { readonly scope: 'decided' | 'all'; readonly onAll: () => void; readonly onLeave: () => void }) {
  const { t } = useTranslation();
  return (
    <EmptyState icon={ListChecks} title={t('cleanup.plan.nothing')} actions={<>
      <Button variant="primary" onClick={onLeave}>{t('cleanup.plan.decideMore')}</Button>
      {scope === 'decided' && <Button onClick={onAll}>{t('cleanup.plan.useRules')}</Button>}
    </>}>{t(`cleanup.plan.nothingBody.${scope}`)}</EmptyState>
  );
}

function Planned({ plan }: { readonly plan: Plan }) {
  const { t } = useTranslation();
  const format = useFormat();
  const { counts } = plan;
  const [chosen, setChosen] = useState<PlanList>('remove');
  const list = counts[chosen] > 0 ? chosen : counts.remove > 0 ? 'remove' : 'held';
  const most = plan.folders[0]?.bytes ?? 1;
  return (
    <div className={styles.planned}>
      <section className={styles.folders} aria-label={t('cleanup.plan.byFolder')} tabIndex={0}>
        <h2>{t('cleanup.plan.byFolder')}</h2>
        <ul>
          {plan.folders.map(({ path, files, bytes }) => (
            <li key={path}>
              <bdi title={legible(path)} data-selectable>{legible(path)}</bdi>
              <span className={styles.muted}>{t('cleanup.files', { count: files, formatted: format.number(files) })} · {format.bytes(bytes)}</span>
              <span className={styles.share} aria-hidden><span style={{ inlineSize: `${Math.max(1, bytes / Math.max(1, most) * 100)}%` }} /></span>
            </li>
          ))}
        </ul>
      </section>
      <section className={styles.lists}>
        <Segmented
          label={t('cleanup.plan.lists')} value={list} onChange={setChosen}
          options={(['remove', 'keep', 'held'] as const).filter((value) => counts[value] > 0).map((value) => ({ value, label: t(`cleanup.plan.list.${value}`, { formatted: format.number(counts[value]) }) }))}
        />
        <PlanItems key={`${plan.planId} ${list}`} planId={plan.planId} list={list} total={counts[list]} />
      </section>
    </div>
  );
}

interface FooterProps { readonly plan: Plan; readonly isPending: boolean; readonly apply: BoundAction }

function Footer({ plan: { planId, counts, groups, bytes }, isPending, apply }: FooterProps) {
  const { t } = useTranslation();
  const format = useFormat();
  const mode = useAppState((state) => state.removalMode);
  const keyLabel = useKeyLabel();
  return (
    <footer className={styles.footer} data-dock>
      {isPending ? <Applying planId={planId} /> : (
        <div className={styles.sum}>
          <strong>{t(`cleanup.plan.sums.${mode}`, { count: counts.remove, formatted: format.number(counts.remove), bytes: format.bytes(bytes) })}</strong>
          <span className={styles.muted}>
            {t('cleanup.plan.stays', { count: counts.keep, formatted: format.number(counts.keep) })} · {t('cleanup.groupCount', { count: groups, formatted: format.number(groups) })}
            {counts.held > 0 && <> · <CircleAlert size={12} aria-hidden /> {t('cleanup.plan.heldBack', { count: counts.held, formatted: format.number(counts.held) })}</>}
          </span>
        </div>
      )}
      {!isPending && <Button variant="primary" size="large" disabled={!apply.enabled} onClick={apply.run}>{t(`cleanup.plan.applies.${mode}`)}<Kbd>{keyLabel('apply-plan')}</Kbd></Button>}
    </footer>
  );
}

/** How far the apply of a plan is, and its end before its time. */
function Applying({ planId }: { readonly planId: number }) {
  const { t } = useTranslation();
  const format = useFormat();
  const { data: operations = [] } = useOperations();
  const running = operationOf(operations, planId);
  const done = running ? running.moved + running.skipped + running.unreachable : 0;
  const text = running ? t('cleanup.plan.applying', { done: format.number(done), total: format.number(running.planned) }) : t('cleanup.plan.starting');
  const stop = useStop();
  return (
    <>
      <div className={styles.sum} role="status">
        <strong>{text}</strong>
        <ProgressBar label={text} value={running ? done / Math.max(1, running.planned) : null} />
      </div>
      <Button size="large" disabled={!running || stop.isPending || stop.isSuccess} onClick={() => { if (running) stop.mutate(running.id); }}>{t('cleanup.history.stop')}</Button>
    </>
  );
}
