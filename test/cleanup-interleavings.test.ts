import { existsSync, linkSync, mkdtempSync, renameSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test, vi } from 'vitest';
import type { RemovalMode } from '../src/contract/index.ts';
import { createRandom } from './fixtures/images.ts';
import { faultyFiles, hashOf, memoryFolder, openBench, put, treeOf, type Bench } from './support/cleanup-bench.ts';

const RUNS = 300;
const ACTS = 10;
const CONTENTS = ['alpha one', 'alpha two', 'beta', 'gamma!'];
const MODES: readonly RemovalMode[] = process.platform === 'linux' ? ['quarantine', 'trash', 'hard-link', 'hard-link'] : ['quarantine', 'hard-link', 'hard-link'];
const PLACES = ['a.jpg', 'b.jpg', 'c (1).jpg', 'sub/a.jpg', 'sub/b.jpg', 'sub/deeper/a.jpg', 'other/z.jpg', 'safe/p.jpg'];

/** A file; hard links are names of one. */
interface Node { content: string }

/** What should lie where, kept beside the disk by rules that are simpler than the program's. */
interface Model {
  /** By path below the pictures. */
  readonly files: Map<string, Node>;
  /** By item of the journal: where it was, what it held when it was moved, and the link that was left in its place. */
  readonly away: Map<number, { readonly path: string; readonly node: Node; readonly content: string; readonly link: Node | null; readonly operationId: number; readonly mode: RemovalMode }>;
}

interface Removal { readonly path: string; readonly content: string; readonly keeper: string; readonly keeperContent: string }

interface World extends Model {
  readonly folder: string;
  readonly pictures: string;
  readonly random: () => number;
  plan: { readonly id: number; readonly mode: RemovalMode; readonly removals: readonly Removal[] } | null;
  readonly log: string[];
}

/** Pictures of one family are alike, but for their bytes. */
function familyOf(content: string): string {
  return content.split(' ')[0]!;
}

function namesOf({ files, away }: Model, node: Node): number {
  return [...files.values(), ...[...away.values()].map((one) => one.node)].filter((one) => one === node).length;
}

function pick<Value>(random: () => number, values: readonly Value[]): Value {
  return values[Math.floor(random() * values.length)]!;
}

function open(world: World, files?: Parameters<typeof openBench>[1]): Bench {
  return openBench(world.folder, { ...files, settings: { protectedFolders: [join(world.pictures, 'safe')] } });
}

/** The user, behind the program's back. */
function edit({ pictures, files, random, log }: World): void {
  const path = pick(random, PLACES);
  const full = join(pictures, path);
  const node = files.get(path);
  const kind = pick(random, ['write', 'write', 'delete', 'rename', 'replace', 'touch', 'rewrite', 'link']);
  log.push(`${kind} ${path}`);
  if (kind === 'write' || node === undefined) {
    const next = pick(random, CONTENTS);
    put(full, next);
    // Written into the file that is there, whatever other names it has.
    if (node === undefined) files.set(path, { content: next });
    else node.content = next;
  } else if (kind === 'delete') {
    rmSync(full);
    files.delete(path);
  } else if (kind === 'rename') {
    const to = pick(random, PLACES);
    // Between two names of one file, a rename does nothing.
    if (!existsSync(join(pictures, to, '..')) || files.get(to) === node) return;
    renameSync(full, join(pictures, to));
    files.delete(path);
    files.set(to, node);
  } else if (kind === 'link') {
    const to = pick(random, PLACES);
    if (files.has(to) || !existsSync(join(pictures, to, '..'))) return;
    linkSync(full, join(pictures, to));
    files.set(to, node);
  } else if (kind === 'replace') {
    // Another file of the same size and times under the same name.
    const { atime, mtime } = statSync(full);
    const other = node.content.split('').reverse().join('');
    replace(full, other);
    utimesSync(full, atime, mtime);
    files.set(path, { content: other });
  } else if (kind === 'rewrite') {
    const { atime, mtime } = statSync(full);
    node.content = node.content.toUpperCase() === node.content ? node.content.toLowerCase() : node.content.toUpperCase();
    writeFileSync(full, node.content);
    // Where the program knows a file by its times, it has others.
    utimesSync(full, atime, new Date(mtime.getTime() + 7));
  } else utimesSync(full, 1, 1);
}

/** A new file under a name. */
function replace(full: string, content: string): void {
  put(`${full}.new`, content);
  renameSync(`${full}.new`, full);
}

