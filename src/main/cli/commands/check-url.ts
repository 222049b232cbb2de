import { readFile } from 'node:fs/promises';
import * as z from 'zod';
import { defineCommand, UsageError } from '../command.ts';
import { printable } from '../format.ts';

export const checkUrlCommand = defineCommand({
  name: 'check-url',
  usage: ['check-url <url> [--robots-file F] [--user-agent UA] [--allow-host H]…'],
  summary: 'Tell whether an address would be fetched from a page, and if not, why.',
  options: {
    'robots-file': { type: 'string', value: 'F', help: 'judge by this robots.txt alone, and ask nobody' },
    'user-agent': { type: 'string', value: 'UA', help: 'the name to judge by (default: Proofsheet)' },
    'allow-host': { type: 'string', multiple: true, value: 'HOST', help: 'allow this private or loopback host; may be given more than once' },
  },
  arguments: z.tuple([z.string().min(1)]),
  values: z.strictObject({
    'robots-file': z.string().min(1, 'must not be empty').optional(),
    'user-agent': z.string().min(1, 'must not be empty').optional(),
    'allow-host': z.array(z.string().min(1)).default([]),
  }),
  async run({ output, connect, resolvePath, interrupt }, [url], values) {
    const file = values['robots-file'];
    const robots = file === undefined ? undefined : await readFile(resolvePath(file), 'utf8').catch(() => { throw new UsageError(`${file} cannot be read`); });
    const { client } = await connect({ work: false });
    const userAgent = values['user-agent'];
    const found = await client.acquire.checkUrl({ url, allowHosts: values['allow-host'], ...(robots === undefined ? {} : { robots }), ...(userAgent === undefined ? {} : { userAgent }) }, { signal: interrupt.signal });
    if (output.isJson) await output.json(found);
    else await output.text(printable(`${found.allowed ? 'Allowed' : 'Not allowed'}: ${found.reason}${found.rule === null ? '' : ` (${found.rule})`}`));
    return 0;
  },
});
