import * as z from 'zod';
import { itemStateSchema, type Item } from '../../../contract/index.ts';
import { defineCommand, noArguments, wholeNumber } from '../command.ts';
import { formatRow } from '../format.ts';
import { readPages } from '../pages.ts';

const PAGE = 1000;
const WIDTHS = [11, 11, 6, 12];

export const itemsCommand = defineCommand({
  name: 'items',
  usage: ['items [--batch ID] [--state STATE]'],
  summary: 'List every ingested source and what became of it.',
  options: {
    batch: { type: 'string', value: 'ID', help: 'only this batch, or all parts of this import' },
    state: { type: 'string', value: 'STATE', help: itemStateSchema.options.join(', ') },
  },
  arguments: noArguments,
  values: z.strictObject({
    batch: wholeNumber(1).optional(),
    state: z.enum(itemStateSchema.options, { error: `must be one of ${itemStateSchema.options.join(', ')}` }).optional(),
  }),
  async run({ output, connect, interrupt }, _none, { batch, state }) {
    const { client } = await connect({ work: false });
    // A batch that does not exist is a mistake, not an empty list.
    if (batch !== undefined) await client.batches.show({ id: batch });
    const filter = { ...(batch === undefined ? {} : { batchId: batch }), ...(state === undefined ? {} : { state }) };
    if (!output.isJson) await output.text(formatRow(WIDTHS, ['STATE', 'VERDICT', 'FORMAT', 'PIXELS', 'SOURCE']));
    for await (const page of readPages((after, limit) => client.ingest.items({ ...filter, after, limit }), PAGE, interrupt.signal)) {
      for (const item of page) await (output.isJson ? output.json(item) : output.text(describe(item)));
    }
    return 0;
  },
});

function describe(item: Item): string {
  const pixels = item.width === null || item.height === null ? '' : `${String(item.width)}×${String(item.height)}`;
  const reason = item.error === null ? '' : `  ${item.error.code}: ${item.error.message}`;
  return formatRow(WIDTHS, [item.state, item.verdict ?? '', item.format ?? '', pixels, item.source + reason]);
}
