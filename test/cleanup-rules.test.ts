import { expect, test } from 'vitest';
import { KEEPER_RULES } from '../src/contract/index.ts';
import { judge, type Candidate } from '../src/main/engine/cleanup/keeper-rules.ts';
import { createRandom } from './fixtures/images.ts';

let next = 1;
function file(path: string, facts: Partial<Candidate> = {}): Candidate {
  const sourceId = next++;
  return {
    sourceId, assetId: sourceId, pixelSha256: null, path, relation: 'near', transform: 'identity', isReference: false, isDerived: facts.relation === 'cropped' || facts.relation === 'bordered', isProtected: false, width: 4000, height: 3000, bytes: 1_000_000, frames: 1, hasAlpha: false,
    format: 'jpeg', score: 60, details: 3, mtimeMs: 1_700_000_000_000, decision: null, ...facts,
  };
}

/** The kept paths, and for each removed one the rule and its facts. */
function outcome(group: readonly Candidate[], rules = KEEPER_RULES as readonly (typeof KEEPER_RULES)[number][], decisions = true) {
  const judgements = judge(group, rules, decisions);
  return {
    kept: group.filter((_, index) => judgements[index]!.choice === 'keep').map(({ path }) => path),
    gone: Object.fromEntries(group.flatMap(({ path }, index) => (judgements[index]!.choice === 'remove' ? [[path, [judgements[index]!.rule, judgements[index]!.reason]]] : []))),
  };
}

test.each([
  ['resolution', { width: 4000, height: 3000 }, { width: 1600, height: 1200 }, '4000×3000 against 1600×1200'],
  ['quality', { score: 71 }, { score: 40 }, 'quality 71 against quality 40'],
  ['format', { format: 'tiff' }, { format: 'jpeg' }, 'TIFF against JPEG'],
  ['metadata', { details: 9 }, { details: 2 }, '9 details against 2 details'],
  ['oldest', { mtimeMs: 1_600_000_000_000 }, { mtimeMs: 1_700_000_000_000 }, '2020-09-13 12:26:40 against 2023-11-14 22:13:20'],
  ['largest', { bytes: 2_000_000 }, { bytes: 900_000 }, '2,000,000 bytes against 900,000 bytes'],
  ['whole', { relation: 'near' }, { relation: 'cropped' }, 'whole against cropped'],
] as const)('the rule “%s” decides where those before it leave two files equal, and says by what', (rule, better, worse, reason) => {
  for (const group of [[file('/a/x.jpg', worse), file('/b/y.jpg', better)], [file('/b/y.jpg', better), file('/a/x.jpg', worse)]]) {
    expect(outcome(group)).toEqual({ kept: ['/b/y.jpg'], gone: { '/a/x.jpg': [rule, reason] } });
  }
});

test('what lies as most files of the group do is upright, whichever is the reference; as many each way decide nothing', () => {
  const turned = file('/turned.jpg', { isReference: true, bytes: 2_000_000 });
  const [one, two] = ['/a.jpg', '/b.jpg'].map((path) => file(path, { relation: 'rotated', transform: 'rotate-270' }));
  expect(outcome([turned, one!, two!])).toEqual({ kept: ['/a.jpg'], gone: { '/turned.jpg': ['upright', 'upright against rotated'], '/b.jpg': ['path', '/a.jpg against /b.jpg'] } });
  expect(outcome([turned, { ...one!, bytes: 2_000_000, mtimeMs: 1 }])).toMatchObject({ gone: { '/turned.jpg': ['oldest', expect.any(String)] } });
  expect(outcome([file('/m.jpg', { relation: 'mirrored', transform: 'flip-horizontal' }), { ...turned, path: '/x.jpg' }, file('/y.jpg')]).gone['/m.jpg']).toEqual(['upright', 'upright against mirrored']);
});

