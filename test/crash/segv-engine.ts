import { runEngineProcess } from '../../src/main/engine/engine-process.ts';
import { ENGINE_FILES } from '../support/engine-files.ts';

await runEngineProcess(process.argv.slice(2), { ...ENGINE_FILES, worker: new URL('./segv-task.ts', import.meta.url) });
