import type { Fact, Facts, KeeperRule, Shape, Transform } from '../../../contract/index.ts';
import type { Candidate } from './keeper-rules.ts';

/** What a rule weighs a file by. */
export const FACTS: Readonly<Record<KeeperRule, (member: Candidate) => Fact>> = {
  protected: ({ isProtected }) => ({ kind: 'protected', isProtected }),
  whole: (member) => ({ kind: 'shape', shape: shapeOf(member) }),
  resolution: sizeFact,
  upright: () => ({ kind: 'shape', shape: 'upright' }),
  quality: ({ score }) => ({ kind: 'quality', score: Math.round(score) }),
  format: ({ format }) => ({ kind: 'format', format }),
  metadata: ({ details }) => ({ kind: 'details', details }),
  oldest: ({ mtimeMs }) => ({ kind: 'written', at: mtimeMs === null ? null : new Date(Math.trunc(mtimeMs)).toISOString() }),
  largest: ({ bytes }) => ({ kind: 'bytes', bytes }),
  path: ({ path }) => ({ kind: 'path', path }),
};

/** What tells two files apart by a rule. */
export function weigh(rule: KeeperRule, better: Candidate, worse: Candidate): Facts {
  // One of them is turned as it is seen from the other, whichever the group's reference is.
  const turn = turnOf(worse) === 'identity' ? turnOf(better) : turnOf(worse);
  const turned = turn.startsWith('rotate') ? 'rotated' : 'mirrored';
  return { despite: null, better: FACTS[rule](better), worse: rule === 'upright' ? { kind: 'shape', shape: turned } : FACTS[rule](worse) };
}

/** How it lies against the reference of its group. */
export function turnOf({ isReference, transform }: Candidate): Transform {
  return isReference ? 'identity' : transform;
}

export const IN_PROTECTED: Facts = { despite: null, better: { kind: 'protected', isProtected: true }, worse: null };

export function sizeFact({ width, height }: Candidate): Fact {
  return { kind: 'size', width, height };
}

/** `4000×3000 against 1600×1200`, in English; null stands for a decision of the user. */
export function sentenceOf(facts: Facts | null): string {
  if (facts === null) return 'your decision';
  if (facts === IN_PROTECTED) return 'in a protected folder';
  const [better, worse] = [wordOf(facts.better), facts.worse && wordOf(facts.worse)];
  return `${worse === null || better === worse ? better : `${better} against ${worse}`}${facts.despite === null ? '' : `, though ${facts.despite}`}`;
}

/** What was done to the picture of the group. */
export function shapeOf({ relation, isReference, isDerived }: Candidate): Shape {
  if (isReference || !isDerived) return 'whole';
  return relation === 'cropped' || relation === 'bordered' ? relation : 'marked';
}

function wordOf(fact: Fact): string {
  switch (fact.kind) {
    case 'protected': return fact.isProtected ? 'protected' : 'not protected';
    case 'shape': return fact.shape;
    case 'size': return `${fact.width}×${fact.height}`;
    case 'quality': return `quality ${fact.score}`;
    case 'format': return fact.format.toUpperCase();
    case 'details': return `${fact.details} details`;
    case 'written': return fact.at === null ? 'no date' : fact.at.slice(0, 19).replace('T', ' ');
    case 'bytes': return `${fact.bytes.toLocaleString('en')} bytes`;
    case 'frames': return `${fact.frames} frames`;
    case 'transparency': return fact.isThere ? 'transparency' : 'none';
    case 'path': return fact.path;
  }
}
