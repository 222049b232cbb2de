// Prepares the checkout (Node 24, packages, the window's files) and runs one command. Node built-ins only, Node ≥ 20.
import { join } from 'node:path';
import { ensureDependencies } from './bootstrap/dependencies.mjs';
import { desktopLaunch, inBrowser } from './bootstrap/electron.mjs';
import { BootstrapError, say } from './bootstrap/report.mjs';
import { ensureDesktopBuild, ensureRenderer } from './bootstrap/build.mjs';
import { ensureNode } from './bootstrap/node-runtime.mjs';
import { runElectron, runInForeground } from './bootstrap/child.mjs';
import { root } from './bootstrap/root.mjs';

const COMMANDS = ['start', 'cli', 'test', 'check', 'bench', 'build', 'package'];

try {
  await run(process.argv[2] ?? '', process.argv.slice(3));
} catch (error) {
  if (!(error instanceof BootstrapError)) throw error;
  say(error.message);
  process.exitCode = 1;
}

/** @param {string} command @param {readonly string[]} args */
async function run(command, args) {
  if (!COMMANDS.includes(command)) {
    say(`usage: node scripts/run.mjs ${COMMANDS.join('|')} [arguments]`);
    process.exitCode = 2;
    return;
  }
  const node = await ensureNode(root);
  await ensureDependencies(root, node);
  if (needsRenderer(command, args)) await ensureRenderer(root, node);
  // The user's paths are relative to where npm was called, while npm runs scripts in the package's root.
  // Sources are stripped of their types and compiled once, not at every start: it halves the time to the first answer.
  const env = { NODE_COMPILE_CACHE: join(root, 'out/compile-cache'), ...process.env, PROOFSHEET_CWD: process.env['INIT_CWD'] ?? process.cwd() };
  const script = (/** @type {string} */ name) => join(root, 'scripts', name);
  const cli = join(root, 'src/main/cli/main.ts');

  if (command === 'start') {
    const desktop = await desktopLaunch(root, node);
    if (desktop.kind === 'electron') {
      await ensureDesktopBuild(root, node);
      say(inBrowser(await runElectron(desktop.executable, [root, ...args], { ...env, PROOFSHEET_NODE: node })).reason);
    } else {
      say(desktop.reason);
    }
    // Reached only where there is no window of our own.
    runInForeground(node, [cli, 'start', ...args], env);
  } else if (command === 'cli') {
    runInForeground(node, [cli, ...args], env);
  } else if (command === 'bench') {
    runInForeground(node, [join(root, 'bench/main.ts'), ...args], env);
  } else {
    runInForeground(node, [script(`${command}.ts`), ...args], { ...env, PROOFSHEET_NODE: node });
  }
}

/** Tests named one by one need the built window only when they drive it. @param {string} command @param {readonly string[]} args */
function needsRenderer(command, args) {
  if (command === 'cli') return ['serve', 'start'].includes(args[0] ?? '');
  const files = args.filter((arg) => !arg.startsWith('-'));
  if (command === 'test') return files.length === 0 || files.some((file) => /e2e|desktop|renderer/.test(file));
  return ['start', 'check', 'bench'].includes(command);
}
