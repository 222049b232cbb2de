/**
 * A selection over the ranks of one view, kept as a predicate (all or none of the view) and the ranks that are the
 * exception to it, as sorted, disjoint, half-open intervals. Selecting a million pictures costs nothing.
 */
export interface Selection {
  readonly all: boolean;
  readonly exceptions: readonly Interval[];
}
/** Ranks from `start` up to but not including `end`. */
export interface Interval {
  readonly start: number;
  readonly end: number;
}

export const EMPTY_SELECTION: Selection = { all: false, exceptions: [] };
/** Drops the selection, and what would have begun the next one. */
export const NOTHING_SELECTED = { selection: EMPTY_SELECTION, chosenRank: null } as const;
export const FULL_SELECTION: Selection = { all: true, exceptions: [] };

export function isSelected({ all, exceptions }: Selection, rank: number): boolean {
  return contains(exceptions, rank) !== all;
}

/** How many ranks of a view of `total` are selected. */
export function selectedCount({ all, exceptions }: Selection, total: number): number {
  const excepted = exceptions.reduce((sum, { start, end }) => sum + Math.max(0, Math.min(end, total) - Math.min(start, total)), 0);
  return all ? total - excepted : excepted;
}

export function toggle(selection: Selection, rank: number): Selection {
  return setRange(selection, { start: rank, end: rank + 1 }, !isSelected(selection, rank));
}

/** Selects or deselects every rank of the interval. */
export function setRange({ all, exceptions }: Selection, interval: Interval, selected: boolean): Selection {
  return { all, exceptions: selected === all ? subtract(exceptions, interval) : merge(exceptions, interval) };
}

/** Exactly the ranks from one to the other, both included, whichever comes first. */
export function selectOnly(anchor: number, rank: number): Selection {
  return setRange(EMPTY_SELECTION, span(anchor, rank), true);
}

export function extendTo(selection: Selection, anchor: number, rank: number): Selection {
  return setRange(selection, span(anchor, rank), true);
}

export function invert({ all, exceptions }: Selection): Selection {
  return { all: !all, exceptions };
}

/** The selected ranks in order, as lists of intervals that cover at most `limit` ranks each. */
export function selectedPortions({ all, exceptions }: Selection, total: number, limit: number): readonly (readonly Interval[])[] {
  const selected = all ? exceptions.reduce(subtract, [{ start: 0, end: total }]) : exceptions;
  const portions: Interval[][] = [];
  let room = 0;
  for (const { start, end } of selected) {
    for (let at = start; at < Math.min(end, total);) {
      if (room === 0) {
        portions.push([]);
        room = limit;
      }
      const until = Math.min(end, total, at + room);
      portions.at(-1)?.push({ start: at, end: until });
      room -= until - at;
      at = until;
    }
  }
  return portions;
}

export function isEmpty({ all, exceptions }: Selection): boolean {
  return !all && exceptions.length === 0;
}

function span(anchor: number, rank: number): Interval {
  return { start: Math.min(anchor, rank), end: Math.max(anchor, rank) + 1 };
}

function contains(intervals: readonly Interval[], rank: number): boolean {
  let low = 0;
  let high = intervals.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    const interval = intervals[middle];
    if (!interval) return false;
    if (rank < interval.start) high = middle;
    else if (rank >= interval.end) low = middle + 1;
    else return true;
  }
  return false;
}

function merge(intervals: readonly Interval[], { start, end }: Interval): readonly Interval[] {
  const before = intervals.filter((interval) => interval.end < start);
  const after = intervals.filter((interval) => interval.start > end);
  const touching = intervals.filter((interval) => interval.end >= start && interval.start <= end);
  const merged = {
    start: Math.min(start, ...touching.map((interval) => interval.start)),
    end: Math.max(end, ...touching.map((interval) => interval.end)),
  };
  return [...before, merged, ...after];
}

function subtract(intervals: readonly Interval[], { start, end }: Interval): Interval[] {
  return intervals.flatMap((interval) => [
    { start: interval.start, end: Math.min(interval.end, start) },
    { start: Math.max(interval.start, end), end: interval.end },
  ].filter((piece) => piece.start < piece.end));
}
