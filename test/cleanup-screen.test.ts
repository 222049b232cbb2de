import { describe, expect, test } from 'vitest';
import { type Facts, type Operation, TRANSFORMS, type ReviewGroup, type ReviewMember } from '../src/contract/index.ts';
import { lastDecision, remember, type Act } from '../src/renderer/cleanup/acts.ts';
import { createDecisionQueue } from '../src/renderer/cleanup/decision-queue.ts';
import { accept, choose, nextOpen, pairsWithOthers, summarize, undoOf, withChoices } from '../src/renderer/cleanup/decisions.ts';
import { factsText } from '../src/renderer/cleanup/facts-text.ts';
import { leftText } from '../src/renderer/cleanup/left-text.ts';
import { evidenceText } from '../src/renderer/cleanup/member-text.ts';
import { answer, hasPairs, nextPair, type PairAnswer } from '../src/renderer/cleanup/pairs.ts';
import { operationOf } from '../src/renderer/cleanup/plan-queries.ts';
import { transformBetween } from '../src/renderer/cleanup/transform-between.ts';
import { moved } from '../src/renderer/cleanup/useRules.ts';
import { undoing } from '../src/renderer/compare/view.ts';
import { createFormat } from '../src/renderer/i18n/format.ts';
import { createI18n } from '../src/renderer/i18n/setup.ts';

/** The first is what the rules would keep; `assets` says which members are the same content. */
function group(count: number, assets: readonly number[] = [], change: Readonly<Record<number, Partial<ReviewMember>>> = {}): ReviewGroup {
  const members = Array.from({ length: count }, (_, index): ReviewMember => ({
    assetId: assets[index] ?? index + 1, sourceId: index + 1, sha256: '0'.repeat(64), path: `/photos/${index}.jpg`, name: `${index}.jpg`, isReference: index === 0, isDerived: false,
    relation: 'near', transform: 'identity', distance: 2, similarity: 0.99, format: 'jpeg', width: 100, height: 80, bytes: 1000, placeholder: '#808080', takenAt: null, modifiedAt: null,
    isProtected: false, suggestion: index === 0 ? 'keep' : 'remove', rule: 'resolution', reason: '', facts: null, decision: null, ...change[index],
  }));
  return { id: 'g', isDecided: members.every(({ decision }) => decision !== null), members };
}

const decisionsOf = ({ members }: ReviewGroup): string => members.map(({ decision }) => decision?.[0] ?? '-').join('');

describe('a decision', () => {
  test('about one file leaves the others open, until only one can stay', () => {
    const three = group(3);
    const first = choose(three, 2, 'remove');
    expect(first).toEqual([{ sourceId: 2, choice: 'remove' }]);
    const next = withChoices(three, first as never);
    expect(choose(next, 3, 'remove')).toEqual([{ sourceId: 3, choice: 'remove' }, { sourceId: 1, choice: 'keep' }]);
    expect(choose(group(2), 1, 'remove')).toEqual([{ sourceId: 1, choice: 'remove' }, { sourceId: 2, choice: 'keep' }]);
  });

  test('is refused for the last one that would stay, and for protected files', () => {
    const decided = group(2, [], { 0: { decision: 'remove' }, 1: { decision: 'keep' } });
    expect(choose(decided, 2, 'remove')).toBe('last-copy');
    expect(choose(group(2, [], { 1: { isProtected: true } }), 2, 'remove')).toBe('protected');
    expect(choose(group(2, [], { 1: { isProtected: true } }), 2, 'keep')).toEqual([{ sourceId: 2, choice: 'keep' }]);
  });

  test('that accepts the suggestion keeps what was decided before, and one file in any case', () => {
    expect(decisionsOf(withChoices(group(3), accept(group(3))))).toBe('krr');
    const rejected = group(3, [], { 0: { decision: 'remove' } });
    expect(decisionsOf(withChoices(rejected, accept(rejected)))).toBe('rkr');
    expect(summarize(rejected)).toEqual({ keep: 1, remove: 2, bytes: 2000 });
    const kept = group(3, [], { 2: { decision: 'keep' } });
    expect(decisionsOf(withChoices(kept, accept(kept)))).toBe('krk');
  });

  test('can be taken back to exactly what was before', () => {
    const before = group(3, [], { 1: { decision: 'keep' } });
    const choices = accept(before);
    const after = withChoices(before, choices);
    expect(after.isDecided).toBe(true);
    expect(withChoices(after, undoOf(before, choices))).toEqual(before);
  });

  test('that parts an image names every other content once', () => {
    expect(pairsWithOthers(group(4, [7, 7, 8, 9]), 7)).toEqual([{ a: 7, b: 8 }, { a: 7, b: 9 }]);
    expect(pairsWithOthers(group(2, [7, 7]), 7)).toEqual([]);
  });
});

