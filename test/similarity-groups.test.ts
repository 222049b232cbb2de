import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { LEVELS } from '../src/contract/index.ts';
import { createGroupCommit } from '../src/main/engine/catalog/group-commit.ts';
import { openCatalog } from '../src/main/engine/catalog/open.ts';
import { createGroups } from '../src/main/engine/similarity/groups.ts';
import { linkGroups, type GroupAssets, type GroupEdges, type Veto } from '../src/main/engine/similarity/groups-linkage.ts';
import { createGroupPairs } from '../src/main/engine/similarity/groups-pairs.ts';
import { nameGroups } from '../src/main/engine/similarity/groups-names.ts';
import { createGroupSource } from '../src/main/engine/similarity/router.ts';
import { createSimilarityThreads } from '../src/main/engine/similarity/similarity-threads.ts';
import { fillCatalog } from './fixtures/catalog.ts';
import { createRandom } from './fixtures/images.ts';
import { temporaryFolder } from './hosts.ts';
import { ENGINE_FILES } from './support/engine-files.ts';

interface Picture { readonly key: string; readonly pixels?: number; readonly files?: number; readonly area?: number; readonly exposure?: number }
interface Alike { readonly a: string; readonly b: string; readonly similarity?: number; readonly whole?: 'a' | 'b' }
interface Apart { readonly a: string; readonly b: string }

/** The groups by key, each with its reference first. */
function link(pictures: readonly Picture[], alike: readonly Alike[], vetoes: readonly (readonly [string, string])[] = [], unlike: readonly Apart[] = []): string[][] {
  const place = new Map(pictures.map(({ key }, at) => [key, at]));
  const sorted = pictures.map(({ key }) => key).sort();
  const assets: GroupAssets = {
    keysHigh: pictures.map(() => 7), keysLow: pictures.map(({ key }) => sorted.indexOf(key)), pixels: pictures.map(({ pixels }) => pixels ?? -1), files: pictures.map(({ files }) => files ?? 1),
    pixelCounts: pictures.map(({ area }) => area ?? 100), bytes: pictures.map(() => 1000),
    exposures: pictures.map(({ exposure }) => exposure ?? -1),
  };
  const edges: GroupEdges = {
    a: alike.map(({ a }) => place.get(a)!), b: alike.map(({ b }) => place.get(b)!), similarity: alike.map(({ similarity }) => similarity ?? 0.9), distance: alike.map(() => 4),
    whole: alike.map(({ whole }) => (whole === undefined ? 0 : whole === 'a' ? 1 : 2)),
  };
  const contradictions = { a: unlike.map(({ a }) => place.get(a)!), b: unlike.map(({ b }) => place.get(b)!) };
  const groups = linkGroups({
    assets, edges, contradictions, vetoes: vetoes.map(([a, b]): Veto => [place.get(a)!, place.get(b)!]), areApart: (one, other) => one !== other,
  });
  return groups.map((members) => members.map((member) => pictures[member]!.key)).sort((a, b) => (a.toSorted()[0]! < b.toSorted()[0]! ? -1 : 1));
}

const keys = (text: string): Picture[] => Array.from(text, (key) => ({ key }));
const pair = (text: string, similarity?: number): Alike => ({ a: text[0]!, b: text[1]!, ...similarity !== undefined && { similarity } });

