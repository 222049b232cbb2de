import { realpath } from 'node:fs/promises';
import { sep } from 'node:path';
import type { Batch } from '../../contract/index.ts';
import type { EngineClient } from '../host/engine-client.ts';
import type { CommandContext } from './command.ts';
import { formatCount, plural } from './format.ts';
import { isSettled, listImports, watchProgress } from './imports.ts';
import { failedInWords, skippedInWords } from './words.ts';

export interface Following {
  /** Tells in a line what each import brought that came of the watching, until the user interrupts. */
  readonly watch: (context: CommandContext) => Promise<void>;
  /** All imports that came of the watching, the one that is still at work included. */
  readonly importIds: () => Promise<readonly number[]>;
  /** Ends the watching of what was not watched before. */
  readonly end: () => Promise<void>;
}

export interface FollowOptions {
  readonly paths: readonly string[];
  /** What was watched before, and what the newest import was. */
  readonly before: { readonly followed: readonly string[]; readonly newest: number };
}

/** What has to be known before the watching begins, to tell apart what it brought and to leave things as they were. */
export async function beforeFollowing(client: EngineClient): Promise<FollowOptions['before']> {
  const [newest] = await client.batches.list({ includeDeleted: true, limit: 1 });
  const followed = await client.ingest.followed();
  return { followed: followed.map(({ path }) => path), newest: newest?.id ?? 0 };
}

/** Undefined when none of the paths is a folder: nothing is watched. */
export async function joinFollowing(client: EngineClient, started: readonly number[], { paths, before }: FollowOptions): Promise<Following | undefined> {
  const followed = new Set((await client.ingest.followed()).map(({ path }) => path));
  const folders = paths.filter((path) => followed.has(path));
  if (folders.length === 0) return undefined;
  const roots = [...folders, ...await Promise.all(folders.map(async (folder) => await realpath(folder).catch(() => folder)))];
  const isOurs = ({ id, parentId, sources }: Batch): boolean =>
    id > before.newest && parentId === null && !started.includes(id) && sources.every((source) => roots.some((root) => isBelow(root, source)));
  const imports = async (): Promise<readonly Batch[]> => (await listImports(client, { since: before.newest })).filter(isOurs);
  return {
    async watch(context) {
      const told = new Set<number>();
      const tell = async (batches: readonly Batch[]): Promise<void> => {
        for (const batch of batches.filter((one) => isOurs(one) && isSettled(one) && !told.has(one.id))) {
          told.add(batch.id);
          context.output.note(await describe(client, batch));
        }
      };
      context.output.note('Watching for new and changed files. Press Ctrl-C to end.');
      await tell(await imports());
      await watchProgress(context, client, async (snapshot = []) => {
        await tell(snapshot.map(({ batch }) => batch));
        return undefined;
      });
    },
    importIds: async () => (await imports()).map(({ id }) => id),
    async end() {
      for (const path of folders.filter((folder) => !before.followed.includes(folder))) await client.ingest.follow({ path, enabled: false });
    },
  };
}

function isBelow(root: string, path: string): boolean {
  return path === root || path.startsWith(root.endsWith(sep) ? root : root + sep);
}

async function describe(client: EngineClient, { id, total, failed, quarantined, skipped, unchanged }: Batch): Promise<string> {
  const { assetsNew, assetsExisting } = await client.ingest.summary({ importIds: [id] });
  return `Taken in ${plural(total, 'file')}: ${plural(assetsNew, 'new asset')}, ${formatCount(assetsExisting)} known already`
    + (skipped === 0 ? '' : `, ${skippedInWords({ skipped, unchanged })}`) + (failed === 0 ? '' : `, ${failedInWords({ failed, quarantined })}`);
}
