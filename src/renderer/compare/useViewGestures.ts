import { type PointerEvent as ReactPointerEvent, type RefObject, useEffect, useLayoutEffect, useRef } from 'react';

const WHEEL_SPEED = 0.0015;
const LINE_PIXELS = 24;

export interface Gestures {
  /** `factor` times larger at a point given in pixels from the middle of the area. */
  readonly onZoom: (factor: number, pointer: { readonly x: number; readonly y: number }) => void;
  readonly onPan: (dx: number, dy: number) => void;
  readonly onDoubleClick: (pointer: { readonly x: number; readonly y: number }) => void;
}

/** The wheel zooms at the pointer, dragging pans, in whichever of the areas inside `stage` the pointer is. */
export function useViewGestures(stage: RefObject<HTMLElement | null>, gestures: Gestures) {
  const latest = useRef(gestures);
  const last = useRef({ x: 0, y: 0 });
  useLayoutEffect(() => { latest.current = gestures; });
  useEffect(() => {
    const element = stage.current;
    if (!element) return;
    // React listens passively; zooming must keep the wheel from scrolling.
    const onWheel = (event: WheelEvent) => {
      const area = areaOf(event.target);
      if (!area) return;
      event.preventDefault();
      const lines = event.deltaMode === WheelEvent.DOM_DELTA_LINE ? LINE_PIXELS : 1;
      latest.current.onZoom(Math.exp(-event.deltaY * lines * WHEEL_SPEED), fromMiddle(area, event));
    };
    element.addEventListener('wheel', onWheel, { passive: false });
    return () => element.removeEventListener('wheel', onWheel);
  }, [stage]);
  return {
    onPointerDown: (event: ReactPointerEvent) => {
      const area = areaOf(event.target);
      if (event.button !== 0 || !area) return;
      area.setPointerCapture(event.pointerId);
      last.current = { x: event.clientX, y: event.clientY };
    },
    onPointerMove: (event: ReactPointerEvent) => {
      const area = areaOf(event.target);
      if (!area?.hasPointerCapture(event.pointerId)) return;
      // Not `movementX`: it counts other pixels where the page is zoomed.
      gestures.onPan(event.clientX - last.current.x, event.clientY - last.current.y);
      last.current = { x: event.clientX, y: event.clientY };
    },
    onDoubleClick: (event: { readonly target: EventTarget; readonly clientX: number; readonly clientY: number }) => {
      const area = areaOf(event.target);
      if (area) gestures.onDoubleClick(fromMiddle(area, event));
    },
  };
}

function areaOf(target: EventTarget | null): HTMLElement | null {
  return target instanceof Element ? target.closest<HTMLElement>('[data-area]') : null;
}

function fromMiddle(area: HTMLElement, { clientX, clientY }: { readonly clientX: number; readonly clientY: number }) {
  const box = area.getBoundingClientRect();
  return { x: clientX - box.left - box.width / 2, y: clientY - box.top - box.height / 2 };
}
