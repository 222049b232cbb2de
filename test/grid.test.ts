import { describe, expect, it } from 'vitest';
import { filterTerms, hasTerm, removeTermAt, toggleTerm } from '../src/renderer/library/filter.ts';
import { gridGeometry, rowsInBand, rowTop } from '../src/renderer/library/geometry.ts';
import { presetFor } from '../src/renderer/library/preset.ts';
import { MAX_HEIGHT, scrolledTo, stateAt, topToReveal, trackHeight } from '../src/renderer/library/scaled-scroll.ts';
import {
  EMPTY_SELECTION, extendTo, FULL_SELECTION, invert, isSelected, selectedCount, selectedPortions, selectOnly, setRange, toggle, type Selection,
} from '../src/renderer/library/selection.ts';

/** The selected ranks one by one, gathered in portions of three. */
function selectedRanks(selection: Selection, total: number): readonly number[] {
  const portions = selectedPortions(selection, total, 3).map((portion) => portion.flatMap(({ start, end }) => Array.from({ length: end - start }, (_, index) => start + index)));
  expect(portions.slice(0, -1).every(({ length }) => length === 3)).toBe(true);
  return portions.flat();
}

describe('a selection', () => {
  it('of everything but a few costs nothing, however many there are', () => {
    const selection = toggle(toggle(FULL_SELECTION, 5), 700_000);
    expect(selectedCount(selection, 1_000_000)).toBe(999_998);
    expect([4, 5, 6, 700_000].map((rank) => isSelected(selection, rank))).toEqual([true, false, true, false]);
    expect(selection.exceptions).toHaveLength(2);
  });

  it('extends from the anchor in either direction and replaces what was there', () => {
    expect(selectedRanks(selectOnly(7, 4), 100)).toEqual([4, 5, 6, 7]);
    expect(selectedRanks(extendTo(selectOnly(1, 1), 8, 6), 100)).toEqual([1, 6, 7, 8]);
  });

  it('joins touching intervals and splits where ranks are taken out', () => {
    const joined = setRange(setRange(EMPTY_SELECTION, { start: 0, end: 5 }, true), { start: 5, end: 9 }, true);
    expect(joined.exceptions).toEqual([{ start: 0, end: 9 }]);
    expect(setRange(joined, { start: 3, end: 4 }, false).exceptions).toEqual([{ start: 0, end: 3 }, { start: 4, end: 9 }]);
  });

  it('agrees with a plain set after any sequence of changes', () => {
    const total = 40;
    const random = createRandom(7);
    let selection: Selection = EMPTY_SELECTION;
    let plain = new Set<number>();
    for (let step = 0; step < 500; step++) {
      const a = Math.floor(random() * total);
      const b = Math.min(total, a + Math.floor(random() * 8));
      const kind = Math.floor(random() * 4);
      if (kind === 0) {
        selection = toggle(selection, a);
        if (!plain.delete(a)) plain.add(a);
      } else if (kind === 1) {
        selection = invert(selection);
        plain = new Set(Array.from({ length: total }, (_, rank) => rank).filter((rank) => !plain.has(rank)));
      } else {
        selection = setRange(selection, { start: a, end: b }, kind === 2);
        for (let rank = a; rank < b; rank++) if (kind === 2) plain.add(rank); else plain.delete(rank);
      }
      expect(selectedRanks(selection, total)).toEqual([...plain].sort((x, y) => x - y));
      expect(selectedCount(selection, total)).toBe(plain.size);
    }
  });
});

