import { existsSync } from 'node:fs';
import { copyFile, mkdir, open, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import Database from 'better-sqlite3';
import { expect, onTestFinished, test } from 'vitest';
import { connectEngine, type EngineLink } from '../src/main/host/engine-link.ts';
import { enginePid, importReaching, joinEngine, LAUNCH, makePictures, runCli, startCli, temporaryFolder, type CliResult } from './hosts.ts';

interface Place {
  readonly cwd: string;
  readonly workspace: string;
  readonly pictures: string;
}

async function place(count: number, side?: number): Promise<Place> {
  const cwd = await temporaryFolder();
  return { cwd, workspace: join(cwd, 'workspace'), pictures: await makePictures(join(cwd, 'pictures'), count, side) };
}

/** An engine of our own on the workspace, for as long as the test lasts. */
async function connectOnce(workspace: string): Promise<EngineLink> {
  const link = await connectEngine({ workspace, launch: LAUNCH, work: true });
  onTestFinished(async () => { await link.stop('now'); });
  return link;
}

function lines(stdout: string): readonly Record<string, unknown>[] {
  return stdout.trim().split('\n').filter((line) => line !== '').map((line) => JSON.parse(line) as Record<string, unknown>);
}

test('ingest takes in a folder and prints one summary; the second time it is a no-op', async () => {
  const { cwd, pictures } = await place(5);
  await writeFile(join(pictures, 'broken.jpg'), Buffer.concat([Buffer.from([0xff, 0xd8, 0xff, 0xe0]), Buffer.alloc(3000, 1)]));
  const first = await runCli(['ingest', 'pictures', '--workspace', 'workspace', '--json', '--name', 'Rings'], { cwd });
  expect(first.status).toBe(3);
  expect(JSON.parse(first.stdout)).toMatchObject({
    batches: [{ id: expect.any(Number), parent_id: expect.any(Number), name: 'Rings', sequence: 1, total_split: 1, state: 'completed-with-errors', total: 6, done: 5, failed: 1, skipped: 0 }],
    assets_new: 5, assets_existing: 0, verdicts: { clean: 5, salvageable: 0, unreadable: 1, rejected: 0 }, seconds: expect.any(Number),
  });
  const again = JSON.parse((await runCli(['ingest', 'pictures', '--workspace', 'workspace', '--json'], { cwd })).stdout) as Record<string, unknown>;
  expect(again).toMatchObject({ assets_new: 0 });
  const assets = await runCli(['assets', '--workspace', 'workspace', '--json'], { cwd });
  expect(lines(assets.stdout)).toHaveLength(5);
});

test('items and assets print one line each, with the fields scripts rely on', async () => {
  const { cwd } = await place(3);
  await writeFile(join(cwd, 'list.csv'), 'SkuCode,imagePath\nA1,pictures/0001.jpg\nA2,pictures/0002.jpg\nA3,pictures/gone.jpg\n');
  expect((await runCli(['ingest', 'list.csv', '--workspace', 'workspace', '--json'], { cwd })).status).toBe(3);
  const items = lines((await runCli(['items', '--workspace', 'workspace', '--json'], { cwd })).stdout);
  expect(items).toHaveLength(3);
  expect(items[0]).toMatchObject({
    source: join(cwd, 'pictures/0001.jpg'), state: 'done', verdict: 'clean', format: 'jpeg', width: 160, height: 160, attempts: 1, error: null,
    sha256: expect.stringMatching(/^[0-9a-f]{64}$/), asset_id: expect.any(Number), batch_id: expect.any(Number), row: { SkuCode: 'A1', imagePath: 'pictures/0001.jpg' },
  });
  expect(items[2]).toMatchObject({ state: 'failed', asset_id: null, error: { code: 'not-found', message: expect.any(String) } });
  const failed = lines((await runCli(['items', '--state', 'failed', '--workspace', 'workspace', '--json'], { cwd })).stdout);
  expect(failed.map(({ source }) => source)).toEqual([join(cwd, 'pictures/gone.jpg')]);
  const [asset] = lines((await runCli(['assets', '--limit', '1', '--workspace', 'workspace', '--json'], { cwd })).stdout);
  expect(asset).toMatchObject({
    format: 'jpeg', width: 160, height: 160, orientation: 1, frames: 1, has_alpha: false, taken_at: null, category: null,
    quality: { score: expect.any(Number), sharpness: expect.any(Number), colorfulness: expect.any(Number) },
    hashes: { pdq: expect.stringMatching(/^[0-9a-f]{64}$/), pdq_quality: expect.any(Number), phash: expect.stringMatching(/^[0-9a-f]{16}$/), dhash: expect.stringMatching(/^[0-9a-f]{16}$/) },
    sources: [expect.stringMatching(/pictures\/000[12]\.jpg$/)],
  });
  expect((asset!['renditions'] as readonly { readonly preset: string }[]).map(({ preset }) => preset).toSorted()).toEqual(['card', 'thumb', 'zoom']);
});

test('inspect shows how a list would be read, and nothing is taken in', async () => {
  const { cwd } = await place(0);
  await writeFile(join(cwd, 'list.csv'), 'SkuCode;image\nA1;one.jpg\nA2;two.jpg\n');
  const inspected = await runCli(['inspect', 'list.csv', '--preview', '1', '--workspace', 'workspace', '--json'], { cwd });
  expect(JSON.parse(inspected.stdout)).toMatchObject({ delimiter: ';', columns: ['SkuCode', 'image'], source_column: 'image', rows: 2, preview: [{ SkuCode: 'A1', image: 'one.jpg' }] });
  expect((await runCli(['items', '--workspace', 'workspace', '--json'], { cwd })).stdout).toBe('');
});

test('inspect shows the lines of a list without columns too', async () => {
  const { cwd } = await place(0);
  await writeFile(join(cwd, 'list.txt'), 'one.jpg\n');
  const { stdout } = await runCli(['inspect', 'list.txt', '--workspace', 'workspace'], { cwd });
  expect(stdout.split('\n')).toEqual([expect.stringMatching(/^1 row, /), expect.any(String), '', 'source', 'one.jpg', '']);
});

test('a dry run tells what would be taken in and takes nothing', async () => {
  const { cwd } = await place(4);
  const dry = await runCli(['ingest', 'pictures', '--dry-run', '--workspace', 'workspace', '--json'], { cwd });
  expect(JSON.parse(dry.stdout)).toMatchObject({ dry_run: true, images: 4, entries: [{ kind: 'folder', images: 4 }] });
  expect((await runCli(['items', '--workspace', 'workspace', '--json'], { cwd })).stdout).toBe('');
});

test('batches can be listed, shown, deleted and restored', async () => {
  const { cwd } = await place(2);
  const json = async (...args: readonly string[]): Promise<Record<string, unknown>> => JSON.parse((await runCli([...args, '--workspace', 'workspace', '--json'], { cwd })).stdout) as Record<string, unknown>;
  const { batches: [part] } = await json('ingest', 'pictures') as { readonly batches: readonly [{ readonly parent_id: number }] };
  const id = String(part.parent_id);
  expect(await json('batch', 'list')).toMatchObject({ batches: [{ id: part.parent_id, state: 'completed', total: 2 }] });
  expect(await json('batch', 'show', id)).toMatchObject({ id: part.parent_id, total: 2, done: 2, failed: 0, success_rate: 1, parts: [{ sequence: 1 }] });
  await json('batch', 'delete', id);
  expect(await json('batch', 'list')).toEqual({ batches: [] });
  await json('batch', 'restore', id);
  expect(await json('batch', 'list')).toMatchObject({ batches: [{ id: part.parent_id }] });
  expect(await json('metrics')).toMatchObject({ asset_count: 2, rendition_count: 6, items_by_state: { done: 2 } });
  expect(await json('purge')).toMatchObject({ dry_run: true, purge_days: 30, deleted_count: 0, errors: [] });
});

test('what failed is tried again once its cause is gone', async () => {
  const { cwd, pictures } = await place(1);
  await writeFile(join(cwd, 'list.txt'), `${pictures}/0001.jpg\n${pictures}/late.jpg\n`);
  const first = JSON.parse((await runCli(['ingest', 'list.txt', '--workspace', 'workspace', '--json'], { cwd })).stdout) as { readonly batches: readonly [{ readonly id: number }] };
  await copyFile(join(await makePictures(join(cwd, 'more'), 2), '0002.jpg'), join(pictures, 'late.jpg'));
  const retried = await runCli(['batch', 'retry', String(first.batches[0].id), '--workspace', 'workspace', '--json'], { cwd });
  expect([retried.status, retried.stderr]).toEqual([0, '1 item to try again.\n']);
  expect(JSON.parse(retried.stdout)).toMatchObject({ total: 2, done: 2, failed: 0, success_rate: 1 });
});

test('Ctrl-C saves what is done, and the same command goes on from there', async () => {
  const { cwd, workspace } = await place(60, 1200);
  const first = startCli(['ingest', 'pictures', '--workspace', 'workspace', '--json'], { cwd });
  await importReaching(await joinEngine(workspace), ({ done }) => done > 0);
  first.process.kill('SIGINT');
  const { status, stdout, stderr } = await first.done;
  expect(status).toBe(130);
  expect(stderr).toContain('Ctrl-C');
  const { batches: [part], error } = JSON.parse(stdout) as { readonly batches: readonly [{ readonly done: number; readonly running: number }]; readonly error: { readonly code: string } };
  expect([error.code, part.running]).toEqual(['cancelled', 0]);
  expect(stderr).toMatch(new RegExp(`Interrupted with ${String(part.done)} of \\d+ items finished and saved`));
  const done = lines((await runCli(['items', '--state', 'done', '--workspace', 'workspace', '--json'], { cwd })).stdout);
  expect(done).toHaveLength(part.done);
  expect(done.length).toBeGreaterThan(0);
  expect(done.length).toBeLessThan(60);
  const second = await runCli(['ingest', 'pictures', '--workspace', 'workspace', '--json'], { cwd });
  expect(JSON.parse(second.stdout)).toMatchObject({ batches: [{ total: 60, done: 60, failed: 0 }], assets_new: 60 });
  expect(lines((await runCli(['items', '--workspace', 'workspace', '--json'], { cwd })).stdout)).toHaveLength(60);
});

test('an import survives the death of the engine', async () => {
  const { cwd, workspace } = await place(60, 1200);
  const run = startCli(['ingest', 'pictures', '--workspace', 'workspace', '--json'], { cwd });
  const guest = await joinEngine(workspace);
  await importReaching(guest, ({ done }) => done > 0);
  const pid = await enginePid(workspace);
  await guest.stop('now');
  process.kill(pid, 'SIGKILL');
  const { status, stdout, stderr } = await run.done;
  expect(stderr).toContain('started again');
  expect([status, JSON.parse(stdout)]).toMatchObject([0, { batches: [{ state: 'completed', total: 60, done: 60 }] }]);
});

test.each([
  ['resumed', 'resume', 'running', 60, 0],
  ['cancelled', 'cancel', 'cancelled', 0, 1],
] as const)('a paused import is %s from another terminal, and the first one ends with it', async (_what, verb, state, atLeast, exitStatus) => {
  const { cwd, workspace } = await place(60, 1200);
  const run = startCli(['ingest', 'pictures', '--workspace', 'workspace', '--json'], { cwd });
  const guest = await joinEngine(workspace);
  const { id } = await importReaching(guest, ({ scanning, total }) => !scanning && total === 60);
  await guest.client.batches.pause({ id });
  const batch = async (name: string): Promise<unknown> => JSON.parse((await runCli(['batch', name, String(id), '--workspace', 'workspace', '--json'], { cwd })).stdout);
  expect(await batch('show')).toMatchObject({ state: 'paused', total: 60 });
  expect(await batch(verb)).toMatchObject({ state });
  const { status, stdout } = await run.done;
  const { batches: [part] } = JSON.parse(stdout) as { readonly batches: readonly [Record<'total' | 'done' | 'cancelled', number>] };
  expect([status, part.total, part.done + part.cancelled]).toEqual([exitStatus, 60, 60]);
  expect(part.done).toBeGreaterThanOrEqual(atLeast);
});

test('a followed folder is watched until Ctrl-C, each arrival is told, and the result covers all of them', async () => {
  const { cwd, workspace, pictures } = await place(2);
  const more = await makePictures(join(cwd, 'more'), 5);
  const run = startCli(['ingest', 'pictures', '--follow', '--workspace', 'workspace', '--json'], { cwd });
  await run.says('Watching');
  await copyFile(join(more, '0003.jpg'), join(pictures, 'new.jpg'));
  await run.says('Taken in 1 file: 1 new asset, 0 known already\n');
  await mkdir(join(pictures, 'below'));
  await Promise.all(['0004.jpg', '0005.jpg'].map(async (name) => { await copyFile(join(more, name), join(pictures, 'below', name)); }));
  await run.says('Taken in 2 files: 2 new assets');
  const guest = await joinEngine(workspace);
  expect(await guest.client.ingest.followed()).toHaveLength(1);
  await guest.stop('now');
  run.process.kill('SIGINT');
  const { status, stdout } = await run.done;
  expect([status, JSON.parse(stdout)]).toMatchObject([130, { assets_new: 5, verdicts: { clean: 5 } }]);
  expect(JSON.parse(stdout)).not.toHaveProperty('error');
  expect(await (await connectOnce(workspace)).client.ingest.followed()).toEqual([]);
});

test('a folder that was followed before stays followed', async () => {
  const { cwd, workspace, pictures } = await place(1);
  const before = await connectOnce(workspace);
  await before.client.ingest.follow({ path: pictures, enabled: true });
  const run = startCli(['ingest', 'pictures', '--follow', '--workspace', 'workspace'], { cwd });
  await run.says('Watching');
  run.process.kill('SIGINT');
  expect((await run.done).status).toBe(130);
  expect(await before.client.ingest.followed()).toMatchObject([{ path: pictures }]);
});

test('only folders can be watched: a list is taken in, and that is all', async () => {
  const { cwd, pictures } = await place(1);
  await writeFile(join(cwd, 'list.txt'), `${pictures}/0001.jpg\n`);
  const { status, stderr } = await runCli(['ingest', 'list.txt', '--follow', '--workspace', 'workspace'], { cwd });
  expect([status, stderr]).toEqual([0, expect.stringContaining('Only folders can be watched')]);
});

test('what a list says of itself cannot command the terminal, in tables, notes and errors', async () => {
  const { cwd } = await place(0);
  const hostile = '\u001b]0;owned\u0007\u009b2J';
  await writeFile(join(cwd, 'list.csv'), `"image${hostile}\nx",sku\nphotos/a.jpg,1\n`);
  for (const args of [['inspect', 'list.csv'], ['inspect', 'list.csv', '--source-column', 'none'], ['ingest', `gone${hostile}\nx`]]) {
    const { stdout, stderr } = await runCli([...args, '--workspace', 'workspace'], { cwd });
    expect(stdout + stderr).toContain('\\x1b]0;owned\\x07\\x9b2J\\x0ax');
    expect(stdout + stderr).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f]/);
  }
});