describe('groups', () => {
  test('are stars: each member was verified against the one that leads, and no chain goes further', () => {
    expect(link(keys('abc'), [pair('ab', 0.9), pair('bc', 0.99)])).toEqual([['a', 'b']]);
    expect(link(keys('abc'), [pair('ab'), pair('ac')])).toEqual([['a', 'b', 'c']]);
    // Each joins the reference it is most alike to.
    expect(link(keys('abcd'), [pair('ac', 0.97), pair('bc', 0.99), pair('ad', 0.98), pair('bd', 0.98)])).toEqual([['a', 'd'], ['b', 'c']]);
  });

  test('do not fall apart around a version that only some member keeps apart', () => {
    // c is alike to a, and contradicts b: it leads itself. What is alike to both stays with the one that leads.
    expect(link(keys('abcd'), [pair('ab'), pair('bd'), pair('ac'), pair('ad', 0.95), pair('cd', 0.99)], [], [{ a: 'b', b: 'c' }])).toEqual([['a', 'b', 'd']]);
    expect(link(keys('abcd'), [pair('ab'), pair('ad', 0.95), pair('cd', 0.99)], [], [{ a: 'b', b: 'c' }])).toEqual([['a', 'b'], ['c', 'd']]);
  });

  test('are not led by what is alike to few of them, nor joined for a hair', () => {
    // a is the first by content, and was misjudged against all but one of b's.
    expect(link(keys('abcde'), [pair('ac', 0.99), pair('bc', 0.98), pair('bd'), pair('be'), pair('cd'), pair('ce')])).toEqual([['b', 'c', 'd', 'e']]);
    // Of two references that are not alike the one that leads, unless the other is clearly nearer.
    expect(link(keys('abcd'), [pair('ac', 0.985), pair('ad', 0.9), pair('bc', 0.986), pair('bd', 0.98)])).toEqual([['a', 'c'], ['b', 'd']]);
  });

  test('do not depend on how often images of equal pixels were measured', () => {
    // c and d have equal pixels, in two forms.
    const pictures = [{ key: 'a', area: 400 }, { key: 'b', area: 200 }, { key: 'c', pixels: 1 }, { key: 'd', pixels: 1 }];
    expect(link(pictures, [pair('ab'), pair('bc')])).toEqual([['a', 'b'], ['c', 'd']]);
    expect(link(pictures, [pair('ab'), pair('bc'), pair('bd')])).toEqual([['a', 'b'], ['c', 'd']]);
  });

  test('take for company neither what the user has parted nor what has no file', () => {
    const pictures = keys('abcd');
    expect(link(pictures, [pair('ab'), pair('bc'), pair('bd')])).toEqual([['b', 'a', 'c', 'd']]);
    expect(link(pictures, [pair('ab'), pair('bc'), pair('bd')], [['b', 'c'], ['b', 'd']])).toEqual([['a', 'b']]);
    expect(link([{ key: 'a' }, { key: 'b' }, { key: 'c', files: 0 }, { key: 'd', files: 0 }], [pair('ab'), pair('bc'), pair('bd')])).toEqual([['a', 'b']]);
  });

  test('cost no more among many of equal pixels because something was parted', () => {
    const count = 2000;
    const images = { length: count + 2 };
    let reads = 0;
    const pixels = new Proxy(Int32Array.from(images, (_, place) => (place < count ? 0 : -1)), { get: (column, key) => { reads += 1; return Reflect.get(column, key) as number; } });
    const column = (value: number) => new Float64Array(count + 2).fill(value);
    const largest = (vetoes: readonly Veto[]) => linkGroups({
      assets: { keysHigh: column(7), keysLow: Float64Array.from(images, (_, place) => place), pixels, files: column(1), pixelCounts: column(100), bytes: column(10), exposures: column(-1) },
      edges: { a: [], b: [], similarity: [], distance: [], whole: [] }, contradictions: { a: [], b: [] }, vetoes, areApart: () => false,
    })[0]?.length;
    expect(largest([[count, count + 1]])).toBe(count);
    expect(largest([[0, 1]])).toBe(count - 1);
    expect(reads).toBeLessThan(20 * count);
  });

  test('hold nothing together that was compared and is not alike, or is another exposure', () => {
    expect(link(keys('abc'), [pair('ab'), pair('ac')], [], [{ a: 'b', b: 'c' }])).toEqual([['a', 'b']]);
    // Two crops of one picture may show different things, unless the user has parted them.
    const crops: Alike[] = [{ a: 'a', b: 'b', whole: 'a' }, { a: 'c', b: 'a', whole: 'b' }];
    expect(link(keys('abc'), crops, [], [{ a: 'b', b: 'c' }])).toEqual([['a', 'b', 'c']]);
    expect(link(keys('abc'), crops, [['b', 'c']])).toEqual([['a', 'b']]);
    expect(link([{ key: 'a', exposure: 1 }, { key: 'b' }, { key: 'c', exposure: 2 }, { key: 'd', exposure: 1 }], [pair('ab'), pair('ac'), pair('ad')])).toEqual([['a', 'b', 'd']]);
  });

  test('let what was found of an image hold of others with its pixels, also when its own file is gone', () => {
    expect(link([{ key: 'a', pixels: 1, files: 0 }, { key: 'b', pixels: 1 }, { key: 'c' }], [pair('ac')])).toEqual([['b', 'c']]);
    // The frame of a burst stands for a copy without its metadata: that copy may join, with the frame it may not.
    const burst = [{ key: 'a', exposure: 1 }, { key: 'b', exposure: 2, pixels: 1 }, { key: 'c', pixels: 1 }];
    expect(link(burst, [pair('ab')])).toEqual([['b', 'c']]);
    expect(link(burst.map((one) => (one.key === 'b' ? { ...one, files: 0 } : one)), [pair('ab')])).toEqual([['a', 'c']]);
  });

  test('hold what is equal to the last pixel together, whichever of them was compared', () => {
    const pictures = [{ key: 'a', pixels: 1 }, { key: 'b', pixels: 1 }, { key: 'c', pixels: 2 }, { key: 'd', pixels: 2 }, { key: 'e' }];
    expect(link(pictures, [pair('ac')])).toEqual([['a', 'b', 'c', 'd']]);
    expect(link(pictures, [])).toEqual([['a', 'b'], ['c', 'd']]);
  });

  test('need two files, which may be of one image', () => {
    expect(link([{ key: 'a', files: 2 }, { key: 'b' }], [])).toEqual([['a']]);
  });

  test('never join what the user has parted, and let everything else join', () => {
    expect(link(keys('abc'), [pair('ab', 0.99), pair('bc', 0.98), pair('ac', 0.97)], [['a', 'b']])).toEqual([['b', 'c']]);
    expect(link(keys('abc'), [pair('ac', 0.97), pair('bc', 0.95)], [['a', 'b']])).toEqual([['a', 'c']]);
    const equal = [{ key: 'a', pixels: 1 }, { key: 'b', pixels: 1 }, { key: 'c', pixels: 1 }, { key: 'd' }];
    expect(link(equal, [pair('ad')], [['a', 'b']])).toEqual([['a', 'c', 'd']]);
    // What was said of one holds of all with its pixels.
    expect(link(equal, [pair('ad')], [['c', 'd']])).toEqual([['a', 'b', 'c']]);
    // Where equal pixels are parted, what was found of one part holds of the other.
    expect(link([{ key: 'a', pixels: 1, files: 0 }, { key: 'b', pixels: 1 }, { key: 'd' }], [pair('ad')], [['a', 'b']])).toEqual([['b', 'd']]);
  });

  test('are led by the whole picture, then by the largest', () => {
    const pictures = [{ key: 'a', area: 50 }, { key: 'b', area: 200 }, { key: 'c', area: 300 }];
    const cropped: Alike[] = [{ a: 'a', b: 'b', whole: 'a' }, { a: 'a', b: 'c', whole: 'a' }, { a: 'b', b: 'c' }];
    expect(link(pictures, cropped)).toEqual([['a', 'c', 'b']]);
    expect(link(pictures, cropped.map(({ a, b }) => ({ a, b })))).toEqual([['c', 'b', 'a']]);
  });

  test('are led by what a framed picture was made of, though that be a part of another', () => {
    // w holds a, and the user has parted the two; f is a in a frame, and larger.
    const pictures = [{ key: 'a', area: 100 }, { key: 'f', area: 150 }, { key: 'w', area: 400 }];
    const [group] = link(pictures, [{ a: 'a', b: 'w', whole: 'b' }, { a: 'a', b: 'f', whole: 'a' }], [['a', 'w']]);
    expect(group).toEqual(['a', 'f']);
  });

  test('are the same whatever the order of images and pairs', () => {
    const random = createRandom(17);
    const letters = Array.from({ length: 60 }, (_, at) => String(at).padStart(3, '0'));
    const pictures = letters.map((key, at): Picture => ({ key, area: 100 + (at % 3), ...at % 7 === 0 && { pixels: at % 21 } }));
    const alike: Alike[] = [];
    for (const a of letters) for (const b of letters) if (a < b && random() < 0.12) alike.push({ a, b, similarity: Math.round(random() * 20) / 20 });
    const vetoes = alike.filter(() => random() < 0.05).map(({ a, b }) => [a, b] as const);
    const unlike: Apart[] = letters.flatMap((a) => letters.filter((b) => a < b && random() < 0.02 && !alike.some((one) => one.a === a && one.b === b)).map((b) => ({ a, b })));
    const expected = link(pictures, alike, vetoes, unlike);
    expect(expected.length).toBeGreaterThan(5);
    const isAlike = new Set(alike.map(({ a, b }) => `${a} ${b}`));
    const isUnlike = new Set(unlike.map(({ a, b }) => `${a} ${b}`));
    const parted = new Set(vetoes.map(([a, b]) => `${a} ${b}`));
    const pixelsOf = new Map(pictures.map(({ key, pixels }) => [key, pixels]));
    for (const members of expected) {
      for (const a of members) for (const b of members) if (a < b) {
        expect(parted.has(`${a} ${b}`)).toBe(false);
        const inClass = (key: string): string[] => letters.filter((other) => other === key || (pixelsOf.get(key) !== undefined && pixelsOf.get(other) === pixelsOf.get(key)));
        const verified = inClass(a).some((x) => inClass(b).some((y) => x === y || isAlike.has(x < y ? `${x} ${y}` : `${y} ${x}`)));
        if (a === members[0] || b === members[0]) expect(verified).toBe(true);
        expect(isUnlike.has(`${a} ${b}`)).toBe(false);
      }
    }
    const shuffle = <Item>(items: readonly Item[]): Item[] => items.map((item) => ({ item, at: random() })).sort((a, b) => a.at - b.at).map(({ item }) => item);
    for (let round = 0; round < 10; round += 1) {
      const turned = shuffle(alike).map((one) => (random() < 0.5 ? one : { ...one, a: one.b, b: one.a }));
      expect(link(shuffle(pictures), turned, shuffle(vetoes), shuffle(unlike))).toEqual(expected);
    }
  });
});

