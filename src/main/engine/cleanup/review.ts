import { setTimeout as delay } from 'node:timers/promises';
import type Database from 'better-sqlite3';
import type { Choice, KeeperRule, Level, ReviewGroup } from '../../../contract/index.ts';
import type { Reader } from '../catalog/reader.ts';
import { ProofsheetError } from '../errors.ts';
import { isDecided, readMembers, toReviewGroup, type Member, type MemberGroup } from './facts.ts';
import { allGroups, type GroupSource } from './groups.ts';
import { judge } from './keeper-rules.ts';
import type { Protection } from './protection.ts';
import type { Tallies, TallyGrouping } from './tally.ts';

export interface ReviewDependencies {
  readonly db: Database.Database;
  readonly reader: Reader;
  readonly groups: GroupSource;
  readonly tallies: Tallies;
  readonly protection: () => Protection;
  /** Those of the settings. */
  readonly rules: () => readonly KeeperRule[];
  readonly now: () => number;
  readonly onChanged: () => void;
}

export interface NewChoice { readonly sourceId: number; readonly choice: Choice | null }

/** How long a page waits for the counts beside it, milliseconds. */
const COUNT_WAIT_MS = 250;
const WRITE_CHUNK = 500;

export function createReview({ db, reader, groups, tallies, protection, rules, now, onChanged }: ReviewDependencies) {
  const write = db.prepare<[Record<string, unknown>]>(`
    INSERT INTO decision (sha256, source_id, choice, decided_at) VALUES (unhex(@sha256), @sourceId, @choice, @now)
    ON CONFLICT DO UPDATE SET choice = excluded.choice, decided_at = excluded.decided_at`);
  const remove = db.prepare<[string, number]>('DELETE FROM decision WHERE sha256 = unhex(?) AND source_id = ?');

  const store = db.transaction((choices: readonly { readonly member: Member; readonly choice: Choice | null }[]) => {
    for (const { member, choice } of choices) {
      if (choice === null) remove.run(member.evidence.sha256, member.sourceId);
      else write.run({ sha256: member.evidence.sha256, sourceId: member.sourceId, choice, now: now() });
    }
  });

  async function find(level: Level, groupId: string): Promise<{ readonly rank: number; readonly group: MemberGroup }> {
    const rank = await groups.rankOf(level, groupId);
    const page = rank === null ? null : await groups.page(level, rank, 1);
    const found = page?.groups.find(({ id }) => id === groupId);
    if (rank === null || found === undefined) throw new ProofsheetError('not-found', `There is no group ${groupId} any more: images of it have come or gone.`);
    const [group] = await readMembers(reader, [found], protection());
    return { rank, group: group ?? { id: groupId, members: [] } };
  }

  return {
    async page(grouping: TallyGrouping, start: number, count: number) {
      const counted = tallies.whole(grouping).catch(() => undefined);
      const { total, groups: found } = await groups.page(grouping.level, start, count);
      const members = await readMembers(reader, found, protection());
      await Promise.race([counted, delay(COUNT_WAIT_MS)]);
      const { isWhole, ...counts } = tallies.look(grouping);
      return { total, ...counts, isCounted: isWhole, groups: members.map((group) => toReviewGroup(group, grouping.rules)) };
    },
    nextOpen: (grouping: TallyGrouping, from: number) => tallies.nextOpen(grouping, from),
    async rankOf(level: Level, of: { readonly groupId: string } | { readonly assetId: number }): Promise<number | null> {
      if ('groupId' in of) return await groups.rankOf(level, of.groupId);
      return (await groups.ranksOfAssets(level, [of.assetId]))[0] ?? null;
    },
    /** @throws ProofsheetError `last-copy`, `protected`, `not-found`, `bad-input` for a file that is not of the group */
    async decide(level: Level, groupId: string, choices: readonly NewChoice[]): Promise<ReviewGroup> {
      const { rank, group } = await find(level, groupId);
      const changed = choices.map(({ sourceId, choice }) => {
        const member = group.members.find((one) => one.sourceId === sourceId);
        if (member === undefined) throw new ProofsheetError('bad-input', `The file ${sourceId} is not in the group ${groupId}.`);
        if (choice === 'remove' && member.isProtected) throw new ProofsheetError('protected', `${member.path} lies in a protected folder and stays.`);
        return { member, choice };
      });
      const wishes = new Map(changed.map(({ member, choice }) => [member.sourceId, choice]));
      const decided: MemberGroup = { ...group, members: group.members.map((member) => ({ ...member, decision: wishes.has(member.sourceId) ? wishes.get(member.sourceId) ?? null : member.decision })) };
      if (decided.members.every(({ decision }) => decision === 'remove')) {
        throw new ProofsheetError('last-copy', `One file of the ${group.members.length} of a group has to stay.`);
      }
      store.immediate(changed);
      tallies.replace(level, rank, decided);
      onChanged();
      return toReviewGroup(decided, rules());
    },
    /** Decides every open group as the rules suggest; what was decided in it already stays. */
    async acceptSuggestions({ level, rules: order }: TallyGrouping): Promise<{ groups: number; choices: number }> {
      const counts = { groups: 0, choices: 0 };
      for await (const page of allGroups(groups, level, WRITE_CHUNK)) {
        const open = (await readMembers(reader, page.groups, protection())).filter((group) => group.members.length > 1 && !isDecided(group));
        const choices = open.flatMap((group) => {
          const judgements = judge(group.members, order, true);
          return group.members.flatMap((member, index) => (member.decision === null ? [{ member, choice: judgements[index]?.choice ?? 'keep' }] : []));
        });
        store.immediate(choices);
        counts.groups += open.length;
        counts.choices += choices.length;
      }
      tallies.forget();
      onChanged();
      return counts;
    },
  };
}
