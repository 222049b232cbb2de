import { ingestTask } from './ingest/ingest-task.ts';
import { pixelHashTask } from './ingest/pixel-hash-task.ts';
import { serveTasks } from './tasks/serve.ts';

/** The one worker file: every task the pool can run. */
export default serveTasks([ingestTask, pixelHashTask]);