describe('the name of a group', () => {
  const name = (groups: readonly (readonly string[])[], written: Readonly<Record<string, string>> = {}): readonly string[] => {
    const all = [...new Set(groups.flat())];
    const keyOf = (member: number): string => all[member]!;
    return nameGroups(groups.map((members) => members.map((key) => all.indexOf(key))), { keyOf, compareKeys: (a, b) => (keyOf(a) < keyOf(b) ? -1 : 1), nameOf: (member) => written[keyOf(member)] });
  };

  test('is made of its smallest member, and stays when a smaller one joins or that one leaves', () => {
    expect(name([['c', 'b']])).toEqual(['b']);
    expect(name([['c', 'b', 'a']], { b: 'b', c: 'b' })).toEqual(['b']);
    expect(name([['c', 'd']], { b: 'b', c: 'b', d: 'b' })).toEqual(['b']);
  });

  test('stays with the content it was made of when a group parts, and no name is given twice', () => {
    expect(name([['a', 'c', 'd'], ['b', 'e']], { b: 'b', c: 'b', d: 'b', e: 'b' })).toEqual(['a', 'b']);
    expect(name([['b', 'c', 'd', 'e']], { b: 'b', c: 'b', d: 'd', e: 'd' })).toHaveLength(1);
    // Both of its members' own names are borne by groups they have left.
    const names = name([['p', 'q'], ['x', 'y'], ['z', 'w']], { p: 'r', q: 'r', x: 'p', y: 'p', z: 'q', w: 'q' });
    expect(new Set(names).size).toBe(3);
    expect(names.slice(1)).toEqual(['p', 'q']);
    expect(new Set(name([['p', 'q'], ['x', 'y'], ['z', 'w']], { x: 'p', y: 'p', z: 'q', w: 'q' })).size).toBe(3);
  });
});

