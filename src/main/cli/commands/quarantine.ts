import * as z from 'zod';
import type { QuarantineItem } from '../../../contract/index.ts';
import type { EngineClient } from '../../host/engine-client.ts';
import { defineCommand, UsageError, wholeNumber, type CommandContext, type ExitStatus } from '../command.ts';
import { formatBytes, formatTable, plural } from '../format.ts';
import { describeSkipped, statusOf, withOperationProgress } from '../operations.ts';
import { collect, readPages } from '../pages.ts';

const PAGE = 1000;
const IDS_AT_ONCE = 5000;
const NUMBER = z.string().regex(/^[1-9]\d{0,14}$/);

export const quarantineCommand = defineCommand({
  name: 'quarantine',
  usage: ['quarantine list', 'quarantine restore [ID…]', 'quarantine empty [--days N] [--apply]'],
  summary: 'What a cleanup has set aside: list it, put it back, or delete it for good.',
  options: {
    days: { type: 'string', value: 'N', help: 'empty: only what has been there for N days (default 0)' },
    apply: { type: 'boolean', help: 'empty: really delete the files; without it, only tell what would be deleted' },
  },
  arguments: z.tuple([z.enum(['list', 'empty'])]).or(z.tuple([z.literal('restore')], NUMBER)),
  values: z.strictObject({ days: wholeNumber(0, 36_500).optional(), apply: z.boolean().optional() }),
  async run(context, [verb, ...ids], { days, apply }) {
    if (verb !== 'empty' && (days !== undefined || apply !== undefined)) throw new UsageError(`--${days === undefined ? 'apply' : 'days'} belongs to “quarantine empty”`);
    const { client } = await context.connect({ work: false });
    switch (verb) {
      case 'list': return await list(context, client);
      case 'restore': return await restore(context, client, ids.map(Number));
      case 'empty': return await empty(context, client, days ?? 0, apply ?? false);
    }
  },
});

async function list({ output, interrupt }: CommandContext, client: EngineClient): Promise<ExitStatus> {
  const all = async function* (): AsyncGenerator<QuarantineItem> {
    for await (const page of readPages(async (after, limit) => (await client.cleanup.quarantine({ after, limit })).items, PAGE, interrupt.signal)) yield* page;
  };
  if (output.isJson) {
    const { total, bytes } = await client.cleanup.quarantine({ limit: 1 });
    await output.jsonLists({ total, bytes }, { items: all() });
    return 0;
  }
  const items = await collect(all());
  if (items.length === 0) await output.text('The quarantine is empty.');
  else {
    await output.text(formatTable(
      [{ title: 'ID', align: 'right' }, { title: 'OPERATION', align: 'right' }, { title: 'SIZE', align: 'right' }, { title: 'SINCE' }, { title: 'WAS' }],
      items.map(({ id, operationId, bytes: size, movedAt, path }) => [String(id), String(operationId), formatBytes(size), movedAt, path]),
    ));
    await output.text(`${plural(items.length, 'file')}, ${formatBytes(items.reduce((sum, { bytes }) => sum + bytes, 0))}`);
  }
  return 0;
}

async function restore(context: CommandContext, client: EngineClient, ids: readonly number[]): Promise<ExitStatus> {
  const { output } = context;
  if (ids.length > IDS_AT_ONCE) throw new UsageError(`at most ${String(IDS_AT_ONCE)} files can be named at once; without any, all are put back`);
  const result = await withOperationProgress(context, client, { isOurs: () => false }, (token) => client.cleanup.restore({ token, ...(ids.length === 0 ? {} : { ids: [...ids] }) }));
  if (output.isJson) await output.json(result);
  else {
    await output.text(`${plural(result.restored, 'file')} (${formatBytes(result.bytes)}) put back.`);
    describeSkipped(output, result);
  }
  return statusOf(context, result.skippedCount);
}

async function empty(context: CommandContext, client: EngineClient, days: number, apply: boolean): Promise<ExitStatus> {
  const { output } = context;
  const report = await withOperationProgress(context, client, { isOurs: () => false }, (token) => client.cleanup.emptyQuarantine({ days, apply, token }));
  if (output.isJson) await output.json(report);
  else {
    await output.text(report.dryRun
      ? `${plural(report.found, 'file')} (${formatBytes(report.bytesToFree)}) would be deleted for good. Run again with --apply to delete them.`
      : `${plural(report.deletedCount, 'file')} (${formatBytes(report.deletedBytes)}) deleted for good.`);
    describeSkipped(output, { skipped: report.errors, skippedCount: report.skippedCount });
  }
  return statusOf(context, report.skippedCount);
}
