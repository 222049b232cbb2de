import { defineTask } from '../../src/main/engine/tasks/define-task.ts';
import { serveTasks } from '../../src/main/engine/tasks/serve.ts';

/** Spins for ever when told to, as a decoder does that walks in a circle. */
export default serveTasks([
  defineTask<boolean, string>({
    name: 'hang',
    run(isHanging) {
      while (isHanging);
      return Promise.resolve('done');
    },
  }),
]);
