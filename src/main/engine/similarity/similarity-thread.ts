import { parentPort, workerData } from 'node:worker_threads';
import Database from 'better-sqlite3';
import type { Level } from '../../../contract/index.ts';
import { createGroups } from './groups.ts';
import { createCandidates } from './index-candidates.ts';
import type { StoredFingerprint } from './index-distance.ts';

/** What can be asked, by the name of the question. */
export type SimilarityQuestion =
  | { readonly ask: 'pending'; readonly limit: number }
  | { readonly ask: 'candidates'; readonly fingerprint: StoredFingerprint }
  | { readonly ask: 'counts' }
  | { readonly ask: 'page'; readonly level: Level; readonly start: number; readonly count: number; readonly members: number }
  | { readonly ask: 'rankOf'; readonly level: Level; readonly groupId: string }
  | { readonly ask: 'ranksOfAssets'; readonly level: Level; readonly assetIds: readonly number[] }
  | { readonly ask: 'forgetNames'; readonly level: Level };

export interface SimilarityRequest {
  readonly request: number;
  readonly question: SimilarityQuestion;
}

export type SimilarityAnswer =
  | { readonly request: number; readonly result: unknown }
  | { readonly request: number; readonly error: string };

const port = parentPort;
if (!port) throw new Error('similarity-thread.ts runs as a worker thread');
const { path } = workerData as { readonly path: string };
const db = new Database(path, { readonly: true });
db.pragma('cache_size = -32768');
// Neither reads anything before it is asked.
const candidates = createCandidates(db);
const groups = createGroups(db);

port.on('message', ({ request, question }: SimilarityRequest) => {
  try {
    port.postMessage({ request, result: answer(question) } satisfies SimilarityAnswer);
  } catch (error) {
    port.postMessage({ request, error: error instanceof Error ? (error.stack ?? error.message) : String(error) } satisfies SimilarityAnswer);
  }
});

function answer(question: SimilarityQuestion): unknown {
  switch (question.ask) {
    case 'pending': return candidates.pending(question.limit);
    case 'candidates': return candidates.of(question.fingerprint);
    case 'counts': return candidates.counts();
    case 'page': return groups.page(question.level, question.start, question.count, question.members);
    case 'rankOf': return groups.rankOf(question.level, question.groupId);
    case 'forgetNames': return groups.forgetNames(question.level);
    case 'ranksOfAssets': return groups.ranksOfAssets(question.level, question.assetIds);
  }
}
