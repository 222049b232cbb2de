import * as z from 'zod';
import type { Asset } from '../../../contract/index.ts';
import type { EngineClient } from '../../host/engine-client.ts';
import { describeError } from '../../host/host-error.ts';
import { defineCommand, noArguments, UsageError, wholeNumber } from '../command.ts';
import { formatBytes, formatRow } from '../format.ts';
import { readPages } from '../pages.ts';

const PAGE = 500;
const WIDTHS = [8, 6, 12, 8, 5];

export const assetsCommand = defineCommand({
  name: 'assets',
  usage: ['assets [--filter EXPR] [--limit N]'],
  summary: 'List the assets of the catalog with everything known about them.',
  options: {
    filter: { type: 'string', value: 'EXPR', help: 'e.g. “format:jpeg width>=2000 taken:2024”' },
    limit: { type: 'string', value: 'N', help: 'at most N assets' },
  },
  arguments: noArguments,
  values: z.strictObject({ filter: z.string().default(''), limit: wholeNumber(0).optional() }),
  async run({ output, connect, interrupt }, _none, { filter, limit }) {
    const { client } = await connect({ work: false });
    await checkFilter(client, filter);
    if (!output.isJson) await output.text(formatRow(WIDTHS, ['ID', 'FORMAT', 'PIXELS', 'SIZE', 'SCORE', 'SOURCE']));
    for await (const page of readPages((after, count) => client.assets.list({ filter, after, limit: count }), PAGE, interrupt.signal, limit)) {
      for (const asset of page) await (output.isJson ? output.json(asset) : output.text(describe(asset)));
    }
    return 0;
  },
});

/** Before anything is printed: a filter that cannot be understood is the caller's mistake. */
async function checkFilter(client: EngineClient, filter: string): Promise<void> {
  try {
    await client.assets.list({ filter, limit: 1 });
  } catch (error) {
    const { code, message } = describeError(error);
    throw code === 'bad-input' ? new UsageError(message) : error;
  }
}

function describe(asset: Asset): string {
  return formatRow(WIDTHS, [
    String(asset.id), asset.format, `${String(asset.width)}×${String(asset.height)}`, formatBytes(asset.bytes), asset.quality.score.toFixed(0), asset.sources[0] ?? '',
  ]);
}
