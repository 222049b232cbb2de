import * as z from 'zod';
import { KEEPER_RULES, LEVELS, REMOVAL_MODES, type KeeperRule, type Level, type Operation, type Plan, type RemovalMode } from '../../../contract/index.ts';
import type { EngineClient } from '../../host/engine-client.ts';
import { catchUp } from '../catch-up.ts';
import { defineCommand, UsageError, type CommandContext, type ExitStatus } from '../command.ts';
import { formatBytes, formatCount, formatTable, plural, printable } from '../format.ts';
import { describeSkipped, statusOf, withOperationProgress } from '../operations.ts';
import { collect } from '../pages.ts';
import { notComparedInWords, unreachableInWords } from '../words.ts';

const NUMBER = z.string().regex(/^[1-9]\d{0,14}$/);
const PAGE = 1000;
/** So many files are listed for people; all of them are in the JSON. */
const LISTED = 50;
/** The level at which a file is the other one again, smaller or compressed anew: nothing is lost whatever the user looks at. */
const SAFE_LEVEL: Level = 'strict';

const oneOf = <Value extends string>(values: readonly Value[]) => z.enum(values, { error: `must be one of ${values.join(', ')}` });

interface PlanOptions {
  readonly level: Level;
  readonly rules: KeeperRule[] | undefined;
  readonly protect: readonly string[];
  readonly scope: 'decided' | 'all';
  readonly mode: RemovalMode;
  readonly 'no-merge': boolean;
}

export const cleanupCommand = defineCommand({
  name: 'cleanup',
  usage: ['cleanup plan [--level L] [--rules A,B,…] [--protect DIR]… [--scope S] [--mode M]', 'cleanup apply PLAN_ID', 'cleanup undo OPERATION_ID', 'cleanup list'],
  summary: 'Remove duplicates in three steps: plan, apply, and undo if you change your mind. Nothing is deleted.',
  options: {
    level: { type: 'string', value: 'L', help: `plan: how alike, ${LEVELS.join(', ')} (default ${SAFE_LEVEL})` },
    rules: { type: 'string', value: 'A,B,…', help: `plan: what decides which file is kept, in order (default: as in the settings): ${KEEPER_RULES.join(', ')}` },
    protect: { type: 'string', multiple: true, value: 'DIR', help: 'plan: nothing in this folder is moved (repeatable)' },
    scope: { type: 'string', value: 'S', help: 'plan: “all” groups (default), or only those “decided” in the window' },
    mode: { type: 'string', value: 'M', help: 'plan: where files go: quarantine (default), trash, or hard-link (identical files become links to the one that is kept)' },
    'no-merge': { type: 'boolean', help: 'plan: the kept image does not inherit dates, keywords and list columns in the catalog' },
  },
  arguments: z.tuple([z.enum(['plan', 'list'])]).or(z.tuple([z.enum(['apply', 'undo']), NUMBER])),
  values: z.strictObject({
    level: oneOf(LEVELS).optional(),
    rules: z.string().transform((text) => text.split(',').map((rule) => rule.trim())).pipe(z.array(oneOf(KEEPER_RULES)).min(1)).optional(),
    protect: z.array(z.string().min(1)).optional(),
    scope: oneOf(['decided', 'all']).optional(),
    mode: oneOf(REMOVAL_MODES).optional(),
    'no-merge': z.boolean().optional(),
  }),
  async run(context, [verb, id], options) {
    const [stray] = verb === 'plan' ? [] : Object.keys(options);
    if (stray !== undefined) throw new UsageError(`--${stray} belongs to “cleanup plan”`);
    const { client } = await context.connect({ work: false });
    switch (verb) {
      case 'plan': return await makePlan(context, client, {
        level: options.level ?? SAFE_LEVEL, rules: options.rules, scope: options.scope ?? 'all', mode: options.mode ?? 'quarantine',
        protect: (options.protect ?? []).map(context.resolvePath), 'no-merge': options['no-merge'] ?? false,
      });
      case 'list': return await list(context, client);
      case 'apply': return await apply(context, client, Number(id));
      case 'undo': return await undo(context, client, Number(id));
    }
  },
});

async function makePlan(context: CommandContext, client: EngineClient, { level, rules, protect, scope, mode, 'no-merge': noMerge }: PlanOptions): Promise<ExitStatus> {
  const { output } = context;
  // What was taken in a moment ago is a part of it.
  const { failed } = await catchUp(context, client);
  const plan = await withOperationProgress(context, client, { isOurs: () => false }, (token) => client.cleanup.plan({
    level, scope, mode, protect: [...protect], mergeMetadata: !noMerge, itemLimit: output.isJson ? 0 : LISTED, token, ...(rules === undefined ? {} : { rules }),
  }));
  if (output.isJson) {
    const { keep: _keep, remove: _remove, held: _held, ...head } = plan;
    const whole = (list: 'keep' | 'remove' | 'held'): AsyncIterable<unknown> => readWhole(context, client, plan, list);
    await output.jsonLists(head, { keep: whole('keep'), remove: whole('remove'), held: whole('held') });
  } else await output.text(describePlan(plan, mode));
  // Their duplicates are not among these.
  if (failed > 0) output.note(notComparedInWords(failed));
  return failed > 0 ? 3 : 0;
}

