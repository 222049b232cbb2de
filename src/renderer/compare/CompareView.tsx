import { type ReactNode, useCallback, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Asset, Comparison, Transform } from '../../contract/index.ts';
import { useActions } from '../app/actions.ts';
import { ErrorBanner } from '../app/ErrorBanner.tsx';
import { panBy, type Size, zoomAt } from '../picture/zoom.ts';
import { Spinner } from '../ui/Spinner.tsx';
import styles from './Compare.module.css';
import { CompareToolbar } from './CompareToolbar.tsx';
import { Evidence } from './Evidence.tsx';
import type { CompareMode } from './modes.ts';
import { Panes } from './Panes.tsx';
import { needsFullSize } from './Layer.tsx';
import { type CandidateId, useAssets, useComparisons, usePreload } from './queries.ts';
import { Stacked } from './Stacked.tsx';
import { useSharedView } from './useSharedView.ts';
import { useViewGestures } from './useViewGestures.ts';
import { alignedSize, layOut, place, type Rectangle, WHOLE } from './view.ts';

export interface CompareCandidate {
  readonly assetId: number;
  /** What was done to the first candidate to get this one; it is drawn as if that had not been done. */
  readonly transform?: Transform;
  /** Said in the candidate's heading: “likely keeper”, “keep”, “reject”. */
  readonly label?: ReactNode;
}

export interface CompareViewProps {
  /** Two to four; the likely keeper first. */
  readonly candidates: readonly CompareCandidate[];
  /** The candidate that keys act on. */
  readonly focused: number;
  readonly onFocus: (index: number) => void;
  /** Assets that come next or came before: fetched ahead. */
  readonly preload?: readonly number[];
  /** What probably comes next: measured ahead, once nothing in view waits for its own measures. */
  readonly next?: readonly CandidateId[];
  /** False while the transforms are still being found: what is measured before would be thrown away. */
  readonly measuring?: boolean;
  /** Shows what is known of each and measured between them; also switched by `I`. */
  readonly evidence?: boolean;
  readonly onEvidence?: (shown: boolean) => void;
  /** At the beginning and at the end of the toolbar. */
  readonly leading?: ReactNode;
  readonly actions?: ReactNode;
  /** False takes its keys away while it stays mounted. */
  readonly active?: boolean;
}

/** A candidate whose facts are there, in the place it has among all. */
export interface Candidate {
  readonly index: number;
  readonly asset: Asset;
  readonly transform: Transform;
  readonly label: ReactNode;
  readonly aligned: Size;
  /** Its place in the field that all are looked at in; null by itself in the middle. */
  readonly where: Rectangle | null;
}

const STEP = 1.5;

/**
 * Two to four pictures under one shared view: what is looked at in one is looked at in all. The way of comparing and
 * the zoom stay when the candidates change.
 */
