import { isMainThread } from 'node:worker_threads';
import { drawableTask } from './assets/drawable-task.ts';
import { tilesTask } from './assets/tiles-task.ts';
import { compareTask } from './compare/compare-task.ts';
import { ingestTask } from './ingest/ingest-task.ts';
import { lookAtFileTask } from './similarity/look-at-file-task.ts';
import { pixelHashTask } from './similarity/pixel-hash-task.ts';
import { verifyPairsTask } from './similarity/verify-pairs-task.ts';
import { restrictLoaders } from './pixels/decode/loaders.ts';
import { serveTasks } from './tasks/serve.ts';

// The pool's threads share a process, which the engine prepares before it starts them; a lone worker is its own.
if (isMainThread) restrictLoaders();

/** The one worker file: every task the pool can run. */
export default serveTasks([compareTask, drawableTask, tilesTask, ingestTask, lookAtFileTask, pixelHashTask, verifyPairsTask]);
