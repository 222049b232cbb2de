import { type CSSProperties, type KeyboardEvent, type PointerEvent, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { heatmapUrl, useHost } from '../connect/context.tsx';
import { useFormat } from '../i18n/setup.ts';
import type { Size } from '../picture/zoom.ts';
import { Slider } from '../ui/Slider.tsx';
import { classNames } from '../ui/class-names.ts';
import styles from './Compare.module.css';
import type { Candidate } from './CompareView.tsx';
import { Layer } from './Layer.tsx';
import type { CompareMode } from './modes.ts';
import { Heading, letterOf, useFrame, type ViewProps } from './Panes.tsx';
import type { Measured } from './queries.ts';
import { common, place, type Placement } from './view.ts';

export interface StackedProps extends ViewProps {
  readonly mode: Exclude<CompareMode, 'side'>;
  readonly a: Candidate;
  readonly b: Candidate;
  readonly measured: Measured | undefined;
  readonly measuring: boolean;
  /** 0 as the mode says, 1 only A, 2 only B. */
  readonly step: number;
}

/** Two candidates in one place: wiped, blended, or their difference. */
export function Stacked({ mode, a, b, view, field, frame, onFrame, step, measured, measuring }: StackedProps) {
  const { t } = useTranslation();
  const format = useFormat();
  const area = useRef<HTMLDivElement>(null);
  const [divider, setDivider] = useState(0.5);
  const [opacity, setOpacity] = useState(0.5);
  const [mapped, setMapped] = useState('');
  const pair = `${a.asset.id} ${b.asset.id} ${b.transform}`;
  useFrame(area, onFrame);
  const placementOf = (candidate: Candidate): Placement => place(candidate.aligned, candidate.where, field, view, frame);
  // What was measured: what both show, or the smaller, which the larger was reduced to.
  const measuredPlace = (): Placement => {
    const smaller = a.aligned.width * a.aligned.height <= b.aligned.width * b.aligned.height ? a : b;
    return place(smaller.aligned, (a.where && b.where && common(a.where, b.where)) ?? smaller.where, field, view, frame);
  };
  const plain = step > 0;
  // What B lacks, such as a frame or what is seen through it, must not be A's.
  const bottom: CSSProperties = mode === 'swipe' && !plain ? { clipPath: `inset(0 ${(1 - divider) * 100}% 0 0)` } : {};
  const top: CSSProperties = mode === 'swipe' && !plain ? { clipPath: `inset(0 0 0 ${divider * 100}%)` } : mode === 'onion' && !plain ? { opacity } : {};
  return (
    <figure className={styles.pane}>
      <div className={styles.headings}>
        {step !== 2 && <Heading candidate={a} focused={false} scale={frame.width > 0 ? placementOf(a).scale : null} />}
        {mode === 'onion' && !plain && (
          <span className={styles.blend}>
            <Slider label={t('compare.opacity', { letter: letterOf(b.index) })} value={Math.round(opacity * 100)} min={0} max={100} step={1} onChange={(value) => setOpacity(value / 100)} format={(value) => format.percent(value / 100)} />
          </span>
        )}
        {step !== 1 && <Heading candidate={b} focused={false} scale={frame.width > 0 ? placementOf(b).scale : null} />}
      </div>
      <div ref={area} className={styles.area} data-area>
        {frame.width > 0 && (
          <>
            <div className={classNames(styles.sheet, mode === 'difference' && !plain && styles.subtracting)} style={mode === 'difference' && !plain && a.where && b.where ? { clipPath: insetTo(measuredPlace(), frame) } : {}} data-mapped={mapped === pair}>
              <div className={styles.sheet} style={bottom}><Layer key={a.asset.sha256} asset={a.asset} transform={a.transform} placement={placementOf(a)} frame={frame} shown={step !== 2} /></div>
              <div className={classNames(styles.sheet, mode === 'difference' && !plain && styles.subtracted)} style={top}><Layer key={b.asset.sha256} asset={b.asset} transform={b.transform} placement={placementOf(b)} frame={frame} shown={step !== 1} /></div>
            </div>
            {mode === 'difference' && !plain && measuring && <HeatMap key={pair} onLoaded={() => setMapped(pair)} a={a} b={b} measured={measured} placement={measuredPlace()} />}
            {mode === 'swipe' && !plain && <Divider at={divider} onMove={setDivider} labels={[letterOf(a.index), letterOf(b.index)]} />}
          </>
        )}
      </div>
    </figure>
  );
}

/** Only what both show has a difference. */
function insetTo({ left, top, width, height }: Placement, frame: Size): string {
  return `inset(${[top, frame.width - left - width, frame.height - top - height, left].map((side) => `${Math.max(0, side)}px`).join(' ')})`;
}

/** Over the difference that the browser makes at once: what the engine measured, in colours that tell how much. */
function HeatMap({ a, b, measured, placement, onLoaded }: { readonly onLoaded: () => void; readonly a: Candidate; readonly b: Candidate; readonly measured: Measured | undefined; readonly placement: Placement }) {
  const { t } = useTranslation();
  const host = useHost();
  const [state, setState] = useState<'loading' | 'loaded' | 'failed'>('loading');
  const isSame = measured?.comparison?.psnrBand === 'identical';
  return (
    <>
      <img
        src={heatmapUrl(host, a.asset.id, b.asset.id, b.transform)} alt={state === 'loaded' ? t('compare.heatmap') : ''} draggable={false} decoding="async"
        className={styles.heatmap} data-loaded={state === 'loaded'} onLoad={() => {
          setState('loaded');
          onLoaded();
        }} onError={() => setState('failed')}
        style={{ inlineSize: placement.width, blockSize: placement.height, transform: `translate(${placement.left}px, ${placement.top}px)`, imageRendering: placement.scale * window.devicePixelRatio > 3 ? 'pixelated' : 'auto' }}
      />
      <div className={styles.legend} role="status">
        {isSame && <strong>{t('compare.noDifference')}</strong>}
        {!isSame && state === 'loaded' && <><span>{t('compare.equal')}</span><span className={styles.ramp} aria-hidden /><span>{t('compare.different')}</span></>}
        {!isSame && state === 'loading' && t('compare.measuring')}
        {!isSame && state === 'failed' && t('compare.unmeasured')}
      </div>
    </>
  );
}

const ARROW_STEP = 0.02;
const PAGE_STEP = 0.1;

/** The edge between the two; it is dragged, or moved by the arrow keys. */
function Divider({ at, onMove, labels }: { readonly at: number; readonly onMove: (at: number) => void; readonly labels: readonly [string, string] }) {
  const { t } = useTranslation();
  const format = useFormat();
  const moveTo = (next: number) => onMove(Math.min(1, Math.max(0, next)));
  const onPointerMove = (event: PointerEvent<HTMLDivElement>) => {
    const box = event.currentTarget.parentElement?.getBoundingClientRect();
    if (box && event.currentTarget.hasPointerCapture(event.pointerId)) moveTo((event.clientX - box.left) / box.width);
  };
  const onKeyDown = (event: KeyboardEvent) => {
    const moves: Readonly<Record<string, number>> = {
      ArrowLeft: at - ARROW_STEP, ArrowRight: at + ARROW_STEP, ArrowDown: at - ARROW_STEP, ArrowUp: at + ARROW_STEP,
      PageDown: at - PAGE_STEP, PageUp: at + PAGE_STEP, Home: 0, End: 1,
    };
    const next = moves[event.key];
    if (next === undefined) return;
    event.preventDefault();
    moveTo(next);
  };
  return (
    <div
      className={styles.divider} role="slider" tabIndex={0} style={{ left: `${at * 100}%` }}
      aria-label={t('compare.divider', { left: labels[0], right: labels[1] })} aria-orientation="horizontal" aria-valuemin={0} aria-valuemax={100} aria-valuenow={Math.round(at * 100)} aria-valuetext={format.percent(at)}
      onPointerDown={(event) => {
        event.stopPropagation();
        event.currentTarget.setPointerCapture(event.pointerId);
      }}
      onPointerMove={onPointerMove} onKeyDown={onKeyDown}
    ><span className={styles.grip} aria-hidden /></div>
  );
}