describe('the grid', () => {
  it('fills the line exactly with cells of about the wished size', () => {
    const { columns, cellWidth } = gridGeometry(1000, 150, 10_000);
    expect(columns).toBe(6);
    expect(columns * cellWidth + (columns - 1) * 8 + 32).toBeLessThanOrEqual(1000);
    expect(Math.abs(cellWidth - 150)).toBeLessThan(20);
  });

  it('shows the rows that touch the viewport, and never more than there are', () => {
    const geometry = gridGeometry(1000, 150, 25);
    expect(rowsInBand(geometry, 0, 2000, 2)).toEqual({ first: 0, end: 5 });
    const large = gridGeometry(1000, 150, 1_000_000);
    const { first, end } = rowsInBand(large, rowTop(large, 1000), 800, 0);
    expect(first).toBe(1000);
    expect(rowTop(large, end)).toBeGreaterThanOrEqual(rowTop(large, 1000) + 800);
  });

  it('takes the smallest rendition that is sharp enough', () => {
    expect([90, 120, 121, 480, 481].map(presetFor)).toEqual(['thumb', 'thumb', 'card', 'card', 'zoom']);
  });
});

describe('scrolling through more than a browser can lay out', () => {
  const range = { contentHeight: 33_000_000, viewportHeight: 900 };
  const furthest = range.contentHeight - range.viewportHeight;

  it('is plain scrolling while the content fits', () => {
    const small = { contentHeight: 5000, viewportHeight: 900 };
    expect(trackHeight(small)).toBe(5000);
    expect(scrolledTo({ track: 0, top: 0 }, 4000, small)).toEqual({ track: 4000, top: 4000 });
  });

  it('reaches both ends by dragging the bar', () => {
    expect(scrolledTo({ track: 0, top: 0 }, MAX_HEIGHT - 900, range).top).toBe(furthest);
    expect(scrolledTo(stateAt(20_000_000, range), 0, range).top).toBe(0);
  });

  it('moves the content by exactly what the wheel says, up to both ends, from anywhere', () => {
    const random = createRandom(3);
    // Without a rest, the bar arrives long before the content does; it is put right after every tenth step elsewhere.
    const journeys = [[400_000, -1, false], [400_000, -1, true], [3000, -1, true], [16_000_000, 1, true], [furthest - 400_000, 1, false], [furthest - 50, 1, true]] as const;
    for (const [start, direction, rests] of journeys) {
      let state = stateAt(start, range);
      for (let step = 0; step < 5000; step++) {
        const track = Math.min(Math.max(0, state.track + Math.round(direction * random() * 300)), trackHeight(range) - range.viewportHeight);
        const next = scrolledTo(state, track, range);
        const room = direction < 0 ? state.top : furthest - state.top;
        expect(Math.abs(next.top - state.top)).toBeCloseTo(Math.min(Math.abs(track - state.track), room), 6);
        state = rests && step % 10 === 9 ? stateAt(next.top, range) : next;
      }
      if (start !== 16_000_000) expect(state.top).toBe(direction < 0 ? 0 : furthest);
    }
  });

  it('keeps its place when the bar is put right after scrolling', () => {
    const state = scrolledTo(stateAt(10_000_000, range), stateAt(10_000_000, range).track + 500, range);
    expect(stateAt(state.top, range).top).toBe(state.top);
  });

  it('reveals a row by the least movement', () => {
    const state = stateAt(1000, range);
    expect(topToReveal(state, 1100, 1200, range)).toBe(1000);
    expect(topToReveal(state, 500, 600, range)).toBe(500);
    expect(topToReveal(state, 1850, 1950, range)).toBe(1050);
  });
});

describe('a filter expression', () => {
  it('falls apart into its terms, quotes kept together', () => {
    expect(filterTerms('ring  folder:"/home/anna/My Pictures" -gold "two words"')).toEqual(['ring', 'folder:"/home/anna/My Pictures"', '-gold', '"two words"']);
    expect(filterTerms('   ')).toEqual([]);
  });

  it('gains and loses terms', () => {
    const folder = 'folder:"/a b"';
    expect(toggleTerm('ring', folder)).toBe('ring folder:"/a b"');
    expect(hasTerm('ring folder:"/a b"', folder)).toBe(true);
    expect(toggleTerm('ring folder:"/a b"', folder)).toBe('ring');
    expect(removeTermAt('a b c', 1)).toBe('a c');
  });
});

/** A small linear congruential generator (Numerical Recipes), so that a failure repeats. */
function createRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}
