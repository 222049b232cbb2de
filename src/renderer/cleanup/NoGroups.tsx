import { CircleCheckBig, Images, ListChecks, ScanSearch } from 'lucide-react';
import { useTranslation } from 'react-i18next';
import { type Level, LEVELS } from '../../contract/index.ts';
import { useAction } from '../app/actions.ts';
import { useKeyLabel } from '../app/keyboard.ts';
import { useAppStore, useSet } from '../app/store.ts';
import { useFormat } from '../i18n/setup.ts';
import { useFacets } from '../library/queries.ts';
import { Button } from '../ui/Button.tsx';
import { EmptyState } from '../ui/EmptyState.tsx';
import { Kbd } from '../ui/Kbd.tsx';
import { useOperations, useSimilarityStatus } from './queries.ts';

export interface NoGroupsProps {
  readonly level: Level;
  readonly onLevel: (level: Level) => void;
  readonly allDecided: boolean;
  /** How many files would go as things stand. */
  readonly removable: number;
  readonly isCounted: boolean;
}

/** Why there is nothing to decide, and what can be done next. */
export function NoGroups({ level, onLevel, allDecided, removable, isCounted }: NoGroupsProps) {
  const { t } = useTranslation();
  const format = useFormat();
  const store = useAppStore();
  const set = useSet();
  const addFolder = useAction('add-folder');
  const reviewPlan = useAction('review-plan');
  const keyLabel = useKeyLabel();
  const { data: facets } = useFacets();
  const { data: status } = useSimilarityStatus();
  const { data: operations = [] } = useOperations();
  const show = (part: Partial<ReturnType<typeof store.getState>['cleanup']>) => set({ cleanup: { ...store.getState().cleanup, ...part } });
  const library = <Button onClick={() => set({ screen: 'library' })}>{t('actions.go-library')}</Button>;

  if (facets?.total === 0) {
    return <EmptyState icon={Images} title={t('cleanup.empty.noImages')} actions={<Button variant="primary" onClick={addFolder.run}>{t('actions.add-folder')}</Button>}>{t('cleanup.empty.noImagesBody')}</EmptyState>;
  }
  const pending = status?.pending ?? 0;
  if (pending > 0 || !isCounted) {
    const done = (status?.compared ?? 0) + (status?.failed ?? 0);
    return (
      <EmptyState icon={ScanSearch} title={t('cleanup.empty.comparing')} actions={<>
        {allDecided && removable > 0 && <Button onClick={reviewPlan.run}>{t('actions.review-plan')}</Button>}
        {library}
      </>}>
        {t('cleanup.empty.comparingBody', { done: format.number(done), total: format.number(done + pending) })}
      </EmptyState>
    );
  }
  if (allDecided && removable === 0) {
    return (
      <EmptyState icon={CircleCheckBig} title={t('cleanup.empty.clean')} actions={<>
        <Button variant="primary" onClick={() => show({ showDecided: true })}>{t('cleanup.empty.showDecided')}</Button>
        {library}
      </>}>{t('cleanup.empty.allKept', { level: t(`cleanup.levels.${level}`) })}</EmptyState>
    );
  }
  if (allDecided) {
    return (
      <EmptyState icon={ListChecks} title={t('cleanup.empty.decided')} actions={<>
        <Button variant="primary" onClick={reviewPlan.run}>{t('actions.review-plan')}<Kbd>{keyLabel('review-plan')}</Kbd></Button>
        <Button onClick={() => show({ showDecided: true })}>{t('cleanup.empty.showDecided')}</Button>
      </>}>{t('cleanup.empty.decidedBody')}</EmptyState>
    );
  }
  const wider = LEVELS[LEVELS.indexOf(level) + 1];
  const hasHistory = operations.some(({ kind }) => kind === 'cleanup');
  return (
    <EmptyState icon={CircleCheckBig} title={t(hasHistory ? 'cleanup.empty.clean' : 'cleanup.empty.none')} actions={<>
      {wider ? <Button variant="primary" onClick={() => onLevel(wider)}>{t('cleanup.empty.wider', { level: t(`cleanup.levels.${wider}`) })}</Button> : library}
      {hasHistory && <Button onClick={() => show({ view: 'history' })}>{t('cleanup.history.title')}</Button>}
      {hasHistory && <Button onClick={() => show({ view: 'quarantine' })}>{t('cleanup.quarantine.title')}</Button>}
    </>}>{t('cleanup.empty.noneBody', { level: t(`cleanup.levels.${level}`) })}</EmptyState>
  );
}