test('serve prints its address and token, and ends with Ctrl-C', async () => {
  const { cwd } = await place(0);
  const run = startCli(['serve', '--workspace', 'workspace', '--json'], { cwd });
  const { url, token } = JSON.parse(await run.says(/\}\n/)) as { readonly url: string; readonly token: string };
  expect(token).toMatch(/^[0-9a-f]{64}$/);
  expect(url).toMatch(new RegExp(`^http://127\\.0\\.0\\.1:\\d+/#token=${token}$`));
  expect((await fetch(url)).status).toBe(200);
  run.process.kill('SIGINT');
  expect((await run.done).status).toBe(130);
});

test.each([
  // A browser from a snap has a /tmp of its own, and sees of the home folder what is not hidden.
  ['below the home folder', (cwd: string) => cwd],
  ['among the temporary files where there is no home folder', (cwd: string) => join(cwd, 'no home')],
])('the browser is opened by a page that only the user can read, %s, and not by an address others can see', async (_, homeIn) => {
  const { cwd } = await place(0);
  const home = homeIn(cwd);
  await writeFile(join(cwd, 'xdg-open'), `#!/bin/sh\nprintf '%s\\n' "$#" "$1" "$(stat -c %a "$1")" "$(stat -c %a "$(dirname "$1")")" "$(cat "$1")" > "${join(cwd, 'opened.part')}"\nmv "${join(cwd, 'opened.part')}" "${join(cwd, 'opened')}"\n`, { mode: 0o755 });
  const run = startCli(['serve', '--open', '--workspace', 'workspace', '--json'], { cwd, env: { HOME: home, PATH: `${cwd}:${process.env['PATH'] ?? ''}` } });
  const { url, token } = JSON.parse(await run.says(/\}\n/)) as { readonly url: string; readonly token: string };
  await expect.poll(() => existsSync(join(cwd, 'opened')), { timeout: 10_000 }).toBe(true);
  const [count, page = '', pageMode, folderMode, content] = (await readFile(join(cwd, 'opened'), 'utf8')).split('\n');
  expect([count, pageMode, folderMode]).toEqual(['1', '600', '700']);
  expect(page).not.toContain(token);
  expect(dirname(dirname(page))).toBe(existsSync(home) ? home : tmpdir());
  expect(content).toContain(`0;url=${url}"`);
  run.process.kill('SIGTERM');
  expect((await run.done).status).toBe(143);
  expect(existsSync(dirname(page))).toBe(false);
});

