import { existsSync } from 'node:fs';
import * as z from 'zod';
import { describeError } from '../../host/host-error.ts';
import { defineCommand, wholeNumber } from '../command.ts';
import { formatRow } from '../format.ts';
import { likenessInWords } from '../words.ts';

const WIDTHS = [8, 26];

export const similarCommand = defineCommand({
  name: 'similar',
  usage: ['similar <file> [--limit N]'],
  summary: 'List the images of the catalog that look like this one, which need not be in it, best first.',
  options: { limit: { type: 'string', value: 'N', help: 'at most N images (default 50)' } },
  arguments: z.tuple([z.string().min(1)]),
  values: z.strictObject({ limit: wholeNumber(1, 1000).default(50) }),
  async run({ output, connect, resolvePath, interrupt }, [image], { limit }) {
    const path = resolvePath(image);
    // A number is an asset's, unless there is a file of that name.
    const of = /^[1-9]\d{0,15}$/.test(image) && !existsSync(path) ? { assetId: Number(image) } : { path };
    const { client } = await connect({ work: false });
    const hits = await client.similarity.find({ of, limit }, { signal: interrupt.signal }).catch(async (error: unknown) => {
      const failure = describeError(error);
      if (failure.code !== 'not-compared') throw error;
      if (output.isJson) await output.json({ error: failure });
      else output.note(failure.message);
      return null;
    });
    if (hits === null) return 3;
    if (output.isJson) for (const hit of hits) await output.json(hit);
    else if (hits.length === 0) output.note('Nothing in the catalog looks like it.');
    else {
      await output.text(formatRow(WIDTHS, ['ID', 'LIKENESS', 'FILE']));
      for (const hit of hits) await output.text(formatRow(WIDTHS, [String(hit.assetId), likenessInWords(hit), hit.path]));
    }
    return 0;
  },
});
