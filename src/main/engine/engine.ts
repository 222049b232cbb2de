import { randomUUID } from 'node:crypto';
import { rmSync } from 'node:fs';
import { statfs } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import type { Progress } from '../../contract/index.ts';
import { createAssetsRouter } from './assets/router.ts';
import { createDrawables } from './assets/drawable.ts';
import { createAssetRecords } from './assets/records.ts';
import { createViews } from './assets/views.ts';
import { createBatchStore } from './batches/batch-store.ts';
import { createBatchVerbs } from './batches/verbs.ts';
import { createBatchesRouter } from './batches/router.ts';
import { createProgressMeter } from './batches/progress.ts';
import { createGroupCommit } from './catalog/group-commit.ts';
import { openCatalog } from './catalog/open.ts';
import { createReader } from './catalog/reader.ts';
import { openWorkspace } from './catalog/workspace.ts';
import { errorCodeOf } from './errors.ts';
import { createDownloader } from './acquire/downloader.ts';
import { createDownloads } from './acquire/download.ts';
import { type Clocks, DEFAULT_CLOCKS } from './acquire/exchange.ts';
import { createFetched } from './acquire/fetched.ts';
import { createHosts, limitsOf } from './acquire/hosts.ts';
import { createLookups, type Resolve, resolveBySystem } from './acquire/lookup.ts';
import { createRobotsCache } from './acquire/robots-cache.ts';
import { createAcquireRouter } from './acquire/router.ts';
import { createThrottle } from './acquire/throttle.ts';
import { createSwitchingTransport } from './acquire/transport.ts';
import { createEntries } from './ingest/entries.ts';
import { createFailedList } from './ingest/failed-list.ts';
import { createFollowing } from './ingest/follow.ts';
import { createImports } from './ingest/imports.ts';
import { createIngestHandler } from './ingest/ingest-handler.ts';
import { createItems } from './ingest/items.ts';
import { createOriginals } from './assets/originals.ts';
import { createIngestRouter } from './ingest/router.ts';
import { createCleanup } from './cleanup/cleanup.ts';
import { realFiles } from './cleanup/files.ts';
import { createCleanupRouter } from './cleanup/router.ts';
import { createComparer } from './compare/comparer.ts';
import { createCompareRouter } from './compare/router.ts';
import { createPairComparer } from './similarity/pairing-compare.ts';
import { createPairing } from './similarity/pairing.ts';
import { createPairingStore } from './similarity/pairing-store.ts';
import { createNotDuplicates } from './similarity/pairs-apart.ts';
import { createFacts } from './similarity/pairs-facts.ts';
import { createLookup } from './similarity/pairs-lookup.ts';
import { createGroupSource, createSimilarityRouter } from './similarity/router.ts';
import { createSimilarityThreads } from './similarity/similarity-threads.ts';
import { createSources } from './catalog/sources.ts';
import { createJobQueue } from './jobs/queue.ts';
import { createRunner } from './jobs/runner.ts';
import { createPictureCache } from './renditions/cache.ts';
import { partFolder } from './renditions/store.ts';
import { createRenditionsRouter } from './renditions/router.ts';
import { createSettingsRouter } from './settings/router.ts';
import { createSettings } from './settings/settings.ts';
import { FILE_BUDGET_BYTES } from './pixels/decode/plan.ts';
import { createPool } from './tasks/pool.ts';
import { createBroadcast, createChangeLog } from './workspace/changes.ts';
import { createWorkspaceRouter } from './workspace/router.ts';

export interface EngineOptions {
  /** Folder of the workspace, created where it does not exist. */
  readonly workspace: string;
  /** False leaves the queue alone until `work` is called: for commands that only read. */
  readonly work: boolean;
  readonly version: string;
  /** The files that threads start from: sources in a checkout, bundles in a package. */
  readonly files: { readonly worker: URL; readonly scanThread: URL; readonly readerThread: URL; readonly similarityThread: URL };
  readonly now?: () => number;
  readonly random?: () => number;
  /** How long the steps of a download may take, and who resolves names. */
  readonly clocks?: Partial<Clocks>;
  readonly resolve?: Resolve;
  /** Errors of ours that no user asked for; they belong into the log. */
  readonly onDefect: (error: unknown) => void;
}