export function CompareView({ candidates, focused, onFocus, preload = [], next = [], measuring = true, evidence = true, onEvidence, leading, actions, active = true }: CompareViewProps) {
  const { t } = useTranslation();
  const [mode, setMode] = useState<CompareMode>('side');
  const shownIds = candidates.map(({ assetId }) => assetId).join();
  const [flick, setFlick] = useState({ of: shownIds, step: 0 });
  const stage = useRef<HTMLDivElement>(null);
  const [frame, setFrameSize] = useState<Size>({ width: 0, height: 0 });
  const setFrame = useCallback((size: Size) => setFrameSize((before) => (before.width === size.width && before.height === size.height ? before : size)), []);

  const ids = candidates.map(({ assetId, transform = 'identity' }) => ({ assetId, transform }));
  const found = useAssets(ids.map(({ assetId }) => assetId));
  const measured = useComparisons(ids, active && measuring);
  const isMeasured = measured.every(({ comparison, error }) => comparison !== undefined || error !== null);
  useComparisons(next, active && measuring && evidence && isMeasured);
  const known = candidates.flatMap(({ transform = 'identity', label }, index) => {
    const asset = found[index]?.asset;
    return asset ? [{ index, asset, transform, label, aligned: alignedSize(asset, transform) }] : [];
  });
  const isKnown = known.length === candidates.length;
  const { size: field, places } = layOut(known.map(({ aligned }) => aligned), isKnown ? measured.map(({ comparison }) => placeOf(comparison)) : []);
  const ready = known.map((one, index): Candidate => ({ ...one, where: places[index] ?? null }));
  const [first] = ready;
  const { shown, isFit, change, fit } = useSharedView(shownIds, isKnown && first ? { field, first: first.aligned, where: first.where } : null, field, frame);
  usePreload(preload, !isFit && first !== undefined && needsFullSize(first.asset, place(first.aligned, first.where, field, shown, frame)));

  const zoomBy = (factor: number, pointer = { x: 0, y: 0 }) => change((now) => zoomAt(now, now.scale * factor, pointer, field, frame));
  const actualSize = (pointer = { x: 0, y: 0 }) => change((now) => zoomAt(now, 1 / window.devicePixelRatio, pointer, field, frame));
  const gestures = useViewGestures(stage, {
    onZoom: zoomBy,
    onPan: (dx, dy) => change((now) => panBy(now, dx, dy, field, frame)),
    onDoubleClick: (pointer) => (isFit ? actualSize(pointer) : fit()),
  });
  const choose = (chosen: CompareMode) => {
    setMode(chosen);
    setFlick({ of: shownIds, step: 0 });
  };
  const step = flick.of === shownIds ? flick.step : 0;
  const cycle = mode === 'side' ? ready.length : 3;
  useActions(active ? {
    'compare-side': { run: () => choose('side') },
    'compare-swipe': { run: () => choose('swipe') },
    'compare-onion': { run: () => choose('onion') },
    'compare-difference': { run: () => choose(mode === 'difference' ? 'side' : 'difference') },
    'compare-flick': { run: () => setFlick({ of: shownIds, step: (step + 1) % cycle }), enabled: ready.length > 1 },
    'loupe-actual': { run: () => actualSize() },
    'loupe-fit': { run: fit },
    'loupe-zoom-in': { run: () => zoomBy(STEP) },
    'loupe-zoom-out': { run: () => zoomBy(1 / STEP) },
    ...(onEvidence && { 'toggle-inspector': { run: () => onEvidence(!evidence) } }),
  } : {});

  const error = found.find((one) => one.error)?.error;
  const [pairA, pairB] = [ready[0], ready.find(({ index }) => index === focused && index > 0) ?? ready[1]];
  return (
    <section className={styles.compare} aria-label={t('compare.title')}>
      <CompareToolbar
        mode={mode} onMode={choose} scale={frame.width > 0 ? shown.scale : null} isFit={isFit} evidence={onEvidence && evidence}
        onEvidence={onEvidence} leading={leading} actions={actions}
      />
      {error && <ErrorBanner error={error} />}
      <div className={styles.body}>
        <div ref={stage} className={styles.stage} tabIndex={0} role="group" aria-label={t('compare.stage', { count: candidates.length })} {...gestures}>
          {!isKnown || !pairA || !pairB
            ? !error && <div className={styles.loading}><Spinner label={t('library.loading')} /></div>
            : mode === 'side'
              ? <Panes candidates={ready} focused={focused} onFocus={onFocus} view={shown} field={field} frame={frame} onFrame={setFrame} step={step} />
              : <Stacked mode={mode} a={pairA} b={pairB} view={shown} field={field} frame={frame} onFrame={setFrame} step={step} measuring={measuring} measured={measured[pairB.index - 1]} />}
        </div>
        {evidence && ready.length > 0 && <Evidence candidates={ready} measured={measured} focused={focused} />}
      </div>
    </section>
  );
}

/** Where a candidate lies on the first one, once that was found out when they were measured. */
function placeOf(comparison: Comparison | undefined): Rectangle | null {
  return comparison?.bInA ?? (comparison && comparison.alignment !== 'cropped' ? WHOLE : null);
}
