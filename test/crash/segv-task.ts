import { ingestTask, type IngestInput } from '../../src/main/engine/ingest/ingest-task.ts';
import { defineTask } from '../../src/main/engine/tasks/define-task.ts';
import { serveTasks } from '../../src/main/engine/tasks/serve.ts';

/** The real ingest, but a file named `deadly…` takes the whole process down natively, as a broken decoder would. */
export default serveTasks([
  defineTask<IngestInput, unknown>({
    name: 'ingest',
    run(input, context) {
      if (String(input.path).includes('deadly')) process.kill(process.pid, 'SIGSEGV');
      return ingestTask.run(input, context);
    },
  }),
]);
