import { readdirSync, rmSync } from 'node:fs';
import { networkInterfaces } from 'node:os';
import { join } from 'node:path';
import type Database from 'better-sqlite3';
import type { ErrorCode, Settings } from '../../../contract/index.ts';
import type { ImportSpec } from '../batches/batch-store.ts';
import type { GroupCommit } from '../catalog/group-commit.ts';
import type { Sources } from '../catalog/sources.ts';
import { errorCodeOf, errorMessageOf, ProofsheetError } from '../errors.ts';
import type { ClaimedJob, JobQueue, Outcome } from '../jobs/queue.ts';
import { heals, MAX_RETRIES, retryDelay } from '../jobs/retry.ts';
import { type AllowedHosts, toAllowedHost } from './addresses.ts';
import type { Downloads } from './download.ts';
import type { Clocks } from './exchange.ts';
import type { Fetched } from './fetched.ts';
import type { Attempt, Hosts, HostView } from './hosts.ts';

export interface DownloaderDependencies {
  readonly db: Database.Database;
  readonly queue: JobQueue;
  readonly groupCommit: GroupCommit;
  readonly sources: Sources;
  readonly downloads: Downloads;
  readonly folder: string;
  readonly fetched: Fetched;
  readonly hosts: Hosts;
  readonly settings: () => Settings;
  readonly clocks: () => Clocks;
  readonly now: () => number;
  readonly random: () => number;
  /** After each commit: the parts whose items moved. Some may be work for the pool now. */
  readonly onFinished: (batchIds: ReadonlySet<number>, wasCalledOff: boolean) => void;
  readonly onDiskFull: () => void;
  /** The network has gone or is back. */
  readonly onOutage: () => void;
  readonly onDefect: (error: unknown) => void;
}

export interface Downloader {
  /** Looks for work now. Ends a halt. */
  wake(): void;
  /** Claims nothing more; resolves when nothing is in flight. `now` calls off what is, and keeps what has come. */
  halt(mode: 'drain' | 'now'): Promise<void>;
  /** Calls off what is fetched for batches that are paused, cancelled or deleted. */
  sync(): void;
  /** Whoever retries wants hosts asked again that were given up. */
  forgive(): void;
  isOffline(): boolean;
  view(): HostView[];
  /** Takes away what no item will ask for: what a crash or a purge has left. */
  sweep(): void;
}

/** Hosts that have something are looked for again after so long at most, and when all known ones are done. */
const REFRESH_MS = 250;
/** More than may ever run at once: rows that each name a host of their own must not all be looked through. */
const MOST_LANES = 512;
const MOST_NAMES = 10_000;
/** Beyond it a host that keeps asking for less is taken for one that fails. */
const LONGEST_PATIENCE_MS = 900_000;
/** While the network is gone, one item tries it so often. */
const PROBE_MS = 2000;
/** An answer that came this long ago says that the network is there. */
const RECENT_MS = 5000;
/** A source that is being fetched for another item. */
const BUSY_MS = 250;

class CalledOff extends Error {}

/** A download that has run for so long waits for a slow host, or brings something large. */
const WAITING_MS = 1000;

interface Active {
  readonly began: number;
  readonly job: ClaimedJob;
  readonly host: string;
  readonly abort: AbortController;
}

/**
 * Fetches what items of batches need before the pool can read it: as many at a time as the hosts bear, none from hosts
 * that want to be left alone, and without a worker waiting for any of them. The queue in the catalog is the only one:
 * what is claimed is being fetched.
 */
