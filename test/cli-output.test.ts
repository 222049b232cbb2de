import { PassThrough } from 'node:stream';
import { expect, test } from 'vitest';
import { formatBytes, formatDuration, formatTable, printable } from '../src/main/cli/format.ts';
import { createOutput } from '../src/main/cli/output.ts';
import type { Batch, Progress } from '../src/contract/index.ts';
import { createProgressReporter, describeProgress } from '../src/main/cli/progress.ts';
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
  expect(formatTable([{ title: 'ID', align: 'right' }, { title: 'NAME\u001b]0;' }], [['12', 'x\u0007']])).toBe('ID  NAME\\x1b]0;\n12  x\\x07');
});

test('a table may have more rows than a function has arguments', () => {
  expect(formatTable([{ title: 'A' }], Array.from({ length: 200_000 }, () => ['x'])).length).toBe(400_001);
});

test('lists are written piece by piece as one document, whatever of it is empty', async () => {
  const written = async (head: Record<string, unknown>, lists: Record<string, readonly unknown[]>): Promise<unknown> => {
    const stdout = new PassThrough();
    const output = createOutput({ stdout, stderr: new PassThrough() }, true);
    const streams = Object.entries(lists).map(([key, items]) => [key, (async function* () { yield* items; })()]);
    await output.jsonLists(head, Object.fromEntries(streams) as Record<string, AsyncIterable<unknown>>);
    return JSON.parse(String(stdout.read()));
  };
  expect(await written({ planId: 1 }, { keep: [{ assetId: 1 }, { assetId: 2 }], remove: [], held: [{ a: 1 }] })).toEqual({ plan_id: 1, keep: [{ asset_id: 1 }, { asset_id: 2 }], remove: [], held: [{ a: 1 }] });
  expect(await written({}, { keep: [], remove: [1, 2], held: [] })).toEqual({ keep: [], remove: [1, 2], held: [] });
  expect(await written({}, { operations: [] })).toEqual({ operations: [] });
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
    for await (const page of readPages(fetchPage, 10, new AbortController().signal, limit)) read.push(...page.map(({ id }) => id));
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

test('the live line fits its terminal, and one that does not know its width is taken for 80 columns', () => {
  for (const [columns, shown] of [[20, 19], [0, 79], [undefined, 79]] as const) {
    const stderr = Object.assign(new PassThrough(), { isTTY: true, ...(columns === undefined ? {} : { columns }) });
    createOutput({ stdout: new PassThrough(), stderr }, false).live('x'.repeat(200));
    expect(String(stderr.read())).toBe(`\r\u001b[K${'x'.repeat(shown)}`);
  }
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

test('progress tells count, rate, remaining time and failures', () => {
  expect(describeProgress([progressOf({ total: 48_000, queued: 35_690, running: 6, failed: 3 })])).toBe('12,304 of 48,000 (25 %) · 85/s · about 7 min left · 3 failed');
  expect(describeProgress([progressOf({ total: 500, queued: 400, scanning: true })])).toBe('100 of 500+ · 85/s · still looking · about 7 min left');
  expect(describeProgress([progressOf({ total: 10, queued: 5, state: 'paused' })])).toBe('5 of 10 (50 %) · paused');
});

test('away from a terminal, progress is a line every five seconds, and a resumed import says so once', () => {
  const stderr = new PassThrough();
  let now = 0;
  const reporter = createProgressReporter(createOutput({ stdout: new PassThrough(), stderr }, true), () => now);
  for (now = 0; now <= 12_000; now += 200) reporter.show([{ ...progressOf({ total: 10, queued: 5 }), resumedFrom: 4 }]);
  expect(String(stderr.read()).trim().split('\n')).toEqual(['Resumed 4 of 10.', ...Array<string>(2).fill('5 of 10 (50 %) · 85/s · about 7 min left')]);
});

test('what is tried again is not called resumed', () => {
  const stderr = new PassThrough();
  createProgressReporter(createOutput({ stdout: new PassThrough(), stderr }, true), () => 0, true).show([{ ...progressOf({ total: 6, queued: 1 }), resumedFrom: 5 }]);
  expect(stderr.read()).toBe(null);
});

function progressOf(batch: Partial<Batch>): Progress {
  return {
    batch: {
      total: 0, queued: 0, running: 0, done: 0, failed: 0, quarantined: 0, skipped: 0, unchanged: 0, cancelled: 0, id: 1, parentId: null, name: 'x', kind: 'folder', sequence: 1, totalSplit: 1,
      state: 'running', scanning: false, createdAt: '2026-01-01T00:00:00.000Z', finishedAt: null, deletedAt: null, error: null, sources: [], ...batch,
    },
    bytesDone: 0, itemsPerSecond: 85, etaSeconds: 420, elapsedSeconds: 1, failures: [], resumedFrom: null, pausedBecause: null,
  };
}