test('groups that were held while anything changed are those that are found anew', async () => {
  const folder = await temporaryFolder();
  const db = openCatalog(join(folder, 'catalog.sqlite'), folder);
  onTestFinished(() => { db.close(); });
  fillCatalog(db, 40);
  const random = createRandom(29);
  const any = (count: number): number => 1 + Math.floor(random() * count);
  let assets = 40;
  const remember = db.prepare('INSERT INTO group_name (level, asset_id, name) VALUES (?, ?, ?)');
  const pair = (level: number | null) => (a: number, b: number): unknown => db.prepare(`INSERT INTO pair (a_id, b_id, level, relation, transform, distance, similarity) VALUES (?, ?, ?, 'near', 'identity', 6, ?) ON CONFLICT DO NOTHING`).run(Math.min(a, b), Math.max(a, b), level, random());
  const changes: readonly ((a: number, b: number) => unknown)[] = [
    pair(1), pair(2), pair(2), pair(2), pair(3), pair(null),
    (a) => db.prepare('DELETE FROM pair WHERE a_id = ?').run(a),
    (a) => db.prepare('UPDATE source SET missing_since = iif(missing_since IS NULL, 1, NULL) WHERE id = ?').run(a),
    (a, b) => db.prepare('UPDATE source SET asset_id = ? WHERE id = ?').run(b, a),
    // Equal pixels are of one size.
    (a, b) => db.prepare('UPDATE asset SET (pixel_sha256, width, height) = (SELECT coalesce(pixel_sha256, sha256), width, height FROM asset WHERE id = ?) WHERE id IN (?, ?)').run(a, a, b),
    (a, b) => db.prepare('INSERT INTO not_duplicate SELECT min(x.sha256, y.sha256), max(x.sha256, y.sha256), 1 FROM asset x, asset y WHERE x.id = ? AND y.id = ? ON CONFLICT DO NOTHING').run(a, b),
    () => db.prepare('DELETE FROM not_duplicate').run(),
    (a) => db.prepare(`UPDATE asset SET width = 9000, taken_at = 5, metadata = '{"cameraModel":"X"}' WHERE id = ? AND pixel_sha256 IS NULL`).run(a),
    () => { fillCatalog(db, 1, assets++); },
    (a) => db.prepare('INSERT OR REPLACE INTO fingerprint (asset_id, pdq, pdq_quality, phash, dhash) SELECT asset_id, pdq, 90, phash, dhash FROM fingerprint WHERE asset_id = ?').run(a),
  ];
  const held = createGroups(db);
  const seen = new Set<number>();
  for (let step = 0; step < 400; step += 1) {
    const [a, b] = [any(assets), any(assets)];
    if (a === b) continue;
    const change = any(changes.length) - 1;
    changes[change]!(a, b);
    for (const level of LEVELS) {
      const page = held.page(level, 0, 100);
      for (const { assetId, name } of page.seen) remember.run(level, assetId, name);
      expect(page.groups, `change ${change}`).toEqual(createGroups(db).page(level, 0, 100).groups);
      seen.add(page.total);
    }
  }
  expect(seen.size).toBeGreaterThan(5);
});

