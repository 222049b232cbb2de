import type Database from 'better-sqlite3';
import type { ErrorCode, Facts, KeeperRule, Level, Plan, RemovalMode } from '../../../contract/index.ts';
import type { Reader } from '../catalog/reader.ts';
import { shownLocation } from '../catalog/sources.ts';
import { ProofsheetError } from '../errors.ts';
import { KEEPER_PROTECTED } from './checks.ts';
import { isDecided, readMembers, type Member } from './facts.ts';
import { throwIfEnded, type Act } from './acts.ts';
import type { FilePath, Files, Look } from './files.ts';
import { allGroups, type GroupSource } from './groups.ts';
import type { PlannedItem } from './journal.ts';
import { judge } from './keeper-rules.ts';
import { folderOf, keyOf } from './paths.ts';
import type { Protection } from './protection.ts';

export interface PlanRequest {
  readonly level: Level;
  readonly rules: readonly KeeperRule[];
  readonly scope: 'decided' | 'all';
  readonly mode: RemovalMode;
  readonly mergeMetadata: boolean;
  readonly protect: readonly string[];
}

export interface PlanRow {
  readonly id: number;
  readonly state: 'building' | 'ready' | 'applied' | 'dropped';
  readonly mode: RemovalMode;
  readonly protect: string;
  readonly removed: number;
}

type PlanList = 'keep' | 'remove' | 'held';

interface NewItem {
  readonly list: PlanList;
  readonly groupId: string;
  readonly member: Member;
  readonly keeper: Member | null;
  readonly rule: string;
  readonly code: ErrorCode | null;
  readonly reason: string;
  readonly facts: Facts | null;
}

interface ItemRow {
  readonly groupId: string; readonly sourceId: number; readonly assetId: number; readonly bytes: number; readonly rule: KeeperRule | 'decision';
  readonly code: ErrorCode | null; readonly reason: string; readonly facts: string | null; readonly sha256: string; readonly container: string; readonly name: string;
  readonly keeperContainer: string | null; readonly keeperName: string | null; readonly keeperSha256: string | null;
}

export interface PlansDependencies {
  readonly db: Database.Database;
  readonly reader: Reader;
  readonly groups: GroupSource;
  readonly files: Files;
  readonly pathOf: (sourceId: number) => FilePath;
  readonly now: () => number;
}

export type Plans = ReturnType<typeof createPlans>;

const GROUPS_AT_ONCE = 100;
const LOOKS_AT_ONCE = 8;
const ITEM_PAGE = 1000;
const ROWS_AT_ONCE = 500;
/** Plans whose items are kept; one of a large catalog is some megabytes. */
const KEPT_PLANS = 10;
const DROP_CHUNK = 2000;
const MAX_FOLDERS = 100;