describe('the next open group', () => {
  const ranks = (states: string) => (rank: number): ReviewGroup | undefined =>
    states[rank] === '?' ? undefined : group(2, [], states[rank] === 'd' ? { 0: { decision: 'keep' }, 1: { decision: 'remove' } } : {});

  test('is searched behind, then round from the beginning, and not guessed', () => {
    expect(nextOpen(ranks('dodo'), 1, 4)).toBe(3);
    expect(nextOpen(ranks('dodo'), 3, 4)).toBe(1);
    expect(nextOpen(ranks('oddd'), -1, 4)).toBe(0);
    expect(nextOpen(ranks('dddd'), 2, 4)).toBe('none');
    expect(nextOpen(ranks('dd?o'), 1, 4)).toBe('unknown');
    expect(nextOpen(ranks('do?d'), 0, 4)).toBe(1);
  });
});

describe('pair by pair', () => {
  /** What is asked when every question is answered so. */
  const asked = (start: ReviewGroup, answers: readonly PairAnswer[]): { readonly pairs: readonly string[]; readonly end: string } => {
    let current = start;
    const pairs: string[] = [];
    for (const which of answers) {
      const pair = nextPair(current);
      if (!pair) break;
      pairs.push(`${pair.left.assetId}-${pair.right.assetId} ${pair.place}/${pair.total}`);
      current = withChoices(current, answer(pair, which));
    }
    expect(nextPair(current)).toBeNull();
    return { pairs, end: decisionsOf(current) };
  };

  test('each image is shown once, beside the best so far', () => {
    expect(asked(group(4), ['left', 'left', 'left'])).toEqual({ pairs: ['1-2 1/3', '1-3 2/3', '1-4 3/3'], end: 'krrr' });
    expect(asked(group(4), ['right', 'left', 'right'])).toEqual({ pairs: ['1-2 1/3', '2-3 2/3', '2-4 3/3'], end: 'rrrk' });
    expect(asked(group(3), ['both', 'left'])).toEqual({ pairs: ['1-2 1/2', '1-3 2/2'], end: 'kkr' });
  });

  test('copies of one content are one candidate and do what the rules suggest', () => {
    expect(asked(group(4, [1, 2, 2, 1]), ['left']).end).toBe('krrr');
    expect(asked(group(4, [1, 2, 2, 1]), ['right']).end).toBe('rkrr');
    expect(hasPairs(group(2, [5, 5]))).toBe(false);
    expect(nextPair(group(2, [5, 5]))).toBeNull();
  });

  test('what was decided about single copies before stays so', () => {
    expect(asked(group(4, [1, 1, 2, 2], { 1: { decision: 'keep' }, 3: { decision: 'remove' } }), ['both']).end).toBe('kkkr');
    expect(asked(group(3, [1, 1, 2], { 0: { decision: 'remove' }, 1: { decision: 'keep' } }), ['left']).end).toBe('rkr');
    expect(asked(group(3, [1, 1, 2], { 0: { decision: 'remove' } }), ['left']).end).toBe('rkr');
  });

  test('nothing protected goes with a candidate that is turned down', () => {
    expect(asked(group(3, [1, 2, 2], { 2: { isProtected: true } }), ['left']).end).toBe('krk');
  });
});

describe('what can be undone', () => {
  const decide: Act = { kind: 'decide', level: 'similar', groupId: 'g', rank: 0, sourceId: 1, before: [] };

  test('is the last act; decisions are history once files have been moved', () => {
    const acts = remember(remember([], decide), { kind: 'operation', operationId: 4 });
    expect(acts).toEqual([{ kind: 'operation', operationId: 4 }]);
    expect(lastDecision(acts)).toBeUndefined();
    expect(lastDecision(remember(remember(acts, decide), { kind: 'rules', before: [] }))).toBe(decide);
  });

  test('is sent in the order in which it was done, whatever fails on the way', async () => {
    const queue = createDecisionQueue();
    const sent: number[] = [];
    const failing = queue.add(async () => { sent.push(1); return await Promise.reject(new Error('lost')); });
    const second = queue.add(async () => { await Promise.resolve(); sent.push(2); return 'two'; });
    await expect(failing).rejects.toThrow('lost');
    void second.then(() => queue.add(async () => { sent.push(3); return await Promise.resolve(); }));
    await queue.idle();
    expect(await second).toBe('two');
    expect(sent.slice(0, 2)).toEqual([1, 2]);
  });
});

