import * as z from 'zod';
import type { ErrorCode, IngestOptions, IngestSummary, Review } from '../../../contract/index.ts';
import type { EngineClient } from '../../host/engine-client.ts';
import type { EngineLink } from '../../host/engine-link.ts';
import { hostError } from '../../host/host-error.ts';
import { defineCommand, wholeNumber, type CommandContext, type ExitStatus } from '../command.ts';
import { beforeFollowing, joinFollowing } from '../follow.ts';
import { formatBytes, formatCount, formatDuration, plural, printable } from '../format.ts';
import { followImports, restEngine, type ImportsEnd } from '../imports.ts';
import { cancelledIn, failedInWords, reasonInWords, skippedInWords, stateInWords } from '../words.ts';

export const ingestCommand = defineCommand({
  name: 'ingest',
  usage: ['ingest <path…> [options]'],
  summary: 'Take in folders, image files and lists (.csv .tsv .txt .json .jsonl), and wait until it is done.',
  options: {
    name: { type: 'string', value: 'NAME', help: 'the name of the import' },
    'source-column': { type: 'string', value: 'NAME', help: 'the column of a list that holds the paths' },
    'max-batch-size': { type: 'string', value: 'N', help: 'split lists into parts of at most N rows; 0 never splits (default 5000)' },
    copy: { type: 'boolean', help: 'copy originals into the workspace; otherwise they stay where they are' },
    'allow-host': { type: 'string', multiple: true, value: 'HOST', help: 'let a list fetch from this private or loopback host; may be given more than once' },
    follow: { type: 'boolean', help: 'keep watching the folders until Ctrl-C' },
    'dry-run': { type: 'boolean', help: 'only tell what would be taken in' },
  },
  arguments: z.array(z.string().min(1)).min(1),
  values: z.strictObject({
    name: z.string().min(1, 'must not be empty').optional(),
    'source-column': z.string().min(1, 'must not be empty').optional(),
    'max-batch-size': wholeNumber(0).optional(),
    copy: z.boolean().default(false),
    'allow-host': z.array(z.string().min(1)).default([]),
    follow: z.boolean().default(false),
    'dry-run': z.boolean().default(false),
  }),
  async run(context, paths, values) {
    const options = {
      allowHosts: values['allow-host'],
      paths: paths.map(context.resolvePath),
      ...(values.name === undefined ? {} : { name: values.name }),
      ...(values['source-column'] === undefined ? {} : { sourceColumn: values['source-column'] }),
      ...(values['max-batch-size'] === undefined ? {} : { maxBatchSize: values['max-batch-size'] }),
    };
    const link = await context.connect({ work: !values['dry-run'] });
    if (values['dry-run']) return await review(context, link.client, options);
    return await takeIn(context, link, { ...options, copy: values.copy, follow: values.follow });
  },
});

async function takeIn(context: CommandContext, link: EngineLink, options: IngestOptions): Promise<ExitStatus> {
  const { client } = link;
  const before = options.follow ? await beforeFollowing(client) : undefined;
  const { importIds } = await client.ingest.start(options);
  const following = before && await joinFollowing(client, importIds, { paths: options.paths, before });
  if (options.follow && following === undefined) context.output.note('Only folders can be watched, and there is none among these.');
  const end = await followImports(context, client, importIds);
  if (following === undefined) return await report(context, link, importIds, end);
  if (end.kind === 'finished') await following.watch(context);
  if (context.interrupt.signal.aborted) await restEngine(link);
  await following.end();
  return await report(context, link, [...importIds, ...await following.importIds()], end);
}

/** Tells the outcome. What ended early is told with its reason, beside what had been done by then. */
async function report(context: CommandContext, link: EngineLink, importIds: readonly number[], followed: ImportsEnd): Promise<ExitStatus> {
  // What is in work is counted when it is done, not when the key was pressed.
  if (context.interrupt.signal.aborted) await restEngine(link);
  const { finished, ...summary } = await link.client.ingest.summary({ importIds: [...importIds] });
  const end = followed.kind === 'finished' && !finished ? { kind: 'interrupted' } as const : followed;
  const seconds = Math.round(context.elapsedSeconds() * 1000) / 1000;
  const error = problemOf(end, summary, link.isOwned()) ?? cancelledIn(summary.batches) ?? summary.batches.find((batch) => batch.error !== null)?.error ?? undefined;
  if (context.output.isJson) await context.output.json({ ...summary, seconds, ...(error === undefined ? {} : { error }) });
  else await context.output.text([describe(summary, seconds), ...await describeFailures(link.client, importIds, summary.batches)].join('\n'));
  if (error !== undefined) context.output.note(printable(error.message));
  if (context.interrupt.signal.aborted) return context.interrupt.status();
  if (end.kind === 'stuck') return 1;
  // Items that failed are one thing; sources that could not be read to their end are another.
  if (error !== undefined) return 1;
  return summary.batches.some(({ failed }) => failed > 0) ? 3 : 0;
}