test('start ends at once when nothing of what was named exists, and leaves out what does not', async () => {
  const { cwd } = await place(1);
  const none = await runCli(['start', 'gone', 'also gone', '--workspace', 'workspace'], { cwd });
  expect([none.status, none.stdout, none.stderr]).toEqual([1, '', `There is nothing at ${join(cwd, 'gone')}, ${join(cwd, 'also gone')}.\n`]);
  const some = startCli(['start', 'gone', 'pictures', '--workspace', 'workspace'], { cwd });
  const said = await some.says('1 new asset');
  expect(said).toContain(`There is nothing at ${join(cwd, 'gone')}; it is left out.`);
  some.process.kill('SIGINT');
  expect((await some.done).status).toBe(130);
});

test('start serves, takes in the given paths and keeps serving', async () => {
  const { cwd } = await place(3);
  const run = startCli(['start', 'pictures', '--workspace', 'workspace'], { cwd });
  await run.says('3 new assets');
  const [url = ''] = /^http:\S+$/m.exec(await run.says('#token=')) ?? [];
  expect((await fetch(url)).status).toBe(200);
  run.process.kill('SIGTERM');
  expect((await run.done).status).toBe(143);
});

test('a reader that goes away ends the command quietly', async () => {
  const { cwd } = await place(3);
  await runCli(['ingest', 'pictures', '--workspace', 'workspace'], { cwd });
  const run = startCli(['items', '--workspace', 'workspace', '--json'], { cwd });
  run.process.stdout?.destroy();
  const { status, stderr } = await run.done;
  expect([status, stderr]).toEqual([0, '']);
});