test('pairs are read once, then those that came since, and all again when one was taken away', async () => {
  const folder = await temporaryFolder();
  const db = openCatalog(join(folder, 'catalog.sqlite'), folder);
  onTestFinished(() => { db.close(); });
  fillCatalog(db, 100);
  const insert = db.prepare(`INSERT INTO pair (a_id, b_id, level, relation, transform, distance, similarity, whole) VALUES (?, ?, ?, ?, 'identity', 6, ?, ?)`);
  const pairs = createGroupPairs(db);
  const alike = () => { const { a, b, similarity, distance, whole } = pairs.alike(2); return Array.from(a, (one, at) => [one, b[at], similarity[at], distance[at], whole[at]]); };
  const unlike = () => { const { a, b } = pairs.unlike(); return Array.from(a, (one, at) => [one, b[at]]); };
  insert.run(1, 2, 2, 'near', 0.9, null);
  insert.run(1, 3, null, null, 0.1, null);
  insert.run(2, 3, 3, 'near', 0.8, null);
  expect([alike(), unlike()]).toEqual([[[1, 2, 0.9, 6, 0]], [[1, 3]]]);
  // Nothing does that, so nobody looks for it.
  db.exec('UPDATE pair SET similarity = 0.5, b_id = b_id + 10');
  insert.run(4, 5, 1, 'cropped', 0.7, 'a');
  insert.run(4, 6, 1, 'bordered', 0.7, 'a');
  insert.run(4, 7, null, null, 0.1, null);
  expect([alike(), unlike()]).toEqual([[[1, 2, 0.9, 6, 0], [4, 5, 0.7, 6, 1], [4, 6, 0.7, 6, 2]], [[1, 3], [4, 7]]]);
  insert.run(4, 9, 2, 'near', 0.6, 'a');
  insert.run(4, 10, 2, 'rotated', 0.6, 'b');
  expect(alike().slice(3)).toEqual([[4, 9, 0.6, 6, 3], [4, 10, 0.6, 6, 4]]);
  db.exec('DELETE FROM pair WHERE a_id = 4 AND b_id IN (9, 10)');
  db.exec('DELETE FROM pair WHERE a_id = 4 AND b_id = 7');
  expect([alike(), unlike()]).toEqual([[[1, 12, 0.5, 6, 0], [4, 5, 0.7, 6, 1], [4, 6, 0.7, 6, 2]], [[1, 13]]]);
  // The id of a pair that was taken away is given again.
  insert.run(4, 8, null, null, 0.1, null);
  expect(unlike()).toEqual([[1, 13], [4, 8]]);
  for (let b = 12; b < 100; b += 1) for (let a = 50; a < b; a += 1) insert.run(a, b, null, null, 0.1, null);
  const expected = db.prepare('SELECT a_id, b_id FROM pair WHERE level IS NULL ORDER BY id').raw().all();
  expect([unlike(), unlike()]).toEqual([expected, expected]);
});