async function makePlan(world: World): Promise<void> {
  const { files, pictures, random } = world;
  const bench = open(world);
  bench.scan(familyOf);
  const mode = pick(random, MODES);
  const level = pick(random, ['exact', 'similar'] as const);
  const planId = await bench.plan(mode, [], level);
  const { remove } = bench.cleanup.plans.list(planId, 'remove', 0, 1000);
  const keeperOf = bench.db.prepare<[number, number], number>('SELECT keeper_id FROM plan_item WHERE plan_id = ? AND source_id = ?').pluck();
  const short = (path: string): string => path.slice(pictures.length + 1);
  world.plan = {
    id: planId, mode,
    removals: remove.map(({ path, sourceId }) => {
      const keeper = short(String(bench.cleanup.journal.pathOf(keeperOf.get(planId, sourceId)!)));
      return { path: short(path), content: files.get(short(path))!.content, keeper, keeperContent: files.get(keeper)!.content };
    }),
  };
  // Each keeper holds the same bytes, or a picture that is alike, in another file, and is kept; nothing protected goes.
  for (const { path, keeper, content, keeperContent } of world.plan.removals) {
    if (level === 'exact' || mode === 'hard-link') expect(keeperContent).toBe(content);
    else expect(familyOf(keeperContent)).toBe(familyOf(content));
    expect(files.get(keeper)).not.toBe(files.get(path));
    expect(world.plan.removals.some((one) => one.path === keeper)).toBe(false);
    expect(path.startsWith('safe/')).toBe(false);
    if (mode === 'hard-link') expect(keeper.startsWith('safe/')).toBe(false);
  }
  world.log.push(`plan ${planId} (${mode}, ${level}): ${world.plan.removals.map(({ path, keeper }) => `${path} for ${keeper}`).join()}`);
  await bench.close();
}

interface End {
  readonly killed: boolean;
  /** What the user wrote before a fresh engine could find out what became of the act. */
  readonly written: { readonly path: string; readonly content: string } | null;
}

/** Runs an act whole, or to its end at some change of the disk; then in either case a fresh engine finds out what became of it. */
async function perhapsKilled(world: World, act: (bench: Bench) => Promise<unknown>): Promise<End> {
  const isKilled = world.random() < 0.6;
  if (!isKilled) {
    const bench = open(world);
    await act(bench);
    await bench.close();
    return { killed: false, written: null };
  }
  let close = (): void => undefined;
  const { files, steps } = faultyFiles(1 + Math.floor(world.random() * 20), world.random() < 0.5 ? 'ends-before' : 'ends-after', () => { close(); });
  const bench = open(world, { files });
  close = () => { bench.db.close(); };
  await act(bench).catch(() => undefined);
  await bench.close().catch(() => undefined);
  world.log.push(`(ended at change ${steps()})`);
  if (world.random() < 0.5) return { killed: true, written: null };
  const written = { path: pick(world.random, PLACES), content: pick(world.random, CONTENTS) };
  world.log.push(`write ${written.path}, before it is found out what became of that`);
  replace(join(world.pictures, written.path), written.content);
  return { killed: true, written };
}

async function apply(world: World): Promise<void> {
  const { plan, pictures, files, away, log } = world;
  if (plan === null) return;
  world.plan = null;
  log.push(`apply ${plan.id}`);
  const may = new Map(plan.removals
    .filter(({ path, content, keeper, keeperContent }) => files.get(path)?.content === content && files.get(keeper)?.content === keeperContent && files.get(path) !== files.get(keeper))
    .map(({ path, keeper }) => [path, { keeper: files.get(keeper)!, inode: statSync(join(pictures, keeper)).ino }]));
  const { killed, written } = await perhapsKilled(world, (bench) => bench.cleanup.operations.apply(plan.id));
  const bench = open(world);
  await bench.cleanup.operations.restore([]).catch(() => undefined);
  const operation = bench.cleanup.journal.operations(Number.MAX_SAFE_INTEGER, 100).find(({ planId }) => planId === plan.id);
  if (operation !== undefined) {
    expect(operation.moved + operation.skipped).toBe(operation.planned);
    for (const { id, path, state, linkInode } of bench.cleanup.journal.items({ operationId: operation.id, after: 0, limit: 1000, states: null })) {
      const short = path.slice(pictures.length + 1);
      const found = may.get(short);
      if (!killed) expect([short, state]).toEqual([short, found === undefined ? 'skipped' : 'moved']);
      if (state !== 'moved') continue;
      expect(found).toBeDefined();
      const { keeper, inode } = found!;
      const node = files.get(short)!;
      // Cut short, it may have got its link or not; whole, it has.
      const isLinked = plan.mode === 'hard-link' && (!killed || (existsSync(path) && statSync(path).ino === inode));
      if (!killed) expect(linkInode !== null).toBe(isLinked);
      away.set(id, { path: short, node, content: node.content, link: linkInode === null ? null : keeper, operationId: operation.id, mode: plan.mode });
      if (isLinked) files.set(short, keeper);
      else files.delete(short);
    }
    await expect(bench.cleanup.operations.apply(plan.id)).rejects.toMatchObject({ code: 'already-applied' });
  }
  if (written !== null) files.set(written.path, { content: written.content });
  await bench.close();
}