test.runIf(existsSync('/dev/full'))('output that a full disk did not take is a failure, said in one sentence', async () => {
  const { cwd } = await place(3);
  await runCli(['ingest', 'pictures', '--workspace', 'workspace'], { cwd });
  for (const args of [['items', '--json'], ['items'], ['--version']]) {
    const full = await open('/dev/full', 'w');
    const run = startCli(args[0] === 'items' ? [...args, '--workspace', 'workspace'] : args, { cwd, stdout: full.fd });
    const { status, stderr } = await run.done;
    await full.close();
    expect([status, stderr]).toEqual([1, 'The output could not be written: no space left on device.\n']);
  }
});

test.each([
  ['an unknown command', ['frobnicate'], /no command “frobnicate”/],
  ['a command that does not exist yet', ['crawl', 'http://example.com'], /no command “crawl”/],
  ['an unknown option', ['items', '--colour', 'red'], /“items” has no option --colour/],
  ['an option without its value', ['assets', '--limit'], /--limit needs a value/],
  ['an empty workspace', ['metrics', '--workspace', ''], /--workspace needs a value/],
  ['a value where none belongs', ['batch', 'list', '--deleted=yes'], /--deleted takes no value/],
  ['a negative limit', ['assets', '--limit', '-1'], /--limit must be a whole number of at least 0/],
  ['a negative number of days', ['purge', '--days', '-3'], /--days must be a whole number from 0/],
  ['a missing argument', ['ingest'], /ingest <path…>/],
  ['a number that is none', ['assets', '--limit', 'ten'], /--limit must be a whole number/],
  ['a state that is none', ['items', '--state', 'lost'], /--state must be one of done, failed/],
  ['an option of another verb', ['batch', 'show', '1', '--error', 'corrupt'], /belongs to “batch retry”/],
  ['an id that is none', ['batch', 'show', 'x'], /batch show\|pause/],
])('%s is wrong usage', async (_what, args, message) => {
  const plain = await runCli(args);
  expect([plain.status, plain.stdout, plain.stderr]).toEqual([2, '', expect.stringMatching(message)]);
  const json = await runCli([...args, '--json']);
  expect(json.status).toBe(2);
  expect(JSON.parse(json.stdout)).toEqual({ error: { code: 'bad-input', message: expect.stringMatching(message) } });
});