test('what is cropped or framed counts for the way it lies, too', () => {
  const mirrored = file('/mirrored.jpg', { isReference: true, bytes: 2_000_000 });
  const turn = { transform: 'flip-horizontal' } as const;
  const group = [mirrored, file('/as-taken.jpg', { relation: 'mirrored', ...turn }), file('/crop.jpg', { relation: 'cropped', width: 2000, ...turn }), file('/frame.jpg', { relation: 'bordered', ...turn })];
  expect(outcome(group)).toMatchObject({ kept: ['/as-taken.jpg'], gone: { '/mirrored.jpg': ['upright', 'upright against mirrored'] } });
});

test('an older copy that was compressed more does not stand for the original', () => {
  const [original, copy] = [file('/new/original.jpg', { bytes: 184_000, score: 60 }), file('/a.jpg', { bytes: 66_000, score: 58, mtimeMs: 1_500_000_000_000 })];
  expect(outcome([original, copy])).toEqual({ kept: ['/new/original.jpg'], gone: { '/a.jpg': ['largest', '184,000 bytes against 66,000 bytes'] } });
});

test('saved anew, sharpened, brightened or framed by a line, a copy does not beat the older original, whatever it measures', () => {
  const original = file('/deep/er/original.jpg', { bytes: 184_000, score: 60, mtimeMs: 1_600_000_000_000 });
  for (const copy of [{ bytes: 232_000 }, { bytes: 300_000, score: 75 }, { bytes: 190_000, score: 95 }, { bytes: 200_000, width: 4016, height: 3016 }]) {
    expect(outcome([file('/copy.jpg', copy), original])).toMatchObject({ kept: ['/deep/er/original.jpg'], gone: { '/copy.jpg': ['oldest', expect.any(String)] } });
  }
  const [camera, png] = [{ ...original, pixelSha256: 'aa' }, file('/copy.png', { format: 'png', pixelSha256: 'aa', bytes: 1_260_000 })];
  expect(outcome([png, camera]).gone).toMatchObject({ '/copy.png': ['oldest', expect.any(String)] });
});

test('what the user keeps stands for what goes, before what the rules would keep', () => {
  const [best, mine, third] = [file('/best.jpg', { width: 9000 }), file('/mine.jpg', { decision: 'keep' }), file('/third.jpg')];
  const judgements = judge([best, mine, third], KEEPER_RULES, true);
  expect(judgements.map(({ choice, keeper }) => [choice, keeper])).toEqual([['keep', null], ['keep', null], ['remove', 1]]);
});

test('where all else is equal, the plainest path stays: no copy by its name, few folders, short, first in order', () => {
  const paths = ['/p/ring.jpg', '/p/a/ring.jpg', '/p/ring (2).jpg', '/p/ring copy.jpg', '/p/Kopie von ring.jpg', '/p/rinh.jpg', '/p/ring-large.jpg'];
  const { kept, gone } = outcome(paths.map((path) => file(path)));
  expect(kept).toEqual(['/p/ring.jpg']);
  expect(gone['/p/ring (2).jpg']).toEqual(['path', '/p/ring.jpg against /p/ring (2).jpg']);
  expect(outcome([file('/p/IMG (1).jpg'), file('/p/deep/er/IMG.jpg')]).kept).toEqual(['/p/deep/er/IMG.jpg']);
});

test('the order of the rules is the user’s', () => {
  const [large, old] = [file('/a.jpg', { width: 5000 }), file('/b.jpg', { mtimeMs: 1 })];
  expect(outcome([large, old], ['resolution', 'oldest']).kept).toEqual(['/a.jpg']);
  expect(outcome([large, old], ['oldest', 'resolution']).kept).toEqual(['/b.jpg']);
  expect(outcome([large, old], ['format']).gone).toEqual({ '/b.jpg': ['path', '/a.jpg against /b.jpg'] });
});

test('a few points of quality, which compression alone can make, decide nothing', () => {
  expect(outcome([file('/a.jpg', { score: 60, bytes: 2e6 }), file('/b.jpg', { score: 64 })]).kept).toEqual(['/a.jpg']);
  expect(outcome([file('/a.jpg', { score: 60, bytes: 2e6 }), file('/b.jpg', { score: 66 })]).kept).toEqual(['/b.jpg']);
});

