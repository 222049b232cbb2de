import { PassThrough } from 'node:stream';
import { expect, test } from 'vitest';
import { formatBytes, formatDuration, formatTable, printable } from '../src/main/cli/format.ts';
import { createOutput } from '../src/main/cli/output.ts';
import { readPages } from '../src/main/cli/pages.ts';
import { toSnakeCase } from '../src/main/cli/snake-case.ts';
import { locateWorkspace } from '../src/main/host/workspace-location.ts';

test('keys become snake_case at every depth, while the columns of a list stay as the user wrote them', () => {
  expect(toSnakeCase({ batchId: 1, pixelSha256: null, nested: [{ takenAt: 'x' }], row: { SkuCode: 'a', imageURL: 'b' }, preview: [{ FullName: 'c' }] }))
    .toEqual({ batch_id: 1, pixel_sha256: null, nested: [{ taken_at: 'x' }], row: { SkuCode: 'a', imageURL: 'b' }, preview: [{ FullName: 'c' }] });
});

test('numbers are told in words people use', () => {
  expect([999, 1000, 3_800_000, 42_000_000_000].map(formatBytes)).toEqual(['999 B', '1 kB', '3.8 MB', '42 GB']);
  expect([0.25, 12.3, 240, 7500].map(formatDuration)).toEqual(['0.3 s', '12 s', '4 min', '2 h 5 min']);
});

test('escape sequences in file names do not reach the terminal', () => {
  expect(printable('a\u001b[2Jb\u202e')).toBe('a\\x1b[2Jb\\x202e');
  expect(formatTable([{ title: 'ID', align: 'right' }, { title: 'NAME' }], [['12', 'x\u0007']])).toBe('ID  NAME\n12  x\\x07');
});

test('pages are read until one is short, and never past the limit', async () => {
  const rows = Array.from({ length: 25 }, (_, index) => ({ id: index + 1 }));
  const asked: number[] = [];
  const collect = async (limit?: number): Promise<number[]> => {
    const read: number[] = [];
    const fetchPage = (after: number, count: number): Promise<typeof rows> => {
      asked.push(count);
      return Promise.resolve(rows.filter(({ id }) => id > after).slice(0, count));
    };
    for await (const page of readPages(fetchPage, 10, limit)) read.push(...page.map(({ id }) => id));
    return read;
  };
  expect(await collect()).toEqual(rows.map(({ id }) => id));
  expect(await collect(12)).toEqual(rows.slice(0, 12).map(({ id }) => id));
  expect(asked).toEqual([10, 10, 10, 10, 2]);
  expect(await collect(0)).toEqual([]);
});

test('writing waits for a slow reader instead of piling up', async () => {
  const stdout = new PassThrough({ highWaterMark: 16 });
  const output = createOutput({ stdout, stderr: new PassThrough() }, true);
  const write = output.json({ text: 'longer than the buffer' });
  expect(await Promise.race([write.then(() => 'written'), Promise.resolve('waiting')])).toBe('waiting');
  stdout.resume();
  await write;
});

test('the workspace is the option, else the variable, else the platform’s folder', () => {
  const at = (input: Partial<Parameters<typeof locateWorkspace>[0]>): string =>
    locateWorkspace({ option: undefined, env: { HOME: '/home/ann' }, platform: 'linux', cwd: '/photos', ...input });
  expect(at({ option: 'catalog', env: { PROOFSHEET_WORKSPACE: '/other' } })).toBe('/photos/catalog');
  expect(at({ env: { HOME: '/home/ann', PROOFSHEET_WORKSPACE: 'mine' } })).toBe('/photos/mine');
  expect(at({})).toBe('/home/ann/.local/share/proofsheet/default');
  expect(at({ env: { HOME: '/home/ann', XDG_DATA_HOME: '/data', PROOFSHEET_WORKSPACE: '' } })).toBe('/data/proofsheet/default');
  expect(at({ platform: 'darwin' })).toBe('/home/ann/Library/Application Support/Proofsheet/default');
});
