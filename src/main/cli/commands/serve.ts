import * as z from 'zod';
import { spawn } from 'node:child_process';
import type { EngineLink } from '../../host/engine-link.ts';
import { startLoopbackServer, type LoopbackServer } from '../../server/server.ts';
import { defineCommand, noArguments, wholeNumber, type CommandContext, type ExitStatus } from '../command.ts';
import { formatCount, plural } from '../format.ts';
import { followImports } from '../imports.ts';
import type { Output } from '../output.ts';

export const serveCommand = defineCommand({
  name: 'serve',
  usage: ['serve [--port N] [--open]'],
  summary: 'Show the window in a browser, on 127.0.0.1 only, until stopped.',
  options: {
    port: { type: 'string', value: 'N', help: 'the port (default: any free one)' },
    open: { type: 'boolean', help: 'open the user’s browser' },
  },
  arguments: noArguments,
  values: z.strictObject({ port: wholeNumber(0, 65_535).default(0), open: z.boolean().default(false) }),
  async run(context, _none, { port, open }) {
    const link = await context.connect({ work: true });
    return await serving(context, link, port, async ({ url, token }) => {
      if (context.output.isJson) await context.output.json({ url, token });
      else await context.output.text(`Proofsheet is at ${url}`);
      if (open) openBrowser(context, url);
    });
  },
});

/** What `npm start` runs where there is no window of our own: the window in the browser, and an import if paths are given. */
export const startCommand = defineCommand({
  name: 'start',
  isHidden: true,
  usage: ['start [path…]'],
  summary: 'Show the window in the browser and take in the given paths.',
  options: { port: { type: 'string', value: 'N', help: 'the port (default: any free one)' } },
  arguments: z.array(z.string().min(1)),
  values: z.strictObject({ port: wholeNumber(0, 65_535).default(0) }),
  async run(context, paths, { port }) {
    const { output } = context;
    const link = await context.connect({ work: true });
    return await serving(context, link, port, async ({ url }) => {
      output.note('Open this address in a browser on this computer; Ctrl-C ends Proofsheet.');
      await output.text(url);
      if (output.isTerminal && hasDisplay(context)) openBrowser(context, url);
      if (paths.length > 0) await ingest(context, link, paths.map(context.resolvePath));
    });
  },
});

/** Serves while `work` runs and after it, until the user ends it or the engine cannot be kept alive. */
async function serving(context: CommandContext, link: EngineLink, port: number, work: (server: LoopbackServer) => Promise<void>): Promise<ExitStatus> {
  const { rendererFolder, version, platform, interrupt, output } = context;
  const server = await startLoopbackServer({ link, rendererFolder, port, version, platform });
  link.onState((state) => {
    if (state === 'reconnecting') output.note('The engine stopped unexpectedly and is being started again; nothing is lost.');
  });
  try {
    await work(server);
    await Promise.race([interrupt.requested, link.lost]);
    return interrupt.status();
  } finally {
    await server.close();
  }
}

async function ingest(context: CommandContext, { client }: EngineLink, paths: readonly string[]): Promise<void> {
  const { importIds } = await client.ingest.start({ paths: [...paths] });
  const end = await followImports(context, client, importIds);
  if (end.kind !== 'finished') return;
  const { batches, assetsNew, assetsExisting } = await client.ingest.summary({ importIds });
  const failed = batches.reduce((total, batch) => total + batch.failed, 0);
  context.output.note(`Done: ${plural(assetsNew, 'new asset')}, ${formatCount(assetsExisting)} known already, ${formatCount(failed)} failed.`);
}

function hasDisplay({ platform, env }: CommandContext): boolean {
  return platform === 'win32' || platform === 'darwin' || (env['DISPLAY'] ?? env['WAYLAND_DISPLAY'] ?? '') !== '';
}

function openBrowser({ platform, output }: { readonly platform: NodeJS.Platform; readonly output: Output }, url: string): void {
  const [program, ...args] = platform === 'darwin' ? ['open'] : platform === 'win32' ? ['rundll32', 'url.dll,FileProtocolHandler'] : ['xdg-open'];
  const browser = spawn(program, [...args, url], { stdio: 'ignore', detached: true });
  browser.on('error', () => { output.note('No browser could be opened; open the address yourself.'); });
  browser.unref();
}
