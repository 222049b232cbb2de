import type { KeeperRule, Level } from '../../../contract/index.ts';
import type { Reader } from '../catalog/reader.ts';
import { isDecided, readMembers, type MemberGroup } from './facts.ts';
import { allGroups, type GroupSource } from './groups.ts';
import { judge } from './keeper-rules.ts';
import type { Protection } from './protection.ts';

/** What all groups of a level come to under some rules. */
export interface Tally {
  readonly decided: number;
  readonly removable: number;
  readonly removableBytes: number;
  /** False while groups are still being counted. */
  readonly isWhole: boolean;
}

export interface Tallies {
  /** What is known now; counting begins, or begins again, where something has changed since. */
  look(grouping: TallyGrouping): Tally;
  /** Resolves when it is whole and nothing has changed since. */
  whole(grouping: TallyGrouping): Promise<void>;
  /** 0-based rank of the first open group from `from` on, going round; null when all are decided. Waits for the count. */
  nextOpen(grouping: TallyGrouping, from: number): Promise<number | null>;
  /** One group was decided: its part of the counts is reckoned anew; other levels and rules are counted again. */
  replace(level: Level, rank: number, group: MemberGroup): void;
  /** Everything is counted again: other folders are protected, or many decisions were made. */
  forget(): void;
}

export interface TallyGrouping {
  readonly level: Level;
  readonly rules: readonly KeeperRule[];
}

export interface TalliesDependencies {
  readonly groups: GroupSource;
  readonly reader: Reader;
  readonly protection: () => Protection;
  /** A count has become whole. */
  readonly onCounted: () => void;
  readonly onDefect: (error: unknown) => void;
}

/** The part of one group, by its rank. */
interface Part { readonly decided: boolean; readonly removable: number; readonly bytes: number }

interface Count {
  readonly level: Level;
  readonly rules: readonly KeeperRule[];
  readonly revision: number;
  readonly parts: Part[];
  readonly sums: { decided: number; removable: number; bytes: number };
  isWhole: boolean;
  isOver: boolean;
  done: Promise<void>;
}

const MAX_COUNTS = 4;

/**
 * Counts over all groups, which the screen shows with every page. They are made once in the background, on the reader's
 * thread for the most part, and then kept up to date by what is decided. While they are made anew, the old ones are shown.
 */
export function createTallies({ groups, reader, protection, onCounted, onDefect }: TalliesDependencies): Tallies {
  const counts = new Map<string, { shown: Count; next: Count | null }>();

  function begin({ level, rules }: TallyGrouping): Count {
    const count: Count = { level, rules, revision: groups.revision(), parts: [], sums: { decided: 0, removable: 0, bytes: 0 }, isWhole: false, isOver: false, done: Promise.resolve() };
    count.done = run(count);
    // Whoever waits for it is told; nobody need wait. An engine that ends takes the threads from under it.
    count.done.catch((error: unknown) => {
      if (!count.isOver) onDefect(error);
      forget();
    });
    return count;
  }

  async function run(count: Count): Promise<void> {
    for await (const page of allGroups(groups, count.level)) {
      if (count.isOver) return;
      const members = await readMembers(reader, page.groups, protection());
      for (const [index, group] of members.entries()) set(count, page.start + index, group);
    }
    count.isWhole = true;
    onCounted();
  }

  function set(count: Count, rank: number, group: MemberGroup): void {
    const before = count.parts[rank];
    const part = partOf(group, count.rules);
    for (const [one, sign] of [[before, -1], [part, 1]] as const) {
      if (one === undefined) continue;
      count.sums.decided += sign * Number(one.decided);
      count.sums.removable += sign * one.removable;
      count.sums.bytes += sign * one.bytes;
    }
    count.parts[rank] = part;
  }

  function current(grouping: TallyGrouping): { shown: Count; next: Count | null } {
    const key = `${grouping.level} ${grouping.rules.join()}`;
    const found = counts.get(key) ?? { shown: begin(grouping), next: null };
    counts.delete(key);
    counts.set(key, found);
    for (const old of [...counts.keys()].slice(0, -MAX_COUNTS)) end(old);
    if (found.next?.isWhole === true) {
      found.shown = found.next;
      found.next = null;
    }
    if (found.next === null && found.shown.isWhole && found.shown.revision !== groups.revision()) found.next = begin(grouping);
    return found;
  }

  function end(key: string): void {
    const found = counts.get(key);
    if (found) for (const count of [found.shown, found.next]) if (count) count.isOver = true;
    counts.delete(key);
  }

  function forget(): void {
    for (const key of [...counts.keys()]) end(key);
  }

  async function whole(grouping: TallyGrouping): Promise<Count> {
    for (;;) {
      const { shown, next } = current(grouping);
      if (next === null && shown.isWhole) return shown;
      await (next ?? shown).done;
      if ((next ?? shown).isOver && !counts.has(`${grouping.level} ${grouping.rules.join()}`)) continue;
      // Images keep coming: the newest whole count is as good as any.
      const latest = next?.isWhole === true ? next : shown;
      if (latest.isWhole) return latest;
    }
  }

  return {
    look(grouping) {
      const { shown, next } = current(grouping);
      return { decided: shown.sums.decided, removable: shown.sums.removable, removableBytes: shown.sums.bytes, isWhole: shown.isWhole && next === null };
    },
    async whole(grouping) { await whole(grouping); },
    async nextOpen(grouping, from) {
      const { parts } = await whole(grouping);
      const isOpen = (rank: number): boolean => parts[rank]?.decided === false;
      for (let step = 0; step < parts.length; step += 1) {
        const rank = (from + step) % parts.length;
        if (isOpen(rank)) return rank;
      }
      return null;
    },
    replace(level, rank, group) {
      for (const [key, { shown, next }] of [...counts]) {
        if (shown.level !== level || next !== null || !shown.isWhole) end(key);
        else set(shown, rank, group);
      }
    },
    forget,
  };
}

function partOf(group: MemberGroup, rules: readonly KeeperRule[]): Part {
  const removed = judge(group.members, rules, true).flatMap(({ choice }, index) => (choice === 'remove' ? [group.members[index]?.bytes ?? 0] : []));
  return { decided: isDecided(group), removable: removed.length, bytes: removed.reduce((sum, bytes) => sum + bytes, 0) };
}