/** Plans are rows: what was shown is what is applied, and neither its making nor its reading holds all of it in memory. */
export function createPlans({ db, reader, groups, files, pathOf, now }: PlansDependencies) {
  const insertPlan = db.prepare<[Record<string, unknown>]>(
    `INSERT INTO plan (state, level, mode, protect, merges, created_at) VALUES ('building', @level, @mode, @protect, @merges, @now)`);
  const insertItem = db.prepare<[Record<string, unknown>]>(`
    INSERT INTO plan_item (plan_id, list, place, group_id, source_id, asset_id, keeper_id, keeper_asset_id, bytes, rule, code, reason, facts)
    VALUES (@planId, @list, @place, @groupId, @sourceId, @assetId, @keeperId, @keeperAssetId, @bytes, @rule, @code, @reason, @facts)`);
  const finish = db.prepare<[Record<string, unknown>]>(
    `UPDATE plan SET state = 'ready', groups = @groups, kept = @keep, removed = @remove, held = @held, bytes = @bytes WHERE id = @planId`);
  const find = db.prepare<[number], PlanRow>(`
    SELECT id, CASE WHEN EXISTS (SELECT 1 FROM operation WHERE plan_id = plan.id) THEN 'applied' ELSE state END AS state, mode, protect, removed FROM plan WHERE id = ?`);
  const setState = db.prepare<[string, number]>('UPDATE plan SET state = ? WHERE id = ?');
  const itemsOf = db.prepare<[number, string, number, number], ItemRow>(`
    SELECT i.group_id AS groupId, i.source_id AS sourceId, i.asset_id AS assetId, i.bytes, i.rule, i.code, i.reason, i.facts, lower(hex(a.sha256)) AS sha256, c.path AS container, s.name,
      kc.path AS keeperContainer, ks.name AS keeperName, lower(hex(ka.sha256)) AS keeperSha256
    FROM plan_item i JOIN asset a ON a.id = i.asset_id JOIN source s ON s.id = i.source_id JOIN container c ON c.id = s.container_id
      LEFT JOIN source ks ON ks.id = i.keeper_id LEFT JOIN container kc ON kc.id = ks.container_id LEFT JOIN asset ka ON ka.id = i.keeper_asset_id
    WHERE i.plan_id = ? AND i.list = ? AND i.place >= ? ORDER BY i.place LIMIT ?`);
  const removals = db.prepare<[number, number, number], { sourceId: number; assetId: number; keeperId: number; keeperAssetId: number; bytes: number; container: string; name: string }>(`
    SELECT i.source_id AS sourceId, i.asset_id AS assetId, i.keeper_id AS keeperId, i.keeper_asset_id AS keeperAssetId, i.bytes, c.path AS container, s.name
    FROM plan_item i JOIN source s ON s.id = i.source_id JOIN container c ON c.id = s.container_id
    WHERE i.plan_id = ? AND i.list = 'remove' AND i.place >= ? ORDER BY i.place LIMIT ?`);
  const dropSome = db.prepare<[number, number]>(`
    DELETE FROM plan_item WHERE (plan_id, list, place) IN (SELECT plan_id, list, place FROM plan_item WHERE plan_id = ? LIMIT ?)`);
  const old = db.prepare<[], number>(`
    SELECT id FROM plan WHERE state <> 'dropped' AND id NOT IN (SELECT id FROM plan ORDER BY id DESC LIMIT ${KEPT_PLANS})
      AND id NOT IN (SELECT plan_id FROM operation WHERE plan_id IS NOT NULL AND finished_at IS NULL)`).pluck();
  const total = db.prepare<[number], { groups: number; bytes: number; keep: number; remove: number; held: number }>(
    'SELECT groups, bytes, kept AS keep, removed AS remove, held FROM plan WHERE id = ?');

  /** What was applied is told by its operation; of the others the newest are kept. */
  async function dropOld(): Promise<void> {
    for (const id of old.all()) {
      setState.run('dropped', id);
      while (dropSome.run(id, DROP_CHUNK).changes > 0) await new Promise(setImmediate);
    }
  }

  const addItems = db.transaction((planId: number, items: readonly NewItem[], places: Record<PlanList, number>) => {
    for (const { list, groupId, member, keeper, rule, code, reason, facts } of items) {
      insertItem.run({
        planId, list, place: places[list]++, groupId, sourceId: member.sourceId, assetId: member.assetId,
        keeperId: keeper?.sourceId ?? null, keeperAssetId: keeper?.assetId ?? null, bytes: member.bytes, rule, code, reason, facts: facts && JSON.stringify(facts),
      });
    }
  });

  function list(planId: number, which: PlanList, start: number, count: number): Pick<Plan, PlanList> {
    const rows = itemsOf.all(planId, which, start, count).map(({ container, name, keeperContainer, keeperName, ...row }) => (
      { ...row, path: shownLocation(container, name), keeperPath: shownLocation(keeperContainer ?? '', keeperName ?? ''), keeperSha256: row.keeperSha256 ?? row.sha256 }));
    return {
      keep: which === 'keep' ? rows.map(({ sha256, path, assetId, sourceId, groupId, rule }) => ({ sha256, path, assetId, sourceId, groupId, rule })) : [],
      remove: which === 'remove' ? rows.map(({ sha256, path, assetId, sourceId, groupId, rule, reason, facts, bytes, keeperPath, keeperSha256 }) => (
        { sha256, path, assetId, sourceId, groupId, rule, reason, facts: facts === null ? null : JSON.parse(facts) as Facts, bytes, keeperPath, keeperSha256 })) : [],
      held: which === 'held' ? rows.map(({ sha256, path, code, reason, bytes }) => ({ sha256, path, code: code ?? 'filtered', reason, bytes })) : [],
    };
  }

  return {
    async make({ level, rules, scope, mode, mergeMetadata, protect }: PlanRequest, protection: Protection, act: Act): Promise<number> {
      await dropOld();
      const planId = Number(insertPlan.run({ level, mode, protect: JSON.stringify(protect), merges: Number(mergeMetadata), now: now() }).lastInsertRowid);
      const places: Record<PlanList, number> = { keep: 0, remove: 0, held: 0 };
      const sums = { groups: 0, bytes: 0 };
      for await (const page of allGroups(groups, level, GROUPS_AT_ONCE)) {
        throwIfEnded(act);
        const found = (await readMembers(reader, page.groups, protection)).filter((group) => scope === 'all' || isDecided(group));
        const seen = await lookAtAll(found.flatMap(({ members }) => members), { files, pathOf, protection });
        const items = found.flatMap(({ id, members }) => planGroup(id, members.map((member) => ({ ...member, isProtected: seen.protectedIds.has(member.sourceId) })), { rules, mode, seen }));
        const removed = items.filter(({ list: which }) => which === 'remove');
        sums.groups += new Set(removed.map(({ groupId }) => groupId)).size;
        sums.bytes += removed.reduce((sum, { member }) => sum + member.bytes, 0);
        // A commit for each group would cost more than all else.
        for (let start = 0; start < items.length; start += ROWS_AT_ONCE) {
          addItems.immediate(planId, items.slice(start, start + ROWS_AT_ONCE), places);
          await new Promise(setImmediate);
        }
      }
      finish.run({ planId, ...sums, ...places });
      return planId;
    },
    /** @throws ProofsheetError `not-found` */
    get(planId: number): PlanRow {
      const plan = find.get(planId);
      if (!plan) throw new ProofsheetError('not-found', `There is no plan ${planId}.`);
      return plan;
    },
    markApplied(planId: number): void { setState.run('applied', planId); },
    list,
    async describe(planId: number, itemLimit: number): Promise<Plan> {
      const { groups: count, bytes, ...counts } = total.get(planId) ?? { groups: 0, bytes: 0, keep: 0, remove: 0, held: 0 };
      const lists: Pick<Plan, PlanList> = { keep: [], remove: [], held: [] };
      for (const which of ['keep', 'remove', 'held'] as const) {
        for (let start = 0; start < Math.min(counts[which], itemLimit); start += ITEM_PAGE) {
          const page = list(planId, which, start, Math.min(ITEM_PAGE, itemLimit - start));
          lists.keep.push(...page.keep);
          lists.remove.push(...page.remove);
          lists.held.push(...page.held);
          await new Promise(setImmediate);
        }
      }
      const folders = await reader.rows<Plan['folders'][number]>(`
        SELECT c.path, count(*) AS files, sum(i.bytes) AS bytes FROM plan_item i JOIN source s ON s.id = i.source_id JOIN container c ON c.id = s.container_id
        WHERE i.plan_id = ? AND i.list = 'remove' GROUP BY c.id ORDER BY sum(i.bytes) DESC, c.path LIMIT ${MAX_FOLDERS}`, [planId]);
      return { planId, groups: count, bytes, ...lists, counts, folders: [...folders] };
    },
    /** What would be moved, in order. */
    removals(planId: number, start: number, count: number): PlannedItem[] {
      return removals.all(planId, start, count).map(({ container, name, ...item }) => ({ ...item, path: shownLocation(container, name) }));
    },
  };
}

