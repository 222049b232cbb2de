import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { expect, onTestFinished } from 'vitest';
import type { Batch } from '../src/contract/index.ts';
import { createORPCClient } from '@orpc/client';
import { openEngineSession, type EngineClient } from '../src/main/host/engine-client.ts';
import { connectEngine, type EngineLink } from '../src/main/host/engine-link.ts';
import { startEngine, type EngineLaunch } from '../src/main/host/engine-process.ts';

const root = join(import.meta.dirname, '..');

/** The engine as a checkout runs it. */
export const LAUNCH: EngineLaunch = { entry: join(root, 'src/main/engine/main.ts'), node: process.execPath, env: process.env };

/** A folder that is gone when the test is over. */
export async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'proofsheet-test-'));
  onTestFinished(async () => { await rm(folder, { recursive: true, force: true, maxRetries: 5 }); });
  return folder;
}

/** `count` distinct pictures `0001.jpg` … */
export async function makePictures(folder: string, count: number, side = 160): Promise<string> {
  await mkdir(folder, { recursive: true });
  for (let index = 1; index <= count; index += 1) {
    await sharp(drawPicture(index, side, side), { raw: { width: side, height: side, channels: 3 } }).jpeg().toFile(join(folder, `${String(index).padStart(4, '0')}.jpg`));
  }
  return folder;
}

/**
 * RGB pixels of the picture with this number: a ground, a disc and a bar, whose places and colours follow from it. Drawn
 * by hand, since an engine in the same process forbids libvips to read SVG.
 */
export function drawPicture(index: number, width: number, height: number): Buffer {
  const pixels = Buffer.alloc(width * height * 3);
  const ground = [(index * 37) % 256, (index * 91) % 256, (index * 53) % 256];
  const disc = { x: width * (0.2 + ((index * 7) % 60) / 100), y: height * (0.2 + ((index * 13) % 60) / 100), radius: Math.min(width, height) * (0.08 + (index % 12) / 80) };
  const bar = { from: width * (((index * 17) % 80) / 100), to: width * (((index * 17) % 80) / 100 + 0.12) };
  for (let y = 0, at = 0; y < height; y += 1) {
    for (let x = 0; x < width; x += 1, at += 3) {
      const inDisc = (x - disc.x) ** 2 + (y - disc.y) ** 2 < disc.radius ** 2;
      const inBar = x >= bar.from && x < bar.to && y > height * 0.7;
      for (let channel = 0; channel < 3; channel += 1) pixels[at + channel] = inDisc ? 255 : inBar ? 20 : (ground[channel] ?? 0) * (0.6 + 0.4 * (y / height));
    }
  }
  return pixels;
}

/** The process that holds the workspace, as the engine itself tells. */
export async function enginePid(workspace: string): Promise<number> {
  const file = JSON.parse(await readFile(join(workspace, 'engine.json'), 'utf8')) as { readonly pid: number };
  return file.pid;
}

/** Joins the engine that another process runs: a look into an import without the cost of a process per question. */
export async function joinEngine(workspace: string): Promise<EngineLink> {
  await expect.poll(() => existsSync(join(workspace, 'engine.json')), { interval: 10, timeout: 30_000 }).toBe(true);
  const link = await connectEngine({ workspace, launch: LAUNCH, work: false });
  onTestFinished(async () => { await link.stop('now'); });
  return link;
}

/** The newest import, as soon as it is as far as asked. */
export async function importReaching({ client }: EngineLink, isReached: (batch: Batch) => boolean): Promise<Batch> {
  for await (const snapshot of await client.batches.progress()) {
    const found = snapshot.find(({ batch }) => isReached(batch));
    if (found !== undefined) return found.batch;
  }
  throw new Error('the progress ended');
}

export interface CliResult {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface CliRun {
  readonly process: ChildProcess;
  /** Resolves when stderr or stdout contains the text. */
  readonly says: (text: string | RegExp) => Promise<string>;
  readonly done: Promise<CliResult>;
}

/** The command line as a user runs it: a process of its own, in `cwd`. */
export function startCli(args: readonly string[], { cwd = tmpdir(), env = {}, stdout: sink = 'pipe' }: { readonly cwd?: string; readonly env?: Readonly<Record<string, string>>; readonly stdout?: 'pipe' | number } = {}): CliRun {
  const child = spawn(process.execPath, [join(root, 'src/main/cli/main.ts'), ...args], {
    cwd, stdio: ['ignore', sink, 'pipe'], env: { ...process.env, PROOFSHEET_CWD: cwd, ...env },
  });
  let stdout = '';
  let stderr = '';
  const watchers = new Set<() => void>();
  child.stdout?.setEncoding('utf8').on('data', (text: string) => { stdout += text; for (const watch of watchers) watch(); });
  child.stderr?.setEncoding('utf8').on('data', (text: string) => { stderr += text; for (const watch of watchers) watch(); });
  const done = new Promise<CliResult>((resolve) => { child.once('close', (status) => { resolve({ status, stdout, stderr }); }); });
  onTestFinished(() => { child.kill('SIGKILL'); });
  return {
    process: child,
    done,
    async says(text) {
      return await new Promise((resolve, reject) => {
        const watch = (): void => {
          const all = stdout + stderr;
          if (typeof text === 'string' ? !all.includes(text) : !text.test(all)) return;
          watchers.delete(watch);
          resolve(all);
        };
        watchers.add(watch);
        watch();
        void done.then(() => { reject(new Error(`the command ended without saying ${String(text)}:\n${stdout}${stderr}`)); });
      });
    },
  };
}

export async function runCli(args: readonly string[], options?: Parameters<typeof startCli>[1]): Promise<CliResult> {
  return await startCli(args, options).done;
}

interface RunningEngine {
  readonly client: EngineClient;
  readonly kill: () => Promise<void>;
  readonly exited: Promise<string>;
}

/** An engine in a process of its own. */
export async function launchEngine(workspace: string, launch: EngineLaunch = LAUNCH): Promise<RunningEngine> {
  const start = await startEngine({ launch, workspace, work: true, debug: false });
  if (start.kind === 'refused') throw new Error(start.message);
  const { link } = await openEngineSession(start.process.address);
  return {
    client: createORPCClient<EngineClient>(link), exited: start.process.exited,
    async kill() {
      process.kill(start.process.pid, 'SIGKILL');
      await start.process.exited;
    },
  };
}