test('a name that could not be written down is not taken for one that was', async () => {
  const folder = await temporaryFolder();
  const path = join(folder, 'catalog.sqlite');
  const db = openCatalog(path, folder);
  fillCatalog(db, 2);
  db.exec(`INSERT INTO pair (a_id, b_id, level, relation, transform) VALUES (1, 2, 1, 'near', 'identity')`);
  const threads = createSimilarityThreads(path, ENGINE_FILES.similarityThread);
  onTestFinished(async () => { await threads.close(); db.close(); });
  const source = createGroupSource({ db, groups: threads.groups, groupCommit: createGroupCommit(db, 1) });
  const written = (): unknown => db.prepare('SELECT count(*) FROM group_name').pluck().get();
  db.exec(`CREATE TRIGGER full BEFORE INSERT ON group_name BEGIN SELECT raise(ABORT, 'the disk is full'); END`);
  await expect(source.page('strict', 0, 1)).rejects.toThrow('the disk is full');
  db.exec('DROP TRIGGER full');
  expect([(await source.page('strict', 0, 1)).total, written()]).toEqual([1, 2]);
});

describe('a catalog of 100,000 images', () => {
  test('tells its planted groups, finds a planted copy, and answers anew only when something has changed', async () => {
    const folder = await temporaryFolder();
    const path = join(folder, 'catalog.sqlite');
    const db = openCatalog(path, folder);
    fillCatalog(db, 100_000);
    const random = createRandom(4);
    const planted = Array.from({ length: 5000 }, (_, at) => ({ first: at * 20 + 1, size: 2 + Math.floor(random() * 4) }));
    const insert = db.prepare(`INSERT INTO pair (a_id, b_id, level, relation, transform, distance, similarity) VALUES (?, ?, ?, 'near', 'identity', 6, ?)`);
    db.transaction(() => {
      for (const { first, size } of planted) {
        for (let a = first; a < first + size; a += 1) for (let b = a + 1; b < first + size; b += 1) insert.run(a, b, size === 2 ? 2 : 1, 0.9 + random() / 10);
      }
      db.exec('UPDATE fingerprint SET paired = 1');
    })();
    const threads = createSimilarityThreads(path, ENGINE_FILES.similarityThread);
    onTestFinished(async () => { await threads.close(); db.close(); });

    const found: string[] = [];
    const { total } = await threads.groups.page('similar', 0, 1);
    for (let start = 0; start < total; start += 1000) {
      const { groups } = await threads.groups.page('similar', start, 1000);
      for (const { members } of groups) found.push(members.map(({ assetId }) => assetId).toSorted((a, b) => a - b).join(' '));
    }
    expect(found.toSorted()).toEqual(planted.map(({ first, size }) => Array.from({ length: size }, (_, at) => first + at).join(' ')).toSorted());
    expect((await threads.groups.page('strict', 0, 1)).total).toBe(planted.filter(({ size }) => size > 2).length);
    const middle = await threads.groups.page('similar', 2500, 1);
    expect(await threads.groups.rankOf('similar', middle.groups[0]!.id)).toBe(2500);
    expect(await threads.groups.ranksOfAssets('similar', [middle.groups[0]!.members[0]!.assetId])).toEqual([2500]);

    // A file that goes takes its group with it when only one is left.
    const pairOnly = planted.find(({ size }) => size === 2)!;
    db.prepare('UPDATE source SET missing_since = 1 WHERE asset_id = ?').run(pairOnly.first);
    expect((await threads.groups.page('similar', 0, 1)).total).toBe(total - 1);
    db.prepare('UPDATE source SET missing_since = NULL WHERE asset_id = ?').run(pairOnly.first);
    expect((await threads.groups.page('similar', 0, 1)).total).toBe(total);

    // An image that is read anew with another outcome may lead where it did not.
    const [led] = (await threads.groups.page('similar', 2500, 1)).groups;
    const last = led!.members.at(-1)!.assetId;
    db.prepare('UPDATE asset SET width = 9000, height = 9000 WHERE id = ?').run(last);
    expect((await threads.groups.page('similar', 2500, 1)).groups[0]!.members[0]).toMatchObject({ assetId: last, isReference: true });

    // The copies of three images come in: each finds the one it is a copy of and nothing else, turned or not.
    fillCatalog(db, 3, 100_000);
    const copies = [[100_001, 77], [100_002, 50_000], [100_003, 99_999]] as const;
    const codes = db.prepare<[number], Buffer>('SELECT pdq FROM fingerprint WHERE asset_id = ?').pluck();
    for (const [copy, original] of copies) {
      const pdq = Buffer.from(codes.get(original)!);
      for (let bit = 0; bit < 20; bit += 1) for (let turn = 0; turn < 8; turn += 1) pdq[turn * 32 + bit]! ^= 1 << (bit % 8);
      db.prepare('UPDATE fingerprint SET pdq = ? WHERE asset_id = ?').run(pdq, copy);
    }
    const pending = await threads.candidates.pending(100);
    expect(pending).toEqual(copies.map(([copy, original]) => ({ assetId: copy, candidates: [{ assetId: original, distance: 20 }], sameSize: [] })));
  }, 120_000);

  test('counts changes only where they may change a group', async () => {
    const folder = await temporaryFolder();
    const db = openCatalog(join(folder, 'catalog.sqlite'), folder);
    onTestFinished(() => { db.close(); });
    fillCatalog(db, 10);
    const revision = (): number => db.prepare<[], number>(`SELECT n FROM total WHERE key = 'similarity-revision'`).pluck().get()!;
    const changes = (sql: string): boolean => {
      const before = revision();
      db.exec(sql);
      return revision() !== before;
    };
    expect(revision()).toBe(0);
    expect(changes('UPDATE source SET missing_since = 5 WHERE asset_id = 1')).toBe(false);
    expect(changes('INSERT INTO pair (a_id, b_id, distance) VALUES (1, 2, 30)')).toBe(false);
    expect(changes(`INSERT INTO pair (a_id, b_id, level, relation, transform) VALUES (2, 3, 1, 'near', 'identity')`)).toBe(true);
    expect(changes('UPDATE source SET missing_since = 5 WHERE asset_id = 3')).toBe(true);
    expect(changes('UPDATE source SET missing_since = 6 WHERE asset_id = 3')).toBe(false);
    expect(changes('UPDATE asset SET pixel_sha256 = randomblob(32) WHERE id = 5')).toBe(true);
    expect(changes('UPDATE source SET asset_id = 7 WHERE asset_id = 8')).toBe(true);
    expect(changes('UPDATE asset SET width = width, score = 3 WHERE id = 3')).toBe(false);
    expect(changes('UPDATE asset SET width = width + 1 WHERE id = 3')).toBe(true);
    expect(changes('INSERT INTO not_duplicate SELECT min(a.sha256, b.sha256), max(a.sha256, b.sha256), 1 FROM asset a, asset b WHERE a.id = 2 AND b.id = 3')).toBe(true);
    // A fingerprint that is made anew is compared anew.
    expect(changes('INSERT OR REPLACE INTO fingerprint (asset_id, pdq, pdq_quality, phash, dhash) SELECT asset_id, pdq, 90, phash, dhash FROM fingerprint WHERE asset_id = 3')).toBe(true);
    expect(db.prepare('SELECT count(*) FROM pair WHERE b_id = 3').pluck().get()).toBe(0);
    expect(db.prepare('SELECT paired FROM fingerprint WHERE asset_id = 3').pluck().get()).toBe(0);
  });
});