interface GroupOptions {
  readonly rules: readonly KeeperRule[];
  readonly mode: RemovalMode;
  readonly seen: Pick<Seen, 'looks' | 'targets'>;
}

/** What becomes of each file of a group, as far as its files can be seen now. */
function planGroup(groupId: string, all: readonly Member[], { rules, mode, seen: { looks, targets } }: GroupOptions): NewItem[] {
  const items: NewItem[] = [];
  const hold = (member: Member, code: ErrorCode, reason: string): void => { items.push({ list: 'held', groupId, member, keeper: null, rule: 'path', code, reason, facts: null }); };
  /** By file: the link of the group that leads to it. */
  const linked = new Map(all.flatMap(({ sourceId, path }) => {
    const target = targets.get(sourceId);
    return target ? [[identityOf(target), path] as const] : [];
  }));
  const present = all.filter((member) => {
    const look = looks.get(member.sourceId) ?? null;
    if (member.path.includes('://')) hold(member, 'filtered', 'it was fetched from the web and lies in the workspace alone');
    else if (look === null) hold(member, 'vanished', 'the file is not there now');
    else if (look.kind !== 'file') hold(member, 'filtered', look.kind === 'link' ? 'it is a link to a file; links are left alone' : 'it is no longer a file');
    else if (look.bytes !== BigInt(member.bytes)) hold(member, 'stale', 'it has changed since it was read; take its folder in again');
    else return true;
    return false;
  });
  const judgements = judge(present, rules, true);
  const suggestions = present.some(({ decision }) => decision !== null) ? judge(present, rules, false) : judgements;
  for (const [index, member] of present.entries()) {
    const judgement = judgements[index];
    if (judgement === undefined) continue;
    const { choice, keeper: keeperIndex, held } = judgement;
    // Where the user has decided as the rules would have, theirs is the reason worth reading.
    const suggestion = suggestions[index];
    const { rule, reason, facts } = judgement.rule === 'decision' && choice === 'remove' && suggestion?.choice === 'remove' && suggestion.keeper === keeperIndex ? suggestion : judgement;
    const keeper = keeperIndex === null ? null : present[keeperIndex] ?? null;
    if (held !== null) hold(member, held, held === 'protected' ? 'it lies in a protected folder' : 'it is the last of its group');
    if (choice === 'keep' || keeper === null) {
      items.push({ list: 'keep', groupId, member, keeper: null, rule, code: null, reason, facts });
      continue;
    }
    const refusal = whyHeld(member, keeper, mode, looks);
    const own = looks.get(member.sourceId);
    const link = own && mode !== 'hard-link' ? linked.get(identityOf(own)) : undefined;
    if (mode === 'hard-link' && keeper.isProtected) hold(member, 'protected', KEEPER_PROTECTED);
    else if (refusal !== null) hold(member, 'filtered', refusal);
    else if (link !== undefined) hold(member, 'filtered', `the link ${link} leads to it, and would then lead nowhere`);
    else items.push({ list: 'remove', groupId, member, keeper, rule, code: null, reason, facts });
  }
  // Of a group that stays as it is there is nothing to say, nor of a file that is alone in one.
  return present.length + items.length < 2 || items.every(({ list }) => list === 'keep') ? [] : items;
}