export function createDownloader(dependencies: DownloaderDependencies): Downloader {
  const { db, queue, groupCommit, sources, downloads, folder, fetched, hosts, settings, clocks, now, random, onFinished, onDiskFull, onOutage, onDefect } = dependencies;
  const hostName = db.prepare<[number], string>('SELECT name FROM host WHERE id = ?').pluck();
  const importOf = db.prepare<[number], { createdAt: number; spec: string | null }>('SELECT i.created_at AS createdAt, i.spec FROM batch b JOIN batch i ON i.id = coalesce(b.parent_id, b.id) WHERE b.id = ?');
  const isStopped = db.prepare<[number], number>('SELECT paused = 1 OR cancelled_at IS NOT NULL OR deleted_at IS NOT NULL FROM batch WHERE id = ?').pluck();
  const awaited = db.prepare<[string], number>(`SELECT EXISTS (SELECT 1 FROM job WHERE source_id = ? AND state IN ('queued', 'leased'))`).pluck();
  const wanted = db.prepare<[], string>(`
    SELECT lower(hex(s.sha256)) FROM job j NOT INDEXED CROSS JOIN source s ON s.id = j.source_id
    WHERE j.host_id IS NOT NULL AND j.state IN ('queued', 'leased', 'quarantined') AND s.sha256 IS NOT NULL`).pluck();
  const names = new Map<number, string>();
  const active = new Map<number, Active>();
  const busySources = new Set<number>();
  /** Hosts that had something to fetch when it was last looked, and in which part. */
  let lanes = new Map<number, number>();
  let lanesReadAt = -Infinity;
  /** Something may have come since then. */
  let isStale = true;
  let halted = true;
  let isOffline = false;
  let nextPump: NodeJS.Immediate | undefined;
  let nextLook: NodeJS.Timeout | undefined;
  let nextLookAt = 0;
  let nextProbeAt = 0;
  let idle: (() => void)[] = [];
  let inCommit = 0;
  let touched = new Set<number>();
  let wasCalledOff = false;
  let announcement: NodeJS.Immediate | undefined;

  function schedulePump(): void {
    nextPump ??= setImmediate(pump);
  }

  /** A look that is due sooner stays: whoever pumps in between must not postpone it. */
  function lookAgainIn(ms: number): void {
    const at = performance.now() + Math.min(60_000, Math.max(1, ms));
    if (nextLook !== undefined && nextLookAt <= at) return;
    clearTimeout(nextLook);
    nextLookAt = at;
    nextLook = setTimeout(() => {
      nextLook = undefined;
      isStale = true;
      schedulePump();
    }, at - performance.now());
  }

  function nameOf(hostId: number): string {
    const known = names.get(hostId) ?? hostName.get(hostId) ?? '';
    if (names.size >= MOST_NAMES) names.clear();
    names.set(hostId, known);
    return known;
  }

  function pump(): void {
    clearImmediate(nextPump);
    nextPump = undefined;
    if (halted) return;
    try {
      const age = performance.now() - lanesReadAt;
      if (isStale && age >= REFRESH_MS) {
        // Those that have room, or are to fail at once; the others are looked for again when they may be asked.
        lanes = queue.lanes(MOST_LANES, (lane) => hosts.room(nameOf(lane)) > 0 || hosts.givenUp(nameOf(lane)) !== null);
        lanesReadAt = performance.now();
        isStale = lanes.size >= MOST_LANES;
      }
      const wantedByLane = new Map<number, number>();
      const waiting = [...active.values()].filter(({ began }) => performance.now() - began > WAITING_MS);
      const slow = new Set(waiting.map(({ host }) => host));
      const asked = new Set([...active.values()].map(({ host }) => host));
      const isProbing = isOffline && active.size === 0 && performance.now() >= nextProbeAt;
      if (isProbing) nextProbeAt = performance.now() + PROBE_MS;
      const room = isOffline ? Number(isProbing) : hosts.globalRoom(waiting.length);
      /** @returns how much of the room is left */
      const want = (some: readonly number[], most: number, each: number): number => {
        let left = most;
        for (const lane of some) {
          if (left === 0) break;
          const host = nameOf(lane);
          const before = wantedByLane.get(lane) ?? 0;
          // Of a host that was given up everything fails at once: some dozens at a time, so that others are served.
          const isLost = hosts.givenUp(host) !== null;
          const count = isLost ? 50 - before : Math.min(left, each, hosts.room(host) - before);
          if (count <= 0) continue;
          wantedByLane.set(lane, before + count);
          if (!isLost) left -= count;
        }
        return left;
      };
      // Whom nobody asks goes first, with one each; who lets others wait takes half of the rest at most, unless nobody else has anything.
      const [quickLanes, slowLanes] = [[...lanes.keys()].filter((lane) => !slow.has(nameOf(lane))), [...lanes.keys()].filter((lane) => slow.has(nameOf(lane)))];
      const left = want(quickLanes, want(quickLanes.filter((lane) => !asked.has(nameOf(lane))), room, 1), Infinity);
      want(slowLanes, quickLanes.length === 0 ? left : Math.floor(left / 2), Infinity);
      const jobs = wantedByLane.size === 0 ? [] : queue.claimLanes(wantedByLane, lanes, now());
      const claimed = new Set(jobs.map(({ hostId }) => hostId));
      // A host without anything left is not asked for again until somebody looks.
      for (const lane of wantedByLane.keys()) {
        const part = lanes.get(lane) ?? 0;
        lanes.delete(lane);
        // Who was served is last in the line.
        if (claimed.has(lane)) lanes.set(lane, part);
      }
      for (const job of jobs) begin(job);
      const waits = [hosts.nextChange(), queue.nextRunAfter(now())].flatMap((time) => (time === null ? [] : [time - now()]));
      if (isStale) waits.push(REFRESH_MS - age);
      if (active.size > 0 && lanes.size > 0) waits.push(WAITING_MS);
      if (isOffline) waits.push(PROBE_MS);
      if (waits.length > 0) lookAgainIn(Math.min(...waits));
    } catch (error) {
      if (errorCodeOf(error) !== 'disk-full') throw error;
      stopForFullDisk();
    }
  }

  function begin(job: ClaimedJob): void {
    const { sourceId, hostId } = job;
    if (sourceId === null || hostId === null) throw new Error(`The item ${job.id} names no source to fetch`);
    const host = nameOf(hostId);
    const lost = hosts.givenUp(host);
    if (lost !== null) void settle(job, () => ({ state: 'failed', error: { code: lost.code, message: `${host} has been given up after it failed again and again: ${lost.message}` } }));
    else {
      const began = importOf.get(job.batchId ?? 0);
      const known = busySources.has(sourceId) ? 'pending' : began === undefined ? null : fetched.outcomeSince(sourceId, began.createdAt, job.id);
      if (known === 'pending') void settle(job, () => ({ state: 'retry', runAfter: now() + BUSY_MS, countsAsAttempt: false, error: { code: 'internal', message: 'the same address is being fetched for another item' } }));
      else if (known !== null) void settle(job, () => known);
      else void fetchOne(job, sourceId, host, began?.spec ?? null);
    }
  }

  async function fetchOne(job: ClaimedJob, sourceId: number, host: string, spec: string | null): Promise<void> {
    const abort = new AbortController();
    active.set(job.id, { began: performance.now(), job, host, abort });
    busySources.add(sourceId);
    hosts.began(host);
    const started = performance.now();
    let attempt: Attempt = { kind: 'dropped' };
    let decide: () => Outcome;
    try {
      const url = new URL(String(sources.pathOf(sourceId)));
      const result = await downloads.fetch({ url, allowed: allowedBy(spec), known: fetched.validators(sourceId), maxBytes: settings().policy.maxBytes, clocks: clocks(), key: String(sourceId) }, abort.signal);
      attempt = { kind: 'answered', ms: performance.now() - started, bytes: result.kind === 'fetched' ? result.bytes - result.resumedAt : 0 };
      decide = () => {
        fetched.note(sourceId, result.facts, result.kind === 'unchanged' ? null : result);
        if (result.kind === 'unchanged') return { state: 'skipped', assetId: fetched.assetOf(sourceId), verdict: null };
        return { state: 'fetched', bytes: result.bytes };
      };
    } catch (error) {
      attempt = attemptOf(error, performance.now() - started);
      decide = outcomeOfError(job, host, error);
    }
    active.delete(job.id);
    busySources.delete(sourceId);
    // Without a network no host is to blame.
    const isGone = attempt.kind === 'failed' && attempt.code === 'offline';
    hosts.ended(host, isGone ? { kind: 'dropped' } : attempt);
    if (attempt.kind !== 'dropped') noteNetwork(isGone);
    // There is room for one more, and perhaps something for it.
    if (job.hostId !== null && !lanes.has(job.hostId)) lanes.set(job.hostId, job.batchId ?? 0);
    schedulePump();
    await settle(job, decide);
  }

  function outcomeOfError(job: ClaimedJob, host: string, error: unknown): () => Outcome {
    if (error instanceof CalledOff) wasCalledOff = true;
    if (error instanceof CalledOff) return () => ({ state: 'retry', runAfter: 0, countsAsAttempt: false, error: { code: 'cancelled', message: 'the download was called off' } });
    const failure = { code: errorCodeOf(error), message: errorMessageOf(error) };
    if (failure.code === 'disk-full') {
      stopForFullDisk();
      return () => ({ state: 'retry', runAfter: 0, countsAsAttempt: false, error: failure });
    }
    if (isOfNetwork(error) && isNetworkGone(error)) return () => ({ state: 'retry', runAfter: 0, countsAsAttempt: false, error: { code: 'offline', message: 'the network is gone' } });
    const patient = failure.code === 'rate-limited' && hosts.limitedFor(host) < LONGEST_PATIENCE_MS;
    if (patient) return () => ({ state: 'retry', runAfter: 0, countsAsAttempt: false, error: failure });
    if (!heals(failure.code) && failure.code !== 'truncated' || job.attempts >= MAX_RETRIES) return () => ({ state: 'failed', error: failure });
    return () => ({ state: 'retry', runAfter: now() + retryDelay(job.attempts + 1, random), countsAsAttempt: true, error: failure });
  }

  /** Writes how it ended. What cannot be written stays leased, and is taken up again when it can. */
  async function settle(job: ClaimedJob, decide: () => Outcome): Promise<void> {
    inCommit += 1;
    try {
      await groupCommit.submit(() => {
        if (!queue.holds(job.id)) return;
        const outcome = decide();
        queue.finish(job, outcome, now());
        if (outcome.state === 'retry' && job.hostId !== null) lanes.set(job.hostId, Math.min(lanes.get(job.hostId) ?? Infinity, job.batchId ?? 0));
        if (job.batchId !== null) touched.add(job.batchId);
      });
      announcement ??= setImmediate(() => {
        const batches = touched;
        announcement = undefined;
        const calledOff = wasCalledOff;
        touched = new Set();
        wasCalledOff = false;
        onFinished(batches, calledOff);
      });
    } catch (error) {
      if (errorCodeOf(error) === 'disk-full') stopForFullDisk();
      else onDefect(error);
    } finally {
      inCommit -= 1;
      schedulePump();
      if (inCommit === 0 && active.size === 0) {
        for (const resolve of idle) resolve();
        idle = [];
      }
    }
  }

  function allowedBy(spec: string | null): AllowedHosts {
    const own = spec === null ? [] : (JSON.parse(spec) as ImportSpec).allowHosts ?? [];
    return new Set([...settings().downloads.allowedHosts.map(toAllowedHost), ...own]);
  }

  /** No host answers, and what fails, fails as it does without a network: that is no fault of the items. */
  function isNetworkGone(error: unknown): boolean {
    const { failing, isAnyAnswering } = hosts.outage(RECENT_MS);
    const hasNone = !Object.values(networkInterfaces()).flat().some((one) => one !== undefined && !one.internal);
    const isCertain = SURE_SIGNS.has(systemCodeOf(error));
    return !isAnyAnswering && isCertain && (hasNone || failing >= 2);
  }

  function noteNetwork(isGone: boolean): void {
    if (isGone === isOffline) return;
    isOffline = isGone;
    onOutage();
  }

  function attemptOf(error: unknown, ms: number): Attempt {
    if (error instanceof CalledOff) return { kind: 'dropped' };
    const code = errorCodeOf(error);
    // Nobody was asked.
    if (code === 'disk-full' || code === 'blocked-address' || code === 'blocked-scheme') return { kind: 'dropped' };
    if (code === 'rate-limited') return { kind: 'limited', retryAfterMs: (error as ProofsheetError).details['retryAfterMs'] as number | null };
    if (isOfNetwork(error) && isNetworkGone(error)) return { kind: 'failed', code: 'offline', message: 'the network is gone' };
    // A host that says no, or sends something else, is well.
    return HOST_FAULTS.has(code) || code.startsWith('http-5') ? { kind: 'failed', code, message: errorMessageOf(error) } : { kind: 'answered', ms, bytes: 0 };
  }

  function stopForFullDisk(): void {
    if (halted) return;
    halted = true;
    onDiskFull();
  }

  return {
    wake() {
      halted = false;
      isStale = true;
      schedulePump();
    },
    async halt(mode) {
      halted = true;
      clearTimeout(nextLook);
      nextLook = undefined;
      if (mode === 'now') for (const { abort } of active.values()) abort.abort(new CalledOff());
      if (inCommit > 0 || active.size > 0) await new Promise<void>((resolve) => idle.push(resolve));
      clearImmediate(nextPump);
      clearImmediate(announcement);
      clearTimeout(nextLook);
      nextLook = undefined;
      nextPump = undefined;
      announcement = undefined;
    },
    sync() {
      for (const { job, abort } of active.values()) if (job.batchId !== null && isStopped.get(job.batchId) === 1) abort.abort(new CalledOff());
    },
    forgive() { hosts.forgive(); },
    isOffline: () => isOffline,
    view: () => hosts.view(),
    sweep() {
      const names = readdirSync(folder);
      // One look through all items, and none where nothing lies there.
      const contents = names.some((name) => !name.includes('.part')) ? new Set(wanted.all()) : new Set<string>();
      for (const name of names) {
        const part = /^(\d+)\.part(?:\.json)?$/.exec(name)?.[1];
        if (part === undefined ? !contents.has(name) : awaited.get(part) !== 1) rmSync(join(folder, name), { force: true });
      }
    },
  };
}

const HOST_FAULTS: ReadonlySet<ErrorCode> = new Set<ErrorCode>(['dns', 'connect', 'tls', 'timeout-connect', 'timeout-headers', 'timeout-idle', 'timeout-total', 'too-slow', 'reset', 'truncated', 'bad-response']);
const NETWORK_FAULTS: ReadonlySet<ErrorCode> = new Set<ErrorCode>(['dns', 'connect', 'timeout-connect']);
/** What the system says when it is not one host that is missing. */
const SURE_SIGNS: ReadonlySet<string> = new Set(['EAI_AGAIN', 'ENETUNREACH', 'ENETDOWN', 'EADDRNOTAVAIL']);

function isOfNetwork(error: unknown): boolean {
  return NETWORK_FAULTS.has(errorCodeOf(error));
}

function systemCodeOf(error: unknown): string {
  return error instanceof ProofsheetError && typeof error.details['systemCode'] === 'string' ? error.details['systemCode'] : '';
}