function problemOf(end: ImportsEnd, { batches }: Pick<IngestSummary, 'batches'>, isOwned: boolean): { readonly code: ErrorCode; readonly message: string } | undefined {
  switch (end.kind) {
    case 'finished':
      return undefined;
    case 'interrupted':
      return { code: 'cancelled', message: isOwned ? `Interrupted with ${settledOf(batches)} items finished and saved; the same command goes on from here.` : 'The import goes on in the Proofsheet that holds the workspace.' };
    case 'stuck':
      return { code: end.code, message: `The import has paused itself: ${reasonInWords(end.code)}. Once the cause is gone, the same command goes on from here.` };
  }
}

/** `37 of 60` */
function settledOf(batches: IngestSummary['batches']): string {
  const total = batches.reduce((sum, batch) => sum + batch.total, 0);
  return `${formatCount(total - batches.reduce((sum, { queued, running }) => sum + queued + running, 0))} of ${formatCount(total)}`;
}

function describe({ batches, assetsNew, assetsExisting, verdicts }: Omit<IngestSummary, 'finished'>, seconds: number): string {
  const sum = (key: 'total' | 'done' | 'failed' | 'quarantined' | 'skipped' | 'unchanged' | 'cancelled'): number => batches.reduce((total, batch) => total + batch[key], 0);
  const trouble = [
    [verdicts.salvageable, 'salvageable'], [verdicts.unreadable, 'unreadable'], [verdicts.rejected, 'rejected by the policy'],
  ] as const;
  return [
    ...batches.map((batch) => `${printable(batch.name)} (${String(batch.id)}): ${stateInWords(batch)}`),
    `${plural(sum('total'), 'item')} in ${formatDuration(seconds)}: ${[
      `${formatCount(sum('done'))} done`,
      skippedInWords({ skipped: sum('skipped'), unchanged: sum('unchanged') }),
      sum('cancelled') === 0 ? '' : `${formatCount(sum('cancelled'))} cancelled`,
      failedInWords({ failed: sum('failed'), quarantined: sum('quarantined') }),
    ].filter((part) => part !== '').join(', ')}`,
    `${plural(assetsNew, 'new asset')}, ${formatCount(assetsExisting)} known already`,
    ...trouble.filter(([count]) => count > 0).map(([count, what]) => `${formatCount(count)} ${what}`),
  ].join('\n');
}

/** The reasons by count, and how to see which they are. */
async function describeFailures(client: EngineClient, importIds: readonly number[], batches: IngestSummary['batches']): Promise<readonly string[]> {
  const failing = importIds.filter((importId) => batches.some(({ id, parentId, failed }) => (parentId ?? id) === importId && failed > 0));
  if (failing.length === 0) return [];
  const counts = new Map<ErrorCode, number>();
  for (const groups of await Promise.all(failing.map(async (id) => await client.batches.failures({ id })))) {
    for (const { code, count } of groups) counts.set(code, (counts.get(code) ?? 0) + count);
  }
  const states = [
    ...(batches.some(({ failed, quarantined }) => failed > quarantined) ? ['--state failed'] : []),
    ...(batches.some(({ quarantined }) => quarantined > 0) ? ['--state quarantined'] : []),
  ];
  return [
    `failed: ${[...counts].sort(([, one], [, other]) => other - one).map(([code, count]) => `${formatCount(count)} ${reasonInWords(code)}`).join(', ')}`,
    `to list them: proofsheet items ${failing.length === 1 ? `--batch ${String(failing[0])} ` : ''}${states.join(', or ')}`,
  ];
}

async function review(context: CommandContext, client: EngineClient, options: Parameters<EngineClient['ingest']['review']>[0]): Promise<ExitStatus> {
  let last: Review | undefined;
  for await (const review of await client.ingest.review(options, { signal: context.interrupt.signal })) {
    last = review;
    context.output.live(`${plural(imagesOf(review), 'image')} found`);
  }
  if (last?.complete !== true) throw hostError('internal', 'the review ended before it was complete');
  if (context.output.isJson) await context.output.json({ dryRun: true, images: imagesOf(last), entries: last.entries });
  else await context.output.text(describeReview(last));
  return 0;
}

function imagesOf({ entries }: Review): number {
  return entries.reduce((total, { images }) => total + images, 0);
}

function describeReview(review: Review): string {
  return review.entries.flatMap((entry) => [
    `${printable(entry.path)}: ${entry.kind}, ${plural(entry.images, 'image')}, ${formatBytes(entry.bytes)}`,
    ...(entry.parts.length > 1 ? [`  in ${plural(entry.parts.length, 'part')}: ${entry.parts.map(printable).join(', ')}`] : []),
    ...entry.skipped.map(({ code, count }) => `  ${formatCount(count)} skipped: ${reasonInWords(code)}`),
  ]).join('\n');
}