test('what is framed is not the larger picture, but what is cut from a larger one, or framed in one, stays beside it', () => {
  const whole = file('/whole.jpg', { isReference: true });
  expect(outcome([file('/framed.jpg', { relation: 'bordered', width: 4400, height: 3400 }), whole])).toEqual({ kept: ['/whole.jpg'], gone: { '/framed.jpg': ['whole', 'whole against bordered'] } });
  expect(outcome([file('/cut.jpg', { relation: 'cropped', width: 3500, height: 2600 }), whole]).kept).toEqual(['/whole.jpg']);
  const small = file('/small.jpg', { isReference: true, width: 800, height: 600 });
  expect(outcome([file('/cut.jpg', { relation: 'cropped' }), small]).kept).toEqual(['/cut.jpg', '/small.jpg']);
  expect(outcome([file('/framed.jpg', { relation: 'bordered' }), small]).kept).toEqual(['/framed.jpg', '/small.jpg']);
  // Two of the same cutting: one of them stands for the other.
  expect(outcome([file('/cut.jpg', { relation: 'cropped' }), file('/cut (1).jpg', { relation: 'cropped' }), small]).kept).toEqual(['/cut.jpg', '/small.jpg']);
  // A turned one that is larger is the better picture all the same.
  expect(outcome([file('/turned.jpg', { relation: 'rotated' }), small]).kept).toEqual(['/turned.jpg']);
});

test('a still does not stand for what moves, nor what is opaque for what is transparent', () => {
  expect(outcome([file('/still.png', { format: 'png', isReference: true }), file('/moving.gif', { format: 'gif', frames: 24 })]).kept).toEqual(['/still.png', '/moving.gif']);
  expect(outcome([file('/opaque.jpg', { width: 5000 }), file('/cutout.png', { format: 'png', hasAlpha: true })]).kept).toEqual(['/opaque.jpg', '/cutout.png']);
  expect(outcome([file('/opaque.jpg'), file('/cutout.png', { format: 'png', hasAlpha: true })]).kept).toEqual(['/cutout.png']);
});

test('what the user decides overrides the rules, except that protected files and the last one stay', () => {
  const [best, other, third] = [file('/best.jpg', { width: 9000 }), file('/other.jpg'), file('/third.jpg', { width: 100 })];
  expect(outcome([{ ...best, decision: 'remove' }, { ...other, decision: 'keep' }, third])).toEqual({
    kept: ['/other.jpg'], gone: { '/best.jpg': ['decision', 'your decision'], '/third.jpg': ['resolution', '4000×3000 against 100×3000'] },
  });
  // A better one that was not decided on is not given up for a worse one that was.
  expect(outcome([best, { ...other, decision: 'keep' }, third]).kept).toEqual(['/best.jpg', '/other.jpg']);
  expect(outcome([{ ...best, decision: 'remove' }, { ...other, decision: 'keep' }], KEEPER_RULES, false).kept).toEqual(['/best.jpg']);
  const all = [best, other, third].map((one) => ({ ...one, decision: 'remove' as const }));
  expect(outcome(all).kept).toEqual(['/best.jpg']);
  expect(judge(all, KEEPER_RULES, true)[0]).toMatchObject({ held: 'last-copy' });
  const safe = { ...other, isProtected: true, decision: 'remove' as const };
  expect(judge([best, safe], KEEPER_RULES, true)[1]).toMatchObject({ choice: 'keep', rule: 'protected', held: 'protected' });
});

test('every protected file stays, and the best of them stands for the others', () => {
  expect(outcome([file('/p/a.jpg', { isProtected: true, width: 100 }), file('/p/b.jpg', { isProtected: true }), file('/c.jpg', { score: 90 })])).toEqual({
    kept: ['/p/a.jpg', '/p/b.jpg'], gone: { '/c.jpg': ['protected', 'protected against not protected'] },
  });
});

