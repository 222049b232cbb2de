import type { Selection } from '../../../contract/index.ts';

/** Ranks of view `to` of the images that are selected in view `from`; views are the ids of their assets by rank. */
export function carrySelection(from: Float64Array, to: Float64Array, { all, exceptions }: Selection): Selection {
  // One byte for every id there can be: a million images cost a megabyte and no hashing.
  const chosen = new Uint8Array(Math.max(largest(from), largest(to)) + 1);
  if (all) for (const id of from) chosen[id] = 1;
  for (const { start, end } of exceptions) for (const id of from.subarray(start, end)) chosen[id] = all ? 0 : 1;
  const selected = intervalsWhere(to.length, (rank) => chosen[to[rank] ?? 0] === 1);
  const others = intervalsWhere(to.length, (rank) => chosen[to[rank] ?? 0] !== 1);
  return others.length < selected.length ? { all: true, exceptions: others } : { all: false, exceptions: selected };
}

function largest(ids: Float64Array): number {
  let most = 0;
  for (const id of ids) if (id > most) most = id;
  return most;
}

function intervalsWhere(length: number, holds: (rank: number) => boolean): { start: number; end: number }[] {
  const intervals: { start: number; end: number }[] = [];
  for (let rank = 0; rank < length; rank += 1) {
    if (!holds(rank)) continue;
    const last = intervals.at(-1);
    if (last?.end === rank) last.end = rank + 1;
    else intervals.push({ start: rank, end: rank + 1 });
  }
  return intervals;
}
