import type { MouseEvent } from 'react';
import { useTranslation } from 'react-i18next';
import { useActions } from '../app/actions.ts';
import { ErrorBanner } from '../app/ErrorBanner.tsx';
import { useAppState, useAppStore, useSet } from '../app/store.ts';
import { Spinner } from '../ui/Spinner.tsx';
import { lastDecision } from './acts.ts';
import styles from './Cleanup.module.css';
import { GroupList } from './GroupList.tsx';
import { GroupLoupe } from './GroupLoupe.tsx';
import { GroupsHeader } from './GroupsHeader.tsx';
import { NoGroups } from './NoGroups.tsx';
import { PairView } from './PairView.tsx';
import { hasPairs } from './pairs.ts';
import { RulesPanel } from './RulesPanel.tsx';
import { TILE_WIDTH } from './geometry.ts';
import type { TileVerb } from './MemberTile.tsx';
import { useGroups } from './useGroups.ts';
import { useUndo } from './useUndo.ts';

/** The list of groups to decide, with the rules beside it and a group's pictures above it when they are looked at. */
export function Groups() {
  const { t } = useTranslation();
  const store = useAppStore();
  const set = useSet();
  const groups = useGroups();
  const { review, total, focus, level } = groups;
  const { look, showDecided } = useAppState((state) => state.cleanup);
  const rulesOpen = useAppState((state) => state.rulesOpen);
  const tileWidth = useAppState((state) => state.tileWidth);
  const canTakeBack = useAppState((state) => lastDecision(state.acts) !== undefined);
  const { takeBack } = useUndo();
  const { rank, group, member, move } = focus;

  const { summary } = review;
  const allDecided = summary !== null && total > 0 && summary.decided >= total;
  const listed = total > 0 && (!allDecided || showDecided);
  const setPlace = (part: Partial<ReturnType<typeof store.getState>['cleanup']>) => set({ cleanup: { ...store.getState().cleanup, ...part } });
  const inList = look === null && listed;
  const resize = (by: number) => set({ tileWidth: Math.max(TILE_WIDTH.min, Math.min(TILE_WIDTH.max, tileWidth + by * TILE_WIDTH.step)) });
  const openPairs = (at: number) => {
    move.to(at);
    setPlace({ look: 'pairs' });
  };
  const withMember = (run: (sourceId: number) => void) => ({ run: () => { if (member) run(member.sourceId); }, enabled: inList && member !== undefined });
  useActions(look === null ? {
    'keep': withMember((sourceId) => groups.judge('keep', rank, sourceId, true)),
    'reject': withMember((sourceId) => groups.judge('reject', rank, sourceId, true)),
    'not-duplicate': withMember((sourceId) => groups.partFrom(rank, sourceId)),
    'accept': { run: () => groups.accept(rank), enabled: inList && group !== undefined },
    'take-back': { run: takeBack, enabled: canTakeBack },
    'previous-group': { run: () => move.group(-1), enabled: inList && rank > 0 },
    'next-group': { run: () => move.group(1), enabled: inList && rank < total - 1 },
    'next-open': { run: () => void groups.advance(rank), enabled: inList },
    'open-loupe': { run: () => setPlace({ look: 'loupe' }), enabled: inList && member !== undefined },
    'compare': { run: () => setPlace({ look: 'pairs' }), enabled: inList && group !== undefined && hasPairs(group) },
    'toggle-rules': { run: () => set({ rulesOpen: !rulesOpen }) },
    'review-plan': { run: () => setPlace({ view: 'plan' }), enabled: total > 0 },
    'larger': { run: () => resize(1), enabled: inList },
    'smaller': { run: () => resize(-1), enabled: inList },
  } : { 'take-back': { run: takeBack, enabled: canTakeBack } });
  const onVerb = (verb: TileVerb, at: number, sourceId: number) => {
    if (verb === 'not-duplicate') groups.partFrom(at, sourceId);
    else groups.judge(verb, at, sourceId, false);
  };

  return (
    <div className={styles.cleanup}>
      <h1 className="visually-hidden">{t('actions.go-cleanup')}</h1>
      <div className={styles.work} hidden={look !== null} onClick={giveListTheKeyboard}>
        <GroupsHeader groups={groups} />
        {!listed && review.error && <ErrorBanner error={review.error} onRetry={review.retry} />}
        <div className={styles.body}>
          {listed && <GroupList key={level} level={level} total={total} tileWidth={tileWidth} focus={focus} active={look === null} onVerb={onVerb} onAccept={groups.accept} onCompare={openPairs} onOpen={() => setPlace({ look: 'loupe' })} />}
          {!listed && summary && <NoGroups level={level} onLevel={groups.setLevel} allDecided={allDecided} removable={summary.removable} isCounted={summary.isCounted} />}
          {!summary && !review.error && <div className={styles.loading}><Spinner label={t('cleanup.loading')} /></div>}
          {rulesOpen && <RulesPanel />}
        </div>
      </div>
      {look === 'loupe' && group && member && <GroupLoupe groups={groups} group={group} member={member} onClose={() => setPlace({ look: null })} />}
      {look === 'pairs' && <PairView groups={groups} onClose={() => setPlace({ look: null })} onPlan={() => setPlace({ look: null, view: 'plan' })} />}
      <div className="visually-hidden" role="status" aria-live="polite">{groups.news}</div>
    </div>
  );
}

/** After a click beside the list its keys mean the list again. The handle of a rule keeps them: arrows move it. */
function giveListTheKeyboard({ target, currentTarget, detail }: MouseEvent<HTMLElement>): void {
  const control = target instanceof Element ? target.closest('button, [role="checkbox"]') : null;
  const isByMouse = detail > 0;
  if (!isByMouse || !control || control.matches('[data-handle]') || control.closest('[role="grid"]')) return;
  currentTarget.querySelector<HTMLElement>('[role="gridcell"][tabindex="0"]')?.focus({ preventScroll: true });
}