test.each([
  ['a protected thumbnail', { width: 400, height: 267, isProtected: true }, KEEPER_RULES],
  ['a protected cutting', { relation: 'cropped', width: 3900, isProtected: true }, KEEPER_RULES],
  ['a protected framed one', { relation: 'bordered', isProtected: true }, KEEPER_RULES],
  ['an older cutting', { relation: 'cropped', width: 3000, mtimeMs: 1 }, ['oldest']],
  ['an older preview', { width: 1600, height: 1200, mtimeMs: 1 }, ['oldest']],
  ['a preview with the plainer path', { width: 1600, height: 1200 }, ['path']],
  ['a framed one with the plainer path', { relation: 'bordered' }, ['path']],
] as const)('%s does not stand for the whole picture, by whatever rules', (_what, facts, rules) => {
  const [whole, derived] = [file('/deep/er/original.jpg', { isReference: true }), file('/x.jpg', facts)];
  expect(outcome([whole, derived], rules).kept).toContain('/deep/er/original.jpg');
  expect(outcome([derived, whole], rules).kept).toContain('/deep/er/original.jpg');
});

test('a format is no better than another of the same pixels', () => {
  const camera = file('/camera.jpg', { isReference: true, details: 12, pixelSha256: 'aa' });
  expect(outcome([camera, file('/saved.png', { format: 'png', relation: 'identical-pixels', pixelSha256: 'aa', bytes: 9_000_000 })])).toEqual({ kept: ['/camera.jpg'], gone: { '/saved.png': ['metadata', '12 details against 3 details'] } });
  expect(outcome([camera, file('/master.png', { format: 'png', relation: 'near' })]).kept).toEqual(['/master.png']);
  // Formats that lose nothing take nothing from each other.
  expect(outcome([file('/a.png', { format: 'png', pixelSha256: 'cc' }), file('/a.gif', { format: 'gif', pixelSha256: 'cc' }), file('/lossy.jpg', { details: 9 })]).kept).toEqual(['/a.png']);
  // Also of one that is not the group's reference: a PNG saved of a bad JPEG is no better than the good JPEG.
  const [bad, saved] = [file('/bad.jpg', { pixelSha256: 'bb', bytes: 80_000 }), file('/saved.png', { format: 'png', pixelSha256: 'bb', bytes: 9_000_000 })];
  expect(outcome([camera, bad, saved])).toMatchObject({ kept: ['/camera.jpg'], gone: { '/saved.png': ['metadata', expect.any(String)] } });
});

test('what bears a mark does not stand for the picture without it, however sharp or large its lettering makes it', () => {
  const clean = file('/deep/er/clean.jpg', { isReference: true });
  const marked = file('/marked.jpg', { isDerived: true, score: 90, bytes: 2_000_000 });
  expect(outcome([marked, clean])).toEqual({ kept: ['/deep/er/clean.jpg'], gone: { '/marked.jpg': ['whole', 'whole against marked'] } });
  expect(outcome([marked, clean], ['largest']).kept).toContain('/deep/er/clean.jpg');
  // It is all that there is of the larger picture.
  const larger = file('/larger.jpg', { isDerived: true, width: 6000 });
  expect(outcome([clean, larger]).kept).toEqual(['/deep/er/clean.jpg', '/larger.jpg']);
  expect(judge([clean, larger], KEEPER_RULES, true)[1]!.reason).toBe('6000×3000 against 4000×3000, though marked');
  // It may be the one that something was erased from: then the other is the better file.
  expect(outcome([clean, { ...marked, format: 'tiff' }]).kept).toEqual(['/deep/er/clean.jpg', '/marked.jpg']);
  expect(outcome([clean, { ...marked, details: 12 }]).kept).toEqual(['/deep/er/clean.jpg', '/marked.jpg']);
  // What is under its mark may be all that the cutting was made for.
  const small = file('/small.jpg', { isReference: true, width: 2000, height: 1500 });
  expect(outcome([small, file('/crop.jpg', { relation: 'cropped', width: 3000, height: 2250 }), { ...larger, sourceId: 901 }]).kept).toContain('/crop.jpg');
  // Framed, it has all of the picture.
  expect(outcome([marked, file('/framed.jpg', { relation: 'bordered' })]).kept).toContain('/framed.jpg');
});

