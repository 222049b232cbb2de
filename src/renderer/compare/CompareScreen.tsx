import { useMutation, useQueryClient } from '@tanstack/react-query';
import { ArrowLeft, Columns2 } from 'lucide-react';
import { useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useActions } from '../app/actions.ts';
import { useKeyLabel } from '../app/keyboard.ts';
import { useAppState, useSet } from '../app/store.ts';
import { useErrorToast } from '../app/useErrorToast.ts';
import { useClient } from '../connect/context.tsx';
import { Badge } from '../ui/Badge.tsx';
import { Button } from '../ui/Button.tsx';
import { EmptyState } from '../ui/EmptyState.tsx';
import { Spinner } from '../ui/Spinner.tsx';
import { useToast } from '../ui/Toast.tsx';
import { Tooltip } from '../ui/Tooltip.tsx';
import styles from './Compare.module.css';
import { CompareView } from './CompareView.tsx';
import { likelyKeeperFirst } from './likely-keeper.ts';
import { useAssets } from './queries.ts';
import { useRelations } from './useRelations.ts';

/** Compares the images that were chosen in the library or the loupe, and leads back to where they were chosen. */
export function CompareScreen() {
  const { t } = useTranslation();
  const set = useSet();
  const keyLabel = useKeyLabel();
  const ids = useAppState((state) => state.comparing);
  const leave = () => set({ screen: 'library' });
  useActions({ 'close-compare': { run: leave } });
  if (ids.length < 2) {
    return (
      <EmptyState icon={Columns2} title={t('compare.choose')} actions={<Button variant="primary" onClick={leave}>{t('actions.go-library')}</Button>}>
        {t('compare.chooseBody', { key: keyLabel('compare') })}
      </EmptyState>
    );
  }
  return <Chosen key={ids.join()} ids={ids} onLeave={leave} />;
}

function Chosen({ ids, onLeave }: { readonly ids: readonly number[]; readonly onLeave: () => void }) {
  const { t } = useTranslation();
  const set = useSet();
  const keyLabel = useKeyLabel();
  const evidence = useAppState((state) => state.inspectorOpen);
  const [focused, setFocused] = useState(0);
  const found = useAssets(ids);
  const assets = found.flatMap(({ asset }) => asset ?? []);
  const failed = found.some(({ error }) => error !== null);
  const known = assets.length === ids.length;
  const relations = useRelations(ids, known);
  const ordered = known ? likelyKeeperFirst(assets, relations.derived).map(({ id }) => id) : ids;
  const [first = 0, ...others] = ordered;
  const isMarked = others.map((other) => relations.isNotDuplicate(first, other));
  const marked = useMarking(ordered, focused, isMarked);

  const moveTo = (index: number) => setFocused((index + ids.length) % ids.length);
  useActions({
    'loupe-previous': { run: () => moveTo(focused - 1) },
    'loupe-next': { run: () => moveTo(focused + 1) },
    'not-duplicate': { run: marked.toggle, enabled: relations.ready },
  });
  // The stage takes the keyboard, so that the space bar flicks and does not press what opened the screen.
  useEffect(() => {
    if (known) document.querySelector<HTMLElement>(`.${styles.stage ?? ''}`)?.focus();
  }, [known]);
  if (!known && !failed) return <div className={styles.loading}><Spinner label={t('library.loading')} /></div>;
  return (
    <>
      <h1 className="visually-hidden">{t('compare.title')}</h1>
      <CompareView
        candidates={ordered.map((assetId, index) => ({
          assetId, transform: index === 0 ? 'identity' : relations.transform(first, assetId),
          ...(index === 0 && { label: <Badge tone="accent">{t('compare.keeper')}</Badge> }),
          ...(index > 0 && isMarked[index - 1] === true && { label: <Badge>{t('compare.isMarked')}</Badge> }),
        }))}
        focused={focused} onFocus={setFocused} measuring={relations.ready} evidence={evidence} onEvidence={(shown) => set({ inspectorOpen: shown })}
        leading={<Button variant="quiet" icon={ArrowLeft} onClick={onLeave}>{t('actions.go-library')}</Button>}
        actions={
          <Tooltip label={t('actions.not-duplicate')} shortcut={keyLabel('not-duplicate')}><Button onClick={marked.toggle} disabled={!relations.ready} aria-pressed={marked.value}>{t('actions.not-duplicate')}</Button></Tooltip>
        }
      />
    </>
  );
}

/** Remembers that the focused candidate and the others are no duplicates of each other, or takes that back. */
function useMarking(ids: readonly number[], focused: number, marks: readonly boolean[]) {
  const client = useClient();
  const queries = useQueryClient();
  const toast = useToast();
  const errorToast = useErrorToast();
  const value = focused > 0 ? marks[focused - 1] === true : marks.length > 0 && marks.every(Boolean);
  const one = ids[focused] ?? 0;
  const pairs = ids.filter((id) => id !== one).map((other) => ({ a: one, b: other }));
  const { mutate } = useMutation({
    mutationFn: ({ of, wanted }: { readonly of: typeof pairs; readonly wanted: boolean }) => client.similarity.setNotDuplicate({ pairs: of, value: wanted }),
    onSuccess: ({ pairs: changed }, { wanted }) => {
      void queries.invalidateQueries({ queryKey: ['similarity'] });
      toast({ title: (say) => say(wanted ? 'compare.marked' : 'compare.unmarked'), ...(wanted && changed.length > 0 && { action: { label: (say) => say('app.undo'), run: () => mutate({ of: changed, wanted: false }) } }) });
    },
    onError: (error) => errorToast((say) => say('batches.failed'), error),
  });
  return { value, toggle: () => mutate({ of: pairs, wanted: !value }) };
}
