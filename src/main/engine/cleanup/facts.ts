import type { Choice, DuplicateGroup, GroupMember, KeeperRule, Metadata, ReviewGroup } from '../../../contract/index.ts';
import type { Reader } from '../catalog/reader.ts';
import { judge, type Candidate } from './keeper-rules.ts';
import type { Protection } from './protection.ts';

/** A member of a group with all that the rules and the screen want to know of it. */
export interface Member extends Candidate {
  readonly evidence: GroupMember;
  readonly name: string;
  readonly placeholder: string;
  readonly takenAt: number | null;
}

export interface MemberGroup {
  readonly id: string;
  readonly members: readonly Member[];
}

interface FactRow {
  readonly sourceId: number; readonly name: string; readonly mtimeMs: number | null; readonly pixelSha256: string | null; readonly format: string; readonly width: number; readonly height: number;
  readonly bytes: number; readonly frames: number; readonly hasAlpha: number; readonly score: number; readonly placeholder: string; readonly takenAt: number | null;
  readonly metadata: string; readonly decision: Choice | null;
}

const FACTS = `
  SELECT s.id AS sourceId, s.name, s.mtime_ms AS mtimeMs, hex(a.pixel_sha256) AS pixelSha256, a.format, a.width, a.height, a.bytes, a.frames, a.has_alpha AS hasAlpha, a.score, a.placeholder,
    a.taken_at AS takenAt, a.metadata, d.choice AS decision
  FROM json_each(?) wanted CROSS JOIN source s ON s.id = wanted.value JOIN asset a ON a.id = s.asset_id
  LEFT JOIN decision d ON d.sha256 = a.sha256 AND d.source_id = s.id WHERE s.missing_since IS NULL`;

/** What says nothing of the picture: every program writes its own name. */
const NO_DETAILS: ReadonlySet<string> = new Set(['software', 'colorProfile']);

/** Of as many at a time: the rows are received on the engine's thread. */
const READ_AT_ONCE = 500;

/** Reads what is known of all members, on the reader's thread. Members that have gone meanwhile are left out. */
export async function readMembers(reader: Reader, groups: readonly DuplicateGroup[], protection: Protection): Promise<MemberGroup[]> {
  const all = groups.flatMap(({ members }) => members);
  const found = new Map<number, Member>();
  for (let start = 0; start < all.length; start += READ_AT_ONCE) {
    const some = new Map(all.slice(start, start + READ_AT_ONCE).map((evidence) => [evidence.sourceId, evidence]));
    for (const row of await reader.rows<FactRow>(FACTS, [JSON.stringify([...some.keys()])])) {
      const evidence = some.get(row.sourceId);
      if (evidence !== undefined) found.set(row.sourceId, toMember(evidence, row, protection));
    }
  }
  return groups.map(({ id, members }) => ({ id, members: members.flatMap(({ sourceId }) => found.get(sourceId) ?? []) }));
}

function toMember(evidence: GroupMember, row: FactRow, protection: Protection): Member {
  const metadata = JSON.parse(row.metadata) as Metadata;
  const details = Object.keys(metadata).filter((key) => !NO_DETAILS.has(key)).length + Number(row.takenAt !== null);
  const { assetId, sourceId, path, relation, transform, isReference, isDerived } = evidence;
  return {
    evidence, assetId, sourceId, path, relation, transform, isReference, isDerived, pixelSha256: row.pixelSha256 || null, details, isProtected: protection.covers(path), hasAlpha: row.hasAlpha === 1,
    width: row.width, height: row.height, bytes: row.bytes, frames: row.frames, format: row.format, score: row.score, mtimeMs: row.mtimeMs,
    decision: row.decision, name: row.name, placeholder: row.placeholder, takenAt: row.takenAt,
  };
}

/** Decided is a group of which every member is. */
export function isDecided({ members }: MemberGroup): boolean {
  return members.every(({ decision }) => decision !== null);
}

export function toReviewGroup(group: MemberGroup, rules: readonly KeeperRule[]): ReviewGroup {
  const alone = judge(group.members, rules, false);
  // What is still open follows what was decided: where the file that the rules would keep is to go, the next one stays.
  const following = group.members.some(({ decision }) => decision !== null) ? judge(group.members, rules, true) : alone;
  return {
    id: group.id, isDecided: isDecided(group),
    // What the rules would keep comes first: that is what the others are weighed against. A decision moves nothing.
    members: [...group.members.keys()].sort((a, b) => Number(alone[a]?.choice !== 'keep') - Number(alone[b]?.choice !== 'keep') || a - b).flatMap((index) => group.members[index] ? [[group.members[index], index] as const] : []).map(([member, index]) => {
      const suggestion = (member.decision === null ? following : alone)[index];
      if (suggestion === undefined || suggestion.rule === 'decision') throw new Error(`The rules said nothing of ${member.path}`);
      const { name, format, width, height, bytes, placeholder, isProtected, decision } = member;
      return {
        ...member.evidence, name, format, width, height, bytes, placeholder, isProtected, decision,
        takenAt: isoTime(member.takenAt), modifiedAt: isoTime(member.mtimeMs), suggestion: suggestion.choice, rule: suggestion.rule, reason: suggestion.reason, facts: suggestion.facts,
      };
    }),
  };
}

function isoTime(ms: number | null): string | null {
  return ms === null ? null : new Date(Math.trunc(ms)).toISOString();
}