test('a failing command says why in one sentence, without a stack trace', async () => {
  const cwd = await temporaryFolder();
  await mkdir(join(cwd, 'workspace'));
  const plain = await runCli(['batch', 'show', '77', '--workspace', 'workspace'], { cwd });
  expect([plain.status, plain.stdout]).toEqual([1, '']);
  expect(plain.stderr.trim().split('\n')).toHaveLength(1);
  const json = await runCli(['batch', 'show', '77', '--workspace', 'workspace', '--json'], { cwd });
  expect([json.status, JSON.parse(json.stdout)]).toEqual([1, { error: { code: 'not-found', message: expect.stringContaining('77') } }]);
});

test.each(['ingest', 'inspect', 'start'])('%s says that addresses cannot be fetched, instead of looking for a file of that name', async (command) => {
  const cwd = await temporaryFolder();
  const { status, stdout } = await runCli([command, 'http://example.com/a.jpg', '--workspace', 'workspace', '--json'], { cwd });
  expect([status, JSON.parse(stdout)]).toEqual([1, { error: { code: 'blocked-scheme', message: 'addresses cannot be fetched by this version yet: http://example.com/a.jpg' } }]);
});

test('a filter that cannot be understood is wrong usage, and nothing is printed before it', async () => {
  const { cwd } = await place(0);
  const { status, stdout, stderr } = await runCli(['assets', '--filter', 'width>=wide', '--workspace', 'workspace'], { cwd });
  expect([status, stdout]).toEqual([2, '']);
  expect(stderr).toContain('width');
});

