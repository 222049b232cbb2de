import { useState } from 'react';
import { carriedOver, type Size, type Zoom } from '../picture/zoom.ts';
import { type Basis, rebased } from './view.ts';

export interface SharedView {
  readonly shown: Zoom;
  readonly isFit: boolean;
  readonly change: (moved: (now: Zoom) => Zoom) => void;
  readonly fit: () => void;
}

/**
 * The view that all candidates share. Where they lie is known only once they were measured: then the field that the
 * view counts in changes, and what is looked at stays where it is on the screen. With other candidates the scale stays.
 * @param of which candidates are compared
 * @param basis null while not all of them are known
 */
export function useSharedView(of: string, basis: Basis | null, field: Size, frame: Size): SharedView {
  const [view, setView] = useState<{ readonly zoom: Zoom; readonly of: string; readonly basis: Basis | null } | null>(null);
  let zoom = view?.zoom ?? null;
  if (view && basis && frame.width > 0 && !(view.of === of && isSame(view.basis, basis))) {
    zoom = view.basis ? rebased(view.of === of ? carriedOver(view.zoom, view.basis.field, frame) : view.zoom, view.basis, basis, view.of === of ? frame : null) : view.zoom;
    setView({ zoom, of, basis });
  }
  return {
    shown: carriedOver(zoom, field, frame),
    isFit: view === null,
    // From what is there by then: several turns of the wheel may come before one is painted.
    change: (moved) => setView((before) => ({ zoom: moved(carriedOver(before?.zoom ?? null, field, frame)), of, basis })),
    fit: () => setView(null),
  };
}

function isSame(one: Basis | null, other: Basis): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}
