import { access } from 'node:fs/promises';
import * as z from 'zod';
import type { EngineLink } from '../../host/engine-link.ts';
import { hostError, systemCode } from '../../host/host-error.ts';
import { startLoopbackServer, type LoopbackServer } from '../../server/server.ts';
import { openBrowser } from '../browser.ts';
import { defineCommand, noArguments, wholeNumber, type CommandContext, type ExitStatus } from '../command.ts';
import { formatCount, plural, printable } from '../format.ts';
import { followImports } from '../imports.ts';
import { failedInWords } from '../words.ts';

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
    return await serving(context, link, { port, opens: open }, async ({ url, token }) => {
      if (context.output.isJson) await context.output.json({ url, token });
      else await context.output.text(`Proofsheet is at ${url}`);
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
    const present = await presentPaths(context, paths);
    const link = await context.connect({ work: true });
    // What cannot be taken in is told before anything else is shown.
    const started = present.length === 0 ? undefined : await link.client.ingest.start({ paths: [...present] });
    return await serving(context, link, { port, opens: output.isTerminal && hasDisplay(context) }, async ({ url }) => {
      output.note('Open this address in a browser on this computer; Ctrl-C ends Proofsheet.');
      await output.text(url);
      if (started !== undefined) await tellImports(context, link, started.importIds);
    });
  },
});

/** The paths that exist, absolute. Names the others; rejects with `not-found` when none is left of those that were given. */
async function presentPaths({ output, resolvePath }: CommandContext, paths: readonly string[]): Promise<readonly string[]> {
  const found = await Promise.all(paths.map(resolvePath).map(async (path) => ({ path, exists: await access(path).then(() => true, isHidden) })));
  const missing = found.filter(({ exists }) => !exists).map(({ path }) => printable(path));
  if (missing.length === 0) return found.map(({ path }) => path);
  const sentence = `there is nothing at ${missing.join(', ')}`;
  if (missing.length === paths.length) throw hostError('not-found', sentence);
  output.note(`T${sentence.slice(1)}; it is left out.`);
  return found.filter(({ exists }) => exists).map(({ path }) => path);
}

/** What may not be looked at is there; the engine will say what is wrong with it. */
function isHidden(error: unknown): boolean {
  return systemCode(error) === 'no-permission';
}

/** Serves while `work` runs and after it, until the user ends it or the engine cannot be kept alive. */
async function serving(context: CommandContext, link: EngineLink, { port, opens }: { readonly port: number; readonly opens: boolean }, work: (server: LoopbackServer) => Promise<void>): Promise<ExitStatus> {
  const { rendererFolder, version, platform, interrupt, output } = context;
  const ended = new AbortController();
  const server = await startLoopbackServer({ link, rendererFolder, port, version, platform });
  link.onState((state) => {
    if (state === 'reconnecting') output.note('The engine stopped unexpectedly and is being started again; nothing is lost.');
  });
  const opening = opens ? openBrowser(context, server.url, ended.signal) : undefined;
  try {
    await Promise.race([work(server), link.lost]);
    await Promise.race([interrupt.requested, link.lost]);
    return interrupt.status();
  } finally {
    ended.abort();
    await opening;
    await server.close();
  }
}

async function tellImports(context: CommandContext, { client }: EngineLink, importIds: number[]): Promise<void> {
  const end = await followImports(context, client, importIds);
  if (end.kind !== 'finished') return;
  const { batches, assetsNew, assetsExisting } = await client.ingest.summary({ importIds });
  const sum = (key: 'failed' | 'quarantined'): number => batches.reduce((total, batch) => total + batch[key], 0);
  context.output.note(`Done: ${plural(assetsNew, 'new asset')}, ${formatCount(assetsExisting)} known already, ${failedInWords({ failed: sum('failed'), quarantined: sum('quarantined') })}.`);
}

function hasDisplay({ platform, env }: CommandContext): boolean {
  return platform === 'win32' || platform === 'darwin' || (env['DISPLAY'] ?? env['WAYLAND_DISPLAY'] ?? '') !== '';
}
