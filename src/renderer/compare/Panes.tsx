import { type RefObject, useLayoutEffect, useRef } from 'react';
import { useTranslation } from 'react-i18next';
import { useFormat } from '../i18n/setup.ts';
import { legible } from '../i18n/legible.ts';
import { useElementSize } from '../library/useScaledScroll.ts';
import type { Size, Zoom } from '../picture/zoom.ts';
import styles from './Compare.module.css';
import type { Candidate } from './CompareView.tsx';
import { Layer, nameOf } from './Layer.tsx';
import { arrangePanes } from './layout.ts';
import { place } from './view.ts';

const HEADER_HEIGHT = 36;
const GAP = 1;

export interface ViewProps {
  readonly view: Zoom;
  /** The size of all that is looked at, in pixels of the sharpest candidate. */
  readonly field: Size;
  /** The size of one pane; nothing is drawn before it is known. */
  readonly frame: Size;
  readonly onFrame: (frame: Size) => void;
}

export interface PanesProps extends ViewProps {
  readonly candidates: readonly Candidate[];
  readonly focused: number;
  readonly onFocus: (index: number) => void;
  /** By how many places the pictures have moved on: each pane then shows another one in the same place. */
  readonly step: number;
}

/** Candidates beside each other, in panes of equal size. */
export function Panes({ candidates, focused, onFocus, view, field, frame, onFrame, step }: PanesProps) {
  const grid = useRef<HTMLDivElement>(null);
  const area = useRef<HTMLDivElement>(null);
  const { columns, rows } = arrangePanes(candidates.length, useElementSize(grid), field, HEADER_HEIGHT, GAP);
  useFrame(area, onFrame);
  return (
    <div ref={grid} className={styles.panes} style={{ gridTemplate: `repeat(${rows}, minmax(0, 1fr)) / repeat(${columns}, minmax(0, 1fr))` }}>
      {candidates.map((own, place_) => {
        const current = candidates[(place_ + step) % candidates.length] ?? own;
        return (
          <figure key={own.index} className={styles.pane} data-focused={current.index === focused}>
            <Heading candidate={current} focused={current.index === focused} onFocus={() => onFocus(current.index)} scale={frame.width > 0 ? place(current.aligned, current.where, field, view, frame).scale : null} />
            <div ref={place_ === 0 ? area : undefined} className={styles.area} data-area>
              {frame.width > 0 && candidates.filter((one) => one === current || one === own || step > 0).map((one) => (
                <Layer key={one.asset.sha256} asset={one.asset} transform={one.transform} placement={place(one.aligned, one.where, field, view, frame)} frame={frame} shown={one === current} />
              ))}
            </div>
          </figure>
        );
      })}
    </div>
  );
}

export interface HeadingProps {
  readonly candidate: Candidate;
  readonly focused: boolean;
  readonly onFocus?: () => void;
  readonly scale: number | null;
}

/** A candidate's letter, name and size on screen; chooses it. */
export function Heading({ candidate: { index, asset, label }, focused, onFocus, scale }: HeadingProps) {
  const { t } = useTranslation();
  const format = useFormat();
  const name = legible(nameOf(asset));
  return (
    <figcaption className={styles.heading}>
      <button type="button" className={styles.chooser} aria-pressed={focused} onClick={onFocus} title={legible(asset.sources[0] ?? '')}>
        <span className={styles.letter}>{letterOf(index)}</span>
        <span className={styles.name}><bdi>{name}</bdi></span>
      </button>
      {label !== undefined && <span className={styles.label}>{label}</span>}
      {scale !== null && <span className={styles.percent} aria-label={t('loupe.zoom')}>{format.percent(scale * window.devicePixelRatio)}</span>}
    </figcaption>
  );
}

/** `A` for the first. */
export function letterOf(index: number): string {
  return String.fromCharCode(65 + index);
}

/** Tells the size of an area before it is painted, and whenever it changes; with its fractions, or zooming at a point would drift. */
export function useFrame(area: RefObject<HTMLElement | null>, onFrame: (frame: Size) => void): void {
  useLayoutEffect(() => {
    const target = area.current;
    if (!target) return;
    const measure = () => {
      const { width, height } = target.getBoundingClientRect();
      if (width > 0) onFrame({ width, height });
    };
    measure();
    const observer = new ResizeObserver(measure);
    observer.observe(target);
    return () => observer.disconnect();
  }, [area, onFrame]);
}
