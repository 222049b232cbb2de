import * as z from 'zod';
import { defineCommand } from '../command.ts';
import { formatTable, plural, printable } from '../format.ts';

export const inspectCommand = defineCommand({
  name: 'inspect',
  usage: ['inspect <list-file> [--preview N|all]'],
  summary: 'Show how a list would be read, before anything runs.',
  options: {
    preview: { type: 'string', value: 'N', help: 'rows to show, or “all” (default 100)' },
    'source-column': { type: 'string', value: 'NAME', help: 'the column that holds the paths' },
  },
  arguments: z.tuple([z.string().min(1)]),
  values: z.strictObject({
    preview: z.string().regex(/^(\d{1,9}|all)$/, 'must be a whole number or “all”')
      .transform((text) => (text === 'all' ? null : Number(text))).default(100),
    'source-column': z.string().min(1, 'must not be empty').optional(),
  }),
  async run({ output, connect, resolvePath }, [path], values) {
    const { client } = await connect({ work: false });
    const found = await client.ingest.inspectList({
      path: resolvePath(path), preview: values.preview, ...(values['source-column'] === undefined ? {} : { sourceColumn: values['source-column'] }),
    });
    if (output.isJson) {
      await output.json(found);
      return 0;
    }
    // A list of plain lines has no columns; its rows have one value each.
    const columns = found.columns.length === 0 ? Object.keys(found.preview[0] ?? {}) : found.columns;
    await output.text([
      `${plural(found.rows, 'row')}, ${found.encoding}${found.delimiter === null ? '' : `, separated by ${JSON.stringify(found.delimiter)}`}`,
      `paths are taken from ${found.sourceColumn === null ? 'each line' : `the column “${printable(found.sourceColumn)}”`}`,
      ...(columns.length === 0 ? [] : ['', formatTable(columns.map((title) => ({ title })), found.preview.map((row) => columns.map((column) => row[column] ?? '')))]),
    ].join('\n'));
    return 0;
  },
});
