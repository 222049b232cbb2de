import { readFileSync } from 'node:fs';
import { extname, join } from 'node:path';
import process from 'node:process';
import * as z from 'zod';
import { COMMANDS } from './commands.ts';
import { watchInterrupts } from './interrupt.ts';
import { runProgram } from './run.ts';

/** In a checkout the sources run as they are; a package holds everything beside this file, and the window one up. */
const isCheckout = extname(import.meta.filename) === '.ts';
const here = import.meta.dirname;
const root = join(here, isCheckout ? '../../..' : '../..');
const { version } = z.object({ version: z.string() }).parse(JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')));

process.exit(await runProgram({
  commands: COMMANDS,
  argv: process.argv.slice(2),
  env: process.env,
  cwd: process.env['PROOFSHEET_CWD'] ?? process.cwd(),
  platform: process.platform,
  version,
  launch: { entry: isCheckout ? join(here, '../engine/main.ts') : join(here, 'engine.js'), node: process.execPath, env: process.env },
  rendererFolder: join(root, 'out/renderer'),
  streams: process,
  interrupt: watchInterrupts(process),
  elapsedSeconds: () => process.uptime(),
}));
