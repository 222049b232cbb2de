import { existsSync, mkdtempSync, renameSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test, vi } from 'vitest';
import type { RemovalMode } from '../src/contract/index.ts';
import { createRandom } from './fixtures/images.ts';
import { faultyFiles, hashOf, memoryFolder, openBench, put, treeOf, type Bench } from './support/cleanup-bench.ts';

const RUNS = 200;
const ACTS = 10;
const CONTENTS = ['alpha one', 'alpha two', 'beta', 'gamma!'];
const PLACES = ['a.jpg', 'b.jpg', 'c (1).jpg', 'sub/a.jpg', 'sub/b.jpg', 'sub/deeper/a.jpg', 'other/z.jpg', 'safe/p.jpg'];

/** What should lie where, kept beside the disk by rules that are simpler than the program's. */
interface Model {
  /** Path below the pictures: content. */
  readonly files: Map<string, string>;
  /** Item of the journal: where it was, and what it held. */
  readonly away: Map<number, { readonly path: string; readonly content: string; readonly operationId: number; readonly mode: RemovalMode }>;
}

interface World extends Model {
  readonly folder: string;
  readonly pictures: string;
  readonly random: () => number;
  plan: { readonly id: number; readonly mode: RemovalMode; readonly removals: readonly { readonly path: string; readonly content: string; readonly keeper: string }[] } | null;
  readonly log: string[];
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
  const content = files.get(path);
  const kind = pick(random, ['write', 'write', 'delete', 'rename', 'replace', 'touch', 'rewrite']);
  log.push(`${kind} ${path}`);
  if (kind === 'write' || content === undefined) {
    const next = pick(random, CONTENTS);
    put(full, next);
    files.set(path, next);
  } else if (kind === 'delete') {
    rmSync(full);
    files.delete(path);
  } else if (kind === 'rename') {
    const to = pick(random, PLACES);
    if (!existsSync(join(pictures, to, '..'))) return;
    renameSync(full, join(pictures, to));
    if (to !== path) files.delete(path);
    files.set(to, content);
  } else if (kind === 'replace') {
    // Another file of the same size and times under the same name.
    const { atime, mtime } = statSync(full);
    const other = content.split('').reverse().join('');
    writeFileSync(`${full}.new`, other);
    utimesSync(`${full}.new`, atime, mtime);
    renameSync(`${full}.new`, full);
    files.set(path, other);
  } else if (kind === 'rewrite') {
    const { atime, mtime } = statSync(full);
    const other = content.toUpperCase() === content ? content.toLowerCase() : content.toUpperCase();
    writeFileSync(full, other);
    utimesSync(full, atime, mtime);
    files.set(path, other);
  } else utimesSync(full, 1, 1);
}

async function makePlan(world: World): Promise<void> {
  const bench = open(world);
  bench.scan();
  const mode = process.platform === 'linux' ? pick(world.random, ['quarantine', 'trash'] as const) : 'quarantine';
  const planId = await bench.plan(mode);
  const { remove } = bench.cleanup.plans.list(planId, 'remove', 0, 1000);
  const keeperOf = bench.db.prepare<[number, number], number>('SELECT keeper_id FROM plan_item WHERE plan_id = ? AND source_id = ?').pluck();
  const short = (path: string): string => path.slice(world.pictures.length + 1);
  world.plan = {
    id: planId, mode,
    removals: remove.map(({ path, sourceId }) => ({ path: short(path), content: world.files.get(short(path))!, keeper: short(String(bench.cleanup.journal.pathOf(keeperOf.get(planId, sourceId)!))) })),
  };
  // Each keeper holds the same bytes and is kept, and nothing protected goes.
  for (const { path, keeper, content } of world.plan.removals) {
    expect(world.files.get(keeper)).toBe(content);
    expect(world.plan.removals.some((one) => one.path === keeper)).toBe(false);
    expect(path.startsWith('safe/')).toBe(false);
  }
  world.log.push(`plan ${planId} (${mode}): ${world.plan.removals.map(({ path }) => path).join()}`);
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
  const { files, steps } = faultyFiles(1 + Math.floor(world.random() * 14), world.random() < 0.5 ? 'ends-before' : 'ends-after', () => { close(); });
  const bench = open(world, { files });
  close = () => { bench.db.close(); };
  await act(bench).catch(() => undefined);
  await bench.close().catch(() => undefined);
  world.log.push(`(ended at change ${steps()})`);
  if (world.random() < 0.5) return { killed: true, written: null };
  const written = { path: pick(world.random, PLACES), content: pick(world.random, CONTENTS) };
  world.log.push(`write ${written.path}, before it is found out what became of that`);
  put(join(world.pictures, written.path), written.content);
  return { killed: true, written };
}

