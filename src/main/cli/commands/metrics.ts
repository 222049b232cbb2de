import * as z from 'zod';
import { defineCommand, noArguments } from '../command.ts';
import { formatBytes, formatCount, formatTable } from '../format.ts';

export const metricsCommand = defineCommand({
  name: 'metrics',
  usage: ['metrics'],
  summary: 'Show how much the workspace holds and how fast it works.',
  options: {},
  arguments: noArguments,
  values: z.strictObject({}),
  async run({ output, connect }) {
    const { client } = await connect({ work: false });
    const metrics = await client.workspace.metrics();
    if (output.isJson) await output.json(metrics);
    else {
      await output.text([
        metrics.workspace,
        formatTable([{ title: '' }, { title: 'COUNT', align: 'right' }, { title: 'SIZE', align: 'right' }], [
          ['assets', formatCount(metrics.assetCount), formatBytes(metrics.assetBytes)],
          ['renditions', formatCount(metrics.renditionCount), formatBytes(metrics.renditionBytes)],
          ['together', '', formatBytes(metrics.totalBytes)],
          ...Object.entries(metrics.itemsByState).map(([state, count]) => [`items ${state}`, formatCount(count), '']),
        ]),
        `${metrics.throughput.itemsPerSecond.toLocaleString('en', { maximumFractionDigits: 1 })} items per second while working`,
      ].join('\n'));
    }
    return 0;
  },
});