test('the items of a batch that does not exist are not an empty list', async () => {
  const { cwd } = await place(0);
  const { status, stdout } = await runCli(['items', '--batch', '99', '--workspace', 'workspace', '--json'], { cwd });
  expect([status, JSON.parse(stdout)]).toMatchObject([1, { error: { code: 'not-found' } }]);
});

test('all imports are listed, however many there are, and in words people use', async () => {
  const { cwd, workspace } = await place(1);
  await writeFile(join(cwd, 'list.txt'), `${join(cwd, 'gone.jpg')}\n`);
  expect((await runCli(['ingest', 'list.txt', '--workspace', 'workspace'], { cwd })).stdout).toContain('list (2): done with failures');
  const catalog = new Database(join(workspace, 'catalog.sqlite'));
  catalog.exec(`WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1200)
    INSERT INTO batch (name, kind, sequence, scan, created_at, finished_at) SELECT 'old ' || i, 'folder', 1, 'done', i, i FROM n`);
  catalog.close();
  const { batches } = JSON.parse((await runCli(['batch', 'list', '--workspace', 'workspace', '--json'], { cwd })).stdout) as { readonly batches: readonly { readonly name: string }[] };
  expect([batches.length, new Set(batches.map(({ name }) => name)).size, batches.at(-1)?.name]).toEqual([1201, 1201, 'list']);
});

test('a workspace that cannot be one is refused with its path', async () => {
  const cwd = await temporaryFolder();
  await writeFile(join(cwd, 'file'), '');
  const { status, stdout } = await runCli(['metrics', '--workspace', 'file', '--json'], { cwd });
  expect([status, JSON.parse(stdout)]).toEqual([1, { error: { code: 'bad-input', message: `the workspace ${join(cwd, 'file')} cannot be used: not a directory` } }]);
});

test.runIf(existsSync('/proc/self'))('a workspace where no folder can be made is refused at once', async () => {
  const { status, stdout } = await runCli(['metrics', '--workspace', '/proc/proofsheet/catalog', '--json']);
  expect([status, JSON.parse(stdout)]).toEqual([1, { error: { code: 'not-found', message: 'the workspace /proc/proofsheet/catalog cannot be used: no folder can be made in /proc: no such file or directory' } }]);
});

test('help and version are answered without an engine', async () => {
  const help = await runCli(['--help']);
  expect([help.status, help.stdout]).toEqual([0, expect.stringContaining('ingest')]);
  expect(help.stdout).not.toContain('start ');
  expect((await runCli(['ingest', '--help'])).stdout).toContain('--max-batch-size N');
  expect((await runCli(['--version'])).stdout).toMatch(/^\d+\.\d+\.\d+/);
});

test('commands that meet an engine which another one is just starting or ending do their work all the same', async () => {
  const workspace = join(await temporaryFolder(), 'workspace');
  const metrics = (): Promise<CliResult> => runCli(['metrics', '--workspace', workspace, '--json']);
  // All at once, and each followed by another as soon as it has ended.
  const results = await Promise.all(Array.from({ length: 3 }, async () => [await metrics(), await metrics()]));
  expect(results.flat().map(({ status, stderr }) => [status, stderr])).toEqual(Array.from({ length: 6 }, () => [0, '']));
});