async function apply(world: World): Promise<void> {
  const { plan, files, away, log } = world;
  if (plan === null) return;
  world.plan = null;
  log.push(`apply ${plan.id}`);
  const may = new Set(plan.removals.filter(({ path, content, keeper }) => files.get(path) === content && files.get(keeper) === content).map(({ path }) => path));
  const { killed, written } = await perhapsKilled(world, (bench) => bench.cleanup.operations.apply(plan.id));
  const bench = open(world);
  await bench.cleanup.operations.restore([]).catch(() => undefined);
  const operation = bench.cleanup.journal.operations(Number.MAX_SAFE_INTEGER, 100).find(({ planId }) => planId === plan.id);
  if (operation !== undefined) {
    expect(operation.moved + operation.skipped).toBe(operation.planned);
    for (const { id, path, state } of bench.cleanup.journal.items({ operationId: operation.id, after: 0, limit: 1000, state: null })) {
      const short = path.slice(world.pictures.length + 1);
      if (!killed) expect([short, state]).toEqual([short, may.has(short) ? 'moved' : 'skipped']);
      if (state !== 'moved') continue;
      expect(may).toContain(short);
      away.set(id, { path: short, content: files.get(short)!, operationId: operation.id, mode: plan.mode });
      files.delete(short);
    }
    await expect(bench.cleanup.operations.apply(plan.id)).rejects.toMatchObject({ code: 'already-applied' });
  }
  if (written !== null) files.set(written.path, written.content);
  await bench.close();
}

async function restore(world: World, ids: readonly number[], act: (bench: Bench) => Promise<unknown>): Promise<void> {
  const { files, away } = world;
  const free = new Set(ids.filter((id) => !files.has(away.get(id)!.path)));
  const { killed, written } = await perhapsKilled(world, act);
  const bench = open(world);
  await bench.cleanup.operations.restore([]).catch(() => undefined);
  const taken = new Set<string>();
  for (const id of ids) {
    const item = away.get(id)!;
    const { state } = bench.cleanup.journal.item(id);
    expect(['moved', 'restored']).toContain(state);
    if (!killed) {
      // Of two that were moved from one place, the first comes back.
      expect([item.path, state]).toEqual([item.path, free.has(id) && !taken.has(item.path) ? 'restored' : 'moved']);
    }
    if (state !== 'restored') continue;
    expect(free).toContain(id);
    taken.add(item.path);
    files.set(item.path, item.content);
    away.delete(id);
  }
  if (written !== null) files.set(written.path, written.content);
  await bench.close();
}

function expectAsModelled({ folder, files, away, log }: World): void {
  const there = treeOf(folder);
  const shown = Object.fromEntries(Object.entries(there).filter(([path]) => path.startsWith('pictures/')).map(([path, hash]) => [path.slice('pictures/'.length), hash]));
  expect(shown, log.join('\n')).toEqual(Object.fromEntries([...files].map(([path, content]) => [path, hashOf(content)])));
  const aside = Object.entries(there).filter(([path]) => /^(\.proofsheet-quarantine|data\/Trash\/files)\//.test(path)).map(([, hash]) => hash).sort();
  expect(aside, log.join('\n')).toEqual([...away.values()].map(({ content }) => hashOf(content)).sort());
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
    world.files.set(path, content);
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
