import { open } from 'node:fs/promises';
import * as z from 'zod';
import { errorCodeSchema, type Batch, type BatchAggregate, type ErrorCode } from '../../../contract/index.ts';
import type { EngineLink } from '../../host/engine-link.ts';
import { defineCommand, UsageError, type CommandContext, type ExitStatus } from '../command.ts';
import { formatCount, formatTable, plural, printable } from '../format.ts';
import { followImports, listImports, restEngine } from '../imports.ts';
import { cancelledIn, stateInWords } from '../words.ts';

const VERBS = ['export', 'show', 'pause', 'resume', 'retry', 'cancel', 'delete', 'restore', 'related'] as const;
type Verb = (typeof VERBS)[number];
/** These leave items to be worked on, and this command works on them unless another process' engine does. */
const WORKING: ReadonlySet<Verb> = new Set(['resume', 'retry']);

const isVerb = (text: string): text is Verb => VERBS.some((verb) => verb === text);

export const batchCommand = defineCommand({
  name: 'batch',
  usage: ['batch list [--deleted]', `batch ${VERBS.filter((verb) => verb !== 'export').join('|')} ID`, 'batch retry ID [--error CODE]', 'batch export ID [--error CODE] [--out FILE]'],
  summary: 'List, show and steer imports and their parts; an import’s id acts on all its parts.',
  options: {
    error: { type: 'string', value: 'CODE', help: 'retry, export: only items that failed for this reason, e.g. “corrupt”' },
    out: { type: 'string', value: 'FILE', help: 'export: write what failed into this new CSV list instead of printing it' },
    deleted: { type: 'boolean', help: 'list: deleted ones too' },
  },
  arguments: z.tuple([z.literal('list')]).or(z.tuple([z.enum(VERBS), z.string().regex(/^[1-9]\d{0,14}$/)])),
  values: z.strictObject({
    error: z.custom<ErrorCode>((code) => errorCodeSchema.safeParse(code).success, 'must be an error code, e.g. “corrupt”').optional(),
    out: z.string().min(1, 'must not be empty').optional(),
    deleted: z.boolean().default(false),
  }),
  async run(context, [verb, id], { error, out, deleted }) {
    if (error !== undefined && verb !== 'retry' && verb !== 'export') throw new UsageError('--error belongs to “batch retry” and “batch export”');
    if (out !== undefined && verb !== 'export') throw new UsageError('--out belongs to “batch export”');
    if (deleted && verb !== 'list') throw new UsageError('--deleted belongs to “batch list”');
    if (!isVerb(verb)) return await list(context, deleted);
    const link = await context.connect({ work: WORKING.has(verb) });
    const target = { id: Number(id) };
    if (verb === 'export') return await exportFailed(context, link, { batchId: target.id, ...(error === undefined ? {} : { code: error }) }, out);
    if (verb === 'related') return await printBatches(context, await link.client.batches.related(target));
    const batch = verb === 'retry'
      ? await link.client.batches.retry({ ...target, ...(error === undefined ? {} : { code: error }) })
      : await link.client.batches[verb](target);
    if (verb === 'retry') context.output.note(`${plural(batch.queued + batch.running, 'item')} to try again.`);
    if (!WORKING.has(verb) || !link.isOwned()) return await printAggregate(context, batch);
    return await workOff(context, link, batch, verb === 'retry');
  },
});

/** What failed, as a list that can be taken in again: on stdout, or into a new file. */
async function exportFailed({ output, resolvePath }: CommandContext, { client }: EngineLink, of: { readonly batchId: number; readonly code?: ErrorCode }, out: string | undefined): Promise<ExitStatus> {
  if (output.isJson && out === undefined) throw new UsageError('“batch export” with --json needs --out FILE: its own output is a CSV list');
  const path = out === undefined ? undefined : resolvePath(out);
  // Nothing that is there is written over.
  const file = path === undefined ? undefined : await open(path, 'wx').catch((error: unknown) => {
    throw (error as { code?: unknown }).code === 'EEXIST' ? new UsageError(`${path} exists; choose another name`) : error;
  });
  let rows = 0;
  try {
    for (let after: number | null = 0; after !== null;) {
      const page: Awaited<ReturnType<typeof client.ingest.failedList>> = await client.ingest.failedList({ ...of, after });
      await (file === undefined ? output.raw(page.text) : file.appendFile(page.text));
      rows += page.rows;
      after = page.next;
    }
  } finally {
    await file?.close();
  }
  if (output.isJson) await output.json({ path, rows });
  else if (path !== undefined) output.note(printable(`${plural(rows, 'row')} in ${path}`));
  return 0;
}

async function list(context: CommandContext, includeDeleted: boolean): Promise<ExitStatus> {
  const { client } = await context.connect({ work: false });
  return await printBatches(context, await listImports(client, { includeDeleted }));
}

/** Nobody else would do the work: our engine ends with this command. */
async function workOff(context: CommandContext, link: EngineLink, begun: BatchAggregate, isRetry: boolean): Promise<ExitStatus> {
  const { client } = link;
  const { id, parentId } = begun;
  const end = await followImports(context, client, [parentId ?? id], isRetry);
  if (end.kind === 'interrupted') await restEngine(link);
  const batch = await client.batches.show({ id });
  await printAggregate(context, batch);
  if (end.kind === 'interrupted') return context.interrupt.status();
  if (end.kind === 'stuck') return 1;
  const before = new Set(withParts(begun).filter(({ state }) => state === 'cancelled').map((one) => one.id));
  const cancelled = cancelledIn(withParts(batch).filter((one) => !before.has(one.id)));
  if (cancelled !== undefined) {
    context.output.note(printable(cancelled.message));
    return 1;
  }
  return batch.failed > 0 ? 3 : 0;
}

async function printBatches({ output }: CommandContext, batches: readonly Batch[]): Promise<ExitStatus> {
  if (output.isJson) await output.json({ batches });
  else if (batches.length === 0) await output.text('There are no batches.');
  else await output.text(table(batches));
  return 0;
}

async function printAggregate({ output }: CommandContext, batch: BatchAggregate): Promise<ExitStatus> {
  if (output.isJson) await output.json(batch);
  else await output.text(table(withParts(batch)));
  return 0;
}

function withParts(batch: BatchAggregate): readonly Batch[] {
  return [batch, ...batch.parts.filter(({ id }) => id !== batch.id)];
}

function table(batches: readonly Batch[]): string {
  return formatTable(
    [{ title: 'ID', align: 'right' }, { title: 'STATE' }, { title: 'TOTAL', align: 'right' }, { title: 'DONE', align: 'right' }, { title: 'UNCHANGED', align: 'right' }, { title: 'LEFT OUT', align: 'right' }, { title: 'FAILED', align: 'right' }, { title: 'NAME' }],
    batches.map(({ id, total, done, failed, quarantined, skipped, unchanged, name, ...batch }) => [
      String(id), stateInWords(batch), ...[total, done, unchanged, skipped - unchanged].map(formatCount),
      formatCount(failed) + (quarantined === 0 ? '' : ` (${formatCount(quarantined)} in quarantine)`), name,
    ]),
  );
}
