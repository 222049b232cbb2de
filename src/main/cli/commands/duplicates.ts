import * as z from 'zod';
import { LEVELS, levelSchema, type DuplicateGroup, type GroupMember, type Level } from '../../../contract/index.ts';
import type { EngineClient } from '../../host/engine-client.ts';
import { catchUp } from '../catch-up.ts';
import { type CommandContext, defineCommand, noArguments } from '../command.ts';
import { formatCount, plural } from '../format.ts';
import { likenessInWords, notComparedInWords } from '../words.ts';

const PAGE = 500;
const TOLD_FAILURES = 20;

export const duplicatesCommand = defineCommand({
  name: 'duplicates',
  usage: ['duplicates [--level exact|strict|similar|loose]'],
  summary: 'List the groups of images that are the same picture.',
  options: {
    level: { type: 'string', value: 'LEVEL', help: 'exact: the same bytes or pixels; strict: also saved anew or resized; similar (default): also turned, mirrored, bordered, cropped or retouched; loose: also what merely looks alike' },
  },
  arguments: noArguments,
  values: z.strictObject({ level: levelSchema.or(z.string().refine(() => false, `must be one of ${LEVELS.join(', ')}`)).default('similar') }),
  async run(context, _none, { level: wanted }) {
    const { output, connect, interrupt } = context;
    const level = levelSchema.parse(wanted);
    const { client } = await connect({ work: false });
    const { failed } = await catchUp(context, client);
    const groups = allGroups(client, level, interrupt.signal);
    if (output.isJson) await output.jsonLists({ level }, { groups });
    else {
      let count = 0;
      for await (const group of groups) {
        if (count > 0) await output.text('');
        await output.text(describeGroup(group));
        count += 1;
      }
      output.note(count === 0 ? `No duplicates at level “${level}”.` : `${plural(count, 'group')} at level “${level}”.`);
    }
    if (failed > 0) await tellFailures(context, client, failed);
    return failed > 0 ? 3 : 0;
  },
});

async function tellFailures({ output }: Pick<CommandContext, 'output'>, client: EngineClient, failed: number): Promise<void> {
  const failures = await client.similarity.failures({ limit: TOLD_FAILURES });
  output.note(notComparedInWords(failed));
  for (const { path, reason } of failures) output.note(`  ${path}: ${reason}`);
  if (failed > failures.length) output.note(`  and ${formatCount(failed - failures.length)} more`);
}

/** Page by page. Whatever changes meanwhile, no group comes twice. */
async function* allGroups(client: EngineClient, level: Level, signal: AbortSignal): AsyncGenerator<{ readonly id: string; readonly members: readonly GroupMember[] }> {
  const told = new Set<string>();
  for (let start = 0; ; start += PAGE) {
    const { total, groups } = await client.similarity.groups({ level, start, count: PAGE }, { signal });
    for (const group of groups) {
      if (told.has(group.id)) continue;
      told.add(group.id);
      yield group;
    }
    if (start + PAGE >= total) return;
  }
}

function describeGroup({ id, members }: Pick<DuplicateGroup, 'id'> & { readonly members: readonly GroupMember[] }): string {
  return [`${id}  ${formatCount(members.length)} files`, ...members.map((member) => `  ${(member.isReference ? 'reference' : likenessInWords(member)).padEnd(26)}  ${member.path}`)].join('\n');
}