export type Engine = ReturnType<typeof createEngine>;

/** Decoders may hold this much, unless one picture alone needs more: the engine stays below 900 MB. */
const DECODE_BUDGET_BYTES = 360 * 2 ** 20;
const MAX_THREADS = 8;
/** Copies of originals at full size and heat maps: some hundred of them. */
const CACHE_BYTES = 2 * 2 ** 30;
const COMMIT_DELAY_MS = 10;
const PROGRESS_INTERVAL_MS = 200;
const CHANGES_INTERVAL_MS = 100;
const LEASE_RENEWAL_MS = 60_000;
/** Work goes on by itself once the disk has this much room again. */
const DISK_RESERVE_BYTES = 64 * 2 ** 20;
const DISK_CHECK_MS = 2000;

/**
 * Wires the engine: everything that owns the workspace, once, by hand.
 * @throws ProofsheetError `workspace-busy`, `workspace-newer`, `workspace-older`
 */
export function createEngine(options: EngineOptions) {
  const { files, onDefect, version, now = Date.now, random = Math.random } = options;
  const workspace = openWorkspace(options.workspace);
  const db = openCatalog(workspace.catalog, workspace.backups);
  for (const folder of [workspace.renditions, workspace.originals, workspace.cache]) rmSync(partFolder(folder), { recursive: true, force: true });

  const settings = createSettings(db);
  const policy = () => settings.get().policy;
  const groupCommit = createGroupCommit(db, COMMIT_DELAY_MS);
  const queue = createJobQueue(db, randomUUID());
  const pool = createPool({
    // One computes, one decodes, one waits for the disk.
    workerFile: files.worker, threads: Math.min(availableParallelism(), MAX_THREADS), tasksPerThread: 3,
    fileBudgetBytes: FILE_BUDGET_BYTES, decodeBudgetBytes: DECODE_BUDGET_BYTES,
    prepare: async () => { (await import('./pixels/decode/loaders.ts')).restrictLoaders(); },
  });
  const sources = createSources(db);
  const originals = createOriginals(db, workspace, sources);
  const cache = createPictureCache(workspace.cache, CACHE_BYTES, now);
  const batches = createBatchStore(db);
  const verbs = createBatchVerbs(db, batches);
  const changes = createChangeLog(CHANGES_INTERVAL_MS);
  const progressStream = createBroadcast<Progress[]>((_missed, newest) => newest);
  let diskIsFull = false;
  const meter = createProgressMeter(db, batches, () => (diskIsFull ? 'disk-full' : downloader.isOffline() ? 'offline' : null), now);
  let progressTimer: NodeJS.Timeout | undefined;
  let diskTimer: NodeJS.Timeout | undefined;
  let working = false;
  let sweeping: NodeJS.Immediate | undefined;

  const runner = createRunner({
    queue, pool, groupCommit, now, random, onDefect,
    handlers: [createIngestHandler({ db, workspace, sources, policy, now })],
    onFinished(batchIds) {
      attemptWrite(() => {
        meter.touch(batchIds);
        batches.settle(now(), batchIds);
      });
      announce('assets', 'batches', 'items');
      pairing.wake();
    },
    onDiskFull: stopForFullDisk,
  });

  const clocks: Clocks = { ...DEFAULT_CLOCKS, ...options.clocks };
  const userAgent = `Proofsheet/${version}`;
  const fetched = createFetched(db, now);
  const transport = createSwitchingTransport({ lookups: createLookups(options.resolve ?? resolveBySystem, now), proxy: () => settings.get().downloads.proxy, connectMs: clocks.connectMs });
  const downloader = createDownloader({
    db, queue, groupCommit, sources, fetched, folder: workspace.downloads, settings: () => settings.get(), clocks: () => clocks, now, random, onDefect,
    downloads: createDownloads({
      folder: workspace.downloads, agents: transport.agents, userAgent, throttle: createThrottle(() => settings.get().downloads.bytesPerSecond, now), now,
    }),
    hosts: createHosts({ limits: () => limitsOf(settings.get().downloads), now }),
    onFinished(batchIds, wasCalledOff) {
      attemptWrite(() => {
        meter.touch(batchIds);
        batches.settle(now(), batchIds);
        // What was being fetched for a batch that was cancelled is in the queue again.
        if (wasCalledOff) sweepCancelled();
      });
      announce('batches', 'items', 'hosts');
      if (working) runner.wake();
    },
    onDiskFull: stopForFullDisk,
    onOutage: () => { announce('batches', 'hosts'); },
  });

  const imports = createImports({
    db, batches, sources, entries: createEntries({ db, queue, sources, isFresh: (sourceId) => fetched.isFresh(sourceId), policy, now }), maxBatchSize: () => settings.get().maxBatchSize,
    exclude: workspace.root, scanThread: files.scanThread, now, onDefect,
    onGone() { announce('assets', 'items'); },
    onDiskFull: stopForFullDisk,
    onQueued() {
      attemptWrite(sweepCancelled);
      announce('batches', 'items');
      if (!working) return;
      runner.wake();
      downloader.wake();
    },
  });
  const following = createFollowing({ db, imports, exclude: workspace.root, now, onChanged: () => { announce('follow'); }, onDefect });
  const reader = createReader(workspace.catalog, files.readerThread);
  const similarityThreads = createSimilarityThreads(workspace.catalog, files.similarityThread);
  const pairingStore = createPairingStore(db);
  const factsOf = createFacts(db);
  const pairComparer = createPairComparer({ store: pairingStore, factsOf, pool, groupCommit, workspace, originals });
  const pairing = createPairing({
    store: pairingStore, candidates: similarityThreads.candidates, comparer: pairComparer, slots: pool.slots, isIdle: () => runner.inFlight() === 0,
    onChanged: () => { announce('similarity'); }, onDiskFull: stopForFullDisk, onDefect,
  });
  const groupSource = createGroupSource({ db, groups: similarityThreads.groups, groupCommit });
  const cleanup = createCleanup({
    db, reader, files: realFiles, settings: () => settings.get(), scansEnded: () => imports.scansEnded(), now, onDefect, groups: groupSource,
    onChanged() { announce('cleanup'); },
    onFilesChanged() { announce('assets', 'items', 'similarity'); },
  });

  function announce(...topics: Parameters<typeof changes.note>): void {
    changes.note(...topics);
    progressTimer ??= setTimeout(() => {
      progressTimer = undefined;
      progressStream.publish(meter.snapshot());
    }, PROGRESS_INTERVAL_MS);
  }

  async function tryDiskAgain(): Promise<void> {
    const { bavail, bsize } = await statfs(workspace.root);
    if (bavail * bsize < DISK_RESERVE_BYTES) return;
    await Promise.all([runner.halt(), downloader.halt('now')]);
    queue.recover();
    queue.release();
    clearInterval(diskTimer);
    diskTimer = undefined;
    diskIsFull = false;
    imports.resumeScans();
    announce('batches');
    runner.wake();
    downloader.wake();
    pairing.wake();
  }

  /** A write on the side, outside the jobs' own transactions: a full disk stops the work, it does not end the engine. */
  function attemptWrite(write: () => void): void {
    try {
      write();
    } catch (error) {
      if (errorCodeOf(error) !== 'disk-full') throw error;
      stopForFullDisk();
    }
  }

  function stopForFullDisk(): void {
    if (diskIsFull) return;
    diskIsFull = true;
    announce('batches');
    diskTimer ??= setInterval(() => void tryDiskAgain().catch(onDefect), DISK_CHECK_MS);
  }

  /** Takes what was queued in cancelled batches out of the queue, also what an engine before this one did not come to. */
  function sweepCancelled(): void {
    if (verbs.sweepCancelled(now())) sweeping ??= setImmediate(() => {
      sweeping = undefined;
      attemptWrite(sweepCancelled);
      announce('batches', 'items');
    });
    batches.settle(now());
  }

  /** Takes up what earlier engines left unfinished and keeps working, or lets the jobs in flight finish and rests. */
  async function setWorking(enabled: boolean): Promise<void> {
    if (working === enabled) return;
    working = enabled;
    pairing.setWorking(enabled);
    if (!enabled) {
      await Promise.all([runner.halt(), downloader.halt('drain')]);
      return;
    }
    attemptWrite(() => {
      queue.recover();
      sweepCancelled();
    });
    downloader.sweep();
    imports.resumeScans();
    following.resume();
    runner.wake();
    downloader.wake();
  }

  const leases = setInterval(() => {
    // On a full disk nothing can be written, and nothing runs that a lease would have to be kept for.
    if (!diskIsFull) attemptWrite(() => { queue.extendLeases(now()); });
  }, LEASE_RENEWAL_MS);
  if (options.work) void setWorking(true).catch(onDefect);

  const onChanged = (): void => {
    announce('batches', 'items', 'settings');
    if (!working) return;
    // What a cancel or a delete had cut short is read on when it is taken back.
    imports.resumeScans();
    downloader.sync();
    downloader.forgive();
    runner.wake();
    downloader.wake();
  };
  const router = {
    acquire: createAcquireRouter({ downloader, settings, userAgent, sites: createRobotsCache({ agents: transport.agents, userAgent, clocks: () => clocks, now }) }),
    assets: createAssetsRouter({ db, records: createAssetRecords(db, reader, workspace), views: createViews(db, reader, now), reader, originals, drawables: createDrawables({ db, originals, pool, cache }) }),
    batches: createBatchesRouter({ batches, verbs, progress: { snapshot: () => meter.snapshot(), subscribe: (signal) => progressStream.subscribe(signal) }, now, onChanged }),
    cleanup: createCleanupRouter(cleanup),
    compare: createCompareRouter(createComparer({ db, renditions: workspace.renditions, originals, pool, cache })),
    ingest: createIngestRouter({ db, imports, items: createItems(db, reader, verbs), failedList: createFailedList(reader), following, batches, settings, scanThread: files.scanThread, exclude: workspace.root, now, onChanged }),
    renditions: createRenditionsRouter({ db, workspace, now }),
    similarity: createSimilarityRouter({
      pairing, groupSource, lookup: createLookup({ db, store: pairingStore, factsOf, candidates: similarityThreads.candidates, comparer: pairComparer, pool }),
      notDuplicates: createNotDuplicates(db, now), onChanged: () => { announce('similarity'); },
    }),
    settings: createSettingsRouter({ settings, onChanged }),
    workspace: createWorkspaceRouter({ db, workspace, version, startedAt: now(), changes, work: { set: setWorking } }),
  };

  return {
    router,
    workspace,
    /**
     * Ends the engine. `drain` lets the jobs in flight finish; `now` gives them back to the queue. The catalog is
     * consistent either way.
     */
    async close(mode: 'drain' | 'now'): Promise<void> {
      working = false;
      clearInterval(leases);
      clearInterval(diskTimer);
      clearImmediate(sweeping);
      changes.close();
      const halted = Promise.all([runner.halt(), downloader.halt(mode)]);
      // What is being compared is left as it was, whichever way the engine ends: it waits for the next one.
      const rested = pairing.close();
      await Promise.all([imports.stop(), following.stop(), cleanup.stop()]);
      await similarityThreads.close();
      await rested;
      clearImmediate(sweeping);
      if (mode === 'drain' && !diskIsFull) await halted;
      groupCommit.flush();
      if (!diskIsFull) queue.release();
      await Promise.all([pool.close(), transport.close()]);
      await reader.close();
      // What ended meanwhile has announced it.
      clearTimeout(progressTimer);
      db.close();
      rmSync(workspace.engineFile, { force: true });
      workspace.release();
    },
  };
}