function whyHeld(member: Member, keeper: Member, mode: RemovalMode, looks: ReadonlyMap<number, Look | null>): string | null {
  const [here, there] = [looks.get(member.sourceId), looks.get(keeper.sourceId)];
  if (here && there && here.device === there.device && here.inode === there.inode) return `it is the very file that is kept, ${keeper.path}, by another name: nothing would be freed`;
  return mode === 'hard-link' && member.assetId !== keeper.assetId ? 'only files of the very same bytes can be replaced by a link' : null;
}

function identityOf({ device, inode }: Look): string {
  return `${device}:${inode}`;
}

interface Seen {
  readonly looks: ReadonlyMap<number, Look | null>;
  /** Of those that are links: the file they lead to. */
  readonly targets: ReadonlyMap<number, Look | null>;
  /** Also those that lie in a protected folder by another way than their path tells: mounted twice, say. */
  readonly protectedIds: ReadonlySet<number>;
}

async function lookAtAll(members: readonly Member[], { files, pathOf, protection }: Pick<PlansDependencies, 'files' | 'pathOf'> & { readonly protection: Protection }): Promise<Seen> {
  const looks = new Map<number, Look | null>();
  const targets = new Map<number, Look | null>();
  const protectedIds = new Set<number>();
  /** By folder: of its files one is asked about. */
  const isIn = new Map<string, Promise<boolean>>();
  const queue = members.values();
  await Promise.all(Array.from({ length: LOOKS_AT_ONCE }, async () => {
    for (const { sourceId, isProtected } of queue) {
      const path = pathOf(sourceId);
      // What cannot be looked at is as good as not there: it is neither kept for another nor moved.
      const look = await files.look(path).catch(() => null);
      looks.set(sourceId, look);
      if (look?.kind === 'link') targets.set(sourceId, await files.lookBehind(path).catch(() => null));
      const folder = keyOf(folderOf(path));
      const asked = isIn.get(folder) ?? protection.coversReally(path).catch(() => false);
      isIn.set(folder, asked);
      if (isProtected || await asked) protectedIds.add(sourceId);
    }
  }));
  return { looks, targets, protectedIds };
}
