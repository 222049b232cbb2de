import { type RefObject, useEffect, useLayoutEffect, useRef, useState } from 'react';
import { type ScrollRange, type ScrollState, scrolledTo, stateAt, topToReveal } from './scaled-scroll.ts';

/** Faster than this many screenfuls at once, cells are not fetched until it calms down. */
const FAST_SCREENFULS = 1.5;
const CALM_AFTER = 90;

export interface ScaledScroll {
  readonly state: ScrollState;
  /** True while the content flies by too fast to be read. */
  readonly fast: boolean;
  /** For the element that scrolls. */
  readonly listeners: { readonly onScroll: () => void; readonly onScrollEnd: () => void };
  readonly scrollTo: (top: number) => void;
  /** Scrolls just far enough to show the band. */
  readonly reveal: (start: number, end: number) => void;
}

/** Ties an element's native scrolling to content that may be higher than a browser can lay out. */
export function useScaledScroll(element: RefObject<HTMLElement | null>, range: ScrollRange, visible: boolean): ScaledScroll {
  const [state, setState] = useState<ScrollState>({ track: 0, top: 0 });
  const [fast, setFast] = useState(false);
  const calm = useRef<ReturnType<typeof setTimeout>>(undefined);
  useEffect(() => () => clearTimeout(calm.current), []);

  // The element follows the state after the rows have been placed for it: both change in one frame.
  useLayoutEffect(() => {
    if (visible && element.current && Math.abs(element.current.scrollTop - state.track) >= 1) element.current.scrollTo({ top: state.track, behavior: 'instant' });
  });

  const onScroll = () => {
    const target = element.current;
    if (!target || target.clientHeight === 0) return;
    const { scrollTop } = target;
    if (Math.abs(scrolledTo(state, scrollTop, range).top - state.top) > range.viewportHeight * FAST_SCREENFULS) {
      setFast(true);
      clearTimeout(calm.current);
      calm.current = setTimeout(() => setFast(false), CALM_AFTER);
    }
    setState((before) => (Math.abs(scrollTop - before.track) < 0.5 ? before : scrolledTo(before, scrollTop, range)));
  };
  const onScrollEnd = () => {
    if (element.current && element.current.clientHeight > 0) setState(({ top }) => stateAt(top, range));
  };

  return {
    state, fast, listeners: { onScroll, onScrollEnd },
    scrollTo: (top) => setState(stateAt(top, range)),
    reveal: (start, end) => setState((before) => stateAt(topToReveal(before, start, end, range), range)),
  };
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