test('among files that show as much in as many pixels the protected one is first, and a somewhat larger one is kept beside it', () => {
  expect(outcome([file('/p/a.jpg', { isProtected: true, score: 20 }), file('/b.jpg')])).toEqual({ kept: ['/p/a.jpg'], gone: { '/b.jpg': ['protected', 'protected against not protected'] } });
  expect(outcome([file('/p/a.jpg', { isProtected: true }), file('/b.jpg', { width: 4400 }), file('/c.jpg')])).toEqual({
    kept: ['/p/a.jpg', '/b.jpg'], gone: { '/c.jpg': ['resolution', '4400×3000 against 4000×3000'] },
  });
});

test('a group of ten thousand copies is judged in the time it takes to sort them', () => {
  for (const facts of [{ isProtected: true }, { decision: 'keep' }, { decision: 'remove' }] as const) {
    const group = Array.from({ length: 20_000 }, (_, index) => file(`/p/${index}.jpg`, { assetId: 1, ...(index % 2 === 0 ? facts : {}) }));
    const start = performance.now();
    judge(group, KEEPER_RULES, true);
    expect(performance.now() - start).toBeLessThan(2000);
  }
});

test('a copy of the same bytes stands for a removed file before any other', () => {
  const group = [file('/a.jpg', { assetId: 1, isProtected: true, score: 90 }), file('/b.jpg', { assetId: 2, isProtected: true }), file('/c.jpg', { assetId: 2 })];
  expect(judge(group, KEEPER_RULES, true)[2]).toMatchObject({ choice: 'remove', keeper: 1 });
});

test('whatever the group, each file is kept or removed, one that is kept stands for each removed one, and the order in which they come is nothing', () => {
  const random = createRandom(5);
  const some = <Value>(values: readonly Value[]): Value => values[Math.floor(random() * values.length)]!;
  for (let run = 0; run < 400; run += 1) {
    const group = Array.from({ length: 1 + Math.floor(random() * 7) }, (_, index) => file(`/${some(['a', 'b/c', 'd (1)'])}${some(['', index])}.jpg`, {
      relation: some(['near', 'cropped', 'bordered', 'rotated', 'mirrored', 'identical-bytes']), isReference: index === 0, isProtected: random() < 0.1, width: some([100, 400, 4000]),
      bytes: some([1, 2]), frames: some([1, 1, 9]), hasAlpha: random() < 0.2, format: some(['jpeg', 'png', 'gif']), score: random() * 100, details: some([0, 5]),
      mtimeMs: some([null, 1, 1e12]), decision: some([null, null, 'keep', 'remove']), assetId: some([1, 2, 3]),
    }));
    const rules = [...KEEPER_RULES].sort(() => random() - 0.5).slice(0, 1 + Math.floor(random() * 8));
    const judgements = judge(group, rules, true);
    expect(judgements).toHaveLength(group.length);
    expect(judgements.some(({ choice }) => choice === 'keep')).toBe(true);
    for (const [index, { choice, keeper }] of judgements.entries()) {
      if (choice === 'remove') expect(judgements[keeper!]!.choice).toBe('keep');
      if (group[index]!.isProtected) expect(choice).toBe('keep');
      if (group[index]!.decision === 'keep') expect(choice).toBe('keep');
    }
    const turned = [...group].sort(() => random() - 0.5);
    const again = judge(turned, rules, true);
    for (const [index, member] of turned.entries()) {
      const { keeper, ...rest } = again[index]!;
      const { keeper: before, ...same } = judgements[group.indexOf(member)]!;
      expect(rest).toEqual(same);
      expect(keeper === null ? null : turned[keeper]).toEqual(before === null ? null : group[before]);
    }
  }
});