/** Whether a file can come back: its place is free, or holds only its link, and it is what it was when it went. */
function canReturn(world: World, id: number): boolean {
  const { path, node, content, link } = world.away.get(id)!;
  const there = world.files.get(path);
  return node.content === content && (there === undefined || there === node || (there === link && namesOf(world, there) > 1));
}

async function restore(world: World, ids: readonly number[], act: (bench: Bench) => Promise<unknown>): Promise<void> {
  const { files, away } = world;
  const { killed, written } = await perhapsKilled(world, act);
  const bench = open(world);
  await bench.cleanup.operations.restore([]).catch(() => undefined);
  // One after another: of two that were moved from one place, the first comes back.
  for (const id of ids) {
    const { path, node } = away.get(id)!;
    const { state } = bench.cleanup.journal.item(id);
    // It was back already when the user wrote another file over it: what is left on the disk cannot tell that from a file that is gone.
    const isOver = state === 'lost' && written?.path === path;
    if (!isOver) expect(['moved', 'restored']).toContain(state);
    const can = canReturn(world, id);
    if (!killed) expect([path, state]).toEqual([path, can ? 'restored' : 'moved']);
    if (state !== 'restored' && !isOver) continue;
    expect([path, can]).toEqual([path, true]);
    files.set(path, node);
    away.delete(id);
  }
  if (written !== null) files.set(written.path, { content: written.content });
  await bench.close();
}

function expectAsModelled({ folder, files, away, log }: World): void {
  const there = treeOf(folder);
  const shown = Object.fromEntries(Object.entries(there).filter(([path]) => path.startsWith('pictures/')).map(([path, hash]) => [path.slice('pictures/'.length), hash]));
  expect(shown, log.join('\n')).toEqual(Object.fromEntries([...files].map(([path, { content }]) => [path, hashOf(content)])));
  const aside = Object.entries(there).filter(([path]) => /^(\.proofsheet-quarantine|data\/Trash\/files)\//.test(path)).map(([, hash]) => hash).sort();
  expect(aside, log.join('\n')).toEqual([...away.values()].map(({ node }) => hashOf(node.content)).sort());
}

async function live(seed: number): Promise<void> {
  const folder = mkdtempSync(join(memoryFolder(), 'proofsheet-interleaved-'));
  const random = createRandom(seed);
  // A trash of its own.
  vi.stubEnv('XDG_DATA_HOME', join(folder, 'data'));
  for (let burn = 0; burn < 5; burn += 1) random();
  const world: World = { folder, pictures: join(folder, 'pictures'), random, files: new Map(), away: new Map(), plan: null, log: [`seed ${seed}`] };
  for (const path of PLACES) {
    const content = pick(random, CONTENTS);
    put(join(world.pictures, path), content);
    world.files.set(path, { content });
  }
  const undo = async (operationId: number): Promise<void> => {
    world.log.push(`undo ${operationId}`);
    const ids = [...world.away].filter(([, item]) => item.operationId === operationId).map(([id]) => id);
    await restore(world, ids, (bench) => bench.cleanup.operations.undo(operationId));
  };
  try {
    for (let act = 0; act < ACTS; act += 1) {
      const operations = [...new Set([...world.away.values()].map(({ operationId }) => operationId))];
      const kind = pick(random, ['edit', 'edit', 'plan', 'plan', 'apply', 'apply', 'undo', 'restore'] as const);
      if (kind === 'edit') edit(world);
      else if (kind === 'plan') await makePlan(world);
      else if (kind === 'apply') await apply(world);
      else if (kind === 'undo' && operations.length > 0) await undo(pick(random, operations));
      else if (kind === 'restore' && world.away.size > 0) {
        const ids = [...world.away].filter(([, { mode }]) => mode !== 'trash' && random() < 0.5).map(([id]) => id);
        if (ids.length > 0) await restore(world, ids, (bench) => bench.cleanup.operations.restore(ids));
      }
      expectAsModelled(world);
    }
    for (const operationId of new Set([...world.away.values()].map((item) => item.operationId))) await undo(operationId);
    expectAsModelled(world);
  } catch (error) {
    throw new Error(world.log.join('\n'), { cause: error });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

test(`${RUNS} lives of a folder, with edits, plans, cleanups, undos and sudden ends in any order, end as the model says`, async () => {
  for (let seed = 1; seed <= RUNS; seed += 1) await live(seed * 7919);
}, 300_000);
