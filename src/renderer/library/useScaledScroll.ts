import { type RefObject, useCallback, useEffect, useLayoutEffect, useRef, useState } from 'react';
import { type ScrollRange, type ScrollState, scrolledTo, stateAt, topToReveal } from './scaled-scroll.ts';

/** Faster than this many screenfuls at once, cells are not fetched until it calms down. */
const FAST_SCREENFULS = 1.5;
const CALM_AFTER = 90;

export interface ScaledScroll {
  readonly state: ScrollState;
  /** True while the content flies by too fast to be read. */
  readonly fast: boolean;
  readonly onScroll: () => void;
  readonly scrollTo: (top: number) => void;
  /** Scrolls just far enough to show the band. */
  readonly reveal: (start: number, end: number) => void;
}

/** Ties an element's native scrolling to content that may be higher than a browser can lay out. */
export function useScaledScroll(element: RefObject<HTMLElement | null>, range: ScrollRange, visible: boolean): ScaledScroll {
  const [state, setState] = useState<ScrollState>({ track: 0, top: 0 });
  const [fast, setFast] = useState(false);
  const latest = useRef({ state, range });
  const calm = useRef<ReturnType<typeof setTimeout>>(undefined);
  useLayoutEffect(() => { latest.current.range = range; });

  const apply = useCallback((next: ScrollState) => {
    latest.current.state = next;
    setState(next);
  }, []);
  const scrollTo = useCallback((top: number) => apply(stateAt(top, latest.current.range)), [apply]);

  // The element follows the state after the rows have been placed for it: both change in one frame.
  useLayoutEffect(() => {
    if (visible && element.current && Math.abs(element.current.scrollTop - state.track) >= 1) element.current.scrollTo({ top: state.track, behavior: 'instant' });
  });

  const onScroll = () => {
    const target = element.current;
    if (!target || target.clientHeight === 0) return;
    const before = latest.current.state;
    if (Math.abs(target.scrollTop - before.track) < 0.5) return;
    const next = scrolledTo(before, target.scrollTop, latest.current.range);
    if (Math.abs(next.top - before.top) > latest.current.range.viewportHeight * FAST_SCREENFULS) {
      setFast(true);
      clearTimeout(calm.current);
      calm.current = setTimeout(() => setFast(false), CALM_AFTER);
    }
    apply(next);
  };

  useEffect(() => {
    const target = element.current;
    if (!target) return;
    const settle = () => { if (target.clientHeight > 0) apply(stateAt(latest.current.state.top, latest.current.range)); };
    target.addEventListener('scrollend', settle);
    return () => { target.removeEventListener('scrollend', settle); clearTimeout(calm.current); };
  }, [apply, element]);

  const reveal = useCallback((start: number, end: number) => {
    scrollTo(topToReveal(latest.current.state, start, end, latest.current.range));
  }, [scrollTo]);

  return { state, fast, onScroll, scrollTo, reveal };
}

/** The inner size of an element; keeps the last one while it is hidden. */
export function useElementSize(element: RefObject<HTMLElement | null>): { readonly width: number; readonly height: number } {
  const [size, setSize] = useState({ width: 0, height: 0 });
  useLayoutEffect(() => {
    const target = element.current;
    if (!target) return;
    const measure = () => {
      const { clientWidth: width, clientHeight: height } = target;
      if (width > 0) setSize((before) => before.width === width && before.height === height ? before : { width, height });
    };
    measure();
    const observer = new ResizeObserver(measure);
    observer.observe(target);
    return () => observer.disconnect();
  }, [element]);
  return size;
}
