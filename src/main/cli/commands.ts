import type { Command } from './command.ts';
import { assetsCommand } from './commands/assets.ts';
import { batchCommand } from './commands/batch.ts';
import { checkUrlCommand } from './commands/check-url.ts';
import { cleanupCommand } from './commands/cleanup.ts';
import { compareCommand } from './commands/compare.ts';
import { duplicatesCommand } from './commands/duplicates.ts';
import { ingestCommand } from './commands/ingest.ts';
import { inspectCommand } from './commands/inspect.ts';
import { itemsCommand } from './commands/items.ts';
import { metricsCommand } from './commands/metrics.ts';
import { purgeCommand } from './commands/purge.ts';
import { quarantineCommand } from './commands/quarantine.ts';
import { similarCommand } from './commands/similar.ts';
import { serveCommand, startCommand } from './commands/serve.ts';

/** In the order of the help. A new command is one file and one line here. */
export const COMMANDS: readonly Command[] = [
  ingestCommand, inspectCommand, itemsCommand, assetsCommand, duplicatesCommand, similarCommand, compareCommand, batchCommand, cleanupCommand, quarantineCommand, metricsCommand, purgeCommand, checkUrlCommand, serveCommand, startCommand,
];