test('an operation that still waits for its disk is not taken for the one that applies the plan', () => {
  const operation = (id: number, planId: number, state: Operation['state']): Operation => ({
    id, kind: 'cleanup', mode: 'quarantine', state, planId, planned: 9, moved: 4, skipped: 0, restored: 0, unreachable: 0, bytes: 0, createdAt: '2024-05-01T00:00:00Z', finishedAt: null,
  });
  const earlier = [operation(2, 7, 'applied'), operation(1, 6, 'running')];
  expect(operationOf(earlier, 7)).toBeUndefined();
  expect(operationOf(earlier, 8)).toBeUndefined();
  expect(operationOf([operation(3, 8, 'running'), ...earlier], 8)?.id).toBe(3);
});

test('what cannot be reached is told beside what was left alone', () => {
  const told = (language: 'en' | 'de', skipped: number, unreachable: number): string => leftText(createI18n(language).t, createFormat(language), { skipped, unreachable });
  expect(told('en', 2, 1)).toBe('2 files were left alone. 1 file cannot be reached: whether it was moved is found out by itself once its volume is back.');
  expect(told('en', 2, 0)).toBe('2 files were left alone.');
  expect(told('de', 0, 1200)).toMatch(/^1\.200 Dateien sind nicht erreichbar: /);
});

describe('what is shown of a file', () => {
  test('what is not the same is never called a hundred per cent alike', () => {
    const { t } = createI18n('en');
    const tell = (change: Partial<ReviewMember>): string => evidenceText(t, createFormat('en'), { isReference: false, isDerived: false, relation: 'near', transform: 'identity', similarity: 0.9997, ...change });
    expect(tell({})).toBe('Nearly the same · 99%');
    expect(tell({ relation: 'identical-pixels', similarity: 1 })).toBe('Same pixels');
    expect(tell({ relation: 'rotated', transform: 'rotate-90', similarity: 0.951 })).toBe('Turned 90° · 95%');
    expect(tell({ isReference: true })).toBe('Reference');
  });

  test('what decided is worded in the language of the window', () => {
    const facts: Facts = { despite: 'cropped', better: { kind: 'size', width: 900, height: 600 }, worse: { kind: 'size', width: 800, height: 533 } };
    const told = (language: 'en' | 'de', of: Facts | null): string => factsText(createI18n(language).t, createFormat(language), of);
    expect(told('en', facts)).toBe('900 × 600 against 800 × 533, though cropped');
    expect(told('de', facts)).toBe('900 × 600 gegen 800 × 533, obwohl beschnitten');
    expect(told('de', { despite: null, better: { kind: 'bytes', bytes: 1_500_000 }, worse: { kind: 'bytes', bytes: 2e6 } })).toBe('1,5 MB gegen 2 MB');
    expect(told('de', { despite: null, better: { kind: 'bytes', bytes: 1_500_002 }, worse: { kind: 'bytes', bytes: 1_500_001 } })).toBe('1.500.002 Byte gegen 1.500.001 Byte');
    expect(told('en', { despite: null, better: { kind: 'path', path: '/a/b/c.jpg' }, worse: { kind: 'path', path: 'C:\\d\\e\\c (1).jpg' } })).toBe('b/c.jpg against e/c (1).jpg');
    expect(told('en', { despite: null, better: { kind: 'protected', isProtected: true }, worse: null })).toBe('in a protected folder');
    expect(told('en', null)).toBe('');
  });

  test('two versions of a third are aligned to each other', () => {
    for (const a of TRANSFORMS) {
      expect(transformBetween('identity', a)).toBe(a);
      expect(transformBetween(a, a)).toBe('identity');
      for (const b of TRANSFORMS) {
        // Undoing what lies between brings b to where a is; undoing a then brings it upright, as undoing b would.
        const [p, q, r, s] = undoing(transformBetween(a, b));
        const [e, f, g, h] = undoing(a);
        expect([e * p + g * q, f * p + h * q, e * r + g * s, f * r + h * s].map((value) => value + 0)).toEqual(undoing(b).map((value) => value + 0));
      }
    }
  });

  test('a rule that is moved takes its new place, the others keep their order', () => {
    expect(moved(['a', 'b', 'c', 'd'], 3, 0)).toEqual(['d', 'a', 'b', 'c']);
    expect(moved(['a', 'b', 'c', 'd'], 0, 2)).toEqual(['b', 'c', 'a', 'd']);
  });
});