/** A list to its end, page by page: it may be too long to be held. */
async function* readWhole({ interrupt }: CommandContext, client: EngineClient, { planId, counts }: Plan, list: 'keep' | 'remove' | 'held'): AsyncGenerator {
  for (let start = 0; start < counts[list]; start += PAGE) {
    const page = await client.cleanup.planItems({ planId, list, start, count: PAGE });
    interrupt.signal.throwIfAborted();
    for (const row of page[list]) yield forScripts(row);
  }
}

/** Without what only the window needs: scripts have the facts as a sentence. */
function forScripts(row: Plan['keep' | 'remove' | 'held'][number]): unknown {
  return { ...row, facts: undefined, sha256: undefined, keeperSha256: undefined };
}

const WHERE_TO: Readonly<Record<RemovalMode, string>> = {
  'quarantine': 'would be set aside in quarantine', 'trash': 'would be moved to the system’s trash', 'hard-link': 'would be replaced by links to the file that is kept',
};

function describePlan({ planId, groups, remove, held, bytes, counts }: Plan, mode: RemovalMode): string {
  if (counts.remove === 0) return counts.held === 0 ? 'There is nothing to clean up.' : `There is nothing to clean up; ${plural(counts.held, 'file')} must stay:\n${heldLines(held, counts.held)}`;
  return [
    `${plural(counts.remove, 'file')} (${formatBytes(bytes)}) of ${plural(groups, 'group')} ${WHERE_TO[mode]}; ${formatCount(counts.keep)} stay.`,
    ...remove.map(({ path, rule, reason, keeperPath }) => `  ${printable(path)}\n      ${rule}: ${printable(reason)}; ${printable(keeperPath)} stays`),
    ...more(remove.length, counts.remove),
    ...counts.held === 0 ? [] : [`${plural(counts.held, 'file')} must stay:`, heldLines(held, counts.held)],
    '', `Nothing has been moved yet. To do it: proofsheet cleanup apply ${planId}`,
  ].join('\n');
}

function heldLines(held: Plan['held'], count: number): string {
  return [...held.map(({ path, reason }) => `  ${printable(path)}: ${printable(reason)}`), ...more(held.length, count)].join('\n');
}

function more(listed: number, count: number): string[] {
  return listed < count ? [`  … and ${formatCount(count - listed)} more; --json lists all.`] : [];
}

async function apply(context: CommandContext, client: EngineClient, planId: number): Promise<ExitStatus> {
  const { output } = context;
  const result = await withOperationProgress(context, client, { isOurs: (operation) => operation.planId === planId }, (token) => client.cleanup.apply({ planId, token }));
  if (output.isJson) await output.json(result);
  else {
    await output.text(result.moved === 0 ? 'No file was moved.' : `${plural(result.moved, 'file')} (${formatBytes(result.bytes)}) moved. To put them back: proofsheet cleanup undo ${result.operationId}`);
    describeSkipped(output, result);
    if (result.unreachable > 0) output.note(unreachableInWords(result.unreachable));
  }
  return statusOf(context, result.skippedCount);
}

async function undo(context: CommandContext, client: EngineClient, operationId: number): Promise<ExitStatus> {
  const { output } = context;
  const result = await withOperationProgress(context, client, { isOurs: ({ id }) => id === operationId }, (token) => client.cleanup.undo({ operationId, token }));
  if (output.isJson) await output.json(result);
  else {
    await output.text(`${plural(result.restored, 'file')} (${formatBytes(result.bytes)}) put back.`);
    describeSkipped(output, result);
  }
  return statusOf(context, result.skippedCount);
}

/** Newest first. */
async function* allOperations({ interrupt }: CommandContext, client: EngineClient): AsyncGenerator<Operation> {
  for (let before: number | undefined; ;) {
    const page = await client.cleanup.operations({ limit: 200, ...(before === undefined ? {} : { before }) });
    interrupt.signal.throwIfAborted();
    yield* page;
    before = page.at(-1)?.id;
    if (before === undefined) return;
  }
}

async function list(context: CommandContext, client: EngineClient): Promise<ExitStatus> {
  const { output } = context;
  if (output.isJson) {
    await output.jsonLists({}, { operations: allOperations(context, client) });
    return 0;
  }
  const operations = await collect(allOperations(context, client));
  if (operations.length === 0) await output.text('Nothing has been cleaned up yet.');
  else {
    await output.text(formatTable(
      [{ title: 'ID', align: 'right' }, { title: 'WHAT' }, { title: 'STATE' }, { title: 'MOVED', align: 'right' }, { title: 'SKIPPED', align: 'right' }, { title: 'UNREACHABLE', align: 'right' }, { title: 'PUT BACK', align: 'right' }, { title: 'SIZE', align: 'right' }, { title: 'WHEN' }],
      operations.map(({ id, kind, mode, state, moved, skipped, unreachable, restored, bytes, createdAt }) => [
        String(id), mode === null ? kind : `${kind} (${mode})`, state, ...[moved, skipped, unreachable, restored].map(formatCount), formatBytes(bytes), createdAt,
      ]),
    ));
  }
  return 0;
}
