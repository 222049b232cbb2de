import * as z from 'zod';
import { defineCommand, noArguments, wholeNumber } from '../command.ts';
import { formatBytes, plural, printable } from '../format.ts';

export const purgeCommand = defineCommand({
  name: 'purge',
  usage: ['purge [--days N] [--apply]'],
  summary: 'Remove renditions that nothing refers to any more; only tells what it would do unless --apply is given.',
  options: {
    days: { type: 'string', value: 'N', help: 'only what is older than N days (default 30)' },
    apply: { type: 'boolean', help: 'really remove them' },
  },
  arguments: noArguments,
  values: z.strictObject({ days: wholeNumber(0, 36_500).default(30), apply: z.boolean().default(false) }),
  async run({ output, connect }, _none, { days, apply }) {
    const { client } = await connect({ work: false });
    const report = await client.renditions.purge({ days, apply });
    if (output.isJson) await output.json(report);
    else {
      await output.text(report.dryRun
        ? `${plural(report.renditionsToDelete, 'rendition')} (${formatBytes(report.bytesToFree)}) would be removed. Run again with --apply to remove them.`
        : `${plural(report.deletedCount, 'rendition')} (${formatBytes(report.deletedBytes)}) removed.`);
      if (report.cache.files > 0) await output.text(`${plural(report.cache.files, 'cached picture')} (${formatBytes(report.cache.bytes)}) ${report.dryRun ? 'would be removed' : 'removed'}, which are made again when they are looked at.`);
      for (const { path, message } of report.errors) output.note(printable(`${path}: ${message}`));
    }
    return report.errors.length > 0 ? 3 : 0;
  },
});
